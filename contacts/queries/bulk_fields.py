"""The fields that can be set on many contacts at once."""

from contacts.queries.fields import (
    CUSTOM_KEY,
    EMPLOYMENT,
    LOCATION,
    contact_fields,
    custom_value,
)
from layouts.fields import Field
from layouts.models import CustomField

# Of those that are one person's own, such as a name or a profile, no two are the same.
_GROUPS = (EMPLOYMENT, LOCATION)
_ALSO = ("website",)
_NOT = ("account",)  # a reference with rules of its own


def settable_fields() -> list[Field]:
    """Return the fields in the order they are shown, the team's own last."""
    own = CustomField.objects.for_record(CustomField.Record.CONTACT)
    return [*_system(), *(custom_value(row) for row in own)]


def settable_field(key: str) -> Field | None:
    """Return the field with this key, None where there is none that can be set."""
    number = key.removeprefix(CUSTOM_KEY)
    if number == key:
        return next((field for field in _system() if field.key == key), None)
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    own = CustomField.objects.for_record(CustomField.Record.CONTACT)
    row = own.filter(pk=number).first()
    return custom_value(row) if row else None


def _system() -> list[Field]:
    return [
        field
        for key, field in contact_fields().items()
        if (field.group in _GROUPS or key in _ALSO) and key not in _NOT
    ]
