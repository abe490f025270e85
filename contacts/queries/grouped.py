"""Pages of contacts in the order of what they refer to: stage by stage, or owner by owner.

No index has that order, and none could keep it when a stage is moved or a member renamed. But the
groups are few, and an index holds the contacts of each by name. So the *stretch* of the list that
is sure to hold a page is marked out group by group, and nothing else is read and sorted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    CharField,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import (
    Cast,
    Coalesce,
    Collate,
    Concat,
    Lower,
    LPad,
    NullIf,
)

from contacts.models import Contact, ContactStage
from contacts.queries import narrowed
from contacts.queries.estimates import CountOf
from contacts.queries.narrowed import Source
from crm.pagination import (
    BadCursor,
    Page,
    SortKey,
    decode_cursor,
    encode_cursor,
    keyset_page,
)
from crm.teams.models import Membership

_DIGITS = 6
_PLACE = "place"


def number_of(field: str, keys: Sequence[int | None]) -> Func:
    """Return the place of a row's key among the keys, counted from 1; NULL where it is not there."""
    listed = Value(list(keys), ArrayField(BigIntegerField()))
    return Func(
        listed, F(field), function="array_position", output_field=IntegerField()
    )


def _stages() -> QuerySet:
    return ContactStage.objects.in_order()


def _owners() -> QuerySet:
    """Return the members as the table names them; who has left has no name there, and comes last."""
    shown = Lower(Coalesce(NullIf("user__name", Value("")), "user__email"))
    is_gone = Q(removed_at__isnull=False)
    return Membership.objects.annotate(is_gone=is_gone).order_by("is_gone", shown, "pk")


_ROWS = {"stage": _stages, "owner": _owners}


@dataclass(frozen=True, kw_only=True)
class Groups:
    """The groups that contacts are sorted into; (team, field, name_sort, id) is an index."""

    field: str  # of Contact, refers to the group
    keys: Sequence[int | None]  # in order

    @classmethod
    def read(cls, field: str, *, among: Sequence[int | None] = ()) -> "Groups":
        """Return a team's groups, or some of them; those without one are the last. One query."""
        nobody = [None] if Contact._meta.get_field(field).null else []
        keys = [*_ROWS[field]().values_list("pk", flat=True), *nobody]
        wanted = [key for key in keys if key in among]
        return cls(field=f"{field}_id", keys=wanted or keys)

    def rows(self, keys: Sequence[int | None]) -> QuerySet:
        """Return the groups themselves, in no order."""
        named = [key for key in keys if key is not None]
        return _ROWS[self.field.removesuffix("_id")]().filter(pk__in=named).order_by()

    def by_name(self, *, descending: bool) -> SortKey:
        """Return the order inside a group."""
        return SortKey(field="name_sort", descending=descending, within=self.field)

    def placed(self, rows: QuerySet) -> QuerySet:
        """Return contacts with their place in the list: the number of the group, then the name."""
        number = number_of(self.field, self.keys)
        # A group that came into being just now is taken for the last one.
        digits = LPad(
            Cast(Coalesce(number, len(self.keys)), CharField()), _DIGITS, Value("0")
        )
        place = Concat(digits, F("name_sort"), output_field=CharField())
        return rows.annotate(**{_PLACE: Collate(place, "C")})

    def place(self, key: int | None, name: str) -> str:
        """Return the same for one contact."""
        number = self.keys.index(key) + 1 if key in self.keys else len(self.keys)
        return f"{number:0{_DIGITS}}{name}"

    def beyond(self, key: int | None, *, descending: bool) -> Sequence[int | None]:
        """Return the groups that come after one."""
        keys = self.keys[::-1] if descending else self.keys
        return keys[keys.index(key) + 1 :] if key in keys else []

    def marked(self, row: Any) -> str:
        """Return what a cursor holds of a row's place: the group's key outlives its number."""
        number, name = int(row.sort_value[:_DIGITS]), row.sort_value[_DIGITS:]
        return f"{self.keys[number - 1] or 0}:{name}"

    def found(self, cursor: str) -> tuple[bool, int | None, str, int]:
        """Return (backward, key, name, pk) of a cursor; raise BadCursor for what no list made."""
        backward, mark, pk = decode_cursor(cursor, kind=str)
        text, _colon, name = mark.partition(":")
        by_text = {str(key or 0): key for key in self.keys}
        if text not in by_text:
            raise BadCursor(cursor)
        return backward, by_text[text], name, pk


