"""The changes of an act, in the order and the groups in which they are set back."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from crm.history import registry
from crm.history.models import Change

Record = tuple[str, int]  # kind, id


def layers(changes: Sequence[Change]) -> Iterator[dict[str, dict[str, list[int]]]]:
    """Yield op -> table -> changes, so that of one row each layer holds one change, newest first.

    Records that were added as a whole are left out: they go at the end, with all they have.
    """
    depth: dict[tuple[str, int], int] = defaultdict(int)
    found: list[dict[str, dict[str, list[int]]]] = []
    for change in changes:
        if change.op == Change.Op.INSERT and is_record(change):
            continue
        level = depth[change.source, change.row_id]
        depth[change.source, change.row_id] += 1
        if level == len(found):
            found.append({op: defaultdict(list) for op in Change.Op.values})
        found[level][change.op][change.source].append(change.pk)
    yield from found


def added(changes: Sequence[Change]) -> set[Record]:
    """Return the records that these changes added as a whole."""
    return {
        (change.record, change.record_id)
        for change in changes
        if change.op == Change.Op.INSERT and is_record(change)
    }


def is_record(change: Change) -> bool:
    """Return whether the change is one of the record's own row, not of one that belongs to it."""
    kind = registry.kinds().get(change.record)
    return kind is not None and kind.table.model._meta.db_table == change.source


def by_source(changes: Sequence[Change]) -> dict[str, list[int]]:
    """Return table -> changes, without the records that were added as a whole."""
    found: dict[str, list[int]] = defaultdict(list)
    for change in changes:
        if not (change.op == Change.Op.INSERT and is_record(change)):
            found[change.source].append(change.pk)
    return found
