"""Asking for a file of contacts, and what becomes of it when its time is over (product.md I5)."""

import contextlib
import shutil
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import IO

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import ngettext

from contacts.models import ContactExport, Selection
from contacts.queries.export_columns import shown_keys
from contacts.queries.exporting import exports_with
from contacts.services.exporting.files import clear_workplace, folder_of
from contacts.services.exporting.running import KIND
from crm.jobs import services as jobs
from crm.teams.models import Membership
from crm.tenancy.scope import current_team_id

AT_ONCE = 1000  # more than that is written in the background


def start_export(
    *,
    selection: Selection,
    file_format: str,
    columns: str,
    by: Membership,
    at: datetime,
) -> ContactExport:
    """Write the selected contacts to a file: at once where they are few, else by a worker.

    Return the export; its job says what came of it.
    """
    export = _make_export(selection, file_format, columns, by=by, at=at)
    if selection.total <= AT_ONCE and export.job_id is not None:
        jobs.run_job(export.job_id)
        export.refresh_from_db()
    return export


@transaction.atomic
def _make_export(
    selection: Selection,
    file_format: str,
    columns: str,
    *,
    by: Membership,
    at: datetime,
) -> ContactExport:
    export = ContactExport.objects.create(
        selection=selection,
        state=selection.state,
        total=selection.total,
        format=file_format,
        columns=columns,
        keys=shown_keys(selection.state, by),
        file_key=f"t/{current_team_id()}/{uuid.uuid4()}",
        created_by=by,
        created_at=at,
        expires_at=at + timedelta(days=settings.EXPORT_DAYS),
    )
    number = number_format(selection.total, force_grouping=True)
    export.job = jobs.create_job(
        kind=KIND,
        title=ngettext("Export of %s contact", "Export of %s contacts", selection.total)
        % number,
        parameters={"export": export.pk, "state": selection.state},
        total=selection.total,
        queue=selection.total > AT_ONCE,
        by=by,
    )
    export.save(update_fields=["job"])
    return export


def open_file(export: ContactExport, *, at: datetime) -> IO[bytes] | None:
    """Return the file, None when its time is over or it is gone."""
    if export.is_expired(at):
        return None
    with contextlib.suppress(FileNotFoundError):
        file: IO[bytes] = default_storage.open(export.file_key, "rb")
        return file
    return None


def remove_expired(*, at: datetime) -> None:
    """Delete the team's files whose time is over; who took out what stays written down.

    May run twice and at once: a file is deleted before its name is forgotten.
    """
    for export in ContactExport.objects.expired(at=at).order_by("pk"):
        default_storage.delete(export.file_key)
        shutil.rmtree(folder_of(export), ignore_errors=True)
        ContactExport.objects.filter(pk=export.pk).update(file_key="")


def withdraw_files(contact_ids: Sequence[int]) -> Iterable[str]:
    """Take back the files that may hold one of the contacts, as they end; return their keys.

    An export that is still being written fails, so that nothing of them is handed out.
    """
    exports = exports_with(contact_ids)
    for export in exports:
        clear_workplace(export)
    keys = [export.file_key for export in exports]
    ContactExport.objects.filter(pk__in=[export.pk for export in exports]).update(
        file_key=""
    )
    return keys
