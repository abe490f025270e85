"""Previous and next on the profile walk the list one came from (product.md P9)."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from contacts.queries.people import neighbours
from crm.tenancy.scope import team_scope
from tests.factories import PersonFactory, make_contact


@pytest.fixture
def contacts(team, other_team):
    """Five contacts of whom two share a name; another team's stands between them."""
    now = timezone.now()
    with team_scope(other_team.pk):
        make_contact("Bo", "Theirs")
    PersonFactory(first_name="Bo", last_name="New")
    return [
        make_contact(
            first,
            last,
            city=city,
            last_activity_at=now - timedelta(days=n) if n else None,
        )
        for n, (first, last, city) in enumerate(
            [
                ("Al", "A", "Oslo"),
                ("Bo", "B", "Oslo"),
                ("Bo", "B", "Rome"),
                ("Cy", "C", "Oslo"),
                ("Di", "D", "Rome"),
            ]
        )
    ]


def around(contact, member, query=""):
    found = neighbours(contact=contact, params=QueryDict(query), member=member)
    return found.previous_id, found.next_id


@pytest.mark.parametrize(
    "query",
    [
        "",
        "sort=-name",
        "sort=-activity",
        "sort=created",
        "city=oslo",
        "q=bo",
        "scope=total",
    ],
)
def test_walks_the_whole_list_both_ways(contacts, member, as_member, team, query):
    rows = as_member.get(f"/t/{team.slug}/people/?{query}").context["page"].rows
    order = [row.pk for row in rows if row.is_contact]
    by_pk = {contact.pk: contact for contact in contacts}

    walked = [around(by_pk[pk], member, query) for pk in order]

    assert walked == list(zip([None, *order[:-1]], [*order[1:], None], strict=True))


def test_keeps_the_address_of_the_list(contacts, member):
    found = neighbours(
        contact=contacts[0],
        params=QueryDict("q=al&sort=-name&tab=fields&stage=x"),
        member=member,
    )

    assert found.list_query == "q=al&stage=x&sort=-name"


def test_a_list_of_net_new_people_has_no_contacts(contacts, member):
    assert around(contacts[1], member, "scope=net-new") == (None, None)


@pytest.mark.parametrize("query", ["", "q=o&city=oslo&owner=none&sort=-activity"])
def test_needs_two_queries_at_most(
    contacts, member, query, django_assert_max_num_queries
):
    with django_assert_max_num_queries(2):
        around(contacts[1], member, query)


@pytest.mark.parametrize(
    "query", ["sort=foo&cursor=xx&stage=abc&account=%00&scope=moon", "q=%00"]
)
def test_nonsense_in_the_address_breaks_nothing(contacts, member, query):
    around(contacts[1], member, query)
