"""The filters of the list of people as their panel shows them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from contacts.queries.choice_filters import MAX_TEXT, NONE
from contacts.queries.filters import (
    BadFilter,
    Choice,
    Choices,
    Family,
    Filter,
    clean_values,
    for_params,
)
from contacts.queries.people_state import PeopleState


@dataclass(frozen=True, kw_only=True)
class TextBox:
    """A text or a date that a filter asks for."""

    name: str
    label: Any  # lazy translation
    value: str


@dataclass(frozen=True, kw_only=True)
class Facet:
    """A filter with what it offers and what is chosen."""

    entry: Filter
    raw: Mapping[str, tuple[str, ...]]
    choices: list[tuple[Choice, bool]]  # with whether it is chosen
    found: list[Choice]  # by the text that was typed to look for choices
    typed: str = ""  # that text
    problem: str = ""  # why the filter was left out

    @property
    def count(self) -> int:
        if self.problem:
            return 0
        asked = [self.raw.get(name, ()) for name in self.entry.params]
        if self.entry.operators:
            return len(asked[0]) or len(asked[1])
        return sum(map(len, asked))

    @property
    def operators(self) -> list[tuple[Choice, bool]]:
        """Return the ways to compare, with whether one is chosen."""
        asked = self.raw.get(f"{self.entry.key}_op", ())
        return [(each, each.value in asked) for each in self.entry.operators]

    @property
    def options_param(self) -> str:
        return self.entry.typed_param

    @property
    def is_open(self) -> bool:
        # Filters of a family are in the panel because somebody asked for them.
        return bool(self.count or self.problem or self.found or self.entry.operators)

    @property
    def boxes(self) -> list[TextBox]:
        return [
            TextBox(
                name=name, label=label, value=next(iter(self.raw.get(name, ())), "")
            )
            for name, label in self.entry.boxes.items()
        ]

    @property
    def texts(self) -> list[str]:
        """Return the chosen values themselves, for filters that take any text."""
        return [value for value in self.raw.get(self.entry.key, ()) if value != NONE]

    @property
    def text(self) -> str:
        """Return the texts to look for as they are typed, with commas between them."""
        return ", ".join(self.raw.get(self.entry.key, ()))

    @property
    def wants_none(self) -> bool:
        """Return whether rows without a value are among what is chosen."""
        return NONE in self.raw.get(self.entry.key, ())

    @property
    def wants_empty(self) -> bool:
        """Return whether a box is ticked that asks for rows without a value."""
        return bool(self.entry.empty and self.raw.get(self.entry.empty))


def read_facet(
    entry: Filter, state: PeopleState, choices: Choices, *, params: QueryDict
) -> Facet:
    """Return the filter as it stands in a state; as it was typed where it could not be understood."""
    is_set = entry.key in state.values
    raw = {name: state.raw.get(name, ()) for name in entry.params} if is_set else {}
    if problem := "" if is_set else _problem(entry, params):
        raw = {name: clean_values(params, name) for name in entry.params}
    chosen = raw.get(entry.key, ())
    typed = params.get(entry.typed_param, "").replace("\x00", "")[:MAX_TEXT].strip()
    found = entry.search(typed) if entry.search and typed else []
    return Facet(
        entry=entry,
        raw=raw,
        choices=[(choice, choice.value in chosen) for choice in entry.offered(choices)],
        found=[choice for choice in found if choice.value not in chosen],
        typed=typed,
        problem=problem,
    )


def find_choices(key: str, params: QueryDict) -> Facet | None:
    """Return a filter with what it offers for a typed text beside what is chosen already; None
    where no such filter looks for choices.
    """
    offered, _missing = for_params([key])
    entry = next((each for each in offered if each.key == key and each.search), None)
    if entry is None or entry.search is None:
        return None
    typed = params.get(entry.typed_param, "").replace("\x00", "")[:MAX_TEXT].strip()
    chosen = clean_values(params, entry.key)
    found = [each for each in entry.search(typed) if each.value not in chosen]
    return Facet(entry=entry, raw={}, choices=[], found=found, typed=typed)


def _problem(entry: Filter, params: QueryDict) -> str:
    try:
        entry.clean(params)
    except BadFilter as problem:
        return str(problem)
    return ""


@dataclass(frozen=True, kw_only=True)
class FamilyFacet:
    """Where filters that a team makes itself are looked for and added."""

    family: Family
    found: list[Choice]
    typed: str

    @property
    def typed_param(self) -> str:
        return f"{self.family.prefix}_q"


def read_columns(
    family: Family, params: QueryDict, *, shown: Collection[str]
) -> tuple[FamilyFacet, list[str]]:
    """Return a family with the columns that a typed text finds, and the keys of those ticked before.

    What is ticked stays at the top, whatever is typed; what the table shows is not offered again.
    """
    facet = read_family(family, params, is_asked=True)
    ticked = params.getlist("cols")
    kept = [
        Choice(entry.key, str(entry.label))
        for entry in for_params(ticked)[0]
        if entry.key in ticked and entry.key.startswith(f"{family.prefix}-")
    ]
    taken = {*shown, *(choice.value for choice in kept)}
    more = [choice for choice in facet.found if choice.value not in taken]
    return replace(facet, found=[*kept, *more]), ticked


def read_family(family: Family, params: QueryDict, *, is_asked: bool) -> FamilyFacet:
    """Return a family with what it offers for a typed text, and without one where it is asked."""
    name = f"{family.prefix}_q"
    typed = params.get(name, "").replace("\x00", "")[:MAX_TEXT].strip()
    found = list(family.search(typed)) if typed or is_asked else []
    return FamilyFacet(family=family, found=found, typed=typed)
