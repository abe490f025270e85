// The All fields tab: fields are found by name while one types, and Enter saves and goes on to the next.
import { $, $$, on, visible } from "./dom.js";

const PANE = "#contact-fields";
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

on("input", `${PANE} [data-narrow]`, (_, input) => {
  const pane = input.closest(PANE), wanted = fold(input.value.trim());
  for (const section of $$("section", pane)) {
    const rows = $$(".prop", section);
    for (const row of rows) row.hidden = !fold($("dt", row)?.textContent ?? "").includes(wanted);
    section.hidden = rows.every((row) => row.hidden);
  }
  $("[data-narrowed-out]", pane).hidden = $$("section", pane).some((section) => !section.hidden);
});
// Enter in the search goes nowhere: what is found is there already.
on("submit", `${PANE} form[role=search]`, (event, form) => { if ($("[data-narrow]", form)) event.preventDefault(); });

// The link that edits the field behind a row, or "" behind the last one.
const after = (row) => {
  const links = $$("[id^='edit-']", row.closest(PANE)).filter(visible);
  return links.find((link) => row.compareDocumentPosition(link) & Node.DOCUMENT_POSITION_FOLLOWING && !row.contains(link))?.id ?? "";
};
let next = "";
on("keydown", `${PANE} [data-editor] input`, (event, input) => {
  if (event.key === "Enter" && !event.isComposing) next = after(input.closest(".prop"));
});
on("click", `${PANE} [data-editor-cancel]`, () => { next = ""; });
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (!next || detail.requestConfig?.verb !== "post") return;
  const link = detail.xhr?.status === 200 && document.getElementById(next);
  next = "";
  if (link) link.focus();
});
