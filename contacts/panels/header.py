"""The identity of a contact at the top of its page."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.panels.duplicates import duplicate_notice
from contacts.panels.flags import flags_in_header
from contacts.panels.rows import HEADER, ContactRows, place_query, time_of
from crm.templatetags.ui import dial
from layouts import registry
from layouts.registry import Visit


def identity(visit: Visit) -> dict[str, Any]:
    """Return what templates/contacts/_identity.html shows: one query and those of the phrases."""
    contact: Contact = visit.record
    can_edit = visit.member.can("contacts.edit") and not contact.is_deleted
    return {
        "contact": contact,
        "stages": visit.profile.stages if can_edit else [],
        "local": time_of(visit.profile, at=visit.at),
        "situation": registry.sentence(visit),
        "can_edit": can_edit,
        "duplicate": duplicate_notice(visit),
        "quick_actions": quick_actions(visit),
        "visit_query": place_query(visit, HEADER),
        "flaggable": flags_in_header(visit),
        "stage_url": ContactRows(visit, place=HEADER).edit_url("stage"),
    }


def quick_actions(visit: Visit) -> list[dict[str, Any]]:
    """Return what can be done at once: write, call, and what other apps registered."""
    contact: Contact = visit.record
    if contact.is_deleted:
        return []
    found: list[dict[str, Any]] = []
    flagged = visit.profile.flags
    emails = [row for row in visit.profile.emails if f"email-{row.pk}" not in flagged]
    if emails:
        mail = f"mailto:{emails[0].email}"
        found.append({"url": mail, "title": _("Email"), "icon": "mail", "opens": ""})
    if contact.primary_phone:
        call = dial(contact.primary_phone)
        found.append({"url": call, "title": _("Call"), "icon": "phone", "opens": ""})
    for action in registry.actions_for(visit.member):
        kwargs = {"team_slug": visit.member.team.slug, "contact_id": contact.pk}
        url = reverse(action.url_name, kwargs=kwargs)
        found.append(
            {
                "url": url,
                "title": action.title,
                "icon": action.icon,
                "opens": action.opens,
            }
        )
    return found


def say_owner(visit: Visit) -> str:
    """Return "owner Tomas", for the sentence that sums up the contact."""
    owner = visit.record.owner
    return _("owner %s") % owner if owner else _("no owner")
