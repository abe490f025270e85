"""Migration operation for foreign keys that cannot leave the team."""

from typing import Any

from django.db.migrations.operations.base import Operation


class AddTeamForeignKey(Operation):
    """Add FOREIGN KEY (team_id, <field>_id) REFERENCES <target> (team_id, id) for a TeamForeignKey."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str, field_name: str) -> None:
        self.model_name = model_name
        self.field_name = field_name

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The constraint is invisible to the model state."""

    def _names(self, state: Any, app_label: str) -> tuple[str, str, str, str]:
        model = state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.field_name)
        table = model._meta.db_table
        return (
            table,
            field.column,
            field.related_model._meta.db_table,
            f"{table}_{field.column}_team_fk",
        )

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        table, column, target, name = self._names(to_state, app_label)
        quote = schema_editor.quote_name
        schema_editor.execute(
            f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} "
            f"FOREIGN KEY (team_id, {quote(column)}) REFERENCES {quote(target)} (team_id, id) "
            "DEFERRABLE INITIALLY DEFERRED"
        )

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        table, _column, _target, name = self._names(from_state, app_label)
        quote = schema_editor.quote_name
        schema_editor.execute(
            f"ALTER TABLE {quote(table)} DROP CONSTRAINT IF EXISTS {quote(name)}"
        )

    def describe(self) -> str:
        return f"Keep {self.model_name}.{self.field_name} inside its team"
