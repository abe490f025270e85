"""Two people editing one record: what each form started from decides, field by field.

Every value travels as text: the text the form showed, the text it sends, and the text that is
stored now. A field is in conflict only if both people changed it, to different things.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Values = Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """Who changed a value last, and when."""

    by: str  # a name, "" where nobody is known
    at: datetime


# (id of a record, keys of its values) -> the last change of each, as far as it is known
History = Callable[[int, Collection[str]], Mapping[str, Change]]

_histories: dict[type, History] = {}


def add_history(model: type, history: History) -> None:
    """Register who knows the changes of a model's records; called from AppConfig.ready()."""
    _histories[model] = history


def last_changes(record: Any, keys: Collection[str]) -> Mapping[str, Change]:
    """Return who changed these values of the record last, as far as anybody knows."""
    history = _histories.get(type(record))
    return history(record.pk, keys) if history else {}


@dataclass(frozen=True)
class Conflict:
    """What the two people want a field to be, and who was first."""

    mine: str
    theirs: str
    mine_shown: str
    theirs_shown: str
    change: Change | None = None


class EditConflict(Exception):
    """Somebody else changed the same fields since the form was shown; nothing was written."""

    def __init__(self, conflicts: dict[str, Conflict], *, version: int) -> None:
        super().__init__(", ".join(conflicts))
        self.conflicts = conflicts
        self.version = version


class RecordDeleted(Exception):
    """The record was deleted since the form was shown; nothing was written."""


class Refused(ValueError):
    """A value cannot be kept; the text tells the person why. `key` names the field."""

    def __init__(self, message: str, *, key: str = "") -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class Edit:
    """What a form sends: the new values, those it started from, and the record's version then."""

    new: Values
    originals: Values
    version: int = 0

    def touched(self) -> dict[str, str]:
        """Return the values that the person changed."""
        return {
            key: value
            for key, value in self.new.items()
            if key not in self.originals or not same(value, self.originals[key])
        }


def same(one: str, other: str) -> bool:
    """Return whether two texts are equal to a person: browsers change line ends and trim."""
    return one == other or _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def changes_to_write(
    edit: Edit,
    *,
    read: Callable[[str], str],
    show: Callable[[str, str], str],
    version: int,
    record: Any = None,
) -> dict[str, str]:
    """Return the values to write; raise EditConflict for what both people changed.

    `read(key)` returns what is stored now, `show(key, text)` how people see it; of `record` is told
    who changed it. Values that are stored already are left out.
    """
    wanted = edit.touched()
    current = {key: read(key) for key in wanted}
    if edit.version != version and (both := _changed_by_both(edit, wanted, current)):
        changes = last_changes(record, both)
        conflicts = {
            key: Conflict(
                mine=wanted[key],
                theirs=current[key],
                mine_shown=show(key, wanted[key]),
                theirs_shown=show(key, current[key]),
                change=changes.get(key),
            )
            for key in both
        }
        raise EditConflict(conflicts, version=version)
    return {
        key: value for key, value in wanted.items() if not same(value, current[key])
    }


def _changed_by_both(edit: Edit, wanted: Values, current: Values) -> list[str]:
    return [
        key
        for key, value in wanted.items()
        if key in edit.originals
        and not same(current[key], edit.originals[key])
        and not same(current[key], value)
    ]
