"""`manage.py replay_erasures [FILE]`: after a restored backup, of all teams, so no team is named."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from contacts.services import erasure_ledger
from crm.teams.models import Team
from crm.tenancy.scope import team_scope


class Command(BaseCommand):
    help = (
        "Forget again whom a restored backup brought back, before anybody works with it. Reads the"
        " ledger ERASURE_LEDGER names, or FILE. May run twice. Prints one line: entries=N purged=N"
        " other_teams=N."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"] or Path(settings.ERASURE_LEDGER)
        try:
            with path.open(encoding="ascii") as lines:
                entries = erasure_ledger.read_ledger(lines)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        except ValueError as problem:
            raise CommandError(f"{path}: {problem} is no entry") from None
        teams = set(Team.objects.values_list("pk", flat=True))
        known = [entry for entry in entries if entry.team in teams]
        purged = 0
        for entry in known:
            with team_scope(entry.team):
                purged += erasure_ledger.replay_erasure(entry, at=timezone.now())
        self.stdout.write(
            f"entries={len(entries)} purged={purged} other_teams={len(entries) - len(known)}"
        )
