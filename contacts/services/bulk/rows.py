"""What every action does with a batch of contacts: lock them, change a column, tell the timeline."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from contacts.bulk_actions import Batch, Ended
from contacts.models import Contact
from contacts.signals import contacts_changed
from crm.teams.models import Membership
from crm.tenancy.bulk import AnyOf

Changes = Mapping[int, tuple[str, str]]  # contact -> what was shown, and what is now


def lock(batch: Batch, *columns: str) -> tuple[list[Contact], dict[int, Ended]]:
    """Lock the contacts, always in the same order.

    Return those that are not in the bin, with the named columns, and how the others end.
    """
    rows = Contact.objects.filter(AnyOf(F("pk"), batch.ids)).order_by("pk")
    # Only what is needed: the columns for searches are most of a contact.
    rows = rows.only("team_id", "deleted_at", "version", *columns)
    found = list(rows.select_for_update(of=("self",)))
    binned = Ended.skipped(_("Deleted meanwhile."))
    ended = {contact.pk: binned for contact in found if contact.is_deleted}
    return [contact for contact in found if not contact.is_deleted], ended


def write(
    batch: Batch, *, key: str, changes: Changes, by: Membership, **columns: Any
) -> None:
    """Set the columns of locked contacts in one statement; their version grows as with any edit.

    Apps above are told what changed on each contact, all at once.
    """
    if changes:
        Contact.objects.filter(AnyOf(F("pk"), list(changes))).update(
            version=F("version") + 1, updated_at=batch.at, **columns
        )
        tell(batch, key=key, changes=changes, by=by)


def tell(batch: Batch, *, key: str, changes: Changes, by: Membership) -> None:
    """Tell apps above what was written."""
    if changes:
        told = {pk: {key: shown} for pk, shown in changes.items()}
        contacts_changed.send(sender=Contact, changes=told, by=by, at=batch.at)
