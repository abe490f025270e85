"""Kinds of custom fields with an order of their own: number, currency, date, date and time."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from crm.conflicts import Refused
from crm.teams.models import Membership
from layouts.kinds.base import CustomValue
from layouts.kinds.controls import AmountField, MomentField, as_text
from layouts.kinds.currencies import CURRENCIES

_SPACES = str.maketrans("", "", " \u00a0\u202f")
_AMOUNT = re.compile(r"(?:([A-Z]{3}) ?)?([+-]?[\d.,']*\d)(?: ?([A-Z]{3}))?")
MAX_AMOUNT = Decimal(10) ** 15


@dataclass(frozen=True, kw_only=True)
class NumberValue(CustomValue):
    """A number, with or without decimals."""

    def text(self, columns: Mapping[str, Any]) -> str:
        number = columns["number_value"]
        return "" if number is None else f"{number:.15g}"

    def clean(self, text: str, *, by: Membership) -> str:
        text = super().clean(text, by=by)
        if not text:
            return ""
        try:
            number = float(text.translate(_SPACES))
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or "_" in text:
            raise Refused(_("Enter a number, like 12.5."), key=self.key)
        return f"{number:.15g}"

    def columns_of(self, text: str) -> dict[str, Any]:
        return {"number_value": float(text)}

    def input(self, *, by: Membership) -> forms.Field:
        return forms.CharField(
            label=self.label,
            required=False,
            max_length=40,
            help_text=self.help_text,
            widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        )


@dataclass(frozen=True, kw_only=True)
class CurrencyValue(CustomValue):
    """An amount and the ISO 4217 code that it is in: "1200.50 EUR"."""

    def text(self, columns: Mapping[str, Any]) -> str:
        amount = columns["amount_value"]
        return "" if amount is None else f"{_plain(amount)} {columns['text_value']}"

    def clean(self, text: str, *, by: Membership) -> str:
        text = super().clean(text, by=by).upper().translate(_SPACES)
        if not text or text in CURRENCIES:  # a code without an amount is nothing
            return ""
        match = _AMOUNT.fullmatch(text)
        if match is None or (match[1] and match[3]):
            raise self._refused()
        code = match[1] or match[3] or self.currency
        if code not in CURRENCIES:
            raise Refused(
                _("Enter a currency code, like EUR: %s is none.") % code, key=self.key
            )
        return f"{_plain(self._amount(match[2]))} {code}"

    def columns_of(self, text: str) -> dict[str, Any]:
        amount, _space, code = text.partition(" ")
        return {"amount_value": Decimal(amount), "text_value": code}

    def show(self, text: str) -> str:
        amount, _space, code = text.partition(" ")
        if not amount:
            return ""
        places = max(2, len(amount.partition(".")[2]))
        shown = number_format(Decimal(amount), places, force_grouping=True)
        return f"{shown} {code}"

    def input(self, *, by: Membership) -> forms.Field:
        return AmountField(
            label=self.label, currency=self.currency, help_text=self.help_text
        )

    def _amount(self, text: str) -> Decimal:
        try:
            amount = Decimal(text.replace(",", "").replace("'", ""))
        except InvalidOperation:
            raise self._refused() from None
        if not amount.is_finite() or abs(amount) >= MAX_AMOUNT:
            raise self._refused()
        return amount.quantize(Decimal("0.0001"))

    def _refused(self) -> Refused:
        return Refused(_("Enter an amount, like 1200.50 EUR."), key=self.key)


def _plain(amount: Decimal) -> str:
    """Return the amount without zeros behind the point that say nothing: "1200.5"."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, kw_only=True)
class DateValue(CustomValue):
    """A day, in ISO 8601."""

    def text(self, columns: Mapping[str, Any]) -> str:
        day = columns["date_value"]
        return day.isoformat() if day else ""

    def clean(self, text: str, *, by: Membership) -> str:
        text = super().clean(text, by=by)
        try:
            return date.fromisoformat(text).isoformat() if text else ""
        except ValueError:
            message = _("Enter a date, like 2026-11-23.")
            raise Refused(message, key=self.key) from None

    def columns_of(self, text: str) -> dict[str, Any]:
        return {"date_value": date.fromisoformat(text)}

    def show(self, text: str) -> str:
        return date_format(date.fromisoformat(text), "j M Y") if text else ""

    def input(self, *, by: Membership) -> forms.Field:
        return forms.CharField(
            label=self.label,
            required=False,
            max_length=40,
            help_text=self.help_text,
            widget=forms.DateInput(attrs={"type": "date"}),
        )


@dataclass(frozen=True, kw_only=True)
class MomentValue(CustomValue):
    """A day and a time, to the minute: ISO 8601 with the offset of the reader's zone."""

    def text(self, columns: Mapping[str, Any]) -> str:
        moment = columns["moment_value"]
        if moment is None:
            return ""
        return as_text(moment.astimezone(self._zone))

    def clean(self, text: str, *, by: Membership) -> str:
        text = super().clean(text, by=by)
        return as_text(self._moment(text)) if text else ""

    def columns_of(self, text: str) -> dict[str, Any]:
        return {"moment_value": self._moment(text).astimezone(UTC)}

    def show(self, text: str) -> str:
        return date_format(self._moment(text), "j M Y, H:i") if text else ""

    def input(self, *, by: Membership) -> forms.Field:
        return MomentField(label=self.label, required=False, help_text=self.help_text)

    @property
    def _zone(self) -> tzinfo:
        return self.zone or timezone.get_current_timezone()

    def _moment(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=self._zone)
            return moment.astimezone(self._zone)
        except (ValueError, OverflowError):
            message = _("Enter a date and a time, like 2026-11-23 14:30.")
            raise Refused(message, key=self.key) from None
