"""The forms of saved views."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import SavedView
from crm.teams.models import Membership


class ViewForm(forms.Form):
    """Name a view and say who sees it."""

    name = forms.CharField(label=_("Name"), max_length=80)
    is_shared = forms.BooleanField(
        label=_("Share with the team"),
        help_text=_("Everybody in the team can open it; you and admins can change it."),
        required=False,
    )

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autofocus"] = True
        if not member.can("views.share"):
            del self.fields["is_shared"]

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].replace("\x00", "").split())
        if not name:
            raise forms.ValidationError(gettext("Give the view a name"))
        return name


class NewViewForm(ViewForm):
    """Keep a list of people as a new view."""

    is_pinned = forms.BooleanField(
        label=_("Pin in the sidebar"), required=False, initial=True
    )
    is_default = forms.BooleanField(
        label=_("Make it my default: People opens with it"), required=False
    )
    state = forms.CharField(widget=forms.HiddenInput, required=False)


class ChangedViewForm(ViewForm):
    """Rename a view, share it or take it back."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def of(cls, view: SavedView, *args: Any, member: Membership) -> "ChangedViewForm":
        """Return the form with what the view is now."""
        initial = {"name": view.name, "is_shared": view.is_shared}
        initial |= {"version": view.version}
        return cls(*args, initial=initial, member=member)
