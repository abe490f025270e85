"""A merge is taken back: both contacts are what they were, row by row (product.md C14)."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from activities.models import Activity
from activities.services import log_activity
from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactList,
    ContactPhone,
    ListEntry,
)
from contacts.services import deletion, editing
from contacts.services.merging import merging
from crm.conflicts import Edit
from crm.history.services.undoing import InTheWay, undo_change_set
from layouts.models import CustomField
from tests.contacts.merging import merge, plan_of
from tests.contacts.profile import form_of, html_of, text_of
from tests.factories import AccountFactory, PersonFactory, make_contact

PARTS = (ContactEmail, ContactPhone, ContactFieldValue, ListEntry, Activity)
COUNTS_UP = ("version", "updated_at")
# Nobody looks for a contact that was merged.
FOUND_BY = ("primary_email", "primary_phone", "search_text")


@pytest.fixture
def pair(member):
    """Two contacts that have everything there is, some of it twice."""
    ann = make_contact(
        "Ann",
        "Lee",
        emails=("ann@acme.example",),
        phones=("+12025550111",),
        owner=member,
        title="CEO",
        external_id="A-1",
        account=AccountFactory(),
    )
    anna = make_contact(
        "Anna",
        "Leigh",
        emails=("anna@home.example", "a@old.example"),
        phones=("+12025550111", "+12025550122"),
        owner=member,
        city="Oslo",
        external_id="B-2",
        account=AccountFactory(),
        person=PersonFactory(),
    )
    shirt, shoes = (
        CustomField.objects.create(name=name, kind=CustomField.Kind.TEXT)
        for name in ("Shirt", "Shoes")
    )
    press, fair = (ContactList.objects.create(name=name) for name in ("Press", "Fair"))
    for contact, size in ((ann, "S"), (anna, "L")):
        ContactFieldValue.objects.create(contact=contact, field=shirt, text_value=size)
        ListEntry.objects.create(contact=contact, list=press, added_by=member)
        log(contact, member, days=3)
    log(anna, member, days=1)
    ContactFieldValue.objects.create(contact=anna, field=shoes, text_value="38")
    ListEntry.objects.create(contact=anna, list=fair, added_by=member)
    return ann, anna


def log(contact, by, *, days):
    at = timezone.now()
    entry = {"kind": "call", "occurred_at": at - timedelta(days=days), "body": "Hi"}
    key = f"same-{days}"
    log_activity(contact_id=contact.pk, entry=entry, key=key, by=by, at=at)


def everything() -> dict[str, Any]:
    """Return every row of every contact, without what only ever counts up."""
    contacts = list(Contact.objects.order_by("pk").values())
    for row in contacts:
        for name in (*COUNTS_UP, *(FOUND_BY if row["merged_into_id"] else ())):
            del row[name]
    parts = {
        model.__name__: list(model.objects.order_by("pk").values()) for model in PARTS
    }
    return {"contacts": contacts, **parts}


def merged(pair, member, **more):
    plan = plan_of(*pair, **more)
    return merging.merge_contacts(plan=plan, by=member, at=timezone.now())


def undo(done, member):
    undo_change_set(change_set_id=done.change_set_id, by=member, at=timezone.now())


class TestUndo:
    def test_both_are_the_same_as_before(self, pair, member):
        before = everything()
        done = merged(pair, member, primary_email="a@old.example")
        assert everything() != before

        undo(done, member)

        assert everything() == before

    def test_also_where_every_value_came_from_the_other(self, pair, member):
        before = everything()
        _ann, anna = pair
        choices = plan_of(*pair).choices
        done = merged(pair, member, choices=dict.fromkeys(choices, anna.pk))

        undo(done, member)

        assert everything() == before

    def test_one_that_came_out_of_the_bin_lies_there_again(self, pair, member):
        _ann, anna = pair
        deletion.delete_contacts(contact_ids=[anna.pk], by=member, at=timezone.now())
        before = everything()
        done = merged(pair, member)

        undo(done, member)

        assert everything() == before
        assert Contact.objects.deleted().get() == anna

    def test_the_merge_of_a_merge_is_undone_step_by_step(self, pair, member):
        before = everything()
        first = merged(pair, member)
        third = make_contact("Third", owner=member)
        between = everything()
        second = merged((third, pair[0]), member)

        with pytest.raises(InTheWay):
            undo(first, member)
        undo(second, member)

        assert everything() == between
        undo(first, member)
        third.delete()
        assert everything() == before


class TestInTheWay:
    def test_a_later_edit_of_what_the_merge_set(self, pair, member):
        done = merged(pair, member)
        edit = Edit(new={"city": "Rome"}, originals={})
        editing.update_contact(
            contact_id=pair[0].pk, edit=edit, by=member, at=timezone.now()
        )

        with pytest.raises(InTheWay) as found:
            undo(done, member)

        assert ("contact", pair[0].pk) in found.value.reasons
        assert Contact.objects.get(pk=pair[0].pk).city == "Rome"
        assert Contact.objects.merged().exists()

    def test_what_came_later_and_is_no_contradiction_stays(self, pair, member):
        done = merged(pair, member)
        edit = Edit(new={"department": "Research"}, originals={})
        editing.update_contact(
            contact_id=pair[0].pk, edit=edit, by=member, at=timezone.now()
        )

        undo(done, member)

        assert Contact.objects.get(pk=pair[0].pk).department == "Research"
        assert not Contact.objects.merged().exists()


class TestPages:
    def test_the_toast_and_the_timeline_offer_it(self, as_member, team, pair, member):
        ann, anna = pair
        url = reverse("contacts:merge_review", args=[team.slug, ann.pk, anna.pk])
        url = f"{url}?keep={ann.pk}"
        form = form_of(as_member.get(url), "merge-form")

        page = as_member.post(url, form, follow=True)

        undo_url = html_of(page).split("Undo merge")[0]
        assert "/undo/" in undo_url
        assert "Undo merge" in text_of(page)

    def test_takes_it_back_and_says_what_stands_in_the_way(
        self, as_member, team, pair, member
    ):
        done = merged(pair, member)
        url = reverse("contacts:change_set_undo", args=[team.slug, done.change_set_id])
        Contact.objects.filter(pk=pair[0].pk).update(city="Rome")

        refused = as_member.post(url)
        Contact.objects.filter(pk=pair[0].pk).update(city="Oslo")
        as_member.post(url)

        assert refused.status_code == 422
        assert "What stands in the way" in text_of(refused)
        assert not Contact.objects.merged().exists()

    def test_the_old_link_opens_the_contact_again(self, as_member, pair, member):
        ann, anna = pair
        done = merged(pair, member)
        undo(done, member)

        assert as_member.get(anna.get_absolute_url()).status_code == 200
        assert merge(ann, anna, by=member).pk == ann.pk
