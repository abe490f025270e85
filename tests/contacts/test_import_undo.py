"""An import is taken back as a whole while its records are unchanged since (product.md I2)."""

import re
from typing import Any

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactImport,
    ContactList,
    ContactPhone,
    ListEntry,
)
from contacts.services import deletion
from crm.history.models import ChangeSet
from crm.jobs.models import Job, JobRow
from layouts.models import CustomField
from tests.contacts.importing import ImportPages, counts, csv_text
from tests.factories import AccountFactory, make_contact

HEADINGS = "First Name,Last Name,Email,Title,Company,Company Website,Phone,Size"
FEW = (
    "Ada,Lovelace,ada@x.example,Analyst,Engines,engines.example,202-224-3441,7",
    "Bob,Dylan,bob@x.example,Singer,Acme,acme.example,202-224-3442,8",
    "Cleo,Patra,cleo@x.example,Queen,Acme,acme.example,202-224-3443,9",
)
MANY = tuple(
    f"F{n},L{n},f{n}@x.example,,Engines,engines.example,,{n}" for n in range(120)
)


@pytest.fixture
def pages(as_admin, team, eager_jobs) -> ImportPages:
    return ImportPages(as_admin, team, eager_jobs)


@pytest.fixture
def there(admin) -> ContactList:
    """Bob is a contact that has some of it already, Cleo lies in the bin."""
    CustomField.objects.create(name="Size", kind=CustomField.Kind.NUMBER)
    AccountFactory(name="Acme", domain="acme.example")
    bob = make_contact(
        "Bob", "Dylan", emails=("bob@x.example",), title="Poet", owner=admin
    )
    size = CustomField.objects.get()
    ContactFieldValue.objects.create(contact=bob, field=size, number_value=1)
    cleo = make_contact("Cleo", "Patra", emails=("cleo@x.example",), owner=admin)
    deletion.delete_contacts(contact_ids=[cleo.pk], by=admin, at=timezone.now())
    return ContactList.objects.create(name="Fair")


def state() -> list[Any]:
    """Everything an import writes, but for the order of ids and when it was written."""
    known = F("contact__first_name")
    return [
        sorted(Account.objects.values_list("name", "domain")),
        sorted(
            Contact.objects.values_list(
                "name", "title", "account__name", "search_text", "primary_phone"
            ),
            key=str,
        ),
        sorted(Contact.objects.deleted().values_list("name", flat=True)),
        sorted(ContactEmail.objects.values_list(known, "email", "is_live")),
        sorted(ContactPhone.objects.values_list(known, "number")),
        sorted(ContactFieldValue.objects.values_list(known, "number_value")),
        sorted(ListEntry.objects.values_list(known, "list__name")),
    ]


def offer(pages: ImportPages, job: Job) -> str:
    """Return where the button of the job's page leads to, "" if there is none."""
    page = pages.client.get(reverse("jobs:job_detail", args=[pages.team.slug, job.pk]))
    found = re.search(
        r'href="([^"]+)"[^>]*>(?:<svg.*?</svg>)?\s*Undo import<', page.text
    )
    return found[1] if found else ""


def undo(pages: ImportPages, job: Job) -> Any:
    with pages.run_queued(execute=True):
        return pages.client.post(offer(pages, job), follow=True)


@pytest.mark.parametrize("rows", [FEW, FEW + MANY], ids=["at once", "as a job"])
def test_everything_is_as_it_was_and_can_be_imported_again(pages, there, rows):
    before = state()
    text = csv_text(HEADINGS, *rows)
    options = {"existing": ContactImport.Existing.OVERWRITE, "list": there.pk}
    first = pages.run(text, **options)
    imported = state()
    assert counts(first) == {"created": len(rows) - 2, "updated": 1, "restored": 1}

    undo(pages, first)

    assert state() == before
    assert offer(pages, first) == ""
    url = reverse("jobs:job_detail", args=[pages.team.slug, first.pk])
    page = pages.client.get(url).text
    assert "This was taken back on " in page
    assert "Show new contacts" not in page
    assert "Taken back" in pages.client.get(pages.url("import_create")).text
    again = pages.run(text, **options)
    assert counts(again) == counts(first)
    assert state() == imported


