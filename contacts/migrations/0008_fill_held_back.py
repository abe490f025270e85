"""Whom the teams deleted lately stays held back: what was computed from the clock is now a row."""

from datetime import timedelta

from django.conf import settings
from django.db import migrations
from django.utils import timezone

BATCH = 5000


def hold_back(apps, schema_editor):
    contact, held_back = (
        apps.get_model("contacts", name) for name in ("Contact", "HeldBack")
    )
    hours = timedelta(hours=settings.DELETION_HOLDBACK_HOURS)
    deleted = contact.objects.filter(
        deleted_at__gt=timezone.now() - hours, person__isnull=False
    )
    rows = deleted.order_by("deleted_at").values_list(
        "team_id", "person_id", "deleted_at"
    )
    until = {(team, person): at + hours for team, person, at in rows.iterator()}
    held_back.objects.bulk_create(
        (
            held_back(team_id=team, person_id=person, until=time)
            for (team, person), time in until.items()
        ),
        batch_size=BATCH,
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("contacts", "0007_held_back")]

    operations = [migrations.RunPython(hold_back, migrations.RunPython.noop)]
