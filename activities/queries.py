"""The timeline of a contact or of an account, page by page."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, F
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from activities.models import INTERACTIONS, OUTCOMES, Activity
from contacts.models import Contact
from crm.conflicts import Change
from crm.pagination import BadCursor, SortKey, decode_cursor, encode_cursor, keyset_page
from crm.tenancy.bulk import AnyOf

SIZE = 30
LATEST = 50  # changes of a contact among which that of a value is looked for
NEWEST_FIRST = SortKey(field="occurred_at", descending=True)
# The tabs, by what the address calls them.
KINDS: dict[str, tuple[Activity.Kind, ...]] = {
    "": (),
    "emails": (Activity.Kind.EMAIL,),
    "calls": (Activity.Kind.CALL,),
    "meetings": (Activity.Kind.MEETING,),
    "changes": (Activity.Kind.CREATED, Activity.Kind.CHANGED),
}
# What a line shows; tuples, because models would take most of the page's time.
SHOWN = (
    "pk",
    "kind",
    "direction",
    "occurred_at",
    "subject",
    "body",
    "outcome",
    "detail",
    "contact_id",
    "member_id",
    "member__user__name",
    "member__user__email",
)
NAMED = (*SHOWN, "contact__name")


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Some activities, newest first, and the cursor of the older ones ("" for none)."""

    rows: Sequence[Any]  # named tuples of SHOWN, of several contacts also of NAMED
    older: str
    since: datetime | None = None  # when the entry before the first of these happened


# The types people log, as the composer offers them.
LOGGED: dict[Activity.Kind, tuple[Any, str]] = {
    Activity.Kind.CALL: (_("Call"), "phone"),
    Activity.Kind.MEETING: (_("Meeting"), "calendar"),
    Activity.Kind.EMAIL: (_("Email"), "mail"),
    Activity.Kind.LINKEDIN: (_("LinkedIn message"), "message-square"),
    Activity.Kind.OTHER: (_("Other"), "square-pen"),
}
# Only the outcomes of the chosen type are seen; that takes no script.
OUTCOME_CLASSES = {
    Activity.Kind.EMAIL: "hidden group-has-[[value=email]:checked]/composer:block",
    Activity.Kind.CALL: "hidden group-has-[[value=call]:checked]/composer:block",
    Activity.Kind.MEETING: "hidden group-has-[[value=meeting]:checked]/composer:block",
    Activity.Kind.LINKEDIN: "hidden group-has-[[value=linkedin]:checked]/composer:block",
}


@dataclass(frozen=True, kw_only=True)
class Composer:
    """What the form that logs an activity shows: empty, or as it came back."""

    occurred_at: str
    token: str = ""  # makes a form that is sent twice write once
    kind: str = Activity.Kind.CALL
    direction: str = Activity.Direction.OUTBOUND
    outcome: str = ""
    body: str = ""
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def types(self) -> list[dict[str, Any]]:
        return [
            {
                "value": kind.value,
                "label": label,
                "icon": icon,
                "is_chosen": kind == self.kind,
            }
            for kind, (label, icon) in LOGGED.items()
        ]

    @property
    def directions(self) -> list[tuple[str, Any, bool]]:
        named = [
            (Activity.Direction.OUTBOUND, gettext("From us")),
            (Activity.Direction.INBOUND, gettext("To us")),
        ]
        return [(value.value, label, value == self.direction) for value, label in named]

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        """The outcomes of each type that has some, with the one that is chosen."""
        return [
            {
                "kind": kind.value,
                "label": label,
                "classes": OUTCOME_CLASSES[kind],
                "choices": [
                    (
                        outcome.value,
                        outcome.label,
                        outcome == self.outcome and kind == self.kind,
                    )
                    for outcome in OUTCOMES[kind]
                ],
            }
            for kind, (label, _icon) in LOGGED.items()
            if OUTCOMES[kind]
        ]


