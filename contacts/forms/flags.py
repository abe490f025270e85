"""The form that says which values of a contact are wrong."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactFlag
from contacts.queries.fields import contact_fields
from contacts.queries.flags import Value
from crm.teams.models import Membership

MAX_RIGHT, MAX_TEXT = 500, 500
RIGHT = "right-"


class FlagForm(forms.Form):
    """Chooses values, says what is wrong with them, and perhaps what is right."""

    def __init__(
        self,
        data: Any = None,
        *,
        values: Sequence[tuple[Value, str]],
        chosen: str = "",
        by: Membership,
    ) -> None:
        super().__init__(data)
        self.values = values
        self.fields["value"] = forms.MultipleChoiceField(
            label=_("Values"),
            choices=[(value.key, label) for value, label in values],
            initial=[chosen] if chosen else [],
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": _("Choose at least one value.")},
        )
        for value, label in values:
            self.fields[RIGHT + value.key] = self._right(value.key, label, by=by)
        self.fields["reason"] = forms.ChoiceField(
            label=_("Reason"),
            choices=ContactFlag.Reason.choices,
            initial=ContactFlag.Reason.WRONG,
            widget=forms.RadioSelect,
        )
        self.fields["text"] = forms.CharField(
            label=_("What is wrong"),
            required=False,
            max_length=MAX_TEXT,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_other = cleaned.get("reason") == ContactFlag.Reason.OTHER
        if is_other and not cleaned.get("text") and "text" not in self.errors:
            self.add_error("text", _("Say what is wrong."))
        return cleaned

    @property
    def suggestions(self) -> dict[str, str]:
        """The right values, "" where none was given, by the keys of the chosen ones."""
        return {
            key: self.cleaned_data.get(RIGHT + key, "")
            for key in self.cleaned_data["value"]
        }

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The values to choose from, each with the control for the right one."""
        chosen = self["value"].value() or []
        return [
            {
                "key": value.key,
                "label": label,
                "shown": value.shown,
                "is_chosen": value.key in chosen,
                "right": self[RIGHT + value.key],
            }
            for value, label in self.values
        ]

    def refuse(self, key: str, reason: str) -> None:
        """Put a reason beside the value that it is about."""
        name = RIGHT + key
        self.add_error(name if name in self.fields else None, reason)

    @staticmethod
    def _right(key: str, label: str, *, by: Membership) -> forms.Field:
        """Return the control of the field; for addresses and accounts a text."""
        field = contact_fields().get(key)
        control = field.input(by=by) if field and key != "account" else None
        if control is None or not isinstance(control.widget, forms.Select):
            control = forms.CharField(
                max_length=MAX_RIGHT, widget=forms.TextInput({"autocomplete": "off"})
            )
        control.required = False
        control.label = _("Right value of %s") % label
        return control
