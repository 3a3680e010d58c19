// Hear what changed, and read the page again. Notices may be lost: on every (re)connection, and
// whenever the page becomes visible, everything is read anew.

const RETRY_MS = 1500;
// The station beats every five seconds. One that hangs or sleeps, or a cable that was pulled, closes
// no connection: what is on the screen is then old, and nothing else tells.
const SILENT_MS = 15000;

export class Live {
  // onChange(topics) reads anew; onLink(isOn) says whether the station can be heard.
  constructor(topics, onChange, onLink) {
    Object.assign(this, { topics, onChange, onLink, source: null });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.open()));
    addEventListener("pagehide", () => this.close());
    if (!document.hidden) this.open();
  }

  open() {
    this.close();
    const source = new EventSource(`/events?topics=${encodeURIComponent(this.topics.join(","))}`);
    this.source = source;
    this.heard();
    source.addEventListener("beat", () => this.heard());
    source.addEventListener("hello", () => { this.heard(); this.onLink(true); this.onChange(this.topics); });
    source.onmessage = (event) => { this.heard(); this.onChange([event.data]); };
    source.onerror = () => {
      this.onLink(false);
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      this.timer = setTimeout(() => this.open(), RETRY_MS);
    };
  }

  // Somebody spoke; if nobody does for long, say so and ask anew.
  heard() {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => { this.onLink(false); this.open(); }, SILENT_MS);
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    this.source?.close();
    this.source = null;
  }
}
