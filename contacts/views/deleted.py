"""Settings, Deleted contacts: what lies in the bin, and taking it out again (product.md D3)."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts import departures
from contacts.models import Contact
from contacts.panels.history import undo_last
from contacts.panels.leaving import gone_at, wanted
from contacts.queries.deleted import SIZE, read_bin
from contacts.services import deletion
from crm.htmx import render_page, toast
from crm.tenancy.views import TeamRequest, team_action, team_page


@team_page("contacts.delete_own")
def deleted_list(request: TeamRequest) -> HttpResponse:
    return _deleted_list(request, request.GET)


@team_action("contacts.delete_own")
def deleted_restore(request: TeamRequest) -> HttpResponse:
    ids = _chosen(request.POST)
    try:
        done = deletion.restore_contacts(
            contact_ids=ids,
            by=request.member,
            at=timezone.now(),
            put_back=wanted(request.POST),
        )
    except deletion.NotAllowed:
        raise PermissionDenied from None
    number = len(done.restored)
    if number:
        text = ngettext("%s contact restored", "%s contacts restored", number)
        toast(request, text % number, undo=undo_last(request.team.slug))
    state = QueryDict(request.POST.get("state", ""))
    if not number or done.refused:
        return _deleted_list(request, state, done=done, chosen=ids)
    query = state.urlencode()
    path = reverse("contacts:deleted_list", args=[request.team.slug])
    return redirect(f"{path}?{query}" if query else path)


def _chosen(posted: QueryDict) -> list[int]:
    """Return the contacts of the pressed row, or else of the selection."""
    values = posted.getlist("only") or posted.getlist("contact")
    ids = [int(v) for v in values if v.isascii() and v.isdecimal() and len(v) < 19]
    return ids[:SIZE]


def _deleted_list(
    request: TeamRequest,
    state: QueryDict,
    *,
    done: deletion.Restoration | None = None,
    chosen: list[int] | None = None,
) -> HttpResponse:
    since = timezone.now() - timedelta(days=settings.DELETED_KEPT_DAYS)
    found = read_bin(state, member=request.member, since=since)
    kept = departures.what_is_kept([row.pk for row in found.page.rows])
    path = reverse("contacts:deleted_list", args=[request.team.slug])

    def url(cursor: str) -> str:
        pairs = {"q": found.text, "cursor": cursor}
        return f"{path}?{urlencode({k: v for k, v in pairs.items() if v})}"

    context = {
        "section": "settings",
        "settings_section": "deleted",
        "found": found,
        "rows": [
            {"contact": row, "kept": ", ".join(kept[row.pk]), "until": gone_at(row)}
            for row in found.page.rows
        ],
        "offers": [entry for entry in departures.registered() if entry.put_back],
        "days": settings.DELETED_KEPT_DAYS,
        "can_forget": request.member.can("contacts.forget"),
        "previous": found.page.previous and url(found.page.previous),
        "next": found.page.next and url(found.page.next),
        "state": urlencode({"q": found.text} if found.text else {}),
        **_outcome(done, chosen),
    }
    status = 422 if done else 200
    return render_page(request, "contacts/deleted_list.html", context, status=status)


def _outcome(
    done: deletion.Restoration | None, chosen: list[int] | None
) -> dict[str, Any]:
    """Return what was refused, with the contacts that are in the way."""
    if done is None:
        return {"problem": "", "refused": []}
    if not chosen:
        return {"problem": _("Choose the contacts to restore first."), "refused": []}
    if not done.refused:
        return {"problem": _("These contacts are not deleted any more."), "refused": []}
    names = Contact.objects.in_bulk([*done.refused, *done.holders.values()])
    refused = [
        {
            "name": names[pk].name,
            "reason": reason,
            "holder": names.get(done.holders.get(pk, 0)),
        }
        for pk, reason in done.refused.items()
    ]
    return {"problem": "", "refused": refused}
