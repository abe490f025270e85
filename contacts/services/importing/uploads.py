"""An import from the upload to its start: the file is stored, its columns are mapped, a dry run is made."""

import contextlib
import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import ContactImport
from contacts.queries import uploads as queries
from contacts.services.importing import files, targets
from contacts.services.importing.describing import described, inspected
from contacts.services.importing.files import BadFile, Inspection
from contacts.services.importing.options import Options
from contacts.services.importing.running import CHECK, IMPORT
from contacts.services.importing.workbooks import as_table
from crm.history.services.recording import open_change_set
from crm.jobs import services as jobs
from crm.jobs.models import Job
from crm.teams.models import Membership
from crm.tenancy.scope import current_team_id
from layouts.services.fields import MAX_NAME, FieldNameTaken, create_custom_field


class AlreadyStarted(Exception):
    """The import runs or has run; its settings do not change any more."""


class MayNotAddFields(Exception):
    """The mapping asks for new custom fields, which the member's role does not allow."""


class NotChecked(Exception):
    """There is no finished dry run of these settings."""


def receive_file(
    file: IO[bytes], *, name: str, size: int, country: str, by: Membership | None
) -> ContactImport:
    """Inspect and store a file, and guess what its columns mean; raise BadFile if it is none.

    Nothing is stored of a file that is refused.
    """
    if size > settings.UPLOAD_MAX_BYTES:
        raise too_large()
    _refuse_over_quota(size)
    stored: list[str] = []
    try:
        with as_table(file) as table:
            found = inspected(table)
            stored.append(_store(table.file))
            source = _store(file) if table.sheets else ""
            stored.append(source)
        return ContactImport.objects.create(
            file_name=(name or _("file"))[-200:],
            file_key=stored[0],
            source_key=source,
            sheets=table.sheets,
            sheet=table.sheet,
            size=size,
            options=Options(country=country, owner_id=by.pk if by else None).as_json(),
            created_by=by,
            **described(found, country),
        )
    except Exception:
        _remove(stored)
        raise


def _remove(keys: Iterable[str]) -> None:
    for key in filter(None, keys):
        default_storage.delete(key)


def _store(file: IO[bytes]) -> str:
    file.seek(0)
    key = f"t/{current_team_id()}/{uuid.uuid4()}"
    return default_storage.save(key, File(file))


