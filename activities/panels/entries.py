"""The lines of a timeline as people read them, made without queries."""

from collections.abc import Iterable, Mapping, Sequence
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
from contacts.models import Contact, ContactFlag
from contacts.queries.fields import label_of
from contacts.queries.flags import suggestion_text
from crm.teams.models import Membership
from layouts.kinds.base import CUSTOM_KEY
from layouts.queries import custom_fields
from layouts.registry import Visit

ICONS = {
    Activity.Kind.EMAIL: ("mail", "tint-255"),
    Activity.Kind.CALL: ("phone", "tint-155"),
    Activity.Kind.MEETING: ("calendar", "tint-300"),
    Activity.Kind.LINKEDIN: ("message-square", "tint-195"),
    Activity.Kind.OTHER: ("square-pen", "tint-85"),
    Activity.Kind.CREATED: ("user-plus", "bg-base-300 text-muted"),
    Activity.Kind.CHANGED: ("arrow-right-left", "bg-base-300 text-muted"),
}
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
        self._labels: dict[str, str] = {}
        self._contact_pk = visit.record.pk if is_contact else 0
        kwargs = {"team_slug": visit.member.team.slug}
        # One look-up of each URL, not one for each entry.
        self._contact = reverse(
            "contacts:contact_detail", kwargs={**kwargs, "contact_id": 0}
        )
        self._update = reverse(
            "activities:activity_update", kwargs={**kwargs, "activity_id": 0}
        )
        self._delete = reverse(
            "activities:activity_delete", kwargs={**kwargs, "activity_id": 0}
        )

    def of(self, rows: Iterable[Any]) -> list[Entry]:
        """Return the entries of the tuples of activities.queries."""
        rows = list(rows)
        if any(names_custom_field(row.detail or {}) for row in rows):
            self._labels = {f"{CUSTOM_KEY}{f.pk}": f.name for f in custom_fields()}
        return [self._entry(row) for row in rows]

    def _entry(self, row: Any) -> Entry:
        icon, tone = ICONS[row.kind]
        actor, verb = phrase_of(row, them=self._name_of(row))
        changes = changes_of(row.detail or {}, self._labels)
        is_elsewhere = self.is_shared and row.contact_id != self._contact_pk
        can_change = services.may_change(row, self.visit.member)
        pk = f"/{row.pk}/"
        return Entry(
            icon=icon,
            tone=tone,
            actor=actor,
            verb=verb,
            at=row.occurred_at,
            subject=row.subject or flagged_text(row.detail or {}, self._labels),
            body=row.body or flag_reason(row.detail or {}),
            outcome=outcome_text(row.outcome),
            change=changes[0] if len(changes) == 1 else None,
            changes=changes if len(changes) > 1 else (),
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


def names_custom_field(detail: dict[str, Any]) -> bool:
    entries = [*_listed(detail), *detail.get("flags", [])]
    return any(str(entry[0]).startswith(CUSTOM_KEY) for entry in entries)


def changes_of(detail: dict[str, Any], labels: Mapping[str, str]) -> list[Change]:
    """Return what changed; `labels` are those of custom fields, by the key of their values."""
    return [
        Change(labels.get(entry[0]) or label_of(entry[0]), str(entry[1]), str(entry[2]))
        for entry in _listed(detail)
    ]


def flagged_text(detail: dict[str, Any], labels: Mapping[str, str]) -> str:
    """Return the values that were flagged: "Title VP, E-mail ada@acme.example"."""
    return ", ".join(
        f"{labels.get(key) or label_of(key)} {shown}"
        for key, shown, _right in detail.get("flags", [])
    )


def flag_reason(detail: dict[str, Any]) -> str:
    """Return why values were flagged, and what is right as far as it was said."""
    reason = detail.get("reason", "")
    known = reason in ContactFlag.Reason.values
    said = [str(ContactFlag.Reason(reason).label) if known else reason]
    said += [
        _("Should be: %s") % suggestion_text(key, right)
        for key, _shown, right in detail.get("flags", [])
        if right and reason
    ]
    return "\n".join(filter(None, said))


def _listed(detail: dict[str, Any]) -> list[list[Any]]:
    listed = detail.get("changes", [])
    return [entry for entry in listed if isinstance(entry, list) and len(entry) == 3]


def phrase_of(row: Any, *, them: str) -> tuple[str, str]:
    """Return who did it and what they did, to be read one after the other."""
    us = row.member__user__name or row.member__user__email or _("Rapport")
    if row.kind == Activity.Kind.CREATED:
        source = row.detail.get("source", ""), row.detail.get("source_detail", "")
        return us, origin_text(*source)
    if row.kind == Activity.Kind.CHANGED:
        return us, changed_text(row.detail or {})
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


def changed_text(detail: dict[str, Any]) -> str:
    texts = {
        "deleted": _("deleted the contact"),
        "restored": _("restored the contact"),
        "flagged": _("flagged as inaccurate:"),
        "unflagged": _("took the flag off"),
        "dismissed": _("dismissed the flag on"),
    }
    if text := texts.get(detail.get("event", "")):
        return text
    if detail.get("event") == "merged":
        names = [str(name) for _pk, name in detail.get("contacts", [])]
        return _("merged %s into this contact") % ", ".join(names)
    number = len(detail.get("changes", []))
    if file := detail.get("via"):
        return _("imported from %s") % file
    if number == 1:
        return _("changed")
    return ngettext("changed %s value", "changed %s values", number) % number


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