def read_page(
    source: Source,
    *,
    groups: Groups,
    descending: bool,
    cursor: str,
    size: int,
    columns: Callable[[QuerySet, str], QuerySet],
) -> Page:
    """Return a keyset page of `source.matching`, group by group, by name inside each.

    `columns` as in narrowed.read_page. One to five queries. Raise BadCursor for a cursor that this
    list did not make.
    """
    backward, start, placed = False, None, ""
    if cursor:
        backward, key, name, pk = groups.found(cursor)
        start = (key, name, pk)
        value = groups.place(key, name)
        placed = encode_cursor(value=value, pk=pk, backward=backward)

    def page(rows: QuerySet) -> Page:
        return keyset_page(
            columns(groups.placed(rows), _PLACE),
            sort=SortKey(field=_PLACE, descending=descending),
            cursor=placed,
            size=size,
            value_of=groups.marked,
        )

    if source.is_narrowed and not narrowed.walks(
        expected=source.expected, total=source.total, size=size
    ):
        return page(source.matching)
    by_name = groups.by_name(descending=descending != backward)
    reach = narrowed.reach(source, size)
    stretch, is_rest = _stretch(source.everything, groups, start, by_name, reach)
    found = page(source.matching.filter(stretch))
    is_full = found.previous if backward else found.next
    return found if is_full or is_rest else page(source.matching)


def _stretch(
    rows: QuerySet,
    groups: Groups,
    start: tuple[int | None, str, int] | None,
    sort: SortKey,
    reach: int,
) -> tuple[Q, bool]:
    """Return the condition for more than `reach` rows ahead, and whether no row lies behind them.

    One query inside a group, three where it ends.
    """
    first = groups.keys[-1 if sort.descending else 0]
    here = Q(**{groups.field: first})
    if start:
        first, name, pk = start
        here = Q(**{groups.field: first}) & sort.after(name, pk)
    end = _end(rows.filter(here), sort, reach)
    if end is not None:
        return here & end, False
    ahead = groups.beyond(first, descending=sort.descending)
    sizes = _sizes(rows, groups, ahead, reach + 1)
    whole: list[int] = []
    total = 0
    for key in ahead:
        if key is None or total + sizes.get(key, 0) > reach:
            last = Q(**{groups.field: key})
            end = _end(rows.filter(last), sort, reach - total)
            partly = last & end if end is not None else last
            stretch = here | Q(**{f"{groups.field}__in": whole}) | partly
            return stretch, end is None and key == ahead[-1]
        whole.append(key)
        total += sizes.get(key, 0)
    return here | Q(**{f"{groups.field}__in": whole}), True


def _end(rows: QuerySet, sort: SortKey, reach: int) -> Q | None:
    """Return the condition that ends a walk through one group, None where the group ends first."""
    names = rows.order_by(*sort.order_by).values_list(sort.field, flat=True)
    return next((sort.up_to(name) for name in names[reach : reach + 1]), None)


def _sizes(
    rows: QuerySet, groups: Groups, keys: Sequence[int | None], limit: int
) -> dict[int, int]:
    """Return how many rows each group has, none counted beyond the limit."""
    inside = rows.filter(**{groups.field: OuterRef("pk")}).order_by().values("pk")
    return dict(groups.rows(keys).values_list("pk", CountOf(inside[:limit])))


def beside(
    contact: Contact, rows: QuerySet, *, groups: Groups, descending: bool, walks: bool
) -> dict[int, int]:
    """Return the contacts before (0) and after (1) one in a list. At most four queries."""
    key, name = getattr(contact, groups.field), contact.name_sort
    if not walks:
        sort = SortKey(field=_PLACE, descending=descending)
        place = groups.place(key, name)
        return narrowed.beside(groups.placed(rows), sort, place, contact.pk)
    sort = groups.by_name(descending=descending)
    here = rows.filter(**{groups.field: key})
    found = narrowed.beside(here, sort, name, contact.pk)
    for side, direction in enumerate((sort.reversed(), sort)):
        if side not in found and (pk := _next_head(rows, groups, key, direction)):
            found[side] = pk
    return found


def _next_head(
    rows: QuerySet, groups: Groups, key: int | None, sort: SortKey
) -> int | None:
    """Return the first contact of the next group that has any: one query, two for the last group."""
    ahead = groups.beyond(key, descending=sort.descending)
    inside = rows.filter(**{groups.field: OuterRef("pk")}).order_by(*sort.order_by)
    head = Subquery(inside.values("pk")[:1])
    heads = dict(groups.rows(ahead).values_list("pk", head))
    found = next((heads[key] for key in ahead if heads.get(key)), None)
    if found is None and None in ahead:
        nobodys = rows.filter(**{groups.field: None}).order_by(*sort.order_by)
        return nobodys.values_list("pk", flat=True).first()
    return found
