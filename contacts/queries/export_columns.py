"""The columns of an exported file (product.md I5): those of the list, or all fields.

What "all fields" writes an import reads back: the headings are those that it recognises.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.queries import account_fields
from contacts.models import Contact, ContactExport, ContactStage
from contacts.queries import countries, filters
from contacts.queries.fields import contact_fields, of_account
from contacts.queries.people_columns import Column, columns_with
from contacts.queries.people_state import PeopleState, parse_state
from contacts.queries.saved_views import opened
from crm.phones import format_phone
from crm.teams.models import Membership
from crm.text import fold
from layouts.kinds.base import CustomValue
from layouts.models import CustomField
from layouts.queries import custom_values

SEPARATOR = "; "
# Of an account what an import fills, too.
ACCOUNT_COLUMNS = ("industry", "headcount", "phone", "city", "region", "country")
# Fields of a contact that are columns of their own kind below.
_OTHERWISE = ("account", "stage", "owner", "lists")
# Headings of "all fields" beside the labels of contact_fields().
HEADINGS: Mapping[str, Any] = {
    "record": gettext_lazy("Rapport ID"),
    "emails": gettext_lazy("E-mails"),
    "phones": gettext_lazy("Phones"),
    "stage": gettext_lazy("Stage"),
    "owner": gettext_lazy("Owner"),
    "lists": gettext_lazy("Lists"),
    "account": gettext_lazy("Account"),
    "domain": gettext_lazy("Company domain"),
    "source": gettext_lazy("Source"),
    "created": gettext_lazy("Created"),
    "activity": gettext_lazy("Last activity"),
}
_SOURCES = dict(Contact.Source.choices)


class Looks(StrEnum):
    """What the cells of a column are in a workbook; in a text file everything is text."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"


@dataclass(slots=True)
class Source:
    """A contact with everything that its cells are made of."""

    row: Any  # of contacts.queries.exporting
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)  # as people write them
    lists: list[str] = field(default_factory=list)
    # field, of contacts or of accounts -> text form
    custom: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ExportColumn:
    """A column of the file: its heading, and the text of each of its cells."""

    heading: str
    cell: Callable[[Source], str]
    looks: Looks = Looks.TEXT
    shown: Column | None = None  # of the list, where a query reads its value
    custom: CustomValue | None = None
    record: str = CustomField.Record.CONTACT  # whose field that is


@dataclass(frozen=True, kw_only=True)
class Names:
    """What ids mean and how times are written, read once for a whole file."""

    stages: Mapping[int, str]
    members: Mapping[int, str]
    zone: tzinfo | None

    def moment(self, value: datetime | None) -> str:
        return f"{value.astimezone(self.zone):%Y-%m-%d %H:%M}" if value else ""


def load_names(zone: tzinfo | None) -> Names:
    """Return the names of the team's stages and members: two queries."""
    members = Membership.objects.values_list("pk", "user__name", "user__email")
    return Names(
        stages=dict(ContactStage.objects.values_list("pk", "name")),
        members={pk: name or email for pk, name, email in members},
        zone=zone,
    )


def shown_keys(state: str, member: Membership) -> list[str]:
    """Return the keys of the columns that a list shows beside the name."""
    params = QueryDict(state)
    parsed: PeopleState = (
        opened(params, member).state() if "view" in params else parse_state(params)
    )
    return list(parsed.shown)


def columns_of(export: ContactExport, names: Names) -> list[ExportColumn]:
    """Return the columns of an export; of custom fields those that are there."""
    if export.columns == ContactExport.Columns.ALL:
        fixed = _all_fields(names)
        return [*fixed, *_custom_columns([column.heading for column in fixed])]
    offered, _missing = filters.for_params(export.keys)
    known = columns_with(offered)
    return _shown(
        [known["name"], *(known[k] for k in export.keys if k in known)], names
    )


def words(heading: str) -> str:
    """Return a heading as it is compared: without case, accents and signs."""
    return re.sub(r"[^a-z0-9]+", " ", fold(heading)).strip()


def custom_mark() -> str:
    """Return what stands behind the name of a custom field that is called like another column."""
    return f" ({_('custom field')})"


def _all_fields(names: Names) -> list[ExportColumn]:
    plain = [one for key, one in contact_fields().items() if key not in _OTHERWISE]
    cells = _cells(names)
    first = ExportColumn(
        heading=str(HEADINGS["record"]), cell=cells["record"], looks=Looks.NUMBER
    )
    return [
        first,
        *(ExportColumn(heading=str(one.label), cell=_of_row(one.key)) for one in plain),
        *(
            ExportColumn(heading=str(label), cell=cells[key], looks=_looks(key))
            for key, label in HEADINGS.items()
            if key != "record"
        ),
        *map(_of_account, ACCOUNT_COLUMNS),
    ]


