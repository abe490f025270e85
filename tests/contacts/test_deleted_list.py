"""Settings, Deleted contacts (product.md D3, D5)."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.models import Activity
from contacts.models import Contact, ContactList, ListEntry
from contacts.services import deletion
from crm.teams.roles import Role
from tests.contacts.profile import html_of, sign_in, text_of
from tests.factories import make_contact, make_member


@pytest.fixture
def url(team):
    return f"/t/{team.slug}/settings/deleted/"


def deleted(name, *, by, days=0, lists=(), **fields):
    contact = make_contact(name, "Gone", **fields)
    for title in lists:
        chosen, _created = ContactList.objects.get_or_create(name=title)
        ListEntry.objects.create(list=chosen, contact=contact)
    at = timezone.now() - timedelta(days=days)
    deletion.delete_contacts(contact_ids=[contact.pk], by=by, at=at)
    return contact


def restore(client, url, *contacts, **body):
    posted = {"contact": [contact.pk for contact in contacts], **body}
    return client.post(f"{url}restore/", posted, follow=True)


class TestList:
    def test_says_who_when_what_and_until_when(self, as_member, member, url):
        ada = make_contact("Ada", "Gone", title="Chair")
        Activity.objects.create(
            contact=ada, kind=Activity.Kind.CALL, occurred_at=timezone.now()
        )
        for name in ("Hot", "Cold"):
            ListEntry.objects.create(
                list=ContactList.objects.create(name=name), contact=ada
            )
        at = timezone.now()
        deletion.delete_contacts(contact_ids=[ada.pk], by=member, at=at)

        text = text_of(as_member.get(url))

        until = timezone.localtime(at + timedelta(days=90))
        assert "Ada Gone Chair Deleted today" in text
        assert f"by {member} · with 2 lists, 1 activity · until" in text
        assert f"until {until.day} {until:%b %Y}" in text

    def test_shows_the_last_deleted_first(self, as_member, member, url):
        for name, days in (("Mid", 2), ("New", 1), ("Old", 3)):
            deleted(name, by=member, days=days)

        text = text_of(as_member.get(url))

        assert text.index("New Gone") < text.index("Mid Gone") < text.index("Old Gone")

    def test_what_waits_for_its_purge_is_not_shown(self, as_member, member, url):
        deleted("Late", by=member, days=91)

        assert "Nothing was deleted" in text_of(as_member.get(url))

    def test_can_be_searched(self, as_member, member, url):
        deleted("Ada", by=member, emails=("ada@x.example",))
        deleted("Bob", by=member)

        found = text_of(as_member.get(f"{url}?q=ada@x"))

        assert "Ada Gone" in found
        assert "Bob Gone" not in found
        assert "No deleted contact matches" in text_of(as_member.get(f"{url}?q=zzz"))

    def test_goes_on_page_by_page(self, as_member, member, url, monkeypatch):
        monkeypatch.setattr("contacts.queries.deleted.SIZE", 2)
        for days in range(5):
            deleted(f"C{days}", by=member, days=days)

        first = as_member.get(url)
        second = as_member.get(first.context["next"])

        names = [row["contact"].first_name for row in second.context["rows"]]
        assert names == ["C2", "C3"]
        back = as_member.get(second.context["previous"])
        assert [row["contact"].first_name for row in back.context["rows"]] == [
            "C0",
            "C1",
        ]

    def test_costs_the_same_for_any_number(self, as_member, member, url):
        deleted("One", by=member, lists=["Hot"])
        as_member.get(url)
        with CaptureQueriesContext(connection) as few:
            as_member.get(url)
        for n in range(6):
            deleted(f"C{n}", by=make_member(), lists=["Hot", "Cold"])

        with CaptureQueriesContext(connection) as many:
            as_member.get(url)

        assert len(many) == len(few) <= 15


class TestRestore:
    def test_many_with_their_lists(self, as_member, member, url):
        ada = deleted("Ada", by=member, lists=["Hot"])
        bob = deleted("Bob", by=member)
        cyd = deleted("Cyd", by=member)

        page = restore(as_member, url, ada, bob, asked="1", put_back="lists")

        assert "2 contacts restored" in html_of(page)
        assert list(Contact.objects.deleted()) == [cyd]
        assert ada.list_entries.get().list.name == "Hot"

    def test_can_be_taken_back_from_where_one_is(self, as_member, member, url):
        ada = deleted("Ada", by=member, lists=["Hot"])
        bob = deleted("Bob", by=member)

        page = restore(as_member, url, ada, bob, asked="1", put_back="lists")
        undo = re.search(r'data-undo="([^"]+)"', html_of(page))
        answer = as_member.post(
            undo[1], headers={"Referer": f"http://testserver{url}"}, follow=True
        )

        assert answer.redirect_chain[-1][0] == url
        assert {*Contact.objects.deleted()} == {ada, bob}
        assert not ada.list_entries.exists()

    def test_of_one_on_its_own_page_can_be_taken_back_too(self, as_member, member):
        ada = deleted("Ada", by=member)
        path = f"{ada.get_absolute_url()}restore/"

        page = as_member.post(path, {"asked": "1"}, follow=True)
        undo = re.search(r'data-undo="([^"]+)"', html_of(page))
        as_member.post(undo[1])

        assert list(Contact.objects.deleted()) == [ada]

    def test_lists_are_an_offer(self, as_member, member, url):
        ada = deleted("Ada", by=member, lists=["Hot"])

        restore(as_member, url, ada, asked="1")

        ada.refresh_from_db()
        assert not ada.is_deleted
        assert not ada.list_entries.exists()
        assert not ada.left_lists.exists()

    def test_one_by_its_button(self, as_member, member, url):
        ada, bob = (deleted(name, by=member) for name in ("Ada", "Bob"))

        restore(as_member, url, bob, only=ada.pk)

        assert list(Contact.objects.deleted()) == [bob]

    def test_the_others_come_back_and_the_reason_links_to_who_is_in_the_way(
        self, as_member, member, url
    ):
        ada = deleted("Ada", by=member, emails=("ada@x.example",))
        bob = deleted("Bob", by=member)
        holder = make_contact("New", "Holder", emails=("ada@x.example",))

        page = restore(as_member, url, ada, bob)

        assert page.status_code == 422
        text = text_of(page)
        assert "1 contact was not restored." in text
        assert "ada@x.example belongs to New Holder now. Open New Holder" in text
        assert f"/contacts/{holder.pk}/" in html_of(page)
        assert list(Contact.objects.deleted()) == [ada]

    def test_without_a_choice_it_says_so(self, as_member, member, url):
        deleted("Ada", by=member)

        page = restore(as_member, url)

        assert page.status_code == 422
        assert "Choose the contacts to restore first." in text_of(page)

    def test_the_banner_of_its_page_says_what_is_in_the_way(self, as_member, member):
        ada = deleted("Ada", by=member, emails=("ada@x.example",))
        holder = make_contact("New", "Holder", emails=("ada@x.example",))

        page = as_member.get(ada.get_absolute_url())

        assert "ada@x.example belongs to New Holder now." in text_of(page)
        assert holder.get_absolute_url() in html_of(page)

    def test_the_banner_of_its_page_offers_the_lists(self, as_member, member):
        ada = deleted("Ada", by=member, lists=["Hot"])

        page = as_member.get(ada.get_absolute_url())
        assert "Put back into the lists" in text_of(page)
        as_member.post(f"{ada.get_absolute_url()}restore/", {"asked": "1"})

        assert not ada.list_entries.exists()


class TestWhoMay:
    """D5: a rep sees and restores what they may."""

    @pytest.fixture
    def contacts(self, member, admin):
        other = make_member()
        return {
            "own": deleted("Own", by=admin, owner=member),
            "unowned": deleted("Free", by=admin),
            "did it": deleted("Done", by=member),
            "other": deleted("Other", by=admin, owner=other),
        }

    def test_a_rep_sees_own_unowned_and_what_they_deleted(
        self, as_member, url, contacts
    ):
        text = text_of(as_member.get(url))

        assert all(f"{name} Gone" in text for name in ("Own", "Free", "Done"))
        assert "Other Gone" not in text

    def test_a_rep_restores_no_more_than_that(self, as_member, url, contacts):
        page = restore(as_member, url, contacts["own"], contacts["other"])

        assert page.status_code == 403
        assert Contact.objects.deleted().count() == 4

    def test_a_manager_sees_all(self, url, contacts):
        text = text_of(sign_in(make_member(Role.MANAGER)).get(url))

        assert "Other Gone" in text

    def test_a_viewer_sees_no_such_page(self, url, team):
        viewer = sign_in(make_member(Role.VIEWER))

        assert viewer.get(url).status_code == 403
        assert "Deleted contacts" not in text_of(
            viewer.get(f"/t/{team.slug}/settings/members/")
        )


class TestPageOfADeletedContact:
    def test_costs_at_most_fifteen_queries(self, as_member, member):
        ada = deleted("Ada", by=member, lists=["Hot"], emails=("ada@x.example",))
        as_member.get(ada.get_absolute_url())

        with CaptureQueriesContext(connection) as queries:
            as_member.get(ada.get_absolute_url())

        assert len(queries) <= 15
