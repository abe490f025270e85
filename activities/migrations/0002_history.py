from django.db import migrations

from crm.history.operations import TrackHistory


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0001_initial"),
        ("history", "0001_initial"),
    ]

    operations = [
        # That one was logged says the row itself.
        TrackHistory(
            "activity", record="activity", column="id", events=["update", "delete"]
        ),
    ]
