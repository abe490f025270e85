"""What the timeline notes of contacts. Every reaction works for one contact and for thousands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from activities import services
from contacts.models import Contact
from contacts.signals import (
    contact_changed,
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
