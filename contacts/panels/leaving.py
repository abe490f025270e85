"""What people read before and after a contact is deleted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts import departures
from contacts.models import Contact, ListEntry


def deletion_question(contact: Contact) -> str:
    """Return what goes with the contact, and for how long it can come back."""
    gone = [_("the saved contacts"), *departures.what_goes([contact.pk])]
    listed = ", ".join(gone[:-1])
    all_gone = _("%(first)s and %(last)s") % {"first": listed, "last": gone[-1]}
    hours = settings.DELETION_HOLDBACK_HOURS
    stay = ngettext(
        "You can restore the contact for %s hour.",
        "You can restore the contact for %s hours.",
        hours,
    )
    leaves = _("%(name)s leaves %(what)s.") % {
        "name": contact.name,
        "what": all_gone if listed else gone[0],
    }
    return f"{leaves} {stay % hours}"


def deleted_notice(contact: Contact, *, at: datetime) -> dict[str, Any]:
    """Return what the banner of a deleted contact says."""
    if contact.deleted_at is None:
        return {}
    until = contact.deleted_at + timedelta(hours=settings.DELETION_HOLDBACK_HOURS)
    return {
        "deleted_at": contact.deleted_at,
        "deleted_by": contact.deleted_by,
        "until": date_format(timezone.localtime(until), "D j M, H:i")
        if until > at
        else "",
    }


def count_lists(contact_ids: Sequence[int]) -> int:
    """Return in how many lists the contacts are."""
    entries = ListEntry.objects.filter(contact_id__in=contact_ids)
    return entries.values("list_id").distinct().count()


def say_lists(number: int) -> str:
    return ngettext("%s list", "%s lists", number) % number


def register() -> None:
    """Called once from AppConfig.ready()."""
    departures.add(
        departures.Departure(key="lists", count=count_lists, say=say_lists, order=10)
    )
