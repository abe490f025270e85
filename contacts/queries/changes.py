"""What changed on contacts, from the rows of the history to what people read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db.models import CharField, F, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext

from accounts.models import Account
from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactFlag,
    ContactList,
    ContactPhone,
    ContactStage,
    ListEntry,
)
from contacts.queries.fields import ROW_LABELS, contact_fields, label_of
from contacts.queries.flags import suggestion_text
from crm.conflicts import Change as LastChange
from crm.history.models import Change
from crm.history.registry import Line
from crm.phones import format_phone
from crm.teams.models import Membership
from layouts.kinds.recorded import value_lines

LATEST = 200  # changes of a contact among which that of a value is looked for
# Keys of values that are other rows of the team -> where their names are.
NAMED = ("stage", "owner", "account", "lists")


class Said(NamedTuple):
    """One value that changed, by what is stored."""

    key: str
    old: Any
    new: Any


def describe_contacts(changes: Sequence[Change]) -> Mapping[int, Sequence[Line]]:
    """Return the values that each change was about, as people read them.

    One query for the names of stages, owners, accounts and lists, and those of custom fields; none
    where there are none.
    """
    said = {change.pk: list(_said(change)) for change in changes}
    names = _names(said.values())
    values = value_lines(changes, ContactFieldValue)
    flags = {change.pk: [_flag_line(change)] for change in changes if _is_flag(change)}
    return {
        pk: [
            *(_line(entry, names) for entry in entries),
            *([values[pk]] if pk in values else []),
            *(flags.get(pk, ())),
        ]
        for pk, entries in said.items()
    }


def last_changes(contact_id: int, keys: Collection[str]) -> dict[str, LastChange]:
    """Return who changed these values of the contact last, as its latest changes tell."""
    rows = list(
        Change.objects.of_record("contact", contact_id)
        .select_related("change_set__by__user")
        .order_by("-at", "-pk")[:LATEST]
    )
    values = value_lines(rows, ContactFieldValue)
    found: dict[str, LastChange] = {}
    for change in rows:
        by = change.change_set.by
        who = LastChange(by=str(by) if by else "", at=change.at)
        told = [entry.key for entry in _said(change)]
        told += [values[change.pk].key] if change.pk in values else []
        for name in told:
            for key in (name, f"{name}-{change.row_id}"):
                if key in keys:
                    found.setdefault(key, who)
    return found


def _said(change: Change) -> Iterable[Said]:
    old, new = change.old or {}, change.new or {}
    table = change.source
    if table == Contact._meta.db_table:
        columns = _columns()
        for column in new:
            if key := columns.get(column):
                yield Said(key, old.get(column), new[column])
    elif table == ContactEmail._meta.db_table and {"email"} & {*old, *new}:
        yield Said("email", old.get("email"), new.get("email"))
    elif table == ContactPhone._meta.db_table and {"number"} & {*old, *new}:
        yield Said("phone", old.get("number"), new.get("number"))
    elif table == ListEntry._meta.db_table:
        yield Said("lists", old.get("list_id"), new.get("list_id"))


@cache
def _columns() -> Mapping[str, str]:
    """Return the columns of contacts that fields are kept in, with the fields' keys."""
    return {
        str(getattr(Contact._meta.get_field(name), "column", "")): key
        for key, field in contact_fields().items()
        for name in field.columns
        if key != "lists"
    }


def _is_flag(change: Change) -> bool:
    """Whether a value was flagged: that it was decided about the act says."""
    is_flag = change.source == ContactFlag._meta.db_table
    return is_flag and change.op == Change.Op.INSERT and bool(change.new)


def _flag_line(change: Change) -> Line:
    flag = change.new or {}
    known = flag["reason"] in ContactFlag.Reason.values and not flag["text"]
    why = str(ContactFlag.Reason(flag["reason"]).label) if known else flag["text"]
    if flag["suggestion"]:
        right = suggestion_text(flag["key"], flag["suggestion"])
        why = gettext("%(why)s. Should be: %(right)s") % {"why": why, "right": right}
    return Line(f"flag-{flag['key']}", label_of(flag["key"]), flag["shown"], why)


def _line(entry: Said, names: Mapping[tuple[str, str], str]) -> Line:
    texts = [_text(entry.key, value, names) for value in (entry.old, entry.new)]
    return Line(entry.key, label_of(entry.key), *texts)


def _text(key: str, value: Any, names: Mapping[tuple[str, str], str]) -> str:
    if value in (None, ""):
        return ""
    if key in NAMED:
        return names.get((key, str(value)), "…")
    if key == "phone":
        return format_phone(str(value))
    if key in ROW_LABELS:
        return str(value)
    return str(contact_fields()[key].show(str(value)))


def _names(said: Iterable[Sequence[Said]]) -> dict[tuple[str, str], str]:
    """Return the names of the rows that values refer to, by key and id: one query."""
    ids: dict[str, set[Any]] = {}
    for entries in said:
        for entry in entries:
            if entry.key in NAMED:
                ids.setdefault(entry.key, set()).update({entry.old, entry.new} - {None})
    parts = [_rows_of(key, pks) for key, pks in ids.items() if pks]
    if not parts:
        return {}
    found = parts[0].union(*parts[1:], all=True)
    return {(key, str(pk)): name for key, pk, name in found}


def _rows_of(key: str, pks: Collection[int]) -> Any:
    name: Any = F("name")
    rows: Any = {"stage": ContactStage, "account": Account, "lists": ContactList}.get(
        key
    )
    if rows is None:
        rows = Membership
        name = Coalesce(
            NullIf("user__name", Value("")), "user__email", output_field=CharField()
        )
    return rows.objects.filter(pk__in=pks).values_list(
        Value(key, CharField()), "pk", name
    )
