"""The registry of filters on people. Apps above add theirs from AppConfig.ready().

A filter reads its parameters from the query string, so that the address of a page is the whole
state of it. Filters combine with AND, the values within one with OR. What a team makes itself (a
custom field) is a filter of a *family*: it is looked up only where an address names it, so that no
page pays for those that it does not show.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    label: Any  # text or lazy translation
    hue: int | None = None  # of its pill, where it has one
    note: str = ""  # what tells it from others of the same name

    @property
    def name(self) -> str:
        return str(self.label)


@dataclass(frozen=True, kw_only=True)
class Now:
    """Who looks, and when: what "me" and "the last 30 days" mean."""

    member: Membership
    at: datetime


# What the team has to choose from: "stage", "owner", "list" and "account".
Choices = Mapping[str, Sequence[Choice]]
Narrow = Callable[[QuerySet, Any, Now], QuerySet]


class Group(StrEnum):
    """Where the panel shows a filter; in the order of the panel."""

    RECORD = "record"
    PERSON = "person"
    COMPANY = "company"
    ENGAGEMENT = "engagement"
    CREATED = "created"
    FIELDS = "fields"


GROUP_LABELS = {
    Group.RECORD: gettext_lazy("Record"),
    Group.PERSON: gettext_lazy("Person"),
    Group.COMPANY: gettext_lazy("Company"),
    Group.ENGAGEMENT: gettext_lazy("Reachable and active"),
    Group.CREATED: gettext_lazy("Where from"),
    Group.FIELDS: gettext_lazy("Custom fields"),
}
_ORDER = list(Group)


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
    # What it offers for a typed text, where that is more than a panel can show.
    search: Callable[[str], Sequence[Choice]] | None = None
    # How values are compared, where there is a choice; asked for by "<key>_op".
    operators: Sequence[Choice] = ()
    input_type: str = "text"
    subject: Any = None  # what a filter of a family is about
    record: str = ""  # whose field that is: of layouts.models.CustomField.Record
    group: Group = Group.RECORD
    order: int = 100

    @property
    def typed_param(self) -> str:
        """The parameter with the text that its choices are looked up by."""
        return f"{self.key}_q"

    def is_for(self, scope: Scope) -> bool:
        return self.people is not None or scope != Scope.NET_NEW


@dataclass(frozen=True, kw_only=True)
class Family:
    """Filters that a team makes itself. Their keys are a prefix and a number, "field-12"."""

    prefix: str
    label: Any  # lazy translation: what adds one of its filters
    name: Any  # lazy translation: what they are together
    # Those of the team with these numbers, by prefix; families that share it are read at once
    find: Callable[[Mapping[str, Sequence[int]]], Sequence[Filter]]
    search: Callable[[str], Sequence[Choice]]  # what can be added, by a typed text


MAX_OF_A_FAMILY = 20  # in one address
_filters: dict[str, Filter] = {}
_families: dict[str, Family] = {}
_IN_FAMILY = re.compile(r"([a-z]+)-([0-9]{1,18})(?:_[a-z]+)?")


def add(entry: Filter) -> None:
    """Register a filter; called from AppConfig.ready()."""
    _filters[entry.key] = entry


def add_family(family: Family) -> None:
    """Register a family; called from AppConfig.ready()."""
    _families[family.prefix] = family


def families() -> list[Family]:
    """Return every family of filters."""
    return list(_families.values())


def family(prefix: str) -> Family | None:
    """Return a family, None where there is none of that name."""
    return _families.get(prefix)


def registered() -> list[Filter]:
    """Return every filter in the order of the panel, without families."""
    return in_order(_filters.values())


def for_params(names: Iterable[str]) -> tuple[list[Filter], list[str]]:
    """Return the filters that an address can use, in the order of the panel, and the keys of those
    that it names but the team does not have (any more). One query for each `find` of the families
    that it names.
    """
    numbers: dict[str, list[int]] = {}
    for name in names:
        found = _IN_FAMILY.fullmatch(name)
        if found and found[1] in _families:
            numbers.setdefault(found[1], []).append(int(found[2]))
    wanted: dict[Callable, dict[str, list[int]]] = {}
    for prefix, named in numbers.items():
        once = list(dict.fromkeys(named))[:MAX_OF_A_FAMILY]
        wanted.setdefault(_families[prefix].find, {})[prefix] = once
    own = [entry for find, by_prefix in wanted.items() for entry in find(by_prefix)]
    there = {entry.key for entry in own}
    keys = [
        f"{prefix}-{number}"
        for by_prefix in wanted.values()
        for prefix, some in by_prefix.items()
        for number in some
    ]
    missing = [key for key in keys if key not in there]
    return in_order([*_filters.values(), *own]), missing


def in_order(entries: Iterable[Filter]) -> list[Filter]:
    """Return filters in the order of the panel."""
    return sorted(entries, key=lambda each: (_ORDER.index(each.group), each.order))


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
    return ", ".join(str(by_value[value]) for value in values)
