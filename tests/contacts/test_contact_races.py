"""What happens at the same moment (security.md F20)."""

import pytest
from django.urls import reverse

from contacts.models import Contact, ContactStage
from crm.tenancy.scope import team_scope
from tests.conftest import SignedInClient
from tests.factories import make_member, make_team
from tests.teams.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_form_sent_eight_times_at_once_makes_one_contact():
    team = make_team()
    with team_scope(team.pk):
        member = make_member()
        stage = ContactStage.objects.get(is_first=True)
    address = reverse("contacts:contact_create", args=[team.slug])
    form = {"first_name": "Ada", "stage": stage.pk, "token": "of-one-form"}
    clients = [SignedInClient() for _ in range(8)]
    for client in clients:
        client.force_login(member.user, backend="crm.teams.backends.MembershipBackend")

    answers = at_once(
        *(lambda c=client: c.post(address, form)["Location"] for client in clients)
    )

    made = Contact.across_teams.get(team=team)
    assert set(answers) == {
        reverse("contacts:contact_detail", args=[team.slug, made.pk])
    }
