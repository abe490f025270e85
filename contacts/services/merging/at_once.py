"""Merging all pairs that have one thing in common, as a job: pair by pair, each an act of its own."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from contacts.models import Contact, DuplicatePair, Match
from contacts.queries.duplicates import pairs_with
from contacts.queries.merging import (
    contacts_to_merge,
    default_choices,
    suggest_survivor,
)
from contacts.services.deletion import NotAllowed
from contacts.services.merging import merging
from crm.conflicts import Refused
from crm.jobs import registry
from crm.jobs.models import Job, JobRow
from crm.jobs.registry import Chunk, Kind, LedgerRow, Step
from crm.jobs.services import actor_of, create_job
from crm.teams.models import Membership

MERGE = "merge-duplicates"
MAY_MERGE = "contacts.merge"
CHUNK = 20


@transaction.atomic
def start_merging(*, match: Match, up_to: int, by: Membership) -> Job:
    """Return the job that merges the pairs with this in common, as far as the id `up_to`.

    Of each pair that contact is kept, and those values are chosen, that its page would suggest.
    """
    title = _("Merge duplicates: %s") % ", ".join(match.labels)
    # An id of our own, whatever number was sent.
    last = pairs_with(match).filter(pk__lte=up_to).aggregate(last=Max("pk"))["last"]
    parameters = {"match": match.value, "up_to": last or 0}
    return create_job(kind=MERGE, title=title, parameters=parameters, by=by)


def _start(job: Job) -> Iterator[Step]:
    after, number = job.position.get("after", 0), job.done
    match, up_to = Match(job.parameters["match"]), job.parameters["up_to"]
    while True:
        pairs = pairs_with(match).filter(pk__gt=after, pk__lte=up_to).order_by("pk")
        pks = list(pairs.values_list("pk", flat=True)[:CHUNK])
        if not pks:
            return
        yield partial(_step, job, pks, number)
        after, number = pks[-1], number + len(pks)


def _step(job: Job, pks: Sequence[int], number: int) -> Chunk:
    by, at = actor_of(job, MAY_MERGE), timezone.now()
    rows = [_merge_pair(pk, number + place, by, at) for place, pk in enumerate(pks, 1)]
    counts = Counter(row.outcome for row in rows)
    return Chunk(position={"after": pks[-1]}, done=len(rows), counts=counts, rows=rows)


def _merge_pair(pk: int, number: int, by: Membership, at: datetime) -> LedgerRow:
    pair = DuplicatePair.objects.open().filter(pk=pk).first()
    contacts = contacts_to_merge([pair.first_id, pair.second_id]) if pair else []
    if len(contacts) < 2 or all(contact.is_deleted for contact in contacts):
        reason = _("These were merged, deleted or told apart meanwhile.")
        return LedgerRow(number, JobRow.Outcome.SKIPPED, reason)
    keep = suggest_survivor(contacts, by)
    reason = _refusal(contacts, keep, by, at)
    outcome = JobRow.Outcome.SKIPPED if reason else JobRow.Outcome.DONE
    return LedgerRow(number, outcome, reason, keep.pk, keep.name)


def _refusal(
    contacts: Sequence[Contact], keep: Contact, by: Membership, at: datetime
) -> str:
    """Merge the contacts into one of them; return why not, "" if it is done."""
    plan = merging.MergePlan(
        keep_id=keep.pk,
        absorbed_ids=[contact.pk for contact in contacts if contact != keep],
        versions={contact.pk: contact.version for contact in contacts},
        choices=default_choices(contacts, keep=keep),
    )
    try:
        with transaction.atomic():
            merging.merge_contacts(plan=plan, by=by, at=at)
    except NotAllowed:
        return _("Your role may not merge the other contact.")
    except (merging.CannotMerge, merging.ChangedMeanwhile):
        return _("Somebody changed one of these contacts meanwhile.")
    except Refused as refused:
        return str(refused)
    return ""


def _summary(job: Job) -> str:
    done = job.counts.get(JobRow.Outcome.DONE, 0)
    return ngettext("%s pair was merged", "%s pairs were merged", done) % done


def register() -> None:
    """Called once from AppConfig.ready()."""
    registry.add(
        Kind(
            key=MERGE,
            label=_lazy("Merging duplicates"),
            permission=lambda _job: MAY_MERGE,
            start=_start,
            summary=_summary,
            record_url=lambda slug, pk: reverse(
                "contacts:contact_detail", args=[slug, pk]
            ),
            origin=_origin,
        )
    )


def _origin(team_slug: str, parameters: dict[str, Any]) -> tuple[str, str]:
    return _("Duplicates"), reverse("contacts:duplicate_list", args=[team_slug])
