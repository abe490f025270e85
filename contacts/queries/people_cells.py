"""What stands in the table's columns, made in one pass over the rows of a page."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.utils.html import format_html, format_html_join

from contacts.models import ContactFieldValue, ListEntry
from contacts.queries.people_columns import Column
from contacts.queries.people_rows import Row


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

    One query for lists and one for custom fields, where they are shown.
    """
    contacts = {row.pk: row for row in rows if row.is_contact}
    if any(column.key == "lists" for column in columns):
        _read_lists(contacts)
    custom = {
        column.custom.pk: column for column in columns if column.custom is not None
    }
    if custom and contacts:
        _read_custom(contacts, custom)
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


def _read_custom(contacts: Mapping[int, Row], custom: Mapping[int, Column]) -> None:
    fields: Collection[int] = list(custom)
    values = ContactFieldValue.objects.filter(
        contact__in=list(contacts), field__in=fields
    )
    for value in values:
        column = custom[value.field_id]
        if column.custom is not None:
            shown = column.custom.show(column.custom.read_row(value))
            contacts[value.contact_id].more[column.key] = shown
