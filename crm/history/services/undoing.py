"""Taking back what a change set did, as long as nothing later contradicts (product.md T4)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.history import registry
from crm.history.models import UNDO, Change, ChangeSet
from crm.history.services import rows
from crm.history.services.grouping import (
    Record,
    added,
    by_source,
    is_record,
    layers,
)
from crm.history.services.recording import recording
from crm.teams.models import Membership
from crm.tenancy.bulk import take_turns


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
    by_the_way: set[Record] = field(default_factory=set)  # of those that were added
    removed: set[Record] = field(default_factory=set)  # of those done

    @property
    def in_the_way(self) -> dict[Record, str]:
        """What keeps the act from being undone as a whole."""
        return {
            record: why
            for record, why in self.kept.items()
            if record not in self.by_the_way
        }


@transaction.atomic
def undo_change_set(*, change_set_id: int, by: Membership, at: datetime) -> Undone:
    """Undo everything the change set did, or nothing: raise InTheWay or AlreadyUndone."""
    change_set = lock(change_set_id)
    records = records_of(change_set)
    with recording(UNDO, by=by, at=at) as act:
        undone = undo_records(change_set, records=records, at=at, by=by)
        if in_the_way := undone.in_the_way:
            raise InTheWay(in_the_way)
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


def unmark(change_set_id: int, *, undo_id: int, by: Membership | None) -> None:
    """Take back that the change set is undone by this undo, which did not get to its end."""
    undone = ChangeSet.objects.filter(pk=change_set_id)
    if not ChangeSet.objects.filter(pk=undo_id).update(undoes=None):
        return
    before = undone.values_list("undoes_id", "undone_at").first()
    undone.update(undone_at=None)
    if before and before[0]:
        ChangeSet.objects.filter(pk=before[0]).update(undone_at=before[1])


def records_of(
    change_set: ChangeSet, *, after: Record = ("", 0), size: int | None = None
) -> Sequence[Record]:
    """Return the records that the change set changed, in a fixed order behind `after`.

    Kinds that were registered last come first: their records refer to those of apps below.
    """
    found: list[Record] = []
    order = [*reversed(registry.kinds())]
    for kind in order[order.index(after[0]) if after[0] else 0 :]:
        changes = Change.objects.filter(change_set=change_set, record=kind)
        if kind == after[0]:
            changes = changes.filter(record_id__gt=after[1])
        ids = changes.order_by("record_id").values_list("record_id", flat=True)
        room = None if size is None else size - len(found)
        found += [(kind, pk) for pk in ids.distinct()[:room]]
    return found


def undo_records(
    change_set: ChangeSet,
    *,
    records: Sequence[Record],
    by: Membership,
    at: datetime,
) -> Undone:
    """Undo what the change set did to these records; each one is undone wholly or stays.

    The caller has opened a transaction and a recording.
    """
    changes = _changes(change_set, records)
    by_the_way = {
        record for record in added(changes) if registry.kinds()[record[0]].is_by_the_way
    }
    _lock_records(changes)  # before the rights are asked: what they depend on stays
    kept = _refused(changes, by)
    while wanted := [record for record in records if record not in kept]:
        batch = [c for c in changes if (c.record, c.record_id) not in kept]
        found = _attempt(batch, by)
        if found is None:
            found = _one_by_one(batch, by)
        if not found:
            touched = rows.touched(changes=[change.pk for change in batch])
            _refresh(wanted, touched=touched, by=by, at=at)
            return Undone(
                done=wanted, kept=kept, by_the_way=by_the_way, removed=set(added(batch))
            )
        kept |= found
    return Undone(kept=kept, by_the_way=by_the_way)


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


def _attempt(changes: Sequence[Change], by: Membership) -> dict[Record, str] | None:
    """Set everything back; if something stands in the way, nothing. None: a value is taken."""
    try:
        with transaction.atomic():
            found = _set_all_back(changes, by)
            if found:
                transaction.set_rollback(True)
            return found
    except IntegrityError:
        return None


def _one_by_one(changes: Sequence[Change], by: Membership) -> dict[Record, str]:
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


def _set_all_back(changes: Sequence[Change], by: Membership) -> dict[Record, str]:
    """Set rows back, those that changed twice step by step; return what stands in the way."""
    tables = registry.tracked()
    found: dict[int, str] = {}
    for layer in layers(changes):
        for op, act in SET_BACK.items():
            for source, ids in layer[op].items():
                if source in tables:
                    found |= dict.fromkeys(
                        act(tables[source], changes=ids), _reason(op)
                    )
    for source, ids in by_source(changes).items():
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


def _removed_records(changes: Sequence[Change], by: Membership) -> dict[Record, str]:
    """Take added records away; return those that cannot go."""
    ids: dict[str, list[int]] = defaultdict(list)
    for change in changes:
        if change.op == Change.Op.INSERT and is_record(change):
            ids[change.record].append(change.record_id)
    found: dict[Record, str] = {}
    for key, kind in reversed(registry.kinds().items()):
        if not ids[key]:
            continue
        if kind.remove is None:
            found |= {(key, pk): _("What was added stays.") for pk in ids[key]}
        else:
            kept = kind.remove(ids[key], by=by)
            found |= {(key, pk): reason for pk, reason in kept.items()}
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
