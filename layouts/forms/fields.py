"""Forms of Settings, Fields."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from layouts.kinds.currencies import CURRENCIES
from layouts.models import CustomField, FieldOption

Kind = CustomField.Kind


class DescriptionForm(forms.Form):
    """What can be changed of a field that is there."""

    # What is too long or taken is for the services to say.
    name = forms.CharField(label=_("Name"), max_length=80)
    help_text = forms.CharField(
        label=_("Description"),
        max_length=300,
        required=False,
        help_text=_("Shown beside the field where it is edited"),
    )
    group = forms.CharField(
        label=_("Group"),
        max_length=60,
        required=False,
        help_text=_("A heading of its own under All fields"),
    )
    currency = forms.ChoiceField(
        label=_("Currency of an amount without one"),
        choices=[(code, code) for code in CURRENCIES],
        required=False,
    )

    def __init__(self, data: Any = None, *, field: CustomField | None = None) -> None:
        names = ("name", "help_text", "group", "currency")
        initial = {name: getattr(field, name) for name in names} if field else None
        super().__init__(data, initial=initial)
        if field and field.kind != Kind.CURRENCY:
            del self.fields["currency"]
        elif not field:
            self.fields["currency"].initial = "USD"

    def described(self) -> dict[str, str]:
        """Return what is said of the field beside its name and type."""
        names = ("help_text", "group", "currency")
        return {name: self.cleaned_data.get(name, "") for name in names}


class NewFieldForm(DescriptionForm):
    """A field that is added: its type is chosen once."""

    kind = forms.ChoiceField(
        label=_("Type"),
        choices=Kind.choices,
        help_text=_("The type of a field never changes."),
    )
    options = forms.CharField(
        label=_("Options"),
        required=False,
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Of a picklist: one a line"),
    )

    field_order = ("name", "kind", "options", "currency", "help_text", "group")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["name"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        lines = [line.strip() for line in cleaned.get("options", "").splitlines()]
        has_options = cleaned.get("kind") in (Kind.PICKLIST, Kind.MULTI_PICKLIST)
        # Of the same option twice, one is enough.
        named: dict[str, str] = {}
        for line in filter(None, lines):
            named.setdefault(line.casefold(), line)
        cleaned["options"] = [*named.values()] if has_options else []
        return cleaned


class OptionForm(forms.Form):
    """The name of an option."""

    option = forms.CharField(label=_("Option"), max_length=120)


class RemovalForm(forms.Form):
    """Where the values of an option go."""

    target = forms.ChoiceField(label=_("Its values become"), required=False)

    def __init__(self, data: Any = None, *, option: FieldOption) -> None:
        super().__init__(data)
        others = FieldOption.objects.filter(field=option.field_id).in_order()
        self.others = {str(row.pk): row for row in others if row.pk != option.pk}
        target: Any = self.fields["target"]
        target.choices = [
            ("", _("Empty")),
            *((pk, row.name) for pk, row in self.others.items()),
        ]

    def chosen(self) -> FieldOption | None:
        """Return the option that takes the values over, None for nothing."""
        return self.others.get(self.cleaned_data["target"])
