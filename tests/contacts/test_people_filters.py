"""Filters of the list of people (product.md P4): AND between filters, OR within one."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Organization
from contacts.models import (
    ContactEmail,
    ContactImport,
    ContactList,
    ContactStage,
    ListEntry,
)
from crm.tenancy.scope import team_scope
from tests.contacts.people import names, people, text, url
from tests.factories import AccountFactory, PersonFactory, make_contact, make_member

NOON = "2026-06-15T12:00:00Z"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def world(team, member):
    """Ada has everything, Bo something, Cy nothing."""
    now = timezone.now()
    stages = {stage.name: stage for stage in ContactStage.objects.all()}
    other = make_member(name="Olga Owner")
    acme = AccountFactory(name="Acme", industry="Robotics", headcount=40)
    mid = AccountFactory(name="Mid", industry="Fishing", headcount=900)
    hot, cold = (ContactList.objects.create(name=name) for name in ("Hot", "Cold"))
    ada = make_contact(
        "Ada",
        "A",
        stage=stages["Replied"],
        owner=member,
        account=acme,
        city="Oslo",
        region="Østlandet",
        country="NO",
        emails=("ada@x.example",),
        phones=("+12022243441",),
        last_activity_at=now - timedelta(days=2),
        created_at=now - timedelta(days=3),
        title="VP of Sales",
        seniority="VP",
        department="Sales",
        source="import",
        source_detail="June.csv",
    )
    bo = make_contact(
        "Bo",
        "B",
        stage=stages["Interested"],
        owner=other,
        account=mid,
        city="New Oslo",
        country="US",
        emails=("bo@x.example",),
        last_activity_at=now - timedelta(days=60),
        created_at=now - timedelta(days=40),
        title="Sales development",
        seniority="Entry",
        time_zone="America/New_York",
    )
    ContactEmail.objects.filter(contact=bo).update(status="verified")
    make_contact("Cy", "C", created_at=now - timedelta(days=400))
    for row, contact in [(hot, ada), (cold, ada), (cold, bo)]:
        ListEntry.objects.create(list=row, contact=contact)
    return {
        "replied": stages["Replied"].pk,
        "interested": stages["Interested"].pk,
        "other": other.pk,
        "acme": acme.pk,
        "mid": mid.pk,
        "hot": hot.pk,
        "cold": cold.pk,
    }


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("stage={replied}", "Ada"),
            ("stage={replied}&stage={interested}", "Ada Bo"),
            ("stage={replied}&stage={interested}&sort=-name", "Bo Ada"),
            ("owner=me", "Ada"),
            ("owner={other}", "Bo"),
            ("owner=none", "Cy"),
            ("owner=me&owner=none", "Ada Cy"),
            ("list={hot}", "Ada"),
            ("list={hot}&list={cold}", "Ada Bo"),
            ("list=none", "Cy"),
            ("not_list={hot}", "Bo Cy"),
            ("list={cold}&not_list={hot}", "Bo"),
            ("account={acme}", "Ada"),
            ("account={acme}&account={mid}", "Ada Bo"),
            ("account=none", "Cy"),
            ("city=oslo", "Ada Bo"),
            ("city=os", "Ada"),
            ("region=østland", "Ada"),
            ("country=norway", "Ada"),
            ("country=us", "Bo"),
            ("country=united", "Bo"),
            ("city=oslo&country=NO", "Ada"),
            ("no_location=1", "Cy"),
            ("city=new&no_location=1", "Bo Cy"),
            ("has_email=yes", "Ada Bo"),
            ("has_email=no", "Cy"),
            ("has_phone=yes", "Ada"),
            ("has_phone=no", "Bo Cy"),
            ("created=7d", "Ada"),
            ("created=90d", "Ada Bo"),
            ("created_from=2026-05-01", "Ada Bo"),
            ("created_to=2026-05-06", "Bo Cy"),
            ("created_from=2026-05-06&created_to=2026-05-06", "Bo"),
            ("activity=7d", "Ada"),
            ("activity=never", "Cy"),
            ("activity_from=2026-06-01", "Ada"),
            ("activity_to=2026-06-01", "Bo"),
            ("owner=me&has_phone=no", ""),
            ("all_lists={hot}&all_lists={cold}", "Ada"),
            ("all_lists={cold}", "Ada Bo"),
            ("name=ada", "Ada"),
            ("name=da a, bo", "Ada Bo"),
            ("title=sales", "Ada Bo"),
            ("title=VP", "Ada"),
            ("title=de", "Bo"),
            ("title=velop, vp of", "Ada Bo"),
            ("no_title=1", "Cy"),
            ("title=vp&no_title=1", "Ada Cy"),
            ("seniority=VP", "Ada"),
            ("seniority=VP&seniority=Entry", "Ada Bo"),
            ("seniority=none", "Cy"),
            ("department=Sales", "Ada"),
            ("department=none", "Bo Cy"),
            ("time_zone=Europe/Oslo", "Ada"),
            ("time_zone=America/New_York", "Bo"),
            ("time_zone=none", "Cy"),
            ("industry=Robotics", "Ada"),
            ("industry=Robotics&industry=none", "Ada Cy"),
            ("headcount=11-50", "Ada"),
            ("headcount=11-50&headcount=501-1000", "Ada Bo"),
            ("headcount=none", "Cy"),
            ("email_status=verified", "Bo"),
            ("email_status=unknown&email_status=none", "Ada Cy"),
            ("source=import", "Ada"),
            ("source=manual", "Bo Cy"),
            ("import_file=June.csv", "Ada"),
            ("import_file=none", "Bo Cy"),
            ("title=sales&seniority=Entry&headcount=501-1000", "Bo"),
            ("q=b&has_email=yes", "Bo"),
        ],
    )
    def test_narrows(self, as_member, team, world, query, expected):
        response = people(as_member, team, query.format(**world))

        assert [name.split()[0] for name in names(response)] == expected.split()

    @pytest.mark.parametrize(
        ("query", "chip"),
        [
            ("stage={replied}&stage={interested}", "Stage: Replied, Interested"),
            ("owner=me", "Owner: Me"),
            ("owner={other}", "Owner: Olga Owner"),
            ("list={hot}", "In any of the lists: Hot"),
            ("not_list={hot}", "Not in lists: Hot"),
            ("account={acme}", "Account: Acme"),
            ("city=oslo&no_location=1", "Location: city oslo, or empty"),
            ("has_email=yes", "Has e-mail: yes"),
            ("created_from=2026-05-01", "Created: from 1 May 2026"),
            ("created=today", "Created: today"),
            ("activity=7d", "Last activity: last 7 days"),
            ("activity=never", "Last activity: never"),
            ("title=vp,sales", "Title: contains “vp” or “sales”"),
            ("title=vp&no_title=1", "Title: contains “vp” or empty"),
            ("seniority=VP&seniority=none", "Seniority: VP, is empty"),
            ("headcount=11-50", "Headcount: 11 – 50"),
            ("email_status=verified", "E-mail status: Verified"),
            ("source=import", "Source: Imported from a file"),
        ],
    )
    def test_a_chip_says_it_and_takes_it_away(
        self, as_member, team, world, query, chip
    ):
        response = people(as_member, team, query.format(**world) + "&sort=-name")

        assert chip in text(response)
        assert (
            response.context["chips"][0]["href"]
            == url("people_list", team) + "?sort=-name"
        )

    @pytest.mark.parametrize("htmx", [True, False])
    def test_a_range_that_ends_before_it_starts_says_so_in_place(
        self, as_member, team, htmx
    ):
        """Q3: the message stands beside the two dates, which are still there."""
        response = as_member.get(
            url("people_list", team)
            + "?created_from=2026-06-15&created_to=2026-06-14&panel=1",
            headers={"HX-Request": "true", "HX-Target": "people-results"}
            if htmx
            else {},
        )

        page = response.content.decode()
        message = page.partition('id="facet-created-problem"')[2].partition("</p>")[0]
        assert message.endswith("“From” is after “To”")
        assert "The filter Created was left out" in text(response)
        assert htmx or 'name="created_from" value="2026-06-15"' in page
        assert htmx or 'name="created_to" value="2026-06-14"' in page

    @pytest.mark.parametrize(
        ("query", "problem"),
        [
            (
                "title=%2C%20-",
                "The filter Title was left out: “-” has neither a letter",
            ),
            ("headcount=3", "The filter Headcount was left out: “3” is not offered"),
            ("source=moon", "The filter Source was left out: “moon” is not offered"),
            ("has_email=perhaps", "The filter Has e-mail was left out"),
        ],
    )
    def test_what_nobody_offers_is_named_and_the_rest_holds(
        self, as_member, team, world, query, problem
    ):
        response = people(as_member, team, f"owner=me&{query}")

        assert problem in text(response)
        assert names(response) == ["Ada A"]

    def test_days_are_those_of_the_person_who_looks(self, as_member, member, team):
        """Q4: half past midnight in Auckland is the day before in Greenwich."""
        make_contact(
            "Late",
            created_at=timezone.now().replace(hour=12, minute=30) - timedelta(days=1),
        )
        member.user.time_zone = "Pacific/Auckland"
        member.user.save()

        assert names(
            people(as_member, team, "created_from=2026-06-15&created_to=2026-06-15")
        ) == ["Late Lovelace"]
        assert names(people(as_member, team, "created_to=2026-06-14")) == []

    def test_the_panel_shows_what_is_chosen(self, as_member, team, world):
        body = people(
            as_member, team, f"stage={world['replied']}&panel=1"
        ).content.decode()

        assert (
            f'name="stage" value="{world["replied"]}" class="checkbox checkbox-xs" checked'
            in body
        )
        assert 'id="facets"' in body

    def test_a_change_tells_the_panel_how_much_is_chosen(self, as_member, team, world):
        headers = {"HX-Request": "true", "HX-Target": "people-results"}
        query = f"stage={world['replied']}"

        body = people(as_member, team, query, **headers).content.decode()

        count = body.partition('id="facet-stage-count"')[2].partition("</span>")[0]
        assert count.endswith(">1")
        assert "hidden" not in count
        count = body.partition('id="people-filtered"')[2].partition("</span>")[0]
        assert count.endswith(">1")

    def test_another_teams_values_are_not_offered(self, as_member, team, other_team):
        with team_scope(other_team.pk):
            foreign = ContactStage.objects.first().pk
            theirs = ContactList.objects.create(name="Their list").pk
            account = AccountFactory(name="Their account").pk
        make_contact("Ada")

        for query in (f"stage={foreign}", f"list={theirs}", f"account={account}"):
            response = people(as_member, team, query)
            assert "was left out" in text(response)
            assert "Their" not in text(response)


class TestScopesOfFilters:
    """P2: filters apply to whichever scope is open."""

    @pytest.fixture(autouse=True)
    def directory(self, team):
        robots = Organization.objects.create(
            key="o1", name="Robots", industry="Robotics", headcount=60
        )
        PersonFactory(
            first_name="Nora",
            city="Oslo",
            country="NO",
            email="nora@x.example",
            seniority="VP",
            organization=robots,
        )
        PersonFactory(
            first_name="Pia", country="US", phone="+12022243442", title="Engineer"
        )

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("city=oslo", ["Nora Newman"]),
            ("country=us", ["Pia Newman"]),
            ("has_email=no", ["Pia Newman"]),
            ("has_phone=yes", ["Pia Newman"]),
            ("title=engineer", ["Pia Newman"]),
            ("name=nor", ["Nora Newman"]),
            ("seniority=VP", ["Nora Newman"]),
            ("seniority=none", ["Pia Newman"]),
            ("time_zone=Europe/Oslo", ["Nora Newman"]),
            ("industry=Robotics", ["Nora Newman"]),
            ("headcount=51-200&headcount=none", ["Nora Newman", "Pia Newman"]),
        ],
    )
    def test_net_new_people_are_filtered_by_what_the_directory_knows(
        self, as_member, team, query, expected
    ):
        assert names(people(as_member, team, f"scope=net-new&{query}")) == expected

    def test_in_total_a_filter_on_contacts_leaves_contacts(
        self, as_member, team, member
    ):
        make_contact("Ada", owner=member)

        assert names(people(as_member, team, "scope=total&owner=me")) == [
            "Ada Lovelace"
        ]

    def test_what_only_contacts_have_is_not_asked_of_net_new_people(
        self, as_member, team
    ):
        response = people(as_member, team, "scope=net-new")

        assert {facet.entry.key for facet in response.context["facets"]} == {
            *("name", "title", "seniority", "department", "location", "time_zone"),
            *("account", "industry", "headcount", "has_email", "has_phone"),
        }


class TestOptions:
    """Q5: what is too much for a panel is looked up on the server."""

    def find(self, client, team, key, typed=""):
        address = url("filter_options", team, key=key)
        return text(client.get(address, {f"{key}_q": typed}))

    def test_finds_accounts_by_fragment(self, as_member, team, other_team):
        AccountFactory(name="Acme Søns", domain="acme.example")
        AccountFactory(name="Other")
        with team_scope(other_team.pk):
            AccountFactory(name="Acme of theirs")

        found = self.find(as_member, team, "account", "sons")
        by_domain = self.find(as_member, team, "account", "ACME.EX")

        assert "Acme Søns" in found
        assert "Acme Søns" in by_domain
        assert "theirs" not in found + by_domain

    def test_offers_no_account_before_something_is_typed(self, as_member, team):
        AccountFactory(name="Acme")

        assert "Acme" not in self.find(as_member, team, "account")

    def test_offers_what_the_team_and_the_directory_have_in_a_column(
        self, as_member, team, other_team
    ):
        make_contact("Ada", seniority="VP")
        make_contact("Bo", seniority="VP")
        make_contact("Cy", seniority="Director")
        make_contact("Gone", seniority="Gone", deleted_at=timezone.now())
        PersonFactory(seniority="C suite")
        with team_scope(other_team.pk):
            make_contact("Eve", seniority="Theirs")

        assert self.find(as_member, team, "seniority").split() == [
            *("C", "suite", "Director", "VP")
        ]
        assert self.find(as_member, team, "seniority", "dir").split() == ["Director"]
        assert "Nothing matches" in self.find(as_member, team, "seniority", "chief")

    @pytest.mark.parametrize(
        ("key", "typed", "expected"),
        [
            ("list", "o", "Cold Hot"),
            ("all_lists", "ho", "Hot"),
            ("not_list", "", ""),
            ("time_zone", "new york", "America/New York"),
            ("import_file", "june", "June.csv"),
        ],
    )
    def test_finds(self, as_member, team, world, key, typed, expected):
        ContactImport.objects.create(
            file_name="June.csv", file_key="x", size=1, heading_row=1, rows=1
        )

        assert self.find(as_member, team, key, typed).strip() == expected

    def test_leaves_out_what_is_chosen(self, as_member, team, world):
        address = (
            url("filter_options", team, key="list") + f"?list_q=o&list={world['hot']}"
        )

        assert text(as_member.get(address)).split() == ["Cold"]

    @pytest.mark.parametrize("key", ["stage", "nothing", "field-1"])
    def test_knows_only_filters_that_look_up(self, as_member, team, key):
        assert as_member.get(url("filter_options", team, key=key)).status_code == 404

    def test_without_javascript_the_panel_shows_what_was_found(
        self, as_member, team, world
    ):
        response = people(as_member, team, "panel=1&list_q=col")

        facet = next(f for f in response.context["facets"] if f.entry.key == "list")
        assert [choice.label for choice in facet.found] == ["Cold"]
        assert facet.is_open

    def test_a_list_that_is_not_among_the_first_can_be_filtered_by(
        self, as_member, team
    ):
        rows = [ContactList.objects.create(name=f"List {n:02}") for n in range(14)]
        ListEntry.objects.create(list=rows[13], contact=make_contact("Ada"))
        make_contact("Bo")

        response = people(as_member, team, f"list={rows[13].pk}")

        assert names(response) == ["Ada Lovelace"]
        assert "In any of the lists: List 13" in text(response)
