"""Handing what a former member owns over to another member (product.md C12)."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from contacts.queries.estates import estate_of
from contacts.services import estates
from crm.conflicts import Refused
from crm.htmx import render_page, toast
from crm.teams.models import Membership
from crm.tenancy.views import TeamRequest, team_form
from layouts.fields import owner_choices


@team_form("members.manage")
def member_records(request: TeamRequest, member_id: int) -> HttpResponse:
    members = Membership.objects.select_related("user").exclude(removed_at=None)
    member: Membership = get_object_or_404(members, pk=member_id)
    heir, problem = request.POST.get("heir", ""), ""
    if request.method == "POST":
        is_id = heir.isascii() and heir.isdigit() and len(heir) <= 18
        heir_id = int(heir) if is_id else 0
        try:
            job = estates.hand_over(member=member, heir_id=heir_id, by=request.member)
        except Refused as refused:
            problem = str(refused)
        else:
            toast(request, _("The records are handed over"))
            return redirect("jobs:job_detail", request.team.slug, job.pk)
    context = {
        "former": member,
        "estate": estate_of(member),
        "heirs": owner_choices(request.member),
        "problem": problem,
        "section": "settings",
        "settings_section": "members",
    }
    status = 422 if problem else 200
    return render_page(request, "contacts/member_records.html", context, status=status)
