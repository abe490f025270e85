"""What happens at the same moment (security.md A8; product.md T2)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.urls import reverse

from crm.teams import services
from crm.teams.models import Invitation, Membership
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from tests.conftest import SignedInClient
from tests.factories import UserFactory, make_member, make_team
from tests.teams.test_invitations import EMAIL, invite

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """Run the calls at the same moment, each on its own connection; return their results."""
    barrier = Barrier(len(calls))

    def run(call):
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


class TestAccepting:
    def test_makes_exactly_one_member_of_fifty_attempts(self):
        team, other = make_team(), make_team("Globex")
        with team_scope(team.pk):
            path = invite(SignedInClient(), team, make_member(Role.ADMIN))
        guest = UserFactory(email=EMAIL)
        clients = [SignedInClient() for _ in range(50)]
        for client in clients:
            client.force_login(guest)

        answers = at_once(*[lambda c=client: c.post(path) for client in clients])

        assert {answer.status_code for answer in answers} <= {302, 200, 410}
        assert all(answer.status_code != 500 for answer in answers)
        members = Membership.across_teams.filter(user=guest)
        assert [member.team_id for member in members] == [team.pk]
        assert not Membership.across_teams.filter(user=guest, team=other).exists()


class TestOwners:
    def test_cannot_both_remove_the_other(self):
        team = make_team()
        with team_scope(team.pk):
            first = Membership.objects.get()
            second = make_member(Role.OWNER)
        pairs = []
        for by, other in ((first, second), (second, first)):
            client = SignedInClient()
            client.force_login(by.user)
            path = reverse("teams:member_remove", args=[team.slug, other.pk])
            pairs.append(lambda c=client, p=path: c.post(p).status_code)

        answers = at_once(*pairs)

        left = Membership.across_teams.filter(team=team, removed_at=None)
        assert left.count() == 1
        assert answers.count(302) == 1


class TestInviting:
    def test_makes_one_invitation_of_a_double_click(self):
        team = make_team()
        with team_scope(team.pk):
            admin = make_member(Role.ADMIN)
        client = SignedInClient()
        client.force_login(admin.user)
        path = reverse("teams:invitation_create", args=[team.slug])
        form = {"email": EMAIL, "role": Role.REP}

        answers = at_once(*[lambda: client.post(path, form).status_code] * 2)

        assert Counter(answers) == Counter([200, 422])
        assert Invitation.across_teams.count() == 1


class TestCreating:
    def test_gives_two_teams_of_one_name_two_addresses(self):
        people = [UserFactory() for _ in range(4)]

        teams = at_once(
            *[
                lambda p=person: services.create_team(name="Acme", owner=p).team
                for person in people
            ]
        )

        assert len({team.slug for team in teams}) == 4
