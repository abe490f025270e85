"""The state of the list of people, read from its address and written back to one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from contacts.models.search import MAX_LENGTH
from contacts.queries import filters
from contacts.queries.filters import BadFilter, Choices, Filter, Scope
from contacts.queries.own_values import is_sortable
from contacts.queries.people_columns import (
    COLUMNS,
    DEFAULT_COLUMNS,
    NAME,
    Column,
    columns_with,
    is_offered,
)


@dataclass(frozen=True, kw_only=True)
class PeopleState:
    """What a list of people shows: everything that its address says."""

    scope: Scope = Scope.SAVED
    text: str = ""
    values: Mapping[str, Any] = field(
        default_factory=dict
    )  # filter key -> its clean value
    raw: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # its parameters as typed
    sort: str = "name"
    descending: bool = False
    columns: tuple[str, ...] = ()  # () for the usual ones
    cursor: str = ""
    panel: bool = False  # the filters are open
    problems: tuple[str, ...] = ()  # what could not be understood
    offered: Sequence[Filter] = field(default_factory=filters.registered)
    view: int = 0  # the saved view that it was opened as, 0 for none
    is_plain: bool = False  # an address that says nothing would open something else

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.values)

    @property
    def shown(self) -> tuple[str, ...]:
        """Return the keys of the columns beside the name, in the order of the table."""
        return tuple(column.key for column in self.shown_columns)

    @property
    def shown_columns(self) -> list[Column]:
        """Return the columns beside the name, in the order of the table."""
        known = columns_with(self.offered)
        wanted = self.columns or DEFAULT_COLUMNS[self.scope]
        found = [known[key] for key in wanted if key in known]
        return [column for column in found if is_offered(column, self.scope)]

    @property
    def sort_column(self) -> Column:
        """Return the column that the list is sorted by."""
        return COLUMNS.get(self.sort) or columns_with(self.offered)[self.sort]

    @property
    def active(self) -> list[tuple[Filter, Any]]:
        """Return the filters that narrow this scope, with their values."""
        return [
            (entry, self.values[entry.key])
            for entry in self.offered
            if entry.key in self.values and entry.is_for(self.scope)
        ]

    def pairs(self) -> list[tuple[str, str]]:
        """Return the state as parameters of the list's address, without what is as usual."""
        found = self.kept()
        if self.view:
            # Without anything else the address would open the view as it was saved.
            found = [("view", str(self.view)), *(found or [("edited", "1")])]
        elif not found and self.is_plain:
            found = [("scope", str(self.scope))]
        found += [("cursor", self.cursor)] if self.cursor else []
        found += [("panel", "1")] if self.panel else []
        return found

    def kept(self) -> list[tuple[str, str]]:
        """Return the part of the state that a saved view keeps."""
        found = [("scope", str(self.scope))] if self.scope != Scope.SAVED else []
        found += [("q", self.text)] if self.text else []
        found += [
            (name, value)
            for entry in self.offered
            if entry.key in self.values
            for name in entry.params
            for value in self.raw.get(name, ())
        ]
        if self.sort != "name" or self.descending:
            found.append(("sort", f"-{self.sort}" if self.descending else self.sort))
        found += [("cols", ",".join(self.columns))] if self.columns else []
        return found

    def query(self, **changes: Any) -> str:
        """Return the state's query string with some changes, from the first page by default."""
        state = replace(self, **{"cursor": "", "panel": False, **changes})
        if not sortable(state.sort_column, state.scope):
            state = replace(state, sort="name", descending=False)
        return urlencode(state.pairs())

    def without(self, key: str) -> "PeopleState":
        """Return the state without one filter ("q" for the search)."""
        if key == "q":
            return replace(self, text="", cursor="")
        values = {name: value for name, value in self.values.items() if name != key}
        return replace(self, values=values, cursor="")

    def checked(self, choices: Choices) -> "PeopleState":
        """Return the state without the filters whose values the team does not have."""
        state = self
        for entry in self.offered:
            if entry.key not in self.values:
                continue
            try:
                entry.describe(self.values[entry.key], choices)
            except BadFilter as problem:
                state = replace(
                    state.without(entry.key),
                    problems=(*state.problems, _problem(entry, problem)),
                )
        return state


def offered_columns(scope: Scope) -> list[Column]:
    """Return the columns that people can choose in a scope."""
    return [column for column in COLUMNS.values() if is_offered(column, scope)]


