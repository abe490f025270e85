"""What goes with a contact when it is deleted: each app names its own, and acts on contacts_deleted.

The texts stand in the question that is asked before: "leaves 2 lists, 3 open tasks".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Departure:
    """One kind of thing that a deleted contact leaves or loses."""

    key: str
    count: Callable[[Sequence[int]], int]  # ids of contacts -> how many go; one query
    say: Callable[[int], str]  # "2 lists"
    order: int


_departures: dict[str, Departure] = {}


def add(departure: Departure) -> None:
    """Register an entry; called from AppConfig.ready()."""
    _departures[departure.key] = departure


def what_goes(contact_ids: Sequence[int]) -> list[str]:
    """Return what goes with these contacts, in words, without what there is none of."""
    entries = sorted(_departures.values(), key=lambda entry: entry.order)
    counted = ((entry, entry.count(contact_ids)) for entry in entries)
    return [entry.say(number) for entry, number in counted if number]
