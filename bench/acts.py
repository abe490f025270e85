"""What many rows at once take: a stage for everybody, merging two long histories, and taking both back."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from activities.models import Activity
from contacts import bulk_actions
from contacts.models import Contact, ContactStage, Selection
from contacts.services import selections
from contacts.services.bulk.running import take_action
from contacts.services.merging.merging import MergePlan, merge_contacts
from contacts.services.undoing import undo
from crm.history.models import ChangeSet
from crm.jobs.models import Job
from crm.jobs.services import run_job
from crm.teams.models import Membership
from crm.tenancy import bulk
from crm.tenancy.scope import team_scope

LONG = 10_000  # activities of each contact that is merged


@dataclass(frozen=True, kw_only=True)
class Acted:
    """Seconds that an act took, over so many rows, and its undo."""

    name: str
    rows: int
    seconds: float
    undo_seconds: float


def measure_acts(team_id: int) -> list[Acted]:
    """Measure both acts in the team, which is afterwards as it was, but for its history."""
    with team_scope(team_id):
        by = Membership.objects.select_related("user", "team").order_by("pk")[0]
        return [_set_stage(by), _merge(by)]


def _set_stage(by: Membership) -> Acted:
    stage = ContactStage.objects.in_order().last()
    selection = selections.freeze_all(
        of=Selection.Of.CONTACTS, state="scope=saved", confirmed=None, by=by, at=_now()
    )
    action = bulk_actions.get("set-stage")
    if action is None or stage is None:
        raise RuntimeError("Nobody can set a stage.")
    job = take_action(
        action=action, selection=selection, values={"stage": stage.pk}, by=by
    )
    seconds = _timed(lambda: _finish(job))
    change_set = ChangeSet.objects.get(pk=job.parameters["change_set"])
    return Acted(
        name="stage of everybody",
        rows=selection.total,
        seconds=seconds,
        undo_seconds=_timed(lambda: _undo(change_set, by)),
    )


def _merge(by: Membership) -> Acted:
    keep, absorb = (_contact_with_history(name) for name in ("Keep", "Absorb"))
    plan = MergePlan(
        keep_id=keep.pk,
        absorbed_ids=[absorb.pk],
        versions={keep.pk: keep.version, absorb.pk: absorb.version},
    )
    started = time.perf_counter()
    merged = merge_contacts(plan=plan, by=by, at=_now())
    seconds = time.perf_counter() - started
    change_set = ChangeSet.objects.get(pk=merged.change_set_id)
    undo_seconds = _timed(lambda: _undo(change_set, by))
    Contact.objects.filter(pk__in=[keep.pk, absorb.pk]).delete()
    return Acted(
        name="merge of two contacts",
        rows=2 * LONG,
        seconds=seconds,
        undo_seconds=undo_seconds,
    )


def _contact_with_history(name: str) -> Contact:
    contact = Contact.objects.create(
        first_name=name,
        name=name,
        name_sort=name.lower(),
        stage=ContactStage.objects.get(is_first=True),
        created_at=_now(),
    )
    names = ["contact", "kind", "occurred_at", "created_at", "detail"]
    empty = ["direction", "subject", "body", "outcome", "idempotency_key"]
    at = _now()
    bulk.copy_rows(
        Activity,
        [*names, *empty],
        (
            (contact.pk, "email", at - timedelta(minutes=n), at, "{}", *[""] * 5)
            for n in range(LONG)
        ),
    )
    return contact


def _undo(change_set: ChangeSet, by: Membership) -> None:
    done = undo(change_set_id=change_set.pk, by=by, at=_now())
    if isinstance(done, Job):
        _finish(done)


def _finish(job: Job) -> None:
    """Run a job that waits for a worker; one that is done already is a mistake of the measurement."""
    run_job(job.pk)
    job.refresh_from_db()
    if job.status != Job.Status.DONE:
        raise RuntimeError(job.error)


def _timed(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


_now = timezone.now
