// Back and reload find the page as it was left: the panes at their place and the focus where it was.
// Kept in the entry of the browser's history, which ends with the tab; nothing goes into its storage.
import { $, $$ } from "./dom.js";

let leavingBack = false;
const panes = () => $$(".scroll-y[id]");
const address = (el) => (el?.id ? `#${CSS.escape(el.id)}` : el?.matches?.("a[href]") ? `a[href="${CSS.escape(el.getAttribute("href"))}"]` : null);

function keep() {
  // After a step back the entry is already the other page's.
  if (leavingBack) return;
  const place = { panes: panes().map((pane) => [pane.id, pane.scrollTop]), focus: address(document.activeElement) };
  history.replaceState({ ...history.state, place }, "");
}

function restore() {
  const place = history.state?.place;
  if (!place || performance.getEntriesByType("navigation")[0]?.type === "navigate") return;
  for (const [id, top] of place.panes) { const pane = document.getElementById(id); if (pane) pane.scrollTop = top; }
  if (place.focus && (!document.activeElement || document.activeElement === document.body)) $(place.focus)?.focus({ preventScroll: true });
}

// htmx answers a step back to an address it pushed by loading the page anew.
window.addEventListener("popstate", (event) => { if (event.state?.htmx) leavingBack = true; });
window.addEventListener("beforeunload", keep);
document.addEventListener("htmx:beforeHistoryUpdate", keep);

// When a swap takes the focused element away and nothing asks for the focus, what replaced it gets it.
// A button that is disabled while its request is under way has lost the focus by then.
let lost = null;
const focused = new WeakMap();
document.addEventListener("htmx:beforeRequest", ({ detail }) => { if (detail.xhr) focused.set(detail.xhr, document.activeElement); });
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { target, xhr } = detail, now = document.activeElement;
  const active = !now || now === document.body ? focused.get(xhr) : now;
  lost = active && active !== document.body && target?.contains?.(active) ? target.id : null;
});
document.addEventListener("htmx:afterSettle", () => {
  if (lost === null) return;
  const place = document.getElementById(lost), gone = !document.activeElement || document.activeElement === document.body;
  lost = null;
  if (!place || !gone || $("dialog[open]:modal")) return;
  const next = place.matches("a[href], button, input, select, textarea, [tabindex]") ? place : $("[data-row], a[href], button, input:not([type=hidden]), select, textarea", place);
  next?.focus();
});

export const start = restore;
