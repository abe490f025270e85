"""A fingerprint of every row in the database, per owner, and the count of rows that cross teams."""

from collections.abc import Iterator
from functools import cache

from django.apps import apps
from django.db import connection, models

from crm.teams.models import Team, User
from crm.tenancy.models import TeamModel

# (table, owner) -> md5 of its rows. The owner is "team:7", "user:3" or "everybody".
State = dict[tuple[str, str], str]

# Tables whose rows nobody owns and requests legitimately touch, each with the reason.
UNWATCHED = {
    "django_session": "every visit may renew the visitor's own session",
    "django_content_type": "Django's own catalogue, written by migrations",
    "auth_permission": "Django's own catalogue, written by migrations",
}
# Columns that a visit may change, each with the reason.
UNWATCHED_COLUMNS = {"last_login": "signing in notes when, on the visitor's own row"}
# Columns that hold something random, left out where two runs are compared.
RANDOM_COLUMNS = ("password", "token_hash", "key", "data", "file_key", "claim")


def tables() -> Iterator[tuple[type[models.Model], str]]:
    """Yield (model, SQL of its rows' owner) for every watched table."""
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.proxy or not meta.managed or meta.db_table in UNWATCHED:
            continue
        if model.__module__.startswith("tests"):
            continue
        yield model, _owner(model)


def _owner(model: type[models.Model]) -> str:
    if issubclass(model, TeamModel):
        return "'team:' || x.team_id"
    if model is Team:
        return "'team:' || x.id"
    if model is User:
        return "'user:' || x.id"
    for f in model._meta.concrete_fields:
        if f.is_relation and f.related_model is User:
            return f"'user:' || x.{f.column}"
    return "'everybody'"


@cache
def _digest_sql(*, without_random: bool) -> str:
    parts = []
    for model, owner in tables():
        meta = model._meta
        left_out = {*UNWATCHED_COLUMNS, *(RANDOM_COLUMNS if without_random else ())}
        names = [f.column for f in meta.concrete_fields if f.column in left_out]
        row = "x::text"
        if names:
            row = "(to_jsonb(x)" + "".join(f" - '{name}'" for name in names) + ")::text"
        parts.append(
            f"SELECT '{meta.db_table}', {owner}, "
            f"md5(string_agg({row}, '|' ORDER BY x.{meta.pk.column})) "
            f'FROM "{meta.db_table}" x GROUP BY 2'
        )
    return " UNION ALL ".join(parts)


def state(*, without_random: bool = False) -> State:
    """Return the fingerprint of every watched row."""
    with connection.cursor() as cursor:
        cursor.execute(_digest_sql(without_random=without_random))
        return {(table, owner): md5 for table, owner, md5 in cursor.fetchall()}


def changed(before: State, after: State) -> frozenset[tuple[str, str]]:
    """Return the (table, owner) pairs that differ."""
    return frozenset(
        key for key in {*before, *after} if before.get(key) != after.get(key)
    )


@cache
def _writes_sql() -> str:
    oids = ", ".join(
        f"'\"{model._meta.db_table}\"'::regclass::oid" for model, _owner_sql in tables()
    )
    return (
        "SELECT sum(pg_stat_get_xact_tuples_inserted(t.oid)"
        " + pg_stat_get_xact_tuples_updated(t.oid) + pg_stat_get_xact_tuples_deleted(t.oid))"
        f" FROM unnest(ARRAY[{oids}]) t(oid)"
    )


def rows_written() -> int:
    """Return how many rows this transaction has written, also those rolled back since."""
    with connection.cursor() as cursor:
        cursor.execute(_writes_sql())
        return int(cursor.fetchone()[0])


def team_edges() -> Iterator[tuple[type[TeamModel], models.ForeignKey]]:
    """Yield every foreign key from one team-owned model to another."""
    for model, _owner_sql in tables():
        if not issubclass(model, TeamModel):
            continue
        for f in model._meta.concrete_fields:
            if isinstance(f, models.ForeignKey) and issubclass(
                f.related_model, TeamModel
            ):
                yield model, f


@cache
def _crossings_sql() -> str:
    return " UNION ALL ".join(
        f"SELECT '{model._meta.db_table}.{f.column}', count(*) "
        f'FROM "{model._meta.db_table}" x '
        f'JOIN "{f.related_model._meta.db_table}" y ON y.id = x.{f.column} '
        "WHERE y.team_id <> x.team_id"
        for model, f in team_edges()
    )


def crossings() -> dict[str, int]:
    """Return {column: rows} of the references that lead into another team."""
    with connection.cursor() as cursor:
        cursor.execute(_crossings_sql())
        return {column: count for column, count in cursor.fetchall() if count}


# JSON that holds what people typed, word for word, and no ids: each with what it is.
NO_REFERENCES = {
    "activities_activity.detail": "old and new texts of a changed value",
    "history_change.old": "what a row said; the row itself is looked at",
    "history_change.new": "as above",
}


# Columns that hold ids or words of no row, each with the reason.
WORDS = {
    "activities_activity.detail": "what a change said before and after, as text",
    "history_change.old": "what a row said before a change",
    "history_change.new": "what it said after it",
}


@cache
def _loose_references_sql() -> str:
    """References that no foreign key guards: whole-number columns named *_id, and JSON."""
    parts = []
    for model, _owner_sql in tables():
        if not issubclass(model, TeamModel):
            continue
        for f in model._meta.concrete_fields:
            where = ""
            if f"{model._meta.db_table}.{f.column}" in NO_REFERENCES:
                continue
            if isinstance(f, models.IntegerField) and f.name.endswith("_id"):
                where = f"x.{f.column} = %(id)s"
            elif isinstance(f, models.JSONField):
                where = f"x.{f.column}::text ~ %(pattern)s"
            if where and f"{model._meta.db_table}.{f.column}" not in WORDS:
                parts.append(
                    f"SELECT '{model._meta.db_table}.{f.column}' "
                    f'FROM "{model._meta.db_table}" x '
                    f"WHERE x.team_id = %(team)s AND {where}"
                )
    return " UNION ALL ".join(parts)


def loose_references(*, team_id: int, row_id: int) -> list[str]:
    """Return the columns in which rows of the team name the id without a foreign key."""
    wanted = {"id": row_id, "team": team_id, "pattern": rf"\m{row_id}\M"}
    with connection.cursor() as cursor:
        cursor.execute(_loose_references_sql(), wanted)
        return [column for (column,) in cursor.fetchall()]
