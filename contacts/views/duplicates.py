"""The page of possible duplicates: searched for, merged, or told apart."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.forms.merging import MergeAllForm
from contacts.panels.duplicates import (
    AT_ONCE,
    duplicates_state,
    pair_url,
    preview_state,
)
from contacts.services.merging import at_once, duplicates, searching
from crm.htmx import fragment_wanted, render_page, toast
from crm.tenancy.views import TeamRequest, team_action, team_form, team_page

LIST = {"duplicates-body"}


@team_page("contacts.merge")
def duplicate_list(request: TeamRequest) -> HttpResponse:
    dismissed = request.GET.get("show") == "dismissed"
    return _pairs(request, dismissed=dismissed, cursor=request.GET.get("cursor", ""))


@team_action("contacts.merge")
def duplicate_search(request: TeamRequest) -> HttpResponse:
    searching.start_search(by=request.member)
    return redirect("contacts:duplicate_list", request.team.slug)


@team_form("contacts.merge")
def duplicate_merge_all(request: TeamRequest, kind: str) -> HttpResponse:
    """Show which pairs with the same address would be merged, and merge them."""
    if kind not in AT_ONCE:
        raise Http404
    form = MergeAllForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        up_to = form.cleaned_data["up_to"]
        job = at_once.start_merging(match=AT_ONCE[kind], up_to=up_to, by=request.member)
        return redirect("jobs:job_detail", request.team.slug, job.pk)
    context = preview_state(kind, member=request.member) | {"form": form}
    status = 422 if form.is_bound else 200
    return render_page(
        request, "contacts/duplicate_merge_all.html", context, status=status
    )


@team_action("contacts.merge")
def duplicate_dismiss(
    request: TeamRequest, contact_id: int, other_id: int
) -> HttpResponse:
    """Remember that the two are different people."""
    _decide(
        duplicates.dismiss_pair,
        one_id=contact_id,
        other_id=other_id,
        by=request.member,
        at=timezone.now(),
    )
    slug = request.team.slug
    undo = pair_url(slug, "duplicate_reopen", contact_id, other_id)
    toast(request, _("Remembered as two people"), undo=_back(request, undo))
    return _after(request, contact_id, dismissed=False)


@team_action("contacts.merge")
def duplicate_reopen(
    request: TeamRequest, contact_id: int, other_id: int
) -> HttpResponse:
    """Forget that somebody said the two are different people."""
    _decide(
        duplicates.reopen_pair,
        one_id=contact_id,
        other_id=other_id,
        by=request.member,
    )
    toast(request, _("These may be the same person again"))
    return _after(request, contact_id, dismissed=True)


def _decide(decision: Any, **values: Any) -> None:
    try:
        decision(**values)
    except duplicates.NoPair:
        raise Http404 from None


def _pairs(request: TeamRequest, *, dismissed: bool, cursor: str) -> HttpResponse:
    context = duplicates_state(
        slug=request.team.slug, dismissed=dismissed, cursor=cursor
    ) | {"fragment": bool(request.htmx)}
    return render_page(request, "contacts/duplicate_list.html", context, partials=LIST)


def _after(request: TeamRequest, contact_id: int, *, dismissed: bool) -> HttpResponse:
    """Show the list as it is now, where it was; without scripts the page the button stood on."""
    if fragment_wanted(request, LIST):
        cursor = request.POST.get("cursor", "")
        return _pairs(request, dismissed=dismissed, cursor=cursor)
    return redirect(_next(request, contact_id))


def _back(request: TeamRequest, url: str) -> str:
    return f"{url}?next=contact" if _is_from_contact(request) else url


def _is_from_contact(request: TeamRequest) -> bool:
    return "contact" in (request.POST.get("next"), request.GET.get("next"))


def _next(request: TeamRequest, contact_id: int) -> str:
    """Return the page that the button stood on: the contact's, or that of all duplicates."""
    slug = request.team.slug
    if _is_from_contact(request):
        return reverse("contacts:contact_detail", args=[slug, contact_id])
    return reverse("contacts:duplicate_list", args=[slug])
