"""The profile in a browser (product.md C1-C9, C22, D1, Q1): swaps, focus, dialogs, keyboard, phone."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from activities.models import Activity
from contacts.models import Contact, ContactList, ListEntry
from contacts.services import editing
from crm.conflicts import Edit
from crm.teams.models import Membership
from crm.tenancy.scope import team_scope
from tests.e2e.conftest import settled, sign_in
from tests.factories import AccountFactory, make_contact, make_team

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("plain_http"),
]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def member():
    return Membership.across_teams.select_related("team", "user").get(
        team=make_team("Acme")
    )


@pytest.fixture
def ada(member):
    with team_scope(member.team_id):
        contact = make_contact(
            title="Countess",
            emails=("ada@x.example", "ada@y.example"),
            phones=("+46701740612",),
            account=AccountFactory(name="Analytical Engines"),
            city="London",
            created_by=member,
        )
        hot = ContactList.objects.create(name="Hot")
        ListEntry.objects.create(list=hot, contact=contact)
        make_contact("Ab", "First")
        make_contact("Zed", "Last")
        for number in range(70):
            Activity.objects.create(
                contact=contact,
                kind="email",
                direction="outbound",
                occurred_at=timezone.now() - timedelta(days=number),
                body=f"Mail number {number}.",
            )
    return contact


def stored(ada: Contact) -> Contact:
    return Contact.across_teams.get(pk=ada.pk)


def open_profile(
    page: Page, live_server, member, ada, path: str = "", *, scripts: bool = True
) -> None:
    page.set_default_timeout(20_000)
    page.goto(f"{live_server.url}/t/{member.team.slug}/contacts/{ada.pk}/{path}")
    sign_in(page, member)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    if scripts:
        expect(page.locator("html[data-ready]")).to_have_count(1)


class TestInPlace:
    def test_enter_saves_and_the_focus_goes_on_to_the_next_field(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada, "fields/")
        value = page.locator(f"#edit-f-title-{ada.pk}")

        value.focus()
        page.keyboard.press("Enter")
        editor = settled(page.get_by_role("textbox", name="Title"))
        expect(editor).to_be_focused()
        editor.fill("Analyst")
        page.keyboard.press("Enter")

        expect(page.locator(f"#edit-f-seniority-{ada.pk}")).to_be_focused()
        expect(value).to_contain_text("Analyst")
        # The header follows out of band.
        expect(page.locator("#contact-identity")).to_contain_text("Analyst at")
        assert stored(ada).title == "Analyst"

    def test_escape_leaves_everything_as_it_was(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)
        value = page.locator(f"#edit-c-location-{ada.pk}")

        value.click()
        settled(page.get_by_label("City")).fill("Paris")
        page.keyboard.press("Escape")

        expect(value).to_be_focused()
        expect(value).to_contain_text("London")
        assert stored(ada).city == "London"

    def test_an_editor_moves_nothing(self, page: Page, live_server, member, ada):
        open_profile(page, live_server, member, ada, "fields/")
        value = page.locator(f"#edit-f-department-{ada.pk}")
        below = page.get_by_role("heading", name="Location")
        expect(value).to_be_visible()
        before = below.bounding_box()

        value.click()
        save = page.get_by_role("button", name="Save", exact=True)

        expect(save).to_be_in_viewport()
        assert below.bounding_box() == before
        page.get_by_label("Department").fill("Engines")
        save.click()
        expect(value).to_contain_text("Engines")

    def test_the_buttons_of_a_tall_editor_cover_nothing(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)
        page.locator(f"#edit-c-location-{ada.pk}").click()
        save = page.get_by_role("button", name="Save", exact=True)
        expect(save).to_be_in_viewport()

        below = page.locator(f"#c-location-{ada.pk} + .prop").bounding_box()
        box = save.bounding_box()
        assert box["y"] + box["height"] <= below["y"]

    def test_a_mistake_stays_with_the_text_the_message_and_the_focus(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)

        page.get_by_role("button", name="Add e-mail, phone or link").click()
        page.get_by_role("menuitem", name="E-mail").click()
        field = page.locator("#id_email-new")
        expect(field).to_be_focused()
        page.keyboard.type("nope")
        page.keyboard.press("Enter")

        expect(page.get_by_text("it has no @")).to_be_visible()
        expect(field).to_be_focused()
        expect(field).to_have_value("nope")
        field.fill("ada@z.example")
        page.keyboard.press("Enter")
        expect(
            page.get_by_role("link", name="ada@z.example", exact=True)
        ).to_be_visible()
        expect(page.locator("form[data-editor]")).to_have_count(0)

    def test_two_people_are_shown_what_the_other_did(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada, "fields/")
        page.locator(f"#edit-f-title-{ada.pk}").click()
        settled(page.get_by_role("textbox", name="Title"))
        with team_scope(member.team_id):
            edit = Edit(new={"title": "Baroness"}, originals={})
            editing.update_contact(
                contact_id=ada.pk, edit=edit, by=member, at=timezone.now()
            )

        page.get_by_role("textbox", name="Title").fill("Duchess")
        page.keyboard.press("Enter")

        expect(page.get_by_text("changed this to “Baroness”")).to_be_visible()
        page.get_by_role("button", name="Keep mine").click()
        expect(page.locator(f"#edit-f-title-{ada.pk}")).to_contain_text("Duchess")
        assert stored(ada).title == "Duchess"

    def test_the_stage_menu_works_by_keyboard(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)
        button = page.locator("#stage-button")

        button.focus()
        page.keyboard.press("Enter")
        expect(page.locator("[role=menu] [aria-checked=true]:focus")).to_have_count(1)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")

        expect(button).to_have_text("Approaching")
        expect(button).to_be_focused()
        expect(page.locator(f"#c-stage-{ada.pk}")).to_contain_text("Approaching")
        expect(page.locator("#timeline li").first).to_contain_text("Approaching")
        expect(button).to_be_focused()

    def test_a_new_name_is_everywhere(self, page: Page, live_server, member, ada):
        open_profile(page, live_server, member, ada, "fields/")

        page.locator(f"#edit-f-last_name-{ada.pk}").click()
        page.get_by_role("textbox", name="Last name").fill("Byron")
        page.keyboard.press("Enter")

        expect(page.locator("[aria-current=page]:text('Ada Byron')")).to_be_visible()
        expect(page).to_have_title("Ada Byron · Rapport")
        expect(page.get_by_role("heading", level=1)).to_have_text("Ada Byron")

    def test_an_account_is_searched_for_and_created(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)

        page.locator("#change-account").click()
        search = page.get_by_label("Search accounts")
        expect(search).to_be_focused()
        search.press_sequentially("Hooli")
        page.get_by_label("Create account “Hooli”").check()
        page.get_by_role("button", name="Save", exact=True).click()

        widget = page.locator("#w-account")
        expect(widget.get_by_role("link", name="Hooli", exact=True)).to_be_visible()
        expect(page.locator("#contact-identity")).to_contain_text("Hooli")


class TestFromFieldToField:
    """C5, C60: one editor at a time, nothing typed is lost, and the keyboard is enough."""

    def test_another_editor_saves_the_one_that_is_open(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada, "fields/")
        page.locator(f"#edit-f-title-{ada.pk}").click()
        settled(page.get_by_role("textbox", name="Title")).fill("Analyst")

        page.locator(f"#edit-f-address-{ada.pk}").click()

        expect(page.get_by_role("textbox", name="Address")).to_be_focused()
        expect(page.locator("form[data-editor]")).to_have_count(1)
        expect(page.locator("#toasts")).to_contain_text("Title saved")
        assert stored(ada).title == "Analyst"

    def test_where_nothing_was_typed_it_only_closes(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada, "fields/")
        page.locator(f"#edit-f-title-{ada.pk}").click()
        settled(page.get_by_role("textbox", name="Title"))

        page.locator(f"#edit-c-location-{ada.pk}").click()

        expect(page.get_by_role("textbox", name="City")).to_be_focused()
        expect(page.locator("form[data-editor]")).to_have_count(1)
        assert stored(ada).version == ada.version

    def test_what_cannot_be_saved_stays(self, page: Page, live_server, member, ada):
        open_profile(page, live_server, member, ada, "fields/")
        page.locator(f"#edit-f-website-{ada.pk}").click()
        website = settled(page.get_by_role("textbox", name="Website"))
        website.fill("no address")

        for _ in range(2):
            page.locator(f"#edit-f-title-{ada.pk}").click()
            expect(page.get_by_text("Enter a web address")).to_be_visible()
            expect(website).to_be_focused()
            expect(website).to_have_value("no address")
        expect(page.get_by_role("textbox", name="Title")).to_have_count(0)

    def test_tab_saves_and_opens_the_next_and_shift_tab_the_one_before(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada, "fields/")
        page.locator(f"#edit-f-title-{ada.pk}").click()
        settled(page.get_by_role("textbox", name="Title")).fill("Analyst")

        page.keyboard.press("Tab")
        seniority = settled(page.get_by_role("textbox", name="Seniority"))
        expect(seniority).to_be_focused()
        page.keyboard.type("VP")
        page.keyboard.press("Shift+Tab")

        title = page.get_by_role("textbox", name="Title")
        expect(title).to_be_focused()
        expect(title).to_have_value("Analyst")
        expect(page.locator("form[data-editor]")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator(f"#edit-f-title-{ada.pk}")).to_be_focused()
        assert (stored(ada).title, stored(ada).seniority) == ("Analyst", "VP")

    def test_of_an_address_tab_reaches_the_buttons(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada, "fields/")
        row = page.locator(".prop", has_text="ada@y.example").last
        row.get_by_role("link", name="Edit").click()
        remove = settled(page.get_by_role("button", name="Remove"))

        for _ in range(9):
            page.keyboard.press("Tab")
            if remove.evaluate("b => b === document.activeElement"):
                break

        expect(remove).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#toasts")).to_contain_text("E-mail removed")

    def test_an_option_is_saved_when_it_is_chosen(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)
        value = page.locator(f"#edit-c-stage-{ada.pk}")
        value.click()

        settled(page.get_by_role("combobox", name="Stage")).select_option("Interested")

        expect(value).to_contain_text("Interested")
        expect(value).to_be_focused()
        expect(page.locator("#toasts")).to_contain_text("Stage set to Interested")

    def test_by_keyboard_an_option_is_chosen_by_enter(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada, "fields/")
        value = page.locator(f"#edit-f-stage-{ada.pk}")
        stage = page.get_by_role("combobox", name="Stage")

        value.click()
        expect(settled(stage)).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Escape")
        expect(stage).to_be_focused()
        page.keyboard.press("Escape")
        expect(value).to_contain_text("Cold")
        assert stored(ada).version == ada.version

        value.click()
        expect(settled(stage)).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(value).to_contain_text("Approaching")
        expect(value).to_be_focused()


class TestDialogs:
    def test_edit_contact_info_opens_with_e_and_gives_the_focus_back(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)
        page.locator("#stage-button").focus()

        page.keyboard.press("e")
        dialog = settled(page.get_by_role("dialog", name="Edit contact info"))
        expect(dialog.get_by_label("First name")).to_be_focused()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(page.locator("#stage-button")).to_be_focused()

        page.keyboard.press("e")
        settled(dialog).get_by_label("Last name").fill("Byron")
        dialog.get_by_role("button", name="Save contact").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Ada Byron")
        expect(page.get_by_role("main")).to_be_focused()

    def test_a_dialog_with_changes_asks_before_it_closes(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)
        page.keyboard.press("e")
        dialog = settled(page.get_by_role("dialog", name="Edit contact info"))
        question = page.get_by_role("alertdialog", name="Discard changes?")
        name = dialog.get_by_label("First name")
        name.fill("Augusta")

        # The browser lets the second Escape of a row through, whatever a page says.
        for _ in range(3):
            page.keyboard.press("Escape")
            expect(question).to_be_visible()
            page.keyboard.press("Escape")
            expect(question).to_be_hidden()
            expect(name).to_be_focused()
        for role, name_of_it in (("button", "Close"), ("link", "Cancel")):
            dialog.get_by_role(role, name=name_of_it).click()
            expect(question.get_by_role("button", name="Keep editing")).to_be_focused()
            page.keyboard.press("Enter")
        expect(name).to_have_value("Augusta")
        page.keyboard.press("Escape")
        question.get_by_role("button", name="Discard changes").click()

        expect(dialog).to_have_count(0)
        page.keyboard.press("e")
        expect(dialog.get_by_label("First name")).to_have_value("Ada")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)

    def test_what_was_refused_is_missed_too(self, page: Page, live_server, member, ada):
        open_profile(page, live_server, member, ada)
        page.keyboard.press("e")
        dialog = settled(page.get_by_role("dialog", name="Edit contact info"))
        dialog.get_by_label("Website").fill("no address")
        dialog.get_by_role("button", name="Save contact").click()
        expect(dialog.get_by_text("Enter a web address")).to_be_visible()

        page.keyboard.press("Escape")

        expect(page.get_by_role("alertdialog")).to_be_visible()

    def test_the_account_is_searched_for_in_the_dialog_too(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)
        page.keyboard.press("e")
        dialog = settled(page.get_by_role("dialog", name="Edit contact info"))

        expect(dialog.get_by_label("First name")).to_be_focused()
        dialog.get_by_label("Search accounts").press_sequentially("Hooli")

        expect(dialog.get_by_label("Create account “Hooli”")).to_be_visible()
        expect(dialog.get_by_role("navigation")).to_have_count(0)

    def test_a_mistake_in_the_dialog_keeps_it_open(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)
        page.keyboard.press("e")
        dialog = settled(page.get_by_role("dialog", name="Edit contact info"))

        dialog.get_by_label("Website").fill("no address")
        dialog.get_by_role("button", name="Save contact").click()

        expect(dialog.get_by_text("Enter a web address")).to_be_visible()
        expect(dialog.get_by_label("Website")).to_have_value("no address")

    def test_delete_asks_and_undo_brings_the_contact_back(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)

        page.get_by_role("button", name="Actions").click()
        page.get_by_role("menuitem", name="Delete contact").click()
        dialog = page.get_by_role("alertdialog")
        expect(dialog).to_contain_text("leaves the saved contacts and 1 list.")
        expect(dialog.get_by_role("link", name="Keep contact")).to_be_focused()
        dialog.get_by_role("button", name="Delete contact").click()

        expect(page).to_have_url(re.compile(r"/people/"))
        expect(page.get_by_text("Ada Lovelace was deleted", exact=True)).to_be_visible()
        page.keyboard.press("z")
        expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
        with team_scope(member.team_id):
            assert ada.list_entries.count() == 1


class TestTimeline:
    def test_log_activity_by_keyboard(self, page: Page, live_server, member, ada):
        open_profile(page, live_server, member, ada)

        page.keyboard.press("l")
        expect(page.get_by_label("What happened")).to_be_focused()
        page.keyboard.type("Talked about the pilot")
        page.keyboard.press("Control+Enter")

        expect(page.locator("#timeline")).to_contain_text("Talked about the pilot")
        expect(page.get_by_label("What happened")).to_be_hidden()
        expect(page.get_by_text("Call logged", exact=True)).to_be_visible()
        expect(page.locator("#contact-situation")).to_contain_text(
            "Last contacted today"
        )

    def test_only_the_outcomes_of_the_type_are_seen(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)
        page.keyboard.press("l")

        expect(page.get_by_label("Outcome of Call")).to_be_visible()
        expect(page.get_by_label("Outcome of Meeting")).to_be_hidden()
        page.get_by_text("Meeting", exact=True).click()
        expect(page.get_by_label("Outcome of Meeting")).to_be_visible()
        expect(page.get_by_label("Outcome of Call")).to_be_hidden()
        expect(page.get_by_label("Direction")).to_be_hidden()

    def test_escape_closes_the_composer(self, page: Page, live_server, member, ada):
        open_profile(page, live_server, member, ada)
        page.keyboard.press("l")
        expect(page.get_by_label("What happened")).to_be_focused()

        page.keyboard.press("Escape")

        expect(page.get_by_label("What happened")).to_be_hidden()

    def test_scrolling_loads_everything(self, page: Page, live_server, member, ada):
        open_profile(page, live_server, member, ada)
        expect(page.get_by_text("Mail number 20.")).to_have_count(1)
        expect(page.get_by_text("Mail number 69.")).to_have_count(0)

        for coming in (40, 69):
            page.locator("#timeline-older").scroll_into_view_if_needed()
            expect(page.get_by_text(f"Mail number {coming}.")).to_have_count(1)

        expect(page.get_by_text("added the contact by hand")).to_have_count(1)

    def test_a_tab_has_an_address_and_back_leaves_it(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)

        page.get_by_role("link", name="Calls", exact=True).click()

        expect(page).to_have_url(re.compile(r"\?kind=calls$"))
        expect(page.get_by_text("Nothing of this kind yet.")).to_be_visible()
        page.go_back()
        expect(page.get_by_text("Mail number 0.")).to_be_visible()


class TestKeyboard:
    def test_brackets_walk_the_list_and_digits_the_tabs(
        self, page: Page, live_server, member, ada
    ):
        open_profile(page, live_server, member, ada)

        page.keyboard.press("2")
        expect(page).to_have_url(re.compile(r"/fields/$"))
        expect(page.locator("html[data-ready]")).to_have_count(1)
        page.keyboard.press("]")
        expect(page.get_by_role("heading", level=1)).to_have_text("Zed Last")
        expect(page.locator("html[data-ready]")).to_have_count(1)
        page.keyboard.press("[")
        expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")


class TestPhone:
    def test_details_come_first_and_the_dock_logs(
        self, page: Page, live_server, member, ada
    ):
        page.set_viewport_size(PHONE)
        open_profile(page, live_server, member, ada)
        expect(page.locator("#w-contact-information")).to_be_hidden()

        sections = page.get_by_role("navigation", name="Contact sections")
        sections.get_by_role("link", name="Details").click()

        expect(page.locator("#w-contact-information")).to_be_visible()
        expect(sections.get_by_role("link", name="Details")).to_be_visible()
        sections.get_by_role("link", name="Prospect").click()
        dock = page.get_by_role("region", name="Contact actions")
        dock.get_by_role("link", name="Log").click()
        expect(page.get_by_label("What happened")).to_be_focused()

    def test_the_moment_of_an_activity_is_wide_enough(
        self, page: Page, live_server, member, ada
    ):
        page.set_viewport_size(PHONE)
        open_profile(page, live_server, member, ada)

        page.keyboard.press("l")

        box = page.get_by_label("When").bounding_box()
        assert box
        # What iOS asks for, 16 px, in the longest form of a date with the picker beside it.
        assert box["width"] >= 240

    def test_a_dialog_is_a_sheet_of_the_whole_width(
        self, page: Page, live_server, member, ada
    ):
        page.set_viewport_size(PHONE)
        open_profile(page, live_server, member, ada)

        page.keyboard.press("e")

        dialog = settled(page.get_by_role("dialog", name="Edit contact info"))
        sheet = dialog.locator(".modal-box").bounding_box()
        assert sheet
        assert (sheet["x"], sheet["width"]) == (0, PHONE["width"])
        assert sheet["y"] + sheet["height"] == PHONE["height"]
        address = dialog.get_by_label("E-mail", exact=True).first.bounding_box()
        assert address
        assert address["width"] > PHONE["width"] * 0.8


class TestWithoutScripts:
    def test_reading_editing_and_logging(
        self, browser: Browser, live_server, member, ada
    ):
        page = browser.new_context(java_script_enabled=False).new_page()
        open_profile(page, live_server, member, ada, scripts=False)

        page.locator(f"#edit-c-location-{ada.pk}").click()
        page.get_by_label("City").fill("Turin")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(f"#c-location-{ada.pk}")).to_contain_text("Turin")

        page.get_by_role("link", name="Log activity").click()
        page.get_by_label("What happened").fill("Met at the fair")
        page.get_by_role("button", name="Log activity").click()
        expect(page.locator("#timeline")).to_contain_text("Met at the fair")
