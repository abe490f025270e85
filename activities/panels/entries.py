"""The lines of a timeline as people read them, made without queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from activities import services
from activities.models import Activity
from contacts.models import Contact
from crm.history.queries import Act
from crm.history.registry import act_on_one
from crm.teams.models import Membership
from layouts.registry import Visit

ICONS = {
    Activity.Kind.EMAIL: ("mail", "tint-255"),
    Activity.Kind.CALL: ("phone", "tint-155"),
    Activity.Kind.MEETING: ("calendar", "tint-300"),
    Activity.Kind.LINKEDIN: ("message-square", "tint-195"),
    Activity.Kind.OTHER: ("square-pen", "tint-85"),
    Activity.Kind.CREATED: ("user-plus", "bg-base-300 text-muted"),
}
ACT_ICON = ("arrow-right-left", "bg-base-300 text-muted")
TEASER = 240  # longer texts open on a click


class Change(NamedTuple):
    """What a value was, and what it became."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the timeline as people read it."""

    icon: str
    tone: str
    actor: str
    verb: str
    at: datetime
    subject: str = ""
    body: str = ""
    outcome: str = ""
    change: Change | None = None  # the only one
    changes: Sequence[Change] = ()  # several
    about: str = ""  # the contact, where the timeline is of several
    about_url: str = ""
    update_url: str = ""
    delete_url: str = ""
    undo_url: str = ""
    is_undone: bool = False
    undo_text: str = ""  # where Undo alone would say too little

    @property
    def undo_label(self) -> str:
        return _("Undo: %(actor)s %(verb)s") % {"actor": self.actor, "verb": self.verb}

    @property
    def edit_label(self) -> str:
        return _("Edit: %(actor)s %(verb)s") % {"actor": self.actor, "verb": self.verb}

    @property
    def delete_label(self) -> str:
        return _("Delete: %(actor)s %(verb)s") % {
            "actor": self.actor,
            "verb": self.verb,
        }

    @property
    def is_long(self) -> bool:
        """Whether only the start of the text is shown at first."""
        return len(self.body) > TEASER or self.body.count("\n") > 1

    @property
    def local(self) -> datetime:
        return timezone.localtime(self.at)

    @property
    def clock(self) -> str:
        return f"{self.local:%H:%M}"

    @property
    def stamp(self) -> str:
        return self.local.isoformat(timespec="minutes")

    @property
    def full(self) -> str:
        return date_format(self.local, "j M Y, H:i")


@dataclass(frozen=True, kw_only=True)
class Day:
    """The entries of one day, in the reader's zone."""

    title: str  # "" when the day began on the page before
    entries: list[Entry]


def days_of(
    entries: Iterable[Entry], *, since: datetime | None, at: datetime
) -> list[Day]:
    """Group entries by day; the day of `since` has its title on the page before."""
    before = timezone.localdate(since) if since else None
    return [
        Day(title="" if day == before else day_title(day, at=at), entries=list(group))
        for day, group in groupby(
            entries, key=lambda entry: timezone.localdate(entry.at)
        )
    ]


def day_title(day: date, *, at: datetime) -> str:
    today = timezone.localdate(at)
    if day == today:
        return _("Today")
    if (today - day).days == 1:
        return _("Yesterday")
    return date_format(day, "l j F" if day.year == today.year else "l j F Y")


