"""Files of contacts (product.md I5; security.md B10)."""

import csv
import io
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts.models import Account
from contacts import tasks
from contacts.models import (
    Contact,
    ContactExport,
    ContactFieldValue,
    ContactImport,
    ContactList,
    ContactPhone,
    ListEntry,
)
from contacts.services.exporting import starting
from contacts.services.forgetting import forget_contact
from contacts.services.purging import remove_doomed_files
from crm.jobs.models import Job
from crm.spreadsheets import plain_cell, safe_cell
from crm.teams.models import Membership, Team
from crm.tenancy.scope import team_scope
from layouts.kinds.making import values_for
from layouts.models import CustomField
from tests.contacts.bulk import choose, select
from tests.contacts.importing import ImportPages, counts, reasons
from tests.contacts.profile import sign_in
from tests.factories import AccountFactory, make_contact, make_member

pytestmark = pytest.mark.usefixtures("eager_jobs")
ALL, SHOWN = ContactExport.Columns.ALL, ContactExport.Columns.SHOWN
CSV, XLSX = ContactExport.Format.CSV, ContactExport.Format.XLSX


def url(name: str, team: Team, *args: int) -> str:
    return reverse(f"contacts:{name}", args=[team.slug, *args])


def export(member: Membership, *rows: Any, columns: str = ALL, form: str = CSV) -> Any:
    return starting.start_export(
        selection=choose(member, *rows),
        file_format=form,
        columns=columns,
        by=member,
        at=timezone.now(),
    )


def content(client: Client, made: ContactExport) -> bytes:
    response = client.get(url("export_download", made.team, made.pk))
    assert response.status_code == 200
    return response.getvalue()


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.fixture
def ada(team: Team, member: Membership) -> Contact:
    account = AccountFactory(name="Analytical, Inc.", domain="analytical.example")
    return make_contact(
        "Ada",
        "Lovelace",
        emails=("ada@analytical.example", "countess@home.example"),
        phones=("+12022243441", "+442079460018"),
        title="=1+1",
        country="GB",
        account=account,
        owner=member,
    )


class TestPage:
    def test_the_bar_leads_to_it_and_it_leads_to_the_download(
        self, as_member, team, ada
    ):
        response = select(as_member, team, "export", {"contact": ada.pk, "state": ""})
        page = as_member.get(response.url)
        assert "Export 1 contact" in page.text
        sent = {"file_format": "csv", "columns": "shown"}
        response = as_member.post(response.url, sent, follow=True)

        made = ContactExport.objects.get()
        assert "1 contact exported" in response.text
        assert url("export_download", team, made.pk) in response.text
        assert "The file can be downloaded until" in response.text

    def test_everybody_who_matches_is_exported(self, as_member, team, member, ada):
        make_contact("Bob", "Other", owner=member)
        body = {"all": "1", "number": "1", "state": "q=ada"}
        response = select(as_member, team, "export", body)
        as_member.post(response.url, {"file_format": "csv", "columns": "all"})

        rows = table(content(as_member, ContactExport.objects.get()))
        assert [row["Rapport ID"] for row in rows] == [str(ada.pk)]

    def test_many_are_exported_in_the_background(
        self, as_member, team, member, ada, eager_jobs, monkeypatch
    ):
        monkeypatch.setattr(starting, "AT_ONCE", 0)
        page = url("export_create", team, choose(member, ada).pk)
        assert "in the background" in as_member.get(page).text
        with eager_jobs(execute=True):
            as_member.post(page, {"file_format": "csv", "columns": "all"})

        made = ContactExport.objects.get()
        assert (made.job.status, made.rows) == (Job.Status.DONE, 1)

    def test_one_contact_from_its_actions(self, as_member, team, ada):
        """C2: Actions, Export."""
        page = url("contact_export", team, ada.pk)
        others = make_contact("Bob", owner=make_member())
        assert page in as_member.get(url("contact_detail", team, ada.pk)).text
        assert as_member.get(url("contact_export", team, others.pk)).status_code == 404
        assert "Export 1 contact" in as_member.get(page).text
        as_member.post(page, {"file_format": "csv", "columns": "all"})

        rows = table(content(as_member, ContactExport.objects.get()))
        assert [row["Rapport ID"] for row in rows] == [str(ada.pk)]

    def test_an_unknown_format_is_refused(self, as_member, team, member, ada):
        page = url("export_create", team, choose(member, ada).pk)
        response = as_member.post(page, {"file_format": "exe", "columns": "all"})

        assert response.status_code == 422
        assert not ContactExport.objects.exists()

    def test_a_viewer_exports_nothing(self, as_viewer, team, member, ada):
        page = url("export_create", team, choose(member, ada).pk)
        assert as_viewer.get(page).status_code == 403


