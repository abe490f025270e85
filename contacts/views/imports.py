"""Importing contacts from a file: upload, mapping, dry run, start."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from contacts.forms.imports import MappingForm, ReadingForm, SheetForm, UploadForm
from contacts.models import ContactImport, ContactStage
from contacts.services.importing import targets, uploads
from contacts.services.importing.files import BadFile
from contacts.services.importing.options import Options
from crm.conflicts import Refused
from crm.htmx import render_page, toast
from crm.jobs import queries as job_queries
from crm.jobs.models import PARTIAL
from crm.tenancy.views import TeamRequest, team_action, team_form, team_page
from crm.uploads import is_too_large
from layouts.models import CustomField

SAMPLE_ROWS = 5


def or_not_found(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer that there is no such import where somebody discards it at this moment."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except ContactImport.DoesNotExist:
            raise Http404 from None

    return guarded


@team_page("contacts.import")
def import_check(request: TeamRequest, import_id: int) -> HttpResponse:
    upload = _find(import_id)
    if upload.is_started:
        return redirect("jobs:job_detail", request.team.slug, upload.job_id)
    if upload.check_job is None:
        return redirect("contacts:import_mapping", request.team.slug, upload.pk)
    context = {"upload": upload, "job": upload.check_job, "section": "people"}
    if upload.check_job.is_finished:
        samples = job_queries.samples(upload.check_job, size=SAMPLE_ROWS)
        context["outcomes"] = [
            (tally, samples.get(tally.outcome, []))
            for tally in job_queries.tallies(upload.check_job)[1:]
        ]
        context["partial"] = upload.check_job.counts.get(PARTIAL, 0)
    return render_page(
        request, "contacts/import_check.html", context, partials={"import-check"}
    )


@team_form("contacts.import")
def import_create(request: TeamRequest) -> HttpResponse:
    form = UploadForm(*_posted(request))
    if is_too_large(request):
        form.fields["file"].error_messages["required"] = str(uploads.too_large())
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            upload = uploads.receive_file(
                file.file,
                name=file.name,
                size=file.size,
                country=request.team.country,
                by=request.member,
            )
        except BadFile as bad:
            form.add_error("file", str(bad))
        else:
            return redirect("contacts:import_mapping", request.team.slug, upload.pk)
    context = {
        "form": form,
        "section": "people",
        "limit_mb": settings.UPLOAD_MAX_BYTES // 1024**2,
        "recent": ContactImport.objects.recent()[:10],
    }
    status = 422 if form.is_bound else 200
    return render_page(request, "contacts/import_create.html", context, status=status)


@team_action("contacts.import")
@or_not_found
def import_discard(request: TeamRequest, import_id: int) -> HttpResponse:
    upload = _find(import_id)
    try:
        uploads.discard(upload, by=request.member)
    except uploads.AlreadyStarted:
        upload.refresh_from_db()
        return redirect("jobs:job_detail", request.team.slug, upload.job_id)
    toast(request, _("“%s” was discarded") % upload.file_name)
    return redirect("contacts:import_create", request.team.slug)


@team_form("contacts.import")
@or_not_found
def import_mapping(request: TeamRequest, import_id: int) -> HttpResponse:
    upload = _find(import_id)
    if upload.is_started:
        return redirect("jobs:job_detail", request.team.slug, upload.job_id)
    if "reread" in request.POST:
        return _read_again(request, upload)
    form = _mapping_form(request, upload, request.POST or None)
    if not form.is_valid():
        return _mapping_page(request, upload, form, _reading_form(upload))
    with suppress(uploads.AlreadyStarted):
        uploads.choose_mapping(
            upload, mapping=form.mapping, options=_options(form), by=request.member
        )
    return redirect("contacts:import_check", request.team.slug, upload.pk)


@team_action("contacts.import")
@or_not_found
def import_start(request: TeamRequest, import_id: int) -> HttpResponse:
    upload = _find(import_id)
    try:
        job = uploads.start_import(upload, by=request.member)
    except uploads.AlreadyStarted:
        upload.refresh_from_db()
        return redirect("jobs:job_detail", request.team.slug, upload.job_id)
    except uploads.NotChecked:
        toast(request, _("Check the file first."), level=messages.ERROR)
        return redirect("contacts:import_mapping", request.team.slug, upload.pk)
    except uploads.MayNotAddFields:
        text = _(
            "Only admins add custom fields. Choose something else for these columns."
        )
        toast(request, text, level=messages.ERROR)
        return redirect("contacts:import_mapping", request.team.slug, upload.pk)
    except Refused as refused:  # the team may have no more fields
        toast(request, str(refused), level=messages.ERROR)
        return redirect("contacts:import_mapping", request.team.slug, upload.pk)
    return redirect("jobs:job_detail", request.team.slug, job.pk)


def _posted(request: TeamRequest) -> tuple[Any, ...]:
    """Return what a form is bound to; an upload without any value is bound, too."""
    return (request.POST, request.FILES) if request.method == "POST" else ()


def _find(import_id: int) -> ContactImport:
    return get_object_or_404(
        ContactImport.objects.select_related("check_job"), pk=import_id
    )


def _read_again(request: TeamRequest, upload: ContactImport) -> HttpResponse:
    reading = _reading_form(upload, request.POST)
    read = uploads.read_sheet if upload.is_workbook else uploads.read_again
    if reading.is_valid():
        try:
            read(upload, **reading.cleaned_data, by=request.member)
        except BadFile as bad:
            reading.add_error(None, str(bad))
        except uploads.AlreadyStarted:
            return redirect("contacts:import_check", request.team.slug, upload.pk)
        else:
            return redirect("contacts:import_mapping", request.team.slug, upload.pk)
    return _mapping_page(request, upload, _mapping_form(request, upload), reading)


def _mapping_page(
    request: TeamRequest,
    upload: ContactImport,
    form: MappingForm,
    reading: ReadingForm | SheetForm,
) -> HttpResponse:
    doubled = sorted({h for h in upload.headings if upload.headings.count(h) > 1})
    context = {
        "upload": upload,
        "form": form,
        "reading": reading,
        "section": "people",
        "columns": list(zip(form.columns, upload.samples, strict=True)),
        "doubled": doubled,
        "is_single_column": len(upload.headings) == 1,
        "has_values_for_headings": any("@" in heading for heading in upload.headings),
    }
    status = 422 if form.is_bound or reading.errors else 200
    return render_page(request, "contacts/import_mapping.html", context, status=status)


def _mapping_form(
    request: TeamRequest, upload: ContactImport, posted: Any = None
) -> MappingForm:
    own = list(CustomField.objects.in_order())
    options = Options.from_json(upload.options)
    first = ContactStage.objects.filter(is_first=True).values_list("pk", flat=True)
    return MappingForm(
        posted,
        headings=upload.headings,
        choices=targets.choices(own, may_create=request.member.can("fields.manage")),
        is_single=targets.is_single,
        by=request.member,
        initial={
            "existing": options.existing,
            "binned": options.binned,
            "country": options.country,
            "stage": options.stage_id or first.first(),
            "owner": options.owner_id,
            "list": options.list_id,
            **{f"column-{place}": key for place, key in enumerate(upload.mapping)},
        },
    )


def _reading_form(upload: ContactImport, posted: Any = None) -> ReadingForm | SheetForm:
    names = ("encoding", "delimiter", "heading_row", "sheet")
    initial = {name: getattr(upload, name) for name in names}
    if upload.is_workbook:
        return SheetForm(posted, sheets=upload.sheets, initial=initial)
    return ReadingForm(posted, initial=initial)


def _options(form: MappingForm) -> Options:
    chosen = form.cleaned_data
    rows = {
        f"{name}_id": chosen[name].pk if chosen[name] else None
        for name in ("stage", "owner", "list")
    }
    return Options(
        existing=chosen["existing"],
        binned=chosen["binned"],
        country=chosen["country"],
        **rows,
    )
