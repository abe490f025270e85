"""T2: every job asks again whether whoever started it may still do it, whatever its kind."""

from typing import Any

import pytest
from django.utils import timezone

from crm.jobs import registry
from crm.jobs.models import Job
from crm.jobs.registry import JobFailed
from crm.jobs.services import actor_of, create_job, run_job
from crm.teams.models import Membership, Team
from crm.teams.roles import Role
from tests.factories import make_member
from tests.jobs import counting

pytestmark = pytest.mark.django_db

KINDS = sorted(registry._kinds)  # the walk is over whatever there is


def started(key: str, by: Membership) -> Job:
    parameters = {"change_set": 0, "undo": 0, "export": 0, "action": "delete"}
    return create_job(kind=key, title="", parameters=parameters, total=9, by=by)


@pytest.fixture(autouse=True)
def untouched(monkeypatch: Any) -> None:
    """No job gets as far as its work."""

    def start(_job: Job) -> Any:
        raise AssertionError("The job began")

    for kind in registry._kinds.values():
        monkeypatch.setitem(kind.__dict__, "start", start)


@pytest.mark.parametrize("key", KINDS)
def test_who_has_left_gets_nothing_done(team: Team, key: str) -> None:
    by = make_member(Role.OWNER)
    job = started(key, by)
    Membership.objects.filter(pk=by.pk).update(removed_at=timezone.now())

    run_job(job.pk)

    job.refresh_from_db()
    assert job.is_failed
    assert "not a member" in job.error


@pytest.mark.parametrize("key", [key for key in KINDS if key != counting.KEY])
def test_who_became_a_viewer_neither(team: Team, key: str) -> None:
    by = make_member(Role.OWNER)
    job = started(key, by)
    Membership.objects.filter(pk=by.pk).update(role=Role.VIEWER)

    run_job(job.pk)

    job.refresh_from_db()
    assert job.is_failed
    assert "may not do this any more" in job.error


def test_nobody_is_somebody_only_where_the_clock_may_start_it(team: Team) -> None:
    of_clock = {key for key in KINDS if registry._kinds[key].is_of_clock}
    assert of_clock - {counting.KEY} == {
        "contacts.import",
        "contacts.import-check",
        "duplicates",
    }


def test_a_right_that_is_lost_in_the_middle_ends_it(
    team: Team, monkeypatch: Any
) -> None:
    monkeypatch.undo()
    counting.register()
    by = make_member(Role.REP)
    job = create_job(kind=counting.KEY, title="", parameters={}, total=9, by=by)

    def leave(number: int) -> None:
        if number == 4:
            Membership.objects.filter(pk=by.pk).update(removed_at=timezone.now())

    monkeypatch.setattr(counting, "before", leave)
    run_job(job.pk)

    job.refresh_from_db()
    assert (job.done, job.status) == (6, Job.Status.FAILED)


def test_the_actor_is_as_they_are_now(team: Team, member: Membership) -> None:
    job = started(counting.KEY, member)
    assert actor_of(job, "contacts.edit") == member
    with pytest.raises(JobFailed):
        actor_of(job, "team.own")
