"""Who is in the team: members, their roles, and open invitations."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.htmx import render_page, toast
from crm.teams import leaving, queries, services
from crm.teams.confirming import recently_confirmed
from crm.teams.forms import InvitationForm, MemberRoleForm
from crm.teams.models import Invitation, Membership
from crm.teams.roles import grantable
from crm.tenancy.views import TeamRequest, team_action, team_form, team_page


@team_page("team.view")
def member_list(request: TeamRequest) -> HttpResponse:
    return _member_list(request)


@team_form("members.manage")
@recently_confirmed()
def invitation_create(request: TeamRequest) -> HttpResponse:
    form = InvitationForm(request.POST or None, by=request.member)
    sent = _invite(request, form) if form.is_valid() else None
    context = {
        "form": form,
        "sent": sent,
        "section": "settings",
        "settings_section": "members",
    }
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render_page(request, "teams/invitation_form.html", context, status=status)


@team_form("team.view")
def member_leave(request: TeamRequest) -> HttpResponse:
    problem = ""
    if request.method == "POST":
        try:
            services.remove_member(request.member, by=request.member, at=timezone.now())
        except services.Refused as refused:
            problem = str(refused)
        else:
            toast(request, _("You left %(team)s") % {"team": request.team})
            return redirect("teams:home")
    context = {"problem": problem, "section": "settings", "settings_section": "members"}
    status = 422 if problem else 200
    return render_page(request, "teams/member_leave.html", context, status=status)


@team_action("members.manage")
@recently_confirmed(back_to="teams:member_list")
def member_role(request: TeamRequest, member_id: int) -> HttpResponse:
    member = get_object_or_404(Membership.objects.active(), pk=member_id)
    form = MemberRoleForm(request.POST)
    if not form.is_valid():
        return _member_list(request, member, _("Choose a role from the list."))
    role = form.cleaned_data["role"]
    try:
        services.change_role(member, role=role, by=request.member, at=timezone.now())
    except services.Refused as refused:
        return _member_list(request, member, str(refused))
    toast(request, _("The role of %(name)s was changed") % {"name": member})
    return redirect("teams:member_list", request.team.slug)


@team_action("members.manage")
@recently_confirmed(back_to="teams:member_list")
def member_remove(request: TeamRequest, member_id: int) -> HttpResponse:
    member = get_object_or_404(Membership.objects.active(), pk=member_id)
    try:
        services.remove_member(member, by=request.member, at=timezone.now())
    except services.Refused as refused:
        return _member_list(request, member, str(refused))
    if member == request.member:
        return redirect("teams:home")
    undo = reverse("teams:member_restore", args=[request.team.slug, member.pk])
    toast(request, _("%(name)s was removed") % {"name": member}, undo=undo)
    if behind := leaving.next_page(member):
        return redirect(behind)
    return redirect("teams:member_list", request.team.slug)


@team_action("members.manage")
@recently_confirmed(back_to="teams:member_list")
def member_restore(request: TeamRequest, member_id: int) -> HttpResponse:
    member = get_object_or_404(Membership, pk=member_id)
    try:
        services.restore_member(member, by=request.member)
    except services.Refused as refused:
        return _member_list(request, member, str(refused))
    toast(request, _("%(name)s is a member again") % {"name": member})
    return redirect("teams:member_list", request.team.slug)


@team_action("members.manage")
def invitation_revoke(request: TeamRequest, invitation_id: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    try:
        services.revoke_invitation(invitation, by=request.member, at=timezone.now())
    except services.Refused as refused:
        return _member_list(request, problem=str(refused))
    toast(request, _("The invitation was revoked"))
    return redirect("teams:member_list", request.team.slug)


def _invite(
    request: TeamRequest, form: InvitationForm
) -> services.SentInvitation | None:
    try:
        return services.invite_member(
            **form.cleaned_data, by=request.member, at=timezone.now()
        )
    except services.Refused as refused:
        form.add_error("email", str(refused))
        return None


def _member_list(
    request: TeamRequest, member: Membership | None = None, problem: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {
        "page": queries.member_page(by=request.member, at=timezone.now()),
        "roles": grantable(request.member.role),
        "can_manage": request.member.can("members.manage"),
        "problem": problem,
        "problem_member": member,
        "section": "settings",
        "settings_section": "members",
    }
    status = 422 if problem else 200
    return render_page(request, "teams/member_list.html", context, status=status)
