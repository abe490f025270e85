"""The data of a run: two teams of the same size."""

import sys
import time

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from bench import environment
from crm.teams.models import Team
from demo.services.history import Schedule
from demo.services.seeding import seed_teams

TEAM = "bench"
BESIDE = "beside"


def load(contacts: int, activities: int) -> None:
    """Bring the schema up to date, and load both teams unless they are there."""
    call_command("migrate", verbosity=0, interactive=False)
    wanted = environment.content(contacts, activities)
    if _comment() == wanted:
        print(f"Using the database as it was loaded: {wanted}")
        return
    started = time.monotonic()
    # The team that is measured comes last: its rows lie behind those of the other.
    seed_teams(
        [BESIDE, TEAM],
        schedule=Schedule(contacts=contacts, activities=activities),
        at=timezone.now(),
        progress=_show,
    )
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"COMMENT ON DATABASE {name} IS %s", [wanted])
    print(f"Loaded two teams in {time.monotonic() - started:.0f} s")


def team_id() -> int:
    return Team.objects.get(slug=TEAM).pk


def _comment() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(shobj_description(oid, 'pg_database'), '')"
            " FROM pg_database WHERE datname = current_database()"
        )
        return str(cursor.fetchone()[0])


def _show(team: str, contacts: int) -> None:
    if sys.stdout.isatty():
        print(f"\r{team}: {contacts:,} contacts", end="\n" if not contacts else "")
