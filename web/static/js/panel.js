// A part of the page that the server draws. New HTML replaces only the parts that differ from
// what the server sent last: a signature half drawn stays while the weight beside it moves, and
// what somebody typed into a form stays in it when the form is drawn anew.

import { play, speak } from "./sound.js";

export class Panel {
  constructor(element, { onSwap = () => {} } = {}) {
    this.element = element;
    this.onSwap = onSwap;
    this.drawn = new Map([...element.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, sourceOf(part)]));
    this.seq = element.querySelector("[data-seq]")?.dataset.seq;
    this.asked = this.shown = 0;
    onSwap();
  }

  // Show the server's answer. Every answer has a turn, so that an old one never hides a new one.
  show(html, turn = ++this.asked) {
    if (turn < this.shown) return;
    this.shown = turn;
    const fresh = new DOMParser().parseFromString(html, "text/html");
    for (const part of fresh.querySelectorAll("[data-part]")) this.swap(part);
    this.announce();
  }

  swap(part) {
    const name = part.dataset.part;
    const source = sourceOf(part);
    if (this.drawn.get(name) === source) return;
    this.drawn.set(name, source);
    const old = this.element.querySelector(`[data-part="${name}"]`);
    const fresh = document.importNode(part, true);
    const typed = old ? typedIn(old) : [];
    old?.replaceWith(fresh);
    putBack(typed, fresh);
    this.onSwap(name);
  }

  announce() {
    const verdict = this.element.querySelector("[data-seq]");
    if (!verdict || verdict.dataset.seq === this.seq) return;
    this.seq = verdict.dataset.seq;
    if (verdict.dataset.sound) play(verdict.dataset.sound);
    if (verdict.dataset.speech) speak(verdict.dataset.speech);
  }

  // Read the panel again; notices that come meanwhile cause one more reading, not many.
  async reread(url) {
    if (this.reading) { this.again = true; return; }
    this.reading = true;
    try {
      do {
        this.again = false;
        const turn = ++this.asked;
        const answer = await fetch(url, { signal: AbortSignal.timeout(10000) });
        if (answer.ok) this.show(await answer.text(), turn);
      } while (this.again);
    } catch {
      // The link's own sign says it; the next connection reads anew.
    } finally {
      this.reading = false;
    }
  }
}

// What the server drew; a form's key is new each time and no difference.
function sourceOf(part) {
  return part.outerHTML.replace(/(name="once" value=")[^"]*/g, "$1");
}

const nameOf = (field) => `${field.form?.getAttribute("action") ?? ""} ${field.name}`;

// The fields that somebody changed, and which of them he is in.
function typedIn(part) {
  const fields = [...part.querySelectorAll("input[name]:not([type=hidden], [type=password]), textarea[name]")];
  return fields
    .filter((field) => field.value !== field.defaultValue || field === document.activeElement)
    .map((field) => ({ name: nameOf(field), was: field.defaultValue, value: field.value, focused: field === document.activeElement }));
}

// A field that the server now fills otherwise than before has news, and these count.
function putBack(typed, part) {
  for (const { name, was, value, focused } of typed) {
    const field = [...part.querySelectorAll("input[name], textarea[name]")].find((one) => nameOf(one) === name);
    if (!field) continue;
    if (field.defaultValue === was) field.value = value;
    field.closest("details")?.setAttribute("open", "");
    if (focused) field.focus();
  }
}
