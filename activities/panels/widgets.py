"""What the timeline puts on the pages of contacts and accounts."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from activities.models import Activity
from activities.panels.entries import Entries, Entry, days_of, origin_of
from activities.queries import (
    CHANGES,
    KINDS,
    Slice,
    account_timeline,
    activities_of,
    contact_timeline,
    last_contact,
    new_composer,
    whole_timeline,
)
from contacts import departures
from contacts.models import Contact
from layouts import registry
from layouts.registry import ACCOUNT, Phrase, QuickAction, Visit, Widget

KEY, LOG_KEY = "account-overview", "account-log"
TITLES = {
    "": gettext_lazy("All"),
    "emails": gettext_lazy("Emails"),
    "calls": gettext_lazy("Calls"),
    "meetings": gettext_lazy("Meetings"),
    "changes": gettext_lazy("Changes"),
}
WHOLE_ACCOUNT = "account"


def load_overview(visit: Visit) -> dict[str, Any]:
    """Load the widget Account overview: one query, two for the whole account."""
    contact: Contact = visit.record
    can_log = visit.member.can("activities.log") and not contact.is_deleted
    log_url = f"{_url(visit, 'activities:activity_create', contact_id=contact.pk)}?{_query(visit)}"
    return {
        **load_timeline(visit),
        "can_log": can_log,
        "log_url": log_url,
        "composer": new_composer(visit.at) if can_log else None,
    }


def load_timeline(visit: Visit) -> dict[str, Any]:
    """Return a page of the contact's timeline with what its tabs and its switch say."""
    contact: Contact = visit.record
    kind, is_whole = kind_of(visit), is_whole_account(visit)
    read = whole_timeline if is_whole else contact_timeline
    found = read(contact, kind=kind, cursor=visit.params.get("older", ""))
    visit.memo[KEY] = found.rows
    entries = Entries(visit, is_shared=is_whole).of(found.rows)
    is_empty = not entries and not found.since and not kind
    if not found.older and kind in ("", CHANGES):
        entries.append(origin_of(contact))
    page = _url(visit, "contacts:contact_detail", contact_id=contact.pk)
    older = _url(visit, "activities:contact_timeline", contact_id=contact.pk)
    again = _url(visit, "contacts:contact_widget", contact_id=contact.pk, key=KEY)
    scopes = [("", _("Contact")), (WHOLE_ACCOUNT, _("Whole account"))]
    return {
        **_timeline(visit, found, entries, page=page, older=older),
        "again_url": _address(again, _query(visit)),
        "is_empty": is_empty,
        "has_account": contact.account_id is not None,
        "scopes": [
            {
                "title": title,
                "url": _address(page, _query(visit, log=log)),
                "is_current": (log == WHOLE_ACCOUNT) == is_whole,
            }
            for log, title in scopes
        ],
    }


def load_account_log(visit: Visit) -> dict[str, Any]:
    """Load the log of an account: one query."""
    account = visit.record
    cursor = visit.params.get("older", "")
    found = account_timeline(account, kind=kind_of(visit), cursor=cursor)
    return _timeline(
        visit,
        found,
        Entries(visit, is_shared=True).of(found.rows),
        page=_url(visit, "accounts:account_detail", account_id=account.pk),
        older=_url(visit, "activities:account_timeline", account_id=account.pk),
    )


def is_whole_account(visit: Visit) -> bool:
    return (
        visit.params.get("log") == WHOLE_ACCOUNT and visit.record.account_id is not None
    )


def _timeline(
    visit: Visit, found: Slice, entries: list[Entry], *, page: str, older: str
) -> dict[str, Any]:
    current = kind_of(visit)
    return {
        "days": days_of(entries, since=found.since, at=visit.at),
        "older_url": f"{older}?{_query(visit, older=found.older)}"
        if found.older
        else "",
        "tabs": [
            {
                "key": kind,
                "title": TITLES[kind],
                "url": _address(page, _query(visit, kind=kind)),
                "is_current": kind == current,
            }
            for kind in KINDS
        ],
    }


def _url(visit: Visit, name: str, **kwargs: Any) -> str:
    return reverse(name, kwargs={"team_slug": visit.member.team.slug, **kwargs})


def _address(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _query(visit: Visit, **changes: str) -> str:
    """Return the query string of the page with other parameters of the timeline."""
    said = {"kind": kind_of(visit), "log": visit.params.get("log", "")} | changes
    said = {name: value for name, value in said.items() if value}
    return "&".join(filter(None, [visit.list_query, urlencode(said)]))


def kind_of(visit: Visit) -> str:
    kind = visit.params.get("kind", "")
    return kind if kind in KINDS else ""


def say_last_contact(visit: Visit) -> str:
    """Return "last contacted 3 days ago by Priya", for the sentence that sums up the contact."""
    contact: Contact = visit.record
    if contact.last_activity_at is None:
        return _("never contacted")
    name = last_contact(contact, visit.memo.get(KEY, ()))
    values = {"ago": ago(contact.last_activity_at, at=visit.at), "name": name}
    if name:
        return _("last contacted %(ago)s by %(name)s") % values
    return _("last contacted %(ago)s") % values


def ago(moment: datetime, *, at: datetime) -> str:
    """Return how long ago something was, by the days of the reader's zone."""
    days = (timezone.localdate(at) - timezone.localdate(moment)).days
    if days <= 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    if days < 60:
        return ngettext("%s day ago", "%s days ago", days) % days
    if days < 730:
        return ngettext("%s month ago", "%s months ago", days // 30) % (days // 30)
    return ngettext("%s year ago", "%s years ago", days // 365) % (days // 365)


def say_activities(number: int) -> str:
    return ngettext("%s activity", "%s activities", number) % localize(number)


def register() -> None:
    """Called once from AppConfig.ready()."""
    registry.add(
        Widget(
            key=KEY,
            title=gettext_lazy("Account overview"),
            permission="contacts.view",
            template="activities/_account_overview_widget.html",
            load=load_overview,
        )
    )
    registry.add(
        Widget(
            key=LOG_KEY,
            title=gettext_lazy("Activity"),
            permission="contacts.view",
            template="activities/_account_log_widget.html",
            load=load_account_log,
            record=ACCOUNT,
        )
    )
    registry.add(
        QuickAction(
            key="log",
            title=gettext_lazy("Log"),
            icon="square-pen",
            permission="activities.log",
            url_name="activities:activity_create",
            order=10,
            opens="composer",
        )
    )
    registry.add(Phrase(key="last-contact", say=say_last_contact, order=10))
    departures.add(
        departures.Departure(
            key="activities",
            order=50,
            kept=activities_of,
            say=say_activities,
            owns=(Activity,),
        )
    )
