"""The life of records through the pages: in, back, together, away and home again, out and in.

Proves I2 (undo of an import), C14 (merge), D3 and D4 (the bin, and an import that finds someone
there), I5 (an export says everything an import needs).
"""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from contacts.models import Contact, ContactExport, Selection
from contacts.services import undoing
from crm.jobs.models import Job
from crm.teams.models import Membership, Team
from crm.tenancy.scope import team_scope
from tests.contacts.bulk import confirm, select
from tests.contacts.importing import OFFICES, PEOPLE, ImportPages, counts, csv_text
from tests.contacts.profile import form_of, html_of, sign_in, text_of
from tests.factories import make_contact, make_member

BOOKKEEPING = {"id", "contact_id", "version", "updated_at", "created_at"}


@pytest.fixture
def manager(team: Team) -> Membership:
    return make_member("manager")


@pytest.fixture
def as_manager(manager: Membership) -> Client:
    return sign_in(manager)


@pytest.fixture
def pages(as_manager: Client, team: Team, eager_jobs: Any) -> ImportPages:
    return ImportPages(as_manager, team, eager_jobs)


def rows_of(contact: Contact, name: str) -> list[dict[str, Any]]:
    """Return what belongs to the contact, as it is stored, without the numbers of the rows."""
    found = [
        {key: value for key, value in row.items() if key not in BOOKKEEPING}
        for row in getattr(contact, name).values()
    ]
    return sorted(found, key=str)


def record(contact: Contact) -> dict[str, Any]:
    """Return everything the team knows of the contact."""
    values = Contact.objects.filter(pk=contact.pk).values().get()
    return {
        **{key: value for key, value in values.items() if key not in BOOKKEEPING},
        "company": contact.account and contact.account.name,
        **{
            name: rows_of(contact, name)
            for name in ("emails", "phones", "field_values")
        },
        "lists": sorted(e.list.name for e in contact.list_entries.all()),
    }


def everybody() -> dict[int, dict[str, Any]]:
    return {contact.pk: record(contact) for contact in Contact.objects.saved()}


def job_url(job: Job) -> str:
    return reverse("jobs:job_detail", args=[job.team.slug, job.pk])


def undo_of(client: Client, job: Job) -> str:
    """Return the page behind the button that takes the job back."""
    page = html_of(client.get(job_url(job)))
    return next(
        part.split('"')[0]
        for part in page.split('href="')
        if "/history/" in part.split('"')[0] and "/undo/" in part.split('"')[0]
    )


def take_back(client: Client, job: Job, run_queued: Any) -> Any:
    url = undo_of(client, job)
    assert client.get(url).status_code == 200
    with run_queued(execute=True):
        answer = client.post(url, follow=True)
    assert answer.status_code == 200, text_of(answer)
    return answer


def delete(client: Client, team: Team, *contacts: Contact) -> None:
    body = {"contact": [contact.pk for contact in contacts], "state": ""}
    assert select(client, team, "delete", body).status_code == 302
    selection = Selection.objects.latest("pk")
    assert confirm(client, selection, "delete", {}).status_code == 302


def export(client: Client, team: Team, run_queued: Any, file_format: str) -> bytes:
    number = Contact.objects.saved().count()
    body = {"all": "1", "number": str(number), "state": "scope=saved"}
    response = select(client, team, "export", body)
    with run_queued(execute=True):
        client.post(response.url, {"file_format": file_format, "columns": "all"})
    made = ContactExport.objects.latest("pk")
    assert made.rows == number
    url = reverse("contacts:export_download", args=[team.slug, made.pk])
    return client.get(url).getvalue()


def without_team(known: dict[str, Any]) -> dict[str, Any]:
    """Return the record without what is another team's own: numbers of rows, and where it came from."""
    own = {"team_id", "account_id", "stage_id", "owner_id", "created_by_id"}
    own |= {"source_detail"}
    rows = ("emails", "phones", "field_values")
    return {
        **{key: value for key, value in known.items() if key not in own},
        **{name: [_values(row) for row in known[name]] for name in rows},
    }


