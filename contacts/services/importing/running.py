"""The two kinds of jobs of an import: the dry run, which only counts, and the import itself."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import IO, Any
from urllib.parse import urlencode

from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from contacts.models import ContactImport
from contacts.queries.profile import still_there
from contacts.services.importing import summaries
from contacts.services.importing.ahead import rare_collections
from contacts.services.importing.past import Ledger, Past, memory
from contacts.services.importing.planning import Plan, Result
from contacts.services.importing.rows import Row
from contacts.services.importing.runs import MAY_IMPORT, Run
from contacts.services.undoing import taken_back, undo_url
from crm.history import registry as history
from crm.history.services.recording import recording
from crm.jobs import registry
from crm.jobs.models import PARTIAL, Job, JobRow
from crm.jobs.registry import Chunk, JobFailed, Kind, LedgerRow, Offer, Step
from crm.teams.models import Membership
from crm.tenancy import bulk

IMPORT, CHECK = "contacts.import", "contacts.import-check"


def start_import(job: Job) -> Iterator[Step]:
    """Write the rows of the file, from where the last chunk ended."""
    run = Run(job)
    finished = job.position.get("row", 0)  # records below the headings
    with _opened(job) as file, rare_collections():
        for rows in run.batches(file, skip=finished):
            finished += len(rows)
            yield partial(_import, run, rows, finished)


def _import(run: Run, rows: Sequence[Row], finished: int) -> Chunk:
    # Two imports at once would both create the accounts and contacts that neither sees of the other.
    bulk.take_turns(IMPORT)
    for row in rows:
        del row.notes[row.own_notes :]  # of a first attempt that met a conflict
    plan = run.plan(rows, Ledger(run.job))
    with recording(change_set=run.change_set):
        run.writer.write(plan.met.values(), plan.companies, at=timezone.now())
    return _chunk(plan, _ledger(plan), position={"row": finished})


def start_check(job: Job) -> Iterator[Step]:
    """Count what an import would do. Nothing of it is written but the outcome of the first rows."""
    run = Run(job)
    kept: Counter[str] = Counter()
    with _opened(job) as file, memory() as past, rare_collections():
        for rows in run.batches(file, skip=0):
            yield partial(_check, run, rows, past, kept)


def _check(run: Run, rows: Sequence[Row], past: Past, kept: Counter[str]) -> Chunk:
    # Locked, so that nothing is written for settings that somebody changes at this moment.
    wanted = ContactImport.objects.filter(check_job=run.job, job=None)
    if not wanted.select_for_update(of=("self",), no_key=True).first():
        raise JobFailed(_("The import was changed meanwhile. Check the file again."))
    plan = run.plan(rows, past)
    past.remember(plan.met.values())
    return _chunk(plan, list(_first_of_each(_ledger(plan), kept)), position={})


def _first_of_each(
    rows: Iterable[LedgerRow], kept: Counter[str]
) -> Iterator[LedgerRow]:
    for row in rows:
        kinds = [row.outcome, PARTIAL] if row.is_partial else [row.outcome]
        if any(kept[kind] < summaries.CHECK_SAMPLES for kind in kinds):
            kept.update(kinds)
            yield row


def _ledger(plan: Plan) -> list[LedgerRow]:
    return [
        LedgerRow(
            result.row.number,
            result.outcome,
            result.reason,
            result.known.pk if result.known and result.known.pk > 0 else None,
            _label(result),
            result.is_partial,
        )
        for result in plan.results
    ]


def _label(result: Result) -> str:
    """Return what people know the row by: its own name, else that of the contact it is about."""
    row, known = result.row, result.known
    if not row.name_sort and known and known.name_sort:
        values = known.values
        name = f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()
        return name or row.label
    return row.label


def _chunk(plan: Plan, ledger: list[LedgerRow], *, position: dict[str, int]) -> Chunk:
    counts = Counter(result.outcome for result in plan.results)
    if partial := sum(result.is_partial for result in plan.results):
        counts[PARTIAL] = partial
    return Chunk(
        position=position,
        done=len(plan.results),
        counts=counts,
        rows=ledger,
    )


@contextmanager
def _opened(job: Job) -> Iterator[IO[bytes]]:
    try:
        file = default_storage.open(job.parameters["file"])
    except FileNotFoundError:
        raise JobFailed(_("The uploaded file is not there any more.")) from None
    with file:
        yield file.file


def register() -> None:
    """Tell the platform what these jobs do."""
    registry.add(
        Kind(
            key=IMPORT,
            label=_lazy("Importing"),
            permission=lambda _job: MAY_IMPORT,
            is_of_clock=True,
            start=start_import,
            summary=summaries.of_import,
            record_url=_contact_url,
            still_there=still_there,
            origin=_import_url,
            undo=undo_url,
            undo_label=_lazy("Undo import"),
            offer=_offer,
        )
    )
    registry.add(
        Kind(
            key=CHECK,
            label=_lazy("Checking the file"),
            permission=lambda _job: MAY_IMPORT,
            is_of_clock=True,
            start=start_check,
            summary=summaries.of_check,
            record_url=_contact_url,
            still_there=still_there,
            origin=_check_url,
            is_resumable=False,
        )
    )
    history.add_acts({"contact.import": _lazy("imported")})


def _offer(member: Membership, job: Job) -> Offer | None:
    """Return the list of those that the import created, or that it was taken back."""
    slug = member.team.slug
    if not job.counts.get(JobRow.Outcome.CREATED) or not undo_url(slug, job):
        return taken_back(member, job)
    people = reverse("contacts:people_list", args=[slug])
    query = urlencode({"import_file": job.parameters["name"]})
    return Offer(
        label=_("Show new contacts"),
        icon="users",
        url=f"{people}?{query}",
    )


def _contact_url(team_slug: str, pk: int) -> str:
    return reverse("contacts:contact_detail", args=[team_slug, pk])


def _import_url(team_slug: str, parameters: dict[str, Any]) -> tuple[str, str]:
    return _("Import"), reverse("contacts:import_create", args=[team_slug])


def _check_url(team_slug: str, parameters: dict[str, Any]) -> tuple[str, str]:
    url = reverse("contacts:import_check", args=[team_slug, parameters["import"]])
    return _("Back to the check"), url
