"""Reads over jobs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from crm.jobs.models import PARTIAL, Job, JobRow
from crm.jobs.registry import kind_of
from crm.pagination import Page, SortKey, keyset_page
from crm.tenancy.scope import team_scope

PAGE_SIZE = 50
BATCH = 2000


def teams_with_stalled_jobs(*, at: datetime) -> list[int]:
    """Return the teams that have an unfinished job nobody works on; job_unfinished serves it."""
    lease = timedelta(seconds=settings.JOB_LEASE_SECONDS)
    unfinished = [Job.Status.QUEUED, Job.Status.RUNNING]
    stalled = Job.across_teams.filter(
        status__in=unfinished, heartbeat_at__lt=at - lease
    )
    return sorted(set(stalled.values_list("team_id", flat=True)))


@dataclass(frozen=True)
class Tally:
    """How many rows of a job ended in one way."""

    outcome: str  # "" for all
    label: Any
    count: int


def tallies(job: Job) -> list[Tally]:
    """Return the number of rows in all and by outcome, as the job counted them.

    Rows with values left out come last, if there are any; each of them has an outcome, too.
    """
    kind, partial = kind_of(job), job.counts.get(PARTIAL, 0)
    return [
        Tally("", _("All"), job.done),
        *(
            Tally(outcome, JobRow.Outcome(outcome).label, job.counts.get(outcome, 0))
            for outcome in (kind.outcomes if kind else JobRow.Outcome.values)
        ),
        *([Tally(PARTIAL, _("Values left out"), partial)] if partial else []),
    ]


def ledger_page(job: Job, *, outcome: str, cursor: str) -> Page:
    """Return a page of the job's rows by number; raise BadCursor for a cursor of another list."""
    rows = JobRow.objects.filter(job=job).with_outcome(outcome)
    return keyset_page(
        rows, sort=SortKey(field="number"), cursor=cursor, size=PAGE_SIZE
    )


def samples(job: Job, *, size: int) -> dict[str, list[JobRow]]:
    """Return the first rows of each outcome, and of those with values left out."""
    rows = JobRow.objects.filter(job=job).order_by("number")
    return {
        outcome: list(rows.with_outcome(outcome)[:size])
        for outcome in (*JobRow.Outcome.values, PARTIAL)
        if job.counts.get(outcome)
    }


def whole_ledger(job: Job) -> Iterator[tuple[Any, ...]]:
    """Yield (number, outcome, label, reason) of every row, some thousand at a time.

    A response is sent when the request's scope is closed, so each batch opens the job's team.
    """
    outcomes = dict(JobRow.Outcome.choices)
    last = 0
    while True:
        with team_scope(job.team_id):
            rows = JobRow.objects.filter(job=job, number__gt=last).order_by("number")
            batch = list(
                rows.values_list("number", "outcome", "label", "reason")[:BATCH]
            )
        for number, outcome, label, reason in batch:
            yield number, outcomes.get(outcome, outcome), label, reason
        if len(batch) < BATCH:
            return
        last = batch[-1][0]
