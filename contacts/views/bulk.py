"""Selecting people, and what is done with a selection (product.md P7, P8)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from contacts import bulk_actions
from contacts.bulk_actions import BulkAction
from contacts.models import Selection
from contacts.queries import selecting
from contacts.queries.filters import Now
from contacts.queries.selecting import LIMIT
from contacts.services import selections
from contacts.services.bulk import running
from contacts.services.undoing import undo_url
from crm.conflicts import Refused
from crm.htmx import render_page, toast
from crm.jobs.models import Job
from crm.tenancy.views import TeamRequest, team_action, team_form, team_page

ACTION = "contacts/bulk_action.html"
MAX_CHOSEN = 1000
# Why a list that shows both kinds has nobody for an action.
_OTHERS = {
    Selection.Of.CONTACTS: _lazy("Nobody of them is a contact yet. Save them first."),
    Selection.Of.PEOPLE: _lazy("All of them are saved already."),
}
PARAMETERS = {Selection.Of.CONTACTS: "contact", Selection.Of.PEOPLE: "person"}


@team_page("contacts.view")
def people_number(request: TeamRequest) -> HttpResponse:
    now = Now(member=request.member, at=timezone.now())
    found = selecting.matching(request.GET.urlencode(), now)
    number = None if found.problems else selecting.number_matching(found)
    context = {"number": number, "is_too_many": (number or 0) > LIMIT}
    return render_page(request, "contacts/people_number.html", context)


@team_action("contacts.edit")
def people_select(request: TeamRequest, key: str) -> HttpResponse:
    action = _action(request, key)
    try:
        selection = _freeze(request, action)
    except selections.CannotSelect as problem:
        return _not_selected(request, action, problem)
    slug = request.team.slug
    if action.leads_to:
        return redirect(action.leads_to(slug, selection.pk))
    if not request.htmx:
        return redirect("contacts:bulk_action", slug, selection.pk, key)
    form = action.form(
        action=action, selection=selection, member=request.member, params={}
    )
    return _ask(request, action, selection, form)


@team_form("contacts.edit")
def bulk_action(request: TeamRequest, selection_id: int, key: str) -> HttpResponse:
    action = _action(request, key)
    selection = get_object_or_404(Selection, pk=selection_id, of=action.of)
    if action.leads_to:
        return redirect(action.leads_to(request.team.slug, selection.pk))
    # A form that asks in two steps is shown again with what was chosen in the first.
    is_sent = request.method == "POST" and "choose" not in request.POST
    form = action.form(
        request.POST if is_sent else None,
        action=action,
        selection=selection,
        member=request.member,
        params={**request.GET.dict(), **request.POST.dict()},
    )
    job = _take(request, action, selection, form) if form.is_valid() else None
    return _after(request, job) if job else _ask(request, action, selection, form)


def _take(
    request: TeamRequest, action: BulkAction, selection: Selection, form: Any
) -> Job | None:
    values, by = form.values(), request.member
    try:
        return running.take_action(
            action=action, selection=selection, values=values, by=by
        )
    except Refused as refused:
        form.show_refusal(refused)
        return None


def _action(request: TeamRequest, key: str) -> BulkAction:
    action = bulk_actions.get(key)
    if action is None:
        raise Http404
    if not request.member.can(action.permission):
        raise PermissionDenied
    return action


def _freeze(request: TeamRequest, action: BulkAction) -> Selection:
    posted, state = request.POST, _state(request)
    who: dict[str, Any] = {"by": request.member, "at": timezone.now()}
    if posted.get("all"):
        number = _integer(posted.get("number", ""))
        _require_fit(action, number)
        return selections.freeze_all(of=action.of, state=state, confirmed=number, **who)
    values = posted.getlist(PARAMETERS[Selection.Of(action.of)])[:MAX_CHOSEN]
    ids = [pk for value in values if (pk := _integer(value)) is not None]
    if not ids and any(posted.getlist(name) for name in PARAMETERS.values()):
        raise selections.CannotSelect(_OTHERS[Selection.Of(action.of)])
    _require_fit(action, len(ids) or None)
    return selections.freeze_chosen(of=action.of, ids=ids, state=state, **who)


def _require_fit(action: BulkAction, number: int | None) -> None:
    """Raise CannotSelect for a number that the action refuses: the rows stay chosen in the list."""
    if number is not None and (reason := action.refuses(number)):
        raise selections.CannotSelect(reason)


def _state(request: TeamRequest) -> str:
    """Return the query string of the list, written as we would."""
    state = QueryDict(request.POST.get("state", "").replace("\x00", ""))
    return state.urlencode()


def _integer(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) < 19
    return int(text) if is_number else None


def _not_selected(
    request: TeamRequest, action: BulkAction, problem: selections.CannotSelect
) -> HttpResponse:
    """Say why nothing was frozen, and what number it would be by now."""
    number = getattr(problem, "number", None)
    state = _state(request)
    context = {
        "action": action,
        "problem": problem,
        "number": number,
        "sent": request.POST.get("number", ""),
        "state": state,
        "page_url": running.list_url(request.team.slug, state),
    }
    return render_page(
        request,
        "contacts/people_select.html",
        context,
        partials={"modal"},
        status=200 if request.htmx else 422,
    )


def _ask(
    request: TeamRequest, action: BulkAction, selection: Selection, form: Any
) -> HttpResponse:
    context = {
        "action": action,
        "selection": selection,
        "form": form,
        "heading": action.heading(selection.total),
        "warning": action.warning(selection),
        "page_url": running.list_url(request.team.slug, selection.state),
        "is_in_background": selection.total > running.AT_ONCE,
    }
    return render_page(
        request,
        ACTION,
        context,
        partials={"modal", "bulk-form"},
        status=422 if form.errors else 200,
    )


def _after(request: TeamRequest, job: Job) -> HttpResponse:
    """Lead back to the list where everything was done, else to what was not and why."""
    slug = request.team.slug
    if not job.is_finished or job.is_failed or job.counts.get("done", 0) < job.done:
        return redirect("jobs:job_detail", slug, job.pk)
    number = number_format(job.done, force_grouping=True)
    text = _("%(title)s: %(number)s done") % {"title": job.title, "number": number}
    toast(request, text, undo=undo_url(slug, job))
    return redirect(running.list_url(slug, job.parameters["state"]))
