"""A deleted person is net new again after a while, by a worker (product.md D2; security.md 3.7)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from contacts import tasks
from contacts.models import HeldBack
from contacts.queries.ending import teams_with_ended_holdbacks
from contacts.services import deletion, expiry, saving
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from tests.contacts.profile import text_of
from tests.factories import PersonFactory, make_contact, make_member, make_team


@pytest.fixture
def nia():
    return PersonFactory(first_name="Nia", last_name="Newman")


@pytest.fixture
def contact(nia):
    return make_contact("Nia", "Newman", person=nia)


def delete(*contacts, by, at=None):
    deletion.delete_contacts(
        contact_ids=[contact.pk for contact in contacts],
        by=by,
        at=at or timezone.now(),
    )


def net_new(client, team):
    return text_of(client.get(f"/t/{team.slug}/people/?scope=net-new"))


class TestHoldback:
    def test_a_deleted_person_is_not_net_new(self, as_member, team, admin, contact):
        delete(contact, by=admin)

        shown = net_new(as_member, team)

        assert "Nia Newman" not in shown
        assert "Net new 0" in shown

    @pytest.mark.parametrize(("hours", "is_net_new"), [(71, False), (73, True)])
    def test_the_worker_ends_it_after_the_setting(
        self, as_member, team, admin, contact, hours, is_net_new
    ):
        delete(contact, by=admin, at=timezone.now() - timedelta(hours=hours))

        expiry.end_holdbacks(at=timezone.now())

        shown = net_new(as_member, team)
        assert ("Nia Newman" in shown) is is_net_new
        assert f"Net new {int(is_net_new)}" in shown

    def test_the_setting_counts_from_the_deletion(self, settings, admin, contact):
        settings.DELETION_HOLDBACK_HOURS = 1
        at = timezone.now()
        delete(contact, by=admin, at=at)

        assert HeldBack.objects.get().until == at + timedelta(hours=1)

    def test_restoring_ends_it(self, as_member, team, admin, contact):
        delete(contact, by=admin)
        deletion.restore_contacts(contact_ids=[contact.pk], by=admin, at=timezone.now())

        assert not HeldBack.objects.exists()

    def test_deleting_again_starts_it_anew(self, admin, contact):
        delete(contact, by=admin, at=timezone.now() - timedelta(hours=80))
        deletion.restore_contacts(contact_ids=[contact.pk], by=admin, at=timezone.now())
        delete(contact, by=admin)

        assert expiry.end_holdbacks(at=timezone.now()) == 0
        assert HeldBack.objects.count() == 1

    def test_a_person_saved_meanwhile_is_counted_once(
        self, as_member, team, admin, contact, nia
    ):
        delete(contact, by=admin)
        saving.save_people(person_ids=[nia.pk], by=admin, at=timezone.now())

        assert "Total 1 Net new 0 Saved 1" in net_new(as_member, team)


class TestSweep:
    def test_finds_the_teams_and_ends_theirs_alone(self, admin, contact, other_team):
        late = timezone.now() - timedelta(hours=80)
        delete(contact, by=admin, at=late)
        with team_scope(other_team.pk):
            theirs = make_contact("Their", "Own", person=PersonFactory())
            delete(theirs, by=make_member(Role.ADMIN))

        assert teams_with_ended_holdbacks(at=timezone.now()) == [contact.team_id]
        tasks.end_holdbacks(team_id=contact.team_id)

        assert HeldBack.across_teams.get().team_id == other_team.pk
        assert teams_with_ended_holdbacks(at=timezone.now()) == []


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_workers_share_the_work(self, monkeypatch):
        """Each takes what the other has not in hand; nothing is left and nobody waits."""
        monkeypatch.setattr(expiry, "BATCH", 3)
        team = make_team()
        with team_scope(team.pk):
            admin = make_member(Role.ADMIN)
            contacts = [
                make_contact(f"C{n}", person=PersonFactory()) for n in range(20)
            ]
            delete(*contacts, by=admin, at=timezone.now() - timedelta(hours=80))

        with ThreadPoolExecutor(2) as pool:
            ended = list(pool.map(_end, [team.pk, team.pk]))

        assert sum(ended) == 20
        assert not HeldBack.across_teams.exists()

    def test_what_another_has_in_hand_is_left_to_it(self):
        team = make_team()
        with team_scope(team.pk):
            admin = make_member(Role.ADMIN)
            one, two = (make_contact(f"C{n}", person=PersonFactory()) for n in range(2))
            delete(one, two, by=admin, at=timezone.now() - timedelta(hours=80))
            with transaction.atomic(), ThreadPoolExecutor(1) as pool:
                held = HeldBack.objects.select_for_update().filter(person=one.person)
                assert held.count() == len(list(held))
                assert pool.submit(_end, team.pk).result(timeout=20) == 1


def _end(team_id):
    try:
        with team_scope(team_id):
            return expiry.end_holdbacks(at=timezone.now())
    finally:
        connection.close()
