"""Forget this person while somebody else works on them (product.md D4, Q3)."""

import io
from threading import Thread

import pytest
from django.db import connection
from django.utils import timezone

from activities import views as activities
from contacts.models import Contact, ContactEmail
from contacts.services import saving
from contacts.services.importing import known, uploads
from contacts.views import editing, flags
from crm.jobs.services import run_job
from crm.tenancy.scope import team_scope
from tests.contacts.importing import csv_text
from tests.contacts.test_forgetting import EMAIL, LINKEDIN, forget
from tests.factories import PersonFactory, make_contact


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def ada(team):
    return make_contact(emails=(EMAIL,), linkedin_url=LINKEDIN)


class TestAtTheSameMoment:
    """Q3: whoever works on the contact when it is forgotten is told, by a page."""

    @pytest.mark.parametrize(
        "edit",
        [
            (editing, "find_profile", "fields/title/edit/", {"title": "Countess"}),
            (editing, "find_profile", "edit/", {"first_name": "Augusta"}),
            (editing, "find_profile", "lists/add/", {"lists": "new:Hot"}),
            (flags, "find_profile", "flag/", {"keys": "title", "reason": "wrong"}),
            (
                activities,
                "find_contact",
                "activities/new/",
                {
                    "kind": "call",
                    "direction": "outbound",
                    "occurred_at": "2026-06-15T11:30",
                },
            ),
        ],
        ids=["field", "dialog", "lists", "flag", "activity"],
    )
    @pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
    def test_an_edit_comes_too_late(
        self, as_member, ada, admin, monkeypatch, edit, headers
    ):
        module, read, path, typed = edit
        find = getattr(module, read)

        def late(contact_id):
            found = find(contact_id)
            forget(Contact.objects.get(pk=contact_id), by=admin)
            return found

        monkeypatch.setattr(module, read, late)
        page = as_member.post(
            f"{ada.get_absolute_url()}{path}", {**typed, "version": 1}, headers=headers
        )

        assert page.status_code == 422
        assert not Contact.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestRaces:
    """D4: no address of whoever is forgotten while they are saved or imported stays."""

    @pytest.fixture
    def forgotten_before(self, ada, admin, monkeypatch):
        """Let somebody forget Ada in the middle of what another one does, if they get so far."""
        threads = []

        def work():
            try:
                with team_scope(admin.team_id):
                    forget(ada, by=admin)
            finally:
                connection.close()

        def arrange(module, name):
            then = getattr(module, name)

            def late(*args):
                thread = Thread(target=work)
                threads.append(thread)
                thread.start()
                thread.join(timeout=1)
                return then(*args)

            monkeypatch.setattr(module, name, late)

        yield arrange
        for thread in threads:
            thread.join()
        assert not ContactEmail.objects.filter(email_norm=EMAIL).exists()

    def test_an_import(self, forgotten_before):
        file = io.BytesIO(csv_text("Name,Email", f"Ada Lovelace,{EMAIL}").encode())
        upload = uploads.receive_file(file, name="a.csv", size=9, country="US", by=None)
        job = uploads.start_import(upload, checked=False, queue=False, by=None)
        forgotten_before(known, "find")

        run_job(job.pk)

    def test_saving(self, forgotten_before, admin):
        person = PersonFactory(first_name="Ada", email=EMAIL, linkedin_url=LINKEDIN)
        forgotten_before(saving, "_free_emails")

        saving.save_people(person_ids=[person.pk], by=admin, at=timezone.now())
