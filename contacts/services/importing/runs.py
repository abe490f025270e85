"""One worker's pass over a file, with everything that its job's parameters say."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from typing import IO
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import ContactImport, ContactStage
from contacts.queries.export_columns import ACCOUNT_COLUMNS
from contacts.services.importing import targets
from contacts.services.importing.ahead import read_ahead
from contacts.services.importing.files import Format
from contacts.services.importing.filling import Terms
from contacts.services.importing.named import load_named
from contacts.services.importing.numbering import numbered_rows
from contacts.services.importing.options import Options
from contacts.services.importing.past import Past
from contacts.services.importing.planning import Plan, Planner
from contacts.services.importing.reading import RowReader
from contacts.services.importing.rows import Row
from contacts.services.importing.writing import WRITTEN_IDS, Writer
from crm.history.models import ChangeSet
from crm.jobs.models import Job
from crm.jobs.registry import JobFailed
from crm.jobs.services import actor_of
from crm.teams import places
from layouts.kinds.base import CustomValue
from layouts.kinds.making import values_for
from layouts.models import CustomField

MAY_IMPORT = "contacts.import"
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
        fields = list(CustomField.objects.in_order())
        own = dict(zip(map(targets.key_of, fields), values_for(fields), strict=True))
        found: dict[int, CustomValue] = {}
        for place, key in enumerate(self.mapping):
            heading = self.headings[place]
            if key.startswith(targets.NEW):
                kind = key.removeprefix(targets.NEW)
                (value,) = values_for([CustomField(name=heading, kind=kind)])
            elif not key.startswith((targets.CUSTOM, targets.ACCOUNT_CUSTOM)):
                continue
            elif key in own:
                value = own[key]
            else:
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
            # Without those that are only to be created: nobody has a value in them.
            fields=self._fields(targets.CUSTOM),
            values=self.values,
            named=self.named,
            columns=self.columns,
            account_columns=self.account_columns,
            account_fields=self._fields(targets.ACCOUNT_CUSTOM),
        )

    def _fields(self, prefix: str) -> dict[int, int]:
        """Return the fields of the places whose targets begin with the prefix."""
        return {
            place: value.pk
            for place, value in self.values.items()
            if self.mapping[place].startswith(prefix)
        }

    @cached_property
    def account_columns(self) -> list[str]:
        """The columns of accounts that the file may fill, in a fixed order."""
        mapped = {key.removeprefix(targets.ACCOUNT) for key in self.mapping}
        return [column for column in ACCOUNT_COLUMNS if column in mapped]

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
        by = actor_of(self.job, MAY_IMPORT) if self.job.created_by_id else None
        return Planner(
            rows,
            options=self.options,
            # Who may be given what is asked anew: a role may have changed since the last chunk.
            terms=replace(self.terms, named=load_named(by)),
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
            account_columns=self.account_columns,
            stage_id=chosen.pk,
            owner_id=self._owner_id(),
            list_id=self.options.list_id,
            source_detail=self.job.parameters["name"][:200],
            by=self.job.created_by,
        )

    def _owner_id(self) -> int | None:
        """Return who gets new contacts; nobody where they have left or only look by now."""
        owner_id = self.options.owner_id
        return owner_id if owner_id in self.named.owners else None


def _zone(job: Job) -> ZoneInfo | None:
    """Return the time zone in which whoever started the import reads a time."""
    by = job.created_by
    return places.zone((by.user.time_zone if by else "") or job.team.time_zone)
