"""Pages of contacts, of persons, and of both merged, as rows of the table."""

from collections.abc import Collection
from dataclasses import replace

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import QuerySet

from contacts.models import Contact, Person
from contacts.models.search import SearchText
from contacts.queries import grouped, own_order, people_rows
from contacts.queries.narrowed import Source, read_page
from contacts.queries.people_columns import COLUMNS
from contacts.queries.people_rows import Row, RowMaker
from contacts.queries.people_sources import Sources
from contacts.queries.people_state import PeopleState
from crm.pagination import Page, SortKey, decode_cursor, encode_cursor

_SIMILAR_CANDIDATES = 300


def read_rows(
    state: PeopleState,
    sources: Sources,
    maker: RowMaker,
    size: int,
    just_saved: Collection[int],
) -> Page:
    """Return the page with rows of the table; both kinds merged where the scope has both."""
    cursor = state.cursor
    if sources.contacts and sources.people:
        return _read_merged(state, sources, maker, size)
    if sources.people:
        return _read_people(
            _with(sources.people, just_saved), state, cursor, maker, size
        )
    if sources.contacts:
        return _read_contacts(sources.contacts, state, cursor, maker, size)
    return Page(rows=[])


def _read_contacts(
    source: Source, state: PeopleState, cursor: str, maker: RowMaker, size: int
) -> Page:
    column = state.sort_column

    def columns(rows: QuerySet, field: str) -> QuerySet:
        return people_rows.contact_columns(rows, field, maker.columns)

    if column.custom:
        page = own_order.read_page(
            source,
            subject=column.custom,
            descending=state.descending,
            cursor=cursor,
            size=size,
            columns=columns,
        )
    elif column.contact_group:
        page = grouped.read_page(
            source,
            groups=grouped.Groups.read(column.contact_group, among=source.groups),
            descending=state.descending,
            cursor=cursor,
            size=size,
            columns=columns,
        )
    else:
        sort = SortKey(field=column.contact_sort, descending=state.descending)
        page = read_page(source, sort=sort, cursor=cursor, size=size, columns=columns)
    return replace(page, rows=[maker.contact(raw) for raw in page.rows])


def _read_people(
    source: Source, state: PeopleState, cursor: str, maker: RowMaker, size: int
) -> Page:
    page = read_page(
        source,
        sort=SortKey(
            field=COLUMNS[state.sort].person_sort, descending=state.descending
        ),
        cursor=cursor,
        size=size,
        columns=lambda rows, field: people_rows.person_columns(
            rows, field, maker.columns
        ),
    )
    return replace(page, rows=[maker.person(raw) for raw in page.rows])


def _read_merged(
    state: PeopleState, sources: Sources, maker: RowMaker, size: int
) -> Page:
    """Return a page of contacts and persons in one order.

    Ties are broken by twice the key, plus one for persons, so that one cursor serves both tables.
    """
    of_contacts = of_people = ""
    backward = False
    if state.cursor:
        backward, value, tie = decode_cursor(state.cursor)
        smaller = backward != state.descending  # whether smaller keys lie ahead
        contact_pk = (tie + 1) // 2 if smaller else tie // 2
        person_pk = tie // 2 if smaller else (tie - 1) // 2
        of_contacts = encode_cursor(value=value, pk=contact_pk, backward=backward)
        of_people = encode_cursor(value=value, pk=person_pk, backward=backward)
    contacts = _read_contacts(sources.contacts, state, of_contacts, maker, size)
    people = _read_people(sources.people, state, of_people, maker, size)
    found = people_rows.merged(contacts.rows, people.rows, descending=state.descending)
    rows = found[-size:] if backward else found[:size]
    if not rows:
        return Page(rows=[])
    left = (
        [contacts.previous, people.previous]
        if backward
        else [contacts.next, people.next]
    )
    more = len(found) > size or any(left)
    has_previous, has_next = (more, True) if backward else (bool(state.cursor), more)
    return Page(
        rows=rows,
        previous=_cursor_of(rows[0], backward=True) if has_previous else "",
        next=_cursor_of(rows[-1], backward=False) if has_next else "",
    )


def _cursor_of(row: Row, *, backward: bool) -> str:
    value, tie = row.order
    return encode_cursor(value=value, pk=tie, backward=backward)


def _with(source: Source, just_saved: Collection[int]) -> Source:
    """Return the source with some persons that it would leave out."""
    if not just_saved:
        return source
    matching = source.matching | Person.objects.filter(pk__in=just_saved)
    everything = source.everything if source.is_narrowed else matching
    return replace(source, matching=matching, everything=everything)


def similar_rows(
    state: PeopleState, sources: Sources, maker: RowMaker, size: int
) -> list[Row]:
    """Return the rows most similar to the searched text, best first; contacts before persons."""
    text = SearchText.parse(state.text)
    found: list[Row] = []
    if sources.contacts:
        rows = _most_similar(Contact.objects.all(), sources.contacts, text)
        columns = people_rows.contact_columns(rows, "name_sort", maker.columns)
        found += [maker.contact(raw) for raw in columns[:size]]
    if sources.people:
        rows = _most_similar(Person.objects.all(), sources.people, text)
        found += [
            maker.person(raw)
            for raw in people_rows.person_columns(rows, "name_sort", maker.columns)[
                :size
            ]
        ]
    return found[:size]


def _most_similar(rows: QuerySet, source: Source, text: SearchText) -> QuerySet:
    # The limit bounds how many rows are compared; the comparison is what costs.
    candidates = (
        source.unsearched.similar_to(text).order_by().values("pk")[:_SIMILAR_CANDIDATES]
    )
    likeness = TrigramWordSimilarity(" ".join(text.tokens), "search_text")
    similar = rows.filter(pk__in=candidates).annotate(likeness=likeness)
    return similar.order_by("-likeness", "name_sort", "pk")
