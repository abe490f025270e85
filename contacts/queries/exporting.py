"""Reading contacts for a file: some thousand at a time, each time with the same few queries."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q

from accounts.models import AccountFieldValue
from contacts.models import (
    Contact,
    ContactEmail,
    ContactExport,
    ContactFieldValue,
    ContactPhone,
    ListEntry,
    Selection,
)
from contacts.queries.export_columns import ACCOUNT_COLUMNS, ExportColumn, Source
from contacts.queries.fields import contact_fields
from crm.pagination import BadCursor, Page, SortKey, keyset_page
from crm.phones import format_phone
from crm.teams.models import Membership
from crm.tenancy.bulk import AnyOf
from layouts.kinds.base import CustomValue
from layouts.models import CustomField
from layouts.queries import texts_of

SIZE = 50
# Of a selection so many contacts are looked at before it is exported.
COUNTED = 10_000
_NEWEST_FIRST = SortKey(field="id", descending=True)
_READ = (
    *("pk", "name", "stage_id", "owner_id", "source", "created_at", "last_activity_at"),
    *("primary_email", "primary_phone"),
    *("account_id", "account__name", "account__domain"),
    *(f"account__{key}" for key in ACCOUNT_COLUMNS),
)
_NOT_READ = ("account", "stage", "owner", "lists")


def rows_of(
    ids: Sequence[int], columns: Sequence[ExportColumn], *, by: Membership
) -> list[list[str]]:
    """Return the cells of those of the contacts that are there and the member may export, by id."""
    sources = {row.pk: Source(row) for row in _contacts(ids, columns, by)}
    found = list(sources)
    if found:
        _read_addresses(sources, found)
        _read_lists(sources, found)
        _read_custom(sources, columns)
    return [[column.cell(one) for column in columns] for one in sources.values()]


def number_there(ids: Sequence[int]) -> int:
    """Return how many of the contacts are not deleted, whoever may export them."""
    return Contact.objects.saved().filter(AnyOf(F("pk"), ids)).count()


def number_exportable(selection: Selection, member: Membership) -> int | None:
    """Return how many of the selected contacts the member may export; None for too many to say."""
    if member.can("contacts.export"):
        return selection.total
    if selection.total > COUNTED:
        return None
    rows = Contact.objects.saved().exportable_by(member)
    return rows.filter(AnyOf(F("pk"), selection.first(COUNTED))).count()


def export_page(member: Membership, *, cursor: str) -> Page:
    """Return exports that the member may see, newest first; the first page for a cursor of nowhere."""
    rows = ContactExport.objects.visible_to(member)
    rows = rows.select_related("job", "created_by__user")
    try:
        return keyset_page(rows, sort=_NEWEST_FIRST, cursor=cursor, size=SIZE)
    except BadCursor:
        return keyset_page(rows, sort=_NEWEST_FIRST, cursor="", size=SIZE)


def exports_with(contact_ids: Sequence[int]) -> list[ContactExport]:
    """Return the exports whose file, or the file to be, may hold one of the contacts."""
    rows = ContactExport.objects.exclude(file_key="")
    holds = Q(selection__parts__ids__overlap=list(contact_ids))
    return list(rows.filter(Q(selection=None) | holds).distinct())


def _contacts(
    ids: Sequence[int], columns: Sequence[ExportColumn], by: Membership
) -> list[Any]:
    rows = Contact.objects.saved().exportable_by(by).filter(AnyOf(F("pk"), ids))
    more = {
        column.shown.value_name: column.shown.of_contact
        for column in columns
        if column.shown is not None
    }
    plain = [key for key in contact_fields() if key not in _NOT_READ]
    read = rows.order_by("pk").annotate(**more)
    return list(read.values_list(*_READ, *plain, *more, named=True))


def _read_addresses(sources: dict[int, Source], ids: Sequence[int]) -> None:
    emails = ContactEmail.objects.filter(AnyOf(F("contact_id"), ids))
    for pk, email in emails.order_by("contact_id", "position", "pk").values_list(
        "contact_id", "email"
    ):
        sources[pk].emails.append(email)
    phones = ContactPhone.objects.filter(AnyOf(F("contact_id"), ids))
    for pk, number, extension in phones.order_by(
        "contact_id", "position", "pk"
    ).values_list("contact_id", "number", "extension"):
        shown = format_phone(number)
        sources[pk].phones.append(f"{shown} ext. {extension}" if extension else shown)


def _read_custom(sources: dict[int, Source], columns: Sequence[ExportColumn]) -> None:
    def shown(record: str) -> list[CustomValue]:
        return [c.custom for c in columns if c.custom and c.record == record]

    own = shown(CustomField.Record.CONTACT)
    for pk, texts in texts_of(ContactFieldValue, list(sources), own).items():
        sources[pk].custom.update(texts)
    accounts = {one.row.account_id for one in sources.values()} - {None}
    of_accounts = shown(CustomField.Record.ACCOUNT)
    found = texts_of(AccountFieldValue, list(accounts), of_accounts)
    for one in sources.values():
        one.custom.update(found.get(one.row.account_id, {}))


def _read_lists(sources: dict[int, Source], ids: Sequence[int]) -> None:
    entries = ListEntry.objects.filter(AnyOf(F("contact_id"), ids))
    for pk, name in entries.order_by("contact_id", "list__name").values_list(
        "contact_id", "list__name"
    ):
        sources[pk].lists.append(name)
