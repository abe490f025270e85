// Toasts. From the server: HX-Trigger: {"toast": {"text": "Contact deleted", "undo": "/undo/…/"}}, or rendered
// with the page as <template data-toast>. They stay eight seconds, errors until dismissed.
import { $, $$, csrf, live, on, text } from "./dom.js";

const SECONDS = 8;

function button(label, classes, attribute) {
  const el = document.createElement("button");
  el.type = "button";
  el.className = `btn btn-xs border-transparent text-inherit ${classes}`;
  el.setAttribute(attribute, "");
  el.textContent = label;
  return el;
}

export function toast({ text: message, undo, error }) {
  const region = $("#toasts");
  const el = document.createElement("div");
  el.className = "pointer-events-auto bg-neutral text-neutral-content shadow-pop rounded-box flex min-h-10 max-w-full items-center gap-3 py-1 ps-4 pe-1.5";
  const words = document.createElement("span");
  words.className = "py-1.5";
  words.textContent = message;
  el.append(words);
  if (undo) {
    const take = button(text("Undo"), "bg-white/15 hover:bg-white/25", "data-toast-undo");
    take.dataset.url = undo;
    el.append(take);
  }
  const close = button("×", "btn-square bg-transparent hover:bg-white/15 text-base", "data-toast-close");
  close.setAttribute("aria-label", text("Dismiss"));
  el.append(close);
  if (error) el.setAttribute("role", "alert");
  else live(undo ? `${message}. ${text("PressZ")}` : message);
  region.append(el);
  while (region.children.length > 3) region.firstChild.remove();
  if (!error) expire(el);
}

function expire(el) {
  let left = SECONDS * 1000, timer, from;
  const run = () => { from = Date.now(); timer = setTimeout(() => el.remove(), left); };
  const hold = () => { clearTimeout(timer); left = Math.max(3000, left - (Date.now() - from)); };
  for (const type of ["mouseenter", "focusin"]) el.addEventListener(type, hold);
  for (const type of ["mouseleave", "focusout"]) el.addEventListener(type, run);
  run();
}

// Undo is a form post, so that the page that follows is what a browser without scripts would see.
function post(url) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = url;
  for (const [name, value] of [["csrfmiddlewaretoken", csrf()], ["next", location.pathname + location.search]]) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

on("click", "[data-toast-undo]", (_, b) => { b.disabled = true; post(b.dataset.url); });
on("click", "[data-toast-close]", (_, b) => b.closest("#toasts > *").remove());
document.addEventListener("toast", (event) => toast(event.detail));

// A page that comes with news was led to by what was pressed: its content has the focus, unless something asks for it.
export function showRendered() {
  const rendered = $$("#toasts template[data-toast]"), active = document.activeElement;
  for (const t of rendered) {
    toast({ text: t.dataset.toast, undo: t.dataset.undo, error: "error" in t.dataset });
    t.remove();
  }
  if (rendered.length && (!active || active === document.body)) $("#main")?.focus({ preventScroll: true });
}
