"""Writing rows by the thousand: COPY into a table, UPDATE from a staging table, ids in advance.

The ORM takes 20 to 30 µs of Python for a row of each table, which alone would be several times what
PostgreSQL needs; these statements are why an import is fast. All of them work in the team in scope:
it is stamped on what is written and demanded of what is changed, and references into another team
are refused.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from psycopg import sql

from crm.tenancy.models import TeamModel
from crm.tenancy.scope import current_team_id

STAGING = sql.Identifier("bulk_update")


def reserve_ids(model: type[TeamModel], count: int) -> list[int]:
    """Return primary keys that no other row will get, so that rows that belong together can be written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]


def copy_rows(
    model: type[TeamModel], fields: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert the rows, each a sequence of values for `fields`, into the team in scope.

    Nothing of Django is applied: no defaults, no validation, no signals. The database refuses as
    ever: a row that breaks a unique constraint raises IntegrityError, one that refers to nothing or
    into another team raises it when the transaction ends.
    """
    team_id = current_team_id()
    rows = list(rows)
    if not rows:
        return
    columns = [model._meta.get_field(name).column for name in fields]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), _list(["team_id", *columns])
    )
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row((team_id, *row))


def update_rows(
    model: type[TeamModel], fields: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Set `fields` on rows given as (id, version, values…); return how many were changed.

    Only rows of the team in scope that still have that version are changed; their version grows by
    one. The caller compares the number and starts anew if somebody else was faster.
    """
    table = sql.Identifier(model._meta.db_table)
    columns = [model._meta.get_field(name).column for name in fields]
    create = "CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA"
    change = (
        "UPDATE {} t SET version = t.version + 1, {} FROM {} s"
        " WHERE t.team_id = %s AND t.id = s.id AND t.version = s.version"
    )
    assignments = sql.SQL(", ").join(
        sql.SQL("{0} = s.{0}").format(sql.Identifier(column)) for column in columns
    )
    all_columns = _list(["id", "version", *columns])
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.execute(sql.SQL(create).format(STAGING, all_columns, table))
        with cursor.copy(
            sql.SQL("COPY {} ({}) FROM STDIN").format(STAGING, all_columns)
        ) as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            sql.SQL(change).format(table, assignments, STAGING), [current_team_id()]
        )
        changed = cursor.rowcount
        cursor.execute(sql.SQL("DROP TABLE {}").format(STAGING))
    return changed


def freeze_ids(
    model: type[TeamModel], owner: models.Model, ids: models.QuerySet, *, size: int
) -> int:
    """Write down what a query of ids finds, in one statement; return how many there are.

    `model` has a reference to the owner's model, `number` and `ids`; each of its rows takes `size`
    of the ids, in their order.
    """
    try:
        query, parameters = ids.query.sql_with_params()
    except EmptyResultSet:  # nothing can match, which Django sees before it asks
        return 0
    reference = next(
        field.column
        for field in model._meta.concrete_fields
        if field.related_model is type(owner)
    )
    statement = sql.SQL(
        "WITH found AS (SELECT q.id, row_number() OVER (ORDER BY q.id) - 1 AS place"
        " FROM ({query}) AS q (id)), written AS (INSERT INTO {table}"
        " (team_id, {reference}, number, ids)"
        " SELECT %s, %s, place / %s, array_agg(id ORDER BY id) FROM found GROUP BY place / %s"
        " RETURNING cardinality(ids) AS number) SELECT coalesce(sum(number), 0) FROM written"
    ).format(
        query=sql.SQL(query),
        table=sql.Identifier(model._meta.db_table),
        reference=sql.Identifier(reference),
    )
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.execute(
            statement, [*parameters, current_team_id(), owner.pk, size, size]
        )
        return int(cursor.fetchone()[0])


def delete_rows(
    model: type[TeamModel], values: Iterable[int], *, field: str = "id"
) -> int:
    """Delete the rows of the team in scope whose `field` is one of `values`; return how many.

    Nothing cascades: Django would look for rows that refer to these without naming the team, past
    every index. The database refuses, when the transaction ends, while any are left.
    """
    column = model._meta.get_field(field).column
    statement = sql.SQL(
        "DELETE FROM {} WHERE team_id = %s AND {} = ANY(%s::bigint[])"
    ).format(sql.Identifier(model._meta.db_table), sql.Identifier(column))
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.execute(statement, [current_team_id(), _array(values)])
        return cursor.rowcount


def take_turns(purpose: str) -> None:
    """Wait until no other transaction of the team works on the same purpose; holds until commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))",
            [purpose, current_team_id()],
        )


class AnyOf(models.Lookup):
    """`column = ANY(values)` for thousands of values: `rows.filter(AnyOf(F("email"), emails))`.

    The values travel as one parameter; with `__in` the ORM spends more time on them than PostgreSQL
    on finding the rows.
    """

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, parameters = self.process_lhs(compiler, connection)
        if isinstance(self.lhs.output_field, models.IntegerField | models.ForeignKey):
            return f"{left} = ANY(%s::bigint[])", [*parameters, _array(self.rhs)]
        return f"{left} = ANY(%s::text[])", [*parameters, _array(self.rhs, quote=True)]


def _array(values: Iterable[Any], *, quote: bool = False) -> str:
    if not quote:
        return "{" + ",".join(map(str, values)) + "}"
    escaped = (v.replace("\\", "\\\\").replace('"', '\\"') for v in values)
    return '{"' + '","'.join(escaped) + '"}' if values else "{}"


def _list(columns: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)
