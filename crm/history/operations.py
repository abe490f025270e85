"""Migration operations that make PostgreSQL write down every change of a table.

Triggers see what any door does: a page, a bulk statement, COPY, the admin, a shell. They work once
a statement, not once a row, so that thousands of rows cost little more than one (ADR 0011).
"""

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations.base import Operation

# Settings of the running transaction:
#   rapport.change_set  "team:id" of the change set that changes join, "" for none yet
#   rapport.who         what a new one says: {"team", "kind", "via", "by", "at"}
#   rapport.history     "off" where nothing is written down
FUNCTIONS = """
CREATE FUNCTION history_change_set(team bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  current text := coalesce(current_setting('rapport.change_set', true), '');
  who jsonb;
  made bigint;
BEGIN
  IF split_part(current, ':', 1) = team::text THEN
    RETURN split_part(current, ':', 2)::bigint;
  END IF;
  who := nullif(current_setting('rapport.who', true), '')::jsonb;
  IF who IS NULL OR (who->>'team')::bigint <> team THEN
    who := '{}'::jsonb;
  END IF;
  INSERT INTO history_changeset (team_id, kind, via, by_id, at)
  VALUES (team, coalesce(who->>'kind', ''), coalesce(who->>'via', ''), (who->>'by')::bigint,
          coalesce((who->>'at')::timestamptz, now()))
  RETURNING id INTO made;
  PERFORM set_config('rapport.change_set', team || ':' || made, true);
  RETURN made;
END $$;

-- Arguments: what the record is called, the column with its id, columns that are not written down.
-- Rows that come with a new record are not written down one by one: the record's own line says it.
-- The statements are planned anew each time: a plan for one row takes hours for a million.
CREATE FUNCTION history_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('rapport.history', true) = 'off' THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    EXECUTE $q$
      INSERT INTO history_change
        (team_id, change_set_id, at, record, record_id, source, row_id, op, old, new)
      SELECT p.team_id, s.id, s.at, $1, (p.whole->>$2)::bigint, $4, p.id, 'U', d.old, d.new
      FROM (
        SELECT a.id, a.team_id, to_jsonb(a) AS whole, to_jsonb(b) - $3 AS old, to_jsonb(a) - $3 AS new
        FROM before b JOIN after a ON a.id = b.id
        OFFSET 0  -- computed once a row, not once a use
      ) p
      JOIN history_sets((SELECT array_agg(DISTINCT a.team_id) FROM after a)) s
        ON s.team_id = p.team_id
      CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(o.key, o.value) AS old, jsonb_object_agg(o.key, p.new->o.key) AS new
        FROM jsonb_each(p.old) o WHERE o.value IS DISTINCT FROM p.new->o.key
      ) d
      WHERE p.old <> p.new
    $q$ USING TG_ARGV[0], TG_ARGV[1], TG_ARGV[2]::text[], TG_TABLE_NAME;
  ELSIF TG_OP = 'DELETE' THEN
    EXECUTE $q$
      INSERT INTO history_change
        (team_id, change_set_id, at, record, record_id, source, row_id, op, old)
      SELECT b.team_id, s.id, s.at, $1, (to_jsonb(b)->>$2)::bigint, $3, b.id, 'D', to_jsonb(b)
      FROM before b
      JOIN history_sets((SELECT array_agg(DISTINCT b.team_id) FROM before b)) s
        ON s.team_id = b.team_id
    $q$ USING TG_ARGV[0], TG_ARGV[1], TG_TABLE_NAME;
  ELSIF TG_ARGV[1] = 'id' THEN
    EXECUTE $q$
      INSERT INTO history_change
        (team_id, change_set_id, at, record, record_id, source, row_id, op)
      SELECT a.team_id, s.id, s.at, $1, a.id, $2, a.id, 'I'
      FROM after a
      JOIN history_sets((SELECT array_agg(DISTINCT a.team_id) FROM after a)) s
        ON s.team_id = a.team_id
    $q$ USING TG_ARGV[0], TG_TABLE_NAME;
  ELSE
    EXECUTE $q$
      INSERT INTO history_change
        (team_id, change_set_id, at, record, record_id, source, row_id, op, new)
      SELECT p.team_id, s.id, s.at, $1, p.record_id, $4, p.id, 'I', p.new
      FROM (
        SELECT a.id, a.team_id, (to_jsonb(a)->>$2)::bigint AS record_id,
               to_jsonb(a) - $3 - '{id,team_id}'::text[] AS new
        FROM after a
      ) p
      JOIN history_sets((SELECT array_agg(DISTINCT a.team_id) FROM after a)) s
        ON s.team_id = p.team_id
      WHERE NOT EXISTS (
        SELECT 1 FROM history_change c
        WHERE c.team_id = p.team_id AND c.change_set_id = s.id AND c.record = $1
          AND c.record_id = p.record_id AND c.row_id = p.record_id AND c.op = 'I' AND c.new IS NULL
      )
    $q$ USING TG_ARGV[0], TG_ARGV[1], TG_ARGV[2]::text[], TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;
"""
# The change sets that rows of these teams join, made where there is none.
SETS = """
CREATE FUNCTION history_sets(teams bigint[]) RETURNS TABLE (team_id bigint, id bigint, at timestamptz)
LANGUAGE plpgsql ROWS 1 AS $$
DECLARE
  team bigint;
  joined bigint;
BEGIN
  FOREACH team IN ARRAY coalesce(teams, '{}') LOOP
    joined := history_change_set(team);
    RETURN QUERY SELECT team, c.id, c.at FROM history_changeset c WHERE c.id = joined;
    IF NOT FOUND THEN  -- somebody removed it
      PERFORM set_config('rapport.change_set', '', true);
      joined := history_change_set(team);
      RETURN QUERY SELECT team, c.id, c.at FROM history_changeset c WHERE c.id = joined;
    END IF;
  END LOOP;
END $$;
"""
DROP = """
DROP FUNCTION history_record();
DROP FUNCTION history_sets(bigint[]);
DROP FUNCTION history_change_set(bigint);
"""

