"""The values that contacts have in one custom field, read in their order a stretch at a time.

The table of values has an index in that order, (team, field, value, contact). As in
contacts.queries.narrowed a list that is narrowed is either walked along it or gathered and sorted.
Options and members have an order of their own, which no index can keep: there the list is read
group by group. Amounts are in the order of their numbers, whatever the currency.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    BooleanField,
    F,
    Func,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Greatest

from contacts.models import ContactFieldValue
from contacts.queries.grouped import number_of
from contacts.queries.narrowed import Source, reach, walks
from crm.pagination import BadCursor
from crm.text import fold
from layouts.kinds.base import CustomValue
from layouts.models import CustomField
from layouts.models.values import COLUMN, is_filled

Kind = CustomField.Kind
# Several options have no order that people would expect; of a long text only the beginning is kept
# to compare.
UNSORTED = (Kind.MULTI_PICKLIST, Kind.LONG_TEXT)
_ARMS = 25  # groups that one query reads


class Place(NamedTuple):
    """Where a contact stands: by its value (its name, where it has none), then by its key."""

    value: Any
    pk: int
    is_empty: bool = False


class _Beyond(Func):
    """Whether (a, b) > (x, y), or < for a list that descends.

    As one comparison of rows an index serves it from the very place on, however many tie there.
    """

    output_field = BooleanField()

    def __init__(self, column: str, place: Place, *, descending: bool) -> None:
        kind: Any = ContactFieldValue._meta.get_field(column)
        value = Value(place.value, output_field=kind)
        super().__init__(F(column), F("contact_id"), value, Value(place.pk))
        self.descends = descending

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        parts = [compiler.compile(each) for each in self.get_source_expressions()]
        column, key, value, pk = (sql for sql, _params in parts)
        operator = "<" if self.descends else ">"
        params = [param for _sql, own in parts for param in own]
        return f"(({column}, {key}) {operator} ({value}, {pk}))", params


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """Values that are in the order of their column: texts, numbers, amounts, dates."""

    rows: QuerySet  # the values of the field
    column: str

    def read(
        self, source: Source, start: Place | None, *, descending: bool, limit: int
    ) -> list[Place]:
        """Return at most `limit` places behind one. One or two queries."""
        rows, by = (
            self.rows,
            _signed([self.column, "contact_id"], descending=descending),
        )
        if start:
            rows = rows.filter(_Beyond(self.column, start, descending=descending))
        if not source.is_narrowed:
            return self._places(_among(rows, source).order_by(*by), limit)
        if walks(expected=source.expected, total=source.total, size=limit):
            near = rows.order_by(*by).values("pk")[: reach(source, limit)]
            walked = _among(ContactFieldValue.objects.filter(pk__in=near), source)
            found = self._places(walked.order_by(*by), limit)
            if len(found) == limit:
                return found
        gathered = _among(rows, source).annotate(
            gathered_by=Greatest(F(self.column), F(self.column))
        )
        by = _signed(["gathered_by", "contact_id"], descending=descending)
        return self._places(gathered.order_by(*by), limit)

    def place_of(self, row: ContactFieldValue) -> Place:
        return Place(getattr(row, self.column), row.contact_id)

    def parse(self, text: str) -> Any:
        """Return the value that a cursor tells of; raise BadCursor."""
        try:
            return _PARSED[self.column](text)
        except (ValueError, InvalidOperation):
            raise BadCursor(text) from None

    def _places(self, rows: QuerySet, limit: int) -> list[Place]:
        found = rows.values_list(self.column, "contact_id")[:limit]
        return [Place(value, pk) for value, pk in found]


@dataclass(frozen=True, kw_only=True)
class Grouped:
    """Values in an order of their own: options as the team arranged them, members by name."""

    rows: QuerySet  # the values of the field
    column: str
    keys: Sequence[int]  # in order

    def read(
        self, source: Source, start: Place | None, *, descending: bool, limit: int
    ) -> list[Place]:
        """Return at most `limit` places behind one, group by group. One query for 25 groups."""
        keys = [*reversed(self.keys)] if descending else [*self.keys]
        keys = keys[keys.index(start.value) :] if start else keys
        if source.is_narrowed and not walks(
            expected=source.expected, total=source.total, size=limit
        ):
            return self._gathered(source, start, descending=descending, limit=limit)
        found: list[Place] = []
        while keys and len(found) < limit:
            some, keys = keys[:_ARMS], keys[_ARMS:]
            arms = [
                self._arm(
                    key, source, start, descending=descending, limit=limit - len(found)
                )
                for key in some
            ]
            rows = arms[0].union(*arms[1:], all=True) if len(arms) > 1 else arms[0]
            sign = -1 if descending else 1
            ordered = sorted(rows, key=lambda row: (some.index(row[0]), sign * row[1]))
            found += [Place(key, pk) for key, pk in ordered]
        return found[:limit]

    def place_of(self, row: ContactFieldValue) -> Place:
        return Place(
            row.option_ids[0] if row.option_ids else row.member_id, row.contact_id
        )

    def parse(self, text: str) -> int:
        """Return the group that a cursor tells of; raise BadCursor."""
        known = {str(key): key for key in self.keys}
        if text not in known:
            raise BadCursor(text)
        return known[text]

    def _arm(
        self,
        key: int,
        source: Source,
        start: Place | None,
        *,
        descending: bool,
        limit: int,
    ) -> QuerySet:
        rows = _among(self.rows.filter(**{self.column: key}), source)
        if start and key == start.value:
            op = "lt" if descending else "gt"
            rows = rows.filter(**{f"contact_id__{op}": start.pk})
        group = Value(key, output_field=BigIntegerField())
        rows = rows.order_by(*_signed(["contact_id"], descending=descending))
        return rows.annotate(group=group).values_list("group", "contact_id")[:limit]

    def _gathered(
        self, source: Source, start: Place | None, *, descending: bool, limit: int
    ) -> list[Place]:
        rows = _among(self.rows, source)
        rows = rows.annotate(place=number_of(self.column, self.keys))
        if start:
            here, op = self.keys.index(start.value) + 1, "lt" if descending else "gt"
            tie = Q(place=here) & Q(**{f"contact_id__{op}": start.pk})
            rows = rows.filter(Q(**{f"place__{op}": here}) | tie)
        order = _signed(["place", "contact_id"], descending=descending)
        found = rows.order_by(*order).values_list("place", "contact_id")[:limit]
        return [Place(self.keys[number - 1], pk) for number, pk in found]


def is_sortable(subject: CustomValue) -> bool:
    """Return whether lists can be sorted by the field."""
    return subject.kind not in UNSORTED


def order_of(subject: CustomValue) -> Ordered | Grouped:
    """Return the order of a field. An option or a member that is gone counts as no value."""
    rows = ContactFieldValue.objects.filter(is_filled(subject.kind), field=subject.pk)
    column = COLUMN[subject.kind]
    if column not in ("option_ids", "member"):
        return Ordered(rows=rows, column=column)
    names = subject.names
    if column == "member":
        keys = sorted(names, key=lambda pk: (fold(names[pk]), pk))
        return Grouped(rows=rows.filter(member__in=keys), column=column, keys=keys)
    first, keys = "option_ids__0", list(names)
    return Grouped(rows=rows.filter(**{f"{first}__in": keys}), column=first, keys=keys)


def _among(rows: QuerySet, source: Source) -> QuerySet:
    return rows.filter(contact__in=source.matching.order_by().values("pk"))


def _signed(names: Sequence[str], *, descending: bool) -> list[str]:
    return [f"-{name}" if descending else name for name in names]


def _number(text: str) -> float:
    number = float(text)
    if number != number or abs(number) == float("inf"):
        raise ValueError(text)
    return number


def _amount(text: str) -> Decimal:
    amount = Decimal(text)
    if not amount.is_finite() or abs(amount) > 10**15:
        raise ValueError(text)
    return amount


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not 1 < moment.year < 9999:
        raise ValueError(text)
    return moment


_PARSED: dict[str, Callable[[str], Any]] = {
    "text_sort": str,
    "number_value": _number,
    "amount_value": _amount,
    "date_value": date.fromisoformat,
    "moment_value": _moment,
}
