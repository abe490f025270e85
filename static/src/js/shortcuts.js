// Shortcuts: any element with data-key="l", "g p", "mod+k" or "?". Single keys can be switched off (WCAG 2.1.4).
import { $, $$, isTyping, on, store, visible } from "./dom.js";

let prefix = "", prefixAt = 0;
export const off = () => store.get("shortcuts") === "off";

const keys = (el) => el.dataset.key.split(",").map((key) => key.trim());
// Of several elements with the same key the page's own comes before its frame, and the visible one before a menu's.
function wanted(combo) {
  const hits = $$("[data-key]").filter((el) => keys(el).includes(combo));
  const shown = hits.filter(visible);
  return shown.find((el) => el.closest("main, header")) || shown[0] || hits.find((el) => el.closest("[popover]") || el.hasAttribute("command"));
}

document.addEventListener("keydown", (event) => {
  const mod = event.metaKey || event.ctrlKey;
  if (event.defaultPrevented || event.altKey || (!mod && isTyping(event.target))) return;
  if ($("dialog[open]:modal") || (!mod && off())) return;
  const key = (mod ? "mod+" : "") + event.key.toLowerCase();
  const el = (Date.now() - prefixAt < 900 && wanted(`${prefix} ${key}`)) || wanted(key);
  prefix = key;
  prefixAt = key === "g" ? Date.now() : 0;
  const undo = key === "z" ? $$("#toasts [data-toast-undo]").at(-1) : null;
  if (!el && !undo) return;
  event.preventDefault();
  if (undo) undo.click();
  else if (isTyping(el)) { el.focus(); el.select?.(); }
  else if (el.matches("[role=toolbar]")) $$("button", el).find(visible)?.focus();
  else el.click();
});

on("change", "[data-shortcuts-toggle]", (_, box) => store.set("shortcuts", box.checked ? "on" : "off"));
export function start() {
  for (const box of $$("[data-shortcuts-toggle]")) box.checked = !off();
  if (!/Mac|iPhone|iPad/.test(navigator.userAgent)) for (const k of $$("[data-mod]")) k.textContent = k.textContent.replace("⌘", "Ctrl ");
}
