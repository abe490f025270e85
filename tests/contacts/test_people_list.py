"""The list of people: scopes, order, columns, pages (product.md P1-P3, P9, Q2, Q5)."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from contacts.queries import people as people_queries
from crm.tenancy.scope import team_scope
from tests.contacts.people import names, people, text, url
from tests.factories import AccountFactory, PersonFactory, make_contact


@pytest.fixture
def short_pages(monkeypatch):
    """Pages of three rows."""
    monkeypatch.setattr(people_queries, "PAGE_SIZE", 3)
    defaults = people_queries.read_people.__kwdefaults__
    monkeypatch.setitem(defaults, "size", 3)


def walk(client, team, query):
    """The rows of every page from the first to the last, and the same on the way back."""
    forward, backward = [], []
    response = people(client, team, query)
    while True:
        forward.append(
            [(row.is_contact, row.pk) for row in response.context["page"].rows]
        )
        if not response.context["next"]:
            break
        response = client.get(response.context["next"])
    while response.context["previous"]:
        response = client.get(response.context["previous"])
        backward.append(
            [(row.is_contact, row.pk) for row in response.context["page"].rows]
        )
    return forward, backward


class TestScopes:
    """P2: Total, Net new and Saved, each with its count."""

    @pytest.fixture(autouse=True)
    def three_kinds(self, team):
        saved = PersonFactory(first_name="Saved", last_name="Person")
        make_contact("Saved", "Person", person=saved)
        make_contact("Hand", "Made")
        PersonFactory(first_name="New", last_name="Comer")

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["Hand Made", "Saved Person"]),
            ("scope=saved", ["Hand Made", "Saved Person"]),
            ("scope=net-new", ["New Comer"]),
            ("scope=total", ["Hand Made", "New Comer", "Saved Person"]),
        ],
    )
    def test_shows_the_people_of_the_scope(self, as_member, team, query, expected):
        assert names(people(as_member, team, query)) == expected

    def test_counts_every_scope_on_its_tab(self, as_member, team):
        shown = text(people(as_member, team))

        assert "Total 3" in shown
        assert "Net new 1" in shown
        assert "Saved 2" in shown

    def test_a_person_saved_by_another_team_is_still_net_new(
        self, as_member, team, other_team
    ):
        with team_scope(other_team.pk):
            make_contact("New", "Comer", person=PersonFactory(first_name="Theirs"))

        assert names(people(as_member, team, "scope=net-new")) == [
            "New Comer",
            "Theirs Newman",
        ]
        assert names(people(as_member, team)) == ["Hand Made", "Saved Person"]


class TestOrder:
    """P3: sortable columns, both directions."""

    @pytest.fixture(autouse=True)
    def contacts(self, team):
        now = timezone.now()
        for days, (name, title, account) in enumerate(
            [("Cy", "B", "Zeta"), ("Al", "C", "Acme"), ("Bo", "A", "Mid")]
        ):
            make_contact(
                name,
                "X",
                title=title,
                account=AccountFactory(name=account),
                created_at=now - timedelta(days=days),
                last_activity_at=now - timedelta(days=10 - days) if days else None,
            )

    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("name", ["Al X", "Bo X", "Cy X"]),
            ("title", ["Bo X", "Cy X", "Al X"]),
            ("account", ["Al X", "Bo X", "Cy X"]),
            ("activity", ["Cy X", "Al X", "Bo X"]),
            ("created", ["Bo X", "Al X", "Cy X"]),
        ],
    )
    def test_sorts_both_ways(self, as_member, team, sort, expected):
        assert names(people(as_member, team, f"sort={sort}")) == expected
        assert names(people(as_member, team, f"sort=-{sort}")) == expected[::-1]

    def test_the_heading_says_the_direction_and_links_to_the_other(
        self, as_member, team
    ):
        response = people(as_member, team, "sort=title")

        assert 'aria-sort="ascending"' in response.content.decode()
        assert "sort=-title" in response.content.decode()


class TestPages:
    """P3: pages that stay fast at any depth."""

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "sort=-activity",
            "sort=-name",
            "q=twin",
            "scope=total",
            "scope=total&sort=-name",
        ],
    )
    def test_every_row_comes_once_on_the_way_down_and_up(
        self, as_member, team, short_pages, query
    ):
        for n in range(7):
            make_contact("Twin", "Same" if n % 2 else "Other")
            PersonFactory(first_name="Twin", last_name="Same" if n % 2 else "Other")

        forward, backward = walk(as_member, team, query)

        seen = [row for page in forward for row in page]
        assert len(seen) == len(set(seen)) == (14 if "total" in query else 7)
        assert backward == forward[-2::-1]

    def test_a_cursor_nobody_made_leads_to_the_first_page_and_says_so(
        self, as_member, team
    ):
        make_contact("Ada")

        response = people(as_member, team, "cursor=nonsense")

        assert names(response) == ["Ada Lovelace"]
        assert "That page does not exist" in text(response)

    def test_a_deep_page_leads_to_the_first(self, as_member, team, short_pages):
        for n in range(5):
            make_contact(f"N{n}")

        second = as_member.get(people(as_member, team).context["next"])

        assert names(as_member.get(second.context["first"])) == [
            f"N{n} Lovelace" for n in range(3)
        ]


class TestColumns:
    """P3: a column chooser whose choice is in the address."""

    def test_shows_the_usual_columns(self, as_member, team):
        make_contact("Ada", title="Countess", emails=("ada@example.com",))

        shown = text(people(as_member, team))

        assert "Countess" in shown
        assert "ada@example.com" not in shown

    @pytest.mark.parametrize(
        "query",
        [
            "cols=email,phone,location,lists,source,created",
            "cols=email&cols=phone&cols=location",
        ],
    )
    def test_shows_the_chosen_columns_only(self, as_member, team, query):
        make_contact(
            "Ada",
            emails=("ada@example.com",),
            phones=("+12022243441",),
            city="Oslo",
            country="NO",
        )

        response = people(as_member, team, query)

        assert "ada@example.com" in text(response)
        assert "+1 202-224-3441" in text(response)
        assert "Oslo, Norway" in text(response)
        assert 'id="sort-account"' not in response.content.decode()


class TestAddress:
    """P4, Q3: the address holds the whole state; what nobody offers is named, and nothing breaks."""

    @pytest.mark.parametrize(
        ("query", "says"),
        [
            ("sort=shoe-size", "cannot be sorted by “shoe-size”"),
            ("scope=net-new&sort=created", "cannot be sorted by “created”"),
            ("scope=moon", "There is no list “moon”"),
            ("cols=shoe", "There is no column “shoe”"),
            ("stage=999999", "The filter Stage was left out"),
            ("stage=abc", "The filter Stage was left out"),
            ("owner=0", "The filter Owner was left out"),
            ("has_email=maybe", "The filter Has e-mail was left out"),
            ("created_from=2026-13-45", "“2026-13-45” is not a date"),
            ("activity=someday", "The filter Last activity was left out"),
            ("country=Atlantis", "No country is called “Atlantis”"),
            ("account=99999999999999999999999", "The filter Account was left out"),
            ("q=" + "x" * 300, "Only the first 200 characters"),
        ],
    )
    def test_says_what_was_not_understood(self, as_member, team, query, says):
        make_contact("Ada")

        response = people(as_member, team, query)

        assert says in text(response)
        assert response.context["page"].rows or query.startswith(
            ("q=", "scope=net-new")
        )

    def test_links_keep_search_filters_order_and_columns(
        self, as_member, team, short_pages
    ):
        for n in range(4):
            make_contact(f"N{n}", city="Oslo", title="Boss")

        response = people(
            as_member, team, "q=lovelace&city=oslo&sort=-title&cols=email"
        )

        kept = parse_qs(urlsplit(response.context["next"]).query)
        assert kept.pop("cursor")
        assert kept == {
            "q": ["lovelace"],
            "city": ["oslo"],
            "sort": ["-title"],
            "cols": ["email"],
        }

    def test_a_name_leads_to_the_profile_with_the_state(self, as_member, team):
        contact = make_contact("Ada")

        response = people(as_member, team, "q=ada&sort=-name")

        href = url("contact_detail", team, contact_id=contact.pk)
        assert f'href="{href}?q=ada&amp;sort=-name"' in response.content.decode()


class TestFragments:
    """Page and fragment are one view (P9: Back gets the whole page)."""

    def test_htmx_gets_the_results_with_tabs_and_tools(self, as_member, team):
        make_contact("Ada")

        response = people(
            as_member, team, **{"HX-Request": "true", "HX-Target": "people-results"}
        )

        body = response.content.decode()
        assert "<html" not in body
        assert 'id="people-results"' in body
        assert 'id="people-tabs"' in body
        # The table, and beside it the tabs, the tools, how many filters are set, and what is
        # wrong with what was typed.
        beside = re.findall(r'id="([^"]+)"[^>]*hx-swap-oob', body)
        assert "facet-stage-count" in beside
        assert [each for each in beside if not each.endswith("-count")] == [
            "people-tabs",
            "people-views",
            "people-tools",
            "people-filtered",
            "facet-name-problem",
            "facet-title-problem",
            "facet-location-problem",
            "facet-activity-problem",
            "facet-created-problem",
        ]

    def test_going_back_gets_the_whole_page(self, as_member, team):
        headers = {
            "HX-Request": "true",
            "HX-Target": "people-results",
            "HX-History-Restore-Request": "true",
        }

        response = people(as_member, team, **headers)

        assert "<html" in response.content.decode()

    def test_the_count_comes_alone(self, as_member, team):
        make_contact("Ada")

        response = people(
            as_member,
            team,
            "q=ada",
            **{"HX-Request": "true", "HX-Target": "people-count"},
        )

        assert response.content.decode().strip() == '<span id="people-count">1</span>'


class TestEmpty:
    """design/ui.md 8: what to do when there is nobody."""

    def test_nobody_saved_offers_import_and_net_new(self, as_member, team):
        shown = text(people(as_member, team))

        assert "Nobody is saved yet" in shown
        assert "Import" in shown

    def test_no_match_names_the_filter_to_drop_and_the_count_without_it(
        self, as_member, team
    ):
        make_contact("Ada", city="Oslo")

        response = people(as_member, team, "city=oslo&has_phone=yes")

        assert "Nobody matches" in text(response)
        assert "Without Has phone “yes”: 1" in text(response)


class TestPermissions:
    """T2: viewers look, they do not touch."""

    def test_a_viewer_sees_people_but_no_buttons(self, as_viewer, team):
        make_contact("Ada")
        PersonFactory()

        body = people(as_viewer, team, "scope=total").content.decode()

        assert "Ada Lovelace" in body
        assert 'name="only"' not in body
        assert url("contact_create", team) not in body

    @pytest.mark.parametrize("name", ["people_save", "contact_create"])
    def test_a_viewer_may_not_write(self, as_viewer, team, name):
        assert as_viewer.post(url(name, team)).status_code == 403


class TestQueries:
    """Q2: as many queries for six rows as for one, and never more than ten."""

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "scope=net-new",
            "scope=total",
            "q=lovelace",
            "cols=lists,owner,account",
            "list=none&sort=-activity",
        ],
    )
    def test_more_rows_need_no_more_queries(
        self, as_member, member, team, query, django_assert_max_num_queries
    ):
        def add():
            make_contact("Ada", account=AccountFactory(), owner=member)
            PersonFactory(last_name="Lovelace")

        add()
        people(as_member, team, query)
        with django_assert_max_num_queries(10) as one:
            people(as_member, team, query)
        for _n in range(5):
            add()
        with django_assert_max_num_queries(10) as six:
            response = people(as_member, team, query)

        assert len(response.context["page"].rows) >= 6
        assert len(six) == len(one)


def test_navigation_has_people(as_member, team):
    """P1: the main navigation has People, key g p."""
    body = people(as_member, team).content.decode()

    assert f'href="{url("people_list", team)}"' in body
    assert 'data-key="g p"' in body


class TestAddressBar:
    """P4: the bar always has the address of what is shown, without empty parameters."""

    def test_filtering_makes_an_entry(self, as_member, team):
        headers = {
            "HX-Request": "true",
            "HX-Target": "people-results",
            "HX-Trigger": "people-form",
        }

        response = people(
            as_member, team, "panel=1&city=&q=&has_email=yes&sort=-title", **headers
        )

        assert (
            response["HX-Push-Url"]
            == url("people_list", team) + "?has_email=yes&sort=-title"
        )

    def test_typing_replaces_it(self, as_member, team):
        headers = {
            "HX-Request": "true",
            "HX-Target": "people-results",
            "HX-Trigger": "people-q",
        }

        response = people(as_member, team, "q=ad&city=", **headers)

        assert response["HX-Replace-Url"] == url("people_list", team) + "?q=ad"
        assert "HX-Push-Url" not in response
