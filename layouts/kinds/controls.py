"""Controls of forms whose value is the text form of a custom field, although they are more than a line."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from layouts.kinds.currencies import CURRENCIES


class AmountWidget(forms.MultiWidget):
    """An amount beside the currency it is in."""

    template_name = "form/amount.html"

    def __init__(self, currency: str, label: Any) -> None:
        self.currency = currency
        codes = forms.Select(
            choices=[(code, code) for code in CURRENCIES],
            attrs={"aria-label": _("Currency")},
        )
        super().__init__([forms.TextInput(attrs={"inputmode": "decimal"}), codes])

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        own = context["widget"]["subwidgets"][1]["attrs"]
        small = "select-sm" if "input-sm" in own.get("class", "") else ""
        own["class"] = f"select w-24 shrink-0 {small}".strip()
        own.pop("autofocus", None)
        return context

    def decompress(self, value: str | None) -> list[str]:
        amount, _space, code = (value or "").partition(" ")
        return [amount, code or self.currency]


class AmountField(forms.MultiValueField):
    """Takes an amount and a code; cleans to "12.5 EUR", "" without an amount."""

    def __init__(self, *, label: Any, currency: str, help_text: str = "") -> None:
        super().__init__(
            [forms.CharField(required=False), forms.CharField(required=False)],
            label=label,
            required=False,
            help_text=help_text,
            require_all_fields=False,
            widget=AmountWidget(currency, label),
        )

    def compress(self, data_list: list[str]) -> str:
        amount, code = [*data_list, "", ""][:2]
        return f"{amount} {code}".strip() if amount.strip() else ""


def as_text(moment: datetime) -> str:
    """Return the text form of a moment, to the minute."""
    return moment.isoformat(timespec="minutes")


class MomentField(forms.CharField):
    """A day and a time in the person's zone: cleans to ISO 8601 with the offset."""

    widget = forms.DateTimeInput

    def prepare_value(self, value: Any) -> Any:
        # What the browser's picker takes: without the offset.
        return value[:16] if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text  # the service says what is wrong with it
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.get_current_timezone())
        return as_text(moment)


class TickField(forms.Field):
    """A check box that can also be not set yet: cleans to "true", or "false"."""

    widget = forms.CheckboxInput

    def prepare_value(self, value: Any) -> bool:
        return value in ("true", "on", True)

    def clean(self, value: Any) -> str:
        return "true" if value in ("true", "on", True) else "false"


class OptionsField(forms.MultipleChoiceField):
    """Several of the options: cleans to their ids with commas."""

    def prepare_value(self, value: Any) -> Any:
        return value.split(",") if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        # What is not offered any more is for the service to refuse.
        return ",".join(map(str, value or []))
