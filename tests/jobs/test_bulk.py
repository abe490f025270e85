"""Set-based writing stays inside the team (architecture 4; product.md Q5)."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from contacts.models import Contact, ContactPhone, Selection, SelectionPart
from crm.tenancy import bulk
from crm.tenancy.scope import NoTeamScope, team_scope
from tests.factories import make_contact, make_member

PHONE = ["contact", "number", "extension", "kind", "position"]


@pytest.fixture
def theirs(other_team):
    with team_scope(other_team.pk):
        return make_contact("Their", "Contact")


@transaction.atomic
def copy_checked(contact_id):
    bulk.copy_rows(ContactPhone, PHONE, [(contact_id, "+1", "", "work", 0)])
    connection.check_constraints()


@transaction.atomic
def create_checked(contact_id):
    ContactPhone.objects.create(contact_id=contact_id, number="+2")
    connection.check_constraints()


class TestCopyRows:
    def test_stamps_the_team_in_scope(self, team):
        contact = make_contact()
        bulk.copy_rows(ContactPhone, PHONE, [(contact.pk, "+1", "", "work", 0)])

        assert ContactPhone.objects.get().team == team

    def test_refuses_a_reference_into_another_team(self, team, theirs):
        with pytest.raises(IntegrityError), transaction.atomic():  # noqa: PT012
            bulk.copy_rows(ContactPhone, PHONE, [(theirs.pk, "+1", "", "work", 0)])
            connection.check_constraints()

        with team_scope(theirs.team_id):
            assert not ContactPhone.objects.exists()

    def test_a_duplicate_is_an_integrity_error(self, team):
        contact = make_contact(phones=("+1",))
        with pytest.raises(IntegrityError), transaction.atomic():
            bulk.copy_rows(ContactPhone, PHONE, [(contact.pk, "+1", "", "work", 0)])

    def test_refuses_a_reference_to_nothing(self, team):
        with pytest.raises(IntegrityError):
            copy_checked(10**12)

    def test_later_statements_are_checked_as_ever(self, team, theirs):
        contact = make_contact()
        bulk.copy_rows(ContactPhone, PHONE, [(contact.pk, "+1", "", "work", 0)])

        with pytest.raises(IntegrityError):
            create_checked(theirs.pk)

    def test_keeps_text_as_it_is(self, team):
        contact = make_contact()
        odd = "tab\tnew\nline\\back\\N"
        bulk.copy_rows(ContactPhone, PHONE, [(contact.pk, odd, "", "work", 0)])

        assert ContactPhone.objects.get().number == odd

    def test_needs_a_team(self, db):
        with pytest.raises(NoTeamScope), team_scope(None):
            bulk.copy_rows(ContactPhone, PHONE, [])


class TestUpdateRows:
    def test_changes_rows_of_that_version_and_bumps_it(self, team):
        old, new = make_contact("A"), make_contact("B")
        Contact.objects.filter(pk=new.pk).update(version=2)
        changed = bulk.update_rows(
            Contact, ["city"], [(old.pk, 1, "Rome"), (new.pk, 1, "Rome")]
        )

        assert changed == 1
        rows = Contact.objects.order_by("pk").values_list("city", "version")
        assert list(rows) == [("Rome", 2), ("", 2)]

    def test_leaves_another_teams_rows_alone(self, team, theirs):
        assert bulk.update_rows(Contact, ["city"], [(theirs.pk, 1, "Rome")]) == 0

        with team_scope(theirs.team_id):
            theirs.refresh_from_db()
        assert theirs.city == ""

    def test_can_be_called_again_in_the_same_transaction(self, team):
        contact = make_contact()
        bulk.update_rows(Contact, ["city"], [(contact.pk, 1, "Rome")])
        bulk.update_rows(Contact, ["city"], [(contact.pk, 2, "Oslo")])

        contact.refresh_from_db()
        assert (contact.city, contact.version) == ("Oslo", 3)


class TestReserveIds:
    def test_are_never_given_twice(self, team):
        one, two = bulk.reserve_ids(Contact, 3), bulk.reserve_ids(Contact, 2)

        assert len({*one, *two, make_contact().pk}) == 6


class TestFreezeIds:
    def test_writes_them_for_the_team_in_scope_in_parts(self, member):
        pks = [make_contact(f"C{n}").pk for n in range(5)]
        selection = Selection.objects.create(
            member=member, created_at=timezone.now(), expires_at=timezone.now()
        )

        rows = Contact.objects.values("pk")
        assert bulk.freeze_ids(SelectionPart, selection, rows, size=2) == 5

        parts = SelectionPart.objects.order_by("number")
        assert [part.ids for part in parts] == [pks[:2], pks[2:4], pks[4:]]
        assert {part.team_id for part in parts} == {selection.team_id}

    def test_refuses_a_selection_of_another_team(self, member, theirs):
        make_contact()
        with team_scope(theirs.team_id):
            selection = Selection.objects.create(
                member=make_member(),
                created_at=timezone.now(),
                expires_at=timezone.now(),
            )

        rows = Contact.objects.values("pk")
        with pytest.raises(IntegrityError), transaction.atomic():  # noqa: PT012
            bulk.freeze_ids(SelectionPart, selection, rows, size=2)
            connection.check_constraints()
