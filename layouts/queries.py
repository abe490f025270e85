"""Reads of the fields that a team added, and of their values."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Case, F, IntegerField, OuterRef, Subquery, When
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.tenancy.bulk import AnyOf
from layouts.kinds.base import VALUE_COLUMNS, CustomValue
from layouts.kinds.making import values_for
from layouts.models import CustomField, FieldOption, FieldValue
from layouts.models.values import is_filled, values_table

MOST_COUNTED = 1000  # values of one field, for the list of fields


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


@dataclass(frozen=True, kw_only=True)
class ListedField:
    """A field with how many records have a value in it."""

    field: CustomField
    used: int  # at most MOST_COUNTED + 1
    is_first: bool
    is_last: bool

    @property
    def used_text(self) -> str:
        """What the list says: "12 values", "more than 1,000 values"."""
        if self.used > MOST_COUNTED:
            number = number_format(MOST_COUNTED, force_grouping=True)
            return _("More than %s values") % number
        return ngettext("%s value", "%s values", self.used) % self.used


class _Count(Subquery):
    """How many rows a subquery has."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def listed_fields(record: str) -> list[ListedField]:
    """Return the fields of a kind of record with their use, counted to a limit: one query."""
    values = values_table(record).objects.filter(field=OuterRef("pk"))
    counts = [
        When(
            kind=kind,
            then=_Count(
                values.filter(is_filled(kind)).values("pk")[: MOST_COUNTED + 1]
            ),
        )
        for kind in CustomField.Kind
    ]
    rows = list(
        CustomField.objects.for_record(record).annotate(
            used=Case(*counts, default=0, output_field=IntegerField())
        )
    )
    return [
        ListedField(
            field=row, used=row.used, is_first=row is rows[0], is_last=row is rows[-1]
        )
        for row in rows
    ]


def count_values(field: CustomField) -> int:
    """Return how many records have a value in the field, by the index of its kind."""
    values = values_table(field.record).objects.filter(is_filled(field.kind))
    return values.filter(field=field).count()


def count_option(option: FieldOption) -> int:
    """Return how many records have the option."""
    values = values_table(option.field.record).objects.filter(field=option.field_id)
    return values.filter(option_ids__overlap=[option.pk]).count()
