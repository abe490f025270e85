"""Deleting a contact, and taking that back."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.panels.history import undo_last
from contacts.panels.leaving import deletion_question, wanted
from contacts.panels.page import list_query
from contacts.services import deletion
from crm.htmx import render_page, toast
from crm.tenancy.views import TeamRequest, team_action, team_form


@team_form("contacts.delete_own")
def contact_delete(request: TeamRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id)
    if request.method == "POST":
        return _delete(request, contact)
    allowed = Contact.objects.filter(pk=contact_id).deletable_by(request.member)
    if not allowed.exists():
        raise PermissionDenied
    context = {
        "contact": contact,
        "question": deletion_question(contact),
        "page_url": _page_url(request, contact),
        "action": request.get_full_path(),
        "can_forget": request.member.can("contacts.forget"),
    }
    return render_page(
        request, "contacts/contact_delete.html", context, partials={"modal"}
    )


@team_action("contacts.delete_own")
def contact_restore(request: TeamRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id)
    try:
        done = deletion.restore_contacts(
            contact_ids=[contact_id],
            by=request.member,
            at=timezone.now(),
            put_back=wanted(request.POST),
        )
    except deletion.NotAllowed:
        raise PermissionDenied from None
    if reason := done.refused.get(contact_id):
        text = _("%(name)s was not restored. %(reason)s")
        toast(
            request,
            text % {"name": contact.name, "reason": reason},
            level=messages.ERROR,
        )
    elif done.restored:
        text = _("%s was restored") % contact.name
        toast(request, text, undo=undo_last(request.team.slug))
    return redirect(_page_url(request, contact))


def _delete(request: TeamRequest, contact: Contact) -> HttpResponse:
    try:
        deletion.delete_contacts(
            contact_ids=[contact.pk], by=request.member, at=timezone.now()
        )
    except deletion.NotAllowed:
        raise PermissionDenied from None
    slug = request.team.slug
    undo = reverse("contacts:contact_restore", args=[slug, contact.pk])
    toast(request, _("%s was deleted") % contact.name, undo=undo)
    path = reverse("contacts:people_list", args=[slug])
    query = list_query(request.GET)
    return redirect(f"{path}?{query}" if query else path)


def _page_url(request: TeamRequest, contact: Contact) -> str:
    path = reverse("contacts:contact_detail", args=[request.team.slug, contact.pk])
    query = list_query(request.GET)
    return f"{path}?{query}" if query else path
