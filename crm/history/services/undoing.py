"""Taking back what a change set did, as long as nothing later contradicts (product.md T4)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.history import registry
from crm.history.models import Change, ChangeSet
from crm.history.services import rows
from crm.history.services.recording import recording
from crm.teams.models import Membership
from crm.tenancy.bulk import take_turns

UNDO = "undo"  # the act of a change set that takes another one back
Record = tuple[str, int]  # kind, id


class AlreadyUndone(Exception):
    """Somebody else was faster."""


class InTheWay(Exception):
    """Something changed later; nothing was undone. `reasons` says what, record by record."""

    def __init__(self, reasons: Mapping[Record, str]) -> None:
        super().__init__(f"{len(reasons)} records")
        self.reasons = reasons


@dataclass
class Undone:
    """What became of the records of a change set."""

    change_set_id: int | None = None  # of the undo
    done: list[Record] = field(default_factory=list)
    kept: dict[Record, str] = field(default_factory=dict)


@transaction.atomic
def undo_change_set(*, change_set_id: int, by: Membership, at: datetime) -> Undone:
    """Undo everything the change set did, or nothing: raise InTheWay or AlreadyUndone."""
    change_set = lock(change_set_id)
    records = records_of(change_set)
    with recording(UNDO, by=by, at=at) as act:
        undone = undo_records(change_set, records=records, at=at, by=by)
        if undone.kept:
            raise InTheWay(undone.kept)
    undone.change_set_id = act.change_set_id
    mark(change_set, undo_id=act.change_set_id, at=at, by=by)
    return undone


def lock(change_set_id: int) -> ChangeSet:
    """Return the change set for an undo, one at a time in a team; raise AlreadyUndone."""
    take_turns("undo")
    change_set = ChangeSet.objects.get(pk=change_set_id)
    if change_set.is_undone:
        raise AlreadyUndone
    return change_set


def mark(
    change_set: ChangeSet, *, undo_id: int | None, by: Membership, at: datetime
) -> None:
    """Note that the change set is undone by another one; one that it had undone counts again."""
    ChangeSet.objects.filter(pk=change_set.pk).update(undone_at=at)
    ChangeSet.objects.filter(pk=undo_id).update(undoes=change_set)
    if change_set.undoes_id:
        ChangeSet.objects.filter(pk=change_set.undoes_id).update(undone_at=None)


def records_of(
    change_set: ChangeSet, *, after: Record = ("", 0), size: int | None = None
) -> Sequence[Record]:
    """Return the records that the change set changed, in a fixed order behind `after`."""
    found = Change.objects.filter(change_set=change_set).order_by("record", "record_id")
    if after[0]:
        same = found.filter(record=after[0], record_id__gt=after[1])
        found = (same | found.filter(record__gt=after[0])).order_by(
            "record", "record_id"
        )
    return list(found.values_list("record", "record_id").distinct()[:size])


def undo_records(
    change_set: ChangeSet,
    *,
    records: Sequence[Record],
    by: Membership | None,
    at: datetime,
) -> Undone:
    """Undo what the change set did to these records; each one is undone wholly or stays.

    The caller has opened a transaction and a recording.
    """
    changes = _changes(change_set, records)
    kept = _refused(changes, by) if by else {}
    while wanted := [record for record in records if record not in kept]:
        batch = [c for c in changes if (c.record, c.record_id) not in kept]
        found = _attempt(batch, by)
        if found is None:
            found = _one_by_one(batch, by)
        if not found:
            touched = rows.touched(changes=[change.pk for change in batch])
            _refresh(wanted, touched=touched, by=by, at=at)
            return Undone(done=wanted, kept=kept)
        kept |= found
    return Undone(kept=kept)


def _refused(changes: Sequence[Change], by: Membership) -> dict[Record, str]:
    """Return the records that this member may not set back: an undo grants no right."""
    found: dict[Record, str] = {}
    for key, kind in registry.kinds().items():
        mine = [change for change in changes if change.record == key]
        if mine:
            found |= {(key, pk): why for pk, why in kind.refuse(mine, by=by).items()}
    return found


def _changes(change_set: ChangeSet, records: Sequence[Record]) -> list[Change]:
    """Return the changes of the records, the newest first."""
    ids: dict[str, list[int]] = defaultdict(list)
    for kind, pk in records:
        ids[kind].append(pk)
    found: list[Change] = []
    for kind, pks in ids.items():
        mine = Change.objects.filter(
            change_set=change_set, record=kind, record_id__in=pks
        ).defer("old", "new")
        found += mine
    return sorted(found, key=lambda change: -change.pk)


def _attempt(
    changes: Sequence[Change], by: Membership | None
) -> dict[Record, str] | None:
    """Set everything back; if something stands in the way, nothing. None: a value is taken."""
    try:
        with transaction.atomic():
            _lock_records(changes)
            found = _set_all_back(changes, by)
            if found:
                transaction.set_rollback(True)
            return found
    except IntegrityError:
        return None


def _one_by_one(changes: Sequence[Change], by: Membership | None) -> dict[Record, str]:
    """Find the records whose values belong to something else by now, without keeping anything."""
    by_record: dict[Record, list[Change]] = defaultdict(list)
    for change in changes:
        by_record[change.record, change.record_id].append(change)
    found: dict[Record, str] = {}
    with transaction.atomic():
        for record, mine in by_record.items():
            reasons = _attempt(mine, by)
            if reasons is None:
                found[record] = _("Something else has one of its values by now.")
            elif reasons:
                found |= reasons
        transaction.set_rollback(True)
    if not found:  # together they are in each other's way
        found = dict.fromkeys(by_record, _("These records share a value by now."))
    return found


def _set_all_back(
    changes: Sequence[Change], by: Membership | None
) -> dict[Record, str]:
    """Set rows back, those that changed twice step by step; return what stands in the way."""
    tables = registry.tracked()
    found: dict[int, str] = {}
    for layer in _layers(changes):
        for op, act in SET_BACK.items():
            for source, ids in layer[op].items():
                if source in tables:
                    found |= dict.fromkeys(
                        act(tables[source], changes=ids), _reason(op)
                    )
    for source, ids in _by_source(changes).items():
        if source in tables:
            gone = _("Something it belonged to does not exist any more.")
            found |= dict.fromkeys(rows.lead_nowhere(tables[source], changes=ids), gone)
    records = {change.pk: (change.record, change.record_id) for change in changes}
    return {
        **{records[pk]: reason for pk, reason in found.items()},
        **_removed_records(changes, by),
    }


# What was added goes before old values come back: they may be the same ones.
SET_BACK = {
    Change.Op.INSERT: rows.remove_added,
    Change.Op.UPDATE: rows.set_back,
    Change.Op.DELETE: rows.put_back,
}


def _reason(op: str) -> str:
    return {
        Change.Op.INSERT: _("What was added has been changed since."),
        Change.Op.UPDATE: _("It has been changed again since."),
        Change.Op.DELETE: _("Something else has taken its place."),
    }[Change.Op(op)]


def _layers(changes: Sequence[Change]) -> Iterator[dict[str, dict[str, list[int]]]]:
    """Yield op -> table -> changes, so that of one row each layer holds one change, newest first.

    Records that were added as a whole are left out: they go at the end, with all they have.
    """
    depth: dict[tuple[str, int], int] = defaultdict(int)
    layers: list[dict[str, dict[str, list[int]]]] = []
    for change in changes:
        if change.op == Change.Op.INSERT and _is_record(change):
            continue
        level = depth[change.source, change.row_id]
        depth[change.source, change.row_id] += 1
        if level == len(layers):
            layers.append({op: defaultdict(list) for op in Change.Op.values})
        layers[level][change.op][change.source].append(change.pk)
    yield from layers


def _is_record(change: Change) -> bool:
    kind = registry.kinds().get(change.record)
    return kind is not None and kind.table.model._meta.db_table == change.source


def _removed_records(
    changes: Sequence[Change], by: Membership | None
) -> dict[Record, str]:
    """Take added records away; return those that cannot go."""
    added: dict[str, list[int]] = defaultdict(list)
    for change in changes:
        if change.op == Change.Op.INSERT and _is_record(change):
            added[change.record].append(change.record_id)
    found: dict[Record, str] = {}
    for key, ids in added.items():
        remove = registry.kinds()[key].remove
        if remove is None:
            found |= {(key, pk): _("What was added stays.") for pk in ids}
        else:
            found |= {(key, pk): reason for pk, reason in remove(ids, by=by).items()}
    return found


def _lock_records(changes: Sequence[Change]) -> None:
    """Lock the records themselves, always in the same order."""
    ids: dict[str, set[int]] = defaultdict(set)
    for change in changes:
        ids[change.record].add(change.record_id)
    for key in sorted(ids):
        kind = registry.kinds().get(key)
        if kind is not None:
            found = kind.table.model.objects.filter(pk__in=ids[key]).order_by("pk")
            list(found.select_for_update(of=("self",)).values_list("pk"))


def _refresh(
    records: Collection[Record],
    *,
    touched: Collection[str],
    by: Membership | None,
    at: datetime,
) -> None:
    ids: dict[str, list[int]] = defaultdict(list)
    for kind, pk in records:
        ids[kind].append(pk)
    for key, pks in ids.items():
        if key in registry.kinds():
            registry.kinds()[key].refresh(pks, touched=touched, by=by, at=at)


def _by_source(changes: Sequence[Change]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for change in changes:
        if not (change.op == Change.Op.INSERT and _is_record(change)):
            found[change.source].append(change.pk)
    return found
