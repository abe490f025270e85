// Editing in place: one editor at a time, and by keyboard from field to field of the All fields tab.
// <a data-edits> brings an editor, <form data-editor>; what is typed in it is saved before another one opens.
import { $, $$, on, visible } from "./dom.js";

const PANE = "#contact-fields";
const EDITOR = "form[data-editor]";
const controls = (form) => $$("input:not([type=hidden]), select, textarea", form).filter(visible);

// What was refused is work still, though the form starts from it.
function isChanged(form) {
  return "refused" in form.dataset || controls(form).some((x) => {
    if (x.matches("select")) return [...x.options].findIndex((o) => o.selected) !== Math.max([...x.options].findIndex((o) => o.defaultSelected), 0);
    return x.matches("[type=checkbox], [type=radio]") ? x.checked !== x.defaultChecked : x.value !== x.defaultValue;
  });
}

// Where it goes on when an editor is left: { form, find, opens, xhr }.
let goal = null;
function leave(form, find, opens) {
  goal = { form, find, opens };
  if (isChanged(form)) form.requestSubmit();
  else $("[data-editor-cancel]", form)?.click();
  // What the browser itself refuses is not sent.
  if (goal && !goal.xhr) goal = null;
}
document.addEventListener("htmx:beforeSend", ({ detail }) => {
  if (goal && !goal.xhr && goal.form.contains(detail.elt)) goal.xhr = detail.xhr;
});
document.addEventListener("htmx:afterRequest", ({ detail }) => { if (goal?.xhr === detail.xhr && detail.failed) goal = null; });
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (!goal?.xhr || goal.xhr !== detail.xhr) return;
  const { find, opens } = goal;
  goal = null;
  if (detail.xhr.status !== 200 || $("dialog[open]:modal")) return;
  const link = find();
  if (opens) link?.click();
  else link?.focus();
});

// Another value is edited: the editor that is open is saved or, where nothing was typed, closed first.
document.addEventListener("htmx:confirm", (event) => {
  const link = event.detail.elt;
  if (!link.matches("[data-edits]")) return;
  const open = $$(EDITOR).find((form) => visible(form) && !form.contains(link));
  if (!open) return;
  event.preventDefault();
  leave(open, () => (link.id ? document.getElementById(link.id) : link), true);
});

// The link that edits the field after a row of the All fields tab, or before it; null at the ends.
function beside(row, back) {
  const side = back ? Node.DOCUMENT_POSITION_PRECEDING : Node.DOCUMENT_POSITION_FOLLOWING;
  const links = $$("[data-edits]", row.closest(PANE)).filter((link) => visible(link) && !row.contains(link) && row.compareDocumentPosition(link) & side);
  const id = links.at(back ? -1 : 0)?.id;
  return id ? () => document.getElementById(id) : null;
}

on("keydown", EDITOR, (event, form) => {
  // The options of an open select have keys of their own.
  if (event.isComposing || event.defaultPrevented || event.target.matches("option")) return;
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    goal = null;
    $("[data-editor-cancel]", form)?.click();
  } else if (event.key === "Tab" && form.closest(PANE)) tab(event, form);
  else if (event.key === "Enter" && event.target.matches("select")) {
    event.preventDefault();
    send(form);
  } else if (event.key === "Enter" && event.target.matches("input")) goOn(form);
});

// Tab goes through the controls first; of an address, which can be removed, also through the buttons.
function tab(event, form) {
  const stops = $("button[name=do]", form) ? $$("input:not([type=hidden]), select, textarea, button, a[href]", form).filter(visible) : controls(form);
  if (event.target !== stops.at(event.shiftKey ? 0 : -1)) return;
  const next = beside(form.closest(".prop"), event.shiftKey);
  if (!next) return;
  event.preventDefault();
  leave(form, next, true);
}

// After Enter the next field has the focus.
function goOn(form) {
  const find = form.closest(PANE) && beside(form.closest(".prop"), false);
  goal = find ? { form, find, opens: false } : null;
}
function send(form) {
  goOn(form);
  form.requestSubmit();
}

// An option that is chosen is saved at once, where it is all that the editor asks for. With the arrow keys one
// goes past options: those are chosen by Enter.
let keyed = false;
for (const type of ["keydown", "keypress"]) on(type, `${EDITOR} select`, ({ target }) => { keyed = target.matches("select"); setTimeout(() => { keyed = false; }); });
on("change", `${EDITOR} select`, (_, select) => {
  const { form } = select;
  if (!keyed && controls(form).length === 1 && !("sent" in form.dataset)) form.requestSubmit();
});
