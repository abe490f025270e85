// The All fields tab: fields are found by name while one types.
import { $, $$, on } from "./dom.js";

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
