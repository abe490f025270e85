// Small helpers. Every behaviour is delegated from document, so it keeps working after htmx swaps.
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

export const on = (type, selector, fn, options) =>
  document.addEventListener(type, (event) => {
    const target = event.target.closest?.(selector);
    if (target) fn(event, target);
  }, options);

export const isTyping = (el) => el?.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true]") ?? false;
export const visible = (el) => el.checkVisibility?.() ?? true;

// What a screen reader is told.
export const live = (text) => {
  const region = $("#live");
  if (!region) return;
  region.textContent = "";
  requestAnimationFrame(() => (region.textContent = text));
};

// Texts come translated from the page: <body data-text-undo="Undo">.
export const text = (name) => document.body.dataset[`text${name}`] ?? "";

export const csrf = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] ?? "";

export const store = {
  get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* private mode */ } },
};
