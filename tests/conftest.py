"""Fixtures for every test: a team in scope, its members, and another team that must stay unseen."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from crm.celery import app
from crm.teams.models import Membership, Team
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from tests.factories import make_member, make_team


@pytest.fixture
def team(db: None) -> Iterator[Team]:
    """A team, in scope for the whole test."""
    team = make_team("Acme")
    with team_scope(team.pk):
        yield team


@pytest.fixture
def other_team(db: None) -> Team:
    """A second team; enter it with team_scope(other_team.pk)."""
    return make_team("Globex")


class SignedInClient(Client):
    """A browser whose person, once signed in, has typed the password a moment ago."""

    def force_login(self, user: Any, backend: str | None = None) -> None:
        super().force_login(user, backend)
        session = self.session
        session["account_authentication_methods_user"] = str(user.pk)
        session["account_authentication_methods"] = [
            {"method": "password", "at": time.time(), "email": user.email}
        ]
        session.save()


@pytest.fixture
def client() -> Client:
    return SignedInClient()


@pytest.fixture
def member(team: Team) -> Membership:
    """A rep of the team."""
    return make_member(Role.REP)


@pytest.fixture
def admin(team: Team) -> Membership:
    return make_member(Role.ADMIN)


@pytest.fixture
def viewer(team: Team) -> Membership:
    return make_member(Role.VIEWER)


@pytest.fixture
def as_member(client: Client, member: Membership) -> Client:
    client.force_login(member.user, backend="crm.teams.backends.MembershipBackend")
    return client


@pytest.fixture
def as_admin(client: Client, admin: Membership) -> Client:
    client.force_login(admin.user, backend="crm.teams.backends.MembershipBackend")
    return client


@pytest.fixture
def as_viewer(client: Client, viewer: Membership) -> Client:
    client.force_login(viewer.user, backend="crm.teams.backends.MembershipBackend")
    return client


@pytest.fixture(autouse=True)
def own_cache(settings: Any) -> None:
    """A corner of the cache for each test, so that none sees another's rate limits."""
    default = {**settings.CACHES["default"], "KEY_PREFIX": uuid.uuid4().hex}
    settings.CACHES = {"default": default}


@pytest.fixture(autouse=True)
def fast_passwords(settings: Any) -> None:
    """Hash passwords in no time: what takes long on purpose is Django's to test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def eager_jobs(
    django_capture_on_commit_callbacks: Any, tmp_path: Any, settings: Any
) -> Iterator[Any]:
    """A context manager: what a request inside it queues is run when it ends. Files go to tmp_path."""
    settings.MEDIA_ROOT = tmp_path
    before = app.conf.task_always_eager, app.conf.task_eager_propagates
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield django_capture_on_commit_callbacks
    app.conf.task_always_eager, app.conf.task_eager_propagates = before
