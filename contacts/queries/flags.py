"""What is flagged as inaccurate, and what could be (product.md C13)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactFlag,
    ContactPhone,
)
from contacts.queries.fields import (
    ADDRESS,
    contact_fields,
    label_of,
)
from crm.pagination import BadCursor, Page, SortKey, keyset_page
from crm.phones import format_phone
from layouts.kinds.base import CUSTOM_KEY, CustomValue
from layouts.queries import custom_fields, custom_values, texts_of

# What the team decides itself, or what other systems say: nobody can be wrong about it.
NOT_FLAGGED = {"stage", "owner", "lists", "external_id"}
ADDRESSES = ("email", "phone")
SIZE = 25
OLDEST_FIRST = SortKey(field="flagged_at")
MANY = 99  # more are not counted


class Value(NamedTuple):
    """A value of a contact that can be flagged."""

    key: str
    text: str  # to compare with
    shown: str


class Flag(NamedTuple):
    """An open flag, as the page of its contact shows it."""

    key: str
    value: str
    suggestion: str
    reason: str
    text: str
    flagged_at: datetime
    by_name: str
    by_email: str


FLAG_COLUMNS = [*Flag._fields[:-2], "flagged_by__user__name", "flagged_by__user__email"]


def flags_of(contact: Contact) -> list[Flag]:
    """Return the open flags of the contact; one query."""
    rows = ContactFlag.objects.open().filter(contact=contact)
    return [Flag(*row) for row in rows.values_list(*FLAG_COLUMNS)]


def is_flaggable(key: str) -> bool:
    """Return whether a value with the key can be flagged."""
    if match := ADDRESS.fullmatch(key):
        return not match[2].startswith("new")
    known = key in contact_fields() and key not in NOT_FLAGGED
    return known or key.startswith(CUSTOM_KEY)


def kind_of(key: str) -> str:
    """Return what flags are filtered by: "email" for "email-12"."""
    return key.partition("-")[0] if ADDRESS.fullmatch(key) else key


def email_value(key: str, email: str) -> Value:
    return Value(key, email.strip().lower(), email)


def phone_value(key: str, number: str, extension: str) -> Value:
    shown = format_phone(number)
    if extension:
        shown = f"{shown} ext. {extension}"
    return Value(key, f"{number};{extension}" if extension else number, shown)


def field_values(contact: Contact) -> list[Value]:
    """Return the values of a contact's own columns that are not empty; no query."""
    found = []
    for key, field in contact_fields().items():
        if key in NOT_FLAGGED or not (text := field.read(contact)):
            continue
        is_account = key == "account"
        shown = str(contact.account) if is_account else field.show(text)
        found.append(Value(key, text, shown))
    return found


def own_values(
    contact_ids: Collection[int], fields: Iterable[CustomValue]
) -> dict[int, dict[str, Value]]:
    """Return contact -> key -> value of the team's own fields, in one query."""
    known = {field.pk: field for field in fields}
    texts = texts_of(ContactFieldValue, contact_ids, known.values())
    return {
        contact_id: {
            known[pk].key: Value(known[pk].key, text, known[pk].show(text))
            for pk, text in found.items()
        }
        for contact_id, found in texts.items()
    }


def values_of(contact: Contact) -> dict[str, Value]:
    """Return everything of the contact that can be flagged, by key; at most six queries."""
    emails = ContactEmail.objects.filter(contact=contact).order_by("position", "pk")
    phones = ContactPhone.objects.filter(contact=contact).order_by("position", "pk")
    listed = [
        *field_values(contact),
        *(email_value(f"email-{row.pk}", row.email) for row in emails),
        *(phone_value(f"phone-{r.pk}", r.number, r.extension) for r in phones),
        *own_values([contact.pk], custom_values()).get(contact.pk, {}).values(),
    ]
    return {value.key: value for value in listed}


def current_values(flags: Iterable[ContactFlag]) -> dict[int, Value]:
    """Return what each flagged value is now, by the flag; "" for one that is gone.

    The flags come with contact, account, email and phone. Four queries at most.
    """
    flags = list(flags)
    own: dict[int, dict[str, Value]] = {}
    if any(flag.kind.startswith(CUSTOM_KEY) for flag in flags):
        own = own_values([flag.contact_id for flag in flags], custom_values())
    return {flag.pk: _current(flag, own.get(flag.contact_id, {})) for flag in flags}


def _current(flag: ContactFlag, own: Mapping[str, Value]) -> Value:
    nothing = Value(flag.key, "", "")
    email, phone = flag.email, flag.phone
    if email and email.contact_id == flag.contact_id:
        return email_value(flag.key, email.email)
    if phone and phone.contact_id == flag.contact_id:
        return phone_value(flag.key, phone.number, phone.extension)
    if flag.kind.startswith(CUSTOM_KEY):
        return own.get(flag.key, nothing)
    values = {value.key: value for value in field_values(flag.contact)}
    return values.get(flag.key, nothing)


class Waiting(NamedTuple):
    """A flag that waits for a decision, with the value as it is now."""

    flag: ContactFlag
    label: str
    current: str
    suggestion: str


def review_page(*, reason: str, kind: str, cursor: str) -> Page:
    """Return a page of open flags, oldest first; contact_flag_open serves it. Raise BadCursor."""
    flags = ContactFlag.objects.to_review().select_related(
        "contact__account", "email", "phone", "flagged_by__user"
    )
    if reason:
        flags = flags.filter(reason=reason)
    if kind == CUSTOM_KEY:
        flags = flags.filter(kind__startswith=CUSTOM_KEY)
    elif kind:
        flags = flags.filter(kind=kind)
    try:
        page = keyset_page(flags, sort=OLDEST_FIRST, cursor=cursor, size=SIZE)
    except BadCursor:
        page = keyset_page(flags, sort=OLDEST_FIRST, cursor="", size=SIZE)
    current = current_values(page.rows)
    names = _custom_names(page.rows)
    rows = [
        Waiting(
            flag,
            names.get(flag.key) or label_of(flag.key),
            current[flag.pk].shown,
            suggestion_text(flag.key, flag.suggestion),
        )
        for flag in page.rows
    ]
    return Page(rows=rows, previous=page.previous, next=page.next)


def _custom_names(flags: Iterable[ContactFlag]) -> dict[str, str]:
    if not any(flag.kind.startswith(CUSTOM_KEY) for flag in flags):
        return {}
    return {f"{CUSTOM_KEY}{field.pk}": field.name for field in custom_fields()}


def suggestion_text(key: str, suggestion: str) -> str:
    """Return how people see a suggested value."""
    if key.startswith("phone-"):
        return format_phone(suggestion)
    field = contact_fields().get(key)
    return field.show(suggestion) if field and key != "account" else suggestion


def waiting_flags() -> int:
    """Return how many flags wait for a decision, MANY + 1 for any more."""
    return ContactFlag.objects.to_review()[: MANY + 1].count()


def kinds_to_filter() -> list[tuple[str, str]]:
    """Return the kinds of values that the review is filtered by."""
    fields = [key for key in contact_fields() if key not in NOT_FLAGGED]
    listed = [*ADDRESSES, *fields]
    return [*((key, label_of(key)) for key in listed), (CUSTOM_KEY, _("Custom field"))]
