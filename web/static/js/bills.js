// The bills' pages: tick all differences, and the manager's signature.

import { Pen } from "./pen.js";
import { isRecord } from "./records.js";
import { Wedge } from "./wedge.js";

// The page is drawn anew while a bill is worked on, so the table listens from outside.
document.addEventListener("change", ({ target }) => {
  if (!("all" in target.dataset)) return;
  for (const box of target.form.querySelectorAll('input[name="finding"]')) box.checked = target.checked;
});

const sign = document.querySelector("[data-sign]");
if (sign) {
  const pen = new Pen(sign.querySelector("[data-pad]"));
  sign.querySelector("[data-pad-clear]").addEventListener("click", () => pen.clear());
  sign.addEventListener("submit", () => {
    sign.elements.strokes.value = pen.strokes.length ? JSON.stringify(pen.strokes) : "";
  });
}

// A badge that is scanned goes into its field, wherever the cursor is.
const badge = document.querySelector('input[name="badge"]');
if (badge) {
  new Wedge((code) => {
    badge.value = code;
    badge.form.elements.pin.focus();
  }, document, (code) => !isRecord(code));
}
