from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0004_outcomes_of_actions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="jobrow",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("created", "Created"),
                    ("updated", "Updated"),
                    ("restored", "Restored"),
                    ("skipped", "Skipped"),
                    ("refused", "Refused"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("removed", "Removed"),
                ],
                max_length=8,
            ),
        ),
    ]
