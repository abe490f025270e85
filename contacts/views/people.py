"""The list of people, and saving people of the directory."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.queries import people
from contacts.queries.facets import find_choices, read_columns, read_family
from contacts.queries.filters import Family, Now, family
from contacts.queries.people_state import parse_state
from contacts.services import saving
from contacts.views.people_context import family_address, people_context
from crm.htmx import fragment_wanted, render_page, show_address, toast
from crm.phones import format_phone
from crm.tenancy.views import TeamRequest, team_action, team_page

TEMPLATE = "contacts/people_list.html"
MAX_SAVED_AT_ONCE = 200


@team_page("contacts.view")
def people_list(request: TeamRequest) -> HttpResponse:
    if fragment_wanted(request, {"people-count"}):
        matching = people.count_people(request.GET, now=_now(request))
        return render_page(
            request, TEMPLATE, {"matching": matching}, partials={"people-count"}
        )
    page = people.read_people(request.GET, now=_now(request), format_phone=format_phone)
    context = people_context(page, request)
    response = render_page(request, TEMPLATE, context, partials={"people-results"})
    show_address(request, response, context["address"], replacing="people-q")
    return response


@team_page("contacts.view")
def filter_options(request: TeamRequest, key: str) -> HttpResponse:
    if found := family(key):
        return _family_options(request, found)
    facet = find_choices(key, request.GET)
    if facet is None:
        raise Http404
    return render_page(request, "contacts/filter_options.html", {"facet": facet})


def _family_options(request: TeamRequest, found: Family) -> HttpResponse:
    """Answer with what a family offers for a typed text, as filters or as columns."""
    context: dict[str, Any]
    if "columns" in request.GET:
        shown = parse_state(QueryDict(request.GET.get("state", ""))).shown
        facet, ticked = read_columns(found, request.GET, shown=shown)
        context = {"facet": facet, "ticked": ticked, "for_columns": True}
    else:
        facet = read_family(found, request.GET, is_asked=True)
        context = {"facet": facet, "address": family_address(request)}
    return render_page(request, "contacts/_filter_family.html", context)


@team_action("contacts.edit")
def people_save(request: TeamRequest) -> HttpResponse:
    state = QueryDict(request.POST.get("state", ""))
    ids = _chosen(request.POST)
    result = saving.save_people(person_ids=ids, by=request.member, at=timezone.now())
    _say(request, result)
    if len(ids) == 1 and result.already:
        return redirect(
            "contacts:contact_detail", request.team.slug, *result.already.values()
        )
    if not request.htmx:
        return redirect(_list_url(request, state))
    page = people.read_people(
        state,
        now=_now(request),
        format_phone=format_phone,
        just_saved=result.contact_of,
    )
    context = people_context(page, request)
    return render_page(request, TEMPLATE, context, partials={"people-rows"})


def _now(request: TeamRequest) -> Now:
    return Now(member=request.member, at=timezone.now())


def _chosen(posted: QueryDict) -> list[int]:
    """Return the persons of the pressed row, or else of the selection."""
    values = posted.getlist("only") or posted.getlist("person")
    ids = dict.fromkeys(
        int(v) for v in values if v.isascii() and v.isdecimal() and len(v) < 19
    )
    return list(ids)[:MAX_SAVED_AT_ONCE]


def _list_url(request: TeamRequest, state: QueryDict) -> str:
    url = reverse("contacts:people_list", kwargs={"team_slug": request.team.slug})
    return urlsplit(url)._replace(query=state.urlencode()).geturl()


def _say(request: TeamRequest, result: saving.Saved) -> None:
    """Tell what was saved and what was not, in one message."""
    parts: list[Any] = []
    if number := len(result.contact_of) - len(result.already):
        parts.append(
            ngettext("%(n)s person saved", "%(n)s people saved", number) % {"n": number}
        )
    if number := len(result.restored):
        parts.append(
            ngettext(
                "%(n)s restored from the bin", "%(n)s restored from the bin", number
            )
            % {"n": number}
        )
    if number := len(result.already):
        parts.append(
            ngettext("%(n)s was already saved", "%(n)s were already saved", number)
            % {"n": number}
        )
    if number := len(result.refused):
        parts.append(_("%(n)s could not be restored from the bin") % {"n": number})
    if number := len(result.forgotten):
        text = ngettext(
            "%(n)s asked to be forgotten and was not saved",
            "%(n)s asked to be forgotten and were not saved",
            number,
        )
        parts.append(text % {"n": number})
    for email, name in list(result.taken_emails.items())[:3]:
        parts.append(
            _("%(email)s of %(name)s belongs to another contact and was left out")
            % {"email": email, "name": name}
        )
    level = messages.SUCCESS if parts else messages.ERROR
    toast(request, ". ".join(parts) or _("Nobody was selected"), level=level)