def _values(row: dict[str, Any]) -> dict[str, Any]:
    own = {"team_id", "field_id", "status_source"}
    return {key: value for key, value in row.items() if key not in own}


class TestImports:
    def test_the_second_of_two_files_is_taken_back(self, pages, as_manager):
        first = pages.run(PEOPLE)
        assert counts(first) == {"created": 20}
        before = everybody()

        second = pages.run(OFFICES, name="offices.csv")
        assert counts(second) == {"updated": 60, "skipped": 1}
        assert everybody() != before
        take_back(as_manager, second, pages.run_queued)

        assert everybody() == before
        again = pages.run(OFFICES, name="offices.csv")
        assert counts(again) == counts(second)

    def test_the_first_one_is_taken_back_wholly(self, pages, as_manager):
        job = pages.run(PEOPLE)
        take_back(as_manager, job, pages.run_queued)

        assert not Contact.objects.exists()
        assert not Account.objects.exists()
        assert counts(pages.run(PEOPLE)) == {"created": 20}

    @pytest.mark.parametrize("at_once", [100, 5])
    def test_an_account_that_is_used_or_changed_since_stays(
        self, pages, as_manager, monkeypatch, at_once
    ):
        monkeypatch.setattr(undoing, "AT_ONCE", at_once)
        names = ("Free", "Used", "Known", "Kept")
        job = pages.run(
            csv_text(
                "First Name,Company", *(f"F{n},{name}" for n, name in enumerate(names))
            )
        )
        make_contact("Late", account=Account.objects.get(name="Used"))
        Account.objects.filter(name="Known").update(industry="Rail")
        Account.objects.filter(name="Kept").update(search_text="of no interest")
        take_back(as_manager, job, pages.run_queued)

        assert [c.first_name for c in Contact.objects.all()] == ["Late"]
        assert {a.name for a in Account.objects.all()} == {"Used", "Known"}


class TestLife:
    def test_merged_deleted_restored_exported_and_imported(
        self, pages, as_manager, team, member, eager_jobs
    ):
        pages.run(PEOPLE)
        pages.run(OFFICES)
        keep, absorbed, binned, back, home = Contact.objects.order_by("pk")[:5]
        known = everybody()

        review = reverse(
            "contacts:merge_review", args=[team.slug, keep.pk, absorbed.pk]
        )
        url = f"{review}?keep={keep.pk}"
        as_manager.post(url, form_of(as_manager.get(url), "merge-form"))
        assert absorbed.pk not in everybody()

        delete(as_manager, team, binned, back, home)
        assert len(everybody()) == 16
        url = reverse("contacts:deleted_restore", args=[team.slug])
        as_manager.post(url, {"only": back.pk})
        assert record(back) == known[back.pk]

        job = pages.run(PEOPLE, binned="restore")
        assert job.counts["restored"] == 2
        assert record(home) == known[home.pk]
        assert record(binned) == known[binned.pk]

        left = everybody()
        content = export(as_manager, team, eager_jobs, "csv")
        again = pages.run(content, name="export.csv", existing="overwrite")
        assert counts(again) == {"skipped": 19}
        assert everybody() == left

    @pytest.mark.parametrize("file_format", ["csv", "xlsx"])
    def test_another_team_gets_the_same_records_from_the_export(
        self, pages, as_manager, team, other_team, eager_jobs, file_format
    ):
        pages.run(PEOPLE)
        pages.run(OFFICES)
        said = {one["external_id"]: one for one in everybody().values()}
        content = export(as_manager, team, eager_jobs, file_format)

        with team_scope(other_team.pk):
            theirs = sign_in(make_member("admin"))
            there = ImportPages(theirs, other_team, eager_jobs)
            job = there.run(content, name=f"export.{file_format}")
            assert counts(job) == {"created": 20}
            got = {one["external_id"]: one for one in everybody().values()}
        assert got.keys() == said.keys()
        for key, one in said.items():
            assert without_team(got[key]) == without_team(one)
