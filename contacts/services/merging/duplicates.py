"""Pairs of contacts that may be one person: searched for, told apart, and thought over."""

from collections.abc import Iterable
from datetime import datetime
from itertools import combinations

from django.db import transaction

from contacts.models import Contact, DuplicatePair
from contacts.queries.duplicates import matching_groups
from crm.teams.models import Membership
from crm.tenancy import bulk

MAX_PAIRS = 50_000  # those with the strongest signs

Pair = tuple[int, int]  # ids of contacts, the lower one first


class NoPair(Exception):
    """One of the two is no contact of the team, or both are the same."""


@transaction.atomic
def search_duplicates(*, by: Membership | None) -> int:
    """Bring the team's pairs up to date; return how many there are.

    What somebody decided stays decided. `by` is None for the nightly search.
    """
    # One at a time, so that two searches do not write the same pair.
    bulk.take_turns("duplicates")
    found = _matches()
    stored = DuplicatePair.objects.values_list(
        "pk", "first_id", "second_id", "match", "dismissed_at"
    )
    changed: dict[int, list[int]] = {}
    gone = []
    for pk, first, second, match, dismissed_at in stored.iterator():
        now = found.pop((first, second), 0)
        if not now and dismissed_at is None:
            gone.append(pk)
        elif now and now != match:
            changed.setdefault(now, []).append(pk)
    DuplicatePair.objects.filter(pk__in=gone).delete()
    for match, pks in changed.items():
        DuplicatePair.objects.filter(pk__in=pks).update(match=match)
    bulk.copy_rows(
        DuplicatePair,
        ["first", "second", "match"],
        ((first, second, match) for (first, second), match in found.items()),
    )
    return DuplicatePair.objects.open().count()


def _matches() -> dict[Pair, int]:
    found: dict[Pair, int] = {}
    for match, ids in matching_groups():
        for pair in _pairs(ids):
            if pair in found or len(found) < MAX_PAIRS:
                found[pair] = found.get(pair, 0) | match.value
    return found


def _pairs(ids: Iterable[int]) -> Iterable[Pair]:
    return combinations(sorted(ids), 2)


@transaction.atomic
def dismiss_pair(
    *, one_id: int, other_id: int, by: Membership, at: datetime
) -> DuplicatePair:
    """Remember for the whole team that the two are different people; raise NoPair."""
    first, second = sorted((one_id, other_id))
    known = Contact.objects.filter(pk__in=(first, second)).count()
    if first == second or known < 2:
        raise NoPair
    pair, _created = DuplicatePair.objects.update_or_create(
        first_id=first,
        second_id=second,
        defaults={"dismissed_at": at, "dismissed_by": by},
    )
    return pair


@transaction.atomic
def reopen_pair(*, one_id: int, other_id: int, by: Membership) -> None:
    """Think it over: the two may be the same person after all. Raise NoPair."""
    first, second = sorted((one_id, other_id))
    pairs = DuplicatePair.objects.filter(first_id=first, second_id=second)
    if not pairs.update(dismissed_at=None, dismissed_by=None):
        raise NoPair
    # A pair of the banner alone has nothing in common that a search would have written down.
    pairs.filter(match=0).delete()
