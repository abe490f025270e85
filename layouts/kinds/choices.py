"""Kinds of custom fields with a choice: checkbox, picklist, multi-picklist, member."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from crm.conflicts import Refused
from crm.teams.models import Membership
from crm.text import fold
from layouts.fields import id_in
from layouts.kinds.base import CustomValue
from layouts.kinds.controls import OptionsField, TickField

_YES = {"true", "yes", "y", "on", "1", "checked", "x"}
_NO = {"false", "no", "n", "off", "0", "unchecked"}


@dataclass(frozen=True, kw_only=True)
class CheckboxValue(CustomValue):
    """Yes or no; nobody has said is a third state, and has no row."""

    def text(self, columns: Mapping[str, Any]) -> str:
        number = columns["number_value"]
        return "" if number is None else ("true" if number else "false")

    def clean(self, text: str, *, by: Membership) -> str:
        word = fold(super().clean(text, by=by))
        if word in _YES or word == fold(_("Yes")):
            return "true"
        if word in _NO or word == fold(_("No")):
            return "false"
        if word:
            raise Refused(_("Enter True or False."), key=self.key)
        return ""

    def columns_of(self, text: str) -> dict[str, Any]:
        return {"number_value": 1.0 if text == "true" else 0.0}

    def show(self, text: str) -> str:
        return {"true": _("Yes"), "false": _("No")}.get(text, "")

    def cell(self, text: str) -> str:
        return text.capitalize()

    def input(self, *, by: Membership) -> forms.Field:
        return TickField(label=self.label, required=False, help_text=self.help_text)


@dataclass(frozen=True, kw_only=True)
class NamedValue(CustomValue):
    """A choice of something that has an id and a name."""

    def ids(self, text: str) -> list[int]:
        """Return the ids of a text form, without those of nothing any more."""
        return [pk for part in text.split(",") if (pk := id_in(part)) in self.names]

    def show(self, text: str) -> str:
        return ", ".join(self.names[pk] for pk in self.ids(text))

    def cell(self, text: str) -> str:
        return ";".join(self.names[pk] for pk in self.ids(text))

    def parse(self, text: str, *, country: str = "") -> str:
        parts = [text] if fold(text) in self.by_name else text.split(";")
        found = []
        for part in filter(None, map(str.strip, parts)):
            pk = self.by_name.get(fold(part))
            if pk is None:
                message = _("“%(value)s” is none of the options of “%(field)s”.")
                values = {"value": part[:60], "field": self.label}
                raise Refused(message % values, key=self.key)
            found.append(pk)
        return self.join(found)

    @cached_property
    def by_name(self) -> dict[str, int]:
        return {fold(name): pk for pk, name in reversed([*self.names.items()])}

    def join(self, ids: list[int]) -> str:
        """Return the text form of a choice; raise Refused for more than fit."""
        if len(set(ids)) > 1:
            raise Refused(_("Choose only one."), key=self.key)
        return str(ids[0]) if ids else ""

    def clean(self, text: str, *, by: Membership) -> str:
        parts = [part for part in super().clean(text, by=by).split(",") if part]
        if any(id_in(part) not in self.names for part in parts):
            raise Refused(_("Choose one from the list."), key=self.key)
        return self.join([int(part) for part in parts])

    def input(self, *, by: Membership) -> forms.Field:
        choices = [(str(pk), name) for pk, name in self.names.items()]
        return forms.CharField(
            label=self.label,
            required=False,
            help_text=self.help_text,
            widget=forms.Select(choices=[("", "—"), *choices]),
        )


@dataclass(frozen=True, kw_only=True)
class PicklistValue(NamedValue):
    """One of the options."""

    max_length: int = 10_000

    def text(self, columns: Mapping[str, Any]) -> str:
        return ",".join(str(pk) for pk in self._known(columns["option_ids"]))

    def columns_of(self, text: str) -> dict[str, Any]:
        return {"option_ids": [int(part) for part in text.split(",")]}

    def _known(self, ids: list[int] | None) -> list[int]:
        kept = set(ids or ())
        return [pk for pk in self.names if pk in kept]


@dataclass(frozen=True, kw_only=True)
class MultiPicklistValue(PicklistValue):
    """Several of the options, kept in their order."""

    def join(self, ids: list[int]) -> str:
        return ",".join(str(pk) for pk in self._known(ids))

    def input(self, *, by: Membership) -> forms.Field:
        return OptionsField(
            label=self.label,
            required=False,
            help_text=self.help_text,
            choices=[(str(pk), name) for pk, name in self.names.items()],
            widget=forms.CheckboxSelectMultiple,
        )


@dataclass(frozen=True, kw_only=True)
class MemberValue(NamedValue):
    """A member of the team. One who has left stays where they were chosen."""

    active: frozenset[int] = frozenset()  # whom one may choose
    emails: Mapping[str, int] | None = None  # by which files name them as well

    def text(self, columns: Mapping[str, Any]) -> str:
        return "" if columns["member"] is None else str(columns["member"])

    def clean(self, text: str, *, by: Membership) -> str:
        text = super().clean(text, by=by)
        if text and int(text) not in self.active:
            raise Refused(_("Choose one from the list."), key=self.key)
        return text

    def parse(self, text: str, *, country: str = "") -> str:
        if pk := (self.emails or {}).get(text.strip().lower()):
            return str(pk)
        found = super().parse(text)
        if found and int(found) not in self.active:
            raise Refused(_("%s has left the team.") % self.show(found), key=self.key)
        return found

    def columns_of(self, text: str) -> dict[str, Any]:
        return {"member": int(text)}

    def input(self, *, by: Membership) -> forms.Field:
        control = super().input(by=by)
        control.widget.choices = [
            (value, name)
            for value, name in control.widget.choices
            if not value or int(value) in self.active
        ]
        return control
