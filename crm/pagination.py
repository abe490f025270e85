"""Keyset pages: as fast at the end of a list as at its start, and no COUNT on the way."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, IntegerField, Q, QuerySet

_BIGGEST = 2**63 - 1


class BadCursor(ValueError):
    """The cursor was not made by this list."""


@dataclass(frozen=True, kw_only=True)
class SortKey:
    """What a list is sorted by: a column that is never NULL, then the primary key, in the same direction.

    An index on (team, column, id) serves both directions. For rows that are all alike in another
    column, `within`, so does one on (team, within, column, id); PostgreSQL sees that where the
    column is NULL only if the order names it.
    """

    field: str
    descending: bool = False
    within: str = ""

    @property
    def order_by(self) -> tuple[str, ...]:
        sign = "-" if self.descending else ""
        fields = (self.within, self.field, "pk") if self.within else (self.field, "pk")
        return tuple(f"{sign}{field}" for field in fields)

    def reversed(self) -> "SortKey":
        return replace(self, descending=not self.descending)

    def after(self, value: Any, pk: int) -> Q:
        """Return the condition for the rows behind (value, pk).

        The first half bounds the index scan, the second only drops ties: PostgreSQL uses no
        index for the usual `a > x OR (a = x AND b > y)` alone.
        """
        op = "lt" if self.descending else "gt"
        return Q(**{f"{self.field}__{op}e": value}) & (
            Q(**{f"{self.field}__{op}": value}) | Q(**{f"pk__{op}": pk})
        )

    def up_to(self, value: Any) -> Q:
        """Return the condition for the rows that do not lie behind the value."""
        return Q(**{f"{self.field}__{'gte' if self.descending else 'lte'}": value})


@dataclass(frozen=True)
class Page:
    """A slice of a list, with the cursors of its neighbours ("" where there is none)."""

    rows: Sequence[Any]
    previous: str = ""
    next: str = ""


def encode_cursor(*, value: Any, pk: int, backward: bool = False) -> str:
    """Return an opaque cursor that fits in a URL."""
    if isinstance(value, datetime):
        value = {"at": value.isoformat()}
    packed = json.dumps([1 if backward else 0, value, pk], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *, kind: type = object) -> tuple[bool, Any, int]:
    """Return (backward, value, pk), the value of that kind; raise BadCursor for any other text."""
    try:
        packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        backward, value, pk = json.loads(packed)
        if isinstance(value, dict):
            value = datetime.fromisoformat(value["at"])
    except (KeyError, TypeError, ValueError, RecursionError) as exc:
        raise BadCursor(cursor) from exc
    if not (_is_number(backward) and _is_number(pk) and _is_storable(value)):
        raise BadCursor(cursor)
    if not isinstance(value, kind):
        raise BadCursor(cursor)
    return bool(backward), value, pk


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _BIGGEST


def _is_storable(value: Any) -> bool:
    """Return whether PostgreSQL takes the value as a parameter."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, datetime):
        return value.tzinfo is not None and 1 < value.year < 9999
    return _is_number(value)


def kind_of(rows: QuerySet, field: str) -> type:
    """Return the kind of values that a list is sorted by."""
    found = rows.query.annotations.get(field) or rows.model._meta.get_field(field)
    column = getattr(
        found, "output_field", found
    )  # of expressions and generated columns
    kinds = {DateTimeField: datetime, IntegerField: int}
    return next((k for f, k in kinds.items() if isinstance(column, f)), str)


def keyset_page(
    rows: QuerySet,
    *,
    sort: SortKey,
    cursor: str,
    size: int,
    value_of: Callable[[Any], Any] | None = None,
) -> Page:
    """Return one page of `rows` in the order of `sort`, starting at `cursor` ("" is the start).

    One query. `value_of(row)` returns the sort value of a row; by default the attribute of the
    same name. Raise BadCursor for a cursor that this list did not make.
    """
    value_of = value_of or (lambda row: getattr(row, sort.field))
    backward = False
    ordered = rows.order_by(*sort.order_by)
    if cursor:
        backward, value, pk = decode_cursor(cursor, kind=kind_of(rows, sort.field))
        direction = sort.reversed() if backward else sort
        ordered = rows.filter(direction.after(value, pk)).order_by(*direction.order_by)
    found = list(ordered[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backward:
        found.reverse()
    if not found:
        return Page(rows=[])
    has_previous = more if backward else bool(cursor)
    has_next = True if backward else more
    first, last = found[0], found[-1]
    return Page(
        rows=found,
        previous=encode_cursor(value=value_of(first), pk=first.pk, backward=True)
        if has_previous
        else "",
        next=encode_cursor(value=value_of(last), pk=last.pk) if has_next else "",
    )
