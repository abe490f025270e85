import django.db.models.deletion
from django.db import migrations, models

import crm.tenancy.models
from crm.tenancy.operations import AddTeamForeignKey


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0001_initial"),
        ("teams", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="LeftList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "contact",
                    crm.tenancy.models.TeamForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="left_lists",
                        to="contacts.contact",
                    ),
                ),
                (
                    "list",
                    crm.tenancy.models.TeamForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.contactlist",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="teams.team",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "contact", "list"), name="left_list_once"
                    ),
                    models.UniqueConstraint(
                        fields=("team", "id"), name="left_list_team_id"
                    ),
                ],
            },
        ),
        AddTeamForeignKey("leftlist", "contact"),
        AddTeamForeignKey("leftlist", "list"),
    ]
