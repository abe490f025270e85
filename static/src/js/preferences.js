// Theme and density: <form data-preferences> is sent without leaving the page, which follows at once.
// The server renders both attributes from what it keeps.
import { $$, on, text } from "./dom.js";
import { toast } from "./toasts.js";

const root = document.documentElement;

function show(name, value) {
  if (name === "theme" && value === "auto") delete root.dataset.theme;
  else root.dataset[name] = value;
  for (const b of $$(`[data-preferences] [name="${name}"]`)) b.setAttribute("aria-checked", b.value === value);
}

on("submit", "form[data-preferences]", async (event, form) => {
  const { submitter } = event;
  if (!submitter) return;
  event.preventDefault();
  const { name, value } = submitter, before = root.dataset[name] ?? "auto", body = new FormData(form);
  body.set(name, value);
  show(name, value);
  try {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
    if (!answer.ok && answer.type !== "opaqueredirect") throw new Error(answer.status);
  } catch {
    show(name, before);
    toast({ text: text("Failed"), error: true });
  }
});
