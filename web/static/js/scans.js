// Scans go to the station one after the other, in their order; each waits for its answer.
// If one is not answered nobody knows whether it counted: what waits behind it is dropped, and
// the packer is told loudly. Nothing is ever sent twice by itself.

import { post } from "./post.js";

export class Scans {
  constructor(url, { onAnswer, onBusy, onLost }) {
    Object.assign(this, { url, onAnswer, onBusy, onLost, waiting: [], running: null });
  }

  add(body) {
    this.waiting.push(body);
    this.running ??= this.run().finally(() => { this.running = null; });
    return this.running;
  }

  async run() {
    while (this.waiting.length) {
      const slow = setTimeout(() => this.onBusy(true), 150);
      try {
        this.onAnswer(await post(this.url, this.waiting[0]));
        this.waiting.shift();
      } catch (error) {
        const lost = this.waiting.splice(0);
        this.onLost(lost, error);
      } finally {
        clearTimeout(slow);
        this.onBusy(false);
      }
    }
  }
}
