"""The lists that deleted contacts were in: left, remembered, and taken up again when wanted."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from contacts.models import LeftList, ListEntry
from crm.teams.models import Membership
from crm.tenancy import bulk
from crm.tenancy.bulk import AnyOf

Ids = Sequence[int]


@transaction.atomic
def leave_lists(contact_ids: Ids, *, by: Membership | None, at: datetime) -> None:
    """Take the contacts out of their lists and remember which those were."""
    entries = ListEntry.objects.filter(AnyOf(F("contact_id"), contact_ids))
    LeftList.objects.filter(AnyOf(F("contact_id"), contact_ids)).delete()
    bulk.copy_rows(
        LeftList, ["list", "contact"], entries.values_list("list_id", "contact_id")
    )
    entries.delete()


@transaction.atomic
def return_to_lists(contact_ids: Ids, *, by: Membership | None, at: datetime) -> None:
    """Put the contacts into the lists they left; `by` stands there as who added them."""
    left = LeftList.objects.filter(AnyOf(F("contact_id"), contact_ids))
    ListEntry.objects.bulk_create(
        (
            ListEntry(list_id=list_id, contact_id=contact_id, added_by=by)
            for list_id, contact_id in left.values_list("list_id", "contact_id")
        ),
        batch_size=5000,
        ignore_conflicts=True,
    )
    left.delete()


@transaction.atomic
def forget_lists(contact_ids: Ids, *, by: Membership | None, at: datetime) -> None:
    """Let go of the lists that the contacts left; they stay out of them."""
    LeftList.objects.filter(AnyOf(F("contact_id"), contact_ids)).delete()
