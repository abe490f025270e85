"""The list of people in the order of stages and of owners (product.md P3 sortable columns, P9)."""

import pytest
from django.http import QueryDict
from django.utils import timezone

from contacts.models import Contact, ContactStage
from contacts.queries import people as people_queries
from contacts.queries.people import neighbours
from crm.pagination import encode_cursor
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from tests.contacts.people import names, people, text, url
from tests.factories import make_contact, make_member

SORTS = ["stage", "-stage", "owner", "-owner"]
NARROWED = ["", "&q=same", "&city=oslo", "&owner=none&owner=me", "&q=zoe", "&stage=won"]
PLACES = [(s, o) for s in (0, 2, 3, 3) for o in (0, 1, 3, 5, 5)]


@pytest.fixture
def stages(team):
    """Four stages whose order is neither that of their keys nor of their names; one is empty."""
    first = ContactStage.objects.get(is_first=True)
    ContactStage.objects.exclude(pk=first.pk).delete()
    won, empty, asked = (
        ContactStage.objects.create(name=name, position=position)
        for name, position in [("Won", 9), ("Empty", 5), ("Asked", 3)]
    )
    return [first, asked, empty, won]


@pytest.fixture
def owners(member):
    """Owners in order: by the name shown, be it an address; then who has left; then nobody."""
    member.user.name = "mia"
    member.user.save()
    zed = make_member(Role.REP, name="Zed")
    kim = make_member(Role.REP, name="", email="kim@example.com")
    idle = make_member(Role.REP, name="Idle")
    gone = make_member(
        Role.REP,
        name="Abe",
    )
    gone.removed_at = timezone.now()
    gone.save()
    return [idle, kim, member, zed, gone, None]


@pytest.fixture
def contacts(stages, owners, other_team):
    """Contacts in most stages and with most owners, many of the same name."""
    with team_scope(other_team.pk):
        make_contact("Same", "Theirs")
    made = [
        make_contact(
            "Zoe" if n % 7 == 0 else "Same",
            ["Other", "Same", "Same"][n % 3],
            stage=stages[stage],
            owner=owners[owner],
            city="Oslo" if n % 2 else "Rome",
        )
        for n, (stage, owner) in enumerate([*PLACES, (1, 4), (3, 3)])
    ]
    Contact.objects.filter(pk=made[1].pk).update(deleted_at=timezone.now())
    return [contact for contact in made if contact.pk != made[1].pk]


@pytest.fixture
def ordered(contacts, stages, owners, member):
    """The keys of the contacts that an address shows, in order, worked out here."""

    def shows(contact, query):
        return {
            "": True,
            "&q=same": "Same" in contact.name,
            "&city=oslo": contact.city == "Oslo",
            "&owner=none&owner=me": contact.owner in (None, member),
            "&q=zoe": "Zoe" in contact.name,
            "&stage=won": contact.stage == stages[3],
        }[query]

    def keys(sort, query):
        column = sort.removeprefix("-")
        groups = stages if column == "stage" else owners
        found = [
            (groups.index(getattr(contact, column)), contact.name_sort, contact.pk)
            for contact in contacts
            if shows(contact, query)
        ]
        return [pk for *_place, pk in sorted(found, reverse=sort.startswith("-"))]

    return keys


@pytest.fixture(params=["gathered", "walked", "walked in vain"])
def way(request, monkeypatch):
    """Each way to a page of narrowed rows: at once, through a stretch, and when that is too short."""
    if request.param != "gathered":
        monkeypatch.setattr("contacts.queries.narrowed.walks", lambda **_numbers: True)
        monkeypatch.setattr(people_queries, "walks", lambda **_numbers: True)
        length = 4 if request.param == "walked" else 0
        monkeypatch.setattr(
            "contacts.queries.narrowed._walk_length", lambda *_numbers: length
        )


def address(query, stages):
    return query.replace("stage=won", f"stage={stages[3].pk}")


def short_pages(monkeypatch, size):
    defaults = people_queries.read_people.__kwdefaults__
    monkeypatch.setitem(defaults, "size", size)


def keys_of(response):
    return [row.pk for row in response.context["page"].rows]


