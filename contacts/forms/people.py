"""The form of a new contact."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactList, ContactStage
from crm.teams.models import Membership
from layouts.fields import owner_choices
from layouts.kinds.controls import TickField
from layouts.queries import custom_values


class ContactForm(forms.Form):
    """What is asked about a person who is added by hand."""

    # What makes a form that is sent twice write once
    token = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    first_name = forms.CharField(label=_("First name"), max_length=100, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=100, required=False)
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    # What is an address or a number is for the services to say: they store its one form.
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=60, required=False)
    account = forms.CharField(
        label=_("Account"),
        max_length=200,
        required=False,
        help_text=_("An account of the team, or the name of a new one"),
    )
    stage = forms.ModelChoiceField(
        ContactStage.objects.in_order(), label=_("Stage"), empty_label=None
    )
    owner = forms.ModelChoiceField(
        Membership.objects.none(), label=_("Owner"), required=False
    )
    lists = forms.ModelMultipleChoiceField(
        ContactList.objects.by_name(),
        label=_("Lists"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "checkbox checkbox-xs"}),
    )

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = {value.key: value for value in custom_values()}
        for key, value in self.own.items():
            self.fields[key] = value.input(by=member)
        self.fields["owner"].queryset = owner_choices(member)
        self.fields["owner"].empty_label = gettext("No owner")
        self.fields["first_name"].widget.attrs["autofocus"] = True
        self.fields["email"].widget.input_type = "email"
        self.fields["email"].widget.attrs["autocomplete"] = "off"
        self.fields["phone"].widget.input_type = "tel"
        self.fields["account"].widget.attrs["list"] = "account-names"

    @property
    def own_fields(self) -> list[Any]:
        """The controls of the team's own fields."""
        return [self[key] for key in self.own]

    def new_contact(self) -> dict[str, Any]:
        """Return what was typed, the team's own fields under `custom` as far as they were filled."""
        cleaned = self.cleaned_data
        said = {key: str(cleaned.get(key) or "") for key in self.own}
        for key in self.own:
            # A box that was not ticked says nothing.
            is_box = isinstance(self.fields[key], TickField)
            if not said[key] or (is_box and said[key] == "false"):
                del said[key]
        others = {*self.own, "token"}
        usual = {key: value for key, value in cleaned.items() if key not in others}
        return {**usual, "custom": said}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        named = ("first_name", "last_name", "email", "phone")
        if not self.errors and not any(cleaned.get(name) for name in named):
            self.add_error(
                "first_name",
                gettext("Give a name, an e-mail address or a phone number"),
            )
        return cleaned
