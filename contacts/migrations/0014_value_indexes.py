"""Each kind of value gets an index of its own, built while people go on working."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("contacts", "0013_fill_text_sort")]

    operations = [
        AddIndexConcurrently(
            model_name="contactfieldvalue",
            index=models.Index(
                condition=models.Q(("text_sort", ""), _negated=True),
                fields=["team", "field", "text_sort", "contact"],
                name="contact_value_text",
            ),
        ),
        AddIndexConcurrently(
            model_name="contactfieldvalue",
            index=models.Index(
                condition=models.Q(("number_value__isnull", False)),
                fields=["team", "field", "number_value", "contact"],
                name="contact_value_number",
            ),
        ),
        AddIndexConcurrently(
            model_name="contactfieldvalue",
            index=models.Index(
                condition=models.Q(("amount_value__isnull", False)),
                fields=["team", "field", "amount_value", "contact"],
                name="contact_value_amount",
            ),
        ),
        AddIndexConcurrently(
            model_name="contactfieldvalue",
            index=models.Index(
                condition=models.Q(("date_value__isnull", False)),
                fields=["team", "field", "date_value", "contact"],
                name="contact_value_date",
            ),
        ),
        AddIndexConcurrently(
            model_name="contactfieldvalue",
            index=models.Index(
                condition=models.Q(("moment_value__isnull", False)),
                fields=["team", "field", "moment_value", "contact"],
                name="contact_value_moment",
            ),
        ),
        AddIndexConcurrently(
            model_name="contactfieldvalue",
            index=models.Index(
                condition=models.Q(("member__isnull", False)),
                fields=["team", "field", "member", "contact"],
                name="contact_value_member",
            ),
        ),
        AddIndexConcurrently(
            model_name="contactfieldvalue",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("team_id", name="int8_ops"),
                django.contrib.postgres.indexes.OpClass("field_id", name="int8_ops"),
                django.contrib.postgres.indexes.OpClass("option_ids", name="array_ops"),
                condition=models.Q(("option_ids__isnull", False)),
                name="contact_value_options",
            ),
        ),
    ]