def new_composer(at: datetime) -> Composer:
    """Return an empty form with the moment in the reader's zone."""
    now = timezone.localtime(at)
    return Composer(
        occurred_at=f"{now:%Y-%m-%dT%H:%M}", token=secrets.token_urlsafe(12)
    )


def contact_timeline(contact: Contact, *, kind: str, cursor: str) -> Slice:
    """Return a page of what happened with the contact: one query by (team, contact, occurred_at).

    How the contact came to be is left out: that entry always stands last, and the contact knows.
    """
    rows = Activity.objects.filter(contact=contact).exclude(kind=Activity.Kind.CREATED)
    return _slice([rows], SHOWN, kind=kind, cursor=cursor)


def whole_timeline(contact: Contact, *, kind: str, cursor: str) -> Slice:
    """Return a page of what happened with the contact and with everybody at its account: two queries."""
    own = Activity.objects.filter(contact=contact).exclude(kind=Activity.Kind.CREATED)
    others = Activity.objects.filter(account=contact.account_id).exclude(
        contact=contact
    )
    return _slice([own, others], NAMED, kind=kind, cursor=cursor)


def account_timeline(account_id: int, *, kind: str, cursor: str) -> Slice:
    """Return a page of what happened with everybody at an account: one query."""
    rows = Activity.objects.filter(account=account_id)
    return _slice([rows], NAMED, kind=kind, cursor=cursor)


def _slice(
    sources: Sequence[Any], shown: Sequence[str], *, kind: str, cursor: str
) -> Slice:
    since = None
    if cursor:
        try:
            backward, since, _pk = decode_cursor(cursor, kind=datetime)
        except BadCursor:
            backward = True
        if backward:
            cursor, since = "", None
    found: list[Any] = []
    more = False
    for rows in sources:
        if kinds := KINDS.get(kind):
            rows = rows.filter(kind__in=kinds)
        rows = rows.values_list(*shown, named=True)
        page = keyset_page(rows, sort=NEWEST_FIRST, cursor=cursor, size=SIZE)
        found += page.rows
        more = more or bool(page.next)
    found.sort(key=lambda row: (row.occurred_at, row.pk), reverse=True)
    first = found[:SIZE]
    more = more or len(found) > SIZE
    last = first[-1] if first else None
    older = encode_cursor(value=last.occurred_at, pk=last.pk) if more and last else ""
    return Slice(rows=first, older=older, since=since)


def last_changes(contact_id: int, keys: Collection[str]) -> dict[str, Change]:
    """Return who changed these values of the contact last, as its latest changes tell: one query."""
    rows = (
        Activity.objects.filter(contact=contact_id, kind=Activity.Kind.CHANGED)
        .newest_first()
        .values_list(
            "detail", "occurred_at", "member__user__name", "member__user__email"
        )
    )
    found: dict[str, Change] = {}
    for detail, at, name, email in rows[:LATEST]:
        for key, _old, _new in detail.get("changes", []):
            if key in keys:
                found.setdefault(key, Change(by=name or email or "", at=at))
    return found


def last_contact(contact: Contact, rows: Sequence[Any]) -> str:
    """Return who was in touch with the contact last, "" where nobody is known.

    `rows` are lines that the page shows anyway; only where they do not tell, one look-up by the
    moment of the last activity does.
    """
    for row in rows:
        if row.kind in INTERACTIONS and row.occurred_at == contact.last_activity_at:
            return row.member__user__name or row.member__user__email or ""
    names = (
        Activity.objects.interactions()
        .filter(contact=contact, occurred_at=contact.last_activity_at)
        .order_by("-pk")
        .values_list("member__user__name", "member__user__email")
    )
    return next((name or email or "" for name, email in names[:1]), "")


def activities_of(contact_ids: Sequence[int]) -> dict[int, int]:
    """Return how many interactions each contact has, without those that have none. One query."""
    mine = Activity.objects.interactions().filter(AnyOf(F("contact_id"), contact_ids))
    counted = mine.values("contact_id").annotate(number=Count("pk"))
    return dict(counted.values_list("contact_id", "number"))
