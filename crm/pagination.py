"""Keyset pages: as fast at the end of a list as at its start, and no COUNT on the way."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet


class BadCursor(ValueError):
    """The cursor was not made by this list."""


@dataclass(frozen=True, kw_only=True)
class SortKey:
    """What a list is sorted by: a column that is never NULL, then the primary key, in the same direction.

    An index on (team, column, id) serves both directions.
    """

    field: str
    descending: bool = False

    @property
    def order_by(self) -> tuple[str, str]:
        sign = "-" if self.descending else ""
        return f"{sign}{self.field}", f"{sign}pk"

    def reversed(self) -> "SortKey":
        return SortKey(field=self.field, descending=not self.descending)

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


def decode_cursor(cursor: str) -> tuple[bool, Any, int]:
    """Return (backward, value, pk); raise BadCursor for anything this module did not make."""
    try:
        packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        backward, value, pk = json.loads(packed)
        if isinstance(value, dict):
            value = datetime.fromisoformat(value["at"])
        if isinstance(value, str) and "\x00" in value:
            raise BadCursor(cursor)
        if not isinstance(value, (str, int, datetime)) or not 0 <= int(pk) < 2**63:
            raise BadCursor(cursor)
    except (binascii.Error, KeyError, TypeError, UnicodeDecodeError, ValueError) as exc:
        raise BadCursor(cursor) from exc
    return bool(backward), value, int(pk)


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
        backward, value, pk = decode_cursor(cursor)
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
