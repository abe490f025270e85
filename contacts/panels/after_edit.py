"""What stands where while a value of a contact is edited, and what follows when it was saved."""

import re
from collections.abc import Iterable
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.panels.all_fields import custom_rows
from contacts.panels.header import identity
from contacts.panels.rows import COLUMN, FIELDS, HEADER, ContactRows, place_query
from contacts.panels.widgets import load_account, load_information
from contacts.queries.fields import ADDRESS, contact_fields, label_of
from contacts.queries.profile import Profile
from layouts.forms.records import ORIGINAL, RecordForm
from layouts.models import CustomField
from layouts.registry import Visit
from layouts.rows import Row

LOCATION = ("city", "region", "country")
# Rows that say something else when a field changes.
FOLLOWERS = {
    **dict.fromkeys(LOCATION, ("location", "local-time")),
    "location": (*LOCATION, "local-time"),
    "time_zone": ("local-time",),
}
CUSTOM = re.compile(r"custom-(\d{1,18})")


def keys_of(key: str) -> list[str]:
    """Return the values that are edited together; raise Http404 for what cannot be edited."""
    if key == "location":
        return list(LOCATION)
    if match := CUSTOM.fullmatch(key):
        known = CustomField.objects.for_record(CustomField.Record.CONTACT)
        if known.filter(pk=match[1]).exists():
            return [key]
    elif key in contact_fields() or ADDRESS.fullmatch(key):
        return [key]
    raise Http404


def dialog_keys(
    profile: Profile, custom: Iterable[CustomField], *, sent: Iterable[str] = ()
) -> list[str]:
    """Return everything the dialog edits, with a free line for one more e-mail and phone.

    An address that a sent form still has and the contact has no more stays in the form, so that
    what was typed is not lost.
    """
    emails = [f"email-{row.pk}" for row in profile.emails]
    phones = [f"phone-{row.pk}" for row in profile.phones]
    names = (name.removeprefix(ORIGINAL) for name in sent if name.startswith(ORIGINAL))
    for key in names:
        match = ADDRESS.fullmatch(key)
        listed = emails if match and match[1] == "email" else phones
        if match and not match[2].startswith("new") and key not in listed:
            listed.append(key)
    return [
        *contact_fields(),
        *emails,
        "email-new",
        "primary-email",
        *phones,
        "phone-new",
        "primary-phone",
        *(f"custom-{field.pk}" for field in custom),
    ]


def page_url(visit: Visit) -> str:
    """Return the tab that the visitor came from."""
    name = "contact_fields" if visit.tab == "all-fields" else "contact_detail"
    path = _url(visit, f"contacts:{name}")
    return f"{path}?{visit.list_query}" if visit.list_query else path


def editor(visit: Visit, key: str, form: RecordForm, *, place: str) -> dict[str, Any]:
    """Return what templates/contacts/contact_field_edit.html shows."""
    place = _place(place)
    query = place_query(visit, place)
    rows = ContactRows(visit, place=place)
    current = _row(rows, key) if place != HEADER else None
    return {
        "contact": visit.record,
        "form": form,
        "key": key,
        "label": current.label if current else label_of(key),
        "row_id": rows.id_of(key),
        "action": f"{_url(visit, 'contacts:contact_field_edit', key=key)}?{query}",
        "cancel": f"{_url(visit, 'contacts:contact_field', key=key)}?{query}",
        "page_url": page_url(visit),
    }


