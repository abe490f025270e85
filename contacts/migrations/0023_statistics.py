"""What stages, owners, fields and lists say of the team, told to the planner.

Each of them belongs to one team. Without knowing that, the planner multiplies the share of the team
with that of its stage and that of its owner, and the more teams there are, the fewer rows it
expects; lists are then gathered and sorted that should be walked along an index.
"""

from django.db import migrations

STATISTICS = {
    "contact_of_team": (
        "contacts_contact",
        "dependencies, mcv",
        "team_id, stage_id, owner_id",
    ),
    "contact_value_of_team": (
        "contacts_contactfieldvalue",
        "dependencies",
        "team_id, field_id",
    ),
    # Of a value only the column of its kind is filled: what is common in any of them is in one list.
    "contact_value_of_field": (
        "contacts_contactfieldvalue",
        "mcv",
        "team_id, field_id, number_value, amount_value, date_value, member_id, text_sort",
    ),
    "list_entry_of_team": (
        "contacts_listentry",
        "dependencies, mcv",
        "team_id, list_id",
    ),
}
SAMPLED = 300  # times 300 rows are read to learn of them


def sql() -> list[str]:
    made = []
    for name, (table, kinds, columns) in STATISTICS.items():
        made += [
            f"CREATE STATISTICS {name} ({kinds}) ON {columns} FROM {table}",
            f"ALTER STATISTICS {name} SET STATISTICS {SAMPLED}",
        ]
    tables = sorted({table for table, _kinds, _columns in STATISTICS.values()})
    return [*made, *(f"ANALYZE {table}" for table in tables)]


class Migration(migrations.Migration):
    dependencies = [("contacts", "0022_export_rights")]

    operations = [
        migrations.RunSQL(sql(), [f"DROP STATISTICS {name}" for name in STATISTICS])
    ]
