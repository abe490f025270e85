"""What happened to a record, act by act."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q

from crm.history.models import UNDO, Change
from crm.history.registry import Line, kinds
from crm.tenancy.bulk import AnyOf

# Rows of one record that are read for a page: an act with more of them goes on in the next entry.
MOST_ROWS = 300
COLUMNS = ("id", "team_id", "at", "record", "record_id", "source", "row_id", "op")


@dataclass(kw_only=True)
class Act:
    """What one change set did to one record."""

    change_set_id: int
    pk: int  # of its oldest change here: where the next page starts
    at: datetime
    kind: str
    via: str
    by_id: int | None
    by: str
    is_undone: bool
    lines: list[Line] = field(default_factory=list)


def acts_of(
    record: str,
    record_id: int,
    *,
    before: tuple[datetime, int] | None = None,
    size: int,
) -> list[Act]:
    """Return the latest acts on a record, newest first, at most `size`.

    `before` is (at, pk) of an act: only older ones are returned. One query, and those of the
    record's `describe`. How the record was added is left out: the record itself says it.
    """
    changes = Change.objects.of_record(record, record_id).exclude(
        op=Change.Op.INSERT, new__isnull=True
    )
    if before:
        at, pk = before
        changes = changes.filter(Q(at__lte=at) & (Q(at__lt=at) | Q(pk__lt=pk)))
    found = changes.select_related("change_set__by__user").order_by("-at", "-pk")
    rows = list(found[:MOST_ROWS])
    described = kinds()[record].describe(rows)
    acts: list[Act] = []
    for change in rows:
        if not acts or acts[-1].change_set_id != change.change_set_id:
            if len(acts) == size:
                break
            acts.append(_act(change))
        acts[-1].pk = change.pk
        acts[-1].lines += described.get(change.pk, ())
    for act in acts:
        act.lines = merged(act.lines)
    return acts


def _act(change: Change) -> Act:
    made = change.change_set
    return Act(
        change_set_id=made.pk,
        pk=change.pk,
        at=change.at,
        kind=made.kind,
        via=made.via,
        by_id=made.by_id,
        by=str(made.by) if made.by else "",
        is_undone=made.is_undone,
    )


def merged(lines: Sequence[Line]) -> list[Line]:
    """Return one line a value, where several rows make up one: places in lists, addresses.

    `lines` come newest first.
    """
    found: dict[str, Line] = {}
    for line in reversed(lines):
        first = found.get(line.key)
        if first is None:
            found[line.key] = line
        else:
            old = _joined(first.old, line.old if line.old != first.new else "")
            new = _joined(first.new if first.new != line.old else "", line.new)
            found[line.key] = line._replace(old=old, new=new)
    return [line for line in found.values() if line.old != line.new]


def _joined(*texts: str) -> str:
    return ", ".join(text for text in texts if text)


def acts_on_value(
    record: str, record_id: int, *, key: str, row_id: int = 0, size: int
) -> list[Act]:
    """Return the latest acts that changed one value, newest first, each with its line for it.

    `row_id` tells values of the same key apart, such as several e-mail addresses.
    """
    changes = Change.objects.of_record(record, record_id).exclude(
        op=Change.Op.INSERT, new__isnull=True
    )
    found = changes.select_related("change_set__by__user").order_by("-at", "-pk")
    rows = list(found[:MOST_ROWS])
    described = kinds()[record].describe(rows)
    acts = []
    for change in rows:
        lines = [line for line in described.get(change.pk, ()) if line.key == key]
        if lines and row_id in (0, change.row_id):
            acts.append(_act(change))
            acts[-1].lines = lines
    return acts[:size]


def changed_since_added(record: str, record_ids: Collection[int]) -> list[int]:
    """Return the records that another act than the one that added them has changed, and no undo.

    An act that was taken back of the record counts as little as what took it back.
    """
    mine = Change.objects.filter(record=record)
    added = mine.filter(
        AnyOf(F("record_id"), record_ids), op=Change.Op.INSERT, new__isnull=True
    )
    taken_back = mine.filter(
        record_id=OuterRef("record_id"), change_set__undoes=OuterRef("change_set")
    )
    later = mine.filter(record_id=OuterRef("record_id")).exclude(
        Q(change_set=OuterRef("change_set")) | Q(change_set__kind=UNDO)
    )
    later = later.exclude(Exists(taken_back), change_set__undone_at__isnull=False)
    return list(added.filter(Exists(later)).values_list("record_id", flat=True))
