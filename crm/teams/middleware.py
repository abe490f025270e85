"""The end of idle sessions, the person's own time zone, and the door into a team."""

import time
from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from crm.teams import places, queries
from crm.tenancy.scope import enter_team, team_scope
from crm.tenancy.views import TeamRequest

# The cookie that remembers in which team this browser was last; it grants nothing.
LAST_TEAM_COOKIE = "team"
LAST_TEAM_AGE = 365 * 24 * 3600

IDLE_SECONDS = 12 * 3600
# A visit is noted this often, so that not every request writes the session.
NOTE_SECONDS = 10 * 60


class SessionAgeMiddleware:
    """Sign out after 12 idle hours, and 7 days after signing in (security.md E4)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._check(request)
        return self.get_response(request)

    def _check(self, request: HttpRequest) -> None:
        now, session = int(time.time()), request.session
        began, seen = session.get("began", now), session.get("seen", now)
        if now - seen > IDLE_SECONDS or now - began > settings.SESSION_COOKIE_AGE:
            logout(request)
        elif "seen" not in session or now - seen > NOTE_SECONDS:
            session["began"], session["seen"] = began, now


class PreferencesMiddleware:
    """Show times in the person's own zone (product.md Q4)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = (
            places.zone(request.user.time_zone)
            if request.user.is_authenticated
            else None
        )
        with timezone.override(zone):
            return self.get_response(request)


class TeamMiddleware:
    """Resolve /t/<team_slug>/ to a membership and run the request inside that team."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # An empty scope first: a scope left open by a caller could hide a missing one.
        with team_scope(None):
            response = self.get_response(request)
        # No page of a person may stay in a cache of the browser or on the way (security.md B6).
        response.headers.setdefault("Cache-Control", "private, no-store")
        _remember_team(request, response)
        return response

    def process_view(
        self, request: TeamRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        slug = kwargs.pop("team_slug", None)
        if slug is None:
            return None
        if not hasattr(view, "team_permission"):
            raise ImproperlyConfigured(
                f"{view.__module__}.{view.__name__} names no team permission."
            )
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        # All of them, because the page's frame offers to switch.
        request.memberships = queries.take_memberships(request.user)
        member = next((m for m in request.memberships if m.team.slug == slug), None)
        # A stranger gets the same answer as for a team that does not exist.
        if member is None:
            raise Http404
        request.member, request.team = member, member.team
        enter_team(member.team_id)
        if not request.user.time_zone:
            # Ends with the override of PreferencesMiddleware.
            timezone.activate(places.zone(member.team.time_zone) or UTC)
        return None


def _remember_team(request: HttpRequest, response: HttpResponse) -> None:
    team = getattr(request, "team", None)
    if team is None or request.COOKIES.get(LAST_TEAM_COOKIE) == str(team.pk):
        return
    response.set_cookie(
        LAST_TEAM_COOKIE,
        str(team.pk),
        max_age=LAST_TEAM_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