def _shown(columns: Sequence[Column], names: Names) -> list[ExportColumn]:
    cells, made = _cells(names), list[ExportColumn]()
    for column in columns:
        if column.custom is not None:
            taken = {words(one.heading) for one in made}
            label = str(column.label)
            made.append(_custom_column(column.custom, label, taken, column.record))
        elif column.key in cells and column.of_contact is None:
            heading, cell = str(column.label), cells[column.key]
            made.append(
                ExportColumn(heading=heading, cell=cell, looks=_looks(column.key))
            )
        else:
            made.append(_read_column(column))
    return made


def _cells(names: Names) -> dict[str, Callable[[Source], str]]:
    """Return how the cells of columns are made that are more than a text of the contact."""
    return {
        "record": lambda one: str(one.row.pk),
        "name": _of_row("name"),
        "title": _of_row("title"),
        "emails": lambda one: SEPARATOR.join(one.emails),
        "phones": lambda one: SEPARATOR.join(one.phones),
        "email": _of_row("primary_email"),
        "phone": lambda one: format_phone(one.row.primary_phone),
        "stage": lambda one: names.stages.get(one.row.stage_id, ""),
        "owner": lambda one: names.members.get(one.row.owner_id, ""),
        "lists": lambda one: SEPARATOR.join(one.lists),
        "account": lambda one: one.row.account__name or "",
        "domain": lambda one: one.row.account__domain or "",
        "source": lambda one: str(_SOURCES.get(one.row.source, one.row.source)),
        "created": lambda one: names.moment(one.row.created_at),
        "activity": lambda one: names.moment(one.row.last_activity_at),
        "location": _location,
    }


def _looks(key: str) -> Looks:
    return Looks.MOMENT if key in ("created", "activity") else Looks.TEXT


def _of_row(key: str) -> Callable[[Source], str]:
    if key == "country":
        return lambda one: _country(one.row.country)
    return lambda one: str(getattr(one.row, key))


def _country(code: str) -> str:
    # In English whatever the reader's language is: so an import knows it anywhere.
    return countries.names("en").get(code, code)


def _location(one: Source) -> str:
    parts = (one.row.city, one.row.region, _country(one.row.country))
    return ", ".join(filter(None, parts))


def _read_column(column: Column) -> ExportColumn:
    """Return a column whose value the list reads by an expression."""
    is_number = column.key == "headcount"

    def cell(one: Source) -> str:
        value = getattr(one.row, column.value_name)
        if value in (None, ""):
            return ""
        return str(value) if is_number else str(column.show(value))

    looks = Looks.NUMBER if is_number else Looks.TEXT
    return ExportColumn(heading=str(column.label), cell=cell, looks=looks, shown=column)


def _of_account(key: str) -> ExportColumn:
    """Return the column of a field of the contact's account."""
    field = account_fields()[key]

    def cell(one: Source) -> str:
        value = getattr(one.row, f"account__{key}")
        if value in (None, ""):
            return ""
        return _country(value) if key == "country" else str(field.show(str(value)))

    looks = Looks.NUMBER if key == "headcount" else Looks.TEXT
    return ExportColumn(heading=str(of_account(field.label)), cell=cell, looks=looks)


_CUSTOM_LOOKS = {
    CustomField.Kind.NUMBER: Looks.NUMBER,
    CustomField.Kind.DATE: Looks.DAY,
    CustomField.Kind.MOMENT: Looks.MOMENT,
}


def _custom_columns(taken: Iterable[str]) -> list[ExportColumn]:
    """Return the columns of all custom fields; one that is called like another column says what it is."""
    known, record = {words(heading) for heading in taken}, CustomField.Record
    own = custom_values(record.CONTACT)
    of_accounts = custom_values(record.ACCOUNT)
    return [
        *(_custom_column(v, str(v.label), known, record.CONTACT) for v in own),
        *(
            _custom_column(v, str(of_account(v.label)), known, record.ACCOUNT)
            for v in of_accounts
        ),
    ]


def _custom_column(
    value: CustomValue, label: str, taken: Collection[str], record: str
) -> ExportColumn:
    return ExportColumn(
        heading=f"{label}{custom_mark()}" if words(label) in taken else label,
        cell=_of_custom(value),
        looks=_CUSTOM_LOOKS.get(CustomField.Kind(value.kind), Looks.TEXT),
        custom=value,
        record=record,
    )


def _of_custom(value: CustomValue) -> Callable[[Source], str]:
    def cell(one: Source) -> str:
        text = one.custom.get(value.pk, "")
        return value.cell(text) if text else ""

    return cell
