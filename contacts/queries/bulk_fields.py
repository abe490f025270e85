"""The fields that can be set on many contacts at once."""

from contacts.queries.fields import (
    EMPLOYMENT,
    LOCATION,
    contact_fields,
)
from layouts.fields import Field
from layouts.kinds.base import CUSTOM_KEY
from layouts.kinds.making import values_for
from layouts.models import CustomField
from layouts.queries import custom_values

# Of those that are one person's own, such as a name or a profile, no two are the same.
_GROUPS = (EMPLOYMENT, LOCATION)
_ALSO = ("website",)
_NOT = ("account",)  # a reference with rules of its own


def settable_fields() -> list[Field]:
    """Return the fields in the order they are shown, the team's own last."""
    return [*_system(), *custom_values()]


def settable_field(key: str) -> Field | None:
    """Return the field with this key, None where there is none that can be set."""
    number = key.removeprefix(CUSTOM_KEY)
    if number == key:
        return next((field for field in _system() if field.key == key), None)
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    own = CustomField.objects.for_record(CustomField.Record.CONTACT)
    return next(iter(values_for(own.filter(pk=number))), None)


def _system() -> list[Field]:
    return [
        field
        for key, field in contact_fields().items()
        if (field.group in _GROUPS or key in _ALSO) and key not in _NOT
    ]
