"""Jobs are run once, chunk by chunk, and survive their workers (product.md I4; security.md F21)."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from crm.jobs import services, tasks
from crm.jobs.models import Job, JobRow
from crm.jobs.registry import JobFailed, TryAgain
from crm.tenancy.scope import team_scope
from tests.jobs import counting

TOTAL = 10


@pytest.fixture(autouse=True)
def kind():
    counting.register()


def make_job(**values: Any) -> Job:
    values = {"total": TOTAL, "parameters": {}, "title": "Count", **values}
    return services.create_job(kind=counting.KEY, queue=False, by=None, **values)


def age(job: Job, seconds: int = 3600) -> None:
    """Let the job's last sign of life be so long ago."""
    then = timezone.now() - timedelta(seconds=seconds)
    Job.objects.filter(pk=job.pk).update(heartbeat_at=then)


def numbers(job: Job) -> list[int]:
    rows = JobRow.objects.filter(job=job).order_by("number")
    return list(rows.values_list("number", flat=True))


def assert_done(job: Job) -> None:
    job.refresh_from_db()
    assert job.status == Job.Status.DONE
    assert job.counts == {"created": TOTAL}
    assert job.done == TOTAL
    assert numbers(job) == list(range(1, TOTAL + 1))


class TestRunJob:
    def test_writes_every_row_once_and_says_how_far_it_is(self, team):
        job = make_job()
        services.run_job(job.pk)

        assert_done(job)
        assert job.percent == 100
        assert job.finished_at

    def test_a_second_worker_does_nothing(self, team, monkeypatch):
        job = make_job()

        def interfere(number: int) -> None:
            with pytest.raises(services.AlreadyClaimed):
                services.run_job(job.pk)

        monkeypatch.setattr(counting, "before", interfere)
        services.run_job(job.pk)
        with pytest.raises(services.AlreadyClaimed):
            services.run_job(job.pk)

        assert_done(job)

    @pytest.mark.parametrize("fatal", range(1, TOTAL + 1))
    def test_a_killed_one_goes_on_with_the_next_chunk(self, team, monkeypatch, fatal):
        job = make_job()

        def die(number: int) -> None:
            if number == fatal:
                raise counting.Died

        monkeypatch.setattr(counting, "before", die)
        with pytest.raises(counting.Died):
            services.run_job(job.pk)
        job.refresh_from_db()
        assert job.done == (fatal - 1) // counting.CHUNK * counting.CHUNK
        assert numbers(job) == list(range(1, job.done + 1))

        monkeypatch.setattr(counting, "before", lambda number: None)
        age(job)
        assert services.release_stalled(at=timezone.now()) == [job.pk]
        services.run_job(job.pk)
        assert_done(job)

    def test_a_worker_that_was_away_too_long_writes_nothing_more(
        self, team, monkeypatch
    ):
        job = make_job()

        def oversleep(number: int) -> None:
            # Another worker took over between two chunks of this one and has finished.
            if number == 4:
                Job.objects.filter(pk=job.pk).update(claim="other")

        monkeypatch.setattr(counting, "before", oversleep)
        services.run_job(job.pk)

        job.refresh_from_db()
        assert job.claim == "other"
        assert job.status == Job.Status.RUNNING
        assert numbers(job) == [1, 2, 3, 4, 5, 6]

    def test_a_conflict_repeats_the_chunk(self, team, monkeypatch):
        job, conflicts = make_job(), []

        def conflict_once(number: int) -> None:
            if number == 5 and not conflicts:
                conflicts.append(number)
                raise TryAgain

        monkeypatch.setattr(counting, "before", conflict_once)
        services.run_job(job.pk)

        assert conflicts
        assert_done(job)

    def test_a_failure_that_was_foreseen_is_told(self, team, monkeypatch):
        job = make_job()

        def fail(number: int) -> None:
            if number == 5:
                raise JobFailed("Number five is missing.")

        monkeypatch.setattr(counting, "before", fail)
        services.run_job(job.pk)

        job.refresh_from_db()
        assert (job.status, job.error) == ("failed", "Number five is missing.")
        assert numbers(job) == [1, 2, 3]

    def test_a_mistake_of_ours_is_logged_and_told_without_details(
        self, team, monkeypatch, caplog
    ):
        job = make_job()

        def fail(number: int) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(counting, "before", fail)
        services.run_job(job.pk)

        job.refresh_from_db()
        assert job.status == Job.Status.FAILED
        assert job.error.startswith("Something went wrong on our side.")
        assert "ZeroDivisionError" in caplog.text

    def test_a_database_that_goes_away_leaves_the_job_to_the_sweep(
        self, team, monkeypatch
    ):
        job = make_job()

        def fail(number: int) -> None:
            raise OperationalError

        monkeypatch.setattr(counting, "before", fail)
        with pytest.raises(OperationalError):
            services.run_job(job.pk)

        job.refresh_from_db()
        assert job.status == Job.Status.RUNNING

    def test_a_kind_that_is_gone_fails_with_a_message(self, team):
        job = make_job()
        Job.objects.filter(pk=job.pk).update(kind="gone")
        services.run_job(job.pk)

        job.refresh_from_db()
        assert job.error == "This kind of job does not exist any more."


