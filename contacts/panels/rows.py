"""The lines of a contact's page, made from the contact alone: no queries."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from contacts.models import Contact, ContactEmail, ContactPhone
from contacts.panels.flags import flag_parts
from contacts.queries.fields import LINKS, contact_fields
from contacts.queries.flags import is_flaggable
from contacts.queries.local_time import LocalTime, local_time
from contacts.queries.profile import Email, Phone, Profile
from contacts.services.address_rows import phone_text
from crm.hosts import host_text
from crm.templatetags.ui import dial, when_text
from layouts.fields import country_names, safe_link
from layouts.kinds.base import CustomValue
from layouts.registry import Visit
from layouts.rows import Kind, Row

# Where on the page: the record column, the All fields tab, the stage menu at the top.
COLUMN, FIELDS, HEADER = "c", "f", "h"
NEVER_WARN = {
    ContactEmail.Status.UNKNOWN,
    ContactEmail.Status.VERIFIED,
    ContactEmail.Status.LIKELY,
}

# Keys of values that are rows of their own.
VALUE_KEY = re.compile(r"(?:email|phone|custom)-\d{1,18}")


class ContactRows:
    """Makes the rows of one contact for one place of the page."""

    def __init__(self, visit: Visit, *, place: str = COLUMN) -> None:
        self.contact: Contact = visit.record
        self.profile: Profile = visit.profile
        self.visit, self.place = visit, place
        self.can_edit = (
            visit.member.can("contacts.edit") and not self.contact.is_deleted
        )
        self._edit = ""
        if self.can_edit:
            url = reverse(
                "contacts:contact_field_edit",
                kwargs={
                    "team_slug": visit.member.team.slug,
                    "contact_id": self.contact.pk,
                    "key": "KEY",
                },
            )
            self._edit = f"{url}?{place_query(visit, place)}"
        self._history = ""
        if place == FIELDS:
            self._history = reverse(
                "contacts:contact_field_history",
                kwargs={
                    "team_slug": visit.member.team.slug,
                    "contact_id": self.contact.pk,
                    "key": "KEY",
                },
            )

    def row(self, key: str) -> Row | None:
        """Return the row of a field or an address, None for one that has no row of its own here."""
        if maker := self._special.get(key):
            return maker()
        prefix, _dash, _rest = key.partition("-")
        if prefix in ("email", "phone"):
            found = [row for row in self.addresses(prefix) if row.id == self.id_of(key)]
            return found[0] if found else None
        if key in LINKS:
            return self.link(key)
        return self.text(key)

    @cached_property
    def _special(self) -> dict[str, Callable[[], Row]]:
        return {
            "location": self.location,
            "local-time": self.local_time,
            "stage": self.stage,
            "owner": self.owner,
            "lists": self.lists,
            "account": self.account,
            "last-activity": self.last_activity,
            "source": self.source,
            "created": self.created,
        }

    def id_of(self, key: str) -> str:
        return f"{self.place}-{key}-{self.contact.pk}"

    def edit_url(self, key: str) -> str:
        """Return where a value is edited, "" where it is not."""
        return self._edit.replace("KEY", key) if self.can_edit else ""

    def make(
        self, key: str, label: Any, text: str, *, edits: bool = True, **more: Any
    ) -> Row:
        """Return a row; `edits` says whether this value can be edited in place."""
        if text and is_flaggable(key):
            more |= flag_parts(self.visit, key)
        return Row(
            id=self.id_of(key),
            label=label,
            text=text,
            edit=self.edit_url(key) if edits else "",
            history=self._history.replace("KEY", key) if has_history(key) else "",
            is_focused=key == self.visit.focus,
            **more,
        )

    def text(self, key: str) -> Row:
        field = contact_fields()[key]
        return self.make(key, field.label, field.show(field.read(self.contact)))

    def link(self, key: str) -> Row:
        url = getattr(self.contact, key)
        return self.make(
            key,
            contact_fields()[key].label,
            link_text(url),
            kind=Kind.LINK if safe_link(url) else Kind.TEXT,
            href=safe_link(url),
            is_named=key != "website",
        )

    def custom(self, value: CustomValue, text: str) -> Row:
        """Return the row of a field that the team added, for its text form."""
        href = value.href(text)
        shown = value.show(text)
        return self.make(
            value.key,
            value.label,
            link_text(text) if href.startswith("http") else shown,
            kind=Kind.LINK if href else Kind.TEXT,
            href=href,
            is_named=True,
        )

    def emails(self) -> list[Row]:
        """Return a row for each address, or one that offers to add the first."""
        rows = [
            self.make(
                f"email-{email.pk}",
                email_label(email, is_primary=index == 0),
                email.email,
                kind=Kind.LINK,
                href=f"mailto:{email.email}",
                note=status_text(email),
                warns=email.status not in NEVER_WARN,
            )
            for index, email in enumerate(self.profile.emails)
        ]
        return rows or [self.make("email-new", _("E-mail"), "")]

    def phones(self) -> list[Row]:
        """Return a row for each number, or one that offers to add the first."""
        rows = [
            self.make(
                f"phone-{phone.pk}",
                phone_label(phone),
                phone_text(phone),
                kind=Kind.LINK,
                href=f"{dial(phone.number)}{f';ext={phone.extension}' if phone.extension else ''}",
            )
            for phone in self.profile.phones
        ]
        return rows or [self.make("phone-new", _("Phone"), "")]

    def addresses(self, prefix: str) -> list[Row]:
        return self.emails() if prefix == "email" else self.phones()

    def location(self) -> Row:
        contact = self.contact
        country = country_names().get(contact.country, contact.country)
        parts = [part for part in (contact.city, contact.region, country) if part]
        return self.make("location", _("Location"), ", ".join(parts))

    def local_time(self) -> Row:
        found = time_of(self.profile, at=self.visit.at)
        label = _("Local time")
        if found is None:
            return self.make("local-time", label, _("Local time unknown"), edits=False)
        text = _("in %(place)s (%(zone)s)") % {"place": found.place, "zone": found.zone}
        return self.make(
            "local-time", label, text, edits=False, kind=Kind.CLOCK, value=found
        )

    def stage(self) -> Row:
        stage = self.contact.stage
        return self.make(
            "stage", _("Stage"), stage.name, kind=Kind.STAGE, value=stage.hue
        )

    def owner(self) -> Row:
        owner = self.contact.owner
        return self.make(
            "owner",
            _("Owner"),
            str(owner) if owner else "",
            edits=self.contact.is_reassignable_by(self.visit.member),
            kind=Kind.MEMBER,
        )

    def lists(self) -> Row:
        names = tuple(self.profile.lists)
        return self.make(
            "lists", _("Lists"), ", ".join(names), kind=Kind.TAGS, tags=names
        )

    def account(self) -> Row:
        account = self.contact.account
        return self.make("account", _("Account"), account.name if account else "")

    def last_activity(self) -> Row:
        return self._moment(
            "last-activity", _("Last activity"), self.contact.last_activity_at
        )

    def created(self) -> Row:
        return self._moment("created", _("Created"), self.contact.created_at)

    def source(self) -> Row:
        contact = self.contact
        text = contact.get_source_display()
        if contact.source_detail:
            text = f"{text}: {contact.source_detail}"
        return self.make("source", _("Source"), text, edits=False)

    def _moment(self, key: str, label: str, moment: datetime | None) -> Row:
        text = when_text(moment, at=self.visit.at) if moment else ""
        return self.make(key, label, text, edits=False, kind=Kind.MOMENT, value=moment)


def has_history(key: str) -> bool:
    """Return whether changes of the value are written down under its key."""
    return key in contact_fields() or bool(VALUE_KEY.fullmatch(key))


def place_query(visit: Visit, place: str) -> str:
    """Return the query string that says where on which page a value stands."""
    parts = {"place": place} | ({"tab": visit.tab} if visit.tab else {})
    return "&".join(filter(None, [urlencode(parts), visit.list_query]))


def time_of(profile: Profile, *, at: datetime) -> LocalTime | None:
    """Return what time it is where the contact is."""
    contact = profile.contact
    return local_time(
        time_zone=contact.time_zone,
        phones=[phone.number for phone in profile.phones],
        country=contact.country,
        at=at,
    )


def email_label(email: Email, *, is_primary: bool) -> str:
    if is_primary and email.kind == ContactEmail.Kind.WORK:
        return _("E-mail")
    labels = {
        ContactEmail.Kind.WORK: _("Work e-mail"),
        ContactEmail.Kind.PERSONAL: _("Personal e-mail"),
    }
    return labels.get(ContactEmail.Kind(email.kind), _("Other e-mail"))


def phone_label(phone: Phone) -> str:
    labels = {
        ContactPhone.Kind.WORK: _("Work phone"),
        ContactPhone.Kind.MOBILE: _("Mobile"),
        ContactPhone.Kind.HOME: _("Home phone"),
    }
    return labels.get(ContactPhone.Kind(phone.kind), _("Other phone"))


def status_text(email: Email) -> str:
    """Return what is known of an address, since when and from whom; "" for nothing."""
    if email.status == ContactEmail.Status.UNKNOWN and not email.status_at:
        return ""
    values = {
        "status": ContactEmail.Status(email.status).label,
        "day": when_text(email.status_at, time=False) if email.status_at else "",
        "source": email.status_source,
    }
    if values["day"] and values["source"]:
        return _("%(status)s, %(day)s, %(source)s") % values
    return ", ".join(str(value) for value in values.values() if value)


def link_text(url: str) -> str:
    """Return a web address as people read it: "in/ada" on LinkedIn, else without scheme."""
    if not safe_link(url):
        return url
    parts = urlsplit(url)
    host = host_text((parts.hostname or "").removeprefix("www."))
    path = parts.path.strip("/")
    if path and host in (
        "linkedin.com",
        "x.com",
        "twitter.com",
        "facebook.com",
        "github.com",
    ):
        return path
    return f"{host}/{path}" if path else host
