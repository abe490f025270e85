"""Q4: all text is translatable. Every page is rendered in a language in which each text stands in
brackets; what a person reads outside brackets and is not a row's own content was never wrapped.
"""

import re
from html.parser import HTMLParser
from typing import Any
from zoneinfo import available_timezones

import pytest
from django.db import models
from django.utils.translation import gettext, ngettext, pgettext, trans_real

from crm.teams.models import User
from tests.architecture import conftest, pages
from tests.architecture.digest import tables
from tests.architecture.harness import Harness
from tests.architecture.samples import SAMPLES
from tests.architecture.world import World

pytestmark = pytest.mark.django_db

# The two teams and everybody, as the walk over all URLs has them.
world, harness, own_cache = conftest.world, conftest.harness, conftest.own_cache

OPEN, CLOSE = "⟦", "⟧"
UNREAD = {"script", "style", "kbd", "code", "svg", "noscript"}
VOID = {
    "input",
    "br",
    "img",
    "meta",
    "link",
    "hr",
    "wbr",
    "use",
    "path",
    "source",
    "col",
}
BLOCKS = {
    "p",
    "li",
    "div",
    "section",
    "td",
    "th",
    "h1",
    "h2",
    "h3",
    "title",
    "option",
    "dialog",
}
SPOKEN = {
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "placeholder",
    "title",
    "alt",
}
# Words that are the same in every language.
NAMES = re.compile(
    r"\b(?:Rapport|CSV|TSV|URL|E\.164|UTC|TOTP|UTF-8)\b|\bv?\d[\w.,:+-]*"
)
ADDRESS = re.compile(r"\S+@\S+|https?://\S+|\b[\w-]+(?:\.[\w-]+)*\.example\b\S*")
ZONES = available_timezones()
COUNTRY = re.compile(r"^[A-Z]{2,3}$")  # of a country, or of its money
INITIALS = re.compile(r"^\s*[A-Z]{1,2}\s*$")


class Bracketed:
    """A catalogue in which every text is its own translation, in brackets."""

    def gettext(self, message: str) -> str:
        text = message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]
        return f"{OPEN}{text}{CLOSE}" if text.strip() else text

    def ngettext(self, one: str, many: str, n: Any) -> str:
        return self.gettext(one if n == 1 else many)

    def to_language(self) -> str:
        """Return a language of its own, so that no text cached in another one is met."""
        return "en-x-brackets"

    language = to_language