def saved_parts(
    visit: Visit, key: str, place: str, *, is_saved: bool = False
) -> dict[str, Any]:
    """Return the row that takes the editor's place and, after saving, all that changes with it."""
    place = _place(place)
    rows = ContactRows(visit, place=place)
    row = _row(rows, key) if place != HEADER else None
    parts: dict[str, Any] = {"rows": [row] if row else [], "place": place}
    if key == "account" and place == COLUMN:
        # It has no row there; its widget shows it.
        parts |= {
            "rows": [],
            "contact": visit.record,
            "account_widget": load_account(visit),
        }
    if not is_saved:
        return parts
    prefix = key.partition("-")[0]
    parts |= {**identity(visit), "others": []}
    parts["is_header"] = place == HEADER
    if prefix in ("email", "phone"):
        parts |= _addresses(visit, key, place)
    elif key == "account":
        parts["account_widget"] = load_account(visit)
    for other in (COLUMN, FIELDS) if visit.tab == "all-fields" else (COLUMN,):
        followers = [
            name for name in (key, *FOLLOWERS.get(key, ())) if _stands(name, other)
        ]
        maker = ContactRows(visit, place=other)
        parts["others"] += [
            found
            for name in followers
            if (other, name) != (place, key) and (found := maker.row(name))
        ]
    for other_row in parts["others"]:
        other_row.is_focused = False
    return parts


def saved_text(visit: Visit, key: str, *, is_removed: bool) -> str:
    """Return what was saved, by the name it has on the page: "Title saved"."""
    contact: Contact = visit.record
    if key == "stage":
        return _("Stage set to %s") % contact.stage.name
    if key == "owner" and contact.owner:
        return _("Owner set to %s") % contact.owner
    # Those have no name of their own among the fields.
    has_row = key == "location" or CUSTOM.fullmatch(key)
    row = _row(ContactRows(visit, place=FIELDS), key) if has_row else None
    label = {"label": row.label if row else label_of(key)}
    return (_("%(label)s removed") if is_removed else _("%(label)s saved")) % label


def _addresses(visit: Visit, key: str, place: str) -> dict[str, Any]:
    """Return the addresses after one was saved: their order and their labels change together."""
    prefix = key.partition("-")[0]
    at_first = _at_first(visit, prefix)
    if visit.tab != "all-fields":
        return {"rows": [], "information": load_information(at_first)}
    maker = ContactRows(visit, place=FIELDS)
    found = maker.addresses(prefix)
    same = [row for row in found if row.id == maker.id_of(key)]
    if place == COLUMN:
        gone = [] if same else [maker.id_of(key)]
        parts = {"rows": [], "others": found, "gone": gone}
        return {**parts, "information": load_information(at_first)}
    # An added one takes the place of the offer to add it, the offer that of the last one.
    shown = same or (found[-1:] if key.endswith("new") or not found[0].text else [])
    for row in shown:
        row.is_focused = True
    elsewhere = Visit(**{**vars(visit), "focus": ""})
    return {
        "rows": shown,
        "others": [row for row in found if row not in shown],
        "information": load_information(elsewhere),
    }


def _row(rows: ContactRows, key: str) -> Row | None:
    if CUSTOM.fullmatch(key):
        found = (row for value, row in custom_rows(rows) if value.key == key)
        return next(found, None)
    return rows.row(key)


def _at_first(visit: Visit, prefix: str) -> Visit:
    """Let the first address take the focus when the edited one is gone."""
    profile: Profile = visit.profile
    addresses = profile.emails if prefix == "email" else profile.phones
    keys = [f"{prefix}-{row.pk}" for row in addresses]
    focus = visit.focus if visit.focus in keys else (keys or [f"{prefix}-new"])[-1]
    return Visit(**{**vars(visit), "focus": focus})


def _stands(key: str, place: str) -> bool:
    """Return whether the value has a row of its own in a place."""
    if place == COLUMN:
        in_column = {"location", "local-time", "stage", "owner", "lists"}
        return key in in_column or key.endswith("_url") or key == "website"
    return key != "location" and key.partition("-")[0] not in ("email", "phone")


def _place(place: str) -> str:
    return place if place in (COLUMN, FIELDS, HEADER) else COLUMN


def _url(visit: Visit, name: str, **kwargs: Any) -> str:
    slug = visit.member.team.slug
    return reverse(
        name, kwargs={"team_slug": slug, "contact_id": visit.record.pk, **kwargs}
    )