class TestColumns:
    def test_as_the_list_shows_them(self, as_member, team, member, ada):
        size = CustomField.objects.create(name="Shoe size", kind="number")
        ContactFieldValue.objects.create(contact=ada, field=size, number_value=38.5)
        state = f"cols=email,location,country,headcount,field-{size.pk},created"
        selection = choose(member, ada)
        selection.state = state
        made = starting.start_export(
            selection=selection,
            file_format=CSV,
            columns=SHOWN,
            by=member,
            at=timezone.now(),
        )

        (row,) = table(content(as_member, made))
        assert list(row) == [
            "Name",
            "E-mail",
            "Location",
            "Country",
            "Headcount",
            "Shoe size",
            "Created",
        ]
        assert row["Name"] == "Ada Lovelace"
        assert row["Location"] == row["Country"] == "United Kingdom"
        assert row["Shoe size"] == "38.5"

    def test_all_fields(self, as_member, team, member, ada):
        press = ContactList.objects.create(name="Press")
        ListEntry.objects.create(list=press, contact=ada)
        ContactPhone.objects.create(
            contact=ada, number="+4930123456", extension="12", position=2
        )
        same_name = CustomField.objects.create(name="Stage", kind="text")
        ContactFieldValue.objects.create(
            contact=ada, field=same_name, text_value="Late", text_sort="late"
        )

        (row,) = table(content(as_member, export(member, ada)))
        assert next(iter(row)) == "Rapport ID"
        assert "Name" not in row
        assert row["E-mails"] == "ada@analytical.example; countess@home.example"
        assert row["Phones"] == (
            "+1 202-224-3441; +44 20 7946 0018; +49 30 123456 ext. 12"
        )
        assert (row["Stage"], row["Stage (custom field)"]) == (ada.stage.name, "Late")
        assert (row["Account"], row["Company domain"]) == (
            "Analytical, Inc.",
            "analytical.example",
        )
        assert (row["Lists"], row["Owner"]) == ("Press", str(member))

    def test_the_number_of_queries_does_not_grow(
        self, team, member, django_assert_max_num_queries
    ):
        rows = [make_contact(f"N{n}", emails=(f"n{n}@x.example",)) for n in range(30)]
        with django_assert_max_num_queries(60):
            export(make_member("manager"), *rows)


class TestSafety:
    """B10: no cell is a formula, and nothing is lost by it."""

    @pytest.mark.parametrize(
        "text",
        ["=1+1", "+1+1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＠x", "'=1", "''=1"],
    )  # fmt: skip
    def test_what_begins_a_formula_gets_one_quote(self, text):
        assert safe_cell(text) == f"'{text}"
        assert plain_cell(safe_cell(text)) == text

    @pytest.mark.parametrize(
        "text",
        [
            "+49 30 123456",
            "+12022243441",
            "+1 202-224-3441 ext. 12; +44 20 7946 0018",
            "O'Brien",
            "'",
            "'tis",
            "a=b",
            "",
        ],
    )
    def test_everything_else_stays(self, text):
        assert safe_cell(text) == text
        assert plain_cell(text) == text

    def test_a_phone_number_with_something_behind_it_is_no_phone_number(self):
        assert safe_cell("+49 30 123456; =HYPERLINK(1)").startswith("'")
        assert safe_cell("+49 30 123456+cmd|x").startswith("'")

    def test_the_file_says_utf8_and_ends_lines_as_windows_does(
        self, as_member, member, ada
    ):
        data = content(as_member, export(member, ada))
        assert data.startswith(b"\xef\xbb\xbf")
        assert data.count(b"\r\n") == 2
        assert b'"\'=1+1"' in data


class TestWorkbook:
    def test_texts_are_texts_and_numbers_are_numbers(self, as_member, member, ada):
        size = CustomField.objects.create(name="Size", kind="number")
        born = CustomField.objects.create(name="Born", kind="date", position=1)
        ContactFieldValue.objects.create(contact=ada, field=size, number_value=-2.5)
        ContactFieldValue.objects.create(
            contact=ada, field=born, date_value="1815-12-10"
        )
        data = content(as_member, export(member, ada, form=XLSX))
        headings, row = (
            CalamineWorkbook.from_filelike(io.BytesIO(data))
            .get_sheet_by_index(0)
            .to_python()
        )
        cells = dict(zip(headings, row, strict=True))

        assert cells["Title"] == "=1+1"
        assert (cells["Size"], cells["Rapport ID"]) == (-2.5, ada.pk)
        assert cells["Born"] == "1815-12-10"


