"""Q1 over every page: accessible in both themes and sizes, never wider than the screen, usable
with the keyboard alone, and without anything that the security policy or the console objects to.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import ConsoleMessage, Page
from playwright.sync_api import TimeoutError as TookTooLong

from tests.architecture import pages
from tests.e2e.conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.django_db]

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
WIDTHS = (320, 390, 768, 1440)
Problems = dict[str, list[str]]

READY = """() => document.readyState === "complete" && !document.querySelector(".htmx-request")
  && document.fonts.status === "loaded" """

AXE = """async (only) => {
  // Colors on their way to another theme are none that anybody reads.
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  document.getAnimations().forEach((animation) => animation.finish());
  const options = { resultTypes: ["violations"] };
  if (only) options.runOnly = { type: "rule", values: only };
  const { violations } = await axe.run(document, options);
  const told = (v, n) => `${v.id} ${n.target}: ${n.failureSummary}`.replace(/\\s+/g, " ");
  return violations.flatMap((v) => v.nodes.map((n) => told(v, n)));
}"""

# What sticks out, for whoever has to find it.
OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return "";
  const out = [...document.body.querySelectorAll("*")].filter((e) =>
    e.getBoundingClientRect().right > width + 1 && !e.closest("[class*=overflow-x-auto]"));
  return out.slice(-1).map((e) => e.outerHTML.slice(0, 120))[0] || "the document";
}"""

# Everything that can be used now: visible, not switched off, not moved through by arrow keys.
REACHABLE = """() => {
  const roving = "[role=menu] *, [role=listbox] *, [role=tablist] [tabindex='-1']";
  const candidates = document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0'], [contenteditable=true]");
  window.wanted = [...candidates].filter((e) =>
    e.checkVisibility({ visibilityProperty: true }) && !e.disabled && e.type !== "hidden"
    && !e.matches(roving) && !e.closest("[inert]") && e.tabIndex >= 0);
  window.visited = [];
  document.addEventListener("focusin", (event) => {
    const style = getComputedStyle(event.target);
    const ring = [event.target, event.target.closest("label"), event.target.parentElement]
      .filter(Boolean).map((e) => getComputedStyle(e))
      .some((s) => (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0)
        || s.boxShadow !== "none");
    visited.push([event.target, ring]);
  });
  document.activeElement?.blur();
  return wanted.length;
}"""

KEYBOARD = """() => {
  const name = (e) => e.outerHTML.replace(/\\s+/g, " ").slice(0, 110);
  const seen = new Map(visited);
  const group = (e) => e.type === "radio" && wanted.some((other) =>
    other.name === e.name && seen.has(other));
  return {
    unreachable: wanted.filter((e) => !seen.has(e) && !group(e) && e.isConnected).map(name),
    invisible: [...seen].filter(([e, ring]) => !ring && e.id !== "main").map(([e]) => name(e)),
  };
}"""

OPENERS = """(opened) => {
  const seen = new Set(opened), found = [];
  const openers = document.querySelectorAll(
    "[popovertarget], [command=show-modal], [hx-target='#modal']:not(form)");
  for (const e of openers) {
    const key = e.getAttribute("popovertarget") || e.getAttribute("commandfor")
      || (e.getAttribute("hx-get") || "").replace(/\\d+/g, "N");
    if (seen.has(key) || !e.checkVisibility({ visibilityProperty: true, opacityProperty: false })
        || e.disabled || e.closest("[popover], dialog")) continue;
    seen.add(key);
    e.dataset.opener = found.length;
    found.push(key);
  }
  return found;
}"""

OPEN = (
    """() => document.querySelector("dialog[open], [popover]:popover-open") !== null"""
)


@pytest.mark.parametrize("name", pages.names())
def test_page(name: str, site: Site) -> None:
    """Q1: everything works with the keyboard and a screen reader, on a phone, in light and dark."""
    opened: list[str] = []
    problems = [
        f"{page.path}\n    {what}: {problem}"
        for page in pages.pages(site.world.own)
        if page.name == name
        for what, found in look_at(site.tab(page.actor), page.path, opened).items()
        for problem in found
    ]

    assert not problems, "\n" + "\n".join(problems[:40])


def look_at(tab: Page, path: str, opened: list[str]) -> Problems:
    """Return everything that is wrong with a page, by what was asked of it.

    The menus and dialogs in `opened` are left shut, and those that are tried are added to it.
    """
    problems: Problems = defaultdict(list)

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            problems["console"].append(message.text)

    def broke(error: Any) -> None:
        problems["script"].append(str(error))

    tab.on("console", heard)
    tab.on("pageerror", broke)
    try:
        tab.set_viewport_size(DESKTOP)
        tab.emulate_media(color_scheme="light")
        response = tab.goto(path)
        assert response is not None
        if response.status >= 400:
            problems["status"].append(str(response.status))
        tab.wait_for_function(READY)
        tab.evaluate(AXE_SCRIPT)
        problems["axe"] += accessibility(tab)
        problems["overflow"] += overflow(tab)
        tab.set_viewport_size(DESKTOP)
        problems["keyboard"] += keyboard(tab)
        problems["open"] += open_states(tab, opened)
        problems["policy"] += tab.evaluate("refusals")
    finally:
        tab.remove_listener("console", heard)
        tab.remove_listener("pageerror", broke)
    return {what: found for what, found in problems.items() if found}


def accessibility(tab: Page) -> Iterator[str]:
    """Yield what axe finds: everything in light, and contrast again in dark, at both sizes."""
    for size in (DESKTOP, PHONE):
        tab.set_viewport_size(size)
        for theme, only in (("light", None), ("dark", ["color-contrast"])):
            tab.emulate_media(color_scheme=theme)
            for violation in tab.evaluate(AXE, only):
                yield f"{theme} {size['width']}: {violation}"
    tab.emulate_media(color_scheme="light")


def overflow(tab: Page) -> Iterator[str]:
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 844})
        if sticks_out := tab.evaluate(OVERFLOW):
            yield f"at {width}: {sticks_out}"


def keyboard(tab: Page) -> Iterator[str]:
    """Yield what Tab does not reach, and what shows no focus when it does."""
    wanted = tab.evaluate(REACHABLE)
    for _ in range(wanted + 3):
        tab.keyboard.press("Tab")
    for problem, elements in tab.evaluate(KEYBOARD).items():
        for element in elements:
            yield f"{problem}: {element}"
    tab.evaluate("document.activeElement?.blur()")


def open_states(tab: Page, opened: list[str]) -> Iterator[str]:
    """Yield what axe finds in every menu and dialog, and those that Escape does not close."""
    for number, key in enumerate(tab.evaluate(OPENERS, opened)):
        opened.append(key)
        tab.locator(f"[data-opener='{number}']").click()
        try:
            tab.wait_for_function(OPEN)
        except TookTooLong:
            yield f"{key}: opens nothing"
            return
        tab.wait_for_function(READY)
        for theme, only in (("light", None), ("dark", ["color-contrast"])):
            tab.emulate_media(color_scheme=theme)
            for violation in tab.evaluate(AXE, only):
                yield f"{key} in {theme}: {violation}"
        tab.emulate_media(color_scheme="light")
        tab.keyboard.press("Escape")
        if tab.evaluate(OPEN):
            yield f"{key}: Escape does not close it"
            return
