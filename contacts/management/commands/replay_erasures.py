"""`manage.py replay_erasures`: after a restored backup, of all teams, so no team is named."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from contacts.services import erasure_ledger
from crm.teams.models import Team
from crm.tenancy.scope import team_scope


class Command(BaseCommand):
    help = (
        "Forget again whom a restored backup brought back, before anybody works with it. Reads the"
        " folder erasures/ in the storage of files. May run twice. Prints one line: entries=N"
        " purged=N other_teams=N."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            entries = erasure_ledger.read_ledger()
        except erasure_ledger.BadLedger as problem:
            raise CommandError(f"{problem} is no entry of the ledger") from None
        teams = set(Team.objects.values_list("pk", flat=True))
        known = [entry for entry in entries if entry.team in teams]
        purged = 0
        for entry in known:
            with team_scope(entry.team):
                purged += erasure_ledger.replay_erasure(entry, at=timezone.now())
        self.stdout.write(
            f"entries={len(entries)} purged={purged} other_teams={len(entries) - len(known)}"
        )
