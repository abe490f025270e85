// Menus: [popover][role=menu] with arrow keys, Home, End and type-ahead; Escape and outside clicks are the browser's.
import { $, $$, on } from "./dom.js";

const items = (menu) => $$("[role^=menuitem]:not([aria-disabled=true])", menu);

document.addEventListener("toggle", (event) => {
  const pop = event.target;
  if (!pop.matches?.("[popover]")) return;
  const open = event.newState === "open";
  for (const b of $$(`[popovertarget="${pop.id}"]:not([popovertargetaction=hide])`)) b.setAttribute("aria-expanded", open);
  if (!open) return;
  if (pop.matches("[role=menu]")) ($("[aria-checked=true]", pop) || items(pop)[0])?.focus();
  else $("[autofocus]", pop)?.focus();
}, true);

on("keydown", "[role=menu]", (event, menu) => {
  const all = items(menu), i = all.indexOf(document.activeElement);
  const to = { ArrowDown: (i + 1) % all.length, ArrowUp: (i - 1 + all.length) % all.length, Home: 0, End: all.length - 1 }[event.key];
  if (to !== undefined) { event.preventDefault(); all[to].focus(); }
  else if (event.key === "Tab") menu.hidePopover();
  else if (event.key.length === 1 && /\S/.test(event.key))
    all.find((x, n) => n > i && x.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  if (event.key !== "Escape") event.stopPropagation();
});

on("click", "[role=menu] [role^=menuitem]", (_, b) => b.closest("[role=menu]").hidePopover());
