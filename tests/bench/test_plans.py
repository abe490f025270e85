"""Q2: no hot query reads a big table from end to end, however much is in it.

A team of 22,000 contacts is enough for the planner to show what it would do with millions.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import pages
from contacts.models import Contact, ContactFieldValue
from contacts.queries.estimates import estimate
from crm.teams.models import Membership, Team
from crm.tenancy.scope import team_scope
from demo.services.history import Schedule
from demo.services.seeding import seed_teams
from layouts.models import CustomField

# More than are ever counted one by one, so that the planner sees what a large team gets.
CONTACTS = 22_000
BIG = {
    "contacts_contact",
    "activities_activity",
    "contacts_contactemail",
    "contacts_contactfieldvalue",
}
NAMES = [
    "profile",
    "profile, longest history",
    "people, first page",
    "people, 90 % deep",
    "search, rare fragment",
    "search, common fragment",
    "search, e-mail",
    "filter and sort",
    "filter, custom field",
    "by a custom field",
    "by a custom field, filtered",
    "filter, list",
    "filter, never contacted",
    "people, by stage or owner",
    "log activity",
]

# One worker: the rows are made once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("plans")]


@pytest.fixture(scope="module")
def crowd(django_db_setup: None, django_db_blocker: Any) -> Iterator[Team]:
    """A large team beside another one, gone after the tests of this module."""
    with django_db_blocker.unblock():
        try:
            with connection.cursor() as cursor:
                # Of tables full of rows that were rolled back the planner expects nothing, and
                # checks foreign keys by whatever index begins with the team.
                cursor.execute("VACUUM")
            for slug, contacts in (("beside", CONTACTS // 4), (pages.TEAM, CONTACTS)):
                schedule = Schedule(contacts=contacts, activities=3 * contacts)
                seed_teams(
                    [slug],
                    schedule=schedule,
                    at=datetime(2030, 5, 15, 9, 30, tzinfo=UTC),
                )
            with connection.cursor() as cursor:
                cursor.execute(f"VACUUM (ANALYZE) {', '.join(sorted(BIG))}")
            team = Team.objects.get(slug=pages.TEAM)
            with team_scope(team.pk):
                yield team
        finally:
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def wanted(crowd: Team) -> dict[str, pages.Page]:
    return {page.name: page for page in pages.pages(CONTACTS)}


@pytest.fixture
def visitor(crowd: Team, client: Client) -> Client:
    member = Membership.objects.select_related("user").order_by("pk")[0]
    pages.sign_in(client, member)
    return client


def statements_of(page: pages.Page, path: str, client: Client) -> list[str]:
    """Return what the page reads, run as a person would."""
    headers = {"host": pages.HOST}
    with CaptureQueriesContext(connection) as captured:
        if page.form:
            form = {**page.form, "token": path}
            answer = client.post(path, form, headers=headers | {"hx-request": "true"})
        else:
            answer = client.get(path, headers=headers)
    assert answer.status_code == page.status
    return [
        query["sql"]
        for query in captured.captured_queries
        if query["sql"].startswith("SELECT")
    ]


# At this size a list holds so much of the team that reading all of it may be right; what is asked
# then is whether an index could serve.
HOLDS_MUCH = {"filter, list", "by a custom field, filtered"}


def plan_of(statement: str, *, could: bool = False) -> dict[str, Any]:
    with connection.cursor() as cursor:
        # As for the embedded server, whatever disks the one that was given is told to have.
        cursor.execute("SET LOCAL random_page_cost = 1.1")
        if could:
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}".replace("%", "%%"), [])
        found = cursor.fetchone()[0]
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def rows_read(statement: str) -> int:
    """Return how many contacts a statement looks at."""
    with connection.cursor() as cursor:
        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
        cursor.execute(explain.replace("%", "%%"), [])
        found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return _read_by(plan)


def _read_by(plan: dict[str, Any]) -> int:
    own = 0
    if plan.get("Relation Name") in ("contacts_contact", "contacts_contactfieldvalue"):
        dropped = plan.get("Rows Removed by Filter", 0)
        own = round((plan["Actual Rows"] + dropped) * plan["Actual Loops"])
    return own + sum(_read_by(child) for child in plan.get("Plans", []))


def scanned(plan: dict[str, Any]) -> set[str]:
    """Return the big tables that the plan reads from end to end."""
    found = set().union(*(scanned(child) for child in plan.get("Plans", [])))
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in BIG:
        found.add(plan["Relation Name"])
    return found


@pytest.mark.django_db
class TestHotQueries:
    @pytest.mark.parametrize("name", NAMES)
    def test_use_an_index(
        self, name: str, wanted: dict[str, pages.Page], visitor: Client
    ) -> None:
        page = wanted[name]

        for path in page.paths[:6]:
            statements = statements_of(page, path, visitor)
            assert statements
            for statement in statements:
                plan = plan_of(statement, could=name in HOLDS_MUCH)
                assert not scanned(plan), statement

    @pytest.mark.parametrize("name", ["people, by stage or owner", "by a custom field"])
    def test_read_no_more_than_a_stretch(
        self, name: str, wanted: dict[str, pages.Page], visitor: Client
    ) -> None:
        """P3: stages, owners and options have an order of their own, yet no list is sorted whole."""
        page = wanted[name]

        for path in page.paths:
            statements = statements_of(page, path, visitor)
            read = [rows_read(each) for each in statements if "LIMIT 51" in each]
            assert read
            assert max(read) < CONTACTS // 10, (path, read)

    def test_are_asked_for_every_page(self, wanted: dict[str, pages.Page]) -> None:
        assert set(wanted) - set(NAMES) == {"search, typing error"}

    def test_are_seen_through(self, crowd: Team) -> None:
        """A query without an index is found."""
        rows = Contact.across_teams.filter(address="12 Mill Lane")

        with CaptureQueriesContext(connection) as captured:
            list(rows)

        assert scanned(plan_of(captured.captured_queries[0]["sql"]))


@pytest.mark.django_db
def test_what_belongs_to_one_team_is_no_coincidence(crowd: Team) -> None:
    """Q5, Q2: other teams' rows do not make the planner expect fewer of this one's."""
    contacts = Contact.objects.saved()
    number = CustomField.objects.filter(kind=CustomField.Kind.NUMBER)[0]
    values = ContactFieldValue.objects.filter(field=number, number_value__gt=50)
    chosen = contacts.exclude(owner=None).values_list("stage", "owner")
    (stage, owner), _times = Counter(chosen).most_common(1)[0]

    for rows in (contacts.filter(stage__in=[stage], owner__in=[owner]), values):
        (expected,) = estimate(rows)
        assert expected == pytest.approx(rows.count(), rel=0.2)
