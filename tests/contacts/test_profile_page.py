"""The contact's page: header, tabs, widgets (product.md C1, C2, C3, C7, C9, P9, Q2, Q5)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.models import Activity
from contacts.models import ContactList, ContactStage, ListEntry
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from tests.contacts.profile import Visitor, html_of, part, sign_in, text_of
from tests.factories import AccountFactory, make_contact, make_member

NOON = "2026-06-15T12:00:00Z"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def maya(team, member):
    """A contact with everything the page shows."""
    account = AccountFactory(
        name="Halden Robotics",
        website="https://halden.example",
        headcount=640,
        industry="Robots",
        city="Gothenburg",
        owner=make_member(name="Priya Raman"),
    )
    contact = make_contact(
        "Maya",
        "Lindqvist",
        title="VP Revenue Operations",
        emails=("maya@halden.example", "m@post.example"),
        phones=("+46701740612",),
        account=account,
        owner=member,
        stage=ContactStage.objects.get(name="Interested"),
        city="Stockholm",
        country="SE",
        source="import",
        source_detail="webinar.csv",
        created_by=member,
        created_at=timezone.now() - timedelta(days=30),
        last_activity_at=timezone.now() - timedelta(days=3),
    )
    for name in ("RevOps Nordics", "Q4 targets"):
        entry = ContactList.objects.create(name=name)
        ListEntry.objects.create(list=entry, contact=contact)
    Activity.objects.create(
        contact=contact,
        account=account,
        member=make_member(name="Tomas Okafor"),
        kind="call",
        direction="outbound",
        outcome="connected",
        occurred_at=contact.last_activity_at,
        body="Budget is approved",
    )
    return contact


@pytest.fixture
def visitor(as_member, maya):
    return Visitor(as_member, maya)


class TestHeader:
    """C1: name, title, account, stage, owner and one sentence on where things stand."""

    def test_says_who_this_is(self, visitor):
        page = html_of(visitor.get())
        identity = text_of(visitor.fragment("contact_identity"))

        assert re.search(r"<h1[^>]*>Maya Lindqvist</h1>", page)
        assert "VP Revenue Operations at Halden Robotics" in identity
        assert "Interested" in identity
        assert "14:00 in Stockholm" in identity

    def test_sums_up_the_situation_in_one_sentence(self, visitor, member):
        sentence = f"Last contacted 3 days ago by Tomas Okafor; owner {member}"

        assert sentence in text_of(visitor.get())
        # Also where the timeline that is shown does not contain the call.
        assert sentence in text_of(visitor.get(query="kind=meetings"))
        assert sentence in text_of(visitor.get("contact_fields"))

    def test_sums_up_a_contact_nobody_has_touched(self, as_member):
        new = make_contact("New", "Person")

        page = text_of(Visitor(as_member, new).get())

        assert "Never contacted; no owner" in page

    def test_offers_every_stage(self, visitor):
        menu = part(html_of(visitor.get()), "stage-menu")

        assert menu.count("menuitemradio") == ContactStage.objects.count()
        assert re.findall(
            r'aria-checked="true"[^>]*>.*?<span class="grow">(.*?)<', menu
        ) == ["Interested"]


class TestActions:
    """C2: the menu holds what works, and what the role may do."""

    def test_a_rep_edits_lists_and_deletes_own_contacts(self, visitor):
        menu = text_of(visitor.get())

        for label in ("Edit contact info", "Add to list", "Delete contact"):
            assert label in menu

    def test_nothing_is_announced_that_does_not_exist(self, visitor):
        page = text_of(visitor.get())

        later = (
            "Tasks",
            "Deals",
            "Notes",
            "Sequences",
            "Enrich",
            "soon",
        )
        assert [word for word in later if word in page] == []

    def test_a_rep_does_not_delete_other_peoples_contacts(self, visitor, maya):
        maya.owner = make_member()
        maya.save()

        assert "Delete contact" not in text_of(visitor.get())

    def test_a_viewer_reads_and_changes_nothing(self, maya, viewer):
        page = html_of(Visitor(sign_in(viewer), maya).get())

        assert "Maya Lindqvist" in page
        for word in ("actions-menu", "composer", "/edit/", "stage-menu"):
            assert word not in page


class TestWidgets:
    """C3, C7, C9: what stands in the record column, composed by the layout in one request."""

    def test_stand_in_the_order_of_the_layout(self, visitor):
        page = html_of(visitor.get())

        places = [
            page.index(f'id="w-{key}"')
            for key in (
                "contact-information",
                "record-details",
                "account",
                "account-overview",
            )
        ]
        assert places == sorted(places)

    def test_record_details(self, visitor, member):
        widget = text_of(visitor.fragment("contact_widget", key="record-details"))

        assert f"Owner Edit Owner: {member.user.name[0]}" in widget
        assert "Q4 targets RevOps Nordics" in widget
        assert "Last activity Fri 12 Jun" in widget
        assert "Source Imported from a file: webinar.csv" in widget
        assert "Created Sat 16 May" in widget
        assert "See all fields" in widget

    def test_account(self, visitor, maya):
        widget = html_of(visitor.fragment("contact_widget", key="account"))

        text = " ".join(re.sub(r"<[^>]+>", " ", widget).split())
        assert "Halden Robotics halden.example , 640 people, Gothenburg" in text
        assert 'href="https://halden.example"' in widget
        # Priya's account: a rep does not give it away.
        assert "Account owner PR Priya Raman" in text
        assert "Robots" in text
        assert f"/accounts/{maya.account.pk}/" in widget

    def test_without_an_account_offer_to_link_one(self, as_member):
        visitor = Visitor(as_member, make_contact())

        widget = text_of(visitor.fragment("contact_widget", key="account"))

        assert "No account" in widget
        assert "Link account" in widget

    def test_each_answers_alone(self, visitor):
        for key in (
            "contact-information",
            "record-details",
            "account",
            "account-overview",
        ):
            answer = html_of(visitor.fragment("contact_widget", key=key))
            assert f'id="w-{key}"' in answer
            assert "<html" not in answer

    def test_without_htmx_the_address_of_a_widget_leads_to_the_page(self, visitor):
        answer = visitor.get("contact_widget", key="account")

        assert answer["Location"] == visitor.url()

    def test_an_unknown_widget_is_not_found(self, visitor):
        assert visitor.fragment("contact_widget", key="tasks").status_code == 404


class TestTabs:
    """C3: each tab has its own URL and carries the list one came from."""

    def test_carry_the_list_on(self, visitor):
        page = html_of(visitor.get(query="q=maya&sort=-activity&kind=calls"))

        tabs = re.findall(r'class="tabbar-item[^"]*" href="([^"]+)"', page)
        assert len(tabs) == 3
        assert all(url.endswith("?q=maya&amp;sort=-activity") for url in tabs)

    def test_details_is_the_first_tab_of_a_phone(self, visitor):
        page = html_of(visitor.get("contact_record"))

        tabs = re.findall(r'class="tabbar-item[^"]*"[^>]*>([^<]+)<', page)
        assert tabs[:3] == ["Details", "Prospect", "All fields"]


class TestWayThroughTheList:
    """P9: previous and next walk the result one came from; the way back restores it."""

    @pytest.fixture
    def three(self, team):
        return [
            make_contact(name, "Same", title="Chief") for name in ("Ann", "Bob", "Cyd")
        ]

    def test_previous_and_next(self, as_member, three):
        ann, bob, cyd = three
        make_contact("Bo", "Different")

        page = html_of(Visitor(as_member, bob).get(query="q=chief"))

        keys = dict(re.findall(r'href="([^"]+)" rel="\w+" data-key="(.)"', page))
        assert keys == {
            f"{Visitor(as_member, ann).url()}?q=chief": "[",
            f"{Visitor(as_member, cyd).url()}?q=chief": "]",
        }

    def test_stay_on_the_open_tab(self, as_member, three):
        page = html_of(Visitor(as_member, three[1]).get("contact_fields", "q=chief"))

        assert f"{Visitor(as_member, three[0]).url('contact_fields')}?q=chief" in page

    def test_the_breadcrumb_leads_back_to_the_list_as_it_was(self, visitor, team):
        page = html_of(visitor.get(query="q=maya&sort=-activity&cursor=abc"))

        assert (
            f"/t/{team.slug}/people/?q=maya&amp;sort=-activity&amp;cursor=abc" in page
        )


class TestDoor:
    """Q5: nobody sees another team's contact."""

    def test_another_teams_contact_is_not_found(self, as_member, other_team):
        with team_scope(other_team.pk):
            theirs = make_contact("Secret", "Person")
        visitor = Visitor(as_member, theirs)
        for name in (
            "contact_detail",
            "contact_record",
            "contact_fields",
            "contact_identity",
        ):
            url = visitor.url(name).replace(other_team.slug, "acme")
            assert as_member.get(url).status_code == 404, name

    def test_no_contact_is_not_found(self, visitor, maya):
        url = visitor.url().replace(f"/{maya.pk}/", "/999999/")

        assert visitor.client.get(url).status_code == 404

    @pytest.mark.parametrize(
        "query", ["q=%00", "older=nonsense", "kind=nothing", "sort=x&cursor=y"]
    )
    def test_a_query_string_nobody_offers_changes_nothing(self, visitor, query):
        assert "Maya Lindqvist" in text_of(visitor.get(query=query))