def too_large() -> BadFile:
    """Return what is wrong with a file over the limit."""
    return BadFile(
        _("The file is over the %s MB limit. Split it into several files.")
        % (settings.UPLOAD_MAX_BYTES // 1024**2)
    )


def _refuse_over_quota(size: int) -> None:
    since = timezone.now() - timedelta(days=1)
    limit = settings.UPLOAD_MAX_BYTES_PER_DAY
    if queries.bytes_uploaded(since=since) + size > limit:
        raise BadFile(
            _("Your team uploaded %s GB within a day. Continue tomorrow.")
            % (limit // 1024**3)
        )


@transaction.atomic
def read_again(
    upload: ContactImport,
    *,
    encoding: str,
    delimiter: str,
    heading_row: int,
    by: Membership,
) -> None:
    """Read the file in another way and guess anew; raise BadFile if that does not work."""
    upload = _editable(upload)
    with default_storage.open(upload.file_key) as file:
        found = files.inspect(
            file.file, encoding=encoding, delimiter=delimiter, heading_row=heading_row
        )
    _describe_anew(upload, found)


@transaction.atomic
def read_sheet(
    upload: ContactImport, *, sheet: str, heading_row: int, by: Membership
) -> None:
    """Take a sheet of the workbook and guess anew; raise BadFile if that does not work.

    Where its headings are is guessed, too, unless it is the sheet that was read before.
    """
    upload = _editable(upload)
    row = heading_row if sheet == upload.sheet else 0
    with (
        default_storage.open(upload.source_key) as file,
        as_table(file.file, sheet=sheet) as table,
    ):
        found = inspected(table, heading_row=row)
        before, upload.file_key = upload.file_key, _store(table.file)
        upload.sheet = table.sheet
    _describe_anew(upload, found)
    transaction.on_commit(lambda: default_storage.delete(before))


def _describe_anew(upload: ContactImport, found: Inspection) -> None:
    columns = described(found, Options.from_json(upload.options).country)
    for name, value in columns.items():
        setattr(upload, name, value)
    _end_check(upload, by=None)
    upload.check_job = None
    upload.save(update_fields=[*columns, "file_key", "sheet", "check_job"])


@transaction.atomic
def choose_mapping(
    upload: ContactImport, *, mapping: Sequence[str], options: Options, by: Membership
) -> Job:
    """Keep what the columns become, and queue a dry run of it."""
    upload = _editable(upload)
    _end_check(upload, by=by)
    upload.mapping, upload.options = list(mapping), options.as_json()
    upload.check_job = jobs.create_job(
        kind=CHECK,
        title=upload.file_name,
        parameters=_parameters(upload),
        total=upload.rows,
        by=by,
    )
    upload.save(update_fields=["mapping", "options", "check_job"])
    return upload.check_job


@transaction.atomic
def start_import(
    upload: ContactImport,
    *,
    queue: bool = True,
    checked: bool = True,
    by: Membership | None,
) -> Job:
    """Create the custom fields that the mapping asks for, and queue the import.

    Raise AlreadyStarted for a second start, NotChecked if `checked` demands a dry run that is not
    there, MayNotAddFields, and Refused for fields that the team may not have.
    """
    upload = _editable(upload)
    adds_fields = any(key.startswith(targets.NEW) for key in upload.mapping)
    if adds_fields and by and not by.can("fields.manage"):
        raise MayNotAddFields
    if checked and not (
        upload.check_job and upload.check_job.status == Job.Status.DONE
    ):
        raise NotChecked
    upload.mapping = [
        _created_field(heading, place, key, by=by)
        for place, (heading, key) in enumerate(
            zip(upload.headings, upload.mapping, strict=True), start=1
        )
    ]
    upload.job = jobs.create_job(
        kind=IMPORT,
        title=upload.file_name,
        parameters={
            **_parameters(upload),
            "change_set": open_change_set(
                "contact.import", by=by, at=timezone.now(), via=upload.file_name
            ).pk,
        },
        total=upload.rows,
        queue=queue,
        by=by,
    )
    # Whoever is forgotten later is known by the import's own ledger only.
    _end_check(upload, by=by)
    upload.samples = []
    upload.save(update_fields=["mapping", "job", "samples"])
    return upload.job


def unfinished_twin(upload: ContactImport) -> Job | None:
    """Return a job that imports the same bytes with the same settings and has not ended."""
    twins = Job.objects.unfinished().filter(
        kind=IMPORT, parameters__fingerprint=_fingerprint(upload)
    )
    return twins.order_by("pk").first()


@transaction.atomic
def discard(upload: ContactImport, *, by: Membership | None) -> None:
    """Forget an import that was not started, with its file and what a dry run said."""
    locked = _editable(upload)
    _end_check(locked, by=by)
    locked.delete()
    transaction.on_commit(lambda: _remove(upload.keys))


def _end_check(upload: ContactImport, *, by: Membership | None) -> None:
    """Let go of the rows of the dry run, which names people who are no contacts yet."""
    if upload.check_job:
        jobs.drop_rows(upload.check_job, by=by)


def remove_old(*, at: datetime) -> None:
    """Discard uploads that nobody started, and delete the files of imports that ended.

    May run twice and at once: a file is deleted before its name is forgotten.
    """
    for upload in queries.old_uploads(at=at):
        if upload.is_started:
            _remove(upload.keys)
            forgotten = ContactImport.objects.filter(pk=upload.pk)
            forgotten.update(file_key="", source_key="")
            continue
        with contextlib.suppress(AlreadyStarted, ContactImport.DoesNotExist):
            discard(upload, by=None)


def _editable(upload: ContactImport) -> ContactImport:
    """Lock the import against a second start."""
    locked = ContactImport.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if locked.is_started:
        raise AlreadyStarted
    return locked


def _parameters(upload: ContactImport) -> dict[str, Any]:
    """Return all that a worker needs; it changes no more, whatever happens to the import's row."""
    return {
        "import": upload.pk,
        "name": upload.file_name,
        "file": upload.file_key,
        "format": [upload.encoding, upload.delimiter, upload.heading_row],
        "headings": upload.headings,
        "mapping": upload.mapping,
        "options": upload.options,
        "fingerprint": _fingerprint(upload),
    }


def _fingerprint(upload: ContactImport) -> str:
    settings = [upload.sha256, upload.encoding, upload.delimiter, upload.heading_row]
    settings += [upload.mapping, upload.options]
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _created_field(heading: str, place: int, key: str, *, by: Membership | None) -> str:
    """Return the key itself, or that of the custom field it asks to create."""
    if not key.startswith(targets.NEW):
        return key
    kind = key.removeprefix(targets.NEW)
    name = heading[:MAX_NAME]
    try:
        field = create_custom_field(name=name, kind=kind, by=by)
    except FieldNameTaken:
        name = f"{name[: MAX_NAME - 6]} ({place})"
        field = create_custom_field(name=name, kind=kind, by=by)
    return f"{targets.CUSTOM}{field.pk}"
