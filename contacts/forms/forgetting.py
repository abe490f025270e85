"""The form that asks twice before a person is forgotten."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from crm.text import fold


class ForgetForm(forms.Form):
    """The name, typed by whoever means it."""

    name = forms.CharField(max_length=201, strip=True)

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contact = contact
        self.fields["name"].label = _("Type %(name)s to go on") % {"name": contact.name}
        self.fields["name"].widget.attrs["autocomplete"] = "off"

    def clean_name(self) -> str:
        typed = self.cleaned_data["name"]
        if fold(typed) != fold(self.contact.name):
            raise forms.ValidationError(gettext("This is not the name of the contact."))
        return str(typed)