class Entries:
    """Makes entries for one reader; `is_shared` for a timeline of several contacts."""

    def __init__(self, visit: Visit, *, is_shared: bool) -> None:
        self.visit, self.is_shared = visit, is_shared
        is_contact = isinstance(visit.record, Contact)
        self._contact_pk = visit.record.pk if is_contact else 0
        kwargs = {"team_slug": visit.member.team.slug}
        # One look-up of each URL, not one for each entry.
        self._contact = reverse(
            "contacts:contact_detail", kwargs={**kwargs, "contact_id": 0}
        )
        self._update = reverse(
            "activities:activity_update", kwargs={**kwargs, "activity_id": 0}
        )
        self._undo = reverse(
            "contacts:change_set_undo", kwargs={**kwargs, "change_set_id": 0}
        )
        self._delete = reverse(
            "activities:activity_delete", kwargs={**kwargs, "activity_id": 0}
        )

    def of(self, rows: Iterable[Any]) -> list[Entry]:
        """Return the entries of the rows of activities.queries.

        Acts that changed nothing people read about, such as the order of addresses, are left out.
        """
        return [
            self._act(row) if isinstance(row, Act) else self._entry(row)
            for row in rows
            if not isinstance(row, Act) or row.lines or row.kind in SAY_IT_ALL
        ]

    def _act(self, row: Act) -> Entry:
        icon, tone = ACT_ICON
        changes = [Change(line.label, line.old, line.new) for line in row.lines]
        return Entry(
            icon=icon,
            tone=tone,
            actor=row.by or _("Rapport"),
            verb=act_text(row),
            at=row.at,
            change=changes[0] if len(changes) == 1 else None,
            changes=changes if len(changes) > 1 else (),
            is_undone=row.is_undone,
            undo_text=_("Undo merge") if row.kind == "contact.merge" else "",
            undo_url=self._undo.replace("/0/", f"/{row.change_set_id}/")
            if self._can_undo(row)
            else "",
        )

    def _can_undo(self, row: Act) -> bool:
        member = self.visit.member
        if row.is_undone or not member.can("contacts.edit"):
            return False
        return row.by_id == member.pk or member.can("history.undo")

    def _entry(self, row: Any) -> Entry:
        icon, tone = ICONS[row.kind]
        actor, verb = phrase_of(row, them=self._name_of(row))
        is_elsewhere = self.is_shared and row.contact_id != self._contact_pk
        can_change = services.may_change(row, self.visit.member)
        pk = f"/{row.pk}/"
        return Entry(
            icon=icon,
            tone=tone,
            actor=actor,
            verb=verb,
            at=row.occurred_at,
            subject=row.subject,
            body=row.body,
            outcome=outcome_text(row.outcome),
            about=row.contact__name if is_elsewhere else "",
            about_url=self._contact.replace("/0/", f"/{row.contact_id}/")
            if is_elsewhere
            else "",
            update_url=self._update.replace("/0/", pk) if can_change else "",
            delete_url=self._delete.replace("/0/", pk) if can_change else "",
        )

    def _name_of(self, row: Any) -> str:
        return str(row.contact__name) if self.is_shared else str(self.visit.record)


def outcome_text(outcome: str) -> str:
    known = outcome in Activity.Outcome
    return str(Activity.Outcome(outcome).label) if known else outcome


def phrase_of(row: Any, *, them: str) -> tuple[str, str]:
    """Return who did it and what they did, to be read one after the other."""
    us = row.member__user__name or row.member__user__email or _("Rapport")
    if row.kind == Activity.Kind.CREATED:
        source = row.detail.get("source", ""), row.detail.get("source_detail", "")
        return us, origin_text(*source)
    if row.direction == Activity.Direction.INBOUND:
        return them, str(INBOUND[row.kind])
    return us, str(OUTBOUND[row.kind])


OUTBOUND: dict[Activity.Kind, Any] = {
    Activity.Kind.EMAIL: gettext_lazy("wrote an e-mail"),
    Activity.Kind.CALL: gettext_lazy("called"),
    Activity.Kind.MEETING: gettext_lazy("had a meeting"),
    Activity.Kind.LINKEDIN: gettext_lazy("wrote on LinkedIn"),
    Activity.Kind.OTHER: gettext_lazy("logged something else"),
}
INBOUND: dict[Activity.Kind, Any] = {
    **OUTBOUND,
    Activity.Kind.EMAIL: gettext_lazy("sent an e-mail"),
    Activity.Kind.LINKEDIN: gettext_lazy("answered on LinkedIn"),
}


# Acts whose name says everything.
SAY_IT_ALL = (
    "contact.delete",
    "contact.restore",
    "contact.merge",
    "contact.unflag",
    "contact.flag-dismiss",
    "undo",
)


def act_text(row: Act) -> str:
    """Return what somebody did, to be read after their name."""
    number = len(row.lines)
    if row.kind == "contact.merge" and row.via:
        return _("merged %s into this contact") % row.via
    if row.kind == "undo" and row.via:
        return _("took back the import of %s") % row.via
    if row.via:
        return _("imported from %s") % row.via
    if row.kind in ("", "contact.update", "account.update") and number > 1:
        return ngettext("changed %s value", "changed %s values", number) % number
    return act_on_one(row.kind)


def origin_text(source: str, detail: str) -> str:
    """Return how a contact came to be."""
    if source == Contact.Source.IMPORT:
        return (
            _("imported the contact from %s") % detail
            if detail
            else _("imported the contact")
        )
    if source == Contact.Source.DIRECTORY:
        return _("saved the contact from the directory")
    return _("added the contact by hand")


def origin_of(contact: Contact) -> Entry:
    """Return the entry that stands last on every timeline."""
    icon, tone = ICONS[Activity.Kind.CREATED]
    by: Membership | None = contact.created_by
    return Entry(
        icon=icon,
        tone=tone,
        actor=str(by) if by else _("Rapport"),
        verb=origin_text(contact.source, contact.source_detail),
        at=contact.created_at,
    )
