"""What a person does outside any team: arrive, choose or create a team, set themselves up."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from crm import navigation
from crm.htmx import render_page, toast
from crm.teams import queries, services
from crm.teams.forms import PreferencesForm, TeamForm, UserForm
from crm.teams.middleware import LAST_TEAM_COOKIE
from crm.teams.models import Membership, User
from crm.teams.places import likely_country


class PersonRequest(HttpRequest):
    """A request behind `login_required`."""

    user: User


@require_safe
@login_required
def home(request: PersonRequest) -> HttpResponse:
    """Lead to the team that was open last, or to where one is chosen or created."""
    memberships = queries.memberships_of(request.user)
    if not memberships and settings.SIGN_UP_IS_OPEN:
        return redirect("teams:team_create")
    last = request.COOKIES.get(LAST_TEAM_COOKIE)
    chosen = [m for m in memberships if str(m.team_id) == last] or memberships
    if len(chosen) != 1:
        return redirect("teams:team_list")
    return redirect(navigation.for_member(chosen[0])[0]["url"])


@require_safe
@login_required
def team_list(request: PersonRequest) -> HttpResponse:
    return render_page(request, "teams/team_list.html")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def team_create(request: PersonRequest) -> HttpResponse:
    if not settings.SIGN_UP_IS_OPEN:
        raise Http404
    initial = {
        "country": likely_country(request.headers.get("Accept-Language", "")),
        "time_zone": request.user.time_zone or "UTC",
    }
    form = TeamForm(request.POST or None, initial=initial)
    if form.is_valid() and (member := _create_team(request, form)):
        return redirect("teams:team_home", member.team.slug)
    status = 422 if form.is_bound else 200
    return render_page(request, "teams/team_form.html", {"form": form}, status=status)


def _create_team(request: PersonRequest, form: TeamForm) -> Membership | None:
    try:
        return services.create_team(**form.cleaned_data, owner=request.user)
    except services.Refused as refused:
        form.add_error(None, str(refused))
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def user_settings(request: PersonRequest) -> HttpResponse:
    form = UserForm(request.POST or None, instance=request.user)
    if form.is_valid():
        services.update_user(request.user, **form.cleaned_data)
        toast(request, _("Your settings were saved"))
        return redirect("teams:user_settings")
    if form.is_bound:
        # The form wrote what was typed into the user that the page's frame shows.
        request.user.refresh_from_db()
    context = {"form": form, "settings_section": "user"}
    status = 422 if form.is_bound else 200
    return render_page(request, "teams/user_settings.html", context, status=status)


@require_POST
@login_required
def preferences(request: PersonRequest) -> HttpResponse:
    form = PreferencesForm(request.POST)
    if form.is_valid():
        services.set_preferences(request.user, **form.cleaned_data)
    else:
        toast(request, _("There is no such choice."), level=messages.ERROR)
    back = request.POST.get("next", "")
    # A path of this site; a URL with a host, also with ours, is nothing that a page of ours sends.
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect("teams:home")
    return HttpResponseRedirect(back)
