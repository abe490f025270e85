"""Contacts side by side before they are merged: what differs, what is united, what moves."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contacts import belongings
from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactPhone,
    ListEntry,
)
from contacts.queries.fields import contact_fields
from contacts.queries.profile import UNSHOWN
from crm.phones import format_phone
from crm.teams.models import Membership
from layouts.fields import Field, ReferenceField
from layouts.queries import custom_values

MAX_CONTACTS = 5  # side by side


@dataclass(frozen=True, kw_only=True)
class Option:
    """What one of the contacts has in a field."""

    contact: Contact
    text: str  # as people read it, "" for nothing
    stored: str  # in its text form
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A field of which at least one of the contacts has a value."""

    key: str
    label: Any
    options: Sequence[Option]

    @property
    def differs(self) -> bool:
        return len({option.stored for option in self.options}) > 1

    @property
    def chosen(self) -> Option:
        return next(option for option in self.options if option.is_chosen)


@dataclass(frozen=True, kw_only=True)
class Address:
    """An e-mail address or phone number that the merged contact has."""

    value: str  # normalized
    text: str
    label: Any
    is_primary: bool


@dataclass(frozen=True, kw_only=True)
class Review:
    """Everything that the page of a merge shows."""

    contacts: Sequence[Contact]  # the one that is kept comes first
    choices: Sequence[Choice]
    emails: Sequence[Address]
    phones: Sequence[Address]
    lists: Sequence[str]
    moves: Sequence[str]  # "12 activities"
    blocked: Sequence[Contact]  # those that the member may not merge into another one

    @property
    def keep(self) -> Contact:
        return self.contacts[0]

    @property
    def absorbed(self) -> Sequence[Contact]:
        return self.contacts[1:]

    @property
    def open(self) -> list[Choice]:
        """The fields to choose in."""
        return [choice for choice in self.choices if choice.differs]

    @property
    def same(self) -> list[Choice]:
        return [choice for choice in self.choices if not choice.differs]


def contacts_to_merge(
    ids: Collection[int], *, more: Collection[int] = ()
) -> list[Contact]:
    """Return the contacts, those that were merged replaced by what they became part of.

    None at all where one of `ids` is no contact of the team; what is none of `more` is left out.
    """
    rows = Contact.objects.select_related("account", "stage", "owner__user")
    rows = rows.defer(*UNSHOWN)
    wanted = dict.fromkeys([*ids, *more])
    found = {row.pk: row for row in rows.filter(pk__in=list(wanted)[:MAX_CONTACTS])}
    if not found.keys() >= set(ids):
        return []
    missing = {row.merged_into_id for row in found.values() if row.is_merged}
    missing -= found.keys()
    found |= {row.pk: row for row in rows.filter(pk__in=missing)} if missing else {}
    ordered = sorted(found.values(), key=lambda row: row.pk)
    return [row for row in ordered if not row.is_merged]


def suggest_survivor(contacts: Sequence[Contact], member: Membership) -> Contact:
    """Return the contact to keep: the one that says more, else the older one.

    One in the bin is not kept, and none before one that the member may not delete.
    """

    def rank(contact: Contact) -> tuple[bool, bool, int, datetime, int]:
        filled = sum(bool(field.read(contact)) for _key, field in plain_fields())
        filled += bool(contact.primary_email) + bool(contact.primary_phone)
        may_go = contact.is_deletable_by(member)
        return contact.is_deleted, may_go, -filled, contact.created_at, contact.pk

    return min(contacts, key=rank)


def plain_fields() -> Iterator[tuple[str, Field]]:
    """Yield the fields of a contact that are no rows of their own, with their keys."""
    for key, field in contact_fields().items():
        if key != "lists":
            yield key, field


def review(
    contacts: Sequence[Contact],
    *,
    keep: Contact,
    chosen: Mapping[str, str],
    member: Membership,
) -> Review:
    """Return the contacts side by side; `chosen` is what a form sent: key -> id of a contact.

    Where nothing was sent, the kept contact's value is chosen, and another's where it has none.
    Eight queries and one for each entry of contacts.belongings that counts.
    """
    ordered = [keep, *(contact for contact in contacts if contact != keep)]
    ids = [contact.pk for contact in ordered]
    rest = ids[1:]
    return Review(
        contacts=ordered,
        choices=[
            *_plain_choices(ordered, chosen),
            *_custom_choices(ordered, chosen),
        ],
        emails=_emails(ids, str(chosen.get("primary-email", ""))),
        phones=_phones(ids, str(chosen.get("primary-phone", ""))),
        lists=_lists(ids),
        moves=belongings.what_moves(keep.pk, rest),
        blocked=[one for one in ordered[1:] if not one.is_deletable_by(member)],
    )


