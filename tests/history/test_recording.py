"""T4: every change of a business record is written down, by whichever door."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from contacts.models import Contact, ContactEmail
from contacts.services.editing import update_contact
from crm.conflicts import Edit
from crm.history.models import Change, ChangeSet
from crm.history.services.recording import (
    NoTransaction,
    forget_records,
    open_change_set,
    recording,
    unrecorded,
)
from crm.teams.models import Membership, Team
from crm.tenancy import bulk
from crm.tenancy.scope import team_scope
from tests.factories import make_contact, make_team

pytestmark = pytest.mark.django_db

EMAIL = ("contact", "email", "email_norm", "kind", "status", "status_source")
AT = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)


@pytest.fixture
def contact(team: Team) -> Contact:
    with transaction.atomic(), unrecorded():
        return make_contact(first_name="Ada", title="Analyst")


def fail() -> None:
    with recording("failed"):
        Contact.objects.update(title="One")
        raise ZeroDivisionError


def written(**where: object) -> list[tuple[str, str, object, object]]:
    rows = Change.objects.filter(**where).order_by("pk")
    return list(rows.values_list("source", "op", "old", "new"))


class TestDoors:
    def test_an_edit_says_who_when_and_what(
        self, contact: Contact, member: Membership
    ) -> None:
        edit = Edit(new={"title": "Countess"}, originals={"title": "Analyst"})
        update_contact(contact_id=contact.pk, edit=edit, by=member, at=AT)

        assert written() == [
            ("contacts_contact", "U", {"title": "Analyst"}, {"title": "Countess"})
        ]
        change_set = ChangeSet.objects.get()
        assert (change_set.kind, change_set.by, change_set.at) == (
            "contact.update",
            member,
            AT,
        )

    def test_a_queryset_is_seen_without_anybody_saying_so(
        self, contact: Contact
    ) -> None:
        Contact.objects.update(title="Countess")

        assert written() == [
            ("contacts_contact", "U", {"title": "Analyst"}, {"title": "Countess"})
        ]
        assert ChangeSet.objects.get().by is None

    def test_rows_that_are_copied_are_seen(self, contact: Contact) -> None:
        bulk.copy_rows(
            ContactEmail,
            [*EMAIL, "position", "is_live"],
            [
                (
                    contact.pk,
                    "A@b.example",
                    "a@b.example",
                    "work",
                    "unknown",
                    "",
                    9,
                    True,
                )
            ],
        )

        (source, op, old, new) = written()[0]
        assert (source, op, old) == ("contacts_contactemail", "I", None)
        assert new["email"] == "A@b.example"

    def test_a_removed_row_is_kept_whole(self, contact: Contact) -> None:
        email = ContactEmail.objects.create(
            contact=contact, email="a@b.example", email_norm="a@b.example"
        )
        email.delete()

        assert written()[-1][1:3][0] == "D"
        assert written()[-1][2]["email_norm"] == "a@b.example"

    def test_what_comes_with_a_new_record_is_one_line(self, team: Team) -> None:
        with transaction.atomic(), recording("contact.create"):
            contact = make_contact()
            ContactEmail.objects.create(
                contact=contact, email="a@b.example", email_norm="a@b.example"
            )

        assert written(record="contact", record_id=contact.pk)[0] == (
            "contacts_contact",
            "I",
            None,
            None,
        )
        assert not Change.objects.filter(source="contacts_contactemail").exists()

    def test_derived_columns_are_not_written_down(self, contact: Contact) -> None:
        Contact.objects.update(search_text="x", version=9)

        assert written() == []


class TestRecording:
    def test_what_belongs_together_is_one_change_set(self, contact: Contact) -> None:
        with transaction.atomic(), recording("outer") as outer:
            Contact.objects.update(title="One")
            with recording("inner"):
                Contact.objects.update(city="Two")

        change_set = ChangeSet.objects.get()
        assert (change_set.kind, change_set.pk) == ("outer", outer.change_set_id)
        assert change_set.changes.count() == 2

    def test_nothing_changed_leaves_nothing(self, contact: Contact) -> None:
        with transaction.atomic(), recording("idle") as block:
            Contact.objects.update(title="Analyst")

        assert block.change_set_id is None
        assert not ChangeSet.objects.exists()

    def test_two_acts_in_one_transaction_stay_apart(self, contact: Contact) -> None:
        with transaction.atomic():
            with recording("first"):
                Contact.objects.update(title="One")
            with recording("second"):
                Contact.objects.update(title="Two")

        assert [s.kind for s in ChangeSet.objects.order_by("pk")] == ["first", "second"]

    def test_a_failed_act_does_not_speak_for_the_next(self, contact: Contact) -> None:
        with transaction.atomic():
            with pytest.raises(ZeroDivisionError):
                fail()
            Contact.objects.update(title="Two")

        assert [s.kind for s in ChangeSet.objects.order_by("pk")] == ["failed", ""]

    def test_blocks_join_an_open_change_set(
        self, contact: Contact, member: Membership
    ) -> None:
        opened = open_change_set("bulk.stage", by=member, at=AT)
        for title in ("One", "Two"):
            with transaction.atomic(), recording(change_set=opened):
                Contact.objects.update(title=title)

        assert opened.changes.count() == 2
        assert ChangeSet.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_without_a_transaction_it_refuses(self, team: Team) -> None:
        with pytest.raises(NoTransaction), recording("x"):
            pass

    def test_a_purge_leaves_no_trace(self, contact: Contact) -> None:
        Contact.objects.update(title="One")
        with transaction.atomic(), unrecorded():
            Contact.objects.update(title="Two")
            forget_records("contact", record_ids=[contact.pk])

        assert written() == []

    def test_another_team_gets_a_change_set_of_its_own(
        self, contact: Contact, member: Membership
    ) -> None:
        other = make_team("Other")
        with team_scope(other.pk), transaction.atomic(), unrecorded():
            make_contact()
        with transaction.atomic(), recording("sweep", by=member):
            Contact.across_teams.update(title="One")

        with team_scope(other.pk):
            theirs = Change.objects.get(op="U").change_set
            assert (theirs.kind, theirs.by) == ("", None)
        assert Change.objects.get(op="U").change_set.by == member
