"""Arriving, teams of a person, their own settings (product.md T1, Q4; security.md B13)."""

import pytest
from django.test import RequestFactory
from django.urls import reverse

from crm.context import shell
from crm.teams.models import Membership, Team, User
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from tests.factories import UserFactory, make_member, make_team

NEW_TEAM = {"name": "Initech", "country": "DE", "time_zone": "Europe/Berlin"}


def join(user, team, role=Role.REP):
    with team_scope(team.pk):
        return Membership.objects.create(user=user, role=role)


@pytest.fixture
def visitor(client, db):
    """Somebody who is signed in and has no team yet."""
    user = UserFactory()
    client.force_login(user)
    return user


class TestHome:
    def test_asks_the_signed_out_to_sign_in(self, client, db):
        response = client.get("/")

        assert response["Location"] == f"{reverse('account_login')}?next=/"

    def test_starts_a_first_team(self, client, visitor):
        assert client.get("/")["Location"] == reverse("teams:team_create")

    def test_opens_the_only_team(self, client, visitor):
        team = make_team()
        join(visitor, team)

        assert client.get("/")["Location"].startswith(f"/t/{team.slug}/")

    def test_offers_a_choice_of_several(self, client, visitor):
        for name in ("Acme", "Globex"):
            join(visitor, make_team(name))

        page = client.get("/", follow=True)

        assert page.redirect_chain[-1][0] == reverse("teams:team_list")
        assert "Acme" in page.text
        assert "/t/globex/" in page.text

    def test_opens_the_team_that_was_open_last(self, client, visitor):
        for name in ("Acme", "Globex"):
            join(visitor, make_team(name))
        client.get("/t/globex/settings/members/")

        assert client.get("/")["Location"].startswith("/t/globex/")

    def test_forgets_a_team_one_was_removed_from(self, client, visitor):
        for name in ("Acme", "Globex"):
            membership = join(visitor, make_team(name))
        client.get("/t/globex/settings/members/")
        Membership.across_teams.filter(pk=membership.pk).delete()

        assert client.get("/")["Location"].startswith("/t/acme/")


