// A part of the page that the server draws. New HTML replaces only the parts that differ from
// what the server sent last: a signature half drawn stays while the weight beside it moves.

import { play, speak } from "./sound.js";

export class Panel {
  constructor(element, { onSwap = () => {} } = {}) {
    this.element = element;
    this.onSwap = onSwap;
    this.drawn = new Map([...element.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part.outerHTML]));
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
    const source = part.outerHTML;
    if (this.drawn.get(name) === source) return;
    this.drawn.set(name, source);
    this.element.querySelector(`[data-part="${name}"]`)?.replaceWith(document.importNode(part, true));
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
