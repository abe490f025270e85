"""Fields that a team adds to its records, and the shape in which their values are kept."""

from layouts.models.fields import CustomField, FieldOption
from layouts.models.values import FieldValue, FieldValuesQuerySet, Operator

__all__ = [
    "CustomField",
    "FieldOption",
    "FieldValue",
    "FieldValuesQuerySet",
    "Operator",
]
