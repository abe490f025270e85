"""The end of a contact: rows, history and bytes (product.md D4; security.md 3.7).

Everything about a contact goes in one transaction, so a worker that dies leaves it whole or gone.
Bytes lie outside of transactions: their keys are written down with the rows that go, and whoever
removes them may die and begin again.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F

from contacts import departures
from contacts.models import Contact, DoomedFile, Tombstone
from crm.history.models import Change, ChangeSet
from crm.history.services.recording import forget_records, unrecorded
from crm.jobs.services import blank_rows
from crm.teams.models import Membership
from crm.tenancy import bulk
from crm.tenancy.bulk import AnyOf

MERGED = "contact.merge"  # the act
BATCH = 100
FILES_AT_ONCE = 20
LONGEST_PAUSE = timedelta(days=1)

logger = logging.getLogger(__name__)


def purge_deleted(*, at: datetime) -> int:
    """Purge the contacts whose time in the bin is over; return how many.

    A transaction for every hundred; what another worker has in hand, or somebody restores at this
    moment, is left alone.
    """
    purged = 0
    while batch := _purge_batch(at):
        purged += batch
    return purged


@transaction.atomic
def _purge_batch(at: datetime) -> int:
    before = at - timedelta(days=settings.DELETED_KEPT_DAYS)
    over = Contact.objects.deleted().filter(deleted_at__lte=before)
    rows = over.order_by("deleted_at", "pk").select_for_update(skip_locked=True)
    found = list(rows.values_list("pk", flat=True)[:BATCH])
    if found:
        end_contacts(found, why=Tombstone.Why.EXPIRED, by=None, at=at)
    return len(found)


@transaction.atomic
def end_contacts(
    contact_ids: Sequence[int], *, why: str, by: Membership | None, at: datetime
) -> None:
    """Delete the contacts, which the caller has locked, with everything that is theirs.

    With them go those that were merged into them.
    """
    merged = Contact.objects.filter(AnyOf(F("merged_into_id"), contact_ids))
    contact_ids = [*contact_ids, *merged.values_list("pk", flat=True)]
    with unrecorded():
        doom_files(departures.end(contact_ids), at=at)
        bulk.delete_rows(Contact, contact_ids)
    _forget_names(contact_ids)
    forget_records("contact", record_ids=contact_ids)
    blank_rows(contact_ids, of="contact", by=by)
    Tombstone.objects.bulk_create(
        (Tombstone(contact_number=pk, why=why, purged_at=at) for pk in contact_ids),
        ignore_conflicts=True,
    )


def _forget_names(contact_ids: Sequence[int]) -> None:
    """Take out of merges whom they were of: they are called by the names of those who went."""
    about = Change.objects.filter(
        AnyOf(F("record_id"), contact_ids), record="contact"
    ).values("change_set")
    merges = ChangeSet.objects.filter(kind=MERGED, pk__in=about)
    merges.update(via="")


def doom_files(keys: Iterable[str], *, at: datetime) -> None:
    """Have files removed from the storage once the caller's transaction is through."""
    DoomedFile.objects.bulk_create(
        (DoomedFile(file_key=key, try_at=at) for key in keys), ignore_conflicts=True
    )


def remove_doomed_files(*, at: datetime) -> int:
    """Remove files that wait for it; return how many.

    One that the storage does not give up is tried again, later and later. A file that is gone
    already counts as removed, so it may be tried twice.
    """
    removed = 0
    while True:
        batch, done = _remove_batch(at)
        removed += done
        if not batch:
            return removed


@transaction.atomic
def _remove_batch(at: datetime) -> tuple[int, int]:
    due = DoomedFile.objects.due(at=at).select_for_update(skip_locked=True)
    batch = list(due.order_by("try_at", "pk")[:FILES_AT_ONCE])
    gone = [row.pk for row in batch if _is_removed(row)]
    failed = [row for row in batch if row.pk not in set(gone)]
    for row in failed:
        pause = timedelta(minutes=2 ** min(row.attempts, 11))
        row.attempts, row.try_at = row.attempts + 1, at + min(pause, LONGEST_PAUSE)
    DoomedFile.objects.bulk_update(failed, ["attempts", "try_at"])
    DoomedFile.objects.filter(AnyOf(F("pk"), gone)).delete()
    return len(batch), len(gone)


def _is_removed(row: DoomedFile) -> bool:
    try:
        default_storage.delete(row.file_key)
    except Exception:  # every storage raises its own
        logger.exception("A file could not be removed from the storage")
        return False
    return True
