"""Taking an action on a selection: at once where it is small, else as a job in the background.

Both are a job, so both end in the same ledger: who was done, skipped or failed, and why.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from contacts import bulk_actions
from contacts.bulk_actions import Batch, BulkAction, Ended
from contacts.models import Contact, Person, Selection
from contacts.services.undoing import taken_back, undo_url
from crm.conflicts import Refused
from crm.history.models import ChangeSet
from crm.history.services.recording import open_change_set, recording
from crm.jobs import registry
from crm.jobs import services as jobs
from crm.jobs.models import Job, JobRow
from crm.jobs.registry import Chunk, JobFailed, Kind, LedgerRow, Step
from crm.teams.models import Membership

KIND = "contacts.bulk"
AT_ONCE = 100  # more than that run in the background (product.md P7)
CHUNK = 2000

Outcome = JobRow.Outcome


def take_action(
    *,
    action: BulkAction,
    selection: Selection,
    values: Mapping[str, Any],
    by: Membership,
) -> Job:
    """Take the action on everybody in the selection; return its job, finished if it is small.

    Raise Refused for values that cannot be kept; then there is no job.
    """
    job = _make_job(action=action, selection=selection, values=values, by=by)
    if selection.total <= AT_ONCE:
        jobs.run_job(job.pk)
        job.refresh_from_db()
    return job


@transaction.atomic
def _make_job(
    *,
    action: BulkAction,
    selection: Selection,
    values: Mapping[str, Any],
    by: Membership,
) -> Job:
    at = timezone.now()
    # Every batch joins it, so that the action is undone as a whole.
    acts = open_change_set(f"bulk.{action.key}", by=by, at=at)
    with recording(change_set=acts):
        values = action.prepare(values, by)
    return jobs.create_job(
        kind=KIND,
        title=action.title(values),
        parameters={
            "action": action.key,
            "selection": selection.pk,
            "state": selection.state,
            "values": dict(values),
            "change_set": acts.pk,
        },
        total=selection.total,
        queue=selection.total > AT_ONCE,
        by=by,
    )


def start_job(job: Job) -> Iterator[Step]:
    """Work through the selection, from where the last chunk ended."""
    selection = Selection.objects.filter(pk=job.parameters["selection"]).first()
    action = bulk_actions.get(job.parameters["action"])
    if action is None or action.run is None:
        raise JobFailed(_("This action does not exist any more."))
    if selection is None:
        raise JobFailed(_("The selection is not kept any more. Select again."))
    finished = job.position.get("after", 0)
    for ids in selection.chunks(after=finished, size=CHUNK):
        yield partial(_step, job, action, ids, finished)
        finished += len(ids)


def _step(job: Job, action: BulkAction, ids: list[int], finished: int) -> Chunk:
    by = jobs.actor_of(job, action.permission)
    batch = Batch(ids=ids, values=job.parameters["values"], at=timezone.now())
    names = _names(action.of, ids)
    acts = ChangeSet.objects.get(pk=job.parameters["change_set"])
    with recording(change_set=acts):
        ended = _run(action, batch, by)
    gone = Ended.skipped(_("Not there any more."))
    results = [(pk, ended.get(pk, gone)) for pk in ids]
    return Chunk(
        position={"after": finished + len(ids)},
        done=len(ids),
        counts=Counter(str(result.outcome) for _pk, result in results),
        rows=[
            LedgerRow(
                finished + number,
                result.outcome,
                result.reason[:300],
                result.record_id
                or (pk if action.of == Selection.Of.CONTACTS else None),
                names.get(pk, "")[:200],
            )
            for number, (pk, result) in enumerate(results, 1)
        ],
    )


def _run(action: BulkAction, batch: Batch, by: Membership) -> Mapping[int, Ended]:
    assert action.run is not None  # noqa: S101  # start_job looked
    try:
        with transaction.atomic():
            return action.run(batch, by=by)
    except Refused as refused:
        return dict.fromkeys(batch.ids, Ended.failed(str(refused)))


def _permission(job: Job) -> str:
    action = bulk_actions.get(job.parameters["action"])
    return action.permission if action else "team.view"  # the step says what is wrong


def _names(of: str, ids: list[int]) -> dict[int, str]:
    table: Any = Contact.objects if of == Selection.Of.CONTACTS else Person.objects
    return dict(table.filter(pk__in=ids).values_list("pk", "name"))


def summary(job: Job) -> str:
    """Return how many were done, skipped and failed: "98 done, 2 skipped"."""
    texts = {
        Outcome.DONE: ngettext("%s done", "%s done", job.counts.get("done", 0)),
        Outcome.SKIPPED: ngettext(
            "%s skipped", "%s skipped", job.counts.get("skipped", 0)
        ),
        Outcome.FAILED: ngettext("%s failed", "%s failed", job.counts.get("failed", 0)),
    }
    parts = [
        text % number_format(number, force_grouping=True)
        for outcome, text in texts.items()
        if (number := job.counts.get(outcome.value))
    ]
    return ", ".join(parts) or _("Nothing to do")


def list_url(team_slug: str, state: str) -> str:
    """Return the list that a selection was made in."""
    url = reverse("contacts:people_list", args=[team_slug])
    return f"{url}?{state}" if state else url


def register() -> None:
    """Tell the platform what these jobs do."""
    registry.add(
        Kind(
            key=KIND,
            label=_lazy("Working through the selection"),
            permission=_permission,
            start=start_job,
            summary=summary,
            record_url=lambda slug, pk: reverse(
                "contacts:contact_detail", args=[slug, pk]
            ),
            origin=lambda slug, parameters: (
                _("People"),
                list_url(slug, parameters["state"]),
            ),
            outcomes=(Outcome.DONE, Outcome.SKIPPED, Outcome.FAILED),
            is_of_file=False,
            undo=undo_url,
            offer=taken_back,
        )
    )
