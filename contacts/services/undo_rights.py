"""Which contacts an undo leaves alone: it grants no right that the member has not by hand.

A function for each kind of change; each returns the contacts that stay, with the reason.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _

from contacts.models import (
    Contact,
    ContactEmail,
    ContactFlag,
    ContactPhone,
    Erasure,
)
from contacts.queries.linkedin import linkedin_key
from contacts.services import blocking
from contacts.services.importing.rows import Key
from crm.history.models import Change
from crm.history.services.refusing import taken_back
from crm.teams.models import Membership
from crm.text import fold

CONTACT, EMAIL, PHONE, FLAG = (
    str(model._meta.db_table)
    for model in (Contact, ContactEmail, ContactPhone, ContactFlag)
)
# Columns of contacts that are looked at.
KNOWN_BY = ("linkedin_url", "external_id", "first_name", "last_name")
COLUMNS = ("deleted_at", "merged_into_id", *KNOWN_BY)

Reasons = Mapping[int, str]


class Told(NamedTuple):
    """What one change did to a row of a contact; `old` is what comes back."""

    contact_id: int
    source: str
    op: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]


def refuse_undo(changes: Sequence[Change], *, by: Membership) -> Reasons:
    """Return the contacts whose changes this member may not take back."""
    told = _read(changes)
    return {
        **_forgotten_again(told),
        **_decided_flags(told, by),
        **taken_back(changes, of=Contact, by=by),
        **_restored(told, by),
        **_deleted(told, by),
        **_added(told, by),
        **_in_the_bin(changes, told),
    }


def _read(changes: Sequence[Change]) -> list[Told]:
    """Return those of the changes that a right depends on: one query."""
    asked = Q(source__in=[EMAIL, PHONE, FLAG], op__in=[Change.Op.UPDATE, "D"]) | Q(
        source=CONTACT, op=Change.Op.UPDATE, new__has_any_keys=COLUMNS
    )
    rows = Change.objects.filter(asked, pk__in=[change.pk for change in changes])
    read = rows.values_list("record_id", "source", "op", "old", "new")
    found = [Told(pk, s, op, old or {}, new or {}) for pk, s, op, old, new in read]
    added = (c for c in changes if c.op == Change.Op.INSERT and c.source == CONTACT)
    return found + [Told(c.record_id, CONTACT, c.op, {}, {}) for c in added]


def _added(told: Sequence[Told], by: Membership) -> Reasons:
    """Taking back that a contact was added deletes it (product.md D5)."""
    ids = _ids(told, lambda change: change.op == Change.Op.INSERT)
    return _not_deletable(ids, by)


def _deleted(told: Sequence[Told], by: Membership) -> Reasons:
    """Taking back that a contact was restored deletes it again (product.md D5)."""
    return _not_deletable(_ids(told, lambda c: _goes(c, "new", "old")), by)


def _not_deletable(ids: Collection[int], by: Membership) -> Reasons:
    if not ids or by.can("contacts.delete"):
        return {}
    there = Contact.objects.filter(pk__in=ids)
    may = set(there.deletable_by(by).values_list("pk", flat=True))
    kept = set(there.values_list("pk", flat=True)) - may
    return dict.fromkeys(kept, _("You may not delete this contact."))


def _restored(told: Sequence[Told], by: Membership) -> Reasons:
    """Contacts come back for whoever may delete them, or did (product.md D5)."""
    ids = _ids(told, lambda c: _goes(c, "old", "new"))
    if not ids or by.can("contacts.delete"):
        return {}
    rows = Contact.objects.filter(pk__in=ids)
    mine = rows.deletable_by(by) | rows.filter(deleted_by=by)
    kept = ids - set(mine.values_list("pk", flat=True))
    return dict.fromkeys(kept, _("You may not restore this contact."))


def _in_the_bin(changes: Sequence[Change], told: Sequence[Told]) -> Reasons:
    """Nothing changes on a deleted contact but that it is deleted."""
    back = _ids(told, lambda c: _goes(c, "old", "new") or _joins(c))
    ids = {change.record_id for change in changes} - back
    rows = Contact.objects.filter(pk__in=ids).exclude(deleted_at=None)
    reasons = {
        True: _("The contact was merged into another one."),
        False: _("The contact is deleted."),
    }
    return {pk: reasons[bool(to)] for pk, to in rows.values_list("pk", "merged_into")}


def _goes(change: Told, empty: str, full: str) -> bool:
    """Return whether the contact has no time of deletion on the one side and has one on the other."""
    if change.source != CONTACT or "deleted_at" not in change.new:
        return False
    sides = {"old": change.old, "new": change.new}
    return sides[empty]["deleted_at"] is None and sides[full]["deleted_at"] is not None


def _joins(change: Told) -> bool:
    """Return whether a contact, be it deleted already, became part of another one."""
    return change.source == CONTACT and "merged_into_id" in change.new


def _decided_flags(told: Sequence[Told], by: Membership) -> Reasons:
    """What was decided about a flag is taken back, or decided again, by who may decide."""
    if by.can("flags.review"):
        return {}
    ids = _ids(
        told,
        lambda c: (
            c.source == FLAG
            and "outcome" in c.new
            and not ContactFlag.REVIEWED.isdisjoint(
                {c.old.get("outcome"), c.new.get("outcome")}
            )
        ),
    )
    return dict.fromkeys(ids, _("Your role may not decide about flags."))


def _forgotten_again(told: Sequence[Told]) -> Reasons:
    """Nobody comes back who asked to be forgotten since (product.md D4)."""
    if not Erasure.objects.in_force().exists():
        return {}
    keys: dict[Key, set[int]] = defaultdict(set)
    for pk, found in _keys_coming_back(told).items():
        for key in found:
            keys[key].add(pk)
    known = blocking.blocked(keys)
    ids = set().union(*(keys[key] for key in known)) if known else set()
    return dict.fromkeys(ids, blocking.reason())


def _keys_coming_back(told: Sequence[Told]) -> dict[int, set[Key]]:
    """Return by what each contact would be known again."""
    found: dict[int, set[Key]] = defaultdict(set)
    whole = _ids(told, lambda c: _goes(c, "old", "new"))
    names: dict[int, dict[str, str]] = defaultdict(dict)
    numbers: dict[int, set[str]] = defaultdict(set)
    for change in told:
        pk, old = change.contact_id, change.old
        if change.source == EMAIL and old.get("email_norm"):
            found[pk].add(("email", old["email_norm"]))
        elif change.source == PHONE and old.get("number"):
            numbers[pk].add(old["number"])
        elif change.source == CONTACT:
            found[pk] |= _keys_in_columns(old)
            parts = ("first_name", "last_name")
            names[pk] |= {name: old[name] for name in parts if name in old}
    rows = Contact.objects.filter(pk__in=whole | names.keys() | numbers.keys())
    for contact in rows.prefetch_related("emails", "phones"):
        pk, back = contact.pk, names[contact.pk]
        if pk in whole:
            found[pk] |= blocking.keys_of_contact(contact)
        first = back.get("first_name", contact.first_name)
        last = back.get("last_name", contact.last_name)
        known = {row.number for row in contact.phones.all()} if back else set()
        name = fold(f"{first} {last}".strip())[:201]
        found[pk] |= {("phone", number, name) for number in numbers[pk] | known}
    return found


def _keys_in_columns(old: Mapping[str, Any]) -> set[Key]:
    keys: set[Key] = set()
    if url := old.get("linkedin_url"):
        keys.add(("linkedin", linkedin_key(url)))
    if external_id := old.get("external_id"):
        keys.add(("id", external_id))
    return keys


def _ids(told: Sequence[Told], which: Callable[[Told], bool]) -> set[int]:
    return {change.contact_id for change in told if which(change)}