class TestQueries:
    """Q2: the page takes twelve queries, however much there is."""

    def test_twelve_for_the_whole_page(self, visitor, maya):
        for number in range(40):
            Activity.objects.create(
                contact=maya,
                account=maya.account,
                kind="email",
                occurred_at=timezone.now() - timedelta(days=number),
            )
        maya.last_activity_at = timezone.now()
        maya.save()
        visitor.get()

        with CaptureQueriesContext(connection) as queries:
            visitor.get()

        read = [re.search(r'FROM "(\w+)"', query["sql"]).group(1) for query in queries]
        assert (
            read
            == [
                "django_session",
                "teams_membership",  # who asks, in which teams, with which roles
                "contacts_contactphone",  # the contact with its phones, lists, account and the account's stage
                "contacts_contactstage",  # the stages of the menu, among them the contact's
                "teams_membership",  # the owners and whoever created the contact
                "contacts_contactemail",
                "contacts_contactflag",
                "activities_activity",  # the first page of the timeline, which tells who called last
                "history_change",  # what changed, and who changed it
                "contacts_contact",  # whether somebody else may be the same person
                "contacts_contact",  # the contacts before and after it in the list
                "contacts_savedview",  # the views in the sidebar
            ]
        )

    def test_one_more_where_the_timeline_shown_does_not_tell_who_called_last(
        self, visitor
    ):
        visitor.get(query="kind=meetings")

        with CaptureQueriesContext(connection) as queries:
            visitor.get(query="kind=meetings")

        assert len(queries) == 12


def test_a_manager_may_delete_any_contact(maya, team):
    maya.owner = make_member()
    maya.save()

    page = text_of(Visitor(sign_in(make_member(Role.MANAGER)), maya).get())

    assert "Delete contact" in page
