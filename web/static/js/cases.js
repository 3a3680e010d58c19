// The pages of cases: scans open and continue them, the courier signs.

import { link, show as showLink } from "./link.js";
import { Live } from "./live.js";
import { Panel } from "./panel.js";
import { Pen } from "./pen.js";
import { NotRecorded, post } from "./post.js";
import { isRecord, openRecord } from "./records.js";
import { Scans } from "./scans.js";
import { play, unlock } from "./sound.js";
import { Wedge } from "./wedge.js";

const { base, panel: panelUrl, topics, order = "" } = document.body.dataset;
const element = document.getElementById("panel");
const find = (selector) => element.querySelector(selector);
let pen = null;

const panel = new Panel(element, { onSwap: redraw });
const reread = () => (panelUrl ? panel.reread(panelUrl) : undefined);

function redraw() {
  showLink();
  const pad = find("[data-pad]");
  if (pad && pad.firstElementChild !== pen?.canvas) pen = new Pen(pad);
}

// The answer to a scan: the panel anew, or another page to go to.
function answer(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const go = fresh.querySelector("[data-go]")?.dataset.go;
  if (go) return location.assign(go);
  panel.show(html);
}

const scans = new Scans(`${base}/scan`, {
  onAnswer: answer,
  onBusy: (busy) => element.classList.toggle("waiting", busy),
  onLost: notRecorded,
});

const scan = (code) => scans.add({ code, order_no: order });

async function sign() {
  try {
    const body = { courier: find("[data-courier]").value, strokes: pen?.strokes ?? [] };
    panel.show(await post(`${base}/sign`, body));
  } catch (error) {
    if (!(error instanceof NotRecorded)) throw error;
    notRecorded([], error);
  }
}

function notRecorded(lost, error) {
  const box = document.querySelector(".lost");
  box.querySelector("strong").textContent = "⚡ 没有记录，请看屏幕后再做一次";
  box.querySelector("span").textContent = `${error.message}  ${lost.map((each) => each.code).join("  ")}`;
  box.hidden = false;
  play("alarm");
  reread();
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || button.form) return;
  button.blur(); // else the next scan's Enter would press it again
  if ("code" in button.dataset) scan(button.dataset.code);
  else if ("padClear" in button.dataset) pen?.clear();
  else if (button.dataset.send === "sign") sign();
});

// A field that lists goods takes them from the scanner while somebody is in it. The keyboard door
// puts a field back as it was before the burst, so the code is added when that is done.
let taking = null;
for (const touch of ["focusin", "pointerdown"]) {
  addEventListener(touch, ({ target }) => { taking = target.closest?.("[data-takes-scans]") ?? null; }, true);
}

new Wedge((code) => {
  if (isRecord(code)) return openRecord(code);
  const field = taking;
  if (!field?.isConnected || code.startsWith("PB")) return scan(code);
  setTimeout(() => { field.value = `${field.value} ${code}`.trim(); }, 0);
});
for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, unlock, true);
if (topics) new Live(topics.split(","), reread, link);
