"""Links to a contact that was merged lead to the one it became part of (product.md C14)."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from contacts.queries.profile import ContactMerged
from crm.tenancy.views import TeamRequest


class MergedContactMiddleware:
    """Answer with the same page of the surviving contact where a view finds a merged one."""

    def __init__(self, get_response: Callable[[TeamRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: TeamRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(
        self, request: TeamRequest, exception: Exception
    ) -> HttpResponse | None:
        match = request.resolver_match
        if not isinstance(exception, ContactMerged) or match is None:
            return None
        kwargs = {**match.kwargs, "contact_id": exception.survivor_id}
        kwargs["team_slug"] = request.team.slug
        path = reverse(match.view_name, kwargs=kwargs)
        query = request.GET.urlencode()
        return redirect(f"{path}?{query}" if query else path)
