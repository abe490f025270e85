"""Into the bin and out of it again, for one contact and for thousands alike: no query per contact."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from contacts.models import Contact, ContactEmail, LeftList, ListEntry
from contacts.signals import contacts_deleted, contacts_restored
from crm.teams.models import Membership


class NotAllowed(Exception):
    """The role does not reach as far as one of these contacts."""


@dataclass
class Restoration:
    """Which contacts came back, and why others did not."""

    restored: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)  # id -> reason


@transaction.atomic
def delete_contacts(
    *, contact_ids: Collection[int], by: Membership, at: datetime
) -> list[int]:
    """Move the contacts to the bin; they leave their lists and free their e-mail addresses.

    Return the ids of those that were not in the bin already. Raise NotAllowed, before anything is
    written, if `by` may not delete one of them. Sends contacts_deleted.
    """
    contacts = Contact.objects.saved().filter(pk__in=contact_ids)
    found = _locked(contacts)
    _check(found, by)
    if not found:
        return []
    entries = ListEntry.objects.filter(contact_id__in=found)
    LeftList.objects.filter(contact_id__in=found).delete()
    LeftList.objects.bulk_create(
        (
            LeftList(list_id=list_id, contact_id=contact_id)
            for list_id, contact_id in entries.values_list("list_id", "contact_id")
        ),
        batch_size=5000,
    )
    entries.delete()
    ContactEmail.objects.filter(contact_id__in=found).update(is_live=False)
    Contact.objects.filter(pk__in=found).update(
        deleted_at=at, deleted_by=by, version=F("version") + 1, updated_at=at
    )
    contacts_deleted.send(sender=Contact, contact_ids=found, by=by, at=at)
    return found


@transaction.atomic
def restore_contacts(
    *, contact_ids: Collection[int], by: Membership | None, at: datetime
) -> Restoration:
    """Take the contacts out of the bin, back into the lists they left.

    A contact whose e-mail address, directory person or outside id belongs to another contact by
    now stays where it is, with the reason. `by` is None for jobs, which may restore any. Raise
    NotAllowed, before anything is written, if `by` may not restore one of them. Sends
    contacts_restored.
    """
    found = _locked(Contact.objects.deleted().filter(pk__in=contact_ids))
    if by is not None:
        _check_restorable(found, by)
    refused = _taken(found)
    back = [pk for pk in found if pk not in refused]
    if back:
        Contact.objects.filter(pk__in=back).update(
            deleted_at=None, deleted_by=None, version=F("version") + 1, updated_at=at
        )
        ContactEmail.objects.filter(contact_id__in=back).update(is_live=True)
        _return_to_lists(back, by)
        contacts_restored.send(sender=Contact, contact_ids=back, by=by, at=at)
    return Restoration(restored=back, refused=refused)


def _locked(contacts: QuerySet) -> list[int]:
    """Lock the contacts, always in the same order, and return their ids."""
    rows = contacts.order_by("pk").select_for_update(of=("self",))
    return list(rows.values_list("pk", flat=True))


def _check(found: list[int], by: Membership) -> None:
    allowed = Contact.objects.filter(pk__in=found).deletable_by(by)
    if allowed.count() < len(found):
        raise NotAllowed


def _check_restorable(found: list[int], by: Membership) -> None:
    """Whoever may delete a contact, or did, may restore it."""
    contacts = Contact.objects.filter(pk__in=found)
    allowed = set(contacts.deletable_by(by).values_list("pk", flat=True))
    if by.can("contacts.delete_own"):
        allowed |= set(contacts.filter(deleted_by=by).values_list("pk", flat=True))
    if len(allowed) < len(found):
        raise NotAllowed


def _taken(found: list[int]) -> dict[int, str]:
    """Return the reason for every contact that another one replaced meanwhile, or one of these."""
    reasons = _taken_columns(found)
    rows = ContactEmail.objects.filter(contact_id__in=found).order_by("contact_id")
    binned = list(rows.values_list("contact_id", "email_norm"))
    live = ContactEmail.objects.filter(
        email_norm__in={email for _pk, email in binned}, is_live=True
    )
    holders = dict(live.values_list("email_norm", "contact__name"))
    for pk, email in binned:
        if pk in reasons:
            continue
        if email in holders:
            reasons[pk] = _("%(email)s belongs to %(name)s now.") % {
                "email": email,
                "name": holders[email],
            }
    return _one_each(binned, reasons)


def _one_each(binned: list[tuple[int, str]], reasons: dict[int, str]) -> dict[int, str]:
    """Of several contacts with one address only the first comes back."""
    first: dict[str, int] = {}
    for pk, email in binned:
        if pk not in reasons and first.setdefault(email, pk) != pk:
            reasons[pk] = _("%s belongs to another contact that is restored.") % email
    return reasons


def _taken_columns(found: list[int]) -> dict[int, str]:
    reasons: dict[int, str] = {}
    columns = {
        "external_id": _("Another contact has its ID in another system."),
        "person_id": _("The person was saved again as another contact."),
    }
    for column, reason in columns.items():
        own = Contact.objects.filter(pk__in=found).exclude(**{column: None})
        values = dict(own.order_by("pk").values_list("pk", column))
        used = set(
            Contact.objects.saved()
            .filter(**{f"{column}__in": set(values.values()) - {""}})
            .values_list(column, flat=True)
        )
        for pk, value in values.items():
            if value == "":
                continue
            if value in used:
                reasons.setdefault(pk, reason)
            used.add(value)
    return reasons


def _return_to_lists(back: list[int], by: Membership | None) -> None:
    left = LeftList.objects.filter(contact_id__in=back)
    ListEntry.objects.bulk_create(
        (
            ListEntry(list_id=list_id, contact_id=contact_id, added_by=by)
            for list_id, contact_id in left.values_list("list_id", "contact_id")
        ),
        batch_size=5000,
        ignore_conflicts=True,
    )
    left.delete()
