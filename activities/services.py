"""Every write to the timeline."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from activities.models import DIRECTED, INTERACTIONS, OUTCOMES, Activity
from contacts.models import Contact
from contacts.models.contacts import NEVER
from contacts.services import editing
from crm.conflicts import Refused
from crm.history.models import Change
from crm.history.services.recording import recorded
from crm.teams.models import Membership
from crm.tenancy import bulk
from crm.tenancy.bulk import AnyOf

# How far ahead of our clock a date may lie: whoever logs may be in another zone.
AHEAD = timedelta(days=1)
MAX_BODY = 20_000


class NotYours(Exception):
    """Only whoever logged an activity, and managers, may change it."""


@transaction.atomic
def log_activity(
    *, contact_id: int, entry: Mapping[str, Any], key: str, by: Membership, at: datetime
) -> Activity:
    """Add what happened to the contact's timeline and move its last activity on.

    `entry` holds kind, occurred_at, direction, outcome and body. The same `key`, unless it is "",
    writes once and returns the activity that is there. Raise RecordDeleted for a deleted contact and Refused for
    values that cannot be kept.
    """
    contact = editing.lock_contact(contact_id)
    values = _checked(entry, at=at)
    new = {**values, "account_id": contact.account_id, "member": by}
    if key:
        activity, _created = Activity.objects.get_or_create(
            contact=contact, idempotency_key=key, defaults=new
        )
    else:
        activity = Activity.objects.create(contact=contact, **new)
    _move_on(contact.pk, activity.occurred_at)
    return activity


@recorded("activity.update")
def update_activity(
    *, activity_id: int, entry: Mapping[str, Any], by: Membership, at: datetime
) -> Activity:
    """Correct an activity that somebody logged; raise NotYours, RecordDeleted or Refused."""
    activity = _own(activity_id, by)
    for name, value in _checked(entry, at=at).items():
        setattr(activity, name, value)
    activity.save()
    _look_back(activity.contact_id)
    return activity


@recorded("activity.delete")
def delete_activity(*, activity_id: int, by: Membership) -> int:
    """Take a logged activity off the timeline; return the id of its contact. Raise NotYours."""
    activity = _own(activity_id, by)
    activity.delete()
    _look_back(activity.contact_id)
    return activity.contact_id


def may_change(activity: Any, member: Membership) -> bool:
    """Return whether the member may correct or remove the activity, a row or a tuple of one."""
    if activity.kind not in INTERACTIONS or not member.can("activities.log"):
        return False
    return activity.member_id == member.pk or member.can("contacts.delete")


@transaction.atomic
def note_created(
    contact_ids: Sequence[int], *, by: Membership | None, at: datetime
) -> None:
    """Write down how each contact came to be, for thousands of them in one statement."""
    contacts = Contact.objects.filter(pk__in=contact_ids).values_list(
        "pk", "account_id", "source", "source_detail"
    )
    _copy(
        (
            (pk, account, {"source": source, "source_detail": detail})
            for pk, account, source, detail in contacts
        ),
        kind=Activity.Kind.CREATED,
        by=by,
        at=at,
    )


def move_activities(*, keep: Contact, absorb: Contact) -> None:
    """Move the timeline: two statements for thousands of lines.

    Each stays in the log of the account it happened at; what happened at none goes to that of the
    kept contact.
    """
    moving = Activity.objects.filter(contact=absorb)
    same = Activity.objects.filter(
        contact=keep, idempotency_key=OuterRef("idempotency_key")
    )
    # The form that both were sent with was answered long ago: only the key would be there twice.
    keyed = moving.exclude(idempotency_key="")
    keyed.filter(Exists(same)).update(idempotency_key="")
    moving.update(contact=keep, account=Coalesce("account", keep.account_id))


def _copy(
    rows: Iterable[tuple[int, int | None, dict[str, Any]]],
    *,
    kind: Activity.Kind,
    by: Membership | None,
    at: datetime,
) -> None:
    names = [
        "contact",
        "account",
        "detail",
        "member",
        "kind",
        "occurred_at",
        "created_at",
    ]
    empty = ["direction", "subject", "body", "outcome", "idempotency_key"]
    shared = (by.pk if by else None, kind.value, at, at, *("" for _name in empty))
    bulk.copy_rows(
        Activity,
        [*names, *empty],
        ((pk, account, json.dumps(detail), *shared) for pk, account, detail in rows),
    )


def _checked(entry: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """Return the values to keep; raise Refused for what cannot be."""
    kind, occurred_at = entry["kind"], entry["occurred_at"]
    if kind not in INTERACTIONS:
        raise Refused(_("Choose a type from the list."), key="kind")
    if occurred_at > at + AHEAD:
        raise Refused(
            _("This lies in the future. Log it when it has happened."),
            key="occurred_at",
        )
    if occurred_at <= NEVER:
        raise Refused(_("Enter a date after 1970."), key="occurred_at")
    outcome = entry.get("outcome", "")
    if outcome and outcome not in OUTCOMES[kind]:
        raise Refused(_("Choose an outcome from the list."), key="outcome")
    body = entry.get("body", "").strip()
    if len(body) > MAX_BODY:
        message = _("This is longer than %(limit)s characters.") % {"limit": MAX_BODY}
        raise Refused(message, key="body")
    return {
        "kind": kind,
        "occurred_at": occurred_at,
        "direction": entry.get("direction", "") if kind in DIRECTED else "",
        "outcome": outcome,
        "body": body,
    }


def _own(activity_id: int, by: Membership) -> Activity:
    activity = Activity.objects.select_for_update(of=("self",)).get(pk=activity_id)
    if not may_change(activity, by):
        raise NotYours
    editing.lock_contact(activity.contact_id)
    return activity


def _move_on(contact_id: int, occurred_at: datetime) -> None:
    last = Greatest(Coalesce(F("last_activity_at"), occurred_at), occurred_at)
    Contact.objects.filter(pk=contact_id).update(last_activity_at=last)


def _look_back(contact_id: int) -> None:
    look_back([contact_id])


def look_back(contact_ids: Collection[int]) -> None:
    """Set the last activity of the contacts to the newest one that is left. One statement."""
    mine = Activity.objects.interactions().filter(contact=OuterRef("pk"))
    newest = mine.order_by("-occurred_at").values("occurred_at")[:1]
    Contact.objects.filter(AnyOf(F("pk"), contact_ids)).update(
        last_activity_at=Subquery(newest)
    )


def refresh_activities(
    ids: Collection[int],
    *,
    touched: Collection[str],
    by: Membership | None,
    at: datetime,
) -> None:
    """Bring the contacts' last activity up to date after rows were set back (crm.history)."""
    rows = Activity.objects.filter(AnyOf(F("pk"), ids))
    look_back(sorted(set(rows.values_list("contact_id", flat=True))))


