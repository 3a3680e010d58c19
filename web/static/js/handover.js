// The hand-over's page: scan the pile, type the courier's figures, compare, sign.

import { link, show as showLink } from "./link.js";
import { Live } from "./live.js";
import { Panel } from "./panel.js";
import { Pen } from "./pen.js";
import { post } from "./post.js";
import { isRecord, openRecord } from "./records.js";
import { Scans } from "./scans.js";
import { play, unlock } from "./sound.js";
import { Wedge } from "./wedge.js";

const { base, panel: panelUrl, topics } = document.body.dataset;
const element = document.getElementById("panel");
const find = (selector) => element.querySelector(selector);
let pen = null;
let picked = null; // the line somebody chose to fill in; else the server chooses
let typed = { weight: "", price: "" };
let field = "weight";
let unit = "kg";
let filling = null; // the line that the typed figures belong to
let accepting = null;
const reasons = new Map(); // why a parcel is missing: kept while the table is drawn anew

const panel = new Panel(element, { onSwap: redraw });
const url = () => (picked ? `${panelUrl}${panelUrl.includes("?") ? "&" : "?"}line=${picked}` : panelUrl);
const reread = () => panel.reread(url());

function redraw() {
  showLink();
  const pad = find("[data-pad]");
  if (pad && pad.firstElementChild !== pen?.canvas) pen = new Pen(pad);
  const line = find("[data-line]")?.dataset.line ?? null;
  if (line !== filling) startOver(line);
  for (const input of element.querySelectorAll("[data-missing]")) input.value ||= reasons.get(input.dataset.missing) ?? "";
  showTyped();
}

function startOver(line) {
  filling = line;
  typed = { weight: "", price: "" };
  field = "weight";
}

function showTyped() {
  for (const button of element.querySelectorAll("[data-field]")) {
    const name = button.dataset.field;
    button.querySelector("b").textContent = typed[name];
    button.setAttribute("aria-pressed", String(name === field));
  }
  for (const button of element.querySelectorAll("[data-unit]")) button.setAttribute("aria-pressed", String(button.dataset.unit === unit));
}

function press(digit) {
  const value = typed[field];
  if (digit === "⌫") typed[field] = value.slice(0, -1);
  else if (digit !== "." || !value.includes(".")) typed[field] = (value + digit).slice(0, 8);
  showTyped();
}

async function send(action, body) {
  try {
    const html = await post(`${base}/${action}`, body);
    if (action !== "close") picked = null;
    if (action === "figures") startOver(filling);
    panel.show(html);
    showTyped();
    reread(); // the server chooses the next line
  } catch (error) {
    notRecorded([], error);
  }
}

function figures() {
  if (field === "weight" && typed.weight && !typed.price) {
    field = "price";
    return showTyped();
  }
  return send("figures", { parcel_id: Number(filling), weight: typed.weight, unit, price: typed.price });
}

function close() {
  const missing = [...element.querySelectorAll("[data-missing]")]
    .filter((input) => input.value.trim())
    .map((input) => ({ parcel_id: Number(input.dataset.missing), reason: input.value.trim() }));
  return send("close", { courier: find("[data-courier]").value, phone: find("[data-phone]").value, strokes: pen?.strokes ?? [], missing });
}

function accept() {
  const value = (name) => find(`[data-accept-${name}]`).value;
  const body = { parcel_id: Number(accepting), badge: value("badge"), pin: value("pin"), reason: value("reason") };
  closeDialog();
  return send("accept", body);
}

function openDialog(button) {
  accepting = button.dataset.accept;
  find("[data-accept-no]").textContent = button.dataset.number;
  find("[data-accept-dialog]").showModal();
}

function closeDialog() {
  for (const input of find("[data-accept-dialog]").querySelectorAll("input")) input.value = "";
  find("[data-accept-dialog]").close();
}

const presses = {
  digit: (value) => press(value),
  field: (value) => { field = value; showTyped(); },
  unit: (value) => { unit = value; showTyped(); },
  pick: (value) => { picked = value; startOver(filling); reread(); },
  back: (value) => send("back", { parcel_id: Number(value) }),
  accept: (value, button) => openDialog(button),
  acceptCancel: closeDialog,
  padClear: () => pen?.clear(),
  send: (value) => ({ figures, close, accept })[value](),
};

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  button.blur(); // else the next scan's Enter would press it again
  for (const [name, act] of Object.entries(presses)) {
    if (name in button.dataset) return act(button.dataset[name], button);
  }
});

element.addEventListener("input", ({ target }) => {
  if (target.dataset.missing) reasons.set(target.dataset.missing, target.value);
});

const scans = new Scans(`${base}/scan`, {
  onAnswer: (html) => { picked = null; panel.show(html); },
  onBusy: (busy) => element.classList.toggle("waiting", busy),
  onLost: notRecorded,
});

function notRecorded(lost, error) {
  const box = document.querySelector(".lost");
  box.querySelector("strong").textContent = "⚡ 没有记录，请看屏幕后再做一次";
  box.querySelector("span").textContent = `${error.message}  ${lost.map((each) => each.code).join("  ")}`;
  box.hidden = false;
  play("alarm");
  reread();
}

new Wedge((code) => {
  if (isRecord(code)) openRecord(code);
  else if (find("[data-accept-dialog]")?.open) find("[data-accept-badge]").value = code;
  else scans.add({ code });
});
for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, unlock, true);
new Live(topics.split(","), reread, link);
