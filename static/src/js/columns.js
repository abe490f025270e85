// The chooser of columns: a column moves a place up or down in the list before it is sent.
import { live, on } from "./dom.js";

on("click", "[data-move]", (event, button) => {
  const item = button.closest("li"), up = button.dataset.move === "-1";
  const other = up ? item.previousElementSibling : item.nextElementSibling;
  event.preventDefault();
  if (!other) return;
  if (up) other.before(item); else other.after(item);
  button.focus();
  live(`${item.textContent.trim()}: ${[...item.parentElement.children].indexOf(item) + 1}`);
});
