"""What goes with a contact when it is deleted: each app names its own and says what becomes of it.

The texts stand in the question that is asked before ("leaves 2 lists, 3 open tasks") and beside
what lies in the bin. Everything here takes the ids of contacts and works set-based: for one contact
and for thousands it costs the same few statements.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from crm.teams.models import Membership
from crm.tenancy import bulk
from crm.tenancy.models import TeamModel

Ids = Sequence[int]


class Act(Protocol):
    """Does something to contacts for a member, or for a job."""

    def __call__(
        self, contact_ids: Ids, *, by: Membership | None, at: datetime
    ) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Departure:
    """One kind of thing that a deleted contact leaves, loses or takes along."""

    key: str
    order: int
    # ids -> how many of it the contacts leave, together; one query
    count: Callable[[Ids], int] | None = None
    # ids of deleted contacts -> how many each of them has or had; one query
    kept: Callable[[Ids], Mapping[int, int]] | None = None
    say: Callable[[int], str] = str  # "2 lists"
    # On deletion: takes the contacts out, and remembers from where.
    leave: Act | None = None
    # On restoring, where it is wanted: puts back what `leave` took.
    put_back: Act | None = None
    offer: Any = ""  # lazy text of the choice: "Put back into the lists"
    # On restoring, where it is not wanted: forgets what `leave` remembered.
    let_go: Act | None = None
    # Models with a foreign key `contact`, whose rows end with the contact.
    owns: tuple[type[TeamModel], ...] = ()
    # The same with foreign keys of other names.
    refers: tuple[tuple[type[TeamModel], str], ...] = ()
    # Before the rows end: returns the storage keys of the files that end with them.
    files: Callable[[Ids], Iterable[str]] | None = None


_departures: dict[str, Departure] = {}


def add(departure: Departure) -> None:
    """Register an entry; called from AppConfig.ready()."""
    _departures[departure.key] = departure


def remove(key: str) -> None:
    """Take an entry out again, for whoever registered it only for a while."""
    del _departures[key]


def registered() -> list[Departure]:
    """Return all entries in the order in which people read of them."""
    return sorted(_departures.values(), key=lambda entry: entry.order)


def what_goes(contact_ids: Ids) -> list[str]:
    """Return what goes with these contacts, in words, without what there is none of."""
    counted = (
        (entry, entry.count(contact_ids)) for entry in registered() if entry.count
    )
    return [entry.say(number) for entry, number in counted if number]


def what_is_kept(contact_ids: Ids) -> dict[int, list[str]]:
    """Return for each contact in the bin what it would come back with, in words."""
    found: dict[int, list[str]] = {pk: [] for pk in contact_ids}
    for entry in registered():
        for pk, number in (entry.kept(contact_ids) if entry.kept else {}).items():
            found[pk].append(entry.say(number))
    return found


def offers(contact_ids: Ids) -> list[Departure]:
    """Return what one may choose to put back when these contacts are restored."""
    return [
        entry
        for entry in registered()
        if entry.put_back and entry.kept and entry.kept(contact_ids)
    ]


def leave(contact_ids: Ids, *, by: Membership | None, at: datetime) -> None:
    """Take the contacts out of everything that is registered."""
    for entry in registered():
        if entry.leave:
            entry.leave(contact_ids, by=by, at=at)


def come_back(
    contact_ids: Ids,
    *,
    by: Membership | None,
    at: datetime,
    put_back: Collection[str] | None,
) -> None:
    """Put back what is wanted, by keys (None for all of it), and let go of the rest."""
    for entry in registered():
        if entry.put_back and (put_back is None or entry.key in put_back):
            entry.put_back(contact_ids, by=by, at=at)
        elif entry.let_go:
            entry.let_go(contact_ids, by=by, at=at)


def end(contact_ids: Ids) -> list[str]:
    """Delete everything that ends with the contacts; return the storage keys of their files.

    What apps above registered goes first: it may refer to what apps below own.
    """
    keys: list[str] = []
    entries = sorted(_departures.values(), key=lambda entry: -entry.order)
    for entry in entries:
        keys += entry.files(contact_ids) if entry.files else ()
    for entry in entries:
        for model in entry.owns:
            bulk.delete_rows(model, contact_ids, field="contact")
        for model, name in entry.refers:
            bulk.delete_rows(model, contact_ids, field=name)
    return keys
