"""A server with the two teams of the walk, and tabs of one browser that are signed in to it."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from crm.teams.models import Membership
from tests.architecture import world as worlds
from tests.factories import PASSWORD

# Chromium keeps no __Host- cookie of a server without TLS.
SETTINGS = {
    "ALLOWED_HOSTS": ["127.0.0.1"],
    "SESSION_COOKIE_SECURE": False,
    "CSRF_COOKIE_SECURE": False,
    "SESSION_COOKIE_NAME": "session",
    "CSRF_COOKIE_NAME": "csrf",
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
}
# Everything that the browser holds against a page, kept where the test finds it.
WATCH = """
window.refusals = [];
document.addEventListener("securitypolicyviolation", (event) =>
  refusals.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""


@pytest.fixture(scope="session")
def server() -> Iterator[LiveServer]:
    """The application on a port of its own, with the static files that WhiteNoise serves.

    Django's own test server would look for them under their names without hashes.
    """
    name = "django.contrib.staticfiles.handlers.StaticFilesHandler"
    with patch(name, lambda application: application):
        running = LiveServer("127.0.0.1")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def live_server(server: LiveServer) -> LiveServer:
    """The same for tests that make their own rows: the database is emptied after each."""
    return server


class Site:
    """The served teams. `tab(actor)` is a page of the browser in which the actor is signed in."""

    def __init__(
        self, server: LiveServer, world: worlds.World, browser: Browser
    ) -> None:
        self.url = server.url
        self.world = world
        self._browser = browser
        self._tabs: dict[str, Page] = {}

    def tab(self, actor: str) -> Page:
        """Return the one tab of the actor in this worker."""
        if actor not in self._tabs:
            context = self._browser.new_context(
                base_url=self.url, reduced_motion="reduce", locale="en-US"
            )
            context.set_default_timeout(10_000)
            context.add_init_script(WATCH)
            if actor in self.world.cookies:
                session = {
                    "name": "session",
                    "value": self.world.cookies[actor],
                    "url": self.url,
                }
                context.add_cookies([session])
            self._tabs[actor] = context.new_page()
        return self._tabs[actor]

    def close(self) -> None:
        for page in self._tabs.values():
            page.context.close()


@pytest.fixture(scope="module")
def site(
    server: LiveServer,
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: Any,
) -> Iterator[Site]:
    """The two teams, stored for as long as the tests of a module run, and served."""
    caches = {**settings.CACHES["default"], "KEY_PREFIX": secrets.token_hex(8)}
    files = tmp_path_factory.mktemp("files")
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(
            override_settings(**SETTINGS, MEDIA_ROOT=files, CACHES={"default": caches})
        )
        stack.callback(call_command, "flush", verbosity=0, interactive=False)
        site = Site(server, worlds.build(), browser)
        stack.callback(site.close)
        yield site


@pytest.fixture
def plain_http(settings: Any) -> None:
    """The settings of a server without TLS, for tests that sign in by the form."""
    for name, value in SETTINGS.items():
        setattr(settings, name, value)
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"


def sign_in(page: Page, member: Membership) -> None:
    """Sign in with the form that stands in the way of a page."""
    page.get_by_label("E-mail").fill(member.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def settled(found: Locator) -> Locator:
    """Return what htmx brought once nothing of it changes any more: until then it moves the focus."""
    expect(found).to_be_visible()
    busy = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
    found.page.wait_for_function("busy => !document.querySelector(busy)", arg=busy)
    return found
