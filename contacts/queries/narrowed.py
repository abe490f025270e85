"""Pages of rows that a search or filters have narrowed.

There are two ways to find such a page: *walk* the index of the sort column and drop what does not
match, or *gather* everything that matches and sort it. Walking is right for what is common,
gathering for what is rare. PostgreSQL chooses between the two as if matches were spread evenly,
which they are not (everybody called Walter stands at the end of a list of names), so the choice is
made here, and a walk that turns out long is given up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, IntegerField, QuerySet, Value
from django.db.models.functions import Greatest

from crm.pagination import Page, SortKey, decode_cursor, keyset_page, kind_of

# Gathering this many rows is always fast enough.
_ALWAYS_GATHER = 1000
# Walking must promise to read so much less than gathering before it is worth the risk.
_WALK_MUST_WIN = 3
# A walk is given up after so many times the expected number of rows.
_PATIENCE = 4


@dataclass(frozen=True, kw_only=True)
class Source:
    """The rows a page is cut from."""

    matching: QuerySet  # what the page shows
    everything: QuerySet  # the rows that a walk reads: before search and filters
    unsearched: QuerySet  # the same rows before the search
    expected: int  # estimates of how many each has
    total: int
    groups: Sequence[int | None] = ()  # keys of those that may have any; () for all

    @classmethod
    def whole(cls, rows: QuerySet) -> "Source":
        """Return a source that nothing narrows."""
        return cls(matching=rows, everything=rows, unsearched=rows, expected=0, total=0)

    @property
    def is_narrowed(self) -> bool:
        return self.matching is not self.everything


def read_page(
    source: Source,
    *,
    sort: SortKey,
    cursor: str,
    size: int,
    columns: Callable[[QuerySet, str], QuerySet],
) -> Page:
    """Return a keyset page of `source.matching`.

    `columns(rows, field)` makes the rows plain; they carry the sort value in their attribute
    `sort_value`. Up to three queries. Raise BadCursor for a cursor that this list did not make.
    """

    def page(rows: QuerySet, key: SortKey) -> Page:
        return keyset_page(
            columns(rows, key.field),
            sort=key,
            cursor=cursor,
            size=size,
            value_of=_sort_value,
        )

    if not source.is_narrowed:
        return page(source.matching, sort)
    if walks(expected=source.expected, total=source.total, size=size):
        edge = _edge(source, sort=sort, cursor=cursor, size=size)
        rows = source.matching if edge is None else source.matching.filter(edge)
        found = page(rows, sort)
        backward = bool(cursor) and decode_cursor(cursor)[0]
        if edge is None or (found.previous if backward else found.next):
            return found
    return page(*gathered(source.matching, sort))


def walks(*, expected: int, total: int, size: int) -> bool:
    """Return whether walking the sort index is likely to be much cheaper than gathering."""
    if expected <= _ALWAYS_GATHER:
        return False
    return _walk_length(expected, total, size) * _WALK_MUST_WIN < expected


def gathered(rows: QuerySet, sort: SortKey) -> tuple[QuerySet, SortKey]:
    """Return the rows with a sort key that no index serves: they are gathered and sorted."""
    rows = rows.annotate(gathered_by=Greatest(F(sort.field), F(sort.field)))
    return rows, SortKey(field="gathered_by", descending=sort.descending)


def reach(source: Source, size: int) -> int:
    """Return how many rows a walk may read to find a page."""
    if not source.is_narrowed:
        return size
    return _walk_length(source.expected, source.total, size) * _PATIENCE


def beside(rows: QuerySet, sort: SortKey, value: Any, pk: int) -> dict[int, int]:
    """Return the keys of the rows before (0) and after (1) a place in a list. One query."""
    found = _step(rows, sort.reversed(), value, pk, 0).union(
        _step(rows, sort, value, pk, 1), all=True
    )
    return {side: pk for pk, side in found}


def _step(rows: QuerySet, sort: SortKey, value: Any, pk: int, side: int) -> QuerySet:
    ahead = rows.filter(sort.after(value, pk)).order_by(*sort.order_by)
    return ahead.values_list("pk", Value(side, IntegerField()))[:1]


def _walk_length(expected: int, total: int, size: int) -> int:
    return (size + 1) * total // max(1, expected)


def _edge(source: Source, *, sort: SortKey, cursor: str, size: int) -> Any:
    """Return the condition that ends a walk in time, None where the list ends first."""
    rows = source.everything
    if cursor:
        backward, value, pk = decode_cursor(cursor, kind=kind_of(rows, sort.field))
        sort = sort.reversed() if backward else sort
        rows = rows.filter(sort.after(value, pk))
    far = reach(source, size)
    last = rows.order_by(*sort.order_by).values_list(sort.field, flat=True)[
        far : far + 1
    ]
    return next((sort.up_to(value) for value in last), None)


def _sort_value(row: Any) -> Any:
    return row.sort_value
