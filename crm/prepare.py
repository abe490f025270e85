"""Bring the database up to date, and give a new installation its demo team."""

import os

import django
from django.core.management import call_command

DEMO_TEAM = "demo"


def prepare() -> None:
    """Apply migrations and seed the demo team once; both are safe to repeat."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=1)
    teams = django.apps.apps.get_model("teams", "Team")
    if not teams.objects.filter(slug=DEMO_TEAM).exists():
        call_command("seed_demo", "--team", DEMO_TEAM)


if __name__ == "__main__":
    prepare()
