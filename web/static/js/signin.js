// The sign-in page: a badge's scan fills the badge, scanned or touched digits fill the PIN, 完成 sends.

import { Wedge } from "./wedge.js";

const form = document.querySelector("[data-sign-in]");
const badge = form.querySelector("[data-badge]");
const pin = form.querySelector("[data-pin]");

function take(code) {
  if (code.startsWith("PBID-")) {
    badge.value = code;
    pin.value = "";
    return;
  }
  const command = code.startsWith("PBCMD-") ? code.slice(6) : "";
  if (/^[0-9]$/.test(command)) pin.value = (pin.value + command).slice(0, 12);
  else if (command === "UNDO") pin.value = pin.value.slice(0, -1);
  else if (command === "DONE") form.requestSubmit();
  else if (!command) badge.value = code;
}

document.querySelector(".digits").addEventListener("click", (event) => {
  const button = event.target.closest("[data-code]");
  if (button) take(button.dataset.code);
});
// No field is focused: a scanner that types into one would have its code taken out of it again.
new Wedge(take);
