"""Values of custom fields as the history holds them, for people to read."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F
from django.utils.translation import gettext

from crm.history.models import Change
from crm.history.registry import Line
from crm.tenancy.bulk import AnyOf
from layouts.kinds.base import CUSTOM_KEY, EMPTY, VALUE_COLUMNS, CustomValue
from layouts.kinds.making import values_for
from layouts.models import CustomField, FieldValue


def value_lines(changes: Sequence[Change], model: type[FieldValue]) -> dict[int, Line]:
    """Return change -> what it says of a custom field, for changes of the table: at most five queries.

    None where no value changed. A field that is gone is called "Custom field".
    """
    mine = [change for change in changes if change.source == model._meta.db_table]
    if not mine:
        return {}
    rows = [change.row_id for change in mine if change.op == Change.Op.UPDATE]
    found = model.objects.filter(AnyOf(F("pk"), rows)) if rows else model.objects.none()
    fields = dict(found.values_list("pk", "field_id")) if rows else {}
    field_of = {
        change.pk: ((change.old or {}) | (change.new or {})).get("field_id")
        or fields.get(change.row_id, 0)
        for change in mine
    }
    known = CustomField.objects.filter(pk__in=set(field_of.values()))
    values = {value.pk: value for value in values_for(known)}
    return {
        change.pk: _value_line(change, values.get(pk), pk)
        for change in mine
        if (pk := field_of[change.pk]) is not None
    }


def _value_line(change: Change, value: CustomValue | None, field_id: int) -> Line:
    key = f"{CUSTOM_KEY}{field_id}"
    if value is None:
        sides = ["…" if side else "" for side in (change.old, change.new)]
        return Line(key, gettext("Custom field"), *sides)
    texts = [_recorded_text(value, side) for side in (change.old, change.new)]
    return Line(key, str(value.label), *texts)


def _recorded_text(value: CustomValue, side: Mapping[str, Any] | None) -> str:
    """Return what people see of a value that the history holds as JSON."""
    if not side:
        return ""
    columns = dict(EMPTY)
    for name in VALUE_COLUMNS:
        column = FieldValue._meta.get_field(name)
        raw = side.get(column.attname)  # type: ignore[union-attr]  # no reverse relation
        if raw is not None:
            columns[name] = raw if name == "member" else column.to_python(raw)  # type: ignore[union-attr]
    text = value.text(columns)
    return value.show(text) if text else ""
