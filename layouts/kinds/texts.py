"""Kinds of custom fields that are texts: text, long text, web address, e-mail and phone."""

import re
from dataclasses import dataclass
from typing import Any

from django import forms

from crm.addresses import BadEmail, BadPhone, normalize_email, parse_phone
from crm.conflicts import Refused
from crm.phones import format_phone
from crm.teams.models import Membership
from crm.templatetags.ui import dial
from crm.text import fold
from layouts.fields import MAX_URL, LinkField, normalize_link, safe_link
from layouts.kinds.base import CustomValue
from layouts.models.values import SORTED_LENGTH


@dataclass(frozen=True, kw_only=True)
class TextValue(CustomValue):
    """One line."""

    mode = "text"

    def columns_of(self, text: str) -> dict[str, Any]:
        return {"text_value": text, "text_sort": fold(text)[:SORTED_LENGTH]}

    def input(self, *, by: Membership) -> forms.Field:
        return forms.CharField(
            label=self.label,
            required=False,
            max_length=self.max_length,
            help_text=self.help_text,
            widget=forms.TextInput(attrs={"inputmode": self.mode}),
        )


@dataclass(frozen=True, kw_only=True)
class LongTextValue(TextValue):
    """Several lines."""

    max_length: int = 10_000

    def clean(self, text: str, *, by: Membership) -> str:
        return super().clean(re.sub(r"\r\n?", "\n", text), by=by)

    def input(self, *, by: Membership) -> forms.Field:
        control = super().input(by=by)
        control.widget = forms.Textarea(attrs={"rows": 4})
        return control


@dataclass(frozen=True, kw_only=True)
class LinkValue(TextValue):
    """A web address."""

    mode = "url"
    max_length: int = MAX_URL

    def clean(self, text: str, *, by: Membership) -> str:
        text = super().clean(text, by=by)
        field = LinkField(key=self.key, label=self.label)
        return normalize_link(field, text) if text else ""

    def href(self, text: str) -> str:
        return safe_link(text)


@dataclass(frozen=True, kw_only=True)
class EmailValue(TextValue):
    """An e-mail address."""

    mode = "email"
    max_length: int = 254

    def clean(self, text: str, *, by: Membership) -> str:
        text = super().clean(text, by=by)
        try:
            return normalize_email(text) if text else ""
        except BadEmail as bad:
            raise Refused(f"{bad}.", key=self.key) from None

    def href(self, text: str) -> str:
        return f"mailto:{text}" if text else ""


@dataclass(frozen=True, kw_only=True)
class PhoneValue(TextValue):
    """A phone number in E.164, with "x12" for an extension."""

    mode = "tel"
    max_length: int = 100

    def clean(self, text: str, *, by: Membership | None) -> str:
        text = super().clean(text, by=by)  # type: ignore[arg-type]  # only asked for the country
        return self._number(text, by.team.country if by else "") if text else ""

    def parse(self, text: str, *, country: str = "") -> str:
        text = super().clean(text, by=None)  # type: ignore[arg-type]  # as above
        return self._number(text, country) if text else ""

    def show(self, text: str) -> str:
        number, x, extension = text.partition("x")
        return f"{format_phone(number)}{f' ext. {extension}' if x else ''}"

    def href(self, text: str) -> str:
        number, x, extension = text.partition("x")
        return f"{dial(number)}{f';ext={extension}' if x else ''}" if text else ""

    def _number(self, text: str, country: str) -> str:
        try:
            number, extension = parse_phone(text, country=country)
        except BadPhone as bad:
            raise Refused(f"{bad}.", key=self.key) from None
        return f"{number}x{extension}" if extension else number
