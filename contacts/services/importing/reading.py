"""Reading a record of the file as what it says about a person: every value checked, every problem noted.

This runs once for every row of every import, so what depends on the mapping alone is worked out
once, and repeated values are cleaned once.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from contacts.queries.fields import contact_fields
from contacts.queries.linkedin import linkedin_key
from contacts.services.importing import cells, taking, targets
from contacts.services.importing.complaints import not_of_kind, too_long
from contacts.services.importing.files import MAX_CELL
from contacts.services.importing.named import Named
from contacts.services.importing.rows import Row
from contacts.services.importing.taking import Take
from crm.addresses import (
    BadPhone,
    parse_phone,
)
from crm.conflicts import Refused
from crm.text import fold
from layouts.kinds.base import CustomValue

_PHONE_SEPARATORS = re.compile(r":::|[;\n\r|]")


class RowReader:
    """Reads records by a mapping: the target's key for each column."""

    def __init__(
        self,
        *,
        mapping: Sequence[str],
        headings: Sequence[str],
        values: Mapping[int, CustomValue],  # of the places that fill custom fields
        named: Named,
        country: str,
    ) -> None:
        self.width = len(headings)
        self.country = country
        self.padding = [""] * self.width
        self.values = values
        self.named = named
        self.takes: list[tuple[int, str, Take]] = [
            (place, headings[place], self._take_for(place, key, headings[place]))
            for place, key in sorted(enumerate(mapping), key=_country_first)
            if key
        ]

    def read(self, number: int, record: list[str]) -> Row:  # noqa: C901  # the innermost loop of an import
        row = Row(number)
        if len(record) != self.width:
            record = self._fit(row, record)
        blank = True
        for place, heading, take in self.takes:
            text = record[place]
            if not text:
                continue
            if text[0] in " '" or text[-1] == " " or not text.isprintable():
                text = cells.plain(text)
                if not text:
                    continue
            blank = False
            if len(text) > MAX_CELL:
                row.refused = too_long(heading, text, MAX_CELL)
                break
            take(row, text)
        if blank and not row.refused:
            self._note_blank(row, record)
        elif not row.refused:
            self._conclude(row)
        row.own_notes = len(row.notes)
        return row

    def _fit(self, row: Row, record: list[str]) -> list[str]:
        extra = [cell for cell in record[self.width :] if cell.strip()]
        if extra:
            row.refused = _(
                "The row has %(found)s values, but there are %(limit)s headings"
            ) % {"found": len(record), "limit": self.width}
        return (record + self.padding)[: self.width]

    def _note_blank(self, row: Row, record: list[str]) -> None:
        if any(cell.strip() for cell in record):
            row.refused = _("There is no name, e-mail, phone or ID in this row")
        else:
            row.skipped = _("The row is empty")

    def _conclude(self, row: Row) -> None:
        values = row.values
        if (row.account or row.account_custom) and not (row.company or row.domain):
            row.account, row.account_custom = {}, {}
            row.notes.append(
                _("What the row says of a company is left out: it names none")
            )
        if full := values.pop(targets.NAME, ""):
            if not values.get("first_name") and not values.get("last_name"):
                values["first_name"], values["last_name"] = cells.split_name(full)
            self._check_length(row, "first_name")
            self._check_length(row, "last_name")
        name = f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()
        row.name_sort = fold(name)[:201]
        external_id = values.get("external_id")
        if not (name or row.emails or row.phones or external_id or row.keys):
            nobody = _("There is no name, e-mail, phone or ID in this row")
            row.refused = row.refused or nobody
            return
        if external_id:
            row.keys.append(("id", external_id))
        row.keys += [("email", email) for email in row.emails]
        if url := values.get("linkedin_url"):
            row.keys.append(("linkedin", linkedin_key(url)))
        if name:
            row.keys += [
                ("phone", number, row.name_sort) for number, _ext in row.phones
            ]

    def _check_length(self, row: Row, column: str) -> None:
        text, limit = row.values.get(column, ""), contact_fields()[column].max_length
        if len(text) > limit:
            row.refused = too_long(str(contact_fields()[column].label), text, limit)

    def _take_for(self, place: int, key: str, heading: str) -> Take:
        """Return what puts a text of the column where it belongs."""
        if key.startswith(targets.EMAIL):
            return taking.take_email(heading, key.removeprefix(targets.EMAIL))
        if key.startswith(targets.PHONE):
            return self._take_phone(heading, key.removeprefix(targets.PHONE))
        if key.startswith((targets.CUSTOM, targets.NEW, targets.ACCOUNT_CUSTOM)):
            is_of_account = key.startswith(targets.ACCOUNT_CUSTOM)
            into = _account_custom if is_of_account else _custom
            return self._take_custom(self.values[place], place, heading, into)
        if key.startswith(targets.ACCOUNT):
            column = key.removeprefix(targets.ACCOUNT)
            return taking.take_of_account(heading, column, self.country)
        if of_heading := taking.OF_HEADING.get(key):
            return of_heading(heading)
        if key == targets.STAGE:
            return taking.take_stage(heading, self.named)
        if key == targets.OWNER:
            return taking.take_owner(heading, self.named)
        return taking.take_column(heading, key)

    def _take_phone(self, heading: str, kind: str) -> Take:
        country = self.country

        def take(row: Row, text: str) -> None:
            here = row.values.get("country") or country
            try:
                row.phones.setdefault(parse_phone(text, country=here), kind)
            except BadPhone as bad:
                parts = taking.separated(text, _PHONE_SEPARATORS)
                if len(parts) > 1:
                    taking.take_several(take, row, heading, parts)
                else:
                    row.notes.append(f"{heading}: {bad}")

        return take

    def _take_custom(
        self,
        value: CustomValue,
        place: int,
        heading: str,
        into: Callable[[Row], dict[int, Any]],
    ) -> Take:
        parse = cells.custom_parser(value, country=self.country)
        limit = value.max_length

        def take(row: Row, text: str) -> None:
            if len(text) > limit:
                row.refused = too_long(heading, text, limit)
                return
            try:
                found = parse(text)
            except Refused as refused:
                row.notes.append(not_of_kind(heading, text, value.kind, refused))
            else:
                if found:
                    into(row)[place] = found

        return take


def _custom(row: Row) -> dict[int, Any]:
    return row.custom


def _account_custom(row: Row) -> dict[int, Any]:
    return row.account_custom


def _country_first(column: tuple[int, str]) -> tuple[bool, int]:
    """Phone numbers are read as numbers of the row's country, so that comes before them."""
    place, key = column
    return key != "country", place
