"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from crm import navigation
from crm.teams import queries
from crm.teams.middleware import LAST_TEAM_COOKIE
from crm.teams.models import Membership, User
from crm.tenancy.views import TeamRequest


def shell(request: TeamRequest) -> dict[str, Any]:
    """Return the navigation, the person's teams and the one that is open.

    On a page outside a team (a person's own settings) the team is the one they were in last; it
    is looked up when the page shows it, in one query.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {
            "member": None,
            "team": None,
            "nav_items": [],
            "nav_shelves": [],
            "settings_items": [],
            "memberships": [],
        }
    return {"may_create_team": settings.SIGN_UP_IS_OPEN, **_teams(request, user)}


def _teams(request: TeamRequest, user: User) -> dict[str, Any]:
    member = getattr(request, "member", None)
    if member is not None:
        return {
            "member": member,
            "team": request.team,
            "nav_items": navigation.for_member(member),
            "nav_shelves": SimpleLazyObject(lambda: navigation.shelves_for(member)),
            "settings_items": SimpleLazyObject(lambda: navigation.settings_for(member)),
            "memberships": request.memberships,
        }
    memberships = SimpleLazyObject(lambda: queries.memberships_of(user))
    last = SimpleLazyObject(lambda: _last(request, memberships))
    return {
        "member": last,
        "team": SimpleLazyObject(lambda: last.team if last else None),
        "nav_items": SimpleLazyObject(
            lambda: navigation.for_member(last) if last else []
        ),
        "settings_items": SimpleLazyObject(
            lambda: navigation.settings_for(last) if last else []
        ),
        # Outside a team there is no scope to read them in.
        "nav_shelves": [],
        "memberships": memberships,
        "section": "settings",
    }


def _last(request: HttpRequest, memberships: Any) -> Membership | None:
    last = request.COOKIES.get(LAST_TEAM_COOKIE)
    named = [member for member in memberships if str(member.team_id) == last]
    return next(iter(named or memberships), None)
