"""Reads of the fields that a team added, and of their values."""

from collections.abc import Collection, Iterable

from django.db.models import F

from crm.tenancy.bulk import AnyOf
from layouts.kinds.base import VALUE_COLUMNS, CustomValue
from layouts.kinds.making import values_for
from layouts.models import CustomField, FieldValue


def custom_fields(record: str = CustomField.Record.CONTACT) -> list[CustomField]:
    """Return the team's own fields of one kind of record, in the order they are shown."""
    return list(CustomField.objects.for_record(record))


def custom_values(record: str = CustomField.Record.CONTACT) -> list[CustomValue]:
    """Return what reads and checks the values of these fields: at most three queries."""
    return values_for(custom_fields(record))


def texts_of(
    model: type[FieldValue],
    record_ids: Collection[int],
    fields: Iterable[CustomValue],
) -> dict[int, dict[int, str]]:
    """Return record -> field -> text form, in one query; what has no value is not there.

    `model` is the table of the records' values, such as ContactFieldValue. What people see is
    `value.show(text)`, what a file holds is `value.cell(text)`.
    """
    known = {value.pk: value for value in fields}
    if not known or not record_ids:
        return {}
    record = f"{model.record_field}_id"
    rows = model.objects.filter(AnyOf(F(record), record_ids), field__in=list(known))
    found: dict[int, dict[int, str]] = {}
    for record_id, field_id, *columns in rows.values_list(
        record, "field_id", *VALUE_COLUMNS
    ):
        text = known[field_id].text(dict(zip(VALUE_COLUMNS, columns, strict=True)))
        if text:
            found.setdefault(record_id, {})[field_id] = text
    return found


def values_of(
    model: type[FieldValue],
    record_ids: Collection[int],
    fields: Iterable[CustomValue],
) -> dict[int, dict[int, str]]:
    """Return record -> field -> what people see, in one query; what has no value is not there."""
    known = {value.pk: value for value in fields}
    return {
        record_id: {pk: known[pk].show(text) for pk, text in texts.items()}
        for record_id, texts in texts_of(model, record_ids, known.values()).items()
    }
