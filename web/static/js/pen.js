// A signature: strokes of points, both axes from 0 to 1000 of the pad.

export class Pen {
  constructor(pad) {
    this.canvas = pad.querySelector("canvas");
    this.strokes = [];
    this.canvas.addEventListener("pointerdown", (event) => this.down(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => { this.current = null; });
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.canvas);
  }

  down(event) {
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.current = [this.point(event)];
    this.strokes.push(this.current);
    this.draw();
  }

  move(event) {
    if (!this.current) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) this.add(this.point(each));
    this.draw();
  }

  add(point) {
    const last = this.current.at(-1);
    if (Math.abs(point[0] - last[0]) + Math.abs(point[1] - last[1]) >= 3) this.current.push(point);
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const part = (value, length) => Math.max(0, Math.min(1000, Math.round((value / length) * 1000)));
    return [part(event.clientX - box.left, box.width), part(event.clientY - box.top, box.height)];
  }

  clear() {
    this.strokes = [];
    this.current = null;
    this.draw();
  }

  draw() {
    const { width, height } = this.canvas.getBoundingClientRect();
    const scale = devicePixelRatio || 1;
    this.canvas.width = width * scale;
    this.canvas.height = height * scale;
    const ink = this.canvas.getContext("2d");
    ink.scale((width * scale) / 1000, (height * scale) / 1000);
    ink.lineCap = ink.lineJoin = "round";
    for (const stroke of this.strokes) {
      ink.beginPath();
      ink.moveTo(...stroke[0]);
      for (const point of stroke) ink.lineTo(...point);
      if (stroke.length === 1) ink.lineTo(stroke[0][0] + 1, stroke[0][1]);
      ink.save();
      ink.setTransform(1, 0, 0, 1, 0, 0); // an even pen, whatever the pad's shape
      ink.lineWidth = 4 * scale;
      ink.strokeStyle = "#16181d";
      ink.stroke();
      ink.restore();
    }
  }
}
