"""Deleting a contact and taking it back (product.md D1, D3, D5)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Contact, ContactEmail, ContactList, ListEntry
from contacts.services import deletion
from crm.history.models import ChangeSet
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from tests.contacts.profile import HTMX, Visitor, html_of, sign_in, text_of
from tests.factories import PersonFactory, make_contact, make_member


@pytest.fixture
def ada(member):
    contact = make_contact(emails=("ada@x.example",), owner=member)
    for name in ("Hot", "Cold"):
        ListEntry.objects.create(
            list=ContactList.objects.create(name=name), contact=contact
        )
    return contact


@pytest.fixture
def visitor(as_member, ada):
    return Visitor(as_member, ada)


def delete(*contacts, by):
    return deletion.delete_contacts(
        contact_ids=[contact.pk for contact in contacts], by=by, at=timezone.now()
    )


def restore(*contacts, by):
    return deletion.restore_contacts(
        contact_ids=[contact.pk for contact in contacts], by=by, at=timezone.now()
    )


class TestQuestion:
    def test_says_what_goes_and_for_how_long_it_can_come_back(self, visitor):
        dialog = visitor.fragment("contact_delete", target="modal")

        text = text_of(dialog)
        assert "Ada Lovelace leaves the saved contacts and 2 lists." in text
        assert "You can restore the contact for 90 days." in text
        assert 'role="alertdialog"' in html_of(dialog)
        assert "Keep contact" in text

    def test_without_scripts_it_is_a_page(self, visitor):
        assert "<html" in html_of(visitor.get("contact_delete"))


class TestDelete:
    def test_leaves_the_list_the_lists_and_the_address(self, visitor, ada, team):
        answer = visitor.client.post(visitor.url("contact_delete", "q=ada"))

        assert answer["Location"] == f"/t/{team.slug}/people/?q=ada"
        assert visitor.now().is_deleted
        assert not ada.list_entries.exists()
        assert not ContactEmail.objects.filter(is_live=True).exists()
        people = visitor.client.get(f"/t/{team.slug}/people/")
        assert [row.name for row in people.context["page"].rows] == []

    def test_undo_puts_everything_back(self, visitor, ada):
        answer = visitor.client.post(visitor.url("contact_delete"), follow=True)
        undo = visitor.url("contact_restore")
        assert f'data-undo="{undo}"' in html_of(answer)

        visitor.client.post(undo)

        assert not visitor.now().is_deleted
        assert set(ada.list_entries.values_list("list__name", flat=True)) == {
            "Hot",
            "Cold",
        }
        assert ContactEmail.objects.get().is_live

    def test_is_noted_on_the_timeline(self, visitor, member):
        visitor.client.post(visitor.url("contact_delete"))
        visitor.client.post(visitor.url("contact_restore"))

        text = text_of(visitor.get())
        assert f"{member} deleted the contact" in text
        assert f"{member} restored the contact" in text

    def test_twice_is_once(self, ada, admin):
        assert delete(ada, by=admin) == [ada.pk]
        assert delete(ada, by=admin) == []
        assert ChangeSet.objects.filter(kind="contact.delete").count() == 1

    def test_thousands_take_the_queries_of_one(self, admin, team):
        one, *many = [
            make_contact(f"C{n}", emails=(f"c{n}@x.example",)) for n in range(30)
        ]
        hot = ContactList.objects.create(name="Hot")
        for contact in (one, *many):
            ListEntry.objects.create(list=hot, contact=contact)

        with CaptureQueriesContext(connection) as few:
            delete(one, by=admin)
        with CaptureQueriesContext(connection) as lots:
            delete(*many, by=admin)
        with CaptureQueriesContext(connection) as few_back:
            restore(one, by=admin)
        with CaptureQueriesContext(connection) as lots_back:
            restore(*many, by=admin)

        assert len(few) == len(lots)
        assert len(few_back) == len(lots_back)


class TestWhoMay:
    """D5: own and unowned for reps, all for managers, none for viewers."""

    @pytest.mark.parametrize(
        ("role", "owner", "allowed"),
        [
            (Role.VIEWER, "nobody", False),
            (Role.REP, "self", True),
            (Role.REP, "nobody", True),
            (Role.REP, "other", False),
            (Role.MANAGER, "other", True),
            (Role.OWNER, "other", True),
        ],
    )
    def test_delete_and_restore(self, ada, role, owner, allowed):
        member = make_member(role)
        ada.owner = {"self": member, "nobody": None, "other": make_member()}[owner]
        ada.save()
        visitor = Visitor(sign_in(member), ada)

        deleted = visitor.client.post(visitor.url("contact_delete"))

        assert deleted.status_code == (302 if allowed else 403)
        assert visitor.now().is_deleted is allowed
        if allowed:
            assert (
                visitor.client.post(visitor.url("contact_restore")).status_code == 302
            )
            assert not visitor.now().is_deleted

    def test_a_rep_does_not_restore_what_others_deleted_of_others(self, ada, admin):
        ada.owner = admin
        ada.save()
        delete(ada, by=admin)
        visitor = Visitor(sign_in(make_member()), ada)

        assert visitor.client.post(visitor.url("contact_restore")).status_code == 403
        assert visitor.now().is_deleted
        assert "Restore" not in text_of(visitor.get())

    def test_one_forbidden_contact_keeps_all(self, ada):
        rep = make_member()

        with pytest.raises(deletion.NotAllowed):
            delete(make_contact("Own", owner=rep), ada, by=rep)

        assert not Contact.objects.deleted().exists()

    def test_another_teams_contacts_stay(self, ada, other_team):
        with team_scope(other_team.pk):
            delete(ada, by=make_member(Role.ADMIN))

        assert not Contact.objects.get(pk=ada.pk).is_deleted


class TestBin:
    """A deleted contact's page is read only, with a way back."""

    def test_shows_the_record_and_no_way_to_change_it(self, visitor, ada, member):
        delete(ada, by=member)

        page = visitor.get()

        text, html = text_of(page), html_of(page)
        assert f"Deleted today, {timezone.localtime():%H}" in text
        assert f"by {member}" in text
        assert "Gone for good" in text
        assert "ada@x.example" in text
        for word in ("/edit/", "actions-menu", "stage-menu", "composer"):
            assert word not in html

    def test_has_restore(self, visitor, ada, member):
        delete(ada, by=member)

        assert "Restore" in text_of(visitor.get())
        visitor.client.post(visitor.url("contact_restore"))
        assert not visitor.now().is_deleted

    def test_after_the_time_no_date_is_promised(self, visitor, ada, member):
        delete(ada, by=member)
        Contact.objects.filter(pk=ada.pk).update(
            deleted_at=timezone.now() - timedelta(days=99)
        )

        assert "Gone for good" not in text_of(visitor.get())

    def test_its_editors_answer_in_place(self, visitor, ada, member):
        opened = visitor.open("title")
        delete(ada, by=member)

        answer = visitor.client.post(
            visitor.url("contact_field_edit", key="title"),
            {**opened, "title": "X"},
            headers=HTMX,
        )

        assert answer.status_code == 422


