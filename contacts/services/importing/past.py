"""What earlier rows of the same file did: from the ledger while importing, from memory in a dry run."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from django.db.models import F

from contacts.services.importing.known import Known
from contacts.services.importing.rows import Key
from crm.jobs.models import Job, JobRow
from crm.tenancy.bulk import AnyOf


class Meeting(NamedTuple):
    """Which row of the file met a contact first, and whether that left it alone by choice."""

    row: int
    is_frozen: bool


PhoneOf = tuple[int, str, str]  # contact, number, extension


class Past(Protocol):
    def owners(self, keys: Iterable[Key]) -> dict[Key, int]:
        """Return who got these keys from earlier rows; contacts that do not exist are negative."""

    def meetings(self, pks: Collection[int]) -> dict[int, Meeting]:
        """Return which of the contacts earlier rows met."""

    def phones(self, wanted: Iterable[PhoneOf]) -> set[PhoneOf]:
        """Return which of the phone numbers earlier rows added."""

    def remember(self, met: Iterable[Known]) -> None:
        """Take note of what a chunk did, or would have done."""


class Ledger:
    """The past of an import: everything is in the database, also after a worker died."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def owners(self, keys: Iterable[Key]) -> dict[Key, int]:
        return {}

    def meetings(self, pks: Collection[int]) -> dict[int, Meeting]:
        if not pks:
            return {}
        rows = JobRow.objects.filter(AnyOf(F("record_id"), pks), job=self.job).order_by(
            "-number"
        )
        frozen = JobRow.Outcome.SKIPPED
        return {
            pk: Meeting(number, outcome == frozen)
            for pk, number, outcome in rows.values_list(
                "record_id", "number", "outcome"
            )
        }

    def phones(self, wanted: Iterable[PhoneOf]) -> set[PhoneOf]:
        return set()

    def remember(self, met: Iterable[Known]) -> None:
        """The writer has put it into the database."""


class Memory:
    """The past of a dry run, which writes nothing: hashes in a private file that nobody else sees.

    A file, so that memory stays flat with a million rows; SQLite, because it needs no server, no
    clean-up and no transaction of ours. Two of 64-bit hashes never collide in practice, and a
    collision would only miscount one row of a preview.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -32768")
        database.execute("CREATE TABLE seen (hash INTEGER PRIMARY KEY, ref INTEGER)")

    def owners(self, keys: Iterable[Key]) -> dict[Key, int]:
        return self._recall(list(keys))

    def meetings(self, pks: Collection[int]) -> dict[int, Meeting]:
        met = self._recall([("met", pk) for pk in pks])
        return {pk: Meeting(ref >> 1, bool(ref & 1)) for (_met, pk), ref in met.items()}

    def phones(self, wanted: Iterable[PhoneOf]) -> set[PhoneOf]:
        return set(self._recall(list(wanted)))

    def remember(self, met: Iterable[Known]) -> None:
        self.database.executemany(
            "INSERT OR IGNORE INTO seen VALUES (?, ?)",
            ((hash(key), ref) for known in met for key, ref in _traces(known)),
        )

    def _recall(self, keys: Sequence[tuple]) -> dict:
        if not keys:
            return {}
        hashes = {hash(key): key for key in keys}
        found = self.database.execute(
            "SELECT hash, ref FROM seen WHERE hash IN (SELECT value FROM json_each(?))",
            [json.dumps(list(hashes))],
        )
        return {hashes[value]: ref for value, ref in found}


def _traces(known: Known) -> Iterator[tuple[tuple, int]]:
    ref = known.pk or -known.first_row
    if known.pk > 0:
        yield ("met", known.pk), known.first_row << 1 | known.is_frozen
    for key in known.known_by():
        yield key, ref
    for number, extension in known.phones:
        yield (ref, number, extension), 1


@contextmanager
def memory() -> Iterator[Memory]:
    """Open an empty memory; it is gone when the block ends."""
    database = sqlite3.connect("", isolation_level=None)
    try:
        yield Memory(database)
    finally:
        database.close()
