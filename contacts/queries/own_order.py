"""Contacts in the order of their values in one custom field; those without a value come last."""

from collections.abc import Callable
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from contacts.models import Contact
from contacts.queries.narrowed import Source
from contacts.queries.own_values import Grouped, Ordered, Place, order_of
from crm.pagination import BadCursor, Page, SortKey, decode_cursor, encode_cursor
from layouts.kinds.base import CustomValue

_BY_NAME = SortKey(field="name_sort")


def read_page(
    source: Source,
    *,
    subject: CustomValue,
    descending: bool,
    cursor: str,
    size: int,
    columns: Callable[[QuerySet, str], QuerySet],
) -> Page:
    """Return a keyset page of `source.matching`, by the values of a custom field.

    `columns` as in narrowed.read_page. Two to four queries. Raise BadCursor for a cursor that this
    list did not make.
    """
    order, backward, start = order_of(subject), False, None
    if cursor:
        backward, text, pk = decode_cursor(cursor, kind=str)
        if text[:1] not in ("v", "e"):
            raise BadCursor(cursor)
        is_empty = text[0] == "e"
        start = Place(text[1:] if is_empty else order.parse(text[1:]), pk, is_empty)
    found = _read(
        order,
        source,
        start,
        descending=descending,
        backward=backward,
        limit=size + 1,
    )
    more, found = len(found) > size, found[:size]
    if backward:
        found.reverse()
    if not found:
        return Page(rows=[])
    chosen = Contact.objects.filter(pk__in=[place.pk for place in found])
    rows = {row.pk: row for row in columns(chosen, "name_sort")}
    has_previous, has_next = (more, True) if backward else (bool(cursor), more)
    return Page(
        rows=[rows[place.pk] for place in found if place.pk in rows],
        previous=_cursor(found[0], backward=True) if has_previous else "",
        next=_cursor(found[-1], backward=False) if has_next else "",
    )


def beside(
    contact: Contact, source: Source, *, subject: CustomValue, descending: bool
) -> dict[int, int]:
    """Return the contacts before (0) and after (1) one in a list. Three to seven queries."""
    order = order_of(subject)
    row = order.rows.filter(contact=contact).first()
    start = (
        order.place_of(row) if row else Place(contact.name_sort, contact.pk, True)  # noqa: FBT003
    )
    found: dict[int, int] = {}
    for side, backward in ((0, True), (1, False)):
        places = _read(
            order, source, start, descending=descending, backward=backward, limit=1
        )
        found.update((side, place.pk) for place in places)
    return found


def _read(
    order: Ordered | Grouped,
    source: Source,
    start: Place | None,
    *,
    descending: bool,
    backward: bool,
    limit: int,
) -> list[Place]:
    """Return the places behind one: those with values, then those without, or the other way."""
    parts = [
        (False, order.read, descending != backward),
        (True, _without(order), backward),
    ]
    if backward:
        parts.reverse()
    if start and start.is_empty is not parts[0][0]:
        parts = parts[1:]
    found: list[Place] = []
    for _is_empty, read, down in parts:
        room = limit - len(found)
        found += read(source, start, descending=down, limit=room) if room else []
        start = None
    return found


def _without(order: Ordered | Grouped) -> Callable[..., list[Place]]:
    """Return the reader of contacts without a value, by name."""
    has_one = Exists(order.rows.filter(contact=OuterRef("pk")))

    def read(
        source: Source, start: Place | None, *, descending: bool, limit: int
    ) -> list[Place]:
        sort = _BY_NAME.reversed() if descending else _BY_NAME
        rows = source.matching.filter(~has_one)
        if start:
            rows = rows.filter(sort.after(start.value, start.pk))
        named = rows.order_by(*sort.order_by).values_list(sort.field, "pk")[:limit]
        return [Place(name, pk, True) for name, pk in named]  # noqa: FBT003

    return read


def _cursor(place: Place, *, backward: bool) -> str:
    value = place.value
    text = value.isoformat() if isinstance(value, date) else str(value)
    mark = "e" if place.is_empty else "v"
    return encode_cursor(value=f"{mark}{text}", pk=place.pk, backward=backward)
