"""Members and their roles (product.md T1, T2; security.md A1, A4, A7)."""

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.teams.models import Invitation, Membership
from crm.teams.roles import Role
from tests.factories import make_member
from tests.teams.test_invitations import invite


def url(name, team, *args):
    return reverse(f"teams:{name}", args=[team.slug, *args])


@pytest.fixture
def owner(team):
    return Membership.objects.get(role=Role.OWNER)


@pytest.fixture
def as_owner(client, owner):
    client.force_login(owner.user)
    return client


def set_role(client, team, member, role):
    return client.post(url("member_role", team, member.pk), {"role": role})


class TestMemberList:
    def test_shows_who_is_in_the_team(self, as_viewer, team, member):
        page = as_viewer.get(url("member_list", team)).text

        assert member.user.name in page
        assert member.user.email in page
        assert "Joined today" in page

    def test_shows_invitations_only_to_who_manages_them(self, client, team, admin):
        invite(client, team, admin, "new@example.test")
        assert "new@example.test" in client.get(url("member_list", team)).text

        client.force_login(make_member(Role.REP).user)

        assert "new@example.test" not in client.get(url("member_list", team)).text

    def test_asks_the_database_the_same_for_one_member_and_for_six(
        self, as_admin, team, django_assert_num_queries
    ):
        as_admin.get(url("member_list", team))
        with CaptureQueriesContext(connection) as few:
            as_admin.get(url("member_list", team))
        for _ in range(5):
            make_member()

        with django_assert_num_queries(len(few)):
            as_admin.get(url("member_list", team))

    def test_is_not_found_by_a_stranger(self, client, team, other_team):
        stranger = Membership.across_teams.get(team=other_team)
        client.force_login(stranger.user)

        assert client.get(url("member_list", team)).status_code == 404

    def test_is_gone_for_a_removed_member_at_the_next_request(
        self, as_member, as_admin, client, team, member, admin
    ):
        client.force_login(member.user)
        assert client.get(url("member_list", team)).status_code == 200
        Membership.objects.filter(pk=member.pk).update(removed_at="2026-01-01T00:00Z")

        assert client.get(url("member_list", team)).status_code == 404


class TestRoleChange:
    def test_takes_effect(self, as_admin, team, member):
        response = set_role(as_admin, team, member, Role.MANAGER)

        assert response["Location"] == url("member_list", team)
        member.refresh_from_db()
        assert member.role == Role.MANAGER

    def test_gives_no_role_above_ones_own(self, as_admin, team, member):
        response = set_role(as_admin, team, member, Role.OWNER)

        assert response.status_code == 422
        assert "above your own" in response.text
        member.refresh_from_db()
        assert member.role == Role.REP

    def test_takes_no_role_above_ones_own(self, as_admin, team, owner):
        make_member(Role.OWNER)

        response = set_role(as_admin, team, owner, Role.VIEWER)

        assert response.status_code == 422
        owner.refresh_from_db()
        assert owner.role == Role.OWNER

    def test_lets_an_owner_make_owners(self, as_owner, team, member):
        set_role(as_owner, team, member, Role.OWNER)

        member.refresh_from_db()
        assert member.role == Role.OWNER

    def test_leaves_a_team_its_last_owner(self, as_owner, team, owner):
        switched_off = make_member(Role.OWNER, is_active=False)

        response = set_role(as_owner, team, owner, Role.ADMIN)

        assert response.status_code == 422
        assert "needs an owner" in response.text
        owner.refresh_from_db()
        assert owner.role == Role.OWNER
        assert switched_off.role == Role.OWNER

    @pytest.mark.parametrize("role", ["", "king", "OWNER", "x" * 10_000])
    def test_refuses_what_nobody_offers(self, as_owner, team, member, role):
        response = set_role(as_owner, team, member, role)

        assert response.status_code == 422
        member.refresh_from_db()
        assert member.role == Role.REP

    @pytest.mark.parametrize("role", [Role.MANAGER, Role.REP, Role.VIEWER])
    def test_is_closed_to_who_manages_no_members(self, client, team, member, role):
        client.force_login(make_member(role).user)

        assert set_role(client, team, member, Role.VIEWER).status_code == 403

    def test_closes_the_invitations_one_can_no_longer_give(
        self, client, team, as_owner, owner
    ):
        second = make_member(Role.OWNER)
        client.force_login(second.user)
        invite(client, team, second, "king@example.test", role=Role.OWNER)
        invite(client, team, second, "rep@example.test", role=Role.REP)
        client.force_login(owner.user)

        set_role(client, team, second, Role.ADMIN)

        open_ = Invitation.objects.filter(revoked_at=None)
        assert [row.email for row in open_] == ["rep@example.test"]


