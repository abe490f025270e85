"""T4: every change can be taken back, as long as nothing later contradicts."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from activities.models import Activity
from activities.services import delete_activity, log_activity
from contacts.models import Contact, ContactList, ListEntry
from contacts.services.deletion import delete_contacts, restore_contacts
from contacts.services.editing import update_contact
from crm.conflicts import Edit
from crm.history.models import ChangeSet
from crm.history.services.recording import open_change_set, recording
from crm.history.services.undoing import AlreadyUndone, InTheWay, undo_change_set
from crm.jobs.models import Job, JobRow
from crm.jobs.services import run_job
from crm.teams.models import Membership, Team
from crm.teams.roles import Role
from tests.factories import make_contact, make_member

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)


def edit(contact: Contact, by: Membership, **values: str) -> ChangeSet:
    lists = contact.list_entries.values_list("list_id", flat=True)
    originals = {"lists": ",".join(map(str, lists))} if "lists" in values else {}
    change = Edit(new=values, originals=originals)
    update_contact(contact_id=contact.pk, edit=change, by=by, at=AT)
    return ChangeSet.objects.latest("pk")


def undo(change_set: ChangeSet, by: Membership) -> Any:
    return undo_change_set(change_set_id=change_set.pk, by=by, at=AT)


def rows_of(contact: Contact) -> dict[str, Any]:
    """Everything that is kept of a contact, without what counts up."""
    fields = Contact.objects.filter(pk=contact.pk).values().get()
    for name in ("version", "updated_at"):
        del fields[name]
    return {
        "contact": fields,
        "emails": list(contact.emails.order_by("pk").values()),
        "phones": list(contact.phones.order_by("pk").values()),
        "lists": list(contact.list_entries.order_by("pk").values()),
        "values": list(contact.field_values.order_by("pk").values()),
    }


class TestOneContact:
    @pytest.mark.parametrize(
        "values",
        [
            {"title": "Countess", "city": "London"},
            {"first_name": "Augusta"},
            {"email-new": "work|new@b.example", "phone-new": "mobile|+12025550123"},
            {"lists": "new:Poets"},
        ],
    )
    def test_is_as_it_was(
        self, team: Team, member: Membership, values: dict[str, str]
    ) -> None:
        contact = make_contact(emails=("ada@b.example",), title="Analyst")
        before = rows_of(contact)
        changed = edit(contact, member, **values)
        assert rows_of(contact) != before

        undo(changed, member)

        assert rows_of(contact) == before

    def test_a_removed_address_comes_back_as_the_same_row(
        self, team: Team, member: Membership
    ) -> None:
        contact = make_contact(emails=("ada@b.example",))
        before = rows_of(contact)
        email = contact.emails.get()
        changed = edit(contact, member, **{f"email-{email.pk}": ""})
        assert not contact.emails.exists()

        undo(changed, member)

        assert rows_of(contact) == before
        assert Contact.objects.get().primary_email == "ada@b.example"

    def test_a_row_that_changed_twice_in_one_act_goes_all_the_way_back(
        self, team: Team, member: Membership
    ) -> None:
        make_contact(title="One")
        with transaction.atomic(), recording("contact.update", by=member) as act:
            Contact.objects.update(title="Two")
            Contact.objects.update(title="Three")

        undo(ChangeSet.objects.get(pk=act.change_set_id), member)

        assert Contact.objects.get().title == "One"

    def test_the_undo_is_written_down_and_can_be_undone(
        self, team: Team, member: Membership
    ) -> None:
        contact = make_contact(title="Analyst")
        changed = edit(contact, member, title="Countess")

        done = undo(changed, member)
        changed.refresh_from_db()
        assert changed.undone_at == AT
        redo = ChangeSet.objects.get(pk=done.change_set_id)
        assert (redo.kind, redo.undoes) == ("undo", changed)

        undo(redo, member)
        assert Contact.objects.get().title == "Countess"
        changed.refresh_from_db()
        assert not changed.is_undone

    def test_a_deleted_contact_comes_back_with_its_lists(
        self, team: Team, member: Membership
    ) -> None:
        contact = make_contact(emails=("ada@b.example",))
        ListEntry.objects.create(
            contact=contact, list=ContactList.objects.create(name="Poets")
        )
        before = rows_of(contact)
        delete_contacts(contact_ids=[contact.pk], by=member, at=AT)

        undo(ChangeSet.objects.get(kind="contact.delete"), member)

        assert rows_of(contact) == before
        assert not contact.left_lists.exists()

    def test_a_removed_activity_comes_back(
        self, team: Team, member: Membership
    ) -> None:
        contact = make_contact()
        entry = {"kind": "call", "occurred_at": AT, "body": "Hello"}
        activity = log_activity(
            contact_id=contact.pk, entry=entry, key="k", by=member, at=AT
        )
        delete_activity(activity_id=activity.pk, by=member)
        assert Contact.objects.get().last_activity_at is None

        undo(ChangeSet.objects.get(kind="activity.delete"), member)

        assert Activity.objects.get(pk=activity.pk).body == "Hello"
        assert Contact.objects.get().last_activity_at == AT


class TestWhatStandsInTheWay:
    def test_a_later_change_of_the_same_value(
        self, team: Team, member: Membership
    ) -> None:
        contact = make_contact(title="Analyst", city="Paris")
        first = edit(contact, member, title="Countess", city="London")
        edit(contact, member, title="Poet")

        with pytest.raises(InTheWay) as found:
            undo(first, member)

        assert list(found.value.reasons) == [("contact", contact.pk)]
        assert Contact.objects.get().city == "London"  # nothing is half undone
        assert not ChangeSet.objects.filter(kind="undo").exists()

    def test_a_later_change_of_another_value_does_not(
        self, team: Team, member: Membership
    ) -> None:
        contact = make_contact(title="Analyst")
        first = edit(contact, member, title="Countess")
        edit(contact, member, city="London")

        undo(first, member)

        assert Contact.objects.get().title == "Analyst"
        assert Contact.objects.get().city == "London"

    def test_an_address_that_somebody_else_has_by_now(
        self, team: Team, member: Membership
    ) -> None:
        contact = make_contact(emails=("ada@b.example",))
        changed = edit(contact, member, **{f"email-{contact.emails.get().pk}": ""})
        make_contact(emails=("ada@b.example",))

        with pytest.raises(InTheWay):
            undo(changed, member)

    def test_a_list_that_is_gone(self, team: Team, member: Membership) -> None:
        contact = make_contact()
        poets = ContactList.objects.create(name="Poets")
        ListEntry.objects.create(contact=contact, list=poets)
        changed = edit(contact, member, lists="")
        poets.delete()

        with pytest.raises(InTheWay):
            undo(changed, member)

    def test_twice(self, team: Team, member: Membership) -> None:
        changed = edit(make_contact(), member, title="Countess")
        undo(changed, member)

        with pytest.raises(AlreadyUndone):
            undo(changed, member)


class TestRights:
    """D5: taking something back grants nobody a right."""

    def test_a_rep_does_not_delete_by_undoing_a_restore(
        self, team: Team, member: Membership
    ) -> None:
        contact = make_contact(owner=member)
        delete_contacts(contact_ids=[contact.pk], by=member, at=AT)
        restore_contacts(contact_ids=[contact.pk], by=member, at=AT)
        Contact.objects.update(owner=make_member(Role.REP))

        with pytest.raises(InTheWay) as found:
            undo(ChangeSet.objects.get(kind="contact.restore"), member)

        assert "may not delete" in str(list(found.value.reasons.values()))
        assert not Contact.objects.get().is_deleted

    def test_who_may_delete_it_may(self, team: Team, member: Membership) -> None:
        contact = make_contact(owner=member)
        delete_contacts(contact_ids=[contact.pk], by=member, at=AT)
        restore_contacts(contact_ids=[contact.pk], by=member, at=AT)

        undo(ChangeSet.objects.get(kind="contact.restore"), member)

        assert Contact.objects.get().is_deleted


class TestMany:
    """P7: what many contacts got at once goes back as a job, record by record."""

    @pytest.fixture
    def changed(self, team: Team, member: Membership) -> ChangeSet:
        for number in range(130):
            make_contact(title=f"Title {number}")
        change_set = open_change_set("bulk.set", by=member, at=AT)
        with transaction.atomic(), recording(change_set=change_set):
            Contact.objects.update(title="All the same")
        return change_set

    def test_runs_as_a_job_and_says_what_it_kept(
        self, as_member: Any, team: Team, changed: ChangeSet
    ) -> None:
        kept = Contact.objects.order_by("pk")[3]
        Contact.objects.filter(pk=kept.pk).update(title="By hand")

        response = as_member.post(undo_url(team, changed))
        job = Job.objects.get()
        run_job(job.pk)

        assert response["Location"] == reverse(
            "jobs:job_detail", args=[team.slug, job.pk]
        )
        titles = set(Contact.objects.values_list("title", flat=True))
        assert titles == {f"Title {n}" for n in range(130) if n != 3} | {"By hand"}
        rows = JobRow.objects.filter(outcome=JobRow.Outcome.SKIPPED)
        assert [row.record_id for row in rows] == [kept.pk]
        job.refresh_from_db()
        assert job.done == 130

    def test_a_second_click_finds_it_undone(
        self, as_member: Any, team: Team, changed: ChangeSet
    ) -> None:
        as_member.post(undo_url(team, changed))
        response = as_member.post(undo_url(team, changed))

        assert response.status_code == 422
        assert Job.objects.count() == 1


def undo_url(team: Team, change_set: ChangeSet) -> str:
    return reverse("contacts:change_set_undo", args=[team.slug, change_set.pk])


class TestPage:
    def test_the_timeline_offers_it_and_it_goes_back(
        self, as_member: Any, team: Team, member: Membership
    ) -> None:
        contact = make_contact(title="Analyst")
        changed = edit(contact, member, title="Countess")

        page = as_member.get(contact.get_absolute_url()).content.decode()
        assert undo_url(team, changed) in page
        response = as_member.post(undo_url(team, changed))

        assert response["Location"] == contact.get_absolute_url()
        assert Contact.objects.get().title == "Analyst"
        page = as_member.get(contact.get_absolute_url()).content.decode()
        assert "taken back" in page

    @pytest.mark.parametrize(
        ("host", "page"),
        [
            ("testserver", "contacts:contact_fields"),
            ("elsewhere.example", "contacts:contact_detail"),
        ],
    )
    def test_it_leads_back_to_the_page_of_the_profile(
        self, as_member: Any, team: Team, member: Membership, host: str, page: str
    ) -> None:
        contact = make_contact(title="Analyst")
        changed = edit(contact, member, title="Countess")
        fields = reverse("contacts:contact_fields", args=[team.slug, contact.pk])

        response = as_member.post(
            undo_url(team, changed), HTTP_REFERER=f"http://{host}{fields}"
        )

        assert response["Location"] == reverse(page, args=[team.slug, contact.pk])

    def test_the_question_says_what_was_done(
        self, as_member: Any, team: Team, member: Membership
    ) -> None:
        changed = edit(make_contact(title="Analyst"), member, title="Countess")

        page = as_member.get(undo_url(team, changed)).content.decode()

        assert "Countess" in page
        assert "Analyst" in page

    def test_what_stands_in_the_way_is_listed_with_links(
        self, as_member: Any, team: Team, member: Membership
    ) -> None:
        contact = make_contact(title="Analyst")
        changed = edit(contact, member, title="Countess")
        edit(contact, member, title="Poet")

        response = as_member.post(undo_url(team, changed))

        assert response.status_code == 422
        page = response.content.decode()
        assert "What stands in the way" in page
        assert contact.get_absolute_url() in page

    def test_only_managers_undo_what_others_did(
        self, as_member: Any, team: Team, member: Membership
    ) -> None:
        contact = make_contact(title="Analyst")
        changed = edit(contact, make_member(Role.REP), title="Countess")

        assert as_member.post(undo_url(team, changed)).status_code == 403
        member.role = Role.MANAGER
        member.save()
        assert as_member.post(undo_url(team, changed)).status_code == 302
