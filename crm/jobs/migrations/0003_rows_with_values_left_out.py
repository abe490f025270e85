from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0002_claims_and_labels"),
        ("teams", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="jobrow",
            name="is_partial",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="jobrow",
            index=models.Index(
                condition=models.Q(("is_partial", True)),
                fields=["team", "job", "number"],
                name="job_row_partial",
            ),
        ),
    ]
