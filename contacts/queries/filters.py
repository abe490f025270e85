"""The registry of filters on people. Apps above add theirs from AppConfig.ready().

A filter reads its parameters from the query string, so that the address of a page is the whole
state of it. Filters combine with AND, the values within one with OR.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.teams.models import Membership


class Scope(StrEnum):
    """Which people a list shows (product.md P2)."""

    TOTAL = "total"
    NET_NEW = "net-new"
    SAVED = "saved"


class BadFilter(ValueError):
    """A filter has a value that nobody offers; the message says which."""


@dataclass(frozen=True)
class Choice:
    """One value that a filter offers."""

    value: str
    label: str
    hue: int | None = None  # of its pill, where it has one

    @property
    def name(self) -> str:
        return self.label


@dataclass(frozen=True, kw_only=True)
class Now:
    """Who looks, and when: what "me" and "the last 30 days" mean."""

    member: Membership
    at: datetime


# What the team has to choose from: "stage", "owner", "list" and "account".
Choices = Mapping[str, Sequence[Choice]]
Narrow = Callable[[QuerySet, Any, Now], QuerySet]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One group of the filters panel."""

    key: str
    label: Any  # lazy translation
    template: str  # shows its controls; gets `facet` (facets.Facet)
    params: tuple[str, ...]  # its names in the query string
    clean: Callable[[QueryDict], Any]  # the value, None for unset; raises BadFilter
    describe: Callable[[Any, Choices], str]  # the value in words; raises BadFilter
    contacts: Narrow
    people: Narrow | None = None  # None: says nothing about people who are not saved
    offered: Callable[[Choices], Sequence[Choice]] = lambda _choices: ()
    boxes: Mapping[str, Any] = field(
        default_factory=dict
    )  # parameters typed in, with labels
    empty: str = ""  # the parameter that asks for rows without a value
    # Whether an index holds the contacts with this value in the order of a sort field.
    in_order_of: Callable[[Any, str], bool] = lambda _value, _field: False
    order: int = 100

    def is_for(self, scope: Scope) -> bool:
        return self.people is not None or scope != Scope.NET_NEW


_filters: dict[str, Filter] = {}


def add(entry: Filter) -> None:
    """Register a filter; called from AppConfig.ready()."""
    _filters[entry.key] = entry


def registered() -> list[Filter]:
    """Return every filter in the order of the panel."""
    return sorted(_filters.values(), key=lambda entry: entry.order)


def clean_values(params: QueryDict, name: str) -> tuple[str, ...]:
    """Return the distinct, non-empty values of a parameter."""
    values = (value.strip() for value in params.getlist(name))
    return tuple(dict.fromkeys(value for value in values if value))


def labels(values: Sequence[str], offered: Sequence[Choice]) -> str:
    """Return the labels, "Interested, Replied"; raise BadFilter for a value nobody offers."""
    by_value = {choice.value: choice.label for choice in offered}
    unknown = next((value for value in values if value not in by_value), None)
    if unknown is not None:
        raise BadFilter(_("“%s” is not offered") % unknown[:80])
    return ", ".join(by_value[value] for value in values)
