"""The timeline of a contact or of an account, page by page."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from activities.models import INTERACTIONS, OUTCOMES, Activity
from contacts.models import Contact
from crm.history.queries import Act, acts_of
from crm.pagination import BadCursor, SortKey, decode_cursor, encode_cursor
from crm.tenancy.bulk import AnyOf

SIZE = 30
NEWEST_FIRST = SortKey(field="occurred_at", descending=True)
CHANGES = "changes"
# The tabs, by what the address calls them.
KINDS: dict[str, tuple[Activity.Kind, ...]] = {
    "": (),
    "emails": (Activity.Kind.EMAIL,),
    "calls": (Activity.Kind.CALL,),
    "meetings": (Activity.Kind.MEETING,),
    CHANGES: (Activity.Kind.CREATED,),
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

    # Named tuples of SHOWN, of several contacts also of NAMED, and acts
    rows: Sequence[Any]
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
    """Return a page of what happened with the contact, and of what changed on it.

    One query each, by (team, contact, occurred_at) and by (team, record, at), and one or two for
    what changes mention. How the contact came to be is left out: that entry always stands last,
    and the contact knows.
    """
    rows = Activity.objects.filter(contact=contact).exclude(kind=Activity.Kind.CREATED)
    return _slice([rows], SHOWN, record=contact, kind=kind, cursor=cursor)


def whole_timeline(contact: Contact, *, kind: str, cursor: str) -> Slice:
    """Return a page of the contact's timeline with what happened with everybody at its account."""
    own = Activity.objects.filter(contact=contact).exclude(kind=Activity.Kind.CREATED)
    others = Activity.objects.filter(account=contact.account_id).exclude(
        contact=contact
    )
    return _slice([own, others], NAMED, record=contact, kind=kind, cursor=cursor)


def account_timeline(account: Account, *, kind: str, cursor: str) -> Slice:
    """Return a page of what happened with everybody at an account, and of what changed on it."""
    rows = Activity.objects.filter(account=account)
    return _slice([rows], NAMED, record=account, kind=kind, cursor=cursor)


class Place(NamedTuple):
    """Where a page starts: behind an activity or behind an act. Of one moment acts stand first."""

    is_act: bool
    at: datetime
    pk: int

    def encode(self) -> str:
        return ("h" if self.is_act else "a") + encode_cursor(value=self.at, pk=self.pk)

    @classmethod
    def decode(cls, text: str) -> "Place | None":
        """Return the place, None for the start and for what is no place."""
        try:
            backward, at, pk = decode_cursor(text[1:], kind=datetime)
        except BadCursor:
            return None
        return None if backward or text[0] not in "ha" else cls(text[0] == "h", at, pk)

    def activities(self, rows: QuerySet) -> QuerySet:
        """Return the rows behind the place."""
        if self.is_act:
            return rows.filter(occurred_at__lte=self.at)
        return rows.filter(NEWEST_FIRST.after(self.at, self.pk))

    @property
    def acts(self) -> tuple[datetime, int]:
        """What acts lie behind: (at, pk) of crm.history.queries.acts_of."""
        return (self.at, self.pk if self.is_act else 0)


def _slice(
    sources: Sequence[QuerySet],
    shown: Sequence[str],
    *,
    record: Contact | Account,
    kind: str,
    cursor: str,
) -> Slice:
    place = Place.decode(cursor) if cursor else None
    found: list[Any] = []
    for rows in sources:
        if kinds := KINDS.get(kind):
            rows = rows.filter(kind__in=kinds)
        rows = place.activities(rows) if place else rows
        ordered = rows.order_by(*NEWEST_FIRST.order_by)
        found += ordered.values_list(*shown, named=True)[: SIZE + 1]
    if kind in ("", CHANGES):
        name = "contact" if isinstance(record, Contact) else "account"
        before = place.acts if place else None
        found += acts_of(name, record.pk, before=before, size=SIZE + 1)
    found.sort(key=_place_of, reverse=True)
    first = found[:SIZE]
    more = len(found) > SIZE
    return Slice(
        rows=first,
        older=_last_place(first[-1]).encode() if more else "",
        since=place.at if place else None,
    )


def _place_of(row: Any) -> tuple[datetime, bool, int]:
    if isinstance(row, Act):
        return row.at, True, row.pk
    return row.occurred_at, False, row.pk


def _last_place(row: Any) -> Place:
    at, is_act, pk = _place_of(row)
    return Place(is_act, at, pk)


def last_contact(contact: Contact, rows: Sequence[Any]) -> str:
    """Return who was in touch with the contact last, "" where nobody is known.

    `rows` are lines that the page shows anyway; only where they do not tell, one look-up by the
    moment of the last activity does.
    """
    for row in rows:
        if isinstance(row, Act):
            continue
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
