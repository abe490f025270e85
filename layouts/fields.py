"""What people see and edit of a record: each field reads, checks and shows one value as text.

The text form is what a form carries, what two people's edits are compared by, and what is kept as
"" for nothing. Contacts and accounts list their fields with these classes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.conflicts import Refused
from crm.phones import format_phone
from crm.teams import places
from crm.teams.models import Membership

Choices = list[tuple[str, str]]

MAX_URL = 500
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Field:
    """A text of a record."""

    key: str  # the name in URLs and forms, and the attribute it is kept in
    label: Any  # lazy translation
    group: str = ""
    max_length: int = 200
    is_editable: bool = True

    def read(self, record: Any) -> str:
        """Return the text form of what is stored."""
        return str(getattr(record, self.key))

    def clean(self, text: str, *, by: Membership) -> str:
        """Return the text form to keep; raise Refused for what cannot be kept."""
        text = text.strip()
        if len(text) > self.max_length:
            raise Refused(
                _("This is longer than %(limit)s characters.")
                % {"limit": self.max_length},
                key=self.key,
            )
        if "\x00" in text:
            raise Refused(_("Null characters are not allowed."), key=self.key)
        return text

    def write(self, record: Any, text: str) -> None:
        """Set a cleaned text form on the record, without saving."""
        setattr(record, self.key, text)

    def show(self, text: str) -> str:
        """Return how people see a text form."""
        return text

    def input(self, *, by: Membership) -> forms.Field:
        """Return the control that edits it."""
        return forms.CharField(
            label=self.label, required=False, max_length=self.max_length
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that `write` sets."""
        return (self.key,)


@dataclass(frozen=True, kw_only=True)
class RequiredField(Field):
    """A text that is never empty."""

    def clean(self, text: str, *, by: Membership) -> str:
        text = super().clean(text, by=by)
        if not text:
            raise Refused(_("This field is required."), key=self.key)
        return text

    def input(self, *, by: Membership) -> forms.Field:
        return forms.CharField(label=self.label, max_length=self.max_length)


@dataclass(frozen=True, kw_only=True)
class PhoneField(Field):
    """A phone number, shown as people write it."""

    max_length: int = 32

    def show(self, text: str) -> str:
        return format_phone(text)

    def input(self, *, by: Membership) -> forms.Field:
        return forms.CharField(
            label=self.label,
            required=False,
            max_length=self.max_length,
            widget=forms.TextInput(attrs={"inputmode": "tel"}),
        )


@dataclass(frozen=True, kw_only=True)
class LinkField(Field):
    """A web address; `sites` are the hosts it may lead to, () for any."""

    max_length: int = MAX_URL
    sites: tuple[str, ...] = ()
    example: str = "example.com"

    def clean(self, text: str, *, by: Membership) -> str:
        text = super().clean(text, by=by)
        return normalize_link(self, text) if text else ""

    def input(self, *, by: Membership) -> forms.Field:
        return forms.CharField(
            label=self.label,
            required=False,
            max_length=self.max_length,
            widget=forms.TextInput(attrs={"inputmode": "url"}),
        )


def normalize_link(field: LinkField, text: str) -> str:
    """Return an absolute http(s) address; raise Refused for anything a browser should not follow."""
    refused = Refused(_("Enter a web address, like %s.") % field.example, key=field.key)
    # "host:8080" is no scheme, "javascript:" is one.
    url = text if _SCHEME.match(text) else f"https://{text.lstrip('/')}"
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port
    except ValueError:
        raise refused from None
    if parts.scheme.lower() not in ("http", "https") or not _HOST.fullmatch(host):
        raise refused
    if parts.username is not None or port == 0 or re.search(r"[\s<>\"\\]", url):
        raise refused
    if field.sites and not is_at(host, field.sites):
        raise refused
    if len(url) > field.max_length:
        raise Refused(_("This address is too long."), key=field.key)
    return url


def is_at(host: str, sites: tuple[str, ...]) -> bool:
    """Return whether the host is one of the sites or below one."""
    return any(host == site or host.endswith(f".{site}") for site in sites)


