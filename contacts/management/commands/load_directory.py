"""`manage.py load_directory FILE`: the directory is the installation's, so no team is named."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts.services import directory

SHOWN = 50  # refused rows that are named one by one


class Command(BaseCommand):
    help = (
        "Load people and organizations of the directory from a CSV file in UTF-8: new ones are"
        " added, known ones replaced. Prints one line: rows=N created=N updated=N unchanged=N"
        " repeated=N refused=N organizations_created=N organizations_updated=N."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        self.refused = 0
        path: Path = options["file"]
        try:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                loaded = directory.load_directory(lines, refuse=self._refuse)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        except directory.BadDirectory as bad:
            raise CommandError(str(bad)) from None
        if self.refused > SHOWN:
            self.stderr.write(f"... and {self.refused - SHOWN} more rows were refused")
        self.stdout.write(
            " ".join(f"{name}={number}" for name, number in vars(loaded).items())
        )

    def _refuse(self, line: int, reason: str) -> None:
        self.refused += 1
        if self.refused <= SHOWN:
            self.stderr.write(f"line {line}: {reason}")
