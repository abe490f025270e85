from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("contacts", "0020_exports"),
        ("layouts", "0002_kinds_and_options"),
        ("teams", "0002_left_by_choice"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="contactfieldvalue",
            index=models.Index(
                models.F("team"),
                models.F("field"),
                models.F("option_ids__0"),
                models.F("contact"),
                condition=models.Q(("option_ids__isnull", False)),
                name="contact_value_option",
            ),
        ),
    ]
