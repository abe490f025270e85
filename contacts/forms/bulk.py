"""What the actions on many contacts ask for."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.bulk_actions import BulkAction
from contacts.models import ContactList, ContactStage, Selection
from contacts.queries.bulk_fields import settable_field, settable_fields
from crm.conflicts import Refused
from crm.teams.models import Membership
from layouts.fields import owner_choices

MAX_LIST_NAME = 80
# A destructive action on more than that is confirmed by its number, as one on everybody always is.
SURELY_MEANT = 100


class BulkForm(forms.Form):
    """Confirms an action on a selection; those that ask for something derive from it."""

    # What of the cleaned data the action needs, as JSON keeps it.
    kept: tuple[str, ...] = ()

    def __init__(
        self,
        data: Any = None,
        *,
        action: BulkAction,
        selection: Selection,
        member: Membership,
        params: Mapping[str, str],
    ) -> None:
        super().__init__(data)
        self.action, self.selection, self.member = action, selection, member
        self.params = params  # what a form in two steps has so far
        self.prepare()
        if action.is_destructive and (
            selection.is_all or selection.total > SURELY_MEANT
        ):
            number = number_format(selection.total, force_grouping=True)
            self.fields["confirmed"] = forms.BooleanField(
                label=gettext("Yes, delete all %s contacts") % number,
                error_messages={
                    "required": gettext("Tick this if you mean all of them.")
                },
            )

    def prepare(self) -> None:
        """Add what depends on the team and the member."""

    def values(self) -> dict[str, Any]:
        """Return what the action is to do, as JSON keeps it."""
        return {name: self.cleaned_data[name] for name in self.kept}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.data.get("number") != str(self.selection.total):
            number = number_format(self.selection.total, force_grouping=True)
            message = gettext("It is %s people that are selected. Please confirm.")
            self.add_error(None, message % number)
        return cleaned

    def show_refusal(self, refused: Refused) -> None:
        """Put the reason beside the value it is about."""
        self.add_error(
            refused.key if refused.key in self.fields else None, str(refused)
        )


class StageForm(BulkForm):
    # Nothing is chosen before: a hasty Enter would move everybody to the first stage.
    stage: Any = forms.ModelChoiceField(
        ContactStage.objects.in_order(),
        label=_("Stage"),
        empty_label=_("Choose a stage"),
    )

    def prepare(self) -> None:
        self.fields["stage"].widget.attrs["autofocus"] = True

    def values(self) -> dict[str, Any]:
        return {"stage": self.cleaned_data["stage"].pk}


class OwnerForm(BulkForm):
    owner: Any = forms.ModelChoiceField(
        Membership.objects.none(), label=_("Owner"), required=False
    )
    accounts = forms.BooleanField(label=_("Also change account owners"), required=False)

    def prepare(self) -> None:
        owner: Any = self.fields["owner"]
        owner.queryset = owner_choices(self.member)
        owner.empty_label = gettext("Nobody")
        owner.initial = self.member.pk
        owner.widget.attrs["autofocus"] = True

    def values(self) -> dict[str, Any]:
        owner = self.cleaned_data["owner"]
        accounts = bool(self.cleaned_data["accounts"])
        return {"owner": str(owner.pk) if owner else "", "accounts": accounts}


class RemoveFromListForm(BulkForm):
    list: Any = forms.ModelChoiceField(
        ContactList.objects.by_name(),
        label=_("List"),
        empty_label=_("Choose a list"),
    )

    def prepare(self) -> None:
        self.fields["list"].widget.attrs["autofocus"] = True

    def values(self) -> dict[str, Any]:
        return {"list": self.cleaned_data["list"].pk}


class AddToListForm(BulkForm):
    list = forms.ModelChoiceField(
        ContactList.objects.by_name(), label=_("List"), required=False
    )
    new_list = forms.CharField(
        label=_("New list"), required=False, max_length=MAX_LIST_NAME
    )

    def prepare(self) -> None:
        chosen: Any = self.fields["list"]
        chosen.empty_label = gettext("Choose a list")
        chosen.widget.attrs["autofocus"] = True
        self.fields["new_list"].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if bool(cleaned.get("list")) == bool(cleaned.get("new_list")):
            message = gettext("Choose a list, or name a new one.")
            self.add_error("list", message)
        return cleaned

    def values(self) -> dict[str, Any]:
        chosen = self.cleaned_data["list"]
        if chosen:
            return {"list": chosen.pk}
        return {"new_list": self.cleaned_data["new_list"]}


class FieldForm(BulkForm):
    """First which field, then its value with the control that fits it."""

    field = forms.ChoiceField(label=_("Field"))
    emptied = forms.BooleanField(label=_("Empty the field"), required=False)

    def prepare(self) -> None:
        which: Any = self.fields["field"]
        which.choices = [
            ("", gettext("Choose a field")),
            *((field.key, field.label) for field in settable_fields()),
        ]
        key = self.data.get("field") or self.params.get("field", "")
        self.chosen = settable_field(key)
        # The value comes while arrow keys go through the fields: the focus stays on them.
        which.widget.attrs["autofocus"] = True
        if self.chosen is None:
            del self.fields["emptied"]
            return
        self.fields["field"].initial = self.chosen.key
        control = self.chosen.input(by=self.member)
        control.required = False
        self.fields["text"] = control
        self.order_fields(["field", "text", "emptied"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.chosen is None:
            return cleaned
        text = str(cleaned.get("text") or "")
        try:
            text = self.chosen.clean(text, by=self.member)
        except Refused as refused:
            self.add_error("text", str(refused))
            return cleaned
        if cleaned.get("emptied"):
            text = ""
        elif not text and not self.errors.get("text"):
            message = gettext("Enter a value, or tick “Empty the field”.")
            self.add_error("text", message)
        return {**cleaned, "text": text}

    def values(self) -> dict[str, Any]:
        key = self.chosen.key if self.chosen else ""
        return {"field": key, "text": self.cleaned_data["text"]}


# By the key of the action.
FORMS: dict[str, type[BulkForm]] = {
    "save": BulkForm,
    "set-stage": StageForm,
    "assign-owner": OwnerForm,
    "add-to-list": AddToListForm,
    "remove-from-list": RemoveFromListForm,
    "set-field": FieldForm,
    "delete": BulkForm,
}
