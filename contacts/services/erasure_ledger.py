"""What was forgotten, kept outside of the database: a restored backup would bring people back.

The ledger lies in the storage of files, under erasures/: one small JSON file for each erasure and for
each time it was lifted or renewed; the last state of a contact counts. It holds numbers and hashes
only. Files are written after the transaction that forgot somebody: what crashes in between is written
by the next sweep, and a state that is there twice is harmless.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from contacts.models import BlockedKey, Contact, Erasure, Tombstone
from contacts.services.blocking import digest, keys_of_contact
from contacts.services.forgetting import hold_back_for_good
from contacts.services.purging import end_contacts

FOLDER = "erasures"


class BadLedger(Exception):
    """A file of the ledger cannot be read; the text names it."""


@transaction.atomic
def write_erasures(*, at: datetime) -> int:
    """Write what the ledger does not know yet; return how many states that were."""
    rows = Erasure.objects.unwritten().order_by("pk").prefetch_related("keys")
    found = list(rows.select_for_update(skip_locked=True, of=("self",)))
    for erasure in found:
        state = json.dumps(_entry(erasure, at), separators=(",", ":"))
        name = f"{FOLDER}/{erasure.team_id}/{erasure.contact_number}-{at:%Y%m%d%H%M%S%f}.json"
        default_storage.save(name, ContentFile(state.encode()))
    pks = [erasure.pk for erasure in found]
    Erasure.objects.filter(pk__in=pks).update(written_at=at)
    return len(found)


def _entry(erasure: Erasure, at: datetime) -> dict[str, Any]:
    return {
        "written_at": at.isoformat(),
        "team": erasure.team_id,
        "contact": erasure.contact_number,
        "at": erasure.forgotten_at.isoformat(),
        "lifted_at": erasure.lifted_at.isoformat() if erasure.lifted_at else None,
        "keys": [[key.kind, key.digest] for key in erasure.keys.all()],
    }


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The last state of one erasure."""

    written_at: datetime
    team: int
    contact: int
    at: datetime
    lifted_at: datetime | None
    keys: list[tuple[str, str]]  # kind, digest


def read_ledger() -> list[Entry]:
    """Return the last state of each erasure. Raise BadLedger for a file that is none of ours."""
    latest: dict[tuple[int, int], Entry] = {}
    for name in _names():
        try:
            with default_storage.open(name) as file:
                entry = _read(json.loads(file.read()))
        except (KeyError, TypeError, ValueError):
            raise BadLedger(name) from None
        known = latest.get((entry.team, entry.contact))
        if known is None or known.written_at <= entry.written_at:
            latest[entry.team, entry.contact] = entry
    return list(latest.values())


def _names() -> Iterator[str]:
    try:
        teams, _files = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return
    for team in teams:
        _folders, files = default_storage.listdir(f"{FOLDER}/{team}")
        for name in files:
            yield f"{FOLDER}/{team}/{name}"


def _read(found: dict[str, Any]) -> Entry:
    lifted = found["lifted_at"]
    return Entry(
        written_at=datetime.fromisoformat(found["written_at"]),
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
