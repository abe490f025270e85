"""The form that logs what happened."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from activities.models import Activity
from activities.queries import LOGGED, Composer

FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class ActivityForm(forms.Form):
    """What happened, when, in which direction and what came of it.

    Each type has outcomes of its own, in a control of its own: "outcome-call".
    """

    kind = forms.ChoiceField(
        label=_("Type"),
        choices=[(kind, label) for kind, (label, _icon) in LOGGED.items()],
    )
    direction = forms.ChoiceField(
        label=_("Direction"), choices=Activity.Direction.choices, required=False
    )
    occurred_at = forms.DateTimeField(label=_("When"), input_formats=FORMATS)
    body = forms.CharField(label=_("What happened"), required=False)
    token = forms.CharField(max_length=64, required=False)

    def entry(self) -> dict[str, Any]:
        """Return what was entered, as services.log_activity takes it."""
        values = self.cleaned_data
        return {
            "kind": values["kind"],
            "occurred_at": values["occurred_at"],
            "direction": values["direction"],
            "outcome": self._outcome(),
            "body": values["body"],
        }

    def composer(self) -> Composer:
        """Return the form as it came back, with everything that was typed."""
        return Composer(
            kind=self.data.get("kind", ""),
            direction=self.data.get("direction", ""),
            occurred_at=self.data.get("occurred_at", ""),
            outcome=self._outcome(),
            body=self.data.get("body", ""),
            token=self.data.get("token", ""),
            errors=self.errors,
        )

    def refuse(self, key: str, text: str) -> None:
        """Put a reason beside the value it is about."""
        self.add_error(key if key in self.fields else None, text)

    def _outcome(self) -> str:
        return str(self.data.get(f"outcome-{self.data.get('kind', '')}", ""))
