"""T2, T4, D4: taking an act back grants no right, brings nobody back and takes nothing from others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from activities.services import delete_activity, log_activity
from contacts.models import Contact, ContactExport, ContactFlag, DoomedFile, Selection
from contacts.services import creating, flags
from contacts.services.deletion import delete_contacts
from contacts.services.editing import update_contact
from contacts.services.exporting.starting import start_export
from contacts.services.forgetting import forget_contact
from contacts.services.merging.merging import MergePlan, merge_contacts
from contacts.services.owning import Also, give_contact
from contacts.services.selections import freeze_chosen
from crm.conflicts import Edit
from crm.history.models import ChangeSet
from crm.history.services.undoing import InTheWay, undo_change_set
from crm.teams.models import Membership, Team
from crm.teams.roles import Role
from tests.factories import AccountFactory, make_contact, make_member

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)


@pytest.fixture
def other(team: Team) -> Membership:
    return make_member(Role.REP)


@pytest.fixture
def manager(team: Team) -> Membership:
    return make_member(Role.MANAGER)


def edit(
    contact: Contact, by: Membership, at: datetime = AT, **values: str
) -> ChangeSet:
    change = Edit(new=values, originals={})
    update_contact(contact_id=contact.pk, edit=change, by=by, at=at)
    return ChangeSet.objects.latest("pk")


def give(contact: Contact, to: Membership, by: Membership, at: datetime) -> ChangeSet:
    edit_ = Edit(new={"owner": str(to.pk)}, originals={})
    give_contact(contact_id=contact.pk, edit=edit_, also=Also.ACCOUNT, by=by, at=at)
    return ChangeSet.objects.latest("pk")


def demote(member: Membership, role: str = Role.REP) -> Membership:
    Membership.objects.filter(pk=member.pk).update(role=role)
    return Membership.objects.get(pk=member.pk)


def undo(change_set: ChangeSet, by: Membership) -> None:
    undo_change_set(change_set_id=change_set.pk, by=by, at=timezone.now())


def refused(change_set: ChangeSet, by: Membership) -> str:
    with pytest.raises(InTheWay) as found:
        undo(change_set, by)
    return " ".join(found.value.reasons.values())


class TestOwner:
    def test_a_demoted_manager_takes_nobody_s_contact_back(
        self, manager: Membership, other: Membership
    ) -> None:
        third = make_member()
        account = AccountFactory(owner=other)
        contact = make_contact(owner=other, account=account)
        given = give(contact, third, manager, timezone.now())

        assert "managers" in refused(given, demote(manager))

        contact.refresh_from_db()
        account.refresh_from_db()
        assert contact.owner == account.owner == third

    def test_a_manager_does(self, manager: Membership, other: Membership) -> None:
        contact = make_contact(owner=other)
        undo(give(contact, make_member(), manager, AT), manager)
        contact.refresh_from_db()
        assert contact.owner == other

    def test_a_rep_takes_back_a_slip_but_not_what_is_long_given(
        self, member: Membership, other: Membership
    ) -> None:
        contact = make_contact(owner=member)
        given = give(contact, other, member, timezone.now() - timedelta(minutes=11))
        assert "managers" in refused(given, member)

        Contact.objects.update(owner=member)
        undo(give(contact, other, member, timezone.now()), member)
        contact.refresh_from_db()
        assert contact.owner == member

    def test_an_account_alone(self, manager: Membership, other: Membership) -> None:
        contact = make_contact(account=AccountFactory(owner=other))
        given = give(contact, make_member(), manager, timezone.now())
        Contact.objects.update(owner=None)
        given.changes.filter(record="contact").delete()
        assert "managers" in refused(given, demote(manager))


class TestFlags:
    def flagged(self, contact: Contact, by: Membership) -> ContactFlag:
        return flags.flag_contact(
            contact_id=contact.pk,
            suggestions={"title": ""},
            reason="wrong",
            text="",
            by=by,
            at=AT,
        )[0]

    def test_who_may_not_decide_opens_none_that_was_dismissed(
        self, team: Team, member: Membership, admin: Membership
    ) -> None:
        flag = self.flagged(make_contact(title="Analyst"), member)
        flags.dismiss_flag(flag_id=flag.pk, by=admin, at=AT)
        dismissed = ChangeSet.objects.get(kind="contact.flag-dismiss")

        assert "flags" in refused(dismissed, demote(admin, Role.MANAGER))
        flag.refresh_from_db()
        assert flag.cleared_at == AT

        undo(dismissed, demote(admin, Role.ADMIN))
        flag.refresh_from_db()
        assert flag.cleared_at is None

    def test_a_flag_that_an_edit_cleared_comes_back_with_the_value(
        self, team: Team, member: Membership
    ) -> None:
        contact = make_contact(title="Analyst")
        self.flagged(contact, member)
        undo(edit(contact, member, title="Countess"), member)
        assert ContactFlag.objects.open().exists()


class TestForgotten:
    @pytest.mark.parametrize("key", ["email", "phone", "linkedin_url", "external_id"])
    def test_nobody_comes_back(
        self, team: Team, member: Membership, admin: Membership, key: str
    ) -> None:
        more = {
            "email": {"emails": ("ada@b.example",)},
            "phone": {"phones": ("+12025550123",)},
            "linkedin_url": {"linkedin_url": "https://www.linkedin.com/in/ada"},
            "external_id": {"external_id": "crm-1"},
        }[key]
        contact = make_contact(**more)
        gone = key if key in more else ""
        row = (contact.emails.first() or contact.phones.first()) if not gone else None
        taken = edit(contact, member, **{gone or f"{key}-{row.pk}": ""})  # type: ignore[union-attr]
        twin = make_contact(**more)
        forget_contact(contact_id=twin.pk, by=admin, at=AT)

        assert "forgotten" in refused(taken, member)

    def test_nor_with_the_name_that_the_phone_belongs_to(
        self, team: Team, member: Membership, admin: Membership
    ) -> None:
        contact = make_contact(phones=("+12025550123",))
        renamed = edit(contact, member, first_name="Augusta")
        twin = make_contact(phones=("+12025550123",))
        forget_contact(contact_id=twin.pk, by=admin, at=AT)

        assert "forgotten" in refused(renamed, member)

    def test_nor_out_of_the_bin(
        self, team: Team, member: Membership, admin: Membership
    ) -> None:
        url = {"linkedin_url": "https://www.linkedin.com/in/ada"}
        twin = make_contact(**url)
        forget_contact(contact_id=make_contact(**url).pk, by=admin, at=AT)
        delete_contacts(contact_ids=[twin.pk], by=member, at=AT)

        deleted = ChangeSet.objects.get(kind="contact.delete")
        assert "forgotten" in refused(deleted, member)

    def test_others_do(self, team: Team, member: Membership, admin: Membership) -> None:
        contact = make_contact(emails=("ada@b.example",))
        taken = edit(contact, member, **{f"email-{contact.emails.get().pk}": ""})
        forget_contact(
            contact_id=make_contact(emails=("x@b.example",)).pk, by=admin, at=AT
        )
        undo(taken, member)
        assert contact.emails.exists()


class TestBin:
    def test_nothing_changes_on_a_deleted_contact(
        self, team: Team, member: Membership
    ) -> None:
        contact = make_contact(title="Analyst")
        changed = edit(contact, member, title="Countess")
        delete_contacts(contact_ids=[contact.pk], by=member, at=AT)

        assert refused(changed, member) == "The contact is deleted."
        undo(ChangeSet.objects.get(kind="contact.delete"), member)
        undo(changed, member)
        assert Contact.objects.get().title == "Analyst"

    def test_nor_on_its_timeline(self, team: Team, member: Membership) -> None:
        contact = make_contact()
        entry = {"kind": "call", "occurred_at": AT, "body": "Hello"}
        logged = log_activity(
            contact_id=contact.pk, entry=entry, key="k", by=member, at=AT
        )
        delete_activity(activity_id=logged.pk, by=member)
        removed = ChangeSet.objects.get(kind="activity.delete")
        delete_contacts(contact_ids=[contact.pk], by=member, at=AT)

        assert refused(removed, member) == "The contact is deleted."

    def test_nor_on_one_that_is_another_by_now(
        self, team: Team, member: Membership
    ) -> None:
        contact, keep = make_contact(title="Analyst"), make_contact()
        changed = edit(contact, member, title="Countess")
        merge(keep, contact, member)
        assert "merged" in refused(changed, member)


def merge(keep: Contact, absorb: Contact, by: Membership) -> None:
    both = Contact.objects.in_bulk([keep.pk, absorb.pk])
    plan = MergePlan(
        keep_id=keep.pk,
        absorbed_ids=[absorb.pk],
        versions={pk: row.version for pk, row in both.items()},
    )
    merge_contacts(plan=plan, by=by, at=AT)


class TestActivities:
    def test_a_demoted_manager_corrects_no_line_of_others(
        self, manager: Membership, other: Membership
    ) -> None:
        entry = {"kind": "call", "occurred_at": AT, "body": "Hello"}
        logged = log_activity(
            contact_id=make_contact().pk, entry=entry, key="k", by=other, at=AT
        )
        delete_activity(activity_id=logged.pk, by=manager)
        removed = ChangeSet.objects.get(kind="activity.delete")

        assert "managers" in refused(removed, demote(manager))
        undo(removed, demote(manager, Role.MANAGER))


class TestAdded:
    def added(self, by: Membership) -> tuple[Contact, ChangeSet]:
        new = creating.NewContact(first_name="Ada", owner=by)
        contact = creating.create_contact(new=new, by=by, at=AT)
        return contact, ChangeSet.objects.get(kind="contact.create")

    def test_stays_where_another_was_merged_into_it(
        self, team: Team, member: Membership
    ) -> None:
        contact, added = self.added(member)
        absorbed = make_contact("Ada", "Byron", owner=member)
        merge(contact, absorbed, member)
        # As a merge that has brought nothing which is written down.
        ChangeSet.objects.filter(kind="contact.merge").delete()

        assert "merged into it" in refused(added, member)
        assert Contact.objects.filter(pk=absorbed.pk).exists()

    def test_stays_where_it_was_given_to_somebody_else(
        self, manager: Membership, other: Membership
    ) -> None:
        contact, added = self.added(manager)
        give(contact, other, manager, AT)

        assert "changed since" in refused(added, manager)
        assert "may not delete" in refused(added, demote(manager))
        assert Contact.objects.exists()

    def test_the_files_it_is_in_go_with_it(
        self, team: Team, member: Membership, settings: Any, tmp_path: Any
    ) -> None:
        settings.MEDIA_ROOT = tmp_path
        contact, added = self.added(member)
        chosen = freeze_chosen(
            of=Selection.Of.CONTACTS, ids=[contact.pk], state="", by=member, at=AT
        )
        export = start_export(
            selection=chosen,
            file_format="csv",
            columns="all",
            by=member,
            at=timezone.now(),
        )
        assert default_storage.exists(export.file_key)

        undo(added, member)

        assert ContactExport.objects.get().file_key == ""
        assert DoomedFile.objects.get().file_key == export.file_key
