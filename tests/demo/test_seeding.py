"""The demo team that a newcomer meets, and the machinery that makes teams of a million contacts."""

import importlib.resources
import io
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Organization
from activities.models import OUTCOMES, Activity
from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactList,
    ContactPhone,
    LeftList,
    ListEntry,
    Person,
)
from contacts.services import indexing
from crm.teams.models import Membership, Team, User
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from demo.services import loading
from demo.services.clock import Clock
from demo.services.history import Schedule
from demo.services.seeding import seed_teams
from tests.factories import make_contact

pytestmark = pytest.mark.django_db

CREATED = Activity.Kind.CREATED
NOW = datetime(2030, 5, 15, 9, 30, tzinfo=UTC)
DERIVED = indexing.INDEXED


def seed(
    slug: str = "demo",
    *,
    contacts: int = 200,
    activities: int = 3000,
    at: datetime = NOW,
) -> Team:
    schedule = Schedule(contacts=contacts, activities=activities)
    seed_teams([slug], schedule=schedule, at=at)
    return Team.objects.get(slug=slug)


def zones_by_country() -> dict[str, set[str]]:
    table = importlib.resources.files("tzdata.zoneinfo").joinpath("zone.tab")
    found = defaultdict(set)
    for line in table.read_text().splitlines():
        if line and not line.startswith("#"):
            country, _place, zone = line.split("\t")[:3]
            found[country].add(zone)
    return found


class TestDemoTeam:
    """Issue of the foundation: about 200 contacts in 40 accounts, two years of believable work."""

    def test_is_complete(self) -> None:
        with team_scope(seed().pk):
            roles = Membership.objects.values_list("role", flat=True)
            stages = Counter(Contact.objects.values_list("stage__name", flat=True))
            statuses = ContactEmail.objects.values_list("status", flat=True)
            kinds = Counter(Activity.objects.values_list("kind", flat=True))

            assert sorted(roles) == sorted(Role)
            assert (Contact.objects.count(), Account.objects.count()) == (200, 40)
            assert Contact.objects.deleted().count() == 2
            assert LeftList.objects.exists()
            assert len(stages) >= 6
            assert 0 < stages["Cold"] < 80
            assert Contact.objects.filter(owner=None).exists()
            assert Contact.objects.values("country").distinct().count() >= 15
            assert (
                ContactList.objects.filter(entries__isnull=False).distinct().count()
                == 6
            )
            assert ContactFieldValue.objects.values("field").distinct().count() == 4
            assert {"verified", "bounced", "unknown"} <= set(statuses)
            assert kinds.keys() == set(Activity.Kind)

    def test_lets_the_demo_user_sign_in(self, client: Client) -> None:
        seed()

        response = client.post(
            reverse("account_login"),
            {"login": "demo@rapport.test", "password": "demo-rapport"},
        )

        user = User.objects.get(email="demo@rapport.test")
        assert response.status_code == 302
        assert client.session["_auth_user_id"] == str(user.pk)

    def test_keeps_what_lists_and_searches_use_like_every_service(self) -> None:
        with team_scope(seed(contacts=120, activities=200).pk):
            for contact in Contact.objects.select_related("account"):
                stored = {name: getattr(contact, name) for name in DERIVED}
                indexing.index_contact(contact)
                assert stored == {name: getattr(contact, name) for name in DERIVED}
            for account in Account.objects.all():
                assert account.search_text == f" {account.name_sort} {account.domain}"

    def test_says_when_the_last_activity_was(self) -> None:
        """C22: the oldest entry says how the record came to be."""
        with team_scope(seed().pk):
            histories = defaultdict(list)
            for entry in Activity.objects.order_by("occurred_at", "pk"):
                histories[entry.contact_id].append(entry)

            assert sum(map(len, histories.values())) == 3000
            for contact in Contact.objects.all():
                first, *others = histories[contact.pk]
                last = others[-1].occurred_at if others else None
                assert (first.kind, first.occurred_at) == (CREATED, contact.created_at)
                assert contact.last_activity_at == last
                assert first.detail["source"] == contact.source
                assert first.detail["source_detail"] == contact.source_detail
                assert CREATED not in {entry.kind for entry in others}
                assert {entry.account_id for entry in others} <= {contact.account_id}

    def test_happens_in_the_last_two_years_on_working_days(self) -> None:
        with team_scope(seed().pk):
            moments = list(Activity.objects.values_list("occurred_at", flat=True))

        assert NOW - timedelta(days=740) < min(moments)
        assert NOW - timedelta(days=4) < max(moments) <= NOW
        assert {moment.weekday() for moment in moments} == {0, 1, 2, 3, 4}

    def test_names_nobody_real(self) -> None:
        with team_scope(seed().pk):
            emails = ContactEmail.objects.values_list("email", flat=True)
            texts = Activity.objects.values_list("subject", "body")
            outcomes = set(Activity.objects.values_list("kind", "outcome"))

            assert all(email.endswith(".example") for email in emails)
            assert all(a.domain.endswith(".example") for a in Account.objects.all())
            assert not any("{" in part for text in texts for part in text)
            assert all(
                not outcome or outcome in OUTCOMES[kind] for kind, outcome in outcomes
            )

    def test_has_phones_and_zones_of_the_right_countries(self) -> None:
        with team_scope(seed().pk):
            zones = zones_by_country()
            for contact in Contact.objects.exclude(country=""):
                assert contact.city
                assert contact.time_zone in zones[contact.country]
            for phone in ContactPhone.objects.select_related("contact"):
                number = phonenumbers.parse(phone.number)
                assert phonenumbers.is_valid_number(number), phone.number
                assert phone.number.startswith("+")
                region = phonenumbers.region_code_for_number(number)
                assert phone.contact.country in ("", region)

    def test_has_people_to_save_beside_those_that_were_saved(self) -> None:
        """P2: Net new."""
        with team_scope(seed().pk):
            linked = Contact.objects.exclude(person=None).select_related("person")

            assert Person.objects.count() == 600
            assert Organization.objects.count() == 120
            assert 60 <= linked.count() <= 67
            for contact in linked:
                assert contact.source == Contact.Source.DIRECTORY
                assert contact.name == contact.person.name
                assert contact.account.organization_id == contact.person.organization_id


