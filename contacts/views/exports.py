"""Exporting contacts: what the file holds, the download, and all exports (product.md I5)."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.forms.exports import ExportForm
from contacts.models import Contact, ContactExport, Selection
from contacts.queries import exporting as queries
from contacts.services import selections
from contacts.services.bulk.running import list_url
from contacts.services.exporting import starting
from crm.htmx import render_page, toast
from crm.teams.confirming import recently_confirmed
from crm.tenancy.views import TeamRequest, team_form, team_page

TYPES = {
    ContactExport.Format.CSV: "text/csv; charset=utf-8",
    ContactExport.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@team_form("contacts.export_own")
@recently_confirmed()
def contact_export(request: TeamRequest, contact_id: int) -> HttpResponse:
    """Export one contact, from its Actions (product.md C2)."""
    mine = Contact.objects.saved().exportable_by(request.member)
    contact: Contact = get_object_or_404(mine, pk=contact_id)
    posted = request.POST if request.method == "POST" else None
    form = ExportForm(posted, initial={"columns": ContactExport.Columns.ALL})
    if form.is_valid():
        who: dict[str, Any] = {"by": request.member, "at": timezone.now()}
        chosen = selections.freeze_chosen(
            of=Selection.Of.CONTACTS, ids=[contact.pk], state="", **who
        )
        export = starting.start_export(selection=chosen, **form.cleaned_data, **who)
        return redirect("jobs:job_detail", request.team.slug, export.job_id)
    page_url = reverse("contacts:contact_detail", args=[request.team.slug, contact.pk])
    context = {"form": form, "number": 1, "page_url": page_url, "section": "people"}
    context["back_label"] = contact.name
    status = 422 if form.errors else 200
    return render_page(request, "contacts/contact_export.html", context, status=status)


@team_form("contacts.export_own")
@recently_confirmed()
def export_create(request: TeamRequest, selection_id: int) -> HttpResponse:
    contacts = Selection.objects.filter(of=Selection.Of.CONTACTS)
    selection: Selection = get_object_or_404(contacts, pk=selection_id)
    form = ExportForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        export = starting.start_export(
            selection=selection,
            **form.cleaned_data,
            by=request.member,
            at=timezone.now(),
        )
        return redirect("jobs:job_detail", request.team.slug, export.job_id)
    number = queries.number_exportable(selection, request.member)
    context = {
        "form": form,
        "selection": selection,
        "number": number,
        "left_out": 0 if number is None else selection.total - number,
        "is_in_background": selection.total > starting.AT_ONCE,
        "page_url": list_url(request.team.slug, selection.state),
        "section": "people",
    }
    status = 422 if form.errors else 200
    return render_page(request, "contacts/export_create.html", context, status=status)


@team_page("contacts.export_own")
@recently_confirmed(back_to="contacts:export_list")
def export_download(request: TeamRequest, export_id: int) -> HttpResponse:
    found = ContactExport.objects.visible_to(request.member)
    export = get_object_or_404(found, pk=export_id, size__isnull=False)
    if not export.is_takeable_by(request.member):
        raise PermissionDenied
    file = starting.open_file(export, at=timezone.now())
    if file is None:
        text = _("This export has expired. Export again.")
        toast(request, text, level=messages.ERROR)
        return redirect("contacts:export_list", request.team.slug)
    response: Any = FileResponse(
        file,
        as_attachment=True,
        filename=export.file_name,
        content_type=TYPES[ContactExport.Format(export.format)],
    )
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@team_page("contacts.export_own")
def export_list(request: TeamRequest) -> HttpResponse:
    page = queries.export_page(request.member, cursor=request.GET.get("cursor", ""))
    at = timezone.now()
    context = {
        "section": "settings",
        "settings_section": "exports",
        "rows": [
            (export, export.is_expired(at), export.is_takeable_by(request.member))
            for export in page.rows
        ],
        "days": settings.EXPORT_DAYS,
        "is_of_all": request.member.can("team.manage"),
        "previous": page.previous and f"?cursor={page.previous}",
        "next": page.next and f"?cursor={page.next}",
    }
    return render_page(request, "contacts/export_list.html", context)
