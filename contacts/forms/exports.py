"""What an export asks for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactExport


class ExportForm(forms.Form):
    """The kind of file, and which columns it has."""

    file_format = forms.ChoiceField(
        label=_("Format"),
        choices=ContactExport.Format.choices,
        initial=ContactExport.Format.CSV,
        widget=forms.RadioSelect,
    )
    columns = forms.ChoiceField(
        label=_("Columns"),
        choices=ContactExport.Columns.choices,
        initial=ContactExport.Columns.SHOWN,
        widget=forms.RadioSelect,
        help_text=_("A file with all fields can be imported again."),
    )
