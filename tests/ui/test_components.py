"""D-look: the components of docs/ui.md, as pages call them."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.template import engines

ROOT = Path(__file__).resolve().parents[2]


class Element(dict[str, str]):
    """A start tag: its attributes, its name, and the text up to the next tag."""

    def __init__(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().__init__({name: value or "" for name, value in attrs})
        self.tag, self.text = tag, ""


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, attrs))

    def handle_data(self, data: str) -> None:
        if self.elements:
            self.elements[-1].text += " ".join(data.split())


def elements(source: str, **context: Any) -> list[Element]:
    """Return the start tags of a rendered piece of template."""
    reader = Reader()
    reader.feed(engines["django"].from_string(source).render({**context}))
    return reader.elements


def only(found: list[Element], tag: str, **attrs: str) -> Element:
    """Return the one element with this tag and these attributes."""
    wanted = {name.replace("_", "-").rstrip("-"): v for name, v in attrs.items()}
    [element] = [e for e in found if e.tag == tag and wanted.items() <= {**e}.items()]
    return element


class TestUi:
    def test_shows_no_variable_of_the_page_that_has_an_attribute_s_name(self) -> None:
        found = elements(
            '{% ui "card" id="tasks" title="Tasks" %}{% endui %}',
            count=7,
            actions="<b>of the page</b>",
            classes="of-the-page",
        )

        assert [e.text for e in found if e.text] == ["Tasks"]
        assert only(found, "section")["class"] == "card"

    def test_escapes_attributes_and_keeps_content_as_it_is(self) -> None:
        found = elements(
            '{% ui "card" id="x" title=name %}<p>{{ name }}</p>{% endui %}',
            name="<script>alert(1)</script>",
        )

        assert {e.tag for e in found} == {"section", "header", "h2", "p"}

    def test_takes_markup_for_an_attribute_from_a_slot(self) -> None:
        found = elements(
            '{% slot as more %}<a href="/new/">New</a>{% endslot %}'
            '{% ui "card" id="x" title="Tasks" count=0 actions=more %}{% endui %}'
        )

        assert only(found, "a")["href"] == "/new/"
        assert only(found, "span").text == "0"

    def test_leaves_out_the_place_of_a_slot_without_markup(self) -> None:
        found = elements(
            "{% slot as more %}  {% endslot %}"
            '{% ui "card" id="x" title="Tasks" actions=more %}{% endui %}'
        )

        assert {e.tag for e in found} == {"section", "header", "h2"}

    def test_has_fewer_than_twenty_components_and_docs_name_each(self) -> None:
        names = {path.stem for path in (ROOT / "templates/ui").glob("*.html")}
        docs = (ROOT / "docs/ui.md").read_text()

        assert len(names) < 20
        assert [name for name in sorted(names) if f"`{name}`" not in docs] == []


class TestMenu:
    def test_button_and_menu_know_each_other(self) -> None:
        found = elements('{% ui "menu" id="m" label="More" %}{% endui %}')

        button = only(found, "button", popovertarget="m", aria_haspopup="menu")
        assert button["aria-label"] == "More"
        assert only(found, "div", id="m", role="menu")["aria-label"] == "More"

    def test_link_leads_to_a_page_and_opens_it_as_a_dialog(self) -> None:
        found = elements('{% menu_item "Edit" href="/e/" dialog=True key="e" %}')

        link = only(found, "a", role="menuitem")
        assert (link["href"], link["hx-get"], link["hx-target"]) == ("/e/",) * 2 + (
            "#modal",
        )
        assert link["data-key"] == "e"

    def test_action_is_a_form_with_the_token_of_the_page(self) -> None:
        found = elements(
            '{% menu_item "Delete" action="/d/" danger=True %}', csrf_token="t0ken"
        )

        assert only(found, "form", method="post")["action"] == "/d/"
        assert only(found, "input", name="csrfmiddlewaretoken")["value"] == "t0ken"
        assert "text-error" in only(found, "button", type="submit")["class"]

    @pytest.mark.parametrize(("checked", "state"), [(True, "true"), (False, "false")])
    def test_choice_says_whether_it_is_chosen(self, checked: bool, state: str) -> None:  # noqa: FBT001 - a parameter of the test
        found = elements(
            '{% menu_item "New" name="stage" value=3 checked=checked %}',
            checked=checked,
        )

        button = only(found, "button", role="menuitemradio", aria_checked=state)
        assert (button["name"], button["value"]) == ("stage", "3")

    def test_dialog_of_the_page_is_opened_without_scripts(self) -> None:
        found = elements('{% menu_item "Merge" opens="merge" %}')

        assert only(found, "button", command="show-modal", commandfor="merge")


class TestStates:
    def test_empty_has_no_room_for_a_button_that_is_not_there(self) -> None:
        found = elements(
            '{% ui "empty" icon="check" title="No tasks" text="None." %} {% endui %}'
        )

        assert [e.tag for e in found] == ["div", "span", "svg", "use", "p", "p"]

    def test_failed_and_errors_are_announced(self) -> None:
        found = elements(
            '{% ui "failed" text="Did not load." %}{% endui %}'
            '{% ui "banner" tone="error" %}No{% endui %}'
        )

        assert [e["role"] for e in found if e.tag == "div" and "role" in e] == [
            "alert"
        ] * 2

    def test_skeleton_has_as_many_rows_as_asked_and_says_it_is_busy(self) -> None:
        found = elements('{% ui "skeleton" label="Loading" rows=3 %}{% endui %}')

        assert found[0]["aria-busy"] == "true"
        assert len([e for e in found if e.get("class") == "skeleton size-4"]) == 3

    def test_progress_without_a_value_is_still_under_way(self) -> None:
        found = elements(
            '{% ui "progress" id="p" label="Importing" %}{% endui %}'
            '{% ui "progress" id="q" label="Importing" value=0 max=9 %}{% endui %}'
        )

        waiting, started = [e for e in found if e.tag == "progress"]
        assert "value" not in waiting
        assert (started["value"], started["max"]) == ("0", "9")
        assert started["aria-labelledby"] == "q-label"


class TestPages:
    def test_ends_are_no_links(self) -> None:
        found = elements('{% ui "pages" next="?after=x" %}{% endui %}')

        assert only(found, "a", rel="next")["href"] == "?after=x"
        assert [e for e in found if e.get("rel") == "prev"] == []


class TestDialogs:
    def test_dialog_is_named_by_its_title(self) -> None:
        found = elements('{% ui "dialog" id="d" title="Edit contact" %}{% endui %}')

        assert only(found, "dialog")["aria-labelledby"] == "d-title"
        assert only(found, "h2", id="d-title").text == "Edit contact"
        assert only(found, "button", command="close", commandfor="d")

    def test_alert_dialog_reads_out_what_will_happen(self) -> None:
        found = elements(
            '{% ui "alert-dialog" id="d" title="Delete?" text="She leaves 2 lists." %}{% endui %}'
        )

        dialog = only(found, "dialog", role="alertdialog")
        assert only(found, "p", id=dialog["aria-describedby"]).text == (
            "She leaves 2 lists."
        )