class TestReleaseStalled:
    def test_leaves_alone_what_gives_signs_of_life(self, team, settings):
        waiting, running = make_job(), make_job()
        Job.objects.filter(pk=running.pk).update(status=Job.Status.RUNNING)
        for job in (waiting, running):
            age(job, settings.JOB_LEASE_SECONDS - 5)

        assert services.release_stalled(at=timezone.now()) == []

    def test_a_lost_message_is_sent_again(self, team):
        job = make_job()
        age(job)

        assert services.release_stalled(at=timezone.now()) == [job.pk]
        assert services.release_stalled(at=timezone.now()) == []

    def test_finished_jobs_stay_finished(self, team):
        job = make_job()
        services.run_job(job.pk)
        age(job)

        assert services.release_stalled(at=timezone.now()) == []

    def test_a_job_that_kills_its_workers_is_given_up(self, team, monkeypatch):
        job = make_job()

        def die(number: int) -> None:
            if number > 3:
                raise counting.Died

        monkeypatch.setattr(counting, "before", die)
        for _attempt in range(1 + services.MAX_ATTEMPTS):  # the first gets somewhere
            with pytest.raises(counting.Died):
                services.run_job(job.pk)
            age(job)
            services.release_stalled(at=timezone.now())

        job.refresh_from_db()
        assert job.status == Job.Status.FAILED
        assert job.error == "The work stopped again and again at the same place."
        assert job.done == 3


class TestResumeStalledJobs:
    def test_goes_through_all_teams(self, team, other_team, eager_jobs):
        ours = make_job()
        age(ours)
        with team_scope(other_team.pk):
            theirs = make_job()
            age(theirs)
        with team_scope(None), eager_jobs(execute=True):
            tasks.resume_stalled_jobs()

        assert_done(ours)
        with team_scope(other_team.pk):
            assert_done(theirs)


class TestCreateJob:
    def test_queues_it_on_commit(self, team, eager_jobs, member):
        with eager_jobs(execute=True) as queued:
            job = services.create_job(
                kind=counting.KEY, title="Count", parameters={}, total=TOTAL, by=member
            )

        assert len(queued) == 1
        assert_done(job)
        assert job.created_by == member

    def test_a_second_message_for_it_is_harmless(self, team, eager_jobs, caplog):
        job = make_job()
        services.run_job(job.pk)
        with caplog.at_level(logging.INFO):
            tasks.run_job(team_id=team.pk, job_id=job.pk)

        assert f"Job {job.pk} is not waiting for a worker" in caplog.text
        assert_done(job)
