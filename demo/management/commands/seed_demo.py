"""`manage.py seed_demo`: a team to look round in, or one as large as a measurement needs."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.text import slugify

from demo.services import teams
from demo.services.history import Schedule
from demo.services.seeding import Seeded, seed_teams


class Command(BaseCommand):
    help = "Create a team of made-up contacts with two years of activity. A team that exists is left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--contacts", type=int, default=200, metavar="N")
        parser.add_argument(
            "--activities",
            type=int,
            metavar="M",
            help="in all, of which each contact has at least one; 15 a contact by default",
        )
        parser.add_argument(
            "--team",
            action="append",
            metavar="SLUG",
            help='"demo" by default; several teams of the same size are loaded together',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        contacts, slugs = options["contacts"], options["team"] or ["demo"]
        activities = options["activities"]
        if contacts < 1 or (activities or 0) < 0:
            raise CommandError("A team needs at least one contact.")
        for slug in slugs:
            if slug != slugify(slug) or len(slug) > 50:
                raise CommandError(f"“{slug}” cannot be the address of a team.")
        self.started = time.monotonic()
        seeded = seed_teams(
            slugs,
            schedule=Schedule(
                contacts=contacts,
                activities=15 * contacts if activities is None else activities,
            ),
            at=timezone.now(),
            progress=self._progress,
        )
        self._report(slugs, seeded)

    def _report(self, slugs: list[str], seeded: list[Seeded]) -> None:
        new = {team.slug: team for team in seeded}
        for slug in slugs:
            if slug not in new:
                self.stdout.write(f"Team {slug} is there already; nothing was changed.")
                continue
            team = new[slug]
            self.stdout.write(
                f"Team {slug}: {team.contacts} contacts, {team.accounts} accounts,"
                f" {team.activities} activities."
            )
        if seeded:
            seconds = time.monotonic() - self.started
            self.stdout.write(
                f"Loaded in {seconds:.1f} s."
                f" Sign in as {teams.OWNER} with password {teams.PASSWORD}."
            )

    def _progress(self, slug: str, contacts: int) -> None:
        if contacts and contacts % 50_000 < 5_000:
            seconds = time.monotonic() - self.started
            self.stdout.write(f"{slug}: {contacts} contacts after {seconds:.0f} s")