class TestRights:
    def test_a_rep_exports_only_their_own(self, as_member, team, member, ada):
        other = make_contact("Bob", "Other", owner=make_member())
        nobodys = make_contact("Cy", "Free")
        page = url("export_create", team, choose(member, ada, other, nobodys).pk)
        assert "2 of those selected are not yours" in as_member.get(page).text
        done = as_member.post(
            page, {"file_format": "csv", "columns": "all"}, follow=True
        )

        assert "2 left out, as they are not yours" in done.text
        made = ContactExport.objects.get()
        assert (made.rows, made.left_out) == (1, 2)
        assert [row["First name"] for row in table(content(as_member, made))] == ["Ada"]

    def test_a_manager_exports_any(self, team, ada):
        made = export(make_member("manager"), ada, make_contact("Bob"))
        assert (made.rows, made.left_out) == (2, 0)

    def test_who_was_removed_gets_no_file(self, team, member, ada):
        selection = choose(member, ada)
        Membership.objects.filter(pk=member.pk).update(removed_at=timezone.now())
        made = starting.start_export(
            selection=selection,
            file_format=CSV,
            columns=ALL,
            by=member,
            at=timezone.now(),
        )

        assert made.job.status == Job.Status.FAILED
        assert not made.is_ready

    def test_a_deleted_contact_is_not_in_it(self, team, member, ada):
        selection = choose(member, ada)
        Contact.objects.filter(pk=ada.pk).update(deleted_at=timezone.now())
        made = starting.start_export(
            selection=selection,
            file_format=CSV,
            columns=ALL,
            by=member,
            at=timezone.now(),
        )
        assert (made.rows, made.left_out) == (0, 0)

    def test_the_file_is_for_whoever_asked_and_for_admins(
        self, client, team, admin, member, ada
    ):
        made = export(member, ada)
        for other, status in (
            (make_member("manager"), 404),
            (admin, 200),
            (member, 200),
        ):
            client.force_login(
                other.user, backend="crm.teams.backends.MembershipBackend"
            )
            response = client.get(url("export_download", team, made.pk))
            assert response.status_code == status
            listed = client.get(url("export_list", team)).text
            assert (made.file_name in listed) == (status == 200)
            job = client.get(reverse("jobs:job_detail", args=[team.slug, made.job_id]))
            assert ("Download" in job.text) == (status == 200)

    def test_who_takes_out_less_by_now_does_not_get_a_file_of_everybody(
        self, team, ada
    ):
        manager = make_member("manager")
        made = export(manager, ada, make_contact("Bob"))
        client = sign_in(manager)
        address = url("export_download", team, made.pk)
        assert client.get(address).status_code == 200
        Membership.objects.filter(pk=manager.pk).update(role="rep")

        job = client.get(reverse("jobs:job_detail", args=[team.slug, made.job_id]))
        listed = client.get(url("export_list", team))

        assert client.get(address).status_code == 403
        for page in (job, listed):
            assert "Your role may not download this file any more." in page.text
            assert address not in page.text

    def test_a_file_of_only_their_own_stays_theirs(self, team, member, ada):
        made = export(member, ada, make_contact("Bob"))

        assert content(sign_in(member), made)

    def test_no_browser_keeps_or_guesses_it(self, as_member, team, member, ada):
        made = export(member, ada)
        response = as_member.get(url("export_download", team, made.pk))

        assert response["Cache-Control"] == "no-store"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert made.file_name in response["Content-Disposition"]
        assert response["Content-Disposition"].startswith("attachment")


class TestExpiry:
    def test_after_its_time_the_file_is_gone_and_the_row_stays(
        self, as_member, team, member, ada, eager_jobs
    ):
        made = export(member, ada)
        early = made.expires_at - timedelta(minutes=1)
        starting.remove_expired(at=early)
        assert default_storage.exists(made.file_key)
        ContactExport.objects.update(expires_at=timezone.now() - timedelta(days=1))
        response = as_member.get(url("export_download", team, made.pk), follow=True)
        assert "This export has expired. Export again." in response.text
        with eager_jobs(execute=True):
            tasks.sweep_expired_exports()

        assert not default_storage.exists(made.file_key)
        with team_scope(team.pk):
            assert ContactExport.objects.get().file_key == ""
        assert "Expired" in as_member.get(url("export_list", team)).text

    def test_a_forgotten_person_is_in_no_file(
        self, as_member, admin, team, member, ada
    ):
        """D4: what was exported before is withdrawn."""
        made = export(member, ada)
        kept = export(member, make_contact("Bob", owner=member))
        forget_contact(contact_id=ada.pk, by=admin, at=timezone.now())
        remove_doomed_files(at=timezone.now())

        assert not default_storage.exists(made.file_key)
        assert default_storage.exists(kept.file_key)
        response = as_member.get(url("export_download", team, made.pk))
        assert response.status_code == 302


