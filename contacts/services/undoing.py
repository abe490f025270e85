"""Undo of a change set: at once for a few records, as a job for many (product.md T4, P7, I2)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from contacts.queries.profile import still_there
from contacts.services.purging import MERGED
from crm.history.models import UNDO, ChangeSet
from crm.history.registry import act, kinds
from crm.history.services import undoing
from crm.history.services.grouping import Record
from crm.history.services.recording import open_change_set, recording
from crm.history.services.undoing import AlreadyUndone, Undone
from crm.jobs import registry
from crm.jobs.models import Job, JobRow
from crm.jobs.registry import Chunk, JobFailed, Kind, LedgerRow, Offer, Step
from crm.jobs.services import actor_of, create_job
from crm.teams.models import Membership

KIND = "history.undo"
MAY_UNDO = "contacts.edit"  # and of what others did "history.undo"
AT_ONCE = 100  # records
CHUNK = 1000
# Acts whose records belong together: all of it is undone, or nothing.
WHOLE = (MERGED,)


class NotYours(Exception):
    """Only whoever did it, and managers, may undo it."""


class StillRunning(Exception):
    """The job that does it, or undoes it, is not through yet."""


def may_undo(change_set: ChangeSet, member: Membership) -> bool:
    """Return whether the member may take the act back."""
    if not member.can(MAY_UNDO):
        return False
    return change_set.by_id == member.pk or member.can("history.undo")


def undo(*, change_set_id: int, by: Membership, at: datetime) -> Undone | Job:
    """Undo a change set, or queue a job that does for more records than one waits for.

    Raise NotYours, AlreadyUndone, StillRunning, or InTheWay with what stands in the way; then
    nothing is undone.
    """
    change_set = ChangeSet.objects.get(pk=change_set_id)
    if not may_undo(change_set, by):
        raise NotYours
    if change_set.is_undone:
        raise AlreadyUndone
    if is_running(change_set):
        raise StillRunning
    number = len(undoing.records_of(change_set, size=AT_ONCE + 1))
    if not is_in_parts(change_set, number):
        return undoing.undo_change_set(change_set_id=change_set_id, by=by, at=at)
    return queue_undo(change_set=change_set, by=by, at=at)


def is_in_parts(change_set: ChangeSet, number: int) -> bool:
    """Return whether an act on so many records is undone by a job, which leaves what has changed since."""
    return number > AT_ONCE and change_set.kind not in WHOLE


def is_running(change_set: ChangeSet) -> bool:
    """Return whether a job still writes to the change set."""
    names = [{key: change_set.pk} for key in ("change_set", "undo")]
    mine = Q(parameters__contains=names[0]) | Q(parameters__contains=names[1])
    return Job.objects.unfinished().filter(mine).exists()


@transaction.atomic
def queue_undo(*, change_set: ChangeSet, by: Membership, at: datetime) -> Job:
    """Queue the undo of a change set; a second one finds it undone."""
    change_set = undoing.lock(change_set.pk)
    undo_set = open_change_set(UNDO, by=by, at=at, via=change_set.via)
    undoing.mark(change_set, undo_id=undo_set.pk, by=by, at=at)
    return create_job(
        kind=KIND,
        title=_("Undo: %s") % (change_set.via or act(change_set.kind)),
        parameters={"change_set": change_set.pk, "undo": undo_set.pk},
        by=by,
    )


def start(job: Job) -> Iterator[Step]:
    """Yield steps of some hundred records, each record undone wholly or kept with the reason."""
    change_set = ChangeSet.objects.get(pk=job.parameters["change_set"])
    undo_set = ChangeSet.objects.get(pk=job.parameters["undo"])
    after: Record = (job.position.get("record", ""), job.position.get("id", 0))
    number = job.done
    while records := undoing.records_of(change_set, after=after, size=CHUNK):
        yield partial(_step, job, change_set, undo_set, records, number)
        after, number = records[-1], number + len(records)
    if not undo_set.changes.exists():
        yield partial(_count_again, job, after)


def _count_again(job: Job, last: Record) -> Chunk:
    """Where every record stays, the act is not undone: what stands in the way may go."""
    _give_up(job)
    return Chunk(position={"record": last[0], "id": last[1]}, done=0)


def _step(
    job: Job,
    change_set: ChangeSet,
    undo_set: ChangeSet,
    records: Sequence[Record],
    number: int,
) -> Chunk:
    by = actor_of(job, MAY_UNDO)
    if not may_undo(change_set, by):
        raise JobFailed(_("Whoever started this may not undo it any more."))
    names = _names(records)  # as long as all of them are there
    with recording(change_set=undo_set):
        undone = undoing.undo_records(
            change_set, records=records, by=by, at=timezone.now()
        )
    rows = [
        LedgerRow(
            number=number + place,
            outcome=outcome_of(record, undone),
            reason=undone.kept.get(record, ""),
            record_id=record[1] if record[0] == "contact" else None,
            label=names.get(record, "")[:200],
        )
        for place, record in enumerate(records, start=1)
    ]
    kind, pk = records[-1]
    return Chunk(
        position={"record": kind, "id": pk},
        done=len(records),
        counts=Counter(row.outcome for row in rows),
        rows=rows,
    )


def _give_up(job: Job) -> None:
    """The act of an undo that failed is not undone: what is left of it can be tried again."""
    of = job.parameters
    undoing.unmark(of["change_set"], undo_id=of["undo"], by=job.created_by)


def outcome_of(record: Record, undone: Undone) -> str:
    if record in undone.kept:
        return JobRow.Outcome.SKIPPED
    is_gone = record in undone.removed
    return JobRow.Outcome.REMOVED if is_gone else JobRow.Outcome.UPDATED


def _names(records: Sequence[Record]) -> dict[Record, str]:
    found: dict[Record, str] = {}
    for key, kind in kinds().items():
        ids = [pk for record, pk in records if record == key]
        if ids:
            found |= {(key, pk): name for pk, name in kind.names(ids).items()}
    return found


def summary(job: Job) -> str:
    """Return what a finished undo has done."""
    done = job.counts.get(JobRow.Outcome.UPDATED, 0)
    kept = job.counts.get(JobRow.Outcome.SKIPPED, 0)
    gone = job.counts.get(JobRow.Outcome.REMOVED, 0)
    said = []
    if not done and not gone:
        said.append(_("Nothing was taken back"))
    if done:
        text = ngettext("%s record was set back", "%s records were set back", done)
        said.append(text % done)
    if gone:
        text = ngettext("%s record was removed", "%s records were removed", gone)
        said.append(text % gone)
    if kept:
        text = ngettext("%s stays as it is", "%s stay as they are", kept)
        said.append(text % kept)
    return "; ".join(said)


def undo_url(team_slug: str, job: Job) -> str:
    """Return the page that takes back what the job did, "" where it did nothing or is taken back.

    The job's parameters name its change set.
    """
    change_set = ChangeSet.objects.filter(
        pk=job.parameters.get("change_set"), undone_at=None
    ).first()
    if change_set is None or not change_set.changes.exists():
        return ""
    return reverse("contacts:change_set_undo", args=[team_slug, change_set.pk])


def taken_back(_member: Membership, job: Job) -> Offer | None:
    """Return what the page of a job says when what it did was taken back."""
    change_set = ChangeSet.objects.filter(
        pk=job.parameters.get("change_set"), undone_at__isnull=False
    ).first()
    if change_set is None:
        return None
    at = date_format(timezone.localtime(change_set.undone_at), "j M Y, H:i")
    return Offer(note=_("This was taken back on %s.") % at)


def register() -> None:
    """Called once from AppConfig.ready()."""
    registry.add(
        Kind(
            key=KIND,
            label=_lazy("Undoing"),
            permission=lambda _job: MAY_UNDO,
            give_up=_give_up,
            start=start,
            summary=summary,
            record_url=_contact_url,
            still_there=still_there,
            origin=_origin,
            outcomes=(
                JobRow.Outcome.UPDATED,
                JobRow.Outcome.REMOVED,
                JobRow.Outcome.SKIPPED,
            ),
            is_of_file=False,
        )
    )


def _contact_url(team_slug: str, pk: int) -> str:
    return reverse("contacts:contact_detail", args=[team_slug, pk])


def _origin(team_slug: str, parameters: dict[str, Any]) -> tuple[str, str]:
    return _("People"), reverse("contacts:people_list", args=[team_slug])
