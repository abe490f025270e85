"""How forms look: every field through templates/form/."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting

# Which partial of form/field.html shows a widget, and the look of its control. A widget counts as
# the first class of its own that is listed.
_KINDS = {
    forms.Textarea: ("text", "textarea w-full"),
    forms.SelectMultiple: ("text", "select w-full h-auto min-h-24 bg-none py-1"),
    forms.RadioSelect: ("choices", "radio radio-xs pointer-coarse:radio-sm"),
    forms.CheckboxSelectMultiple: (
        "choices",
        "checkbox checkbox-xs pointer-coarse:checkbox-sm",
    ),
    forms.Select: ("text", "select w-full"),
    forms.CheckboxInput: (
        "checkbox",
        "checkbox checkbox-xs pointer-coarse:checkbox-sm",
    ),
    forms.HiddenInput: ("hidden", ""),
    forms.FileInput: (
        "text",
        "block w-full text-muted file:btn file:btn-sm file:btn-line file:me-3 file:font-medium",
    ),
    forms.Widget: ("text", "input w-full"),
}
# The browser's own pickers, and the format in which they take a value.
_PICKERS = {
    forms.DateInput: ("date", "%Y-%m-%d"),
    forms.DateTimeInput: ("datetime-local", "%Y-%m-%dT%H:%M"),
    forms.TimeInput: ("time", "%H:%M"),
}


class ProjectBoundField(BoundField):
    """A field on a form that knows which partial of form/field.html shows it."""

    def __init__(self, form: Any, field: forms.Field, name: str) -> None:
        super().__init__(form, field, name)
        # The form's own copy of the field, so nothing of the class changes.
        widget: Any = field.widget
        if type(widget) in _PICKERS:
            widget.input_type, widget.format = _PICKERS[type(widget)]
        # A browser would cut off what is pasted without a word; the form says that it is too long.
        widget.attrs.pop("maxlength", None)
        self.kind, self.look = _shown_as(widget)

    @property
    def is_marked_required(self) -> bool:
        """Say whether to mark the field: not where all are required, or it cannot be left empty."""
        widget = self.field.widget
        if not self.field.required or (
            isinstance(widget, forms.Select)
            and not widget.use_required_attribute(self.initial)
        ):
            return False
        return any(not bound.field.required for bound in self.form.visible_fields())

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: Any = None
    ) -> dict[str, Any]:
        """Add the look of the control and the ids of its errors and its help."""
        attrs = super().build_widget_attrs(attrs, widget)
        own = (widget or self.field.widget).attrs.get("class", "")
        # A switch is a check box with a look of its own.
        look = "" if "toggle" in own else self.look
        error = "input-error" if self.errors and self.look else ""
        if classes := " ".join(filter(None, [look, error, own])):
            attrs["class"] = classes
        if self.errors:
            attrs["aria-invalid"] = "true"
        notes = {"errors": self.errors, "helptext": self.help_text}
        described = [f"{self.auto_id}_{note}" for note, there in notes.items() if there]
        if described:
            attrs["aria-describedby"] = " ".join(described)
        return attrs


def _shown_as(widget: forms.Widget) -> tuple[str, str]:
    return next(_KINDS[base] for base in type(widget).__mro__ if base in _KINDS)


class ProjectFormRenderer(TemplatesSetting):
    form_template_name = "form/form.html"
    field_template_name = "form/field.html"
    bound_field_class = ProjectBoundField
