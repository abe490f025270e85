"""What a row changes on a contact. Blank cells never change anything."""

from django.utils.translation import gettext as _

from contacts.queries.fields import contact_fields
from contacts.queries.linkedin import linkedin_key
from contacts.services.importing.companies import Company
from contacts.services.importing.known import Known
from contacts.services.importing.rows import Key, Row
from crm.phones import format_phone
from crm.text import fold

NAMES = ("first_name", "last_name")
MAX_ADDRESSES = 50  # of a kind on one contact, as in the editor


def new_contact(row: Row, company: Company | None) -> Known:
    """Return the contact that the row describes."""
    known = Known()
    known.first_row = row.number
    known.values = row.values
    known.name_sort = row.name_sort
    known.company = company
    known.added_emails = [
        (typed, email, kind) for email, (typed, kind) in row.emails.items()
    ]
    known.emails = list(row.emails)
    known.added_phones = [(*phone, kind) for phone, kind in row.phones.items()]
    known.phones = list(row.phones)
    known.added_custom = row.custom
    if known.added_emails:
        known.primary_email = known.added_emails[0][0]
    return known


def fill(
    row: Row,
    known: Known,
    *,
    company: Company | None,
    fields: dict[int, int],
    overwrites: bool,
) -> list[str]:
    """Set what the row says and the contact lacks, or also what differs; return what changed."""
    before = len(known.changes)
    _fill_names(row, known, overwrites=overwrites)
    for column, value in row.values.items():
        if column in NAMES:
            continue
        old = known.values.get(column, "")
        if old and (not overwrites or _same(column, old, value)):
            continue
        known.changes[column] = (old, value)
        known.values[column] = value
    if company and _is_other(company, known, overwrites=overwrites):
        known.changes["account"] = (known.company_name, company.name)
        known.company, known.company_name = company, company.name
    changed = [str(contact_fields()[key].label) for key in list(known.changes)[before:]]
    return changed + _fill_custom(row, known, fields=fields, overwrites=overwrites)


def _same(column: str, old: str, value: str) -> bool:
    if column == "linkedin_url":
        return linkedin_key(old) == linkedin_key(value)
    return old == value


def _is_other(company: Company, known: Known, *, overwrites: bool) -> bool:
    if known.account_id is None:
        return True
    return overwrites and company.pk != known.account_id


def _fill_names(row: Row, known: Known, *, overwrites: bool) -> None:
    """First and last name are one name: they are never mixed from two people's spellings."""
    first, last = (row.values.get(column, "") for column in NAMES)
    old_first, old_last = (known.values.get(column, "") for column in NAMES)
    is_empty = not old_first and not old_last
    completes = fold(first) == fold(old_first) and not old_last
    if not (first or last) or not (is_empty or completes or overwrites):
        return
    for column, old, value in zip(
        NAMES, (old_first, old_last), (first, last), strict=True
    ):
        if value and value != old:
            known.changes[column] = (old, value)
            known.values[column] = value
    known.name_sort = fold(" ".join(known.values.get(c, "") for c in NAMES))[:201]


def _fill_custom(
    row: Row, known: Known, *, fields: dict[int, int], overwrites: bool
) -> list[str]:
    changed = []
    for place, value in row.custom.items():
        stored = known.custom.get(fields.get(place, 0))
        if stored is not None:
            if not overwrites or stored[1:] == value:
                continue
            known.stale_values.append(stored[0])
        known.added_custom[place] = value
        changed.append(place)
    return [_("Custom fields")] if changed else []


def add_addresses(row: Row, known: Known, live: dict[Key, Known]) -> list[str]:
    """Add the row's e-mails and phones that are not there; return what was added.

    An address that belongs to another contact stays there, and the row says so.
    """
    added = []
    for email, (typed, kind) in row.emails.items():
        owner = live.get(("email", email))
        if owner is known or email in known.emails:
            continue
        if owner is not None:
            row.notes.append(_("%s belongs to another contact") % email)
        elif len(known.emails) >= MAX_ADDRESSES:
            row.notes.append(_("%s is one e-mail too many") % email)
        else:
            known.emails.append(email)
            known.primary_email = known.primary_email or typed
            known.added_emails.append((typed, email, kind))
            added.append(typed)
    for (number, extension), kind in row.phones.items():
        if (number, extension) in known.phones:
            continue
        if len(known.phones) >= MAX_ADDRESSES:
            row.notes.append(
                _("%s is one phone number too many") % format_phone(number)
            )
            continue
        known.phones.append((number, extension))
        known.added_phones.append((number, extension, kind))
        added.append(format_phone(number))
    return added
