"""The filters of the list of people as their panel shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from contacts.queries.filters import BadFilter, Choice, Choices, Filter, clean_values
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
    problem: str = ""  # why the filter was left out

    @property
    def count(self) -> int:
        return 0 if self.problem else sum(len(values) for values in self.raw.values())

    @property
    def is_open(self) -> bool:
        return bool(self.count or self.problem)

    @property
    def boxes(self) -> list[TextBox]:
        return [
            TextBox(
                name=name, label=label, value=next(iter(self.raw.get(name, ())), "")
            )
            for name, label in self.entry.boxes.items()
        ]

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
    return Facet(
        entry=entry,
        raw=raw,
        choices=[(choice, choice.value in chosen) for choice in entry.offered(choices)],
        problem=problem,
    )


def _problem(entry: Filter, params: QueryDict) -> str:
    try:
        entry.clean(params)
    except BadFilter as problem:
        return str(problem)
    return ""
