"""Who "all that match" are: the rows behind a list's address, and their exact number."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import QueryDict

from contacts.models import Selection
from contacts.queries.estimates import numbers_of
from contacts.queries.filters import Now, Scope
from contacts.queries.people_choices import load_choices
from contacts.queries.people_sources import read_sources
from contacts.queries.people_state import parse_state
from contacts.queries.saved_views import opened

LIMIT = 1_000_000  # of what can be selected at once


@dataclass(frozen=True, kw_only=True)
class Matching:
    """The rows that a list shows; None where it shows none of that kind."""

    contacts: QuerySet | None
    people: QuerySet | None
    is_narrowed: bool
    scope: Scope
    problems: tuple[str, ...]  # what of the address is not understood


def matching(state: str, now: Now) -> Matching:
    """Return what the list at `state` shows. A filter that is left out there is a problem here:
    without it more people match than anybody saw.
    """
    params = QueryDict(state)
    # The page says everything that it shows; only a view by itself has to be looked up.
    is_view = "view" in params
    parsed = opened(params, now.member).state() if is_view else parse_state(params)
    parsed = parsed.checked(load_choices(member=now.member, raw=parsed.raw))
    sources = read_sources(parsed, now)
    return Matching(
        contacts=sources.contacts.matching if sources.contacts else None,
        people=sources.people.matching if sources.people else None,
        is_narrowed=bool(parsed.text or parsed.active),
        scope=parsed.scope,
        problems=parsed.problems,
    )


def number_matching(found: Matching) -> int:
    """Return how many rows match, exact up to the limit and never more than one beyond it."""
    return number_of(found.contacts, found.people)


def number_of(*queries: QuerySet | None) -> int:
    """Return how many rows there are in all, exact up to the limit and no more than one beyond it."""
    rows = [query for query in queries if query is not None]
    counted = numbers_of(rows, limit=LIMIT + 1).get() if rows else ()
    return min(sum(counted), LIMIT + 1)


def teams_with_expired_selections(*, at: datetime) -> list[int]:
    """Return the teams that have selections nobody needs any more."""
    expired = Selection.across_teams.filter(expires_at__lte=at)
    return sorted(set(expired.values_list("team_id", flat=True)))
