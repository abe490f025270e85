"""How flagged values, and what can be flagged, stand on a contact's page (product.md C13)."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import Contact, ContactFlag
from contacts.queries.fields import label_of
from contacts.queries.flags import (
    Flag,
    field_values,
    suggestion_text,
    waiting_flags,
)
from crm.templatetags.ui import in_sentence, when_text
from layouts.registry import Visit
from layouts.rows import Row

HEADER_KEYS = ("title", "account")


def flag_parts(visit: Visit, key: str) -> dict[str, Any]:
    """Return the parts of a row that say whether its value is flagged, and where that changes."""
    contact: Contact = visit.record
    may = visit.member.can("contacts.edit") and not contact.is_deleted
    flag: Flag | None = visit.profile.flags.get(key)
    if flag is None:
        return {"flag": _url(visit, "contact_flag", key=key) if may else ""}
    parts: dict[str, Any] = {"flagged": flag_text(flag, visit)}
    if may:
        kwargs = {"team_slug": visit.member.team.slug, "contact_id": contact.pk}
        path = reverse("contacts:contact_unflag", kwargs={**kwargs, "key": key})
        parts["unflag"] = f"{path}?{_query(visit)}"
    return parts


def flags_in_header(visit: Visit) -> list[Row]:
    """Return what can be flagged, or is, of the line below the name."""
    return [
        Row(
            id=f"h-{value.key}-{visit.record.pk}",
            label=label_of(value.key),
            text=value.shown,
            **flag_parts(visit, value.key),
        )
        for value in field_values(visit.record)
        if value.key in HEADER_KEYS
    ]


def flag_text(flag: Flag, visit: Visit) -> str:
    """Return "Flagged as inaccurate by Ann, today, 14:02: Wrong value. Should be: x"."""
    said = _("Flagged as inaccurate by %(name)s, %(when)s: %(reason)s.") % {
        "name": flag.by_name or flag.by_email or _("a former member"),
        "when": in_sentence(when_text(flag.flagged_at, at=visit.at)),
        "reason": flag.text or ContactFlag.Reason(flag.reason).label,
    }
    if not flag.suggestion:
        return said
    right = suggestion_text(flag.key, flag.suggestion)
    return f"{said} {_('Should be: %s') % right}"


def waiting_text() -> str:
    """Return how many flags wait for a decision, for the navigation of the settings."""
    number = waiting_flags()
    return "" if not number else _("99+") if number > 99 else str(number)


def _url(visit: Visit, name: str, **params: str) -> str:
    kwargs = {"team_slug": visit.member.team.slug, "contact_id": visit.record.pk}
    path = reverse(f"contacts:{name}", kwargs=kwargs)
    return f"{path}?{urlencode(params)}&{_query(visit)}".rstrip("&")


def _query(visit: Visit) -> str:
    tab = urlencode({"tab": visit.tab}) if visit.tab else ""
    return "&".join(filter(None, [tab, visit.list_query]))
