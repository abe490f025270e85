from django.db import migrations

from crm.history.operations import TrackHistory


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0008_fill_held_back"),
        ("history", "0001_initial"),
    ]

    operations = [
        TrackHistory(
            "contact",
            record="contact",
            column="id",
            ignored=[
                "name",
                "name_sort",
                "title_sort",
                "account_sort",
                "primary_email",
                "primary_phone",
                "search_text",
                "last_activity_at",
                "activity_key",
                "version",
                "updated_at",
            ],
        ),
        TrackHistory("contactemail", record="contact", column="contact_id"),
        TrackHistory("contactphone", record="contact", column="contact_id"),
        TrackHistory("contactfieldvalue", record="contact", column="contact_id"),
        TrackHistory("listentry", record="contact", column="contact_id"),
        TrackHistory("leftlist", record="contact", column="contact_id"),
    ]