class TestRefusedRestore:
    """Another contact took the address, the person or the id meanwhile: it says so."""

    def test_the_address_is_taken(self, visitor, ada, member):
        delete(ada, by=member)
        make_contact("Bob", "Holder", emails=("ada@x.example",))

        page = visitor.client.post(visitor.url("contact_restore"), follow=True)

        assert "ada@x.example belongs to Bob Holder now." in html_of(page)
        assert visitor.now().is_deleted

    def test_the_person_was_saved_again(self, admin):
        person = PersonFactory()
        first = make_contact("First", person=person)
        delete(first, by=admin)
        make_contact("Second", person=person)

        assert "saved again" in restore(first, by=admin).refused[first.pk]

    def test_the_id_is_taken(self, admin):
        first = make_contact("First", external_id="crm-1")
        delete(first, by=admin)
        make_contact("Second", external_id="crm-1")

        assert "ID in another system" in restore(first, by=admin).refused[first.pk]

    def test_the_others_come_back(self, ada, admin):
        bob = make_contact("Bob", emails=("bob@x.example",))
        delete(ada, bob, by=admin)
        make_contact("New", emails=("ada@x.example",))

        done = restore(ada, bob, by=admin)

        assert done.restored == [bob.pk]
        assert list(done.refused) == [ada.pk]

    def test_of_two_with_one_address_the_first_comes_back(self, ada, admin):
        delete(ada, by=admin)
        twin = make_contact("Twin", emails=("ada@x.example",))
        delete(twin, by=admin)

        done = restore(twin, ada, by=admin)

        assert done.restored == [ada.pk]
        assert list(done.refused) == [twin.pk]

    def test_a_list_that_is_gone_stays_gone(self, ada, admin):
        delete(ada, by=admin)
        ContactList.objects.get(name="Hot").delete()

        restore(ada, by=admin)

        assert ada.list_entries.get().list.name == "Cold"
