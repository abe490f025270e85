"""Reads of the fields that a team added."""

from layouts.models import CustomField


def custom_fields(record: str = CustomField.Record.CONTACT) -> list[CustomField]:
    """Return the team's own fields of one kind of record, in the order they are shown."""
    return list(CustomField.objects.for_record(record))
