"""The job that writes a file of contacts. One whose worker died starts over: a file has no middle."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from django.core.files import File
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from contacts.models import ContactExport
from contacts.queries.export_columns import ExportColumn, columns_of, load_names
from contacts.queries.exporting import number_there, rows_of
from contacts.services.bulk.running import list_url
from contacts.services.exporting.files import (
    Table,
    clear_workplace,
    new_table,
    workplace,
)
from contacts.services.purging import doom_files
from crm.jobs import registry
from crm.jobs.models import Job, JobRow
from crm.jobs.registry import Chunk, JobFailed, Kind, Offer, Step
from crm.jobs.services import actor_of
from crm.teams import places
from crm.teams.models import Membership

KIND = "contacts.export"
EXPORT = "contacts.export_own"  # others' contacts are left out row by row
CHUNK = 1000
Outcome = JobRow.Outcome


class Run:
    """One worker's way through an export."""

    def __init__(self, job: Job, table: Table, columns: Sequence[ExportColumn]) -> None:
        self.job, self.table, self.columns = job, table, columns
        self.finished = 0  # ids that are dealt with, also by a step that is repeated
        self.counts: Counter[str] = Counter()
        self.of_anybody = False

    def write(self, ids: Sequence[int], before: int) -> Chunk:
        """Write some of the contacts, as far as the member may export them now."""
        by = actor_of(self.job, EXPORT)
        rows = rows_of(ids, self.columns, by=by)
        takes_any = by.can("contacts.export")
        there = len(rows) if takes_any else number_there(ids)
        counts: Counter[str] = Counter(
            {
                Outcome.DONE.value: len(rows),
                Outcome.REFUSED.value: max(0, there - len(rows)),
                Outcome.SKIPPED.value: len(ids) - max(there, len(rows)),
            }
        )
        if self.finished == before:
            self.table.add(rows)
            self.counts += counts
            self.finished += len(ids)
            self.of_anybody |= takes_any
        return Chunk(
            position={"after": before + len(ids)}, done=len(ids), counts=counts
        )

    def store(self, export: ContactExport) -> Chunk:
        """Put the file where it is handed out, over what a dead worker left there."""
        kept = ContactExport.objects.select_for_update(of=("self",)).get(pk=export.pk)
        if not kept.file_key:
            raise JobFailed(_withdrawn())
        path = self.table.finish()
        default_storage.delete(kept.file_key)
        with path.open("rb") as file:
            kept.file_key = default_storage.save(kept.file_key, File(file))
        kept.size = path.stat().st_size
        kept.rows = self.counts[Outcome.DONE]
        kept.left_out = self.counts[Outcome.REFUSED]
        kept.of_anybody = self.of_anybody
        changed = ["file_key", "size", "rows", "left_out", "of_anybody"]
        kept.save(update_fields=changed)
        return Chunk(position=self.job.position, done=0)


def start_job(job: Job) -> Iterator[Step]:
    """Write the selection to a file from its start, and store the file."""
    by = actor_of(job, EXPORT)
    export = ContactExport.objects.filter(pk=job.parameters["export"]).first()
    selection = export.selection if export else None
    if export is None or selection is None:
        raise JobFailed(_("The selection is not kept any more. Select again."))
    if not export.file_key:
        raise JobFailed(_withdrawn())
    columns = columns_of(export, load_names(_zone(by)))
    with workplace(export) as folder:
        run = Run(job, new_table(export, folder, columns), columns)
        finished = 0
        for ids in selection.chunks(after=0, size=CHUNK):
            yield partial(run.write, ids, finished)
            finished += len(ids)
        yield partial(run.store, export)


def _withdrawn() -> str:
    return _("Meanwhile somebody in this file was deleted for good. Export again.")


def _give_up(job: Job) -> None:
    """Leave no file behind where an export fails, be it stored by a worker that died then."""
    exports = ContactExport.objects.exclude(file_key="")
    for export in exports.filter(pk=job.parameters["export"]):
        doom_files([export.file_key], at=timezone.now())
        clear_workplace(export)
        ContactExport.objects.filter(pk=export.pk).update(file_key="", size=None)


def _zone(by: Membership) -> ZoneInfo | None:
    return places.zone(by.user.time_zone or by.team.time_zone)


def summary(job: Job) -> str:
    """Return how many contacts are in the file, and who is not and why."""
    done = job.counts.get(Outcome.DONE, 0)
    left_out = job.counts.get(Outcome.REFUSED, 0)
    gone = job.counts.get(Outcome.SKIPPED, 0)
    parts = [
        ngettext("%s contact exported", "%s contacts exported", done) % _number(done)
    ]
    if left_out:
        parts.append(_("%s left out, as they are not yours") % _number(left_out))
    if gone:
        parts.append(_("%s not there any more") % _number(gone))
    return ", ".join(parts)


def _number(number: int) -> str:
    return number_format(number, force_grouping=True)


def download_offer(member: Membership, job: Job) -> Offer | None:
    """Return the download of a finished export, for whoever asked for it and for admins."""
    mine = ContactExport.objects.visible_to(member)
    export = mine.filter(pk=job.parameters["export"], size__isnull=False).first()
    if export is None or not member.can(EXPORT):
        return None
    if export.is_expired(timezone.now()):
        return Offer(note=_("This export has expired. Export again."))
    if not export.is_takeable_by(member):
        return Offer(note=_("Your role may not download this file any more."))
    url = reverse("contacts:export_download", args=[member.team.slug, export.pk])
    return Offer(
        label=_("Download"),
        icon="download",
        url=url,
        note=_("The file can be downloaded until %s.")
        % date_format(timezone.localtime(export.expires_at), "j M Y, H:i"),
    )


def register() -> None:
    """Tell the platform what these jobs do."""
    registry.add(
        Kind(
            key=KIND,
            label=_lazy("Exporting contacts"),
            permission=lambda _job: EXPORT,
            give_up=_give_up,
            start=start_job,
            summary=summary,
            record_url=lambda slug, pk: reverse(
                "contacts:contact_detail", args=[slug, pk]
            ),
            origin=lambda slug, parameters: (
                _("People"),
                list_url(slug, parameters["state"]),
            ),
            outcomes=(Outcome.DONE, Outcome.REFUSED, Outcome.SKIPPED),
            is_of_file=False,
            is_resumable=False,
            has_ledger=False,
            offer=download_offer,
        )
    )
