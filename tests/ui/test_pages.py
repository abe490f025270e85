"""Q1 over the markup of every page: one heading, ids that are unique, references that lead
somewhere, and icons that the sprite has.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.architecture import conftest, pages
from tests.architecture.harness import Harness
from tests.architecture.world import World
from tests.ui.test_components import Element, Reader

pytestmark = pytest.mark.django_db

# The two teams and everybody, as the walk over all URLs has them.
world, harness, own_cache = conftest.world, conftest.harness, conftest.own_cache

SPRITE = Path(__file__).resolve().parents[2] / "static/dist/icons.svg"
# Attributes that name other elements of the page.
REFERENCES = (
    "for",
    "aria-labelledby",
    "aria-describedby",
    "aria-controls",
    "popovertarget",
    "commandfor",
    "data-panel",
)


def wrong(found: list[Element], icons: set[str]) -> list[str]:
    """Return what is wrong with the markup of a page."""
    ids = Counter(e["id"] for e in found if e.get("id"))
    problems = [f"{count} elements #{id_}" for id_, count in ids.items() if count > 1]
    problems += [
        f"{name}={one!r} leads nowhere"
        for e in found
        for name in REFERENCES
        for one in e.get(name, "").split()
        if one not in ids
    ]
    shown = {e["href"].rpartition("#i-")[2] for e in found if e.tag == "use"}
    problems += [f"no icon {name!r}" for name in sorted(shown - icons)]
    headings = len([e for e in found if e.tag == "h1"])
    if headings != 1:
        problems.append(f"{headings} main headings")
    return problems


def read(page: str) -> list[Element]:
    reader = Reader()
    reader.feed(page)
    return reader.elements


@pytest.fixture(scope="module")
def icons() -> set[str]:
    """Return the icons of the sprite; `npm run build` makes it anew."""
    return set(re.findall(r'<symbol id="i-([^"]+)"', SPRITE.read_text()))


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("<h1>A</h1><p id=x></p><p id=x></p>", "2 elements #x"),
        ("<h1>A</h1><label for=name></label>", "for='name' leads nowhere"),
        ("<h1>A</h1><use href='/s.svg#i-nope'/>", "no icon 'nope'"),
        ("<p></p>", "0 main headings"),
    ],
)
def test_finds_what_is_wrong(page: str, problem: str, icons: set[str]) -> None:
    assert wrong(read(page), icons) == [problem]


@pytest.mark.parametrize("name", pages.names())
def test_page(name: str, world: World, harness: Harness, icons: set[str]) -> None:
    """Q1: everything works with the keyboard and a screen reader."""
    problems: dict[str, list[str]] = {}
    for page in pages.pages(world.own):
        if page.name != name:
            continue
        session = world.cookies.get(page.actor, "")
        answer = harness.browser.send("GET", page.path, session=session)
        assert answer.status < 500, answer.error
        if "text/html" not in str(answer.headers) or "<html" not in answer.body:
            continue
        if found := wrong(read(answer.body), icons):
            problems[page.path] = found

    assert problems == {}
