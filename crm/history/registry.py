"""What is written down, record by record: each app declares its tables from AppConfig.ready()."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm.tenancy.models import TeamModel


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """A table whose triggers write history; the migration that makes them says the same."""

    model: type[TeamModel]
    column: str  # with the id of the record: "id" for the record itself
    ignored: Sequence[str] = ()  # columns that services derive from others
    events: Sequence[str] = ("insert", "update", "delete")


@dataclass(frozen=True, kw_only=True)
class RecordKind:
    """What people call one record, kept in one table or in several."""

    key: str  # stored with every change: never renamed
    label: Any  # lazy translation
    tables: Sequence[Tracked]


_kinds: dict[str, RecordKind] = {}
_acts: dict[str, Any] = {}


def add(kind: RecordKind) -> None:
    """Register a kind of record; called from AppConfig.ready()."""
    _kinds[kind.key] = kind


def add_acts(acts: Mapping[str, Any]) -> None:
    """Register what acts are called in the history: kind of a change set -> lazy translation."""
    _acts.update(acts)


def kinds() -> Mapping[str, RecordKind]:
    return _kinds


def act(kind: str) -> str:
    """Return what an act is called: "changed", "merged a duplicate"."""
    return str(_acts.get(kind, kind))


def tracked() -> dict[str, Tracked]:
    """Return every tracked table by its name."""
    return {
        entry.model._meta.db_table: entry
        for kind in _kinds.values()
        for entry in kind.tables
    }
