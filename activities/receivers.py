"""What the timeline notes of contacts. Every reaction works for one contact and for thousands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from activities import services
from contacts.signals import (
    contacts_created,
    contacts_set_back,
)
from crm.teams.models import Membership

By = Membership | None


@receiver(contacts_created)
def note_created(
    *, contact_ids: Sequence[int], by: By, at: datetime, **kwargs: Any
) -> None:
    services.note_created(contact_ids, by=by, at=at)


@receiver(contacts_set_back)
def look_back(*, contact_ids: Sequence[int], **kwargs: Any) -> None:
    services.look_back(contact_ids)