def default_choices(contacts: Sequence[Contact], *, keep: Contact) -> dict[str, int]:
    """Return what is chosen before anybody chooses: key of a field -> id of the contact."""
    ordered = [keep, *(contact for contact in contacts if contact != keep)]
    choices = [*_plain_choices(ordered, {}), *_custom_choices(ordered, {})]
    return {choice.key: choice.chosen.contact.pk for choice in choices}


def _plain_choices(
    contacts: Sequence[Contact], chosen: Mapping[str, str]
) -> Iterator[Choice]:
    for key, field in plain_fields():
        values = [(field.read(row), _shown(field, row)) for row in contacts]
        if choice := _choice(key, field.label, contacts, values, chosen):
            yield choice


def _shown(field: Field, contact: Contact) -> str:
    if isinstance(field, ReferenceField):
        row = getattr(contact, field.key)
        return str(row) if row else ""
    return field.show(field.read(contact))


def _custom_choices(
    contacts: Sequence[Contact], chosen: Mapping[str, str]
) -> Iterator[Choice]:
    rows = ContactFieldValue.objects.filter(contact__in=contacts)
    stored = {(row.field_id, row.contact_id): row for row in rows}
    if not stored:
        return
    for field in custom_values():
        texts = [field.read_row(stored.get((field.pk, one.pk))) for one in contacts]
        values = [(text, field.show(text)) for text in texts]
        if choice := _choice(field.key, field.label, contacts, values, chosen):
            yield choice


def _choice(
    key: str,
    label: Any,
    contacts: Sequence[Contact],
    values: Sequence[tuple[str, str]],
    chosen: Mapping[str, str],
) -> Choice | None:
    if not any(stored for stored, _text in values):
        return None
    filled = next(place for place, (stored, _text) in enumerate(values) if stored)
    wanted = [
        place for place, one in enumerate(contacts) if str(one.pk) == chosen.get(key)
    ]
    place = wanted[0] if wanted else filled
    options = [
        Option(contact=one, text=text, stored=stored, is_chosen=number == place)
        for number, (one, (stored, text)) in enumerate(
            zip(contacts, values, strict=True)
        )
    ]
    return Choice(key=key, label=label, options=options)


def email_value(row: ContactEmail) -> str:
    """Return what two rows of the same address have in common."""
    return row.email_norm


def phone_value(row: ContactPhone) -> str:
    """Return what two rows of the same number have in common."""
    return f"{row.number}x{row.extension}" if row.extension else row.number


def _emails(ids: Sequence[int], primary: str) -> list[Address]:
    rows = _united(ContactEmail, ids, email_value)
    listed = [(email_value(row), row.email, row.get_kind_display()) for row in rows]
    return _addresses(listed, primary)


def _phones(ids: Sequence[int], primary: str) -> list[Address]:
    listed = []
    for row in _united(ContactPhone, ids, phone_value):
        extension = f" ext. {row.extension}" if row.extension else ""
        text = format_phone(row.number) + extension
        listed.append((phone_value(row), text, row.get_kind_display()))
    return _addresses(listed, primary)


def _united(
    model: Any, ids: Sequence[int], value_of: Callable[[Any], str]
) -> list[Any]:
    """Return the rows of all the contacts in their order, each value once."""
    rows = model.objects.filter(contact__in=ids).order_by("position", "pk")
    ordered = sorted(rows, key=lambda row: ids.index(row.contact_id))
    first: dict[str, Any] = {}
    for row in ordered:
        first.setdefault(value_of(row), row)
    return list(first.values())


def _addresses(listed: Sequence[tuple[str, str, Any]], primary: str) -> list[Address]:
    values = [value for value, _text, _label in listed]
    chosen = primary if primary in values else next(iter(values), "")
    return [
        Address(value=value, text=text, label=label, is_primary=value == chosen)
        for value, text, label in listed
    ]


def _lists(ids: Sequence[int]) -> list[str]:
    entries = ListEntry.objects.filter(contact__in=ids).order_by("list__name")
    return list(entries.values_list("list__name", flat=True).distinct())
