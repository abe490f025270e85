"""What all kinds of custom fields have in common.

A value has three forms: its text form, which forms carry and edits are compared by; what people
see; and the columns of layouts.models.FieldValue in which it is kept. Whatever the door (a form, an
import, a bulk action, the API), `clean` or `parse` makes the text form and `stored` the columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from layouts.fields import Field

CUSTOM = "custom"
CUSTOM_KEY = "custom-"
# The columns of layouts.models.FieldValue that hold a value, in the order in which COPY writes them.
VALUE_COLUMNS = (
    "text_value",
    "text_sort",
    "number_value",
    "amount_value",
    "date_value",
    "moment_value",
    "option_ids",
    "member",
)
EMPTY: dict[str, Any] = {
    **dict.fromkeys(VALUE_COLUMNS),
    "text_value": "",
    "text_sort": "",
}


@dataclass(frozen=True, kw_only=True)
class CustomValue(Field):
    """How values of one custom field are read, checked, kept and shown."""

    pk: int = 0  # of the field
    kind: str
    group: str = CUSTOM
    section: str = ""  # what the team calls the group it put the field in
    help_text: str = ""
    max_length: int = 1000
    currency: str = ""
    # Ids with their names, in order: of options, or of all members.
    names: Mapping[int, str] = field(default_factory=dict)
    zone: tzinfo | None = None  # of moments; None for the one that is active

    def read_row(self, row: Any) -> str:
        """Return the text form of a row of values; "" for None."""
        return "" if row is None else self.text(row_columns(row))

    def text(self, columns: Mapping[str, Any]) -> str:
        """Return the text form of what stands in the columns."""
        return str(columns["text_value"])

    def parse(self, text: str, *, country: str = "") -> str:
        """Return the text form of what a person or another program wrote; raise Refused.

        Other than `clean`, this takes the names of options and members, and "yes" for a checkbox.
        `country` (ISO 3166-1) says how phone numbers and dates are meant.
        """
        return self.clean(text, by=None)  # type: ignore[arg-type]  # only asked for phone numbers

    def cell(self, text: str) -> str:
        """Return a text form as a file holds it: `parse` reads it back as the same value."""
        return text

    def stored(self, text: str) -> dict[str, Any]:
        """Return the columns of a FieldValue for a text form that is not empty.

        Foreign keys are ids: set `member_id` where a model is written.
        """
        return EMPTY | self.columns_of(text)

    def columns_of(self, text: str) -> dict[str, Any]:
        """Return the columns in which this kind keeps a text form."""
        raise NotImplementedError

    def href(self, text: str) -> str:
        """Return where a value leads to, "" for nowhere."""
        return ""


def row_columns(row: Any) -> dict[str, Any]:
    """Return the columns of a row of values, the member as an id."""
    columns = {name: getattr(row, name) for name in VALUE_COLUMNS[:-1]}
    return columns | {"member": row.member_id}
