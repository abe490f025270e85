"""The three decorators that guard a view under /t/<team_slug>/. Nothing else does."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

View = Callable[..., HttpResponse]


class TeamRequest(HttpRequest):
    """A request inside a team, as the team middleware hands it to a view."""

    team: Any
    member: Any
    memberships: Any
    htmx: Any


def _team_view(*methods: str) -> Callable[[str], Callable[[View], View]]:
    def needing(permission: str) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            @wraps(view)
            def guarded(
                request: TeamRequest, *args: Any, **kwargs: Any
            ) -> HttpResponse:
                if not request.member.can(permission):
                    raise PermissionDenied
                return view(request, *args, **kwargs)

            checked: Any = require_http_methods(list(methods))(guarded)
            checked.team_permission = permission
            checked.team_methods = methods
            return checked

        return decorate

    return needing


team_page = _team_view("GET", "HEAD")
team_form = _team_view("GET", "HEAD", "POST")
team_action = _team_view("POST", "DELETE")
