"""Making one contact of several: in one transaction, or not at all (product.md C14)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from contacts import belongings
from contacts.belongings import Union
from contacts.models import Contact, ContactEmail, ContactPhone
from contacts.queries.fields import contact_fields
from contacts.queries.merging import email_value, phone_value
from contacts.services import indexing
from contacts.services.deletion import NotAllowed, hold_merged_persons
from contacts.services.purging import MERGED
from contacts.signals import contacts_merged
from crm.conflicts import Refused
from crm.history.services.recording import recording
from crm.teams.models import Membership
from layouts.kinds.base import CUSTOM_KEY


class CannotMerge(Exception):
    """One of the contacts is gone, is in the bin where it cannot be, or is there twice."""


class ChangedMeanwhile(Exception):
    """Somebody changed these contacts since they were shown; nothing was written."""

    def __init__(self, contacts: Sequence[Contact]) -> None:
        super().__init__(", ".join(contact.name for contact in contacts))
        self.contacts = contacts


@dataclass(frozen=True, kw_only=True)
class MergePlan:
    """What a person decided about the contacts that were shown side by side."""

    keep_id: int
    absorbed_ids: Sequence[int]
    versions: Mapping[int, int]  # contact -> the version that was shown
    # key of a field -> the contact whose value is kept; left out: that of the kept contact
    choices: Mapping[str, int] = field(default_factory=dict)
    # As contacts.queries.merging tells addresses apart; "" for that of the kept contact.
    primary_email: str = ""
    primary_phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Merged:
    """The contact that is kept, and the act that can be undone."""

    contact: Contact
    change_set_id: int | None


def merge_contacts(*, plan: MergePlan, by: Membership, at: datetime) -> Merged:
    """Move everything of the absorbed contacts to the kept one, as one act that can be undone.

    The absorbed ones leave the saved contacts and lead to the kept one; what they have that it has
    too stays with them. Raise NotAllowed, CannotMerge, ChangedMeanwhile or Refused; then nothing is
    written. Sends contacts_merged.
    """
    absorbed = Contact.objects.filter(pk__in=plan.absorbed_ids).order_by("pk")
    names = ", ".join(absorbed.values_list("name", flat=True))
    with (
        transaction.atomic(),
        recording(MERGED, by=by, at=at, via=names) as act,
    ):
        keep = _merge(plan, by=by, at=at)
    return Merged(contact=keep, change_set_id=act.change_set_id)


def _merge(plan: MergePlan, *, by: Membership, at: datetime) -> Contact:
    contacts = _locked(plan, by)
    keep = contacts[plan.keep_id]
    absorbed = [contacts[pk] for pk in plan.absorbed_ids]
    was_deleted = {row.pk for row in absorbed if row.is_deleted}
    columns = _choose(keep, contacts, plan.choices, by)
    Contact.objects.filter(pk__in=plan.absorbed_ids).update(
        merged_into=keep,
        deleted_at=at,
        deleted_by=by,
        last_activity_at=None,
        version=F("version") + 1,
        updated_at=at,
    )
    for absorb in absorbed:
        union = Union(
            keep=keep,
            absorb=absorb,
            was_deleted=absorb.pk in was_deleted,
            chosen=[key for key, pk in plan.choices.items() if pk == absorb.pk],
        )
        for belonging in belongings.registered():
            belonging.move(union)
    _order(ContactEmail, keep, email_value, plan.primary_email)
    _order(ContactPhone, keep, phone_value, plan.primary_phone)
    _save(keep, absorbed, columns)
    hold_merged_persons([keep.pk])
    contacts_merged.send(sender=Contact, keep=keep, absorbed=absorbed, by=by, at=at)
    return keep


def _locked(plan: MergePlan, by: Membership) -> dict[int, Contact]:
    """Lock the contacts, always in the same order; raise for whatever forbids the merge."""
    wanted = {plan.keep_id, *plan.absorbed_ids}
    rows = Contact.objects.filter(pk__in=wanted).select_related("account", "owner")
    locked = rows.order_by("pk").select_for_update(of=("self",))
    contacts = {contact.pk: contact for contact in locked}
    keep = contacts.get(plan.keep_id)
    if (
        len(contacts) < len(plan.absorbed_ids) + 1
        or len(contacts) < 2
        or keep is None
        or keep.is_deleted
        or any(contact.is_merged for contact in contacts.values())
    ):
        raise CannotMerge
    absorbed = Contact.objects.filter(pk__in=plan.absorbed_ids)
    if not by.can("contacts.merge") or (
        absorbed.deletable_by(by).count() < len(plan.absorbed_ids)
    ):
        raise NotAllowed
    changed = [
        contact
        for pk, contact in contacts.items()
        if plan.versions.get(pk) != contact.version
    ]
    if changed:
        raise ChangedMeanwhile(changed)
    return contacts


def _choose(
    keep: Contact,
    contacts: Mapping[int, Contact],
    choices: Mapping[str, int],
    by: Membership,
) -> set[str]:
    """Set the chosen values on the kept contact; return the fields that changed."""
    fields = contact_fields()
    columns = set()
    for key, pk in choices.items():
        if key.startswith(CUSTOM_KEY) or key == "lists" or pk == keep.pk:
            continue
        if key not in fields or pk not in contacts:
            raise CannotMerge
        text = fields[key].read(contacts[pk])
        if text == fields[key].read(keep):
            continue
        if key == "owner" and not keep.is_reassignable_by(by):
            message = _(
                "Only %(owner)s and managers give this contact to somebody else."
            )
            raise Refused(message % {"owner": keep.owner}, key=key)
        fields[key].write(keep, text)
        columns.add(key)
    return columns


def _order(
    model: Any, keep: Contact, value_of: Callable[[Any], str], primary: str
) -> None:
    """Number the addresses anew: the primary one, those that were there, those that came."""
    rows = list(model.objects.filter(contact=keep).order_by("position", "pk"))
    rows.sort(key=lambda row: value_of(row) != primary)
    for position, row in enumerate(rows):
        row.position = position
    model.objects.bulk_update(rows, ["position"])


def _save(keep: Contact, absorbed: Sequence[Contact], columns: set[str]) -> None:
    """Save the kept contact with what it has of the others and the columns for searches."""
    everybody = [keep, *absorbed]
    keep.person_id = keep.person_id or _free_person(absorbed)
    moments = [c.last_activity_at for c in everybody if c.last_activity_at]
    keep.last_activity_at = max(moments, default=None)
    indexing.index_contact(keep)
    keep.name = keep.name[:201]
    keep.version += 1
    derived = ["person", "last_activity_at", "version", "updated_at"]
    try:
        with transaction.atomic():
            keep.save(update_fields=[*columns, *indexing.INDEXED, *derived])
    except IntegrityError:
        # Of these columns only the id in another system is unique and not looked up before.
        message = _("Another contact has this ID.")
        raise Refused(message, key="external_id") from None


def _free_person(absorbed: Sequence[Contact]) -> int | None:
    """Return the person of the directory whom one of them was, unless a third contact is them now."""
    persons = [contact.person_id for contact in absorbed if contact.person_id]
    saved = Contact.objects.saved().filter(person__in=persons)
    taken = set(saved.values_list("person_id", flat=True))
    return next((person for person in persons if person not in taken), None)
