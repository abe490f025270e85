"""What ends by itself: the time in which a deleted person is not net new (product.md D2)."""

from datetime import datetime

from django.db import transaction

from contacts.models import HeldBack

BATCH = 1000


def end_holdbacks(*, at: datetime) -> int:
    """Let persons whose time is over be net new again; return how many.

    A transaction for each batch, and whatever another worker has in hand is left to it: may run
    twice, at once, and be killed.
    """
    ended = 0
    while batch := _end_batch(at):
        ended += batch
    return ended


@transaction.atomic
def _end_batch(at: datetime) -> int:
    over = HeldBack.objects.over(at=at).select_for_update(skip_locked=True)
    found = list(over.order_by("until", "pk").values_list("pk", flat=True)[:BATCH])
    HeldBack.objects.filter(pk__in=found).delete()
    return len(found)
