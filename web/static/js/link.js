// Whether the station can be heard: the small sign at the top, and the loud one over everything.

let off = null;
const LOUD_AFTER_MS = 1200; // a page that reloads or a server that restarts is no alarm

export function link(isOn) {
  const lost = document.querySelector(".lost");
  if (isOn) {
    clearTimeout(off);
    off = null;
    if (lost) lost.hidden = true;
  } else { // every attempt that fails says so again: the first one's clock runs on
    off ??= setTimeout(() => { if (lost) lost.hidden = false; }, LOUD_AFTER_MS);
  }
  document.body.classList.toggle("unheard", !isOn);
  show(isOn ? "on" : "off");
}

let state = "wait";
const WORDS = { wait: "… 连接中", on: "● 在线", off: "■ 断开" };

// Also called after a swap: the server does not know how the link is.
export function show(next = state) {
  state = next;
  for (const sign of document.querySelectorAll("[data-link]")) {
    sign.dataset.link = state;
    sign.textContent = WORDS[state];
  }
}
