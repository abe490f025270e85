"""Forms over the fields of a record, which know what each value was when they were shown."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils.translation import gettext as _

from crm.conflicts import Conflict, Edit, EditConflict, Refused
from crm.teams.models import Membership
from layouts.fields import Field
from layouts.kinds.controls import AmountField, OptionsField, TickField

ORIGINAL = "original-"
TAKE = "take-"
THEIRS = "theirs"


class RecordForm(forms.Form):
    """Edits some values of a record. `texts` are what is stored now, by key.

    Hidden inputs carry the record's version and each value as it was, so that the service can tell
    what this person changed and what somebody else changed meanwhile.
    """

    def __init__(
        self,
        data: Any,
        *,
        listed: Iterable[Field],
        texts: Mapping[str, str],
        version: int,
        by: Membership,
    ) -> None:
        super().__init__(data)
        self.texts, self.version, self.by = dict(texts), version, by
        self.conflicts: dict[str, Conflict] = {}
        self.is_deleted = False
        for field in listed:
            text, control = self.texts[field.key], field.input(by=by)
            if isinstance(control.widget, forms.Select):
                offer_stored(control, text, field)
            self.add(field.key, control, initial=text)

    def add(self, name: str, control: forms.Field, *, initial: Any = "") -> None:
        """Add a control that starts with the given value."""
        control.initial = initial
        self.fields[name] = control

    def text_of(self, key: str) -> str:
        """Return the text form that was typed for a value."""
        text = str(self.cleaned_data.get(key, ""))
        if text == "false" and isinstance(self.fields.get(key), TickField):
            # A box that nobody has ticked is not yet a "no".
            was = self.data.get(f"{ORIGINAL}{key}", self.texts.get(key, ""))
            return text if was else ""
        return text

    def edit(self) -> Edit:
        """Return what the person wants, without what they left to somebody else's version."""
        keys = [key for key in self.texts if self.data.get(f"{TAKE}{key}") != THEIRS]
        return Edit(
            new={key: self.text_of(key) for key in keys if self.is_sent(key)},
            originals={
                key: self.data[f"{ORIGINAL}{key}"]
                for key in keys
                if f"{ORIGINAL}{key}" in self.data
            },
            version=sent_version(self.data),
        )

    def is_sent(self, key: str) -> bool:
        """Return whether the browser sent the value: one that it did not send stays as it is."""
        control = self.fields.get(key)
        if isinstance(control, TickField | OptionsField):
            # Boxes that are all off send nothing.
            return f"{ORIGINAL}{key}" in self.data
        if isinstance(control, AmountField):
            return not control.widget.value_omitted_from_data(self.data, {}, key)
        return key in self.data

    def in_place(self) -> None:
        """Make the controls small, and let the first one take the focus."""
        for index, control in enumerate(self.fields.values()):
            attrs = control.widget.attrs
            if look := _small(control.widget):
                attrs["class"] = look
            if index == 0:
                attrs["autofocus"] = True

    @property
    def first_id(self) -> str:
        """The id of the control that the label of the row belongs to."""
        return str(next(iter(self)).id_for_label)

    @property
    def is_composite(self) -> bool:
        """Whether several values are edited together, each under its own label."""
        return len(self.texts) > 1

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The hidden inputs: the version and the values that this form starts from."""
        sent = {
            key: self.data[f"{ORIGINAL}{key}"]
            for key in self.texts
            if self.is_bound and f"{ORIGINAL}{key}" in self.data
        }
        originals = {**self.texts, **sent}
        # Who has seen what somebody else wrote goes on from there.
        originals |= {key: conflict.theirs for key, conflict in self.conflicts.items()}
        version = (
            sent_version(self.data)
            if self.is_bound and not self.conflicts
            else self.version
        )
        pairs = [(f"{ORIGINAL}{key}", text) for key, text in originals.items()]
        return [("version", str(version)), *pairs]

    def show_conflict(self, exc: EditConflict) -> None:
        """Tell what somebody else changed, next to what was typed."""
        self.conflicts = {
            key: c for key, c in exc.conflicts.items() if key in self.texts
        }
        self.version = exc.version
        for key, conflict in self.conflicts.items():
            self.add_error(self.control_of(key), self.changed_text(conflict))

    def show_refusal(self, exc: Refused) -> None:
        """Put the reason beside the value it is about."""
        name = self.control_of(exc.key)
        self.add_error(name if name in self.fields else None, str(exc))

    def show_deleted(self, text: str) -> None:
        """Say that there is nothing left to edit; what was typed stays in the form."""
        self.is_deleted = True
        self.add_error(None, text)

    def control_of(self, key: str) -> str:
        """Return the control that stands for a value."""
        return key

    @staticmethod
    def changed_text(conflict: Conflict) -> str:
        """Return what somebody else did, and who and when where that is known."""
        change, value = conflict.change, conflict.theirs_shown
        if change is None and not value:
            return _("Somebody emptied this while you were editing.")
        if change is None:
            return _("Somebody changed this to “%s” while you were editing.") % value
        who = {"name": change.by or _("Somebody"), "when": naturaltime(change.at)}
        if not value:
            return _("%(name)s emptied this %(when)s, while you were editing.") % who
        return _(
            "%(name)s changed this to “%(value)s” %(when)s, while you were editing."
        ) % {**who, "value": value}


def sent_version(data: Mapping[str, str]) -> int:
    """Return the version of the record that a form started from; 0, which no record has, for none."""
    text = data.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _small(widget: forms.Widget) -> str:
    """Return the look of a small control, "" for one that has one size."""
    if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
        return ""
    if isinstance(widget, forms.Textarea):
        return "textarea-sm px-2"
    return "select-sm" if isinstance(widget, forms.Select) else "input-sm px-2"


def offer_stored(control: forms.Field, stored: str, field: Field) -> None:
    """Let a select offer what is stored even if nobody could choose it today."""
    choices = list(control.widget.choices)
    if stored and stored not in [str(value) for value, _label in choices]:
        control.widget.choices = [*choices, (stored, field.show(stored))]