class Reader(HTMLParser):
    """Collects what a person reads or hears of a page, and is in no brackets."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.depth = 0
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        silent = (
            tag in UNREAD or values.get("translate") == "no" or is_place(tag, values)
        )
        if tag not in VOID:
            self.stack.append("-" if silent or "-" in self.stack[-1:] else tag)
        if silent:
            return
        for name, value in values.items():
            if value and (
                name in SPOKEN or name.startswith(("data-text", "data-confirm"))
            ):
                self.found.append(outside(value, 0)[0])
        if tag == "input" and values.get("type") in ("submit", "button"):
            self.found.append(outside(values.get("value") or "", 0)[0])

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self.stack:
            self.stack.pop()
        if tag in BLOCKS:
            self.depth = 0

    def handle_data(self, data: str) -> None:
        if "-" in self.stack[-1:]:
            return
        text, self.depth = outside(data, self.depth)
        self.found.append(text)


def is_place(tag: str, values: dict[str, str | None]) -> bool:
    """Return whether this is a country or a zone to choose: their names come with their data."""
    value = values.get("value") or ""
    return tag == "option" and (value in ZONES or bool(COUNTRY.match(value)))


def outside(text: str, depth: int) -> tuple[str, int]:
    """Return what of the text stands in no brackets, and how many are open at its end."""
    kept = []
    for letter in text:
        if letter == OPEN:
            depth += 1
        elif letter == CLOSE:
            depth = max(0, depth - 1)
        elif depth == 0:
            kept.append(letter)
    return "".join(kept), depth


def unwrapped(page: str, contents: list[str]) -> list[str]:
    """Return the texts of a page that are neither in brackets nor the content of a row."""
    reader = Reader()
    reader.feed(page)
    found = []
    for text in reader.found:
        rest = " ".join(text.split())
        for content in contents:
            rest = rest.replace(content, " ")
        rest = NAMES.sub(" ", ADDRESS.sub(" ", rest))
        if INITIALS.match(rest):
            continue
        if re.search(r"[^\W\d_]{2,}", rest):
            found.append(" ".join(text.split()))
    return found


def contents_of(world: World) -> list[str]:
    """Return what the rows that a page may show hold as free text, the longest first."""
    found: set[str] = set()
    for model, _owner in tables():
        for f in model._meta.concrete_fields:
            is_text = (
                isinstance(f, models.CharField | models.TextField) and not f.choices
            )
            if not is_text or (
                model is User and f.name in ("theme", "density", "password")
            ):
                continue
            manager = getattr(model, "across_teams", model._default_manager)
            found.update(manager.values_list(f.name, flat=True).distinct())
    words = {" ".join(text.split()) for text in found if isinstance(text, str)}
    return sorted((word for word in words if len(word) > 3), key=len, reverse=True)


@pytest.fixture
def brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = Bracketed()
    monkeypatch.setattr(trans_real, "translation", lambda language: catalogue)
    monkeypatch.setattr(trans_real, "_default", catalogue)
    monkeypatch.setattr(trans_real, "_active", trans_real.Local())


@pytest.fixture(scope="module")
def contents(world: World) -> list[str]:
    return contents_of(world)


class TestBrackets:
    def test_stand_around_every_wrapped_text(self, brackets: None) -> None:
        assert gettext("Save") == "⟦Save⟧"
        assert pgettext("verb", "Save") == "⟦Save⟧"
        assert ngettext("one", "many", 2) == "⟦many⟧"

    @pytest.mark.parametrize(
        "page",
        [
            "<p>Members</p>",
            '<input placeholder="Search people">',
            '<button aria-label="Close">×</button>',
            "<p>⟦Members of⟧ this team</p>",
            '<body data-text-undo="Undo it">',
            '<input type="submit" value="Save">',
        ],
    )
    def test_show_an_unwrapped_text(self, page: str) -> None:
        assert unwrapped(page, [])

    @pytest.mark.parametrize(
        "page",
        [
            "<p>⟦Members⟧</p>",
            "<p>⟦Members of <b>Ada</b> and ⟦others⟧⟧</p>",
            "<p>Ada Lovelace, +1 202</p>",
            "<script>let text = 'Members'</script>",
            "<kbd>Ctrl</kbd>",
            "<span>AL</span>",
            "<p>ada@own.example</p>",
        ],
    )
    def test_accept_wrapped_text_and_content(self, page: str) -> None:
        assert unwrapped(page, ["Ada Lovelace"]) == []


@pytest.mark.parametrize("name", pages.names())
def test_every_text_of_the_page_is_wrapped(
    name: str, world: World, harness: Harness, contents: list[str], brackets: None
) -> None:
    """Q4: all text is translatable."""
    shown = [page for page in pages.pages(world.own) if page.name == name]
    found: dict[str, list[str]] = {}
    for page in shown:
        session = world.cookies.get(page.actor, "")
        answers = [harness.browser.send("GET", page.path, session=session)]
        if SAMPLES[name].body is not None:
            answers.append(
                harness.browser.send("POST", page.path, session=session, data={})
            )
        for answer in answers:
            assert answer.status < 500, answer.error
            texts = (
                unwrapped(answer.body, contents)
                if "html" in str(answer.headers)
                else []
            )
            texts += [m for m in answer.messages if unwrapped(f"<p>{m}</p>", contents)]
            if texts:
                found[page.path] = sorted({*found.get(page.path, []), *texts})

    assert found == {}
