"""Probes for whoever runs the processes."""

import pytest


class TestHealth:
    def test_the_process_answers_without_a_database(self, client):
        assert client.get("/healthz").json() == {"status": "ok"}

    @pytest.mark.django_db
    def test_is_ready_with_database_redis_and_migrations(self, client):
        response = client.get("/readyz")

        assert response.status_code == 200
        assert response.json() == {
            "status": "ok",
            "database": True,
            "redis": True,
            "migrations": True,
        }

    def test_pages_do_without_redis(self, as_member, team, settings):
        """Q3: only limits and queues need it."""
        default = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
        settings.CACHES = {"default": default}

        for path in ("/healthz", "/you/", f"/t/{team.slug}/people/"):
            assert as_member.get(path).status_code == 200, path

    @pytest.mark.django_db
    def test_is_not_ready_without_redis(self, client, settings):
        default = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
        settings.CACHES = {"default": default}

        response = client.get("/readyz")

        assert response.status_code == 503
        assert response.json()["redis"] is False