def safe_link(url: str) -> str:
    """Return the address if a page may link to it, else "": stored values may come from any file."""
    return url if url.lower().startswith(("http://", "https://")) else ""


@dataclass(frozen=True, kw_only=True)
class ChoiceField(Field):
    """One of a fixed set: a country, a time zone."""

    choices: Callable[[], Choices]
    named: Callable[[], dict[str, str]]  # how a stored value reads, where it differs

    def clean(self, text: str, *, by: Membership) -> str:
        if text and text not in dict(self.choices()):
            raise Refused(_("Choose one from the list."), key=self.key)
        return text

    def show(self, text: str) -> str:
        return self.named().get(text, text)

    def input(self, *, by: Membership) -> forms.Field:
        # What is stored may come from a file and stand outside the list: `clean` decides.
        return forms.CharField(
            label=self.label,
            required=False,
            widget=forms.Select(choices=[("", "—"), *self.choices()]),
        )


@dataclass(frozen=True, kw_only=True)
class NumberField(Field):
    """A whole number from zero on."""

    limit: int = 2_000_000_000

    def read(self, record: Any) -> str:
        value = getattr(record, self.key)
        return "" if value is None else str(value)

    def clean(self, text: str, *, by: Membership) -> str:
        digits = re.sub(r"[\s,.'\u00a0\u202f]", "", text)
        if not digits:
            return ""
        if not re.fullmatch(r"[0-9]{1,10}", digits) or int(digits) > self.limit:
            raise Refused(_("Enter a whole number."), key=self.key)
        return str(int(digits))

    def write(self, record: Any, text: str) -> None:
        setattr(record, self.key, int(text) if text else None)

    def input(self, *, by: Membership) -> forms.Field:
        return forms.CharField(
            label=self.label,
            required=False,
            max_length=20,
            widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        )


@dataclass(frozen=True, kw_only=True)
class ReferenceField(Field):
    """One of the team's rows, such as a stage; its text form is the row's id."""

    rows: Callable[[Membership], Any]  # (by) -> the rows this member may choose
    every: Callable[[], Any]  # the rows that may be stored
    is_required: bool = False
    none: Any = "—"  # what no choice is called

    def read(self, record: Any) -> str:
        pk = getattr(record, f"{self.key}_id")
        return "" if pk is None else str(pk)

    def clean(self, text: str, *, by: Membership) -> str:
        if not text and not self.is_required:
            return ""
        pk = id_in(text)
        if not self.rows(by).filter(pk=pk).exists():
            raise Refused(_("Choose one from the list."), key=self.key)
        return str(pk)

    def write(self, record: Any, text: str) -> None:
        setattr(record, self.key, self.every().get(pk=text) if text else None)

    def show(self, text: str) -> str:
        # What a form says it started from is shown too, whatever was sent as that.
        row = self.every().filter(pk=id_in(text)).first() if text else None
        return str(row) if row else ""

    def input(self, *, by: Membership) -> forms.Field:
        choices = [(str(row.pk), str(row)) for row in self.rows(by)]
        if not self.is_required:
            choices.insert(0, ("", self.none))
        return forms.CharField(
            label=self.label,
            required=self.is_required,
            widget=forms.Select(choices=choices),
        )


def id_in(text: str) -> int:
    """Return the id that a text form is; 0, which no row has, for what is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


def country_names() -> dict[str, str]:
    """Return the countries by their two letters, in the reader's language."""
    return _country_names(get_language() or "en")


@cache
def _country_names(language: str) -> dict[str, str]:
    return {
        code: label.rpartition(" (+")[0] for code, label in places.country_choices()
    }


def country_choices() -> Choices:
    return sorted(country_names().items(), key=lambda choice: choice[1])


def zone_names() -> dict[str, str]:
    return {}


def owner_choices(by: Membership) -> Any:
    """Return whom `by` may make an owner (permission contacts.assign): only who may also edit."""
    members = Membership.objects.active().who_can("contacts.edit")
    return members if by.can("contacts.assign") else members.filter(pk=by.pk)


def member_rows() -> Any:
    """Return every membership, also of people who have left."""
    return Membership.objects.select_related("user")
