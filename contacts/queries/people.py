"""The list of people (product.md P2, P3) and the neighbours of a contact in it (P9)."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Contact, SavedView
from contacts.queries import grouped, own_order
from contacts.queries.estimates import Count, estimate
from contacts.queries.filters import Choices, Now, Scope
from contacts.queries.narrowed import Source, beside, gathered, walks
from contacts.queries.people_cells import fill_cells
from contacts.queries.people_choices import load_choices
from contacts.queries.people_pages import read_rows, similar_rows
from contacts.queries.people_rows import Row, RowMaker
from contacts.queries.people_sources import (
    Sources,
    read_sources,
    saved_contacts,
)
from contacts.queries.people_state import PeopleState, parse_state
from contacts.queries.people_totals import Totals, read_totals
from contacts.queries.saved_views import opened, views_of
from crm.pagination import BadCursor, Page, SortKey
from crm.teams.models import Membership
from crm.templatetags.ui import avatar, stage_pill

PAGE_SIZE = 50
# So many parts of a search that finds nothing are tried without.
_SUGGESTIONS = 2
# More matches than that are counted after the page is shown.
_COUNTED_AT_ONCE = 1500


@dataclass(frozen=True, kw_only=True)
class PeoplePage:
    """One page of the list of people."""

    view: SavedView | None
    views: Sequence[SavedView]
    state: PeopleState
    choices: Choices
    totals: Totals
    rows: Sequence[Row]
    matching: Count
    previous: str = ""  # cursors, "" where there is no such page
    next: str = ""
    without: Sequence[
        tuple[str, Count]
    ] = ()  # what an empty list would have without a filter
    is_similar: bool = False  # nothing contains the text; these are similar

    @property
    def is_first(self) -> bool:
        return not self.previous


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The contacts before and after one in a list, and that list's query string."""

    previous_id: int | None
    next_id: int | None
    list_query: str


def read_people(
    params: QueryDict,
    *,
    now: Now,
    format_phone: Callable[[str], str],
    size: int = PAGE_SIZE,
    just_saved: Collection[int] = (),
) -> PeoplePage:
    """Return the page that an address describes, in at most nine queries,
    or twelve in the order of stages or owners, and four more with custom fields.

    `just_saved` are persons that stay in a list of net new people although they are saved by now.
    """
    found = opened(params, now.member)
    state = found.state()
    choices = load_choices(member=now.member, raw=state.raw)
    state = state.checked(choices)
    totals = read_totals()
    sources = read_sources(state, now)
    maker = RowMaker(
        at=now.at,
        stages={c.value: stage_pill(c) for c in choices["stage"]},
        members={c.value: avatar(c.label, label=c.label) for c in choices["member"]},
        format_phone=format_phone,
        columns=state.shown_columns,
    )
    try:
        page = read_rows(state, sources, maker, size, just_saved)
    except BadCursor:
        problem = _("That page does not exist; this is the first one")
        state = replace(state, cursor="", problems=(*state.problems, problem))
        page = read_rows(state, sources, maker, size, just_saved)
    similar: list[Row] = []
    if not page.rows and not state.cursor and state.text:
        similar = similar_rows(state, sources, maker, size)
    rows = similar or page.rows
    fill_cells(rows, maker.columns)
    if just_saved:
        _add_contacts(rows, just_saved)
    return PeoplePage(
        view=found.view,
        views=views_of(now.member),
        state=state,
        choices=choices,
        totals=totals,
        rows=rows,
        matching=Count(len(similar))
        if similar
        else _matching(state, sources, totals, page),
        previous=page.previous,
        next=page.next,
        without=() if rows else count_without(state, now),
        is_similar=bool(similar),
    )


def count_people(params: QueryDict, *, now: Now) -> Count:
    """Return how many people an address shows, exact up to 10,000."""
    state = opened(params, now.member).state()
    if not (state.text or state.active):
        return read_totals().of(state.scope)
    return read_sources(state, now).count_matching()


def count_without(state: PeopleState, now: Now) -> list[tuple[str, Count]]:
    """Return what a list that shows nobody would have without its search or one of its filters."""
    keys = [entry.key for entry, _value in state.active] + (["q"] if state.text else [])
    counts = ((key, _count(state.without(key), now)) for key in keys[:_SUGGESTIONS])
    return [(key, number) for key, number in counts if number.value]


def _count(state: PeopleState, now: Now) -> Count:
    if not (state.text or state.active):
        return read_totals().of(state.scope)
    sources = read_sources(state, now)
    about = sources.estimate_matching()
    return sources.count_matching() if about.value <= _COUNTED_AT_ONCE else about


def _matching(
    state: PeopleState, sources: Sources, totals: Totals, page: Page
) -> Count:
    if not (state.text or state.active):
        return totals.of(state.scope)
    if not page.previous and not page.next:
        return Count(len(page.rows))
    about = sources.estimate_matching()
    return sources.count_matching() if about.value <= _COUNTED_AT_ONCE else about


def _add_contacts(rows: Sequence[Row], just_saved: Collection[int]) -> None:
    """Say which rows are contacts since just now, be they still shown as persons or not."""
    saved = Contact.objects.saved().filter(person__in=just_saved)
    by_person = dict(saved.values_list("person_id", "pk"))
    for row in rows:
        if not row.is_contact:
            row.contact_pk = by_person.get(row.pk, 0)
    pks = set(by_person.values())
    for row in rows:
        if row.contact_pk in pks:
            row.is_news = True
            break


def neighbours(
    *, contact: Contact, params: QueryDict, member: Membership
) -> Neighbours:
    """Return the contacts before and after `contact` in the list that `params` describes.

    At most two queries, six in the order of stages or owners. A list of net new people has no
    contacts, hence no neighbours.
    """
    state = parse_state(params)
    list_query = state.query(cursor=state.cursor)
    if state.scope == Scope.NET_NEW:
        return Neighbours(previous_id=None, next_id=None, list_query=list_query)
    rows = saved_contacts(state, Now(member=member, at=timezone.now()))
    source = Source.whole(rows)
    if state.text or state.active:
        everybody = Contact.objects.saved()
        expected, total = estimate(rows, everybody)
        source = replace(source, everything=everybody, expected=expected, total=total)
    found = _beside(contact, source, state)
    return Neighbours(
        previous_id=found.get(0), next_id=found.get(1), list_query=list_query
    )


def _beside(contact: Contact, source: Source, state: PeopleState) -> dict[int, int]:
    column = state.sort_column
    if column.custom:
        return own_order.beside(
            contact, source, subject=column.custom, descending=state.descending
        )
    rows, by_index = source.matching, True
    if source.is_narrowed:
        by_index = walks(expected=source.expected, total=source.total, size=1)
    if column.contact_group:
        return grouped.beside(
            contact,
            rows,
            groups=grouped.Groups.read(column.contact_group),
            descending=state.descending,
            walks=by_index,
        )
    sort = SortKey(field=column.contact_sort, descending=state.descending)
    value = getattr(contact, sort.field)
    if not by_index:
        rows, sort = gathered(rows, sort)
    return beside(rows, sort, value, contact.pk)