class TestSeeding:
    def test_is_done_once(self) -> None:
        team = seed(contacts=20, activities=30)

        assert (
            seed_teams(["demo"], schedule=Schedule(contacts=9, activities=9), at=NOW)
            == []
        )

        with team_scope(team.pk):
            assert Contact.objects.count() == 20

    def test_makes_the_same_again(self) -> None:
        def content(team: Team) -> list[tuple]:
            with team_scope(team.pk):
                people = Contact.objects.values_list("search_text", "last_activity_at")
                entries = Activity.objects.values_list("subject", "occurred_at")
                return [*people.order_by("pk"), *entries.order_by("pk")]

        assert content(seed("one", contacts=80)) == content(seed("two", contacts=80))

    def test_touches_no_other_team(self, other_team: Team) -> None:
        with team_scope(other_team.pk):
            contact = make_contact(emails=("ada@here.example",))

        seed(contacts=10, activities=10)

        with team_scope(other_team.pk):
            assert list(Contact.objects.all()) == [contact]
            assert not ListEntry.objects.exists()
            assert not Activity.objects.exists()

    def test_leaves_people_their_password(self) -> None:
        User.objects.create_user("demo@rapport.test", "something-of-my-own")

        seed(contacts=10, activities=10)

        user = User.objects.get(email="demo@rapport.test")
        assert user.check_password("something-of-my-own")

    def test_command_says_what_it_did(self) -> None:
        out = io.StringIO()

        for _time in range(2):
            call_command(
                "seed_demo", "--contacts", "12", "--activities", "30", stdout=out
            )

        assert "Team demo: 12 contacts, 3 accounts, 30 activities." in out.getvalue()
        assert "Team demo is there already; nothing was changed." in out.getvalue()

    @pytest.mark.parametrize("arguments", [["--contacts", "0"], ["--team", "No Slug"]])
    def test_command_refuses_what_cannot_be(self, arguments: list[str]) -> None:
        with pytest.raises(CommandError):
            call_command("seed_demo", *arguments)


class TestSchedule:
    @pytest.mark.parametrize(
        ("contacts", "activities"),
        [(1, 1), (1, 500), (7, 3), (200, 3000), (1234, 99_999)],
    )
    def test_adds_up(self, contacts: int, activities: int) -> None:
        schedule = Schedule(contacts=contacts, activities=activities)

        lines = [schedule.lines_of(number) for number in range(contacts)]

        assert min(lines) >= 0
        assert contacts + sum(lines) == max(contacts, activities)


class TestClock:
    @pytest.mark.parametrize("hour", range(0, 7 * 24, 5))
    def test_never_passes_now(self, hour: int) -> None:
        now = NOW + timedelta(hours=hour)
        clock = Clock(now)

        assert clock.at(clock.latest) < now < clock.at(clock.latest) + timedelta(days=4)
        assert clock.at(clock.latest).weekday() < 5


class TestLoading:
    def catalogue(self) -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
            )
            indexes = {row[0] for row in cursor.fetchall()}
            cursor.execute(
                "SELECT conrelid::regclass || conname || pg_get_constraintdef(oid)"
                " FROM pg_constraint WHERE convalidated"
            )
            return indexes | {row[0] for row in cursor.fetchall()}

    def test_large_loads_leave_indexes_and_foreign_keys_as_they_were(self) -> None:
        before = self.catalogue()

        with loading.without_indexes([Contact, Activity], rows=10**12):
            during = self.catalogue()

        gone = " ".join(before - during)
        assert "contact_team_search" in gone
        assert "activities_activity_contact_id_team_fk" in gone
        assert self.catalogue() == before

    def test_small_loads_keep_them(self) -> None:
        before = self.catalogue()

        with loading.without_indexes([Contact, Activity], rows=1000):
            assert self.catalogue() == before

    def test_text_arrives_as_it_is(self, team: Team) -> None:
        odd = "a\\b\tc\nd\r\\N ü 日本 \u00a0 “q” \\."

        loading.fill_table(
            Account, rows=[{"name": odd, "name_sort": "a"}], at=timezone.now()
        )

        account = Account.objects.get()
        assert (account.name, account.owner, account.version) == (odd, None, 1)
