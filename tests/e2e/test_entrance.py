"""What only a browser shows of signing in and out (product.md Q1; security.md B5, B6)."""

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from crm.teams.models import Membership, User
from crm.tenancy.scope import team_scope
from tests.e2e.conftest import SETTINGS
from tests.factories import PASSWORD, make_member, make_team

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plain_http(settings):
    for name, value in SETTINGS.items():
        setattr(settings, name, value)
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"


@pytest.fixture
def member():
    return Membership.across_teams.select_related("team", "user").get(
        team=make_team("Acme")
    )


def enter(page: Page, address: str, email: str) -> None:
    page.goto(address)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.usefixtures("plain_http")
class TestBrowser:
    def test_signs_in_and_saves_settings_without_scripts(
        self, browser: Browser, live_server, member
    ):
        page = browser.new_context(java_script_enabled=False).new_page()
        enter(
            page,
            f"{live_server.url}{reverse('teams:user_settings')}",
            member.user.email,
        )

        page.get_by_label("Name").fill("Ada King")
        page.get_by_label("Theme").select_option("dark")
        page.get_by_role("button", name="Save settings").click()

        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert "Your settings were saved" in page.locator("noscript").text_content()
        assert User.objects.get(pk=member.user_id).name == "Ada King"

    def test_shows_nothing_after_signing_out(self, page: Page, live_server, member):
        violations: list[str] = []
        page.on(
            "console",
            lambda m: (
                violations.append(m.text) if "Content Security" in m.text else None
            ),
        )
        members = reverse("teams:member_list", args=[member.team.slug])
        enter(page, f"{live_server.url}{members}", member.user.email)
        expect(page.get_by_role("heading", name="Members")).to_be_visible()
        page.goto(f"{live_server.url}{reverse('account_logout')}")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"**{reverse('account_login')}")

        # Over the question whether to sign out, to the page with the members.
        page.evaluate("history.go(-2)")

        page.wait_for_url(f"**{reverse('account_login')}?next={members}")
        assert member.user.email not in page.content()
        kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert member.user.email not in kept
        assert violations == []

    def test_takes_a_removal_back(self, page: Page, live_server, member):
        with team_scope(member.team_id):
            other = make_member(name="Grace Hopper")
        members = reverse("teams:member_list", args=[member.team.slug])
        enter(page, f"{live_server.url}{members}", member.user.email)

        page.get_by_role("button", name="Remove Grace Hopper").click()
        page.get_by_role("button", name="Undo").click()

        expect(
            page.get_by_text("Grace Hopper is a member again").first
        ).to_be_attached()
        assert Membership.across_teams.get(pk=other.pk).removed_at is None

    def test_starts_a_team_in_the_zone_and_country_of_the_browser(
        self, browser: Browser, live_server, db
    ):
        context = browser.new_context(timezone_id="Asia/Tokyo", locale="ja-JP")
        page = context.new_page()
        page.goto(f"{live_server.url}{reverse('account_signup')}")
        page.get_by_label("Name").fill("Rin")
        page.get_by_label("E-mail").fill("rin@example.test")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign up").click()

        expect(page.get_by_label("Country")).to_have_value("JP")
        expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
