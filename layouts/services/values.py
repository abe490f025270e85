"""Writing values of custom fields, of whatever record."""

from functools import cached_property
from typing import Any

from crm.teams.models import Membership
from layouts.kinds.base import CustomValue
from layouts.models import FieldValue
from layouts.queries import custom_values


class CustomValues:
    """The values of the team's own fields on one record, which the caller has locked.

    Keys are those of CustomValue ("custom-5"). Values are saved as they are written.
    """

    def __init__(self, record: Any, *, kind: str, by: Membership) -> None:
        self.record, self.kind, self.by = record, kind, by

    @cached_property
    def fields(self) -> dict[str, CustomValue]:
        return {value.key: value for value in custom_values(self.kind)}

    @cached_property
    def rows(self) -> dict[str, FieldValue]:
        return {f"custom-{row.field_id}": row for row in self.record.field_values.all()}

    def read(self, key: str) -> str:
        """Return the text form of a value; raise KeyError for no such field."""
        return self.fields[key].read_row(self.rows.get(key))

    def show(self, key: str, text: str) -> str:
        """Return how people see a text form."""
        return self.fields[key].show(text)

    def write(self, key: str, text: str) -> None:
        """Keep a value, "" for none; raise Refused for what cannot be kept."""
        value = self.fields[key]
        text = value.clean(text, by=self.by)
        row = self.rows.pop(key, None)
        if not text:
            if row:
                row.delete()
            return
        row = row or self._new_row(value)
        stored = value.stored(text)
        row.member_id = stored.pop("member")
        for column, content in stored.items():
            setattr(row, column, content)
        row.save()
        self.rows[key] = row

    def flush(self) -> None:
        """Values are saved as they are written."""

    def _new_row(self, value: CustomValue) -> FieldValue:
        relation = self.record.field_values
        made: FieldValue = relation.model(
            **{relation.field.name: self.record}, field_id=value.pk
        )
        return made
