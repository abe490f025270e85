"""How many rows there are, without counting more of them than is worth the time."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from crm.teams.models import Team
from crm.tenancy.models import CurrentTeamId

COUNTED = 10_000
# Estimates are off by some percent; from here on they are surely above what is counted.
SURELY_MORE = 2 * COUNTED
_EVERYTHING = 2**40


@dataclass(frozen=True)
class Count:
    """A number of rows: exact, or about right."""

    value: int
    is_exact: bool = True

    def __str__(self) -> str:
        if self.is_exact:
            return _grouped(self.value)
        if self.value <= COUNTED:
            return _("about %s") % _grouped(_round(self.value))
        if self.value < 1_000_000:
            return _("%sk") % (_round(self.value) // 1000)
        return _("%sM") % number_format(_round(self.value) / 1_000_000, 1)

    def __add__(self, other: "Count") -> "Count":
        return Count(self.value + other.value, self.is_exact and other.is_exact)

    def __sub__(self, other: "Count") -> "Count":
        return Count(max(0, self.value - other.value), self.is_exact and other.is_exact)


class CountOf(Subquery):
    """The number of rows of a query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def numbers_of(queries: Sequence[QuerySet], *, limit: int = _EVERYTHING) -> QuerySet:
    """Return one row with the number of rows of each query, none counted beyond the limit.

    Bound late like every query of a team, so it may be built once and used for all teams.
    """
    # The team's own row carries one subquery for each number.
    columns = {
        f"n{i}": CountOf(rows.order_by().values("pk")[:limit])
        for i, rows in enumerate(queries)
    }
    return (
        Team.objects.filter(pk=CurrentTeamId())
        .annotate(**columns)
        .values_list(*columns)
    )


def estimate(*queries: QuerySet) -> list[int]:
    """Return the planner's idea of each query's number of rows: one statement, no row read."""
    found = estimates_of(numbers_of(queries))
    if len(found) == len(queries):
        return found
    # A query that Django knows to be empty is in no plan.
    return [next(iter(estimates_of(numbers_of([rows]))), 0) for rows in queries]


def estimates_of(numbers: QuerySet) -> list[int]:
    """Return the planner's idea of what `numbers_of` would count."""
    plan = json.loads(numbers.all().explain(format="json"))[0]
    found: list[int] = []
    _collect_limits(plan["Plan"], found)
    return found


def count(queries: Sequence[QuerySet], *, estimates: Sequence[int]) -> list[Count]:
    """Return exact counts up to 10,000 in one statement, and the estimates beyond that."""
    small = [
        rows
        for rows, about in zip(queries, estimates, strict=True)
        if about < SURELY_MORE
    ]
    found = iter(numbers_of(small, limit=COUNTED + 1).get() if small else ())
    return [
        counted(next(found), about)
        if about < SURELY_MORE
        else Count(about, is_exact=False)
        for about in estimates
    ]


def counted(found: int, about: int) -> Count:
    """Return what a count that stops after 10,000 says, with the estimate for what lies beyond."""
    return (
        Count(found) if found <= COUNTED else Count(max(found, about), is_exact=False)
    )


def _collect_limits(plan: dict[str, Any], found: list[int]) -> None:
    """Append the rows of the outermost Limit below each subquery, in their order."""
    if plan["Node Type"] == "Limit":
        found.append(plan["Plan Rows"])
        return
    for child in plan.get("Plans", []):
        _collect_limits(child, found)


def _grouped(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)


def _round(value: int) -> int:
    """Return the value with two significant digits: estimates are no better than that."""
    magnitude = 10 ** max(0, int(math.log10(max(1, value))) - 1)
    return round(value / magnitude) * magnitude
