"""The two kinds of jobs of an import: the dry run, which only counts, and the import itself."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cached_property, partial
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from contacts.models import ContactImport, ContactStage
from contacts.queries.profile import still_there
from contacts.services.importing import summaries, targets
from contacts.services.importing.ahead import rare_collections, read_ahead
from contacts.services.importing.files import Format
from contacts.services.importing.filling import Terms
from contacts.services.importing.named import load_named
from contacts.services.importing.numbering import numbered_rows
from contacts.services.importing.options import Options
from contacts.services.importing.past import Ledger, Past, memory
from contacts.services.importing.planning import Plan, Planner, Result
from contacts.services.importing.reading import RowReader
from contacts.services.importing.rows import Row
from contacts.services.importing.writing import WRITTEN_IDS, Writer
from contacts.services.undoing import undo_url
from crm.history import registry as history
from crm.history.models import ChangeSet
from crm.history.services.recording import recording
from crm.jobs import registry
from crm.jobs.models import PARTIAL, Job
from crm.jobs.registry import Chunk, JobFailed, Kind, LedgerRow, Step
from crm.teams import places
from crm.tenancy import bulk
from layouts.kinds.base import CustomValue
from layouts.kinds.making import values_for
from layouts.models import CustomField
from layouts.queries import custom_values

IMPORT, CHECK = "contacts.import", "contacts.import-check"
# Read also where the file does not fill them: names and titles are searched.
ALWAYS_READ = ("first_name", "last_name", "title", "external_id")


class Run:
    """One worker's pass over a file, by the parameters of its job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.options = Options.from_json(job.parameters["options"])
        # What all chunks of a run write belongs to one act; a dry run has none.
        self.change_set = ChangeSet.objects.filter(
            pk=job.parameters.get("change_set")
        ).first()
        self.headings: list[str] = job.parameters["headings"]
        self.mapping: list[str] = job.parameters["mapping"]
        self.format = Format(*job.parameters["format"])
        self.values = self._custom_values()
        self.named = load_named(job.created_by)

    def _custom_values(self) -> dict[int, CustomValue]:
        """Return how values of each place are read that fills a custom field, there or to be created."""
        zone = _zone(self.job)
        own = {value.pk: value for value in custom_values()}
        found = {}
        for place, key in enumerate(self.mapping):
            heading = self.headings[place]
            if key.startswith(targets.NEW):
                kind = key.removeprefix(targets.NEW)
                (value,) = values_for([CustomField(name=heading, kind=kind)])
            elif not key.startswith(targets.CUSTOM):
                continue
            elif (value := own.get(_pk_of(key))) is None:
                raise JobFailed(
                    _("The field for “%s” was deleted meanwhile. Choose another one.")
                    % heading
                )
            found[place] = replace(value, zone=zone)
        return found

    @cached_property
    def columns(self) -> list[str]:
        """The columns of contacts that are read and compared, in a fixed order."""
        mapped = {*self.mapping, *ALWAYS_READ}
        return [column for column in targets.COLUMNS if column in mapped]

    @cached_property
    def terms(self) -> Terms:
        return Terms(
            overwrites=self.options.existing == ContactImport.Existing.OVERWRITE,
            # Of one that is only to be created nobody has a value.
            fields={
                place: value.pk for place, value in self.values.items() if value.pk
            },
            values=self.values,
            named=self.named,
        )

    def batches(self, file: IO[bytes], *, skip: int) -> Iterator[list[Row]]:
        """Yield the rows behind the first `skip`, checked, some thousand at a time."""
        reader = RowReader(
            mapping=self.mapping,
            headings=self.headings,
            values=self.values,
            named=self.named,
            country=self.options.country,
        )
        numbered = numbered_rows(file, self.format, skip=skip)
        read = itertools.starmap(reader.read, numbered)
        size = settings.IMPORT_CHUNK_ROWS
        batches = iter(lambda: list(itertools.islice(read, size)), [])
        with closing(read_ahead(batches)) as ahead:
            yield from ahead

    def plan(self, rows: Sequence[Row], past: Past) -> Plan:
        return Planner(
            rows,
            options=self.options,
            terms=self.terms,
            columns=self.columns,
            past=past,
            at=timezone.now(),
        ).plan()

    @cached_property
    def writer(self) -> Writer:
        stages = ContactStage.objects.order_by("-is_first", "position")
        chosen = stages.filter(pk=self.options.stage_id).first() or stages.first()
        assert chosen is not None  # noqa: S101  # a team never loses its last stage
        return Writer(
            columns=self.columns,
            references=[key for key in WRITTEN_IDS if key in self.mapping],
            fields=self.terms.fields,
            stage_id=chosen.pk,
            owner_id=self.options.owner_id,
            list_id=self.options.list_id,
            source_detail=self.job.parameters["name"][:200],
            by=self.job.created_by,
        )


def _zone(job: Job) -> ZoneInfo | None:
    """Return the time zone in which whoever started the import reads a time."""
    by = job.created_by
    return places.zone((by.user.time_zone if by else "") or job.team.time_zone)


def _pk_of(key: str) -> int:
    return int(key.removeprefix(targets.CUSTOM))


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
        run.writer.write(plan.met.values(), at=timezone.now())
    return _chunk(plan, _ledger(plan), position={"row": finished})


def start_check(job: Job) -> Iterator[Step]:
    """Count what an import would do. Nothing of it is written but the outcome of the first rows."""
    run = Run(job)
    kept: Counter[str] = Counter()
    with _opened(job) as file, memory() as past, rare_collections():
        for rows in run.batches(file, skip=0):
            yield partial(_check, run, rows, past, kept)


def _check(run: Run, rows: Sequence[Row], past: Past, kept: Counter[str]) -> Chunk:
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
            permission=lambda _job: "contacts.import",
            is_of_clock=True,
            start=start_import,
            summary=summaries.of_import,
            record_url=_contact_url,
            still_there=still_there,
            origin=_import_url,
            undo=undo_url,
            undo_label=_lazy("Undo import"),
        )
    )
    registry.add(
        Kind(
            key=CHECK,
            label=_lazy("Checking the file"),
            permission=lambda _job: "contacts.import",
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


def _contact_url(team_slug: str, pk: int) -> str:
    return reverse("contacts:contact_detail", args=[team_slug, pk])


def _import_url(team_slug: str, parameters: dict[str, Any]) -> tuple[str, str]:
    return _("Import"), reverse("contacts:import_create", args=[team_slug])


def _check_url(team_slug: str, parameters: dict[str, Any]) -> tuple[str, str]:
    url = reverse("contacts:import_check", args=[team_slug, parameters["import"]])
    return _("Back to the check"), url
