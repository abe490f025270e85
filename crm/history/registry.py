"""What is written down, record by record: each app declares its tables from AppConfig.ready()."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from crm.history.models import Change
from crm.teams.models import Membership
from crm.tenancy.models import TeamModel


class Line(NamedTuple):
    """One value that changed, as people read it."""

    key: str  # of the value, as forms call it
    label: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """A table whose triggers write history; the migration that makes them says the same."""

    model: type[TeamModel]
    column: str  # with the id of the record: "id" for the record itself
    ignored: Sequence[str] = ()  # columns that services derive from others
    events: Sequence[str] = ("insert", "update", "delete")
    # A row that undo would put back may be there again by itself, such as a place in a list.
    is_set: bool = False


# Changes of one kind of record -> by id of the change, the values that people read about
Describe = Callable[[Sequence[Change]], Mapping[int, Sequence[Line]]]


class Refresh(Protocol):
    """Brings what is derived up to date after rows were set back.

    `touched` are the columns that were: "contacts_contact.title".
    """

    def __call__(
        self,
        ids: Collection[int],
        *,
        touched: Collection[str],
        by: Membership | None,
        at: datetime,
    ) -> None: ...


class Refuse(Protocol):
    """Returns the records whose changes this member may not take back, each with the reason."""

    def __call__(
        self, changes: Sequence[Change], *, by: Membership
    ) -> Mapping[int, str]: ...


class Remove(Protocol):
    """Takes away records that were added; returns those that stay, each with the reason."""

    def __call__(
        self, ids: Collection[int], *, by: Membership | None
    ) -> Mapping[int, str]: ...


@dataclass(frozen=True, kw_only=True)
class RecordKind:
    """What people call one record, kept in one table or in several."""

    key: str  # stored with every change: never renamed
    label: Any  # lazy translation
    tables: Sequence[Tracked]
    describe: Describe = lambda _changes: {}
    refresh: Refresh
    refuse: Refuse = lambda _changes, *, by: {}
    remove: Remove | None = None  # None: what was added stays
    # Added by the way, such as the account of a new contact: where one stays, the act can still be
    # undone.
    is_by_the_way: bool = False
    names: Callable[[Collection[int]], Mapping[int, str]] = lambda _ids: {}

    @property
    def table(self) -> Tracked:
        """The table with one row a record."""
        return next(entry for entry in self.tables if entry.column == "id")


_kinds: dict[str, RecordKind] = {}
_acts: dict[str, Any] = {}
_acts_on_one: dict[str, Any] = {}


def add(kind: RecordKind) -> None:
    """Register a kind of record; called from AppConfig.ready()."""
    _kinds[kind.key] = kind


def add_acts(
    acts: Mapping[str, Any], *, on_one: Mapping[str, Any] | None = None
) -> None:
    """Register what acts are called in the history: kind of a change set -> lazy translation.

    `on_one` is what those on many records are called where one of the records is looked at.
    """
    _acts.update(acts)
    _acts_on_one.update(on_one or {})


def kinds() -> dict[str, RecordKind]:
    """Return the kinds by their key, those of apps above last."""
    return _kinds


def act(kind: str) -> str:
    """Return what an act is called: "changed", "merged a duplicate"."""
    return str(_acts.get(kind, kind))


def act_on_one(kind: str) -> str:
    """Return what an act is called on the timeline of one of its records: "set the stage"."""
    return str(_acts_on_one[kind]) if kind in _acts_on_one else act(kind)


def tracked() -> dict[str, Tracked]:
    """Return every tracked table by its name."""
    return {
        entry.model._meta.db_table: entry
        for kind in _kinds.values()
        for entry in kind.tables
    }
