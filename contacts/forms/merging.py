"""What a person chose on the page that shows contacts side by side."""

from typing import Any

from django import forms
from django.http import QueryDict

from contacts.models import Contact
from contacts.queries.merging import Review

CHOICE = "choice-"
VERSION = "version-"


class MergeForm(forms.Form):
    """A contact for each field whose value is kept, a primary address, and what was shown."""

    def __init__(self, data: QueryDict, *, review: Review) -> None:
        super().__init__(data)
        self.review = review
        ids = [(str(contact.pk), contact.name) for contact in review.contacts]
        for choice in review.choices:
            self._add(f"{CHOICE}{choice.key}", ids)
        self._add("primary-email", [(row.value, row.text) for row in review.emails])
        self._add("primary-phone", [(row.value, row.text) for row in review.phones])
        for contact in review.contacts:
            self.fields[f"{VERSION}{contact.pk}"] = forms.IntegerField(min_value=1)

    def _add(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name] = forms.ChoiceField(choices=choices, required=False)

    def choices(self) -> dict[str, int]:
        """Return key of a field -> id of the contact whose value is kept."""
        found = {}
        for choice in self.review.choices:
            chosen = self.cleaned_data[f"{CHOICE}{choice.key}"]
            found[choice.key] = int(chosen) if chosen else choice.chosen.contact.pk
        return found

    def versions(self) -> dict[int, int]:
        """Return the version of each contact that the person has seen."""
        contacts = self.review.contacts
        return {row.pk: self.cleaned_data[f"{VERSION}{row.pk}"] for row in contacts}


class MergeAllForm(forms.Form):
    """The last pair that was there when somebody looked: what came later is not merged unseen."""

    up_to = forms.IntegerField(min_value=1, max_value=2**62)


def chosen_in(data: QueryDict) -> dict[str, str]:
    """Return what was sent so far, for showing the page again."""
    chosen = {
        name.removeprefix(CHOICE): str(data[name])
        for name in data
        if name.startswith(CHOICE)
    }
    primary = ("primary-email", "primary-phone")
    return chosen | {name: str(data[name]) for name in primary if name in data}


def ids_in(data: QueryDict) -> list[int]:
    """Return the ids of contacts in an address, each once."""
    texts = dict.fromkeys(data.getlist("contact"))
    return [
        int(text)
        for text in texts
        if text.isascii() and text.isdigit() and len(text) < 19
    ]


def survivor_in(data: QueryDict, contacts: list[Contact]) -> Contact | None:
    """Return the contact that is to be kept, if the address says one."""
    saved = (row for row in contacts if not row.is_deleted)
    return next((row for row in saved if str(row.pk) == data.get("keep")), None)
