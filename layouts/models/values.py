"""How values of custom fields are kept: one row for a record and a field, in a column for its kind.

Each app with records derives a table of its own from FieldValue; the QuerySet of its records takes
FieldValuesQuerySet in, which filters and sorts by them.
"""

from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, OuterRef, Q

from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamModel, TeamQuerySet
from crm.text import fold
from layouts.models.fields import CustomField

Kind = CustomField.Kind
SORTED_LENGTH = 200  # of a text, as an index can hold it

# The column in which the values of a kind are compared and sorted.
COLUMN: dict[str, str] = {
    Kind.TEXT: "text_sort",
    Kind.LONG_TEXT: "text_sort",
    Kind.URL: "text_sort",
    Kind.EMAIL: "text_sort",
    Kind.PHONE: "text_sort",
    Kind.NUMBER: "number_value",
    Kind.CHECKBOX: "number_value",  # 1 or 0
    Kind.CURRENCY: "amount_value",  # its code stands in text_value
    Kind.DATE: "date_value",
    Kind.MOMENT: "moment_value",
    Kind.PICKLIST: "option_ids",
    Kind.MULTI_PICKLIST: "option_ids",
    Kind.MEMBER: "member",
}


class FieldValue(TeamModel):
    """What a record has in one custom field. A field without a value has no row."""

    field = TeamForeignKey(
        CustomField, models.CASCADE, related_name="+", db_index=False
    )
    text_value = models.TextField(blank=True)
    # fold(text_value), shortened: by what texts are compared and sorted. "" for other kinds.
    text_sort = models.CharField(
        max_length=SORTED_LENGTH,
        blank=True,
        default="",
        db_default="",
        db_collation="C",
        editable=False,
    )
    number_value = models.FloatField(null=True)
    amount_value = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    date_value = models.DateField(null=True)
    moment_value = models.DateTimeField(null=True)
    # Ids of FieldOption in the order of the options. One that is not there any more means nothing.
    option_ids = ArrayField(models.BigIntegerField(), null=True)
    member = TeamForeignKey(
        Membership, models.CASCADE, null=True, related_name="+", db_index=False
    )

    # The name of the foreign key to the record.
    record_field: ClassVar[str]

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.field_id}: {self.text_value}"


def value_indexes(record: str) -> list[models.Index]:
    """Return the indexes of a table of values: each row is in exactly one of them.

    `record` is the name of the foreign key to the record.
    """
    plain = ["number_value", "amount_value", "date_value", "moment_value", "member"]
    return [
        models.Index(
            fields=["team", "field", "text_sort", record],
            condition=~Q(text_sort=""),
            name=f"{record}_value_text",
        ),
        *(
            models.Index(
                fields=["team", "field", column, record],
                condition=Q(**{f"{column}__isnull": False}),
                name=f"{record}_value_{column.removesuffix('_value')}",
            )
            for column in plain
        ),
        GinIndex(
            OpClass("team_id", name="int8_ops"),
            OpClass("field_id", name="int8_ops"),
            OpClass("option_ids", name="array_ops"),
            condition=Q(option_ids__isnull=False),
            name=f"{record}_value_options",
        ),
    ]


def values_table(record: str) -> type[FieldValue]:
    """Return the table in which the values of a kind of record are kept."""
    return next(
        table for table in FieldValue.__subclasses__() if table.record_field == record
    )


class Operator(models.TextChoices):
    """How a value is compared with what is asked for."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    LESS = "less"  # also before
    MORE = "more"  # also after
    AT_LEAST = "at_least"  # also on or after
    AT_MOST = "at_most"  # also on or before
    ANY_OF = "any_of"
    ALL_OF = "all_of"
    NONE_OF = "none_of"
    EMPTY = "empty"
    FILLED = "filled"


def is_filled(kind: str) -> Q:
    """Return the condition under which the index of the kind's column finds every value of a field."""
    column = COLUMN[kind]
    return (
        ~Q(text_sort="") if column == "text_sort" else Q(**{f"{column}__isnull": False})
    )


