// Dialogs. A link or form with hx-target="#modal" brings a <dialog>; it opens when it arrives and goes when it closes.
// Without scripts the same link leads to a page.
import { $, on } from "./dom.js";

let opener = null;

if (!("commandForElement" in HTMLButtonElement.prototype))
  on("click", "[command][commandfor]", (_, b) => {
    const dialog = document.getElementById(b.getAttribute("commandfor"));
    if (b.getAttribute("command") === "close") dialog.close();
    else dialog.showModal();
  });
on("click", "dialog[closedby=any]", (event, dialog) => {
  if (event.target === dialog && !("closedBy" in HTMLDialogElement.prototype)) dialog.close();
});
// A link that closes its dialog, and leads back to the page where there is none.
on("click", "dialog a[data-close]", (event, link) => { event.preventDefault(); link.closest("dialog").close(); });

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.id === "modal" && !event.target.closest("#modal")) opener = document.activeElement;
});
// Whatever swap is inherited where the link stands: the place of dialogs itself stays.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id === "modal") event.detail.swapOverride = "innerHTML";
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "modal") return;
  const dialog = $("#modal dialog");
  if (!dialog) return;
  if (!dialog.open) dialog.showModal();
  const invalid = $("[aria-invalid=true]", dialog);
  (invalid || $("[autofocus]", dialog))?.focus();
  dialog.addEventListener("close", () => { dialog.remove(); if (opener?.isConnected) opener.focus(); }, { once: true });
});
document.addEventListener("modal:close", () => $("#modal dialog")?.close());
