"""Forms of an import: the file, how to read it, what its columns become."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactImport, ContactList, ContactStage
from crm.teams.models import Membership
from layouts.fields import country_choices, owner_choices

# Any of these tells who a row is about.
IDENTIFYING = (
    "record",
    "full_name",
    "first_name",
    "last_name",
    "external_id",
    "email:",
    "phone:",
)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        error_messages={
            "required": _("Choose a file first."),
            "empty": _("The file is empty."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.tab,.txt,.xlsx,text/csv"}),
    )


class ReadingForm(forms.Form):
    """How the file is to be read, when the guess was wrong."""

    encoding = forms.ChoiceField(
        label=_("Encoding"),
        choices=[
            ("utf-8", _("UTF-8")),
            ("cp1252", _("Windows-1252")),
            ("utf-16", _("UTF-16")),
            ("utf-16-le", _("UTF-16 LE")),
            ("utf-16-be", _("UTF-16 BE")),
        ],
    )
    delimiter = forms.ChoiceField(
        label=_("Delimiter"),
        choices=[
            (",", _("Comma")),
            (";", _("Semicolon")),
            ("\t", _("Tab")),
            ("|", _("Vertical bar")),
        ],
    )
    heading_row = forms.IntegerField(
        label=_("Headings in row"),
        help_text=_("Blank lines do not count."),
        min_value=1,
        max_value=1000,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A tab would be trimmed away.
        self.fields["delimiter"].widget.attrs["data-raw"] = ""


class SheetForm(forms.Form):
    """Which sheet of a workbook is to be read."""

    sheet = forms.ChoiceField(label=_("Sheet"))
    heading_row = forms.IntegerField(
        label=_("Headings in row"),
        help_text=_("Blank lines do not count."),
        min_value=1,
        max_value=1000,
    )

    def __init__(self, *args: Any, sheets: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sheet"].choices = [(name, name) for name in sheets]  # type: ignore[attr-defined]


class MappingForm(forms.Form):
    """A select for every column, and what happens to whom."""

    existing = forms.ChoiceField(
        label=_("Contacts that are there already"),
        help_text=_("Of accounts that are there, only what is empty is filled."),
        choices=ContactImport.Existing.choices,
        widget=forms.RadioSelect,
    )
    binned = forms.ChoiceField(
        label=_("Deleted contacts"),
        choices=ContactImport.Binned.choices,
        widget=forms.RadioSelect,
    )
    country = forms.ChoiceField(
        label=_("Phone numbers without a country code are from"),
        choices=country_choices,
    )
    stage = forms.ModelChoiceField(
        label=_("Stage of new contacts"),
        help_text=_("Where the file names none."),
        queryset=ContactStage.objects,
        empty_label=None,
    )
    owner = forms.ModelChoiceField(
        label=_("Owner of new contacts"),
        help_text=_("Where the file names none."),
        queryset=Membership.objects,
        required=False,
        empty_label=_("Nobody"),
    )
    list = forms.ModelChoiceField(
        label=_("Add everyone to the list"),
        queryset=ContactList.objects,
        required=False,
        empty_label=_("No list"),
    )

    def __init__(
        self,
        *args: Any,
        headings: Sequence[str],
        choices: Sequence[Any],
        is_single: Callable[[str], bool],
        by: Membership,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.headings, self.is_single = headings, is_single
        self.fields["stage"].queryset = ContactStage.objects.in_order()  # type: ignore[attr-defined]
        self.fields["owner"].queryset = owner_choices(by)  # type: ignore[attr-defined]
        self.fields["list"].queryset = ContactList.objects.by_name()  # type: ignore[attr-defined]
        for place, heading in enumerate(headings):
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=heading, choices=choices, required=False
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        mapping = self.mapping
        for place, key in enumerate(mapping):
            if self.is_single(key) and (first := mapping.index(key)) < place:
                self.add_error(
                    f"column-{place}",
                    gettext("“%s” is imported as this already.") % self.headings[first],
                )
        if not any(key.startswith(IDENTIFYING) for key in mapping if key):
            raise forms.ValidationError(
                gettext(
                    "Say which column holds a name, an e-mail, a phone number or an ID."
                )
            )
        return cleaned

    @property
    def mapping(self) -> Sequence[str]:
        """The target of each column."""
        return [
            self.cleaned_data.get(f"column-{place}", "")
            for place in range(len(self.headings))
        ]

    @property
    def columns(self) -> Sequence[forms.BoundField]:
        return [self[f"column-{place}"] for place in range(len(self.headings))]
