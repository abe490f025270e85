"""The tables that a list of people is read from, narrowed by its search and filters."""

from dataclasses import dataclass, replace

from django.db.models import QuerySet

from contacts.models import Contact, Person
from contacts.models.search import SearchText
from contacts.queries.choice_filters import keys_of
from contacts.queries.estimates import Count, count, estimate
from contacts.queries.filters import Now, Scope
from contacts.queries.narrowed import Source
from contacts.queries.people_state import PeopleState
from contacts.queries.people_totals import net_new


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The two tables of people; None where the scope or a filter leaves one out."""

    contacts: Source | None
    people: Source | None

    def estimate_matching(self) -> Count:
        """Return about how many rows match."""
        return Count(sum(self._expected), is_exact=False)

    def count_matching(self) -> Count:
        """Return the number of rows that match, exact up to 10,000. One query."""
        queries = [source.matching for source in self._all]
        return sum(count(queries, estimates=self._expected), start=Count(0))

    @property
    def _all(self) -> list[Source]:
        return [source for source in (self.contacts, self.people) if source]

    @property
    def _expected(self) -> list[int]:
        return [source.expected for source in self._all]


def read_sources(state: PeopleState, now: Now) -> Sources:
    """Return what a list is read from: one query where it is narrowed, two for an e-mail address."""
    contacts = _contacts(state, now) if state.scope != Scope.NET_NEW else None
    people = (
        None
        if state.scope == Scope.SAVED or _saved_only(state)
        else _people(state, now)
    )
    if not (state.text or state.active):
        return Sources(
            contacts=contacts and Source.whole(contacts[0]),
            people=people and Source.whole(people[0]),
        )
    queries = [
        query for part in (contacts, people) if part for query in (part[1], part[2])
    ]
    about = iter(estimate(*queries))
    return Sources(
        contacts=contacts
        and replace(
            _source(contacts, next(about), next(about)), groups=_groups(state, now)
        ),
        people=people and _source(people, next(about), next(about)),
    )


def saved_contacts(state: PeopleState, now: Now) -> QuerySet:
    """Return the contacts that a state shows, without a query."""
    rows = _filtered(Contact.objects.saved(), state, now, "contacts")
    text = SearchText.parse(state.text)
    return rows.search(text) if text else rows


# What matches without the search, with it, and what a walk reads.
Parts = tuple[QuerySet, QuerySet, QuerySet]


def _contacts(state: PeopleState, now: Now) -> Parts:
    rows, text = Contact.objects.saved(), SearchText.parse(state.text)
    filtered = _filtered(rows, state, now, "contacts")
    return filtered, _search_contacts(filtered, text), _walked(rows, state, now)


def _people(state: PeopleState, now: Now) -> Parts:
    everybody, text = Person.objects.all(), SearchText.parse(state.text)
    filtered = _filtered(net_new(everybody), state, now, "people")
    return filtered, filtered.search(text) if text else filtered, everybody


def _source(parts: Parts, expected: int, total: int) -> Source:
    unsearched, matching, walked = parts
    return Source(
        matching=matching,
        everything=walked,
        unsearched=unsearched,
        expected=expected,
        total=total,
    )


def _walked(rows: QuerySet, state: PeopleState, now: Now) -> QuerySet:
    """Return the rows of the index that a walk reads: all, or those of one stage or owner.

    A list in the order of groups is walked through the wanted ones of them.
    """
    column = state.sort_column
    for entry, value in state.active:
        if (
            entry.key == column.contact_group
            if column.contact_group
            else entry.in_order_of(value, column.contact_sort)
        ):
            return entry.contacts(rows, value, now)
    return rows


def _groups(state: PeopleState, now: Now) -> list[int | None]:
    """Return the keys of the wanted stages or owners, where the list is in their order."""
    wanted = state.values.get(state.sort_column.contact_group)
    return keys_of(wanted, now) if wanted else []


def _filtered(rows: QuerySet, state: PeopleState, now: Now, kind: str) -> QuerySet:
    for entry, value in state.active:
        narrow = getattr(entry, kind)
        if narrow is not None:
            rows = narrow(rows, value, now)
    return rows


def _saved_only(state: PeopleState) -> bool:
    """Return whether a filter asks for what only saved people have."""
    return any(entry.people is None for entry, _value in state.active)


def _search_contacts(rows: QuerySet, text: SearchText) -> QuerySet:
    if text.email:
        exact = rows.with_email_starting(text.email)
        if exact.exists():
            return exact
    return rows.search(text) if text else rows
