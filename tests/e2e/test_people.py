"""The list of people in a browser (product.md P3, P6, P9, Q1)."""

import re

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Page, expect

from contacts.models import Contact
from contacts.services.merging import searching
from crm.jobs.services import run_job
from crm.teams.models import Membership
from crm.tenancy.scope import team_scope
from tests.e2e.conftest import settled, sign_in
from tests.factories import PersonFactory, make_contact, make_team

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("plain_http"),
]

# What a finger hits 20 px above or below the middle of a control is that control, or it is a link in a sentence.
SMALL = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select")]
  .filter((e) => e.checkVisibility({ visibilityProperty: true }))
  .filter((e) => !e.matches(".link-inline, .sr-only, [href='#main']"))
  .filter((e) => {
    e.scrollIntoView({ block: "center" });
    const box = e.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
    return [-20, 20].some((off) => {
      const hit = document.elementFromPoint(x, y + off);
      return !(e.contains(hit) || hit?.closest("label")?.contains(e));
    });
  })
  .map((e) => e.outerHTML.slice(0, 160))"""


@pytest.fixture
def member():
    """The owner of a team with sixty contacts and two people who are net new."""
    member = Membership.across_teams.select_related("team", "user").get(
        team=make_team("Acme")
    )
    with team_scope(member.team_id):
        for n in range(60):
            make_contact(f"Ada{n:02}", "Lovelace", city="Oslo" if n % 2 else "Rome")
    PersonFactory(first_name="Frida", last_name="Holm")
    PersonFactory(first_name="Greta", last_name="Holm")
    return member


def open_list(page: Page, live_server, member, query: str = "") -> None:
    page.set_default_timeout(15_000)
    page.goto(f"{live_server.url}/t/{member.team.slug}/people/?{query}")
    sign_in(page, member)


class TestList:
    def test_typing_searches_and_keeps_the_focus(self, page: Page, live_server, member):
        open_list(page, live_server, member)
        search = page.get_by_label("Search this list")

        search.press_sequentially("ada07")

        expect(page.get_by_role("link", name="Ada07 Lovelace")).to_be_visible()
        expect(page.get_by_role("link", name="Ada08 Lovelace")).to_have_count(0)
        expect(search).to_be_focused()
        expect(page).to_have_url(re.compile(r"\?q=ada07$"))

    def test_a_filter_applies_at_once_and_back_undoes_it(
        self, page: Page, live_server, member
    ):
        open_list(page, live_server, member)
        expect(page.get_by_role("link", name="Ada00 Lovelace")).to_be_visible()

        page.keyboard.press("f")
        page.locator("#facets summary", has_text="Location").click()
        page.get_by_label("City contains").fill("oslo")
        page.get_by_label("City contains").press("Tab")

        expect(page.get_by_role("link", name="Ada00 Lovelace")).to_have_count(0)
        expect(page).to_have_url(re.compile(r"\?city=oslo$"))
        page.go_back()
        expect(page.get_by_role("link", name="Ada00 Lovelace")).to_be_visible()
        assert "city" not in page.url

    def test_the_profile_leads_back_to_the_same_page(
        self, page: Page, live_server, member
    ):
        open_list(page, live_server, member, "sort=-name")
        page.get_by_role("link", name="Next page").click()
        page.get_by_role("link", name="Ada05 Lovelace").click()
        expect(page).to_have_url(re.compile(r"/contacts/\d+/\?sort=-name&cursor="))

        page.go_back()

        expect(page.get_by_role("link", name="Ada05 Lovelace")).to_be_visible()
        expect(page.get_by_role("link", name="Ada59 Lovelace")).to_have_count(0)


class TestDuplicates:
    def test_the_way_there_has_a_name(self, page: Page, live_server, member):
        open_list(page, live_server, member)
        link = page.get_by_role("link", name="Duplicates", exact=True)

        expect(link.get_by_text("Duplicates")).to_be_in_viewport()
        page.set_viewport_size({"width": 390, "height": 844})
        expect(link).to_be_visible()

    def test_the_page_follows_the_search(self, page: Page, live_server, member):
        with team_scope(member.team_id):
            make_contact("Bo", "Ek", phones=("+12025550111",))
            make_contact("Bo", "Ekh", phones=("+12025550111",))
            with transaction.atomic():
                job = searching.start_search(by=member)
        open_list(page, live_server, member)
        page.get_by_role("link", name="Duplicates", exact=True).click()
        again = page.get_by_role("button", name="Search again")
        expect(page.get_by_text("Nothing found so far")).to_be_visible()
        expect(again).to_have_count(0)

        with team_scope(member.team_id):
            run_job(job.pk)

        expect(again).to_be_visible()
        expect(page.get_by_role("button", name="Merge all")).to_be_visible()
        expect(page.get_by_role("link", name="Merge", exact=True)).to_have_count(1)
        expect(page.locator("[hx-trigger='every 2s']")).to_have_count(0)

    def test_telling_two_apart_keeps_the_place_and_the_focus(
        self, page: Page, live_server, member
    ):
        """Q1: the next pair takes the place, and the button in it the focus."""
        with team_scope(member.team_id):
            for n in range(20):
                make_contact("Bo", f"Ek{n}", phones=(f"+120255501{n:02}",))
                make_contact("Bob", f"Ek{n}", phones=(f"+120255501{n:02}",))
            with transaction.atomic():
                job = searching.start_search(by=member)
            run_job(job.pk)
        open_list(page, live_server, member)
        page.get_by_role("link", name="Duplicates", exact=True).click()
        buttons = page.get_by_role("button", name="Not a duplicate")
        expect(buttons).to_have_count(20)
        buttons.nth(14).focus()
        scrolled = page.locator("#main").evaluate("main => main.scrollTop")

        page.keyboard.press("Enter")

        expect(buttons).to_have_count(19)
        expect(page.locator("#toasts")).to_contain_text("Remembered as two people")
        expect(buttons.nth(14)).to_be_focused()
        assert scrolled > 100
        assert page.locator("#main").evaluate("main => main.scrollTop") == scrolled


class TestBulk:
    """P7: the page or everybody, and nobody by accident."""

    def bar(self, page: Page):
        return page.get_by_role("toolbar", name="Actions for selected people")

    def test_everybody_is_selected_and_moved(self, page: Page, live_server, member):
        open_list(page, live_server, member)
        page.get_by_label("Select Ada03 Lovelace").check()
        page.get_by_label("Select Ada06 Lovelace").click(modifiers=["Shift"])
        expect(self.bar(page)).to_contain_text("4 selected")

        self.bar(page).get_by_role("button", name="Select all 60").click()
        expect(self.bar(page)).to_contain_text("All 60 selected")
        expect(page.locator("#live")).to_have_text("All 60 selected")
        expect(page.get_by_label("Select Ada00 Lovelace")).to_be_checked()
        self.bar(page).get_by_role("button", name="Set stage").click()
        dialog = page.get_by_role("dialog", name="Set stage of 60 contacts")
        dialog.get_by_label("Stage").select_option("Interested")
        dialog.get_by_role("button", name="Set stage").click()

        expect(page.locator("#toasts")).to_contain_text(
            "Set stage to Interested: 60 done"
        )

    def test_another_choice_ends_the_selection_of_everybody(
        self, page: Page, live_server, member
    ):
        open_list(page, live_server, member)
        page.get_by_label("Select Ada03 Lovelace").check()
        self.bar(page).get_by_role("button", name="Select all 60").click()
        expect(self.bar(page)).to_contain_text("All 60 selected")

        page.get_by_label("Select Ada03 Lovelace").uncheck()
        expect(self.bar(page)).to_contain_text("49 selected")
        page.keyboard.press("Escape")
        expect(self.bar(page)).to_be_hidden()

    def test_one_key_leads_from_the_rows_to_the_actions(
        self, page: Page, live_server, member
    ):
        """Q1: not past every row of the list."""
        open_list(page, live_server, member)
        expect(page.locator("html[data-ready]")).to_have_count(1)
        expect(page.get_by_label("Select Ada03 Lovelace")).to_be_visible()
        for key in ("j", "x", "b"):
            page.keyboard.press(key)

        expect(self.bar(page).locator(":focus")).to_be_visible()

    def test_too_many_to_merge_stay_selected(self, page: Page, live_server, member):
        open_list(page, live_server, member)
        page.get_by_label("Select Ada03 Lovelace").check()
        page.get_by_label("Select Ada08 Lovelace").click(modifiers=["Shift"])
        expect(self.bar(page)).to_contain_text("6 selected")

        self.bar(page).get_by_role("button", name="More actions").click()
        page.get_by_role("menuitem", name="Merge").click()

        dialog = page.get_by_role("alertdialog", name="Nothing was done")
        expect(dialog).to_contain_text("Choose 2 to 5 contacts to merge them.")
        dialog.get_by_role("link", name="Back to the list").click()
        expect(dialog).to_be_hidden()
        expect(self.bar(page)).to_contain_text("6 selected")
        page.get_by_label("Select Ada08 Lovelace").uncheck()
        expect(self.bar(page)).to_contain_text("5 selected")

    def test_choosing_a_field_leaves_the_focus_on_the_choice(
        self, page: Page, live_server, member
    ):
        """Q1: where arrow keys choose at once, the first one is not the last."""
        open_list(page, live_server, member)
        page.get_by_label("Select Ada03 Lovelace").check()
        self.bar(page).get_by_role("button", name="More actions").click()
        page.get_by_role("menuitem", name="Set a field").click()
        dialog = page.get_by_role("dialog", name="Set a field of 1 contact")
        field = dialog.get_by_role("combobox", name="Field")
        expect(field).to_be_focused()

        for label in ("Title", "City"):
            field.select_option(label)
            settled(dialog.get_by_role("textbox", name=label))
            expect(field).to_be_focused()

    def test_deleting_asks_first_with_the_focus_on_what_is_safe(
        self, page: Page, live_server, member
    ):
        open_list(page, live_server, member)
        page.get_by_label("Select Ada03 Lovelace").check()
        self.bar(page).get_by_role("button", name="More actions").click()
        page.get_by_role("menuitem", name="Delete").click()

        dialog = page.get_by_role("alertdialog", name="Delete 1 contact?")
        expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
        dialog.get_by_role("link", name="Cancel").click()
        expect(dialog).to_be_hidden()
        expect(self.bar(page)).to_contain_text("1 selected")


class TestSave:
    def test_the_selection_is_saved_in_place(self, page: Page, live_server, member):
        open_list(page, live_server, member, "scope=net-new")
        page.get_by_label("Select Frida Holm").check()
        page.get_by_label("Select Greta Holm").check()
        bar = page.get_by_role("toolbar", name="Actions for selected people")
        expect(bar).to_contain_text("2 selected")

        bar.get_by_role("button", name="Save").click()

        expect(page.get_by_role("link", name="Frida Holm")).to_be_visible()
        expect(page.get_by_role("link", name="Greta Holm")).to_be_visible()
        expect(page.locator("#toasts")).to_contain_text("2 people saved")
        expect(bar).to_be_hidden()
        expect(page.locator("#people-tabs")).to_contain_text("Saved 62")

    @pytest.mark.parametrize("scope", ["total", "net-new"])
    def test_the_focus_goes_from_save_to_the_new_contact(
        self, page: Page, live_server, member, scope
    ):
        open_list(page, live_server, member, f"scope={scope}&q=Holm")

        page.get_by_role("button", name="Save Frida Holm").focus()
        page.keyboard.press("Enter")

        expect(page.get_by_role("link", name="Frida Holm")).to_be_focused()

    def test_escape_and_a_button_clear_the_selection(
        self, page: Page, live_server, member
    ):
        open_list(page, live_server, member, "scope=net-new")
        box = page.get_by_label("Select Frida Holm")
        bar = page.get_by_role("toolbar", name="Actions for selected people")

        box.check()
        expect(bar).to_be_visible()
        page.keyboard.press("Escape")
        expect(bar).to_be_hidden()
        expect(box).not_to_be_checked()
        expect(box).to_be_focused()

        box.check()
        bar.get_by_role("button", name="Clear selection").click()
        expect(bar).to_be_hidden()
        expect(box).not_to_be_checked()
        expect(page.locator("tr:has(:focus)")).to_contain_text("Frida Holm")

    def test_works_without_scripts(self, browser: Browser, live_server, member):
        page = browser.new_context(java_script_enabled=False).new_page()
        open_list(page, live_server, member, "scope=net-new")

        page.get_by_role("button", name="Save Frida Holm").click()

        expect(page.get_by_text("Greta Holm")).to_be_visible()
        expect(page.get_by_text("Frida Holm")).to_have_count(0)
        with team_scope(member.team_id):
            assert Contact.objects.filter(name="Frida Holm").exists()


class TestCreate:
    def test_the_dialog_keeps_what_was_typed_and_leads_to_the_profile(
        self, page: Page, live_server, member
    ):
        open_list(page, live_server, member)
        page.get_by_role("link", name="New contact").click()
        dialog = settled(page.get_by_role("dialog", name="New contact"))
        dialog.get_by_label("First name").fill("Grace")
        dialog.get_by_label("E-mail").fill("grace")
        dialog.locator("form").evaluate("form => form.noValidate = true")

        dialog.get_by_role("button", name="Add contact").click()

        expect(dialog).to_contain_text("it has no @")
        expect(dialog.get_by_label("E-mail")).to_be_focused()
        expect(dialog.get_by_label("First name")).to_have_value("Grace")
        dialog.get_by_label("E-mail").fill("grace@example.com")
        dialog.get_by_role("button", name="Add contact").click()
        expect(page).to_have_url(re.compile(r"/contacts/\d+/"))
        expect(page.get_by_role("heading", name="Grace")).to_be_visible()

    def test_a_name_that_is_too_long_is_not_cut_off(
        self, page: Page, live_server, member
    ):
        open_list(page, live_server, member)
        page.get_by_role("link", name="New contact").click()
        dialog = settled(page.get_by_role("dialog", name="New contact"))
        name = dialog.get_by_label("Last name")

        name.fill("x" * 10_000)
        dialog.get_by_role("button", name="Add contact").click()

        expect(dialog).to_contain_text("at most 100 characters")
        expect(name).to_be_focused()
        expect(name).to_have_value("x" * 10_000)


class TestPhone:
    def test_the_scopes_are_whole_and_import_is_at_hand(
        self, page: Page, live_server, member
    ):
        page.set_viewport_size({"width": 390, "height": 844})
        open_list(page, live_server, member)

        tabs = page.get_by_role("navigation", name="Which people").get_by_role("link")
        expect(tabs).to_have_count(3)
        boxes = [tab.bounding_box() for tab in tabs.all()]

        assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
        page.get_by_role("link", name="Import").click()
        expect(page.get_by_role("heading", name="Import contacts")).to_be_visible()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_filters_in_use_are_shown_and_taken_off(
        self, browser: Browser, live_server, member, scheme
    ):
        phone = browser.new_context(
            viewport={"width": 390, "height": 844},
            has_touch=True,
            is_mobile=True,
            color_scheme=scheme,
        )
        page = phone.new_page()
        query = "city=oslo&has_email=no&has_phone=no"
        open_list(page, live_server, member, query)
        chips = page.get_by_role("group", name="Filters in use")
        expect(chips).to_contain_text("Location: city oslo")

        lines = [
            control.bounding_box()["y"]
            for control in (
                page.get_by_role("button", name="Sort", exact=True),
                chips.get_by_role("link").first,
                page.get_by_role("link", name="Reset"),
                page.get_by_role("link", name="Save view"),
            )
        ]
        small = page.evaluate(SMALL)
        width = page.evaluate("document.documentElement.scrollWidth")
        last = chips.get_by_role("link").last
        last.scroll_into_view_if_needed()
        expect(last).to_be_in_viewport()
        last.click()

        expect(chips.get_by_role("link")).to_have_count(2)
        phone.close()
        assert not small
        assert width == 390
        search, filters = lines[0], lines[1:]
        assert 20 < min(filters) - search < 60
        assert max(filters) - min(filters) < 10

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_what_is_touched_is_large_enough(
        self, browser: Browser, live_server, member, scheme
    ):
        phone = browser.new_context(
            viewport={"width": 390, "height": 844},
            has_touch=True,
            is_mobile=True,
            color_scheme=scheme,
        )
        page = phone.new_page()
        open_list(page, live_server, member, "scope=total")
        expect(page.get_by_role("link", name="Ada00 Lovelace")).to_be_visible()
        small = page.evaluate(SMALL)
        page.get_by_role("link", name="Ada00 Lovelace").click()
        expect(page.get_by_role("heading", name="Ada00 Lovelace")).to_be_visible()
        page.get_by_role("link", name="Details").click()
        expect(page.get_by_role("heading", name="Record details")).to_be_visible()
        small += page.evaluate(SMALL)
        phone.close()

        assert not small
