"""Making jobs and running them: claimed once, chunk by chunk, each chunk in one transaction."""

import logging
import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.jobs import registry
from crm.jobs.models import Job, JobRow
from crm.jobs.registry import Chunk, JobFailed, Kind, LedgerRow, Step, TryAgain
from crm.jobs.signals import job_queued
from crm.teams.models import Membership
from crm.tenancy import bulk
from crm.tenancy.bulk import AnyOf

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5  # starts without progress before a job is given up
MAX_CONFLICTS = 5  # repetitions of one chunk
TITLE_LENGTH = 200


class AlreadyClaimed(Exception):
    """Another worker runs the job, or it is finished."""


class LeaseLost(Exception):
    """The job was handed to another worker while this one was away; nothing of the chunk is kept."""


@transaction.atomic
def create_job(
    *,
    kind: str,
    title: str,
    parameters: dict[str, Any],
    total: int | None = None,
    queue: bool = True,
    by: Membership | None,
) -> Job:
    """Make a job; a worker takes it up on commit unless `queue` is off (then call run_job)."""
    job = Job.objects.create(
        kind=kind,
        title=title[:TITLE_LENGTH],
        parameters=parameters,
        total=total,
        created_by=by,
        heartbeat_at=timezone.now(),
    )
    if queue:
        job_queued.send(sender=Job, job=job)
    return job


def run_job(job_id: int) -> None:
    """Run the job until it is finished; raise AlreadyClaimed if it is not waiting for a worker."""
    job = _claim(job_id, at=timezone.now())
    try:
        kind = registry.kind_of(job)
        if kind is None:
            raise JobFailed(_("This kind of job does not exist any more."))
        _check_actor(job, kind)
        _start_over(job, kind)
        with closing(kind.start(job)) as steps:
            for step in steps:
                _run_step(job, kind, step)
        _finish(job, Job.Status.DONE)
    except LeaseLost:
        logger.warning("Job %s was taken over by another worker", job_id)
    except JobFailed as failed:
        _finish(job, Job.Status.FAILED, str(failed))
    except (OperationalError, InterfaceError):
        # The database went away: the sweep finds the job and a worker goes on.
        raise
    except Exception:
        logger.exception("Job %s failed", job_id)
        _finish(
            job,
            Job.Status.FAILED,
            _(
                "Something went wrong on our side. What was finished is kept, the rest is not started."
            ),
        )


@transaction.atomic
def blank_rows(record_ids: Sequence[int], *, of: str, by: Membership | None) -> None:
    """Take out of all ledgers what they say about records that are no more.

    The rows stay: every row of an input ends in exactly one of them. job_row_record serves it, job
    by job.
    """
    jobs = Job.objects.filter(kind__in=registry.kinds_about(of))
    about = JobRow.objects.filter(job__in=jobs.values("pk"))
    about.filter(AnyOf(F("record_id"), record_ids)).update(label="", reason="")


@transaction.atomic
def blank_rows_about(
    *, labels: Collection[str], mentions: Collection[str], of: str, by: Membership
) -> None:
    """Take out of all ledgers what they say about somebody who is no record there.

    That is in rows that are called so, in whatever case, and in reasons that mention one of the
    texts. It looks at every row of the team.
    """
    jobs = Job.objects.filter(kind__in=registry.kinds_about(of))
    about = JobRow.objects.filter(job__in=jobs.values("pk"))
    is_called = Q(called__in={label.lower() for label in labels if label})
    said = [Q(reason__icontains=text) for text in mentions if text]
    found = about.annotate(called=Lower("label")).filter(reduce(or_, said, is_called))
    found.update(
        label=Case(When(is_called, then=Value("")), default="label"), reason=""
    )


@transaction.atomic
def drop_rows(job: Job, *, by: Membership | None) -> None:
    """Let go of what became of each row of a job; how many ended in which way stays."""
    JobRow.objects.filter(job=job).delete()


