// A form that needs a drawn signature: its strokes go along in a hidden field.

import { Pen } from "./pen.js";

const form = document.querySelector("[data-signed]");
const pen = new Pen(form.querySelector("[data-pad]"));
form.querySelector("[data-pad-clear]").addEventListener("click", () => pen.clear());
form.addEventListener("submit", () => {
  form.elements.strokes.value = JSON.stringify(pen.strokes ?? []);
});
