"""What every action does with a batch of contacts: lock them, change a column, tell the timeline."""

from collections.abc import Collection
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from contacts.bulk_actions import Batch, Ended
from contacts.models import Contact
from contacts.signals import contacts_changed
from crm.teams.models import Membership
from crm.tenancy.bulk import AnyOf


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
    batch: Batch, *, changed: Collection[int], by: Membership, **columns: Any
) -> None:
    """Set the columns of locked contacts in one statement; their version grows as with any edit.

    Apps above are told which contacts changed, all at once.
    """
    if changed:
        Contact.objects.filter(AnyOf(F("pk"), changed)).update(
            version=F("version") + 1, updated_at=batch.at, **columns
        )
        tell(batch, changed=changed, by=by)


def tell(batch: Batch, *, changed: Collection[int], by: Membership) -> None:
    """Tell apps above what was written."""
    if changed:
        ids = list(changed)
        contacts_changed.send(sender=Contact, contact_ids=ids, by=by, at=batch.at)