def release_stalled(*, at: datetime, job_id: int | None = None) -> list[int]:
    """Put the team's jobs whose worker died back in the queue; return their ids.

    One that died too often at the same place fails instead.
    """
    stalled = Job.objects.stalled(before=at - _lease())
    if job_id is not None:
        stalled = stalled.filter(pk=job_id)
    released = []
    with transaction.atomic():
        # A locked row belongs to a worker that is alive.
        for job in stalled.select_for_update(skip_locked=True):
            job.claim = ""
            job.heartbeat_at = at
            if job.attempts >= MAX_ATTEMPTS:
                job.status = Job.Status.FAILED
                job.finished_at = at
                job.error = _("The work stopped again and again at the same place.")
                _give_up(job)
            else:
                job.status = Job.Status.QUEUED
                released.append(job.pk)
            _save(job, "claim", "heartbeat_at", "status", "finished_at", "error")
    return released


def _claim(job_id: int, *, at: datetime) -> Job:
    """Take a waiting job; of two workers only one succeeds."""
    token = uuid.uuid4().hex
    taken = Job.objects.filter(pk=job_id, status=Job.Status.QUEUED).update(
        status=Job.Status.RUNNING, claim=token, heartbeat_at=at
    )
    if not taken:
        raise AlreadyClaimed
    job = Job.objects.select_related("created_by", "team").get(pk=job_id)
    job.attempts += 1
    job.started_at = job.started_at or at
    _save(job, "attempts", "started_at")
    return job


@transaction.atomic
def _start_over(job: Job, kind: Kind) -> None:
    """Forget what an earlier worker reported of a job that cannot go on in the middle."""
    if kind.is_resumable or not job.done:
        return
    JobRow.objects.filter(job=job).delete()
    job.position, job.counts, job.done = {}, {}, 0
    _save(job, "position", "counts", "done")


def actor_of(job: Job, permission: str) -> Membership:
    """Return who started the job, as they are now; raise JobFailed if they may not any more."""
    who = Membership.objects.active().filter(pk=job.created_by_id)
    by = who.select_related("user", "team").first()
    if by is None:
        raise JobFailed(_("Whoever started this is not a member of the team any more."))
    if not by.can(permission):
        raise JobFailed(_("%s may not do this any more.") % by)
    return by


def _check_actor(job: Job, kind: Kind) -> None:
    if job.created_by_id is not None or not kind.is_of_clock:
        actor_of(job, kind.permission(job))


def _run_step(job: Job, kind: Kind, step: Step) -> None:
    for conflicts in range(MAX_CONFLICTS):
        try:
            with transaction.atomic():
                _hold(job)
                _check_actor(job, kind)
                _write(job, step())
        except (IntegrityError, TryAgain):
            if conflicts == MAX_CONFLICTS - 1:
                raise
        else:
            return


def _hold(job: Job) -> None:
    """Lock the job for the transaction, so that nobody takes it over in the middle of a chunk."""
    mine = Job.objects.select_for_update().filter(pk=job.pk, claim=job.claim)
    if not mine.values_list("pk", flat=True):
        raise LeaseLost


def _write(job: Job, chunk: Chunk) -> None:
    bulk.copy_rows(
        JobRow, ["job", *LedgerRow._fields], ((job.pk, *row) for row in chunk.rows)
    )
    fresh = Job.objects.get(pk=job.pk)
    fresh.position = chunk.position
    fresh.done += chunk.done
    fresh.counts = dict(Counter(fresh.counts) + chunk.counts)
    fresh.attempts = 0
    fresh.heartbeat_at = timezone.now()
    _save(fresh, "position", "done", "counts", "attempts", "heartbeat_at")


@transaction.atomic
def _finish(job: Job, status: str, error: str = "") -> None:
    try:
        _hold(job)
    except LeaseLost:
        return
    job.status, job.error, job.finished_at = status, error, timezone.now()
    job.claim = ""
    _save(job, "status", "error", "finished_at", "claim")
    if status == Job.Status.FAILED:
        _give_up(job)


def _give_up(job: Job) -> None:
    kind = registry.kind_of(job)
    if kind is not None:
        kind.give_up(job)


def _save(job: Job, *fields: str) -> None:
    job.save(update_fields=fields)


def _lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)
