// What the rest of the page does: panels, the composer, copying, ticking clocks, tab bars, news for screen readers.
import { $, $$, live, on, text, visible } from "./dom.js";
import { toast } from "./toasts.js";

// Panels: [data-panel=id] shows and hides an element.
on("click", "[data-panel]", (event, b) => {
  event.preventDefault();
  const panel = document.getElementById(b.dataset.panel), show = panel.hidden, togglers = $$(`[data-panel="${panel.id}"]`);
  panel.hidden = !show;
  for (const x of togglers) x.setAttribute("aria-expanded", show);
  if (show) ($("input:not([type=hidden]), select, summary", panel) || $("a, button", panel))?.focus();
  else togglers.find(visible)?.focus();
});

// The composer: [data-open=composer] opens the form that [data-composer] is, [data-composer-close] closes it.
// Without scripts the same link leads to a page.
function composer(open) {
  const form = $("[data-composer]");
  if (!form) return;
  form.hidden = !open;
  for (const b of $$("[data-open=composer]")) b.setAttribute("aria-expanded", open);
  (open ? $("textarea", form) : $$("[data-open=composer]").find(visible))?.focus();
}
on("click", "[data-open=composer]", (event) => { if ($("[data-composer]")) { event.preventDefault(); composer(true); } });
on("click", "[data-composer-close]", (event) => { event.preventDefault(); composer(false); });
on("keydown", "[data-composer]", (event) => { if (event.key === "Escape" && !event.isComposing) composer(false); });
document.addEventListener("composer:close", () => composer(false));

on("click", "[data-copy]", async (_, b) => {
  const value = b.dataset.copy || b.closest(".prop, td, li").innerText.trim();
  try { await navigator.clipboard.writeText(value); toast({ text: text("Copied") }); } catch { toast({ text: text("NotCopied"), error: true }); }
});

// Clocks: <time data-clock="Europe/Stockholm"> shows the time there and goes on.
const zones = new Map();
function clock(zone) {
  if (!zones.has(zone)) {
    try { zones.set(zone, new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" })); } catch { zones.set(zone, null); }
  }
  return zones.get(zone);
}
function tick() {
  for (const el of $$("[data-clock]")) {
    const now = clock(el.dataset.clock)?.format(new Date());
    if (now && el.textContent !== now) el.textContent = now;
  }
}
setInterval(tick, 5000);

// A tab bar that scrolls shows the current tab.
function showCurrentTab() {
  for (const tab of $$(".tabbar [aria-current]")) { const bar = tab.closest(".tabbar"); bar.scrollLeft = tab.offsetLeft - bar.clientWidth / 2 + tab.offsetWidth / 2; }
}

document.addEventListener("htmx:afterSettle", (event) => {
  tick();
  showCurrentTab();
  // Something that arrived has news for a screen reader: <p data-announce>.
  const news = event.detail.elt?.querySelector?.("[data-announce]");
  if (news) live(news.textContent.trim());
});

export function start() {
  showCurrentTab();
  tick();
}
