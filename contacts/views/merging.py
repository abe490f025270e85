"""Merging contacts: choosing the other one, and both side by side."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.forms.merging import MergeForm, chosen_in, ids_in, survivor_in
from contacts.models import Contact, Selection
from contacts.panels.duplicates import merge_url, moves_text, why_not_merged
from contacts.queries.duplicates import find_others
from contacts.queries.merging import (
    MAX_CONTACTS,
    Review,
    contacts_to_merge,
    review,
    suggest_survivor,
)
from contacts.services.deletion import NotAllowed
from contacts.services.merging import merging
from crm.conflicts import Refused
from crm.htmx import render_page, toast
from crm.tenancy.views import TeamRequest, team_form, team_page


@team_page("contacts.merge")
def contact_merge(request: TeamRequest, contact_id: int) -> HttpResponse:
    """Choose the contact that is merged with this one."""
    contact = get_object_or_404(Contact.objects.saved(), pk=contact_id)
    search = request.GET.get("q", "").strip()
    slug = request.team.slug
    context = {
        "contact": contact,
        "search": search,
        "found": [
            {"contact": one, "note": note, "url": merge_url(slug, [contact.pk, one.pk])}
            for one, note in find_others(contact, search)
        ],
        "page_url": reverse("contacts:contact_detail", args=[slug, contact.pk]),
        "section": "people",
    }
    partials = {"modal", "merge-options"}
    return render_page(
        request, "contacts/contact_merge.html", context, partials=partials
    )


@team_page("contacts.merge")
def merge_selection(request: TeamRequest, selection_id: int) -> HttpResponse:
    """Lead from contacts that were ticked in the list to the page that shows them side by side."""
    contacts = Selection.objects.filter(of=Selection.Of.CONTACTS)
    selection: Selection = get_object_or_404(contacts, pk=selection_id)
    slug = request.team.slug
    reason = why_not_merged(selection.total)
    if not reason:
        return redirect(merge_url(slug, selection.first(MAX_CONTACTS)))
    toast(request, reason, level=messages.ERROR)
    people_url = reverse("contacts:people_list", args=[slug])
    return redirect(f"{people_url}?{selection.state}")


@team_form("contacts.merge")
def merge_review(request: TeamRequest, contact_id: int, other_id: int) -> HttpResponse:
    """Show contacts side by side, two or more, and make one of them."""
    contacts = contacts_to_merge([contact_id, other_id], more=ids_in(request.GET))
    if not any(contact.deleted_at is None for contact in contacts):
        raise Http404
    if len(contacts) == 1:
        toast(request, _("These are one contact already."))
        return redirect(contacts[0])
    keep = survivor_in(request.GET, contacts) or suggest_survivor(
        contacts, request.member
    )
    chosen = chosen_in(request.POST)
    found = review(contacts, keep=keep, chosen=chosen, member=request.member)
    problem = _merge(request, found) if request.method == "POST" else ""
    if problem is None:
        return redirect(keep)
    context = _context(request, found) | {"problem": problem}
    return render_page(
        request, "contacts/merge_review.html", context, status=422 if problem else 200
    )


def _merge(request: TeamRequest, found: Review) -> str | None:
    """Make one contact of those that are shown; return why not, None if it is done."""
    form = MergeForm(request.POST, review=found)
    if not form.is_valid():
        return _("Something on this page is not right any more. Look at it once more.")
    plan = merging.MergePlan(
        keep_id=found.keep.pk,
        absorbed_ids=[contact.pk for contact in found.absorbed],
        versions=form.versions(),
        choices=form.choices(),
        primary_email=form.cleaned_data["primary-email"],
        primary_phone=form.cleaned_data["primary-phone"],
    )
    try:
        done = merging.merge_contacts(plan=plan, by=request.member, at=timezone.now())
    except NotAllowed:
        raise PermissionDenied from None
    except merging.ChangedMeanwhile as changed:
        return _("Meanwhile somebody changed %s. This is how it is now.") % changed
    except merging.CannotMerge:
        return _("Meanwhile one of these contacts was deleted or merged.")
    except Refused as refused:
        return str(refused)
    names = ", ".join(contact.name for contact in found.absorbed)
    toast(
        request,
        _("%s was merged into this contact") % names,
        undo=reverse(
            "contacts:change_set_undo", args=[request.team.slug, done.change_set_id]
        ),
    )
    return None


def _context(request: TeamRequest, found: Review) -> dict[str, Any]:
    slug, ids = request.team.slug, [contact.pk for contact in found.contacts]
    return {
        "review": found,
        "moves": moves_text(found),
        "blocked_names": ", ".join(contact.name for contact in found.blocked),
        "columns": [
            {
                "contact": contact,
                "keep_url": merge_url(slug, ids, keep=contact.pk),
                "is_kept": contact == found.keep,
            }
            for contact in found.contacts
        ],
        "action": merge_url(slug, ids, keep=found.keep.pk),
        "page_url": reverse("contacts:contact_detail", args=[slug, found.keep.pk]),
        "section": "people",
    }