class TestPages:
    @pytest.mark.parametrize("sort", SORTS)
    def test_every_contact_comes_once_in_order_down_and_up(
        self, as_member, team, stages, ordered, way, monkeypatch, sort
    ):
        for size, query in zip((2, 5, 3, 2, 2, 4), NARROWED, strict=True):
            short_pages(monkeypatch, size)
            response = people(as_member, team, f"sort={sort}{address(query, stages)}")
            forward, backward = [keys_of(response)], []
            while response.context["next"]:
                response = as_member.get(response.context["next"])
                forward.append(keys_of(response))
            while response.context["previous"]:
                response = as_member.get(response.context["previous"])
                backward.append(keys_of(response))

            assert [pk for page in forward for pk in page] == ordered(sort, query)
            assert [len(page) for page in forward[:-1]] == [size] * (len(forward) - 1)
            assert backward == forward[-2::-1]

    @pytest.mark.parametrize("sort", SORTS)
    def test_needs_few_queries_wherever_a_page_lies(
        self,
        as_member,
        team,
        contacts,
        monkeypatch,
        sort,
        django_assert_max_num_queries,
    ):
        short_pages(monkeypatch, 4)
        people(as_member, team)
        href = f"/t/{team.slug}/people/?sort={sort}"
        while href:
            with django_assert_max_num_queries(13):
                href = as_member.get(href).context["next"]

    def test_a_cursor_outlives_a_stage_that_is_moved(
        self, as_member, team, contacts, stages, monkeypatch
    ):
        short_pages(monkeypatch, 2)
        first = people(as_member, team, "sort=stage")
        ContactStage.objects.create(name="New first", position=0)
        ContactStage.objects.filter(pk=stages[0].pk).update(position=1)
        again = people(as_member, team, "sort=stage")

        second = keys_of(as_member.get(first.context["next"]))

        assert second == keys_of(as_member.get(again.context["next"]))

    @pytest.mark.parametrize(
        "mark", ["", "x", "1", ":", "999999999:a", "-1:a", "²:a", 5]
    )
    def test_a_cursor_nobody_made_leads_to_the_first_page_and_says_so(
        self, as_member, team, contacts, mark
    ):
        cursor = encode_cursor(value=mark, pk=1)
        for sort in ("stage", "-owner"):
            response = people(as_member, team, f"sort={sort}&cursor={cursor}")
            known = mark == ":" and sort == "-owner"

            assert response.context["page"].rows
            assert known or "That page does not exist" in text(response)

    def test_a_team_without_contacts_has_an_empty_list(self, as_member, team):
        for sort in SORTS:
            assert names(people(as_member, team, f"sort={sort}")) == []


class TestNeighbours:
    @pytest.mark.parametrize("sort", SORTS)
    def test_are_those_of_the_list(self, contacts, stages, member, ordered, way, sort):
        by_pk = {contact.pk: contact for contact in contacts}
        for query in NARROWED:
            order = ordered(sort, query)
            params = QueryDict(f"sort={sort}{address(query, stages)}")

            near = [
                neighbours(contact=by_pk[pk], params=params, member=member)
                for pk in order
            ]

            assert [n.previous_id for n in near] == [None, *order[:-1]], query
            assert [n.next_id for n in near] == [*order[1:], None], query

    @pytest.mark.parametrize("sort", SORTS)
    def test_need_few_queries(
        self, contacts, member, sort, django_assert_max_num_queries
    ):
        params = QueryDict(f"sort={sort}")
        for contact in contacts:
            with django_assert_max_num_queries(5):
                neighbours(contact=contact, params=params, member=member)

    @pytest.mark.parametrize("sort", SORTS)
    def test_a_profile_stays_within_its_queries(
        self, as_member, team, contacts, sort, django_assert_max_num_queries
    ):
        people(as_member, team)
        for contact in contacts[-3:]:
            with django_assert_max_num_queries(15):
                path = url("contact_detail", team, contact_id=contact.pk)
                assert as_member.get(f"{path}?sort={sort}").status_code == 200


class TestHeadings:
    def test_sort_both_ways(self, as_member, team, contacts):
        body = people(as_member, team, "sort=stage").content.decode()

        assert 'id="sort-stage"' in body
        assert 'aria-sort="ascending"' in body
        assert "sort=-stage" in body
        assert "sort=owner" in body

    @pytest.mark.parametrize("scope", ["total", "net-new"])
    def test_only_saved_people_have_stages_and_owners(
        self, as_member, team, contacts, scope
    ):
        response = people(as_member, team, f"scope={scope}&sort=stage")

        assert "cannot be sorted by “stage”" in text(response)
        assert "sort=owner" not in response.content.decode()
