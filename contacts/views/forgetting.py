"""Forget this person, and whom the team has forgotten (product.md D4)."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.forms.forgetting import ForgetForm
from contacts.models import Contact, Erasure
from contacts.panels.leaving import what_ends
from contacts.queries.forgotten import read_forgotten
from contacts.services import forgetting
from contacts.services.blocking import digests_of_address
from crm.htmx import render_page, toast
from crm.tenancy.views import TeamRequest, team_action, team_form, team_page


@team_form("contacts.forget")
def contact_forget(request: TeamRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id)
    form = ForgetForm(request.POST or None, contact=contact)
    if form.is_valid():
        try:
            forgetting.forget_contact(
                contact_id=contact.pk, by=request.member, at=timezone.now()
            )
        except Contact.DoesNotExist:
            raise Http404 from None  # a colleague was faster
        toast(request, _("The person was forgotten"))
        return redirect("contacts:people_list", request.team.slug)
    context = {
        "section": "people",
        "contact": contact,
        "form": form,
        "ends": what_ends(contact),
    }
    status = 422 if form.is_bound else 200
    return render_page(request, "contacts/contact_forget.html", context, status=status)


@team_page("contacts.forget")
def forgotten_list(request: TeamRequest) -> HttpResponse:
    typed = request.GET.get("q", "").replace("\x00", "").strip()[:500]
    digests = digests_of_address(typed) if typed else None
    page = read_forgotten(digests=digests, cursor=request.GET.get("cursor", ""))
    path = reverse("contacts:forgotten_list", args=[request.team.slug])
    context = {
        "section": "settings",
        "settings_section": "deleted",
        "page": page,
        "typed": typed,
        "previous": page.previous and f"{path}?{urlencode({'cursor': page.previous})}",
        "next": page.next and f"{path}?{urlencode({'cursor': page.next})}",
    }
    return render_page(request, "contacts/forgotten_list.html", context)


@team_action("contacts.forget")
def erasure_lift(request: TeamRequest, erasure_id: int) -> HttpResponse:
    erasure = get_object_or_404(Erasure, pk=erasure_id)
    forgetting.lift_erasure(erasure_id=erasure.pk, by=request.member, at=timezone.now())
    undo = reverse("contacts:erasure_renew", args=[request.team.slug, erasure.pk])
    toast(request, _("The block was lifted"), undo=undo)
    return redirect("contacts:forgotten_list", request.team.slug)


@team_action("contacts.forget")
def erasure_renew(request: TeamRequest, erasure_id: int) -> HttpResponse:
    erasure = get_object_or_404(Erasure, pk=erasure_id)
    forgetting.renew_erasure(
        erasure_id=erasure.pk, by=request.member, at=timezone.now()
    )
    toast(request, _("The person is blocked again"))
    return redirect("contacts:forgotten_list", request.team.slug)
