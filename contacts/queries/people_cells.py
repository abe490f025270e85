"""What stands in the table's columns, made in one pass over the rows of a page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.html import format_html, format_html_join

from accounts.models import AccountFieldValue
from contacts.models import ContactFieldValue, ListEntry
from contacts.queries.people_columns import Column
from contacts.queries.people_rows import Row
from layouts.models import FieldValue
from layouts.queries import values_of


def _account(row: Row) -> Any:
    if not row.account:
        return ""
    return format_html(
        '<span class="flex items-center gap-2"><span class="avatar-i tint-{} size-5 rounded'
        ' text-[0.625rem]" aria-hidden="true">{}</span><span class="truncate">{}</span></span>',
        row.account_hue, row.account_initial, row.account,
    )  # fmt: skip


def _lists(row: Row) -> Any:
    names = ((name,) for name in row.lists)
    return format_html_join("", '<span class="pill bg-base-300 me-1">{}</span>', names)


_CELLS: Mapping[str, Callable[[Row], Any]] = {
    "title": lambda row: row.title,
    "account": _account,
    "stage": lambda row: row.stage,
    "activity": lambda row: row.activity,
    "email": lambda row: row.email,
    "phone": lambda row: row.phone,
    "location": lambda row: row.location,
    "created": lambda row: row.created,
    "source": lambda row: row.source,
    "lists": _lists,
    "owner": lambda row: row.owner,
}


def fill_cells(rows: Sequence[Row], columns: Sequence[Column]) -> None:
    """Give each row its cells: the class and the content of each column.

    One query for lists and one each for custom fields of contacts and accounts, where they are shown.
    """
    contacts = {row.pk: row for row in rows if row.is_contact}
    if any(column.key == "lists" for column in columns):
        _read_lists(contacts)
    accounts: dict[int, list[Row]] = {}
    for row in contacts.values():
        if row.account_pk:
            accounts.setdefault(row.account_pk, []).append(row)
    own = {pk: [row] for pk, row in contacts.items()}
    _read_custom(ContactFieldValue, own, columns, of_accounts=False)
    _read_custom(AccountFieldValue, accounts, columns, of_accounts=True)
    for row in rows:
        row.cells = [
            (
                column.css,
                _CELLS[column.key](row)
                if column.key in _CELLS
                else row.more.get(column.key, ""),
            )
            for column in columns
        ]


def _read_lists(contacts: Mapping[int, Row]) -> None:
    entries = ListEntry.objects.filter(contact__in=list(contacts))
    named = entries.order_by("list__name").values_list("contact_id", "list__name")
    for contact_id, name in named:
        contacts[contact_id].lists.append(name)


def _read_custom(
    model: type[FieldValue],
    owners: Mapping[int, Sequence[Row]],
    columns: Sequence[Column],
    *,
    of_accounts: bool,
) -> None:
    """Give the rows of each record in a table of values what it has in the columns' fields."""
    fields = {
        column.key: column.custom
        for column in columns
        if column.custom and column.is_of_account is of_accounts
    }
    keys = {field.pk: key for key, field in fields.items()}
    for pk, shown in values_of(model, list(owners), fields.values()).items():
        for row in owners[pk]:
            row.more.update((keys[field], text) for field, text in shown.items())
