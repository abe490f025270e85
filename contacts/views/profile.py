"""A contact's page with its tabs, and each of its widgets alone."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from contacts.panels.all_fields import all_fields
from contacts.panels.header import identity
from contacts.panels.page import frame, visit_contact
from contacts.queries.profile import find_profile, follow_merge
from crm.htmx import fragment_wanted, render_page
from crm.tenancy.views import TeamRequest, team_page
from layouts import registry
from layouts.overview import CONTACT_OVERVIEW
from layouts.registry import Visit


@team_page("contacts.view")
def contact_detail(request: TeamRequest, contact_id: int) -> HttpResponse:
    visit = _visit(request, contact_id)
    wanted = fragment_wanted(request, {f"w-{key}" for key in CONTACT_OVERVIEW.prospect})
    if wanted:
        return _widget(request, visit, wanted.removeprefix("w-"))
    # The cards first: what they read tells the header's sentence too.
    cards = registry.compose(CONTACT_OVERVIEW.prospect, visit)
    context = {**frame(visit, tab="prospect"), "cards": cards}
    return render_page(request, "contacts/contact_detail.html", context)


@team_page("contacts.view")
def contact_record(request: TeamRequest, contact_id: int) -> HttpResponse:
    """Show the record column alone; on a wide screen the Prospect tab stands beside it."""
    visit = _visit(request, contact_id)
    cards = registry.compose(CONTACT_OVERVIEW.prospect, visit)
    context = {**frame(visit, tab=""), "cards": cards}
    return render_page(request, "contacts/contact_record.html", context)


@team_page("contacts.view")
def contact_fields(request: TeamRequest, contact_id: int) -> HttpResponse:
    visit = _visit(request, contact_id, tab="all-fields")
    fields = all_fields(visit)
    if fragment_wanted(request, {"contact-fields"}):
        context: dict[str, Any] = {"contact": visit.record, **fields}
    else:
        context = {**frame(visit, tab="all-fields"), **fields}
    context["fields_url"] = request.path
    context["list_query"] = visit.list_query
    return render_page(
        request, "contacts/contact_fields.html", context, partials={"contact-fields"}
    )


@team_page("contacts.view")
def contact_widget(request: TeamRequest, contact_id: int, key: str) -> HttpResponse:
    """Answer with one widget; without htmx with the page it stands on."""
    visit = _visit(request, contact_id)
    if not request.htmx:
        return redirect(_page_url(request, contact_id))
    return _widget(request, visit, key)


@team_page("contacts.view")
def contact_identity(request: TeamRequest, contact_id: int) -> HttpResponse:
    """Answer with the top of the page, for when something else changed what it says."""
    visit = _visit(request, contact_id, tab=request.GET.get("tab", ""))
    if not request.htmx:
        return redirect(_page_url(request, contact_id))
    return render_page(request, "contacts/_identity.html", identity(visit))


def _visit(request: TeamRequest, contact_id: int, **more: str) -> Visit:
    profile = find_profile(contact_id)
    if profile is None:
        raise Http404
    follow_merge(profile.contact)
    return visit_contact(
        profile, member=request.member, params=request.GET, at=timezone.now(), **more
    )


def _widget(request: TeamRequest, visit: Visit, key: str) -> HttpResponse:
    widget = registry.find_widget(key, request.member)
    if widget is None:
        raise Http404
    context = {"widget": widget.load(visit), "contact": visit.record, "visit": visit}
    return render_page(request, widget.template, context)


def _page_url(request: TeamRequest, contact_id: int) -> str:
    path = reverse("contacts:contact_detail", args=[request.team.slug, contact_id])
    return f"{path}?{request.GET.urlencode()}" if request.GET else path
