"""Redirects, messages and fragments under htmx (architecture.md 5)."""

import json

import pytest
from django.contrib import messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpResponse
from django.shortcuts import redirect
from django_htmx.middleware import HtmxMiddleware

from crm.htmx import HtmxMessagesMiddleware, HtmxRedirectMiddleware, render_page, toast


@pytest.fixture
def ask(rf):
    """Run a view under the htmx middleware and return its response."""

    def ask(view, **headers):
        request = rf.get("/", headers=headers)
        request.session = {}
        request._messages = FallbackStorage(request)
        chain = HtmxMiddleware(HtmxRedirectMiddleware(HtmxMessagesMiddleware(view)))
        return chain(request)

    return ask


class TestRedirects:
    def test_become_a_navigation_of_the_whole_page(self, ask):
        response = ask(lambda request: redirect("/elsewhere/"), HX_Request="true")

        assert response.status_code == 200
        assert response["HX-Redirect"] == "/elsewhere/"

    def test_keep_what_the_answer_tells_the_browser(self, ask):
        def view(request):
            response = redirect("/signed-out/")
            response["Clear-Site-Data"] = '"cache"'
            response["Cache-Control"] = "no-store"
            return response

        response = ask(view, HX_Request="true")

        assert response["Clear-Site-Data"] == '"cache"'
        assert response["Cache-Control"] == "no-store"
        assert "Location" not in response

    def test_stay_redirects_without_htmx(self, ask):
        response = ask(lambda request: redirect("/elsewhere/"))

        assert response.status_code == 302


class TestMessages:
    def test_travel_as_one_toast_event_with_undo(self, ask):
        def view(request):
            toast(request, "Contact deleted", undo="/undo/1/")
            return HttpResponse("fragment")

        response = ask(view, HX_Request="true")

        assert json.loads(response["HX-Trigger"]) == {
            "toast": {"text": "Contact deleted", "undo": "/undo/1/"}
        }

    def test_errors_say_so(self, ask):
        def view(request):
            toast(request, "Could not save", level=messages.ERROR)
            return HttpResponse("fragment")

        response = ask(view, HX_Request="true")

        assert json.loads(response["HX-Trigger"])["toast"]["error"] is True

    def test_wait_for_the_page_behind_a_redirect(self, ask):
        def view(request):
            toast(request, "Saved")
            return redirect("/elsewhere/")

        assert "HX-Trigger" not in ask(view, HX_Request="true")


class TestRenderPage:
    @pytest.mark.parametrize(
        ("headers", "template"),
        [
            ({}, "a.html"),
            ({"HX_Request": "true", "HX_Target": "rows"}, "a.html#rows"),
            ({"HX_Request": "true", "HX_Target": "secret"}, "a.html"),
            (
                {
                    "HX_Request": "true",
                    "HX_Target": "rows",
                    "HX_History_Restore_Request": "true",
                },
                "a.html",
            ),
        ],
    )
    def test_gives_only_an_allowed_fragment(self, rf, headers, template):
        request = rf.get("/", headers=headers)
        HtmxMiddleware(lambda request: HttpResponse())(request)

        response = render_page(request, "a.html", partials={"rows"})

        assert response.template_name == template
        assert "HX-Target" in response["Vary"]
