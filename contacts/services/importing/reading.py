"""Reading a record of the file as what it says about a person: every value checked, every problem noted.

This runs once for every row of every import, so what depends on the mapping alone is worked out
once, and repeated values are cleaned once.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import gettext as _

from contacts.queries.fields import contact_fields
from contacts.queries.linkedin import linkedin_key
from contacts.services.importing import cells, targets
from contacts.services.importing.complaints import left_out, not_of_kind, too_long
from contacts.services.importing.files import MAX_CELL
from contacts.services.importing.rows import Row
from crm.addresses import (
    BadEmail,
    BadPhone,
    normalize_email,
    parse_phone,
)
from crm.conflicts import Refused
from crm.text import fold
from layouts.fields import Field
from layouts.kinds.base import CustomValue
from layouts.kinds.making import values_for
from layouts.models import CustomField

MAX_ADDRESSES = 20  # of each kind from one row
MAX_COMPANY = 200
MAX_ID_DIGITS = 18
_SEPARATORS = re.compile(r"\s*(?::::|[;\n\r]|,(?=[^,]*@))\s*")
_PHONE_SEPARATORS = re.compile(r"\s*(?::::|[;\n\r|])\s*")

Take = Callable[[Row, str], None]


class RowReader:
    """Reads records by a mapping: the target's key for each column."""

    def __init__(
        self,
        *,
        mapping: Sequence[str],
        headings: Sequence[str],
        fields: Mapping[int, CustomValue],
        country: str,
    ) -> None:
        self.width = len(headings)
        self.country = country
        self.padding = [""] * self.width
        self.fields = fields
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
        limit = contact_fields()[column].max_length
        if len(row.values[column]) > limit:
            label = str(contact_fields()[column].label)
            row.refused = too_long(label, row.values[column], limit)

    def _take_for(self, place: int, key: str, heading: str) -> Take:
        """Return what puts a text of the column where it belongs."""
        if key.startswith(targets.EMAIL):
            return _take_email(heading, key.removeprefix(targets.EMAIL))
        if key.startswith(targets.PHONE):
            return self._take_phone(heading, key.removeprefix(targets.PHONE))
        if key.startswith((targets.CUSTOM, targets.NEW)):
            return self._take_custom(place, key, heading)
        if key == targets.COMPANY:
            return _take_company(heading)
        if key == targets.DOMAIN:
            return _take_domain(heading)
        if key == targets.NAME:
            return _take_full_name
        if key == targets.RECORD:
            return _take_record(heading)
        return _take_column(heading, key)

    def _take_phone(self, heading: str, kind: str) -> Take:
        country = self.country

        def take(row: Row, text: str) -> None:
            here = row.values.get("country") or country
            try:
                row.phones.setdefault(parse_phone(text, country=here), kind)
            except BadPhone as bad:
                parts = list(filter(None, _PHONE_SEPARATORS.split(text)))
                if len(parts) > 1:
                    _take_several(take, row, heading, parts)
                else:
                    row.notes.append(f"{heading}: {bad}")

        return take

    def _take_custom(self, place: int, key: str, heading: str) -> Take:
        if key.startswith(targets.NEW):
            field = CustomField(name=heading, kind=key.removeprefix(targets.NEW))
            value = values_for([field])[0]
        else:
            value = self.fields[int(key.removeprefix(targets.CUSTOM))]
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
                    row.custom[place] = found

        return take


def _country_first(column: tuple[int, str]) -> tuple[bool, int]:
    """Phone numbers are read as numbers of the row's country, so that comes before them."""
    place, key = column
    return key != "country", place


def _take_email(heading: str, kind: str) -> Take:
    def take(row: Row, text: str) -> None:
        try:
            row.emails.setdefault(normalize_email(text), (text, kind))
        except BadEmail as bad:
            parts = list(filter(None, _SEPARATORS.split(text)))
            if len(parts) > 1:
                _take_several(take, row, heading, parts)
            else:
                row.notes.append(f"{heading}: {bad}")

    return take


def _take_several(take: Take, row: Row, heading: str, parts: Sequence[str]) -> None:
    for part in parts[:MAX_ADDRESSES]:
        take(row, part)
    if len(parts) > MAX_ADDRESSES:
        row.notes.append(
            _("%(heading)s: only the first %(limit)s of %(found)s are kept")
            % {"heading": heading, "limit": MAX_ADDRESSES, "found": len(parts)}
        )


def _take_company(heading: str) -> Take:
    def take(row: Row, text: str) -> None:
        text = cells.one_line(text)
        if len(text) > MAX_COMPANY:
            row.refused = too_long(heading, text, MAX_COMPANY)
        row.company = text

    return take


def _take_domain(heading: str) -> Take:
    def take(row: Row, text: str) -> None:
        row.domain = cells.domain_of(text)
        if row.domain:
            row.website = text if text.startswith(("http://", "https://")) else ""
        else:
            row.notes.append(
                _("%(heading)s: “%(value)s” is not a web address")
                % {"heading": heading, "value": text[:60]}
            )

    return take


def _take_full_name(row: Row, text: str) -> None:
    row.values[targets.NAME] = cells.one_line(text)


def _take_record(heading: str) -> Take:
    def take(row: Row, text: str) -> None:
        if text.isascii() and text.isdigit() and len(text) <= MAX_ID_DIGITS:
            row.keys.append(("record", str(int(text))))
        else:
            row.notes.append(
                _("%(heading)s: “%(value)s” is not an ID")
                % {"heading": heading, "value": text[:60]}
            )

    return take


def _take_column(heading: str, column: str) -> Take:
    field = contact_fields()[column]
    if type(field) is Field:
        return _take_text(heading, column, field.max_length)

    def take(row: Row, text: str) -> None:
        if len(text) > field.max_length:
            row.refused = too_long(heading, text, field.max_length)
            return
        try:
            row.values[column] = cells.clean_column(column, text)
        except Refused as refused:
            row.notes.append(left_out(heading, text, str(refused).rstrip(".")))

    return take


def _take_text(heading: str, column: str, limit: int) -> Take:
    def take(row: Row, text: str) -> None:
        if "  " in text or not text.isprintable():
            text = cells.one_line(text)
        if len(text) > limit:
            row.refused = too_long(heading, text, limit)
            return
        row.values[column] = text

    return take
