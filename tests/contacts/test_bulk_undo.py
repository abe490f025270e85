"""A bulk action is undone as a whole (product.md P7)."""

import re

import pytest
from django.urls import reverse

from contacts.models import Contact, ContactList, ContactStage, ListEntry
from contacts.services.bulk import running
from crm.jobs import services as jobs
from crm.jobs.models import Job
from layouts.models import CustomField
from tests.contacts.bulk import act, choose, confirm
from tests.factories import PersonFactory, make_contact, make_member


@pytest.fixture
def contacts(member):
    press = ContactList.objects.create(name="Press")
    rows = [make_contact(f"C{n}", "X", city="Rome", owner=member) for n in range(3)]
    for row in rows:
        ListEntry.objects.create(list=press, contact=row)
    return rows


def state():
    """What a person sees of the contacts."""
    columns = ("pk", "stage", "owner", "city", "title", "title_sort", "search_text")
    rows = Contact.objects.saved().order_by("pk").values_list(*columns)
    entries = ListEntry.objects.order_by("list", "contact")
    values = Contact.objects.filter(field_values__isnull=False).count()
    return list(rows), list(entries.values_list("list", "contact")), values


def undo(client, job):
    path = reverse(
        "contacts:change_set_undo", args=[job.team.slug, job.parameters["change_set"]]
    )
    return client.post(path)


def values_of(key):
    own = CustomField.objects.create(name="Size", kind=CustomField.Kind.NUMBER)
    return {
        "set-stage": {"stage": ContactStage.objects.get(name="Replied").pk},
        "assign-owner": {"owner": str(make_member().pk), "accounts": False},
        "add-to-list": {"new_list": "Board"},
        "remove-from-list": {"list": ContactList.objects.get(name="Press").pk},
        "set-field": {"field": "title", "text": "Boss"},
        "delete": {},
        "own": {"field": f"custom-{own.pk}", "text": "7"},
    }[key]


@pytest.mark.parametrize(
    "key",
    [
        "set-stage",
        "assign-owner",
        "add-to-list",
        "remove-from-list",
        "set-field",
        "own",
        "delete",
    ],
)
def test_everything_is_as_it_was(as_member, member, contacts, key):
    values, before = values_of(key), state()
    action = "set-field" if key == "own" else key

    job = act(member, action, values, *contacts)
    changed = state()
    undo(as_member, job)

    assert job.counts == {"done": 3}
    assert changed != before
    assert state() == before


def test_saved_people_are_not_saved_any_more(as_member, member):
    job = act(member, "save", {}, PersonFactory(), PersonFactory())

    undo(as_member, job)

    assert not Contact.objects.saved().exists()


def test_the_toast_and_the_page_of_the_job_offer_it(as_member, member, contacts):
    stage = ContactStage.objects.get(name="Replied")

    done = confirm(
        as_member, choose(member, *contacts), "set-stage", {"stage": stage.pk}
    )

    page = as_member.get(done["Location"]).content.decode()
    offered = re.search(r"/t/[\w-]+/history/\d+/undo/", page)
    assert offered
    job = as_member.get(
        reverse("jobs:job_detail", args=[member.team.slug, Job.objects.get().pk])
    )
    assert offered[0] in job.content.decode()
    as_member.post(offered[0])
    assert not Contact.objects.filter(stage=stage).exists()


def test_a_large_one_is_taken_back_in_the_background(
    as_member, member, contacts, monkeypatch
):
    monkeypatch.setattr(running, "CHUNK", 2)
    monkeypatch.setattr("contacts.services.undoing.AT_ONCE", 1)
    before = state()
    job = act(member, "set-stage", values_of("set-stage"), *contacts)

    undo(as_member, job)

    taking_back = Job.objects.exclude(pk=job.pk).get()
    jobs.run_job(taking_back.pk)
    assert state() == before
