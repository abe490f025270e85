"""Texts that are there already get the column by which they are compared and sorted."""

from django.db import connection, migrations

from crm.text import fold

BATCH = 5000
LENGTH = 200


def fill(apps, schema_editor):
    values = apps.get_model("contacts", "ContactFieldValue").objects
    last = 0
    with connection.cursor() as cursor:
        # What is derived is no change that anybody made.
        cursor.execute("SELECT set_config('rapport.history', 'off', false)")
        while rows := list(
            values.filter(pk__gt=last)
            .exclude(text_value="")
            .only("text_value")
            .order_by("pk")[:BATCH]
        ):
            for row in rows:
                row.text_sort = fold(row.text_value)[:LENGTH]
            values.bulk_update(rows, ["text_sort"], batch_size=1000)
            last = rows[-1].pk
        cursor.execute("SELECT set_config('rapport.history', '', false)")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("contacts", "0012_typed_values")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
