"""`manage.py import_contacts --team SLUG FILE`: an import in this process, as on the page."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from contacts.models import ContactImport
from contacts.services.importing import targets, uploads
from contacts.services.importing.files import BadFile
from contacts.services.importing.options import Options
from crm.jobs import services as jobs
from crm.jobs.models import Job, JobRow
from crm.teams.models import Team
from crm.tenancy.scope import team_scope
from layouts.models import CustomField

POLL_SECONDS = 0.3


# What a row of a file can become, in the order in which the summary names it.
OUTCOMES = (
    JobRow.Outcome.CREATED,
    JobRow.Outcome.UPDATED,
    JobRow.Outcome.RESTORED,
    JobRow.Outcome.SKIPPED,
    JobRow.Outcome.REFUSED,
)


class Command(BaseCommand):
    help = "Import contacts from CSV, TSV or XLSX. Prints rows=N created=N updated=N restored=N skipped=N refused=N."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--team", required=True, metavar="SLUG")
        parser.add_argument(
            "--existing",
            choices=ContactImport.Existing.values,
            default=ContactImport.Existing.EMPTY.value,
            help="what happens to contacts that are there already",
        )
        parser.add_argument(
            "--custom-fields",
            action="store_true",
            help="create a custom field for every column without a known heading",
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="HEADING=FIELD",
            help="what a column becomes; nothing behind the = leaves it out",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        team = Team.objects.filter(slug=options["team"]).first()
        if team is None:
            raise CommandError(f"There is no team “{options['team']}”.")
        with team_scope(team.pk):
            job = self._run(self._prepared_job(team, options))
        if job.is_failed:
            raise CommandError(job.error)
        counts = {outcome.value: job.counts.get(outcome, 0) for outcome in OUTCOMES}
        line = " ".join(f"{name}={number}" for name, number in counts.items())
        self.stdout.write(f"rows={job.done} {line}")

    def _prepared_job(self, team: Team, options: dict[str, Any]) -> Job:
        """Return a new job for the file, or the one that an interrupted run left behind."""
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                upload = uploads.receive_file(
                    file,
                    name=path.name,
                    size=path.stat().st_size,
                    country=team.country,
                    by=None,
                )
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        except BadFile as bad:
            raise CommandError(str(bad)) from None
        upload.mapping = self._mapping(upload, options)
        upload.options = Options(
            existing=options["existing"], country=team.country
        ).as_json()
        upload.save(update_fields=["mapping", "options"])
        if twin := uploads.unfinished_twin(upload):
            uploads.discard(upload, by=None)
            return twin
        return uploads.start_import(upload, queue=False, checked=False, by=None)

    def _mapping(self, upload: ContactImport, options: dict[str, Any]) -> list[str]:
        mapping = list(upload.mapping)
        if options["custom_fields"]:
            mapping = [
                key or f"{targets.NEW}{kind}"
                for key, kind in zip(mapping, upload.kinds, strict=True)
            ]
        for choice in options["map"]:
            heading, _equals, key = choice.rpartition("=")
            if heading not in upload.headings:
                raise CommandError(f"There is no column “{heading}”.")
            place = upload.headings.index(heading)
            mapping[place] = self._target(key, upload.kinds[place])
        doubled = {k for k in mapping if targets.is_single(k) and mapping.count(k) > 1}
        if doubled:
            raise CommandError(f"Two columns lead to {sorted(doubled)[0]}.")
        return mapping

    def _target(self, key: str, kind: str) -> str:
        """Return the target for what is typed: its key, "new", or the name of a custom field."""
        own = CustomField.objects.for_record(CustomField.Record.CONTACT)
        known = {**{name: name for name in targets.fixed_targets()}, "": targets.SKIP}
        known |= {field.name: f"{targets.CUSTOM}{field.pk}" for field in own}
        known |= {
            "new": f"{targets.NEW}{kind}",
            "email": "email:work",
            "phone": "phone:work",
        }
        known |= {
            f"{targets.NEW}{kind}": f"{targets.NEW}{kind}" for kind in targets.NEW_KINDS
        }
        if key not in known:
            raise CommandError(
                f"There is no field “{key}”. Known are {', '.join(filter(None, known))}."
            )
        return known[key]

    def _run(self, job: Job) -> Job:
        """Run the job here; if another process has it, wait for its end or for its death."""
        while not job.is_finished:
            jobs.release_stalled(at=timezone.now(), job_id=job.pk)
            try:
                jobs.run_job(job.pk)
            except jobs.AlreadyClaimed:
                time.sleep(POLL_SECONDS)
            job.refresh_from_db()
        return job
