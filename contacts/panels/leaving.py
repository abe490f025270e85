"""What people read before and after a contact is deleted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts import departures
from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactFlag,
    ContactPhone,
    DuplicatePair,
    LeftList,
    ListEntry,
)
from contacts.services import deletion, left_lists
from crm.tenancy.bulk import AnyOf


def deletion_question(contact: Contact) -> str:
    """Return what goes with the contact, and for how long it can come back (product.md D1)."""
    return f"{_leaves(contact.name, [contact.pk])} {_stay(1)}"


def deletion_question_of_many(
    contact_ids: Sequence[int], *, total: int | None = None
) -> str:
    """Return the same of a selection: "20 contacts leave the saved contacts and 3 lists. ...".

    Of a larger one, of which `contact_ids` are only the first, nothing is counted.
    """
    number = total or len(contact_ids)
    contacts = ngettext("%s contact", "%s contacts", number) % localize(number)
    if number > len(contact_ids):
        leaves = _("%s leave the saved contacts and everything they are in.") % contacts
    else:
        leaves = _leaves(contacts, contact_ids)
    return f"{leaves} {_stay(number)}"


def _leaves(who: str, contact_ids: Sequence[int]) -> str:
    gone = [_("the saved contacts"), *departures.what_goes(contact_ids)]
    what = gone[0]
    if len(gone) > 1:
        first = ", ".join(gone[:-1])
        what = _("%(first)s and %(last)s") % {"first": first, "last": gone[-1]}
    text = ngettext(
        "%(who)s leaves %(what)s.", "%(who)s leave %(what)s.", len(contact_ids)
    )
    return text % {"who": who, "what": what}


def _stay(number: int) -> str:
    days = settings.DELETED_KEPT_DAYS
    time = ngettext("%s day", "%s days", days) % days
    text = ngettext(
        "You can restore the contact for %(time)s.",
        "You can restore the contacts for %(time)s.",
        number,
    )
    return text % {"time": time}


def what_ends(contact: Contact) -> list[str]:
    """Return what ends for good with the contact, deleted or not, in words."""
    words = [*departures.what_goes([contact.pk])]
    words += departures.what_is_kept([contact.pk])[contact.pk]
    return words


def deleted_notice(contact: Contact, *, at: datetime) -> dict[str, Any]:
    """Return what the banner of a deleted contact says; at most one query for each kind of thing."""
    if contact.deleted_at is None:
        return {}
    until = gone_at(contact)
    return {
        "deleted_at": contact.deleted_at,
        "deleted_by": contact.deleted_by,
        "until": date_format(timezone.localtime(until), "D j M Y")
        if until > at
        else "",
        "offers": departures.offers([contact.pk]),
        "in_the_way": _in_the_way(contact),
    }


def _in_the_way(contact: Contact) -> dict[str, Any]:
    """Return why the contact cannot come back as things are, and which one has its place."""
    found = deletion.what_stands_in_the_way([contact.pk])
    if contact.pk not in found.refused:
        return {}
    return {
        "reason": found.refused[contact.pk],
        "holder_id": found.holders[contact.pk],
    }


def gone_at(contact: Contact) -> datetime:
    """Return until when a deleted contact can be restored (product.md D3)."""
    assert contact.deleted_at is not None  # noqa: S101  # only asked of deleted ones
    return contact.deleted_at + timedelta(days=settings.DELETED_KEPT_DAYS)


def wanted(posted: QueryDict) -> list[str] | None:
    """Return what restored contacts return to: what was ticked, or all where nobody was asked."""
    return posted.getlist("put_back") if "asked" in posted else None


def count_lists(contact_ids: Sequence[int]) -> int:
    """Return in how many lists the contacts are."""
    entries = ListEntry.objects.filter(AnyOf(F("contact_id"), contact_ids))
    return entries.values("list_id").distinct().count()


def count_left_lists(contact_ids: Sequence[int]) -> dict[int, int]:
    """Return how many lists each of the deleted contacts left."""
    left = LeftList.objects.filter(AnyOf(F("contact_id"), contact_ids))
    counted = left.values("contact_id").annotate(number=Count("pk"))
    return dict(counted.values_list("contact_id", "number"))


def say_lists(number: int) -> str:
    return ngettext("%s list", "%s lists", number) % localize(number)


def register() -> None:
    """Called once from AppConfig.ready()."""
    departures.add(
        departures.Departure(
            key="lists",
            order=10,
            count=count_lists,
            kept=count_left_lists,
            say=say_lists,
            leave=left_lists.leave_lists,
            put_back=left_lists.return_to_lists,
            offer=gettext_lazy("Put back into the lists"),
            let_go=left_lists.forget_lists,
            owns=(ListEntry, LeftList),
        )
    )
    departures.add(
        departures.Departure(
            key="values",
            order=0,
            owns=(ContactFlag, ContactEmail, ContactPhone, ContactFieldValue),
        )
    )
    departures.add(
        departures.Departure(
            key="merges",
            order=-1,  # after everything that those who were merged have
            refers=(
                (DuplicatePair, "first"),
                (DuplicatePair, "second"),
                (Contact, "merged_into"),
            ),
        )
    )
