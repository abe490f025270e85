// Forms: sent once, missed when left with work in them, and kept when a request fails.
import { $, $$, on, text } from "./dom.js";
import { toast } from "./toasts.js";

// A form is sent once, however often its button is pressed; one of htmx again when the answer is there.
const byHtmx = (form) => form.hasAttribute("hx-post");
document.addEventListener("submit", (event) => {
  if (!("sent" in event.target.dataset)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "post" && !event.defaultPrevented && !byHtmx(form)) form.dataset.sent = "";
});
window.addEventListener("pageshow", () => $$("form[data-sent]").forEach((form) => delete form.dataset.sent));
document.addEventListener("htmx:beforeSend", ({ detail }) => { if (detail.elt.matches("form[hx-post]")) detail.elt.dataset.sent = ""; });
document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.elt.dataset) delete detail.elt.dataset.sent; });

// Ctrl or Cmd and Enter send the form around a text area.
on("keydown", "textarea", (event, area) => {
  if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
  event.preventDefault();
  area.form?.requestSubmit();
});

// A form with data-unsaved, and every form of a dialog, is missed when it goes away with work in it. What was
// refused or did not arrive is work still.
const UNSAVED = "form[data-unsaved], dialog form[method=post]";
on("input", UNSAVED, (_, form) => { form.dataset.dirty = ""; });
on("submit", UNSAVED, (_, form) => { delete form.dataset.dirty; });
on("reset", UNSAVED, (_, form) => { delete form.dataset.dirty; });
document.addEventListener("htmx:afterSwap", ({ target, detail }) => {
  if (detail.xhr?.status === 422 && target.matches?.(UNSAVED)) target.dataset.dirty = "";
});
window.addEventListener("beforeunload", (event) => { if ($("form[data-dirty]")) event.preventDefault(); });

// A request that failed leaves everything as it was and says so.
const failed = (event) => {
  const writes = event.detail.requestConfig?.verb !== "get", form = event.detail.elt;
  if (writes && form?.matches?.(UNSAVED)) form.dataset.dirty = "";
  toast({ text: text(writes ? "Failed" : "NotLoaded"), error: true });
};
for (const type of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(type, failed);

// A new team starts in the zone of the browser that creates it: <select data-guess-zone> that still says UTC.
function guessZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const select of $$("form[data-new] select[data-guess-zone]"))
    if (select.value === "UTC" && $(`option[value="${CSS.escape(zone)}"]`, select)) select.value = zone;
}

// A form that came back with errors starts at the first of them.
const INVALID = "[aria-invalid=true]:not(fieldset)";
document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
  if (detail.xhr?.status === 422) $(INVALID, target)?.focus();
});

export function start() {
  guessZone();
  $(`main ${INVALID}`)?.focus();
}