_ORDERED = [Operator.IS, Operator.IS_NOT, Operator.LESS, Operator.MORE]
_ORDERED += [Operator.AT_LEAST, Operator.AT_MOST]
_TEXTS = [Operator.IS, Operator.IS_NOT, Operator.CONTAINS, Operator.STARTS_WITH]
_CHOSEN = [Operator.ANY_OF, Operator.NONE_OF]
_OPERATORS: dict[str, list[Operator]] = {
    "text_sort": _TEXTS,
    "number_value": _ORDERED,
    "amount_value": _ORDERED,
    "date_value": _ORDERED,
    "moment_value": _ORDERED,
    "option_ids": _CHOSEN,
    "member": _CHOSEN,
}
_NEGATED = {Operator.IS_NOT: Operator.IS, Operator.NONE_OF: Operator.ANY_OF}


def operators_for(kind: str) -> list[Operator]:
    """Return how values of the kind can be compared, in the order they are offered."""
    found = [Operator.IS] if kind == Kind.CHECKBOX else list(_OPERATORS[COLUMN[kind]])
    if kind == Kind.MULTI_PICKLIST:
        found.insert(1, Operator.ALL_OF)
    return [*found, Operator.EMPTY, Operator.FILLED]


_LOOKUPS: dict[Operator, str] = {
    Operator.IS: "exact",
    Operator.LESS: "lt",
    Operator.MORE: "gt",
    Operator.AT_LEAST: "gte",
    Operator.AT_MOST: "lte",
    Operator.CONTAINS: "contains",
    Operator.STARTS_WITH: "startswith",
}


def condition(kind: str, operator: Operator, value: Any) -> Q:
    """Return the condition on a row of values; raise ValueError for what the kind does not know.

    `value` is a text for texts, a number (also for a checkbox: True or False), a Decimal, a date or
    a moment, and ids for options and members.
    """
    column = COLUMN[kind]
    if operator not in operators_for(kind):
        raise ValueError(f"{kind} does not know {operator}")
    if column == "option_ids":
        lookup = "contains" if operator == Operator.ALL_OF else "overlap"
        return Q(**{f"option_ids__{lookup}": list(value)})
    if column == "member":
        return Q(member__in=list(value))
    if column == "text_sort":
        # Said again so that the partial index serves it.
        value = fold(str(value))[:SORTED_LENGTH]
        return Q(**{f"text_sort__{_LOOKUPS[operator]}": value}) & ~Q(text_sort="")
    return Q(**{f"{column}__{_LOOKUPS[operator]}": value})


class FieldValuesQuerySet(TeamQuerySet):
    """Records that have values of custom fields in the relation `field_values`."""

    def with_field_value(
        self, field: CustomField, operator: Operator, value: Any
    ) -> Self:
        """Records whose value compares like this; the index of the value's column serves it.

        See `condition` for `value`. A record without a value is none of those asked for, but for
        IS_NOT and NONE_OF, and for EMPTY. Raise ValueError for an operator that the kind lacks.
        """
        if operator == Operator.EMPTY:
            return self.without_field_value(field)
        if operator == Operator.FILLED:
            return self.filter(Exists(self._values_of(field)))
        if operator not in operators_for(field.kind):
            raise ValueError(f"{field.kind} does not know {operator}")
        asked = condition(field.kind, _NEGATED.get(operator, operator), value)
        found = Exists(self._values_of(field).filter(asked))
        return self.filter(~found if operator in _NEGATED else found)

    def without_field_value(self, field: CustomField) -> Self:
        """Records that have nothing in the field."""
        return self.filter(~Exists(self._values_of(field)))

    def _values_of(self, field: CustomField) -> Any:
        relation: Any = self.model._meta.get_field("field_values")
        record = {f"{relation.field.name}_id": OuterRef("pk")}
        return relation.related_model.objects.filter(field=field, **record)
