"""D-look: what a person sees when the application itself fails."""

from typing import Any

from django.test import RequestFactory
from django.views.defaults import server_error

from tests.ui.test_components import only
from tests.ui.test_pages import read


def test_failure_has_a_page_that_needs_no_database() -> None:
    """The fixtures of this test open no database, so a query would raise."""
    response: Any = server_error(RequestFactory().get("/"))

    found = read(response.content.decode())
    assert response.status_code == 500
    assert only(found, "h1").text == "Something went wrong"
    assert only(found, "a")["href"] == "/"
    assert only(found, "link", rel="stylesheet")["href"].endswith(".css")
