// Selected rows: [data-select-root] > [data-select-all], [data-select], [data-bulk], [data-bulk-count], [data-bulk-clear];
// [data-bulk-all] stands in the bar while everybody who matches is selected, not only the rows of the page.
// J and K walk the rows ([data-row]), X selects, Shift selects a range, Escape clears.
import { $, $$, isTyping, live, on, text, visible } from "./dom.js";
import { off } from "./shortcuts.js";

let last = null;

function sync(root) {
  const boxes = $$("[data-select]", root), n = boxes.filter((b) => b.checked).length, all = $("[data-select-all]", root);
  for (const b of boxes) b.closest("tr, li")?.toggleAttribute("data-selected", b.checked);
  if (all) { all.checked = n > 0 && n === boxes.length; all.indeterminate = n > 0 && n < boxes.length; }
  for (const x of $$("[data-bulk]", root)) x.hidden = n === 0;
  for (const x of $$("[data-bulk-count]", root)) x.textContent = n;
  return n;
}
// Another choice ends the selection of everybody: what the bar said of them goes.
function endAll(root) {
  for (const said of $$("[data-bulk-all]", root)) said.parentElement.replaceChildren();
}
const say = (root) => live(text("Selected").replace("%s", sync(root)));

function range(root, from, to, value) {
  const boxes = $$("[data-select]", root), [i, j] = [boxes.indexOf(from), boxes.indexOf(to)].sort((a, b) => a - b);
  if (i >= 0) for (const box of boxes.slice(i, j + 1)) box.checked = value;
}

on("click", "[data-select]", (event, box) => {
  const root = box.closest("[data-select-root]");
  endAll(root);
  if (event.shiftKey && last) range(root, last, box, box.checked);
  last = box;
  say(root);
});
on("change", "[data-select-all]", (_, all) => {
  const root = all.closest("[data-select-root]");
  endAll(root);
  for (const b of $$("[data-select]", root)) b.checked = all.checked;
  say(root);
});
function clear(root) {
  const inBar = document.activeElement?.closest("[data-bulk]"), first = $("[data-select]:checked", root)?.closest("tr, li");
  for (const x of $$("[data-select]", root)) x.checked = false;
  endAll(root);
  say(root);
  if (inBar) $("[data-row]", first ?? root)?.focus();
}
on("click", "[data-bulk-clear]", (_, b) => clear(b.closest("[data-select-root]")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || isTyping(event.target) || $("dialog[open]:modal, :popover-open")) return;
  const root = $("[data-select]:checked")?.closest("[data-select-root]");
  if (root) clear(root);
});

document.addEventListener("keydown", (event) => {
  if (isTyping(event.target) || event.metaKey || event.ctrlKey || event.altKey || $("dialog[open]:modal") || off()) return;
  const key = event.key.toLowerCase(), rows = $$("[data-row]").filter(visible);
  if (!rows.length || !"jkx".includes(key)) return;
  const i = rows.findIndex((r) => r.closest("tr, li") === document.activeElement?.closest?.("tr, li"));
  if (key === "j") rows[Math.min(i + 1, rows.length - 1)].focus();
  if (key === "k") rows[Math.max(i - 1, 0)].focus();
  const box = key === "x" && i >= 0 ? $("[data-select]", rows[i].closest("tr, li")) : null;
  if (!box) return;
  const root = box.closest("[data-select-root]");
  endAll(root);
  if (event.shiftKey && last) range(root, last, box, true);
  else box.checked = !box.checked;
  last = box;
  say(root);
});

document.addEventListener("htmx:afterSwap", ({ target }) => {
  const said = target?.querySelector?.(":scope > [data-bulk-all]"), root = target?.closest?.("[data-select-root]");
  if (!said || !root) return;
  for (const x of $$("[data-select]", root)) x.checked = true;
  sync(root);
  live(said.textContent.trim());
  $("[data-bulk-clear]", root)?.focus();
});

export const start = () => $$("[data-select-root]").forEach(sync);
document.addEventListener("htmx:afterSettle", start);
