"""What a value was before, and taking an act back."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.panels.history import history_of, what_was_done, who_is_in_the_way
from contacts.services import undoing
from crm.history.models import ChangeSet
from crm.history.services.undoing import AlreadyUndone, InTheWay, Undone
from crm.htmx import render_page, toast
from crm.jobs.models import Job
from crm.tenancy.views import TeamRequest, team_form, team_page

# Whoever presses Undo there stays there.
KEPT_PAGES = (
    "contacts:contact_detail",
    "contacts:contact_fields",
    "contacts:contact_record",
    "contacts:deleted_list",
)


@team_form("contacts.edit")
def change_set_undo(request: TeamRequest, change_set_id: int) -> HttpResponse:
    change_set = get_object_or_404(
        ChangeSet.objects.select_related("by__user"), pk=change_set_id
    )
    if not undoing.may_undo(change_set, request.member):
        raise PermissionDenied
    reasons: list[Any] = []
    is_running = False
    if request.method == "POST":
        try:
            done = undoing.undo(
                change_set_id=change_set_id, by=request.member, at=timezone.now()
            )
        except AlreadyUndone:
            change_set.refresh_from_db()
        except undoing.StillRunning:
            is_running = True
        except InTheWay as found:
            reasons = who_is_in_the_way(request.team.slug, found.reasons)
        else:
            return _after(request, done)
    context = {
        **what_was_done(request.team.slug, change_set),
        "reasons": reasons,
        "is_running": is_running,
        "section": "people",
    }
    status = 200 if request.method != "POST" else 422
    return render_page(request, "contacts/change_set_undo.html", context, status=status)


@team_page("contacts.view")
def contact_field_history(
    request: TeamRequest, contact_id: int, key: str
) -> HttpResponse:
    contact: Contact = get_object_or_404(
        Contact.objects.select_related("team", "created_by__user"), pk=contact_id
    )
    context = {**history_of(contact, key), "section": "people"}
    return render_page(
        request, "contacts/contact_field_history.html", context, partials={"modal"}
    )


def _kept_page(request: TeamRequest) -> str:
    """Return the page on which Undo was pressed, "" where it is none of those that stay."""
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}):
        return ""
    page = urlsplit(came_from)
    try:
        match = resolve(page.path)
    except Resolver404:
        return ""
    is_ours = match.kwargs.get("team_slug") == request.team.slug
    if match.view_name not in KEPT_PAGES or not is_ours:
        return ""
    contact_id = match.kwargs.get("contact_id")
    if contact_id and not Contact.objects.filter(pk=contact_id).exists():
        return ""
    return page._replace(scheme="", netloc="").geturl()


def _after(request: TeamRequest, done: Undone | Job) -> HttpResponseRedirect:
    slug = request.team.slug
    if isinstance(done, Job):
        return redirect("jobs:job_detail", slug, done.pk)
    again = (
        reverse("contacts:change_set_undo", args=[slug, done.change_set_id])
        if done.change_set_id
        else ""
    )
    toast(request, _("It was taken back"), undo=again)
    contacts = [pk for kind, pk in done.done if kind == "contact"]
    if page := _kept_page(request):
        return HttpResponseRedirect(page)
    if len(contacts) == 1:
        return redirect("contacts:contact_detail", slug, contacts[0])
    accounts = [pk for kind, pk in done.done if kind == "account"]
    if not contacts and len(accounts) == 1:
        return redirect("accounts:account_detail", slug, accounts[0])
    return redirect("contacts:people_list", slug)
