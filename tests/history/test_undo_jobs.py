"""T4, P7: an undo and the job whose act it takes back do not come into each other's way."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from contacts.models import Contact
from contacts.services import undoing
from crm.history.models import ChangeSet
from crm.history.services.recording import open_change_set, recording
from crm.jobs.models import Job
from crm.jobs.services import run_job
from crm.teams.models import Membership, Team
from crm.teams.roles import Role
from tests.factories import make_contact, make_member

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)


@pytest.fixture
def changed(team: Team, member: Membership, monkeypatch: Any) -> ChangeSet:
    """What a job did to four contacts; an undo works through them two by two."""
    monkeypatch.setattr(undoing, "AT_ONCE", 1)
    monkeypatch.setattr(undoing, "CHUNK", 2)
    for number in range(4):
        make_contact(title=f"Title {number}", owner=member)
    change_set = open_change_set("bulk.set-field", by=member, at=AT)
    with transaction.atomic(), recording(change_set=change_set):
        Contact.objects.update(title="All the same")
    return change_set


def url_of(change_set: ChangeSet) -> str:
    return reverse(
        "contacts:change_set_undo", args=[change_set.team.slug, change_set.pk]
    )


def titles() -> list[str]:
    return list(Contact.objects.order_by("pk").values_list("title", flat=True))


@pytest.mark.parametrize("key", ["change_set", "undo"])
def test_what_is_still_written_is_not_undone(
    as_member: Any, team: Team, member: Membership, changed: ChangeSet, key: str
) -> None:
    job = Job.objects.create(
        kind="contacts.bulk",
        status=Job.Status.RUNNING,
        parameters={key: changed.pk},
        heartbeat_at=AT,
        created_by=member,
    )

    response = as_member.post(url_of(changed))

    assert response.status_code == 422
    assert "still being written" in response.content.decode()
    assert Job.objects.get() == job
    Job.objects.update(status=Job.Status.DONE)
    assert as_member.post(url_of(changed)).status_code == 302


class TestLostRights:
    def test_the_act_counts_as_done_again(
        self, as_member: Any, member: Membership, changed: ChangeSet
    ) -> None:
        as_member.post(url_of(changed))
        Membership.objects.filter(pk=member.pk).update(role=Role.VIEWER)
        job = Job.objects.get()
        run_job(job.pk)

        job.refresh_from_db()
        changed.refresh_from_db()
        assert job.is_failed
        assert not changed.is_undone
        assert titles() == ["All the same"] * 4
        Membership.objects.filter(pk=member.pk).update(role=Role.REP)
        as_member.post(url_of(changed))
        run_job(Job.objects.latest("pk").pk)
        changed.refresh_from_db()
        assert changed.is_undone
        assert titles() == [f"Title {number}" for number in range(4)]

    def test_in_the_middle(
        self, as_member: Any, member: Membership, changed: ChangeSet, monkeypatch: Any
    ) -> None:
        as_member.post(url_of(changed))
        step = undoing._step

        def then_lost(*args: Any) -> Any:
            chunk = step(*args)
            Membership.objects.filter(pk=member.pk).update(role=Role.VIEWER)
            return chunk

        monkeypatch.setattr(undoing, "_step", then_lost)
        run_job(Job.objects.get().pk)

        changed.refresh_from_db()
        assert not changed.is_undone
        assert titles() == ["Title 0", "Title 1", "All the same", "All the same"]

    def test_a_failed_redo_leaves_the_undo_in_force(
        self, as_member: Any, member: Membership, changed: ChangeSet
    ) -> None:
        as_member.post(url_of(changed))
        run_job(Job.objects.get().pk)
        undo = ChangeSet.objects.get(kind="undo")
        as_member.post(url_of(undo))
        Membership.objects.filter(pk=member.pk).update(role=Role.VIEWER)
        run_job(Job.objects.latest("pk").pk)

        changed.refresh_from_db()
        undo.refresh_from_db()
        assert changed.is_undone
        assert not undo.is_undone

    def test_of_what_others_did(
        self, as_member: Any, member: Membership, changed: ChangeSet
    ) -> None:
        Membership.objects.filter(pk=member.pk).update(role=Role.MANAGER)
        ChangeSet.objects.update(by=make_member())
        as_member.post(url_of(changed))
        Membership.objects.filter(pk=member.pk).update(role=Role.REP)
        run_job(Job.objects.get().pk)
        assert "may not undo" in Job.objects.get().error
        assert titles() == ["All the same"] * 4
