// The hands of a newcomer at the simulated bench. Everything shown comes from /state.
const $ = (id) => document.getElementById(id);
const make = (tag, text, attributes = {}) => {
  const node = document.createElement(tag);
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};
const TORN = {
  paper_out: "断纸 paper out", cover_open: "开盖 lid opened", jam: "卡纸 jam", power: "断电 power lost",
  host_gone: "断线 unplugged", rest: "余下半张 the rest", cancelled: "取消 cancelled",
};
let state = {};
let items = [];
let pagesShown = 0;

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

async function act(action, body = {}) {
  try {
    const said = await ask("/" + action, body);
    const unpaid = (said.orders || []).filter((order) => order.status === 0 || order.status >= 400);
    say(unpaid.length ? "打包台没有收下订单 · the station did not take the order" : "", unpaid.length > 0);
  } catch (wrong) {
    say(wrong.message, true);
  }
  await refresh();
}

function say(words, bad) {
  $("said").textContent = words;
  $("said").classList.toggle("bad", Boolean(bad));
}

function showScale(scale) {
  if (!scale) return;
  const grams = scale.shown_grams;
  $("weight").textContent = grams === null ? "------" : (Number(grams) / 1000).toFixed(3) + " kg";
  $("weight-flags").textContent = [
    scale.stable ? "稳定 stable" : "晃动 moving", scale.net ? "净重 net" : "", scale.overload ? "超载 overload" : "",
  ].filter(Boolean).join(" · ");
  $("pan").replaceChildren(...Object.entries(scale.items).map(([name, grams]) => {
    const chip = make("button", `${name} ${grams} g ✕`, { type: "button", title: "拿下 · remove" });
    chip.onclick = () => act("scale/remove", { item: name });
    const entry = make("li", "");
    entry.append(chip);
    return entry;
  }));
}

function showPlugs(wires) {
  for (const place of document.querySelectorAll(".plug")) {
    const name = place.dataset.device;
    const wire = wires[name];
    if (!wire) { place.closest("section").hidden = true; continue; }
    const gone = wire.faults.gone;
    const words = gone ? "线已拔 unplugged" : wire.connected ? "已连接 connected" : "等连接 waiting";
    const label = make("span", words, { class: gone ? "off" : wire.connected ? "on" : "", title: wire.url });
    const button = make("button", gone ? "插回 plug in" : "拔线 pull", { type: "button", "aria-pressed": String(gone) });
    button.onclick = () => act("faults", { [name]: { gone: !gone } });
    place.replaceChildren(label, button);
  }
}

function showPrinter(printer) {
  if (!printer) return;
  const words = [`余纸 ${(printer.mm_left / 1000).toFixed(1)} m`, `出纸 ${printer.pages} 张`];
  if (printer.torn) words.push(`残缺 torn ${printer.torn}`);
  if (printer.paper_out) words.push("没纸 paper out");
  if (printer.cover_open) words.push("盖子开着 lid open");
  if (printer.printing) words.push("正在打印 printing");
  $("paper").textContent = words.join(" · ");
  $("cover").textContent = printer.cover_open ? "合盖 Close lid" : "开盖 Open lid";
  $("cover").setAttribute("aria-pressed", String(printer.cover_open));
  if (printer.pages !== pagesShown) showRoll();
}

async function showRoll() {
  const pages = await ask("/printer/pages");
  pagesShown = pages.length;
  $("roll").replaceChildren(...pages.slice(-12).reverse().map((page) => {
    const entry = make("li", "", page.torn ? { class: "torn" } : {});
    const link = make("a", "", { href: page.url, target: "_blank", rel: "noopener" });
    link.append(make("img", "", { src: page.url, alt: `第 ${page.number} 张 · page ${page.number}`, loading: "lazy" }));
    const scan = make("button", page.codes.length ? "扫这张 Scan" : "读不出 unreadable", { type: "button", title: page.codes.join(" ") });
    scan.disabled = page.codes.length === 0;
    scan.onclick = () => act("scanner/page", { number: page.number });
    entry.append(link, scan, make("span", `#${page.number}` + (page.torn ? ` 残缺：${TORN[page.torn] || page.torn}` : page.blank ? " 白纸 blank" : "")));
    return entry;
  }));
}

function showItems() {
  const wanted = $("filter").value.trim().toLowerCase().split(/\s+/);
  const fits = (item) => wanted.every((word) =>
    `${item.sku} ${item.item_no} ${item.colour} ${item.size} ${item.title} ${item.barcode} ${item.location}`.toLowerCase().includes(word));
  $("items").replaceChildren(...items.filter(fits).slice(0, 60).map((item) => {
    const entry = make("li", "");
    const what = make("div", "", { class: "what" });
    what.append(make("b", `${item.item_no} ${item.colour} ${item.size}`), make("span", `${item.location} · ${item.title} · ${item.grams} g`));
    const scan = make("button", "扫 Scan", { type: "button" });
    scan.onclick = () => act("scanner/scan", { code: item.barcode });
    const put = make("button", "上秤 Weigh", { type: "button" });
    put.onclick = () => act("scale/put", { item: item.sku });
    entry.append(what, scan, put);
    return entry;
  }));
}

function showFaults(menu) {
  for (const place of document.querySelectorAll(".faults")) {
    const name = place.dataset.device;
    place.replaceChildren(...Object.entries(menu[name] || {}).map(([fault, sentence]) => {
      const button = make("button", sentence, { type: "button", "data-fault": fault });
      button.onclick = () => act(`${name}/fault`, { name: fault, on: !(state[name]?.faults || []).includes(fault) });
      return button;
    }));
  }
}

function pressFaults() {
  for (const button of document.querySelectorAll(".faults button")) {
    const on = (state[button.parentElement.dataset.device]?.faults || []).includes(button.dataset.fault);
    button.setAttribute("aria-pressed", String(on));
  }
}

async function refresh() {
  try {
    state = await ask("/state");
    $("offline").hidden = true;
  } catch {
    $("offline").hidden = false;
    return;
  }
  showScale(state.scale);
  showPlugs(state.wires);
  showPrinter(state.printer);
  $("camera").hidden = !state.camera;
  if (state.scanner) $("last").textContent = state.scanner.last || "—";
  $("shop").textContent = `订单 ${state.shop.orders} · 已发货通知 shipped ${state.shop.shipped} · 重复 duplicates ${state.shop.duplicates}`;
  pressFaults();
}

for (const button of document.querySelectorAll("[data-do]")) {
  button.onclick = () => act(button.dataset.do, JSON.parse(button.dataset.body || "{}"));
}
$("cover").onclick = () => act("printer/cover", { open: !state.printer?.cover_open });
$("put").onsubmit = (event) => {
  event.preventDefault();
  act("scale/put", { item: "包裹 parcel", grams: Number(event.target.grams.value) });
};
$("scan").onsubmit = (event) => {
  event.preventDefault();
  act("scanner/scan", { code: event.target.code.value.trim() });
  event.target.code.select();
};
$("filter").oninput = showItems;

items = await ask("/items");
showItems();
showFaults(await ask("/faults"));
await refresh();
setInterval(refresh, 400);
