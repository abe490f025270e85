"""Q1 and T1 in a browser: what the frame of every page does beyond links and forms."""

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from crm.teams.models import User
from tests.e2e import conftest
from tests.e2e.conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.django_db]

server, site = conftest.server, conftest.site
SETTLED = "() => 'ready' in document.documentElement.dataset"


@pytest.fixture
def path(site: Site) -> str:
    return reverse("teams:role_list", args=[site.world.own.team.slug])


@pytest.fixture
def page(site: Site, path: str) -> Page:
    """A page of the team, opened anew by its owner."""
    tab = site.tab("owner")
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.emulate_media(color_scheme="light")
    tab.goto(path)
    tab.wait_for_function(SETTLED)
    tab.evaluate("localStorage.clear()")
    return tab


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def theme_of(site: Site) -> str:
    return User.objects.get(pk=site.world.users["owner"].pk).theme


class TestAccountMenu:
    def test_theme_follows_at_once_and_stays(self, page: Page, site: Site) -> None:
        page.evaluate("window.stillHere = true")
        page.locator("[popovertarget=me]").click()
        with page.expect_response("**/you/preferences/"):
            page.get_by_role("menuitemradio", name="Dark").click()

        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.evaluate("window.stillHere")
        assert theme_of(site) == "dark"
        page.locator("[popovertarget=me]").click()
        dark = page.get_by_role("menuitemradio", name="Dark")
        expect(dark).to_have_attribute("aria-checked", "true")
        with page.expect_response("**/you/preferences/"):
            page.get_by_role("menuitemradio", name="Match system").click()
        expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")

    def test_failure_takes_the_theme_back_and_says_so(
        self, page: Page, site: Site
    ) -> None:
        page.route("**/you/preferences/", lambda route: route.abort())
        page.locator("[popovertarget=me]").click()
        page.get_by_role("menuitemradio", name="Dark").click()

        expect(page.get_by_role("alert")).to_contain_text("Could not save")
        expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")
        page.unroute("**/you/preferences/")


class TestMenu:
    def test_is_used_with_the_keyboard_alone(self, page: Page) -> None:
        opener = page.locator("[popovertarget=teams]")
        opener.focus()
        press(page, "Enter")
        expect(opener).to_have_attribute("aria-expanded", "true")

        press(page, "End")
        expect(page.get_by_role("menuitem", name="New team")).to_be_focused()
        press(page, "ArrowDown")
        expect(page.get_by_role("menuitem").first).to_be_focused()
        press(page, "n")
        expect(page.get_by_role("menuitem", name="New team")).to_be_focused()

        press(page, "Escape")
        expect(opener).to_be_focused()
        expect(opener).to_have_attribute("aria-expanded", "false")


class TestShortcuts:
    def test_question_mark_lists_them(self, page: Page) -> None:
        press(page, "?")
        dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
        expect(dialog).to_be_visible()

        press(page, "Escape")
        expect(dialog).to_be_hidden()

    def test_search_is_one_key_away(self, page: Page) -> None:
        search = page.get_by_role("searchbox", name="Search people")

        press(page, "/")
        expect(search).to_be_focused()
        press(page, "?")
        expect(search).to_have_value("?")

    def test_single_keys_can_be_switched_off(self, page: Page) -> None:
        """WCAG 2.1.4: a person who speaks to the computer triggers nothing by accident."""
        press(page, "?")
        page.get_by_label("Use single-key shortcuts").uncheck()
        press(page, "Escape", "/")
        expect(page.get_by_role("searchbox", name="Search people")).not_to_be_focused()

        press(page, "Control+k")
        expect(page.get_by_role("searchbox", name="Search people")).to_be_focused()


def test_first_stop_of_tab_skips_the_navigation(page: Page) -> None:
    press(page, "Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()

    press(page, "Enter")
    expect(page.locator("#main")).to_be_focused()


def test_phone_has_the_whole_navigation_in_a_drawer(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="More").click()
    drawer = page.get_by_role("complementary", name="Navigation")
    expect(drawer.get_by_role("link", name="Settings")).to_be_visible()
    expect(drawer.get_by_role("searchbox")).to_be_visible()

    drawer.get_by_role("button", name="Close navigation").click()
    expect(drawer).to_be_hidden()


def test_menus_and_preferences_need_no_scripts(
    site: Site, path: str, browser: Browser
) -> None:
    """T1: everything works without scripts."""
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    session = {"name": "session", "url": site.url}
    context.add_cookies([{**session, "value": site.world.cookies["owner"]}])
    page = context.new_page()
    page.goto(path)

    page.locator("[popovertarget=me]").click()
    page.get_by_role("menuitemradio", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url == site.url + path
    page.locator("[popovertarget=me]").click()
    page.get_by_role("menuitemradio", name="Match system").click()
    context.close()
