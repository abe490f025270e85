"""How many people each scope has, whatever the filters; and who is net new."""

from dataclasses import dataclass
from functools import cache

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.models import Contact, HeldBack, Person
from contacts.queries.estimates import (
    COUNTED,
    SURELY_MORE,
    Count,
    counted,
    estimates_of,
    numbers_of,
)
from contacts.queries.filters import Scope


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The numbers on the tabs."""

    total: Count
    net_new: Count
    saved: Count

    def of(self, scope: Scope) -> Count:
        counts = {
            Scope.TOTAL: self.total,
            Scope.NET_NEW: self.net_new,
            Scope.SAVED: self.saved,
        }
        return counts[scope]


def net_new(people: QuerySet) -> QuerySet:
    """Return the persons whom the team has neither saved, nor just deleted, nor forgotten (D2, D4)."""
    saved = Contact.objects.saved().filter(person=OuterRef("pk"))
    return people.filter(~Exists(saved), ~Q(pk__in=HeldBack.objects.values("person")))


def read_totals() -> Totals:
    """Return the totals: exact up to 10,000, estimated beyond. One or two queries."""
    about = estimates_of(_numbers())
    saved, everybody, linked, held = (Count(number, is_exact=False) for number in about)
    if saved.value < SURELY_MORE or everybody.value < SURELY_MORE:
        found = _numbers(limit=COUNTED + 1).all().get()
        saved, everybody, linked, held = (
            counted(*pair) for pair in zip(found, about, strict=True)
        )
    new = everybody - linked - held
    return Totals(total=saved + new, net_new=new, saved=saved)


@cache
def _numbers(**limit: int) -> QuerySet:
    """Return saved contacts, the directory, its persons who are contacts, and those held back."""
    saved = Contact.objects.saved()
    held = HeldBack.objects.unsaved()
    queries = [saved, Person.objects.all(), saved.exclude(person=None), held]
    return numbers_of(queries, **limit)