class TestTeamCreate:
    def test_makes_the_creator_the_owner(self, client, visitor):
        response = client.post(reverse("teams:team_create"), NEW_TEAM)

        team = Team.objects.get()
        assert response["Location"] == "/t/initech/"
        assert (team.country, team.time_zone) == ("DE", "Europe/Berlin")
        assert Membership.across_teams.get(team=team).role == Role.OWNER

    def test_is_limited_to_some_a_day(self, client, visitor, monkeypatch):
        monkeypatch.setattr("crm.teams.services.TEAMS_PER_DAY", 1)
        client.post(reverse("teams:team_create"), NEW_TEAM)

        response = client.post(reverse("teams:team_create"), NEW_TEAM)

        assert response.status_code == 422
        assert "You made many teams today." in response.content.decode()
        assert Team.objects.count() == 1

    def test_gives_every_team_an_address_of_its_own(self, client, visitor):
        for name in ("Initech", "INITECH!", "日本"):
            client.post(reverse("teams:team_create"), {**NEW_TEAM, "name": name})

        slugs = Team.objects.order_by("pk").values_list("slug", flat=True)
        assert list(slugs) == ["initech", "initech-2", "team"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "x" * 10_000),
            ("country", "XX"),
            ("time_zone", "Mars/Olympus"),
            ("time_zone", "../../etc/passwd"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_the_rest(self, client, visitor, field, value):
        response = client.post(reverse("teams:team_create"), {**NEW_TEAM, field: value})

        assert response.status_code == 422
        kept = 'value="DE" selected' if field != "country" else 'value="Initech"'
        assert kept in response.text
        assert not Team.objects.exists()

    def test_needs_a_signed_in_person(self, client, db):
        response = client.post(reverse("teams:team_create"), NEW_TEAM)

        assert response["Location"].startswith(reverse("account_login"))
        assert not Team.objects.exists()


class TestUserSettings:
    def test_are_saved(self, client, visitor):
        wanted = {
            "name": "Ada King",
            "time_zone": "Asia/Tokyo",
            "theme": "dark",
            "density": "comfortable",
        }

        client.post(reverse("teams:user_settings"), wanted)

        saved = User.objects.filter(pk=visitor.pk).values(*wanted).get()
        assert saved == wanted

    def test_say_what_is_wrong_and_change_nothing(self, client, visitor):
        response = client.post(
            reverse("teams:user_settings"),
            {
                "name": "",
                "time_zone": "Mars/Olympus",
                "theme": "neon",
                "density": "tight",
            },
        )

        assert response.status_code == 422
        visitor.refresh_from_db()
        assert visitor.name
        assert visitor.theme == "auto"

    def test_take_no_field_that_is_not_on_the_form(self, client, visitor):
        wanted = {
            "name": "Ada",
            "theme": "auto",
            "density": "compact",
            "is_staff": "on",
            "is_superuser": "on",
            "email": "root@example.test",
            "is_active": "",
        }

        client.post(reverse("teams:user_settings"), wanted)

        before = visitor.email
        visitor.refresh_from_db()
        assert visitor.name == "Ada"
        assert visitor.email == before
        assert visitor.is_active
        assert not visitor.is_staff
        assert not visitor.is_superuser


class TestPreferences:
    def test_change_one_thing_and_return(self, client, visitor):
        response = client.post(
            reverse("teams:preferences"), {"theme": "dark", "next": "/teams/?q=1"}
        )

        assert response["Location"] == "/teams/?q=1"
        visitor.refresh_from_db()
        assert (visitor.theme, visitor.density) == ("dark", "compact")

    @pytest.mark.parametrize(
        "target",
        ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"],
    )
    def test_return_to_no_other_site(self, client, visitor, target):
        response = client.post(
            reverse("teams:preferences"), {"density": "comfortable", "next": target}
        )

        assert response["Location"] == "/"

    def test_refuse_what_nobody_offers(self, client, visitor):
        client.post(reverse("teams:preferences"), {"theme": "neon"})

        visitor.refresh_from_db()
        assert visitor.theme == "auto"

    def test_change_nothing_by_a_link(self, client, visitor):
        response = client.get(reverse("teams:preferences"), {"theme": "dark"})

        assert response.status_code == 405


class TestTeamSettings:
    def test_are_saved_by_an_admin(self, as_admin, team):
        response = as_admin.post(
            reverse("teams:team_settings", args=[team.slug]), NEW_TEAM
        )

        team.refresh_from_db()
        assert response.status_code == 302
        assert (team.name, team.slug, team.country) == ("Initech", "acme", "DE")

    def test_say_what_is_wrong_and_change_nothing(self, as_admin, team):
        response = as_admin.post(
            reverse("teams:team_settings", args=[team.slug]), {**NEW_TEAM, "name": ""}
        )

        assert response.status_code == 422
        team.refresh_from_db()
        assert team.name == "Acme"

    @pytest.mark.parametrize("role", [Role.MANAGER, Role.REP, Role.VIEWER])
    def test_are_closed_to_others(self, client, team, role):
        client.force_login(make_member(role).user)

        response = client.post(
            reverse("teams:team_settings", args=[team.slug]), NEW_TEAM
        )

        assert response.status_code == 403
        team.refresh_from_db()
        assert team.name == "Acme"


class TestRoleList:
    """The one table of permissions is shown in Settings (product.md T2)."""

    def test_shows_every_permission_for_every_role(self, as_viewer, team):
        page = as_viewer.get(reverse("teams:role_list", args=[team.slug])).text

        assert "Import contacts" in page
        assert all(str(role.label) in page for role in Role)


class TestTimeZone:
    """Times are in the member's zone (product.md Q4)."""

    @pytest.mark.parametrize(
        ("own", "teams", "offset"),
        [("Asia/Tokyo", "UTC", "+09:00"), ("", "Asia/Kathmandu", "+05:45")],
    )
    def test_is_the_persons_own_or_the_teams(
        self, client, team, member, own, teams, offset
    ):
        Team.objects.filter(pk=team.pk).update(time_zone=teams)
        User.objects.filter(pk=member.user_id).update(time_zone=own)
        client.force_login(member.user)

        page = client.get(reverse("teams:member_list", args=[team.slug])).text

        assert f"{offset}" in page


class TestSwitcher:
    def test_offers_the_other_teams_at_no_cost(
        self, client, team, member, django_assert_num_queries
    ):
        other = make_team("Globex")
        join(member.user, other)
        client.force_login(member.user)
        address = reverse("teams:role_list", args=[team.slug])
        client.get(address)

        # The session, the person with the memberships and their teams, and the sidebar's views.
        with django_assert_num_queries(3):
            page = client.get(address)

        assert "Globex" in page.text

    def test_asks_for_nothing_on_a_page_that_does_not_show_it(
        self, member, django_assert_num_queries
    ):
        request = RequestFactory().get("/")
        request.user = member.user
        with django_assert_num_queries(0):
            context = shell(request)

        with django_assert_num_queries(1):
            assert [str(m.team) for m in context["memberships"]] == ["Acme"]
            assert str(context["team"]) == "Acme"
            assert context["nav_items"]
