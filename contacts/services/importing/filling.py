"""What a row changes on a contact. Blank cells never change anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from contacts.queries.fields import contact_fields
from contacts.queries.linkedin import linkedin_key
from contacts.services.importing.changes import said
from contacts.services.importing.companies import Company
from contacts.services.importing.known import Known
from contacts.services.importing.named import Named
from contacts.services.importing.rows import Key, Row
from crm.phones import format_phone
from crm.text import fold
from layouts.kinds.base import VALUE_COLUMNS, CustomValue

NAMES = ("first_name", "last_name")
_NAMED = ("account", "stage", "owner")  # their changes are names already
MAX_ADDRESSES = 50  # of a kind on one contact, as in the editor


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is the same for every row of an import."""

    overwrites: bool  # also what is there; else only empty fields are filled
    fields: Mapping[int, int]  # place in the mapping -> custom field of contacts
    values: Mapping[int, CustomValue]  # place -> how its values are read and shown
    named: Named
    columns: Sequence[str]  # of contacts, that are read and compared
    account_columns: Sequence[str]  # of accounts, that the file fills
    account_fields: Mapping[int, int]  # the same, of accounts


def new_contact(row: Row, company: Company | None, terms: Terms) -> Known:
    """Return the contact that the row describes."""
    known = Known()
    known.stage_id = row.stage_id or None
    if row.owner_id and _may_own(row, terms.named):
        known.owner_id = row.owner_id
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


def fill(row: Row, known: Known, *, company: Company | None, terms: Terms) -> list[str]:
    """Set what the row says and the contact lacks, or also what differs; return what changed in words."""
    overwrites = terms.overwrites
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
    _fill_stage(row, known, terms)
    _fill_owner(row, known, terms)
    return [
        *(_said(key, old, new) for key, (old, new) in known.changes.items()),
        *_fill_custom(row, known, terms),
    ]


def _said(key: str, old: str, new: str) -> str:
    field = contact_fields()[key]
    if key in _NAMED:
        return said(field.label, old, new)
    return said(field.label, field.show(old), field.show(new))


def _fill_stage(row: Row, known: Known, terms: Terms) -> None:
    """A contact always has a stage, so it is never filled, only overwritten."""
    if not row.stage_id or not terms.overwrites or row.stage_id == known.stage_id:
        return
    names = terms.named.stages
    known.changes["stage"] = (names.get(known.stage_id or 0, ""), names[row.stage_id])
    known.stage_id = row.stage_id


def _fill_owner(row: Row, known: Known, terms: Terms) -> None:
    named, old = terms.named, known.owner_id
    if not row.owner_id or row.owner_id == old or (old and not terms.overwrites):
        return
    if not _may_own(row, named):
        return
    if not named.may_give_away(old):
        text = _("Only %(owner)s and managers give this contact to somebody else")
        row.notes.append(text % {"owner": named.members[old or 0]})
        return
    before = str(named.members[old]) if old else ""
    known.changes["owner"] = (before, str(named.members[row.owner_id]))
    known.owner_id = row.owner_id


def _may_own(row: Row, named: Named) -> bool:
    """Return whether the row's owner may be made one; if not, the row says so."""
    if row.owner_id in named.owners:
        return True
    text = _("%s cannot be made an owner")
    row.notes.append(text % named.members[row.owner_id])
    return False


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


def _fill_custom(row: Row, known: Known, terms: Terms) -> list[str]:
    changed = []
    for place, value in row.custom.items():
        stored = known.custom.get(terms.fields.get(place, 0))
        if stored is not None:
            if not terms.overwrites or stored[1:] == value:
                continue
            known.stale_values.append(stored[0])
        known.added_custom[place] = value
        field = terms.values[place]
        old = _shown(field, stored[1:]) if stored else ""
        changed.append(said(field.label, old, _shown(field, value)))
    return changed


def _shown(field: CustomValue, columns: tuple[Any, ...]) -> str:
    return field.show(field.text(dict(zip(VALUE_COLUMNS, columns, strict=True))))


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
