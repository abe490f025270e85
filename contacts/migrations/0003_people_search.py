"""Indexes behind the filters of the list of people, and a closer look at what searches look into."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models.functions import Upper

# More samples than usual tell rare fragments from common ones: the plan of a search hangs on it.
SAMPLES = 500


def _sampled(table: str) -> migrations.RunSQL:
    alter = f"ALTER TABLE {table} ALTER COLUMN search_text SET STATISTICS"
    return migrations.RunSQL(f"{alter} {SAMPLES}", f"{alter} -1")


class Migration(migrations.Migration):
    dependencies = [("contacts", "0002_left_lists")]

    operations = [
        _sampled("contacts_contact"),
        _sampled("contacts_person"),
        migrations.AddIndex(
            model_name="contact",
            index=GinIndex(
                OpClass("team_id", name="int8_ops"),
                OpClass(Upper("city"), name="gin_trgm_ops"),
                OpClass(Upper("region"), name="gin_trgm_ops"),
                OpClass("country", name="text_ops"),
                name="contact_team_location",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                fields=["team", "name_sort", "id"],
                condition=models.Q(deleted_at=None, primary_email=""),
                name="contact_team_no_email",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                fields=["team", "name_sort", "id"],
                condition=models.Q(deleted_at=None, primary_phone=""),
                name="contact_team_no_phone",
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=GinIndex(
                OpClass(Upper("city"), name="gin_trgm_ops"),
                OpClass(Upper("region"), name="gin_trgm_ops"),
                OpClass("country", name="text_ops"),
                name="person_location",
            ),
        ),
    ]
