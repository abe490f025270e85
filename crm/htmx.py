"""Pages and their fragments, redirects and messages under htmx. The only module that reads or writes its headers."""

from collections.abc import Callable, Collection
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import patch_vary_headers
from django_htmx.http import (
    HttpResponseClientRedirect,
    push_url,
    replace_url,
    reswap,
    retarget,
    trigger_client_event,
)

from crm.tenancy.views import TeamRequest

UNDO_TAG = "undo:"


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    partials: Collection[str] = (),
    status: int = 200,
) -> TemplateResponse:
    """Render a page, or only the partial htmx is about to swap.

    A partial is named after the DOM id it renders, so htmx's own HX-Target header says which one
    is wanted. A template name that already names a partial ("page.html#part") is rendered as it is.
    """
    target = fragment_wanted(request, partials)
    name = f"{template}#{target}" if target else template
    response = TemplateResponse(request, name, context, status=status)
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response


def fragment_wanted(request: HttpRequest, partials: Collection[str]) -> str | None:
    """Return the name of the partial that htmx asks for, if it is one of `partials`.

    Lets a view leave out the queries of everything else on the page.
    """
    htmx = cast(TeamRequest, request).htmx
    if not htmx or htmx.history_restore_request or htmx.target not in partials:
        return None
    return htmx.target


def show_address(
    request: HttpRequest, response: HttpResponse, url: str, *, replacing: str = ""
) -> None:
    """Put the address of what a fragment shows into the browser's bar.

    A request by the element with the id `replacing` replaces the entry of the history: typing
    leaves no trail.
    """
    htmx = cast(TeamRequest, request).htmx
    if not htmx or htmx.history_restore_request:
        return
    if htmx.trigger == replacing:
        replace_url(response, url)
    else:
        push_url(response, url)


def render_question(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Ask something before a form is done with: in a dialog over the form, else as a page.

    The template has the dialog in a partial "modal".
    """
    if not cast(TeamRequest, request).htmx:
        return render_page(request, template, context, status=status)
    answer = render_page(request, f"{template}#modal", context, status=status)
    return reswap(retarget(answer, "#modal"), "innerHTML")


def toast(
    request: HttpRequest, text: str, *, undo: str = "", level: int = messages.SUCCESS
) -> None:
    """Tell the person what happened, on this page or the next; `undo` is a URL that takes it back by POST."""
    messages.add_message(
        request, level, text, extra_tags=f"{UNDO_TAG}{undo}" if undo else ""
    )


def toast_detail(message: Any) -> dict[str, Any]:
    """Return a message as the detail of the "toast" event: text, and undo and error where they apply."""
    detail: dict[str, Any] = {"text": str(message.message)}
    if (message.extra_tags or "").startswith(UNDO_TAG):
        detail["undo"] = message.extra_tags.removeprefix(UNDO_TAG)
    if message.level >= messages.ERROR:
        detail["error"] = True
    return detail


class HtmxRedirectMiddleware:
    """Turn a redirect into a navigation of the whole page, so that no page lands inside a fragment."""

    def __init__(self, get_response: Callable[[TeamRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: TeamRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.htmx or response.status_code not in (301, 302, 303, 307, 308):
            return response
        redirected = HttpResponseClientRedirect(response["Location"])
        redirected.cookies = response.cookies
        for name, value in response.headers.items():
            if name not in ("Location", "Content-Length", "Content-Type"):
                redirected.headers.setdefault(name, value)
        return redirected


class HtmxMessagesMiddleware:
    """Send pending messages along with a fragment, as a "toast" event."""

    def __init__(self, get_response: Callable[[TeamRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: TeamRequest) -> HttpResponse:
        response = self.get_response(request)
        # A redirect shows its messages on the page it leads to.
        if (
            not request.htmx
            or 300 <= response.status_code < 400
            or "HX-Redirect" in response
        ):
            return response
        details = [toast_detail(message) for message in messages.get_messages(request)]
        if details:
            joined = {
                **details[-1],
                "text": " ".join(detail["text"] for detail in details),
            }
            trigger_client_event(response, "toast", joined)
        return response
