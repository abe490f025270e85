"""The values that a column of text has, told from its index without reading the rows.

A recursive query steps from one value to the next: with a few dozen values in a million rows it
reads a few dozen entries of the index. Django cannot write one.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model
from psycopg import sql

from contacts.queries.filters import Choice
from crm.tenancy.models import TeamModel
from crm.tenancy.scope import current_team_id
from crm.text import fold

OFFERED = 20
# So many values of a column are looked through.
_LOOKED_AT = 500


_STEPS = sql.SQL(
    "WITH RECURSIVE found(value, number) AS ("
    " SELECT (SELECT min({column}) FROM {table} WHERE {column} > '' {conditions}), 1"
    " UNION ALL"
    " SELECT (SELECT min({column}) FROM {table} WHERE {column} > found.value {conditions}),"
    " number + 1 FROM found WHERE value IS NOT NULL AND number < {limit}"
    ") SELECT value FROM found WHERE value IS NOT NULL"
)


def offered_values(
    columns: Sequence[tuple[type[Model], str]], typed: str
) -> list[Choice]:
    """Return the values that contain the typed text, those that start with it first.

    Each column needs an index that starts with it, after the team where the model has one. One
    query for each.
    """
    wanted = fold(typed)
    found = {value for model, column in columns for value in _values(model, column)}
    matching = [value for value in found if wanted in fold(value)]
    matching.sort(key=lambda value: (not fold(value).startswith(wanted), fold(value)))
    return [Choice(value, value) for value in matching[:OFFERED]]


def _values(model: type[Model], column: str) -> list[str]:
    params: list[Any] = []
    conditions = [sql.SQL("")]
    if issubclass(model, TeamModel):
        conditions.append(sql.SQL("AND team_id = %s"))
        params = [current_team_id()]
    if any(field.name == "deleted_at" for field in model._meta.fields):
        conditions.append(sql.SQL("AND deleted_at IS NULL"))
    statement = _STEPS.format(
        table=sql.Identifier(model._meta.db_table),
        column=sql.Identifier(column),
        conditions=sql.SQL(" ").join(conditions),
        limit=sql.Literal(_LOOKED_AT),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, *params])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [value for (value,) in rows]
