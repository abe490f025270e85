"""What belongs to a contact and moves when it is merged: each app names its own.

Every reference to a contact stands in one of the entries; a test fails for one that does not. An
entry moves with a few statements for thousands of rows. What would be there twice stays with the
contact that was absorbed, or is removed where it would count twice: undoing the merge has both.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from contacts.models import Contact


@dataclass(frozen=True, kw_only=True)
class Union:
    """Two contacts in the middle of a merge, both locked."""

    keep: Contact
    absorb: Contact
    was_deleted: bool  # `absorb` came out of the bin
    chosen: Collection[str]  # keys of the fields whose value is that of `absorb`


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """One kind of thing that moves from the absorbed contact to the one that is kept."""

    key: str
    references: Sequence[tuple[type[Any], str]]  # models with their fields
    move: Callable[[Union], None]
    order: int
    # How many move from `absorb` to `keep`, given as ids, and how that is said: "2 lists"
    count: Callable[[int, Collection[int]], int] | None = None
    say: Callable[[int], str] | None = None


_belongings: dict[str, Belonging] = {}


def add(belonging: Belonging) -> None:
    """Register an entry; called from AppConfig.ready()."""
    _belongings[belonging.key] = belonging


def registered() -> list[Belonging]:
    """Return all entries in the order in which they move."""
    return sorted(_belongings.values(), key=lambda entry: entry.order)


def what_moves(keep: int, absorbed: Collection[int]) -> list[str]:
    """Return what moves in words, without what there is none of. One query for each entry."""
    said = []
    for entry in registered():
        if entry.count and entry.say and (number := entry.count(keep, absorbed)):
            said.append(entry.say(number))
    return said
