// The bench's page: scans from the keyboard door and from buttons, one panel, one voice.

import { link, show as showLink } from "./link.js";
import { Live } from "./live.js";
import { Panel } from "./panel.js";
import { Pen } from "./pen.js";
import { post } from "./post.js";
import { Scans } from "./scans.js";
import { play, speak, unlock } from "./sound.js";
import { Wedge } from "./wedge.js";

const where = document.body.dataset;
const element = document.getElementById("panel");
let pen = null;

const panel = new Panel(element, {
  onSwap() {
    showLink();
    const pad = element.querySelector("[data-pad]");
    if (pad && pad.firstElementChild !== pen?.canvas) pen = new Pen(pad);
    mirror();
  },
});
const reread = () => panel.reread(where.panel);

// The weight is drawn twice while weighing: large in the task, small at the foot.
function mirror() {
  for (const copy of element.querySelectorAll("[data-mirror]")) {
    const source = element.querySelector(copy.dataset.mirror);
    if (source && copy.textContent !== source.textContent) copy.textContent = source.textContent;
  }
}

const scans = new Scans(where.scan, {
  onAnswer: (html) => panel.show(html),
  onBusy: (busy) => element.classList.toggle("waiting", busy),
  onLost: notRecorded,
});

function notRecorded(lost, error) {
  const box = document.querySelector(".lost");
  const codes = lost.map((each) => each.code).filter(Boolean).join("  ");
  box.querySelector("strong").textContent = "⚡ 没有记录，请看屏幕后重扫";
  box.querySelector("span").textContent = `${error.message}  ${codes}`;
  box.hidden = false;
  play("alarm");
  speak("没有记录，请重扫");
  reread();
}

new Wedge((code) => scans.add({ code }));

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  button.blur(); // else the next scan's Enter would press it again
  if (button.dataset.code) scans.add({ code: button.dataset.code, touch: true });
  if ("padClear" in button.dataset) pen?.clear();
  if ("padSend" in button.dataset) sign();
});

async function sign() {
  try {
    panel.show(await post(where.sign, { strokes: pen?.strokes ?? [] }));
  } catch (error) {
    notRecorded([], error);
  }
}

for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, unlock, true);
new Live(where.topics.split(","), reread, (isOn) => {
  const words = document.querySelector(".lost strong");
  if (!isOn) words.textContent = "⚡ 连接断开：现在扫描不会被记录";
  link(isOn);
});