def sortable(column: Column, scope: Scope) -> bool:
    """Return whether a scope can be sorted by a column."""
    if column.custom:
        # Contacts are in no index by what their accounts have.
        is_own = scope == Scope.SAVED and not column.is_of_account
        return is_own and is_sortable(column.custom)
    return bool(column.contact_sort and (column.person_sort or scope == Scope.SAVED))


def parse_state(params: QueryDict) -> PeopleState:
    """Return the state an address describes; what nobody offers is left out and named."""
    problems: list[str] = []
    scope = _scope(params, problems)
    sort = params.get("sort", "") or NAME.key
    typed = [key for value in params.getlist("cols") for key in value.split(",") if key]
    named = [*params.keys(), *typed, sort.removeprefix("-")]
    offered, missing = filters.for_params(named)
    sort, descending = _sort(sort, scope, offered, problems)
    gone = _("A filter was left out: its field does not exist any more")
    problems += [gone] if any(_field_of(name) in missing for name in params) else []
    values, raw = _filters(offered, params, problems)
    view = params.get("view", "")
    text = params.get("q", "").replace("\x00", "").strip()
    if len(text) > MAX_LENGTH:
        problems.append(
            _("Only the first %s characters were searched for") % MAX_LENGTH
        )
    return PeopleState(
        scope=scope,
        text=text[:MAX_LENGTH],
        values=values,
        raw=raw,
        sort=sort,
        descending=descending,
        columns=_columns(typed, params.get("move", ""), offered, problems),
        cursor=params.get("cursor", ""),
        panel=params.get("panel") == "1",
        is_plain=params.get("scope") == Scope.SAVED,
        view=int(view) if view.isdecimal() and len(view) < 19 else 0,
        problems=tuple(problems),
        offered=offered,
    )


def view_state(query: str) -> str:
    """Return the part of a list's query string that a saved view keeps."""
    return urlencode(parse_state(QueryDict(query)).kept())


def _scope(params: QueryDict, problems: list[str]) -> Scope:
    typed = params.get("scope", "") or Scope.SAVED
    try:
        return Scope(typed)
    except ValueError:
        problems.append(
            _("There is no list “%s”; these are the saved people") % typed[:80]
        )
        return Scope.SAVED


def _sort(
    typed: str, scope: Scope, offered: Sequence[Filter], problems: list[str]
) -> tuple[str, bool]:
    key = typed.removeprefix("-")
    column = columns_with(offered).get(key)
    if column and sortable(column, scope):
        return key, typed.startswith("-")
    problems.append(
        _("This list cannot be sorted by “%s”; it is sorted by name") % key[:80]
    )
    return "name", False


def _field_of(param: str) -> str:
    """Return the key of the filter that a parameter belongs to: "field-12" of "field-12_op"."""
    return param.partition("_")[0]


def _columns(
    typed: Sequence[str], move: str, offered: Sequence[Filter], problems: list[str]
) -> tuple[str, ...]:
    """Return the wanted columns; `move` is one that goes a place up or down, "title:-1"."""
    known = columns_with(offered)
    unknown = [key for key in typed if key not in known]
    if unknown:
        problems.append(_("There is no column “%s”") % unknown[0][:80])
    found = [key for key in dict.fromkeys(typed) if key in known and key != NAME.key]
    key, _colon, step = move.partition(":")
    if key in found and step in ("1", "-1"):
        place = found.index(key)
        found.insert(max(0, place + int(step)), found.pop(place))
    return tuple(found)


def _filters(
    offered: Sequence[Filter], params: QueryDict, problems: list[str]
) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    values: dict[str, Any] = {}
    raw: dict[str, tuple[str, ...]] = {}
    for entry in offered:
        try:
            value = entry.clean(params)
        except BadFilter as problem:
            problems.append(_problem(entry, problem))
            continue
        if value is not None:
            values[entry.key] = value
            raw.update(_raw(entry.params, params))
    return values, raw


def _raw(names: Iterable[str], params: QueryDict) -> dict[str, tuple[str, ...]]:
    found = {name: filters.clean_values(params, name) for name in names}
    return {name: values for name, values in found.items() if values}


def _problem(entry: Filter, problem: BadFilter) -> str:
    return _("The filter %(name)s was left out: %(problem)s") % {
        "name": entry.label,
        "problem": problem,
    }
