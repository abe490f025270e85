"""What undo asks before it takes something back: taking back grants no right (product.md T2)."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.models import Change
from crm.teams.models import Membership

# For so long what somebody gave away is taken back as the slip of a hand.
SLIP = timedelta(minutes=10)


def taken_back(
    changes: Collection[Change], *, of: Any, by: Membership
) -> Mapping[int, str]:
    """Return the records of the model `of` that the member may not take from their owner.

    Whoever just gave away what they were free to give may have it back.
    """
    if by.can("contacts.reassign"):
        return {}
    given = Change.objects.filter(
        pk__in=[change.pk for change in changes if change.op == Change.Op.UPDATE],
        source=of._meta.db_table,
        new__has_key="owner_id",
    )
    rows = given.order_by("-pk").values_list(
        "record_id", "old__owner_id", "change_set__by_id", "change_set__at"
    )
    # The oldest change of each record says whom it comes back to.
    before = {pk: (owner, who, at) for pk, owner, who, at in rows}
    if not before:
        return {}
    mine = of.objects.filter(pk__in=before).reassignable_by(by)
    kept = before.keys() - set(mine.values_list("pk", flat=True))
    owners = Membership.objects.in_bulk({before[pk][0] for pk in kept} - {None})
    since = timezone.now() - SLIP
    slips = {
        pk
        for pk in kept
        if before[pk][1] == by.pk
        and before[pk][2] >= since
        and by.may_give_away(owners.get(before[pk][0]))
    }
    text = _("Only its owner and managers give this to somebody else.")
    return dict.fromkeys(kept - slips, text)
