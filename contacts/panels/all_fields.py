"""The All fields tab: every field of the contact or of its account, by group."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.utils.translation import gettext as _

from accounts import queries as account_queries
from accounts.panels import AccountRows
from contacts.models import Contact
from contacts.panels.rows import FIELDS, ContactRows
from contacts.queries import fields as contact_queries
from contacts.queries.fields import contact_fields
from crm.text import fold
from layouts.kinds.base import CUSTOM, CustomValue
from layouts.queries import custom_values
from layouts.registry import Visit
from layouts.rows import Row

PEOPLE, COMPANY = "people", "company"


@dataclass(kw_only=True)
class Group:
    """Fields that belong together."""

    key: str
    title: Any
    rows: list[Row] = field(default_factory=list)


def all_fields(visit: Visit) -> dict[str, Any]:
    """Return what templates/contacts/contact_fields.html shows: at most two queries.

    The address says which record (`of`), which group, and what the names contain (`find`).
    """
    contact: Contact = visit.record
    of = COMPANY if visit.params.get("of") == COMPANY and contact.account else PEOPLE
    groups = company_groups(visit) if of == COMPANY else people_groups(visit)
    find = visit.params.get("find", "")[:100].replace("\x00", "")
    matching = [
        Group(key=group.key, title=group.title, rows=rows)
        for group in groups
        if (rows := [row for row in group.rows if fold(find) in fold(str(row.label))])
    ]
    chosen = visit.params.get("group", "")
    if chosen not in {group.key for group in groups}:
        chosen = ""
    offered = [group for group in groups if group.rows]
    total = sum(len(group.rows) for group in groups)
    pills = [("", _("All groups"), total)]
    pills += [(group.key, group.title, len(group.rows)) for group in offered]
    return {
        "is_company": of == COMPANY,
        "has_company": contact.account is not None,
        "find": find,
        "total": total,
        "groups": [group for group in matching if chosen in ("", group.key)],
        "pills": [
            {
                "title": title,
                "count": count,
                "is_current": key == chosen,
                "url": _url(visit, of=of, group=key, find=find),
            }
            for key, title, count in pills
        ],
        "people_url_of": _url(visit, find=find),
        "company_url_of": _url(visit, of=COMPANY, find=find),
        "all_url": _url(visit, of=of),
        "carried": [*parse_qsl(visit.list_query), ("of", of), ("group", chosen)],
    }


def _url(visit: Visit, **params: str) -> str:
    """Return the address of this tab with the list's state and these parameters."""
    usual = {"of": PEOPLE}
    said = {
        name: value
        for name, value in params.items()
        if value and usual.get(name) != value
    }
    return "?" + "&".join(filter(None, [visit.list_query, urlencode(said)]))


def people_groups(visit: Visit) -> list[Group]:
    groups = {
        key: Group(key=key, title=title)
        for key, title in contact_queries.GROUPS.items()
    }
    rows = ContactRows(visit, place=FIELDS)
    for key, entry in contact_fields().items():
        if row := rows.row(key):
            groups[entry.group].rows.append(row)
    groups[contact_queries.CONTACT].rows += [*rows.emails(), *rows.phones()]
    groups[contact_queries.LOCATION].rows.append(rows.local_time())
    groups[contact_queries.CRM].rows += [
        rows.last_activity(),
        rows.source(),
        rows.created(),
    ]
    own = custom_rows(rows)
    return [*groups.values(), *_sort_in(groups[CUSTOM], own)]


def _sort_in(usual: Group, rows: list[tuple[CustomValue, Row]]) -> list[Group]:
    """Add the rows without a group of the team's to the usual one; return the others in theirs."""
    own: dict[str, Group] = {}
    for value, row in rows:
        group = usual
        if value.section:
            name = fold(value.section)
            key = f"{CUSTOM}-{len(own) + 1}"
            group = own.setdefault(name, Group(key=key, title=value.section))
        group.rows.append(row)
    return list(own.values())


def custom_rows(rows: ContactRows) -> list[tuple[CustomValue, Row]]:
    """Return the rows of the fields that the team added: at most four queries."""
    listed = custom_values()
    if not listed:
        return []
    stored = {row.field_id: row for row in rows.contact.field_values.all()}
    return [
        (value, rows.custom(value, value.read_row(stored.get(value.pk))))
        for value in listed
    ]


def company_groups(visit: Visit) -> list[Group]:
    groups = {
        key: Group(key=key, title=title)
        for key, title in account_queries.GROUPS.items()
    }
    rows = AccountRows(
        visit.record.account,
        by=visit.member,
        can_edit=not visit.record.is_deleted,
    )
    for key, entry in account_queries.account_fields().items():
        groups[entry.group].rows.append(rows.row(key))
    own = [
        (value, rows.custom(value, text))
        for value, text in account_queries.account_values(visit.record.account)
    ]
    return [*groups.values(), *_sort_in(groups[CUSTOM], own)]
