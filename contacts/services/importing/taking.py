"""What puts a cell of the file where it belongs in a row: a function for each column of the file."""

import re
from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from accounts.queries import account_fields
from contacts.queries.fields import contact_fields
from contacts.services.importing import cells, targets
from contacts.services.importing.complaints import left_out, too_long
from contacts.services.importing.named import Named
from contacts.services.importing.rows import Row
from crm.addresses import BadEmail, BadPhone, normalize_email
from crm.conflicts import Refused
from layouts.fields import Field

Take = Callable[[Row, str], None]
MAX_ADDRESSES = 20  # of each kind from one row
MAX_COMPANY = 200
MAX_ID_DIGITS = 18
_SEPARATORS = re.compile(r":::|[;\n\r]|,(?=[^,]*@)")


def take_email(heading: str, kind: str) -> Take:
    def take(row: Row, text: str) -> None:
        try:
            row.emails.setdefault(normalize_email(text), (text, kind))
        except BadEmail as bad:
            parts = separated(text, _SEPARATORS)
            if len(parts) > 1:
                take_several(take, row, heading, parts)
            else:
                row.notes.append(f"{heading}: {bad}")

    return take


def separated(text: str, separators: re.Pattern[str]) -> list[str]:
    """Return the parts of a cell without the space around them.

    No pattern looks for that space: before none that ends in a separator it would look again and
    again.
    """
    return [part for found in separators.split(text) if (part := found.strip())]


def take_several(take: Take, row: Row, heading: str, parts: Sequence[str]) -> None:
    for part in parts[:MAX_ADDRESSES]:
        take(row, part)
    if len(parts) > MAX_ADDRESSES:
        row.notes.append(
            _("%(heading)s: only the first %(limit)s of %(found)s are kept")
            % {"heading": heading, "limit": MAX_ADDRESSES, "found": len(parts)}
        )


def take_company(heading: str) -> Take:
    def take(row: Row, text: str) -> None:
        text = cells.one_line(text)
        if len(text) > MAX_COMPANY:
            row.refused = too_long(heading, text, MAX_COMPANY)
        row.company = text

    return take


def take_domain(heading: str) -> Take:
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


def take_full_name(_heading: str) -> Take:
    def take(row: Row, text: str) -> None:
        row.values[targets.NAME] = cells.one_line(text)

    return take


def take_record(heading: str) -> Take:
    def take(row: Row, text: str) -> None:
        if text.isascii() and text.isdigit() and len(text) <= MAX_ID_DIGITS:
            row.keys.append(("record", str(int(text))))
        else:
            row.notes.append(
                _("%(heading)s: “%(value)s” is not an ID")
                % {"heading": heading, "value": text[:60]}
            )

    return take


def take_stage(heading: str, named: Named) -> Take:
    def take(row: Row, text: str) -> None:
        row.stage_id = named.stage(text) or 0
        if not row.stage_id:
            row.notes.append(left_out(heading, text, _("There is no such stage")))

    return take


def take_owner(heading: str, named: Named) -> Take:
    def take(row: Row, text: str) -> None:
        found = named.member(text)
        row.owner_id = found or 0
        if found is None:
            row.notes.append(left_out(heading, text, _("There is no such member")))
        elif not found:
            row.notes.append(
                left_out(heading, text, _("Several members are called so"))
            )

    return take


def take_of_account(heading: str, column: str, country: str) -> Take:
    """Return what takes a value of the row's company; `country` is that of phone numbers."""
    limit = account_fields()[column].max_length

    def take(row: Row, text: str) -> None:
        if len(text) > limit:
            row.refused = too_long(heading, text, limit)
            return
        try:
            row.account[column] = cells.clean_of_account(column, text, country)
        except (Refused, BadPhone) as bad:
            row.notes.append(left_out(heading, text, str(bad).rstrip(".")))

    return take


def take_column(heading: str, column: str) -> Take:
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


# Those that only need the heading.
OF_HEADING: dict[str, Callable[[str], Take]] = {
    targets.NAME: take_full_name,
    targets.COMPANY: take_company,
    targets.DOMAIN: take_domain,
    targets.RECORD: take_record,
}
