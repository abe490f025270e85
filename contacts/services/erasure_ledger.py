"""What was forgotten, kept outside of the database: a restored backup would bring people back.

One line of JSON for each erasure and for each time it was lifted or renewed, in the order in which
that happened; the last one about a contact counts. A line holds numbers and hashes only. Lines are
written after the transaction that forgot somebody: what crashes in between is written by the next
sweep, and a line that is there twice is harmless.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction

from contacts.models import BlockedKey, Contact, Erasure, Tombstone
from contacts.services.blocking import digest, keys_of_contact
from contacts.services.forgetting import hold_back_for_good
from contacts.services.purging import end_contacts

_START = '{"team":'  # of every line


@transaction.atomic
def write_erasures(*, at: datetime) -> int:
    """Append what the ledger does not know yet; return how many lines that were."""
    rows = Erasure.objects.unwritten().order_by("pk").prefetch_related("keys")
    found = list(rows.select_for_update(skip_locked=True, of=("self",)))
    if not found:
        return 0
    lines = [json.dumps(_entry(erasure), separators=(",", ":")) for erasure in found]
    path = Path(settings.ERASURE_LEDGER)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if _was_cut_off(file):
            file.write(b"\n")
        file.write("".join(f"{line}\n" for line in lines).encode())
        file.flush()
        os.fsync(file.fileno())
    pks = [erasure.pk for erasure in found]
    Erasure.objects.filter(pk__in=pks).update(written_at=at)
    return len(found)


def _was_cut_off(file: BinaryIO) -> bool:
    """Return whether a crash left the last line without its end."""
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def _entry(erasure: Erasure) -> dict[str, Any]:
    return {
        "team": erasure.team_id,
        "contact": erasure.contact_number,
        "at": erasure.forgotten_at.isoformat(),
        "lifted_at": erasure.lifted_at.isoformat() if erasure.lifted_at else None,
        "keys": [[key.kind, key.digest] for key in erasure.keys.all()],
    }


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The last state of one erasure."""

    team: int
    contact: int
    at: datetime
    lifted_at: datetime | None
    keys: list[tuple[str, str]]  # kind, digest


def read_ledger(lines: Iterable[str]) -> list[Entry]:
    """Return the last state of each erasure. Lines that a crash cut off are left out.

    Raise ValueError, naming the line, for any that is none of ours.
    """
    entries: dict[tuple[int, int], Entry] = {}
    for number, line in enumerate(lines, 1):
        try:
            entry = _read(json.loads(line))
        except (KeyError, TypeError, ValueError):
            if _START.startswith(line.strip()[: len(_START)]):
                continue
            raise ValueError(f"line {number}") from None
        entries[entry.team, entry.contact] = entry
    return list(entries.values())


def _read(found: dict[str, Any]) -> Entry:
    lifted = found["lifted_at"]
    return Entry(
        team=int(found["team"]),
        contact=int(found["contact"]),
        at=datetime.fromisoformat(found["at"]),
        lifted_at=datetime.fromisoformat(lifted) if lifted else None,
        keys=[(str(kind), str(text)) for kind, text in found["keys"]],
    )


@transaction.atomic
def replay_erasure(entry: Entry, *, at: datetime) -> bool:
    """Forget again, in the team in scope, whom a restored backup brought back; return whether it did.

    A contact is purged only if it is the one that was forgotten: numbers are given again after a
    backup was restored.
    """
    erasure, _created = Erasure.objects.get_or_create(
        contact_number=entry.contact,
        defaults={"forgotten_at": entry.at, "written_at": at},
    )
    Erasure.objects.filter(pk=erasure.pk).update(lifted_at=entry.lifted_at)
    BlockedKey.objects.bulk_create(
        (
            BlockedKey(erasure=erasure, kind=kind, digest=text)
            for kind, text in entry.keys
        ),
        ignore_conflicts=True,
    )
    contact = (
        Contact.objects.select_for_update(of=("self",)).filter(pk=entry.contact).first()
    )
    if contact is None or not _is_same(contact, entry):
        return False
    if contact.person_id and not entry.lifted_at:
        hold_back_for_good({contact.person_id}, by=None)
    end_contacts([contact.pk], why=Tombstone.Why.FORGOTTEN, by=None, at=at)
    return True


def _is_same(contact: Contact, entry: Entry) -> bool:
    keys = {digest(key) for key in keys_of_contact(contact)}
    known = {text for _kind, text in entry.keys}
    return bool(keys & known) or (
        not keys and not known and contact.created_at <= entry.at
    )