_TABLES = {
    "insert": "NEW TABLE AS after",
    "update": "OLD TABLE AS before NEW TABLE AS after",
    "delete": "OLD TABLE AS before",
}


class TrackHistory(Operation):
    """Write down what happens to a table's rows, as crm.history.registry declares it.

    `record` and `column` say whose record a row belongs to: ("contact", "contact_id"), or
    ("contact", "id") for the record itself. Changes of `ignored` columns are not written down.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(
        self,
        model_name: str,
        *,
        record: str,
        column: str,
        ignored: Sequence[str] = (),
        events: Sequence[str] = tuple(_TABLES),
    ) -> None:
        self.model_name, self.record, self.column = model_name, record, column
        self.ignored, self.events = tuple(ignored), tuple(events)

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Triggers are invisible to the model state."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        table = self._table(to_state, app_label)
        ignored = ",".join(self.ignored)
        arguments = f"'{self.record}', '{self.column}', '{{{ignored}}}'"
        for event, transition in _TABLES.items():
            schema_editor.execute(
                f"DROP TRIGGER IF EXISTS history_{event} ON {table}", params=None
            )
            if event not in self.events:
                continue
            schema_editor.execute(
                f"CREATE TRIGGER history_{event} AFTER {event.upper()} ON {table} "
                f"REFERENCING {transition} FOR EACH STATEMENT "
                f"EXECUTE FUNCTION history_record({arguments})",
                params=None,
            )

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        table = self._table(from_state, app_label)
        for event in _TABLES:
            schema_editor.execute(
                f"DROP TRIGGER IF EXISTS history_{event} ON {table}", params=None
            )

    def describe(self) -> str:
        return f"Write down the changes of {self.model_name}"

    def _table(self, state: Any, app_label: str) -> str:
        model = state.apps.get_model(app_label, self.model_name)
        return str(model._meta.db_table)
