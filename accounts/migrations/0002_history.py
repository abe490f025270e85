from django.db import migrations

from crm.history.operations import TrackHistory


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("history", "0001_initial"),
    ]

    operations = [
        TrackHistory(
            "account",
            record="account",
            column="id",
            ignored=["name_sort", "search_text", "version", "updated_at"],
        ),
    ]
