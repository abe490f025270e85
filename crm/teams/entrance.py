"""How the pages of django-allauth answer here: an honest status, and a clean sign-out."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from crm.teams.adapter import RATE_LIMITED, THROTTLED

View = Callable[..., HttpResponse]


def honest(view: View) -> View:
    """Answer an invalid form with 422, and a refused further attempt with 429."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method == "POST" and response.status_code == 200:
            context = getattr(response, "context_data", None) or {}
            response.status_code = _status(context.get("form"))
        return response

    return answer


def _status(form: Any) -> int:
    if form is None or not form.errors:
        return 200
    codes = {e.code for errors in form.errors.as_data().values() for e in errors}
    return 429 if codes & {THROTTLED, RATE_LIMITED} else 422


def forgetful(view: View) -> View:
    """Tell the browser to forget every page and all storage of this site (security.md B6)."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method == "POST":
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response

    return answer
