"""A contact with everything its page shows, in five queries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

from contacts.models import (
    Contact,
    ContactEmail,
    ContactPhone,
    ContactStage,
    ListEntry,
)
from contacts.queries.flags import Flag, flags_of
from crm.teams.models import Membership
from crm.tenancy.bulk import AnyOf

# What only searches need.
UNSHOWN = ("search_text", "account__search_text")


class Email(NamedTuple):
    """An e-mail address of the contact, with what is known of it."""

    pk: int
    email: str
    kind: str
    status: str
    status_at: datetime | None
    status_source: str


class Phone(NamedTuple):
    """A phone number of the contact."""

    pk: int
    number: str
    extension: str
    kind: str


# Read along with the contact: few of each, and each a query less.
_PHONES = (
    ContactPhone.objects.filter(contact=OuterRef("pk"))
    .order_by("position", "pk")
    .values(row=JSONObject(**{name: name for name in Phone._fields}))
)
_LISTS = (
    ListEntry.objects.filter(contact=OuterRef("pk"))
    .order_by("list__name", "pk")
    .values("list__name")
)


class ContactMerged(Exception):
    """The contact became part of another one, whose page is to be shown instead."""

    def __init__(self, survivor_id: int) -> None:
        super().__init__(survivor_id)
        self.survivor_id = survivor_id


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A contact with its addresses and lists, and the stages it may be in."""

    contact: Contact
    emails: Sequence[Email]
    phones: Sequence[Phone]
    lists: Sequence[str]
    flags: Mapping[str, Flag]  # by the key of the value that is flagged
    stages: Sequence[ContactStage]


def still_there(contact_ids: Collection[int]) -> list[int]:
    """Return which of the contacts have a page: those in the bin do, removed ones do not."""
    found = Contact.objects.filter(AnyOf(F("pk"), contact_ids))
    return list(found.values_list("pk", flat=True))


def find_contact(contact_id: int) -> Contact | None:
    """Return the contact, deleted or not, with who added it; None where the team has none."""
    contacts = Contact.objects.filter(pk=contact_id)
    contacts = contacts.select_related("account", "created_by__user")
    return next(iter(contacts.defer(*UNSHOWN)[:1]), None)


def follow_merge(contact: Contact) -> None:
    """Raise ContactMerged if the contact is only read under another address by now."""
    if contact.merged_into_id is not None:
        raise ContactMerged(contact.merged_into_id)


def find_profile(contact_id: int) -> Profile | None:
    """Return the contact, deleted or not, with all of its page; None where the team has none.

    Plain tuples for what comes in rows: models and prefetching would take most of the page's time.
    """
    contacts = (
        Contact.objects.filter(pk=contact_id)
        .select_related("account__stage")
        .annotate(phone_rows=ArraySubquery(_PHONES), list_names=ArraySubquery(_LISTS))
    )
    contact = next(iter(contacts.defer(*UNSHOWN)[:1]), None)
    if contact is None:
        return None
    stages = list(ContactStage.objects.in_order())
    contact.stage = next(stage for stage in stages if stage.pk == contact.stage_id)
    _set_members(contact)
    emails = ContactEmail.objects.filter(contact=contact).order_by("position", "pk")
    return Profile(
        contact=contact,
        emails=[Email(*row) for row in emails.values_list(*Email._fields)],
        phones=[Phone(**row) for row in contact.phone_rows],
        lists=contact.list_names,
        flags={flag.key: flag for flag in flags_of(contact)},
        stages=stages,
    )


def _set_members(contact: Contact) -> None:
    """Give the contact and its account the members they name, in one query for all of them."""
    places: list[tuple[Any, str]] = [
        (contact, "owner"),
        (contact, "created_by"),
        (contact, "deleted_by"),
    ]
    if contact.account:
        places.append((contact.account, "owner"))
    named = {getattr(record, f"{name}_id") for record, name in places} - {None}
    members = Membership.objects.filter(pk__in=named).select_related("user")
    shown = members.only("team_id", "removed_at", "user__name", "user__email")
    found = {member.pk: member for member in shown} if named else {}
    for record, name in places:
        if member := found.get(getattr(record, f"{name}_id")):
            setattr(record, name, member)
