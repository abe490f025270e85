"""Contacts as an import sees them: what is stored, what the file adds, under which keys they are known."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce

from contacts.models import Contact, ContactEmail, ContactFieldValue, ContactPhone
from contacts.queries.linkedin import linkedin_key, linkedin_spellings
from contacts.services.importing.companies import Company
from contacts.services.importing.rows import Key, Row
from crm.tenancy.bulk import AnyOf
from layouts.kinds.base import VALUE_COLUMNS


class Known:
    """A contact that rows of the file are about, stored or new (pk 0 until it is written)."""

    __slots__ = (
        "account_id",
        "added_custom",
        "added_emails",
        "added_phones",
        "binned",
        "changes",
        "company",
        "company_name",
        "custom",
        "emails",
        "first_row",
        "is_frozen",
        "is_new",
        "name_sort",
        "owner_id",
        "phones",
        "pk",
        "primary_email",
        "restored",
        "stage_id",
        "stale_values",
        "values",
        "version",
    )

    def __init__(self, pk: int = 0, *, is_new: bool = True) -> None:
        self.pk = pk
        self.is_new = is_new
        self.binned = False
        self.restored = False
        self.version = 1
        self.values: dict[str, str] = {}
        self.emails: list[str] = []  # normalized, in order
        self.primary_email = ""  # as typed
        self.phones: list[tuple[str, str]] = []
        # field -> (id of the row, the stored columns)
        self.custom: dict[int, tuple[Any, ...]] = {}
        self.account_id: int | None = None
        self.stage_id: int | None = None  # None in a new one: that of all new contacts
        self.owner_id: int | None = None
        self.company: Company | None = None  # to be set
        self.company_name = ""
        self.name_sort = ""
        self.first_row = 0  # of the file, that was about this contact
        self.is_frozen = False  # by the wish to leave existing contacts alone
        self.added_emails: list[tuple[str, str, str]] = []  # typed, normalized, kind
        self.added_phones: list[tuple[str, str, str]] = []  # number, extension, kind
        self.added_custom: dict[int, tuple[Any, ...]] = {}  # place in the mapping
        self.stale_values: list[int] = []  # rows of ContactFieldValue to replace
        self.changes: dict[str, tuple[str, str]] = {}  # what -> (old, new)

    @property
    def is_changed(self) -> bool:
        return bool(
            self.changes or self.added_emails or self.added_phones or self.added_custom
        )

    def known_by(self) -> Iterable[Key]:
        """Return under what the contact is found from now on."""
        if external_id := self.values.get("external_id"):
            yield "id", external_id
        for email in self.emails:
            yield "email", email
        if url := self.values.get("linkedin_url"):
            yield "linkedin", linkedin_key(url)
        if self.name_sort:
            for number, _extension in self.phones:
                yield "phone", number, self.name_sort


def find(rows: Iterable[Row]) -> dict[Key, list[int]]:
    """Return the contacts, also deleted ones, that are known under the rows' keys.

    One that was merged is known as the contact that it became part of.
    """
    wanted: dict[str, set[Key]] = {}
    for row in rows:
        for key in row.keys:
            wanted.setdefault(key[0], set()).add(key)
    found: dict[Key, list[int]] = {}
    for kind, keys in wanted.items():
        for key, pk in _OWNERS[kind](keys):
            if key in keys:
                found.setdefault(key, []).append(pk)
    return found


Owners = Iterator[tuple[Key, int]]
# Whoever is known by a key of a merged contact is the one it became part of.
SURVIVOR = Coalesce("merged_into_id", "pk")
OWNER = Coalesce("contact__merged_into_id", "contact_id")


def _by_record(keys: set[Key]) -> Owners:
    pks = [int(pk) for _kind, pk in keys]
    contacts = Contact.objects.filter(AnyOf(F("pk"), pks))
    for pk, survivor in contacts.values_list("pk", SURVIVOR):
        yield ("record", str(pk)), survivor


def _by_id(keys: set[Key]) -> Owners:
    values = [external_id for _kind, external_id in keys]
    contacts = Contact.objects.filter(AnyOf(F("external_id"), values)).order_by("pk")
    # Apart, because each part has an index of its own.
    for part in (
        contacts.saved().exclude(external_id=""),
        contacts.deleted(),
        contacts.merged(),
    ):
        for external_id, pk in part.values_list("external_id", SURVIVOR):
            yield ("id", external_id), pk


def _by_email(keys: set[Key]) -> Owners:
    values = [email for _kind, email in keys]
    emails = ContactEmail.objects.filter(AnyOf(F("email_norm"), values))
    for is_live in (True, False):
        half = emails.filter(is_live=is_live).order_by("contact_id")
        for email, pk in half.values_list("email_norm", OWNER):
            yield ("email", email), pk


def _by_linkedin(keys: set[Key]) -> Owners:
    spellings = [s for _kind, path in keys for s in linkedin_spellings(path)]
    contacts = Contact.objects.exclude(linkedin_url="").order_by("pk")
    found = contacts.filter(AnyOf(F("linkedin_url"), spellings))
    for url, pk in found.values_list("linkedin_url", SURVIVOR):
        yield ("linkedin", linkedin_key(url)), pk


def _by_phone(keys: set[Key]) -> Owners:
    numbers = list({number for _kind, number, _name in keys})
    phones = ContactPhone.objects.filter(AnyOf(F("number"), numbers))
    owners = phones.order_by("contact_id").values_list(
        "number", "contact__name_sort", OWNER
    )
    for number, name_sort, pk in owners:
        yield ("phone", number, name_sort), pk


_OWNERS: dict[str, Callable[[set[Key]], Owners]] = {
    "record": _by_record,
    "id": _by_id,
    "email": _by_email,
    "linkedin": _by_linkedin,
    "phone": _by_phone,
}


def load(
    pks: Collection[int], *, columns: Sequence[str], field_ids: Collection[int]
) -> dict[int, Known]:
    """Return the contacts with what an import compares: some columns, some fields, all addresses."""
    loaded: dict[int, Known] = {}
    if not pks:
        return loaded
    fixed = ("pk", "version", "deleted_at", "name_sort", "stage_id", "owner_id")
    account = ("account_id", "account__name")
    rows = Contact.objects.filter(AnyOf(F("pk"), pks))
    for pk, version, deleted_at, name_sort, *values in rows.values_list(
        *fixed, *account, *columns
    ):
        known = loaded[pk] = Known(pk, is_new=False)
        known.version, known.binned = version, deleted_at is not None
        known.name_sort = name_sort
        known.stage_id, known.owner_id, known.account_id, company_name = values[:4]
        known.company_name = company_name or ""
        known.values = dict(zip(columns, values[4:], strict=True))
    _load_addresses(loaded)
    if field_ids:
        stored = ContactFieldValue.objects.filter(
            AnyOf(F("contact_id"), loaded), field_id__in=field_ids
        )
        for pk, contact_id, field_id, *value in stored.values_list(
            "pk", "contact_id", "field_id", *VALUE_COLUMNS
        ):
            loaded[contact_id].custom[field_id] = (pk, *value)
    return loaded


def _load_addresses(loaded: dict[int, Known]) -> None:
    emails = ContactEmail.objects.filter(AnyOf(F("contact_id"), loaded))
    for pk, email, typed in emails.order_by("contact_id", "position", "pk").values_list(
        "contact_id", "email_norm", "email"
    ):
        known = loaded[pk]
        known.primary_email = known.primary_email or typed
        known.emails.append(email)
    phones = ContactPhone.objects.filter(AnyOf(F("contact_id"), loaded))
    for pk, number, extension in phones.order_by(
        "contact_id", "position", "pk"
    ).values_list("contact_id", "number", "extension"):
        loaded[pk].phones.append((number, extension))