def test_the_page_asks_before_it_happens(pages, there):
    job = pages.run(csv_text(HEADINGS, *FEW))

    page = pages.client.get(offer(pages, job))

    assert page.status_code == 200
    assert "Take this back?" in page.text
    assert "imported people.csv" in page.text
    assert "3 contacts" in page.text
    assert "Undo removes what it added: 1 contact, 1 account." in page.text
    assert Contact.objects.filter(first_name="Ada").exists()


def test_the_ledger_says_what_was_removed_and_links_only_to_what_is_there(pages, there):
    job = pages.run(csv_text(HEADINGS, *FEW, *MANY))

    page = undo(pages, job)

    taking_back = page.context["job"]
    assert taking_back.title == "Undo: people.csv"
    ends = dict(JobRow.objects.filter(job=taking_back).values_list("label", "outcome"))
    assert ends["Ada Lovelace"] == JobRow.Outcome.REMOVED
    assert ends["Bob Dylan"] == ends["Cleo Patra"] == JobRow.Outcome.UPDATED
    for shown in (taking_back, job):
        url = reverse("jobs:job_detail", args=[pages.team.slug, shown.pk])
        rows = pages.client.get(url).context["rows"]
        linked = {row.label for row, to in rows if to}
        assert linked == {"Bob Dylan", "Cleo Patra"} & {row.label for row, _ in rows}
        assert len(rows) > len(linked)


def test_what_was_changed_since_stays(pages, there):
    job = pages.run(csv_text(HEADINGS, *FEW, *MANY))
    changed = Contact.objects.get(first_name="F3")
    url = reverse(
        "contacts:contact_field_edit", args=[pages.team.slug, changed.pk, "title"]
    )
    assert pages.client.post(url, {"title": "By hand"}).status_code < 400
    assert Contact.objects.get(pk=changed.pk).title == "By hand"

    page = undo(pages, job)

    assert list(Contact.objects.filter(first_name__startswith="F")) == [
        Contact.objects.get(title="By hand")
    ]
    rows = JobRow.objects.filter(job=page.context["job"])
    kept = rows.filter(outcome=JobRow.Outcome.SKIPPED).order_by("number")
    assert [row.label for row in kept] == ["F3 L3", "Engines"]


@pytest.mark.parametrize("is_taken_back", [True, False])
def test_what_was_changed_and_taken_back_is_unchanged(
    pages, there, admin, is_taken_back
):
    job = pages.run(csv_text(HEADINGS, *FEW))
    ada = Contact.objects.get(first_name="Ada")
    url = reverse(
        "contacts:contact_field_edit", args=[pages.team.slug, ada.pk, "title"]
    )
    pages.client.post(url, {"title": "By hand"})
    if is_taken_back:
        change_set = ChangeSet.objects.latest("pk").pk
        pages.client.post(
            reverse("contacts:change_set_undo", args=[pages.team.slug, change_set])
        )

    answer = undo(pages, job)

    assert Contact.objects.filter(first_name="Ada").exists() is not is_taken_back
    assert ("What stands in the way" in answer.text) is not is_taken_back


def test_where_all_of_it_was_changed_it_can_be_tried_again(pages, there):
    """Q3: an undo that took nothing back is not the last one."""
    job = pages.run(csv_text(HEADINGS, *MANY))
    asked = pages.client.get(offer(pages, job)).text
    Contact.objects.update(title="By hand", version=F("version") + 1)

    undo(pages, job)

    assert "What was changed since stays as it is." in asked
    url = reverse(
        "jobs:job_detail", args=[pages.team.slug, Job.objects.latest("pk").pk]
    )
    page = pages.client.get(url)
    assert "Nothing was taken back; 121 stay as they are" in page.text
    assert offer(pages, job)
    assert Contact.objects.filter(first_name__startswith="F").count() == len(MANY)


def test_the_timeline_says_that_the_import_was_taken_back(pages, there):
    job = pages.run(
        csv_text(HEADINGS, *FEW, *MANY), existing=ContactImport.Existing.OVERWRITE
    )
    undo(pages, job)

    bob = Contact.objects.get(first_name="Bob")
    url = reverse("activities:contact_timeline", args=[pages.team.slug, bob.pk])
    page = pages.client.get(url).text
    assert "imported from people.csv" in page
    assert "took back the import of people.csv" in page
