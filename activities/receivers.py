"""What the timeline notes of contacts. Every reaction works for one contact and for thousands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from activities import services
from contacts.models import Contact, ContactFlag
from contacts.signals import (
    contact_changed,
    contact_flagged,
    contacts_changed,
    contacts_created,
    contacts_deleted,
    contacts_merged,
    contacts_restored,
)
from crm.teams.models import Membership

By = Membership | None


@receiver(contacts_created)
def note_created(
    *, contact_ids: Sequence[int], by: By, at: datetime, **kwargs: Any
) -> None:
    services.note_created(contact_ids, by=by, at=at)


@receiver(contact_changed)
def note_change(
    *, contact: Contact, changes: services.Changes, by: By, at: datetime, **kwargs: Any
) -> None:
    services.note_changes({contact.pk: changes}, by=by, at=at)


@receiver(contacts_changed)
def note_changes(
    *,
    changes: dict[int, services.Changes],
    by: By,
    at: datetime,
    via: str = "",
    **kwargs: Any,
) -> None:
    services.note_changes(changes, by=by, at=at, via=via)


@receiver(contacts_deleted)
def note_deleted(
    *, contact_ids: Sequence[int], by: By, at: datetime, **kwargs: Any
) -> None:
    services.note_event(contact_ids, event="deleted", by=by, at=at)


@receiver(contacts_restored)
def note_restored(
    *, contact_ids: Sequence[int], by: By, at: datetime, **kwargs: Any
) -> None:
    services.note_event(contact_ids, event="restored", by=by, at=at)


@receiver(contacts_merged)
def note_merge(
    *,
    keep: Contact,
    absorbed: Sequence[Contact],
    by: Membership,
    at: datetime,
    **kwargs: Any,
) -> None:
    services.note_merge(keep=keep, absorbed=absorbed, by=by, at=at)


@receiver(contact_flagged)
def note_flagged(
    *,
    contact: Contact,
    flags: Sequence[ContactFlag],
    event: str,
    by: By,
    at: datetime,
    **kwargs: Any,
) -> None:
    values = [[flag.key, flag.shown, flag.suggestion] for flag in flags]
    first = flags[0]
    reason = first.text or str(first.reason)
    detail = {"flags": values, "reason": reason if event == "flagged" else ""}
    services.note_event([contact.pk], event=event, by=by, at=at, detail=detail)
