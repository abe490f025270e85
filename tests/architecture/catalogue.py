"""What PostgreSQL itself says about the team-owned tables."""

from django.db import connection

from tests.architecture.digest import team_edges
from tests.architecture.world import team_models

# Indexes of team-owned tables that do not start with the team, each with the reason.
DELETES = "deleting the row it points at looks for references by this column alone"
TEAMLESS_INDEXES = {
    "accounts_account.organization_id": DELETES,
    "accounts_account.owner_id": DELETES,
    "accounts_account.stage_id": DELETES,
    "contacts_contactlist.created_by_id": DELETES,
    "jobs_job.heartbeat_at": "the sweep for stalled jobs looks at all teams",
    "teams_invitation.invited_by_id": DELETES,
    "teams_invitation.token_hash": "an invitation is found by its link before a team is known",
    "teams_membership.user_id": "a person's teams are listed before one of them is entered",
}


def _query(sql: str, params: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def edges_without_composite_key() -> list[str]:
    """Return the references between team-owned models without a composite foreign key."""
    rows = _query(
        "SELECT conrelid::regclass::text, confrelid::regclass::text,"
        " (SELECT array_agg(a.attname::text ORDER BY k.n)"
        "  FROM unnest(conkey) WITH ORDINALITY k(c, n)"
        "  JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = k.c),"
        " (SELECT array_agg(a.attname::text ORDER BY k.n)"
        "  FROM unnest(confkey) WITH ORDINALITY k(c, n)"
        "  JOIN pg_attribute a ON a.attrelid = confrelid AND a.attnum = k.c)"
        " FROM pg_constraint WHERE contype = 'f' AND convalidated"
    )
    held = {(a, b, tuple(c), tuple(d)) for a, b, c, d in rows}
    return [
        f"{model._meta.label}.{f.name}"
        for model, f in team_edges()
        if (
            model._meta.db_table,
            f.related_model._meta.db_table,
            ("team_id", f.column),
            ("team_id", "id"),
        )
        not in held
    ]


def tables_without_team_key() -> list[str]:
    """Return the team-owned tables without UNIQUE (team_id, id)."""
    rows = _query(
        "SELECT conrelid::regclass::text FROM pg_constraint c WHERE contype IN ('u', 'p')"
        " AND (SELECT array_agg(a.attname::text ORDER BY k.n)"
        "  FROM unnest(conkey) WITH ORDINALITY k(c, n)"
        "  JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = k.c)"
        " = ARRAY['team_id', 'id']"
    )
    held = {table for (table,) in rows}
    return [m._meta.label for m in team_models() if m._meta.db_table not in held]


def teamless_indexes() -> dict[str, str]:
    """Return {index: "table.first column"} where the first column is not the team."""
    tables = [model._meta.db_table for model in team_models()]
    rows = _query(
        "SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text,"
        " (SELECT a.attname FROM pg_attribute a"
        "  WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[0])"
        " FROM pg_index i WHERE i.indrelid::regclass::text = ANY(%s) AND NOT i.indisprimary",
        (tables,),
    )
    return {
        str(index): f"{table}.{first}"
        for index, table, first in rows
        if first != "team_id"
    }


def indexes_without_team() -> list[str]:
    """Return the indexes that do not start with the team and are not on the list."""
    return sorted(
        f"{column}: {index}"
        for index, column in teamless_indexes().items()
        if column not in TEAMLESS_INDEXES
    )
