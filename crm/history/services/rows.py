"""Setting rows back to what the history says, thousands in one statement.

Each function takes ids of history_change and works on the rows they are about, in the team in
scope; each returns the ids of those changes whose row is not as the change left it, so that
undoing would lose what somebody did later.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection, models
from psycopg import sql

from crm.history.registry import Tracked
from crm.tenancy.scope import current_team_id

# Rows that a change added and that say something else by now.
ADDED_AND_CHANGED = """
SELECT c.id FROM {changes} c JOIN {table} t ON t.id = c.row_id AND t.team_id = c.team_id
CROSS JOIN LATERAL (SELECT to_jsonb(t) AS row OFFSET 0) now
WHERE c.team_id = %(team)s AND c.id = ANY(%(ids)s) AND EXISTS (
    SELECT 1 FROM jsonb_each(c.new) e WHERE e.value IS DISTINCT FROM now.row->e.key
)"""
# Rows that a change changed and that say something else by now, or are gone.
CHANGED_AGAIN = """
SELECT c.id FROM {changes} c LEFT JOIN {table} t ON t.id = c.row_id AND t.team_id = c.team_id
CROSS JOIN LATERAL (SELECT to_jsonb(t) AS row OFFSET 0) now
WHERE c.team_id = %(team)s AND c.id = ANY(%(ids)s) AND (t.id IS NULL OR EXISTS (
    SELECT 1 FROM jsonb_each(c.new) e WHERE e.value IS DISTINCT FROM now.row->e.key
))"""


def remove_added(entry: Tracked, *, changes: Collection[int]) -> set[int]:
    """Remove rows that were added and have not changed since; those that are gone are no matter."""
    kept = _ids(ADDED_AND_CHANGED, entry, changes)
    _run(
        """DELETE FROM {table} t USING {changes} c
        WHERE c.team_id = %(team)s AND c.id = ANY(%(ids)s)
          AND t.id = c.row_id AND t.team_id = c.team_id""",
        entry,
        set(changes) - kept,
    )
    return kept


def set_back(entry: Tracked, *, changes: Collection[int]) -> set[int]:
    """Give changed rows their old values again."""
    kept = _ids(CHANGED_AGAIN, entry, changes)
    for columns, ids in _by_columns(entry, set(changes) - kept):
        _run(
            """UPDATE {table} t SET ({columns}) = (
                SELECT {values} FROM jsonb_populate_record(NULL::{table}, c.old) r
            ) FROM {changes} c
            WHERE c.team_id = %(team)s AND c.id = ANY(%(ids)s)
              AND t.id = c.row_id AND t.team_id = c.team_id""",
            entry,
            ids,
            columns,
        )
    return kept


def put_back(entry: Tracked, *, changes: Collection[int]) -> set[int]:
    """Insert removed rows again under their own ids."""
    kept: set[int] = set()
    for columns, ids in _by_columns(entry, changes):
        done = _ids(
            """WITH back AS (
                INSERT INTO {table} ({columns})
                SELECT {values} FROM {changes} c
                CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, c.old) r
                WHERE c.team_id = %(team)s AND c.id = ANY(%(ids)s) AND r.team_id = c.team_id
                ON CONFLICT DO NOTHING RETURNING id
            ) SELECT c.id FROM {changes} c JOIN back ON back.id = c.row_id
            WHERE c.team_id = %(team)s AND c.id = ANY(%(ids)s)""",
            entry,
            ids,
            columns,
        )
        kept |= set(ids) - done
    return set() if entry.is_set else kept


def lead_nowhere(entry: Tracked, *, changes: Collection[int]) -> set[int]:
    """Return the changes whose row, as it is now, refers to a row that is gone."""
    found: set[int] = set()
    for field in entry.model._meta.concrete_fields:
        if not isinstance(field, models.ForeignKey):
            continue
        statement = sql.SQL(
            """SELECT c.id FROM {changes} c JOIN {table} t ON t.id = c.row_id AND t.team_id = c.team_id
            WHERE c.team_id = %(team)s AND c.id = ANY(%(ids)s) AND t.{column} IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM {target} x WHERE x.id = t.{column})"""
        ).format(
            **_tables(entry),
            column=sql.Identifier(field.column),
            target=sql.Identifier(field.related_model._meta.db_table),
        )
        found |= {pk for (pk,) in _fetch(statement, changes)}
    return found


def touched(*, changes: Collection[int]) -> set[str]:
    """Return the columns that the changes are about, each as "table.column"."""
    statement = sql.SQL(
        """SELECT DISTINCT c.source || '.' || k FROM history_change c
        CROSS JOIN LATERAL jsonb_object_keys(coalesce(c.new, c.old)) k
        WHERE c.team_id = %(team)s AND c.id = ANY(%(ids)s)"""
    )
    return {name for (name,) in _fetch(statement, changes)}


def _by_columns(
    entry: Tracked, changes: Collection[int]
) -> Iterable[tuple[list[str], list[int]]]:
    """Group changes by the columns that they hold and that the table still has, the newest first.

    A value that moved from one row to another, such as an id that is there once, is given back by
    the row that got it last before its first owner has it again.
    """
    known = {
        str(field.column)
        for field in entry.model._meta.concrete_fields
        if not isinstance(field, models.GeneratedField)
    }
    statement = sql.SQL(
        """SELECT c.id, ARRAY(SELECT jsonb_object_keys(c.old)) FROM {changes} c
        WHERE c.team_id = %(team)s AND c.id = ANY(%(ids)s) ORDER BY c.id DESC"""
    ).format(**_tables(entry))
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for pk, keys in _fetch(statement, changes):
        groups[tuple(sorted(known.intersection(keys)))].append(pk)
    return [(list(columns), ids) for columns, ids in groups.items() if columns]


def _ids(
    statement: str, entry: Tracked, changes: Collection[int], columns: Any = ()
) -> set[int]:
    composed = _composed(statement, entry, columns)
    return {pk for (pk,) in _fetch(composed, changes)}


def _run(
    statement: str, entry: Tracked, changes: Collection[int], columns: Any = ()
) -> None:
    if changes:
        with connection.cursor() as cursor:
            cursor.execute(_composed(statement, entry, columns), _given(changes))


def _fetch(
    statement: sql.Composable, changes: Collection[int]
) -> list[tuple[Any, ...]]:
    if not changes:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, _given(changes))
        return list(cursor.fetchall())


def _given(changes: Collection[int]) -> dict[str, Any]:
    return {"team": current_team_id(), "ids": list(changes)}


def _composed(statement: str, entry: Tracked, columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(statement).format(
        **_tables(entry),
        columns=sql.SQL(", ").join(sql.Identifier(name) for name in columns),
        values=sql.SQL(", ").join(sql.Identifier("r", name) for name in columns),
    )


def _tables(entry: Tracked) -> dict[str, sql.Identifier]:
    return {
        "table": sql.Identifier(entry.model._meta.db_table),
        "changes": sql.Identifier("history_change"),
    }
