"""Writing made-up rows by the million.

COPY takes every column of a table, so the ones a caller does not name get Django's defaults. Loads
that outgrow what the tables hold do without their indexes and foreign keys meanwhile: building an
index once is several times faster than growing it row by row, and a foreign key over everything is
checked by one join instead of one lookup a row.
"""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import DateTimeField, Field

from crm.tenancy.models import TeamModel
from crm.tenancy.scope import current_team_id

# Smaller loads are over before the indexes could be rebuilt.
_LARGE = 50_000

_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})

_INDEXES = """
SELECT format('DROP INDEX %%I', c.relname), pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY (%s::text[]::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
ORDER BY c.relname
"""
_FOREIGN_KEYS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', k.conrelid::regclass, k.conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', k.conrelid::regclass, k.conname,
              pg_get_constraintdef(k.oid))
FROM pg_constraint k
WHERE k.contype = 'f' AND k.conrelid = ANY (%s::text[]::regclass[])
ORDER BY k.conname
"""


def fill_table(
    model: type[TeamModel], *, rows: Sequence[dict[str, Any]], at: datetime
) -> None:
    """Copy rows into the team in scope, each with the same fields; the others get their defaults."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    rest = [
        field
        for name, field in fields.items()
        if name not in {*rows[0], "team"}
        and not field.generated
        and not field.primary_key
    ]
    named = [fields[name] for name in [*rows[0], "team"]]
    tail = [
        _text(value) for value in (current_team_id(), *(_default(f, at) for f in rest))
    ]
    lines = ["\t".join([*map(_text, row.values()), *tail]) for row in rows]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in [*named, *rest])
    statement = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,
    ):
        copy.write("\n".join(lines))


def _default(field: Field, at: datetime) -> Any:
    is_stamp = isinstance(field, DateTimeField)
    if is_stamp and (field.auto_now or field.auto_now_add):
        return at
    return field.get_default()


def _text(value: Any) -> str:
    """Return the value as COPY reads it. psycopg's own adaptation takes four times as long."""
    if value is None:
        return "\\N"
    text = value if type(value) is str else str(value)
    if "\\" in text or not text.isprintable():
        return text.translate(_ESCAPES)
    return text


@contextlib.contextmanager
def without_indexes(models: Sequence[type[TeamModel]], *, rows: int) -> Iterator[None]:
    """Drop secondary indexes and foreign keys for a block that loads so many rows, then rebuild them.

    Only where that pays: the load is large, and larger than what the tables hold. Everything happens
    in one transaction, which locks the tables; a load that fails leaves them as they were.
    """
    tables = [model._meta.db_table for model in models]
    with transaction.atomic(), connection.cursor() as cursor:
        # The settings of an interactive application do not fit a load of many minutes.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL work_mem = '128MB'")
        if rows < max(_LARGE, _estimated_rows(cursor, tables)):
            yield
            return
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        # Tables cannot change while checks of their rows are outstanding.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        rebuild = []
        for query in (_FOREIGN_KEYS, _INDEXES):
            cursor.execute(query, [tables])
            for drop, create in cursor.fetchall():
                cursor.execute(drop)
                rebuild.insert(0, create)
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for create in rebuild:
            cursor.execute(create)


def _estimated_rows(cursor: Any, tables: list[str]) -> int:
    cursor.execute(
        "SELECT sum(greatest(reltuples, 0))::bigint FROM pg_class"
        " WHERE oid = ANY (%s::text[]::regclass[])",
        [tables],
    )
    return cursor.fetchone()[0]


def refresh_statistics(models: Sequence[type[TeamModel]], *, rows: int) -> None:
    """Let the planner know what is in the tables; after a large load also which pages are all visible."""
    outside = not connection.in_atomic_block
    command = "VACUUM ANALYZE" if outside and rows >= _LARGE else "ANALYZE"
    quote = connection.ops.quote_name
    tables = ", ".join(quote(model._meta.db_table) for model in models)
    with connection.cursor() as cursor:
        cursor.execute(f"{command} {tables}")
