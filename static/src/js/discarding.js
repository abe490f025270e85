// A dialog with changes in it asks before it closes: <dialog id="discard">, whose button has data-discard.
import { $, $$, on } from "./dom.js";

let asked = null;

const question = () => $("dialog#discard");
const isChanged = (dialog) => Boolean(dialog && question() && $("form[data-dirty]", dialog));

function ask(event, dialog) {
  event.preventDefault();
  event.stopImmediatePropagation();
  asked = dialog;
  question().showModal();
}

// Escape comes as a key before it comes as a "cancel", which a browser lets through when it is pressed again.
on("keydown", "dialog:modal", (event, dialog) => {
  if (event.key !== "Escape" || event.isComposing || event.defaultPrevented || $(":popover-open", dialog)) return;
  if (isChanged(dialog)) ask(event, dialog);
});
on("cancel", "dialog", (event, dialog) => { if (event.target === dialog && isChanged(dialog)) ask(event, dialog); }, { capture: true });
on("click", "dialog :is([command=close], a[data-close]), dialog[closedby=any]", (event, target) => {
  const dialog = target.closest("dialog");
  if ((target !== dialog || event.target === dialog) && isChanged(dialog)) ask(event, dialog);
}, { capture: true });

on("click", "[data-discard]", () => {
  const dialog = asked;
  asked = null;
  question().close();
  if (!dialog?.isConnected) return;
  for (const form of $$("form[data-dirty]", dialog)) form.reset();
  dialog.close();
});
