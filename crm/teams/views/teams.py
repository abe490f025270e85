"""A team's own pages: the way in, its settings, its roles."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from crm import navigation
from crm.htmx import render_page, toast
from crm.teams import services
from crm.teams.forms import TeamForm
from crm.teams.models import Team
from crm.teams.roles import PERMISSION_TABLE, PERMISSIONS, Role
from crm.tenancy.views import TeamRequest, team_form, team_page


@team_page("team.view")
def team_home(request: TeamRequest) -> HttpResponse:
    return redirect(navigation.for_member(request.member)[0]["url"])


@team_page("team.view")
def role_list(request: TeamRequest) -> HttpResponse:
    rows = [
        {"label": label, "granted": [name in PERMISSIONS[role] for role in Role]}
        for name, (label, _lowest) in PERMISSION_TABLE.items()
    ]
    context = {
        "rows": rows,
        "roles": list(Role),
        "section": "settings",
        "settings_section": "roles",
    }
    return render_page(request, "teams/role_list.html", context)


@team_form("team.manage")
def team_settings(request: TeamRequest) -> HttpResponse:
    # A copy, because the form writes into it what was typed, also when it is refused.
    form = TeamForm(request.POST or None, instance=Team.objects.get(pk=request.team.pk))
    if form.is_valid():
        services.update_team(request.team, **form.cleaned_data)
        toast(request, _("The team was saved"))
        return redirect("teams:team_settings", request.team.slug)
    context = {"form": form, "section": "settings", "settings_section": "team"}
    status = 422 if form.is_bound else 200
    return render_page(request, "teams/team_settings.html", context, status=status)