class TestRoundTrip:
    """I5, I1: a file with all fields changes nothing when it is imported where it came from."""

    @pytest.mark.parametrize("form", [CSV, XLSX])
    @pytest.mark.parametrize("existing", ContactImport.Existing.values)
    def test_nothing_changes(
        self, as_admin, admin, team, eager_jobs, ada, form, existing
    ):
        strange(ada)
        plain = make_contact("Иван", "-Петров", emails=("+tag@x.example",))
        nameless = make_contact("", "", owner=admin)
        before = snapshot()
        made = export(admin, ada, plain, nameless, form=form)
        pages = ImportPages(as_admin, team, eager_jobs)
        job = pages.run(content(as_admin, made), name=made.file_name, existing=existing)

        assert counts(job) == {"skipped": 3}, reasons(job)
        assert job.counts.get("partial", 0) == 0
        assert snapshot() == before


def strange(contact: Contact) -> None:
    """Give a contact whatever a file might lose."""
    contact.seniority, contact.department = "'=quoted", "@sales"
    contact.city, contact.region = "Zürich “Nord”", 'say "hi", ok'
    contact.external_id, contact.website = "-007", "https://ada.example/?a=1"
    contact.linkedin_url = "https://www.linkedin.com/in/ada"
    contact.time_zone = "Europe/London"
    contact.save()
    ContactPhone.objects.create(
        contact=contact, number="+4930123456", extension="12", position=2
    )
    values = [
        ("Notes", "long_text", "=two\nlines, “quoted”\n\n'end"),
        ("Имя", "text", "первое"),
        ("名前", "text", "二"),
        ("A-B", "text", "+1+1"),
        ("A B", "text", "'=x"),
        ("Source", "text", "a fair"),
        ("Size", "number", "-1234.5"),
        ("Budget", "currency", "-1200.5 EUR"),
        ("Born", "date", "1815-12-10"),
        ("Met", "moment", "2026-03-04T10:30+00:00"),
        ("VIP", "checkbox", "false"),
        ("Desk", "phone", "+4930123456x12"),
    ]
    for position, (name, kind, text) in enumerate(values):
        field = CustomField.objects.create(name=name, kind=kind, position=position)
        stored = values_for([field])[0].stored(text)
        ContactFieldValue.objects.create(contact=contact, field=field, **stored)


def snapshot() -> Any:
    """Return everything that an import could have changed."""
    names = ("pk", "version", "first_name", "last_name", "title", "account_id", "city")
    return [
        list(Contact.objects.order_by("pk").values_list(*names)),
        list(ContactFieldValue.objects.order_by("pk").values_list()),
        list(ContactPhone.objects.order_by("pk").values_list()),
        Account.objects.count(),
    ]


class TestRecentPassword:
    """E4: contacts are taken out by somebody who typed the password lately."""

    @pytest.fixture
    def stale(self, member: Membership) -> Client:
        browser = Client()
        browser.force_login(member.user, backend="crm.teams.backends.MembershipBackend")
        return browser

    def way_back(self, response: Any) -> str:
        target = urlsplit(response["Location"])
        assert target.path == reverse("account_reauthenticate")
        return parse_qs(target.query)["next"][0]

    def test_the_choice_of_a_file_comes_after_it(self, stale, team, member, ada):
        path = url("export_create", team, choose(member, ada).pk)
        assert self.way_back(stale.get(path)) == path
        assert self.way_back(stale.post(path, {"file_format": CSV})) == path

        path = url("contact_export", team, ada.pk)
        assert self.way_back(stale.get(path)) == path
        assert not ContactExport.objects.exists()

    def test_a_download_leads_back_to_the_list(self, stale, team, member, ada):
        made = export(member, ada)
        response = stale.get(url("export_download", team, made.pk))

        assert self.way_back(response) == url("export_list", team)
        page = stale.get(url("export_list", team)).text
        assert "Confirm your password, then try again" in page
