"""What the fields of accounts say of the team, told to the planner; see contacts/migrations/0023_statistics.py."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_company_filters")]

    operations = [
        migrations.RunSQL(
            [
                "CREATE STATISTICS account_value_of_team (dependencies)"
                " ON team_id, field_id FROM accounts_accountfieldvalue",
                "CREATE STATISTICS account_value_of_field (mcv)"
                " ON team_id, field_id, number_value, amount_value, date_value, member_id,"
                " text_sort FROM accounts_accountfieldvalue",
                "ALTER STATISTICS account_value_of_field SET STATISTICS 300",
                "ANALYZE accounts_accountfieldvalue",
            ],
            "DROP STATISTICS account_value_of_team, account_value_of_field",
        )
    ]