class TestRemoval:
    def test_is_undone(self, as_admin, team, member):
        as_admin.post(url("member_remove", team, member.pk))
        member.refresh_from_db()
        assert member.removed_at

        page = as_admin.get(url("member_list", team))
        assert url("member_restore", team, member.pk) in page.text
        as_admin.post(url("member_restore", team, member.pk))

        member.refresh_from_db()
        assert member.removed_at is None

    def test_spares_who_stands_above(self, as_admin, team, owner):
        make_member(Role.OWNER)

        response = as_admin.post(url("member_remove", team, owner.pk))

        assert response.status_code == 422
        owner.refresh_from_db()
        assert owner.removed_at is None

    def test_brings_nobody_back_who_stands_above(self, as_admin, team):
        gone = make_member(Role.OWNER)
        gone.removed_at = gone.created_at
        gone.save()

        response = as_admin.post(url("member_restore", team, gone.pk))

        assert response.status_code == 422
        gone.refresh_from_db()
        assert gone.removed_at

    def test_leaves_a_team_its_last_owner(self, as_owner, team, owner):
        response = as_owner.post(url("member_remove", team, owner.pk))

        assert response.status_code == 422
        owner.refresh_from_db()
        assert owner.removed_at is None

    def test_brings_nobody_back_who_left(self, as_admin, team, member):
        leaver = Client()
        leaver.force_login(member.user, backend="crm.teams.backends.MembershipBackend")
        leaver.post(url("member_leave", team))

        response = as_admin.post(url("member_restore", team, member.pk))

        assert response.status_code == 422
        assert "This person left the team." in response.text
        member.refresh_from_db()
        assert member.removed_at is not None

    def test_finds_no_member_of_another_team(self, as_admin, team, other_team):
        theirs = Membership.across_teams.get(team=other_team)

        for name in ("member_remove", "member_restore", "member_role"):
            response = as_admin.post(url(name, team, theirs.pk), {"role": "viewer"})
            assert response.status_code == 404
        theirs.refresh_from_db()
        assert theirs.removed_at is None

    def test_closes_the_invitations_the_member_gave(self, client, team, owner, admin):
        invite(client, team, admin, "friend@example.test")
        client.force_login(owner.user)

        client.post(url("member_remove", team, admin.pk))

        assert Invitation.objects.get().revoked_at


class TestLeaving:
    def test_asks_and_then_takes_effect(self, as_member, team, member):
        assert as_member.get(url("member_leave", team)).status_code == 200

        response = as_member.post(url("member_leave", team))

        assert response["Location"] == "/"
        assert as_member.get(url("member_list", team)).status_code == 404
        member.refresh_from_db()
        assert member.removed_at

    def test_is_not_for_the_last_owner(self, as_owner, team, owner):
        response = as_owner.post(url("member_leave", team))

        assert response.status_code == 422
        assert "needs an owner" in response.text
        owner.refresh_from_db()
        assert owner.removed_at is None


class TestRecentPassword:
    """E4: who is in the team is changed by somebody who typed the password lately."""

    @pytest.fixture
    def stale(self, admin):
        client = Client()
        client.force_login(admin.user, backend="crm.teams.backends.MembershipBackend")
        return client

    def test_an_invitation_asks_for_it_and_leads_back(self, stale, team):
        path = url("invitation_create", team)

        response = stale.get(path)

        assert response["Location"] == (
            f"{reverse('account_reauthenticate')}?{urlencode({'next': path})}"
        )

    @pytest.mark.parametrize("name", ["member_role", "member_remove"])
    def test_a_change_waits_for_it(self, stale, team, member, name):
        response = stale.post(url(name, team, member.pk), {"role": "viewer"})

        assert response["Location"].startswith(reverse("account_reauthenticate"))
        member.refresh_from_db()
        assert (member.role, member.removed_at) == (Role.REP, None)

    def test_so_does_the_way_back_of_who_was_removed(self, stale, team, member):
        Membership.objects.filter(pk=member.pk).update(removed_at=timezone.now())

        response = stale.post(url("member_restore", team, member.pk))

        assert response["Location"].startswith(reverse("account_reauthenticate"))
        member.refresh_from_db()
        assert member.removed_at
