"""Flagging values of a contact as inaccurate, and the review of what is flagged (product.md C13)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.forms.flags import FlagForm
from contacts.models import Contact, ContactFlag
from contacts.panels.after_edit import page_url
from contacts.panels.history import undo_last
from contacts.panels.page import visit_contact
from contacts.queries.fields import label_of
from contacts.queries.flags import (
    Value,
    kinds_to_filter,
    review_page,
    values_of,
)
from contacts.queries.profile import find_profile
from contacts.services import flags
from crm.conflicts import RecordDeleted, Refused
from crm.htmx import render_page, toast
from crm.tenancy.views import TeamRequest, team_action, team_form, team_page
from layouts.kinds.base import CUSTOM_KEY
from layouts.queries import custom_fields
from layouts.registry import Visit


@team_form("contacts.edit")
def contact_flag(request: TeamRequest, contact_id: int) -> HttpResponse:
    visit = _visit(request, contact_id)
    values = _unflagged(visit)
    data = request.POST if request.method == "POST" else None
    chosen = request.GET.get("key", "")
    form = FlagForm(data, values=values, chosen=chosen, by=request.member)
    if number := _flag(request, visit.record, form):
        text = ngettext("%s value was flagged", "%s values were flagged", number)
        toast(request, text % number)
        return redirect(page_url(visit))
    context = {"contact": visit.record, "form": form, "page_url": page_url(visit)}
    return render_page(
        request,
        "contacts/contact_flag.html",
        context,
        partials={"modal", "flag-form"},
        status=422 if form.is_bound else 200,
    )


@team_action("contacts.edit")
def contact_unflag(request: TeamRequest, contact_id: int, key: str) -> HttpResponse:
    visit = _visit(request, contact_id)
    try:
        flag = flags.unflag(
            contact_id=contact_id, key=key, by=request.member, at=timezone.now()
        )
    except (flags.AlreadyDecided, RecordDeleted):
        toast(request, _("This is not flagged any more"), level=messages.INFO)
    else:
        toast(request, _("The flag was removed"), undo=_reopen_url(request, flag))
    return redirect(page_url(visit))


@team_page("flags.review")
def flag_list(request: TeamRequest) -> HttpResponse:
    return _flag_list(request)


@team_action("flags.review")
def flag_accept(request: TeamRequest, flag_id: int) -> HttpResponse:
    flag = get_object_or_404(ContactFlag, pk=flag_id)
    if problem := _decide(request, flag, flags.accept_flag):
        return _flag_list(request, flag=flag, problem=problem)
    text = _("The suggested value was accepted")
    toast(request, text, undo=undo_last(request.team.slug))
    return redirect("contacts:flag_list", request.team.slug)


@team_action("flags.review")
def flag_dismiss(request: TeamRequest, flag_id: int) -> HttpResponse:
    flag = get_object_or_404(ContactFlag, pk=flag_id)
    if problem := _decide(request, flag, flags.dismiss_flag):
        return _flag_list(request, flag=flag, problem=problem)
    toast(request, _("The flag was dismissed"), undo=_reopen_url(request, flag))
    return redirect("contacts:flag_list", request.team.slug)


@team_action("contacts.edit")
def flag_reopen(request: TeamRequest, flag_id: int) -> HttpResponse:
    flag = get_object_or_404(ContactFlag, pk=flag_id)
    if problem := _decide(request, flag, flags.reopen_flag):
        toast(request, problem, level=messages.ERROR)
    else:
        toast(request, _("The value is flagged again"))
    if request.member.can("flags.review"):
        return redirect("contacts:flag_list", request.team.slug)
    return redirect("contacts:contact_detail", request.team.slug, flag.contact_id)


def _visit(request: TeamRequest, contact_id: int) -> Visit:
    profile = find_profile(contact_id)
    if profile is None:
        raise Http404
    return visit_contact(
        profile,
        member=request.member,
        params=request.GET,
        at=timezone.now(),
        tab=request.GET.get("tab", ""),
    )


def _unflagged(visit: Visit) -> list[tuple[Value, str]]:
    """Return what can be flagged yet, with labels."""
    names = {f"{CUSTOM_KEY}{field.pk}": field.name for field in custom_fields()}
    return [
        (value, names.get(value.key) or label_of(value.key))
        for value in values_of(visit.record).values()
        if value.key not in visit.profile.flags
    ]


def _flag(request: TeamRequest, contact: Contact, form: FlagForm) -> int:
    """Flag what a valid form says; return how many values, 0 with the reasons in the form."""
    if not form.is_valid():
        return 0
    try:
        flagged = flags.flag_contact(
            contact_id=contact.pk,
            suggestions=form.suggestions,
            reason=form.cleaned_data["reason"],
            text=form.cleaned_data["text"],
            by=request.member,
            at=timezone.now(),
        )
    except RecordDeleted:
        form.refuse("", _("This contact was deleted."))
    except Refused as refused:
        form.refuse(refused.key, str(refused))
    else:
        return len(flagged)
    return 0


def _decide(
    request: TeamRequest, flag: ContactFlag, decide: Callable[..., ContactFlag]
) -> str:
    """Decide about a flag; return why it could not be decided, "" where it was."""
    try:
        decide(flag_id=flag.pk, by=request.member, at=timezone.now())
    except flags.AlreadyDecided:
        return _("Somebody decided this, or changed the value, meanwhile.")
    except RecordDeleted:
        return _("This contact was deleted.")
    except Refused as refused:
        return str(refused)
    return ""


def _reopen_url(request: TeamRequest, flag: ContactFlag) -> str:
    return reverse("contacts:flag_reopen", args=[request.team.slug, flag.pk])


def _flag_list(
    request: TeamRequest, *, flag: ContactFlag | None = None, problem: str = ""
) -> HttpResponse:
    reason, kind = request.GET.get("reason", ""), request.GET.get("field", "")
    kinds = kinds_to_filter()
    reason = reason if reason in ContactFlag.Reason.values else ""
    kind = kind if kind in dict(kinds) else ""
    page = review_page(reason=reason, kind=kind, cursor=request.GET.get("cursor", ""))
    said = {"reason": reason, "field": kind}

    def url(cursor: str) -> str:
        pairs = {**said, "cursor": cursor}
        return "?" + urlencode({k: v for k, v in pairs.items() if v}) if cursor else ""

    context: dict[str, Any] = {
        "section": "settings",
        "settings_section": "flags",
        "rows": page.rows,
        "reasons": ContactFlag.Reason.choices,
        "kinds": kinds,
        "reason": reason,
        "kind": kind,
        "is_filtered": bool(reason or kind),
        "previous": url(page.previous),
        "next": url(page.next),
        "problem": problem,
        "problem_contact": flag.contact if flag else None,
    }
    status = 422 if problem else 200
    return render_page(request, "contacts/flag_list.html", context, status=status)
