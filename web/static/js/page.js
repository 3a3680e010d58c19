// Pages beside the bench: read again when their topic changes, unless somebody is typing.

import { link } from "./link.js";
import { Live } from "./live.js";
import { watch } from "./records.js";

const topics = document.body.dataset.topics.split(",").filter(Boolean);
const main = document.querySelector(".main");
let first = true;

// True while somebody types or ticks, or what he wrote must stay.
function isBusy() {
  const focused = document.activeElement;
  if (focused && main.contains(focused) && /^(INPUT|SELECT|TEXTAREA)$/.test(focused.tagName)) return true;
  return main.querySelector("[data-keep]") !== null;
}

async function reread() {
  if (first) { first = false; return; } // the page was drawn a moment ago
  if (isBusy()) return;
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(10000) });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".main");
    if (isBusy()) return; // he began while the answer was on its way
    if (fresh.innerHTML !== main.innerHTML) main.replaceChildren(...document.importNode(fresh, true).childNodes);
  } catch {
    // The link's own sign says it.
  }
}

watch();

if (topics.length) {
  let due = null;
  new Live(topics, () => { due ??= setTimeout(() => { due = null; reread(); }, 400); }, link);
}