# Columns that a merge changes, which has its own rules.
MOVED = {"contact_id", "account_id", "idempotency_key"}
ASKED = ("kind", "member_id", "contact_id")


def refuse_undo(changes: Sequence[Change], *, by: Membership) -> Mapping[int, str]:
    """Return the activities that the member may not take back: those not theirs, or of deleted contacts."""
    rows = Change.objects.filter(pk__in=[change.pk for change in changes])
    told = {
        pk: old or {}
        for pk, op, old in rows.values_list("record_id", "op", "old")
        if op == Change.Op.DELETE or not MOVED.issuperset(old or {})
    }
    there = Activity.objects.filter(pk__in=told).values("pk", *ASKED)
    known = {row.pop("pk"): row for row in there}
    kept: dict[int, str] = {}
    for pk, old in told.items():
        row = SimpleNamespace(**{name: old.get(name) for name in ASKED})
        if pk in known:
            row = SimpleNamespace(**known[pk])
        if not may_change(row, by):
            kept[pk] = _("Only whoever logged it and managers may change this.")
    of = {pk: known.get(pk, old)["contact_id"] for pk, old in told.items()}
    binned = Contact.objects.filter(pk__in=of.values()).exclude(deleted_at=None)
    gone = set(binned.values_list("pk", flat=True))
    deleted = _("The contact is deleted.")
    return {**kept, **{pk: deleted for pk, contact in of.items() if contact in gone}}
