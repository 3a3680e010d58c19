// The keyboard door: a scanner that types. It works wherever the focus is, also under an input
// method. A burst is a scan if it is fast and long enough; people's typing is left alone.
//
// The physical key (event.code) is read, not what the input method or Caps Lock makes of it:
// scanners type as a US keyboard does. Without a code (virtual keyboards) the character counts.
// Scanners in Alt mode hold Alt and type a sign's number on the keypad; Ctrl+] is the GS1 separator.
// A key within a burst that types nothing becomes LOST: a code is never made shorter.
// A scanner without a suffix is taken after a quiet gap; two of its codes without a gap between
// them cannot be told apart, so set the scanner to send Enter.

export const SLOWEST_MS = 50;   // median time per character; people need more than 80
export const PAUSE_MS = 110;    // in a text field, where people type too, a longer pause ends the burst
export const STALL_MS = 400;    // elsewhere nobody types: a busy computer may stall within a burst
export const QUIET_MS = 130;    // a scanner without suffix: the scan is over
export const SHORTEST = 4;      // characters
const LONGEST = 512;
const LOST = "\ufffd";         // no code holds it, so whatever it stands in is refused
const SEPARATOR = "\u001d";

const SHIFTED = {
  Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:",
  Quote: "'\"", Comma: ",<", Period: ".>", Slash: "/?", Backquote: "`~", Space: "  ",
  Digit1: "1!", Digit2: "2@", Digit3: "3#", Digit4: "4$", Digit5: "5%", Digit6: "6^", Digit7: "7&",
  Digit8: "8*", Digit9: "9(", Digit0: "0)",
};
const NUMPAD = { NumpadDecimal: ".", NumpadAdd: "+", NumpadSubtract: "-", NumpadMultiply: "*", NumpadDivide: "/" };

// What a key without a place on a US keyboard says under an input method or as a dead key.
const MUTE = new Set(["Dead", "Process", "Unidentified"]);

// The character of a key press, "" if it is none.
export function character(event) {
  const code = event.code || "";
  const key = narrow(event.key || "");
  if (/^Key[A-Z]$/.test(code)) return isCapital(event, code[3], key) ? code[3] : code[3].toLowerCase();
  if (code in SHIFTED) return SHIFTED[code][event.shiftKey || key === SHIFTED[code][1] ? 1 : 0];
  if (/^Numpad\d$/.test(code)) return code[6];
  if (code in NUMPAD) return NUMPAD[code];
  return [...key].length === 1 ? key : MUTE.has(key) ? LOST : "";
}

// Shift makes a capital, also under Caps Lock, which scanners do not know. Some senders of keys
// give the capital itself and no Shift.
function isCapital(event, capital, key) {
  return event.shiftKey || (key === capital && !event.getModifierState?.("CapsLock"));
}

// Full-width letters and digits as plain ones: "７７０１" is "7701".
export function narrow(text) {
  return text.replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0)).replace(/\u3000/g, " ");
}

// The sign of a decimal number typed with Alt; above 127 only Unicode is sure, code pages are not.
export function dialledSign(number) {
  const value = Number(number);
  if (value === SEPARATOR.codePointAt(0)) return SEPARATOR;
  const isPlain = value >= 32 && value < 127;
  const isUnicode = (value > 255 && value < 0xd800) || (value > 0xdfff && value <= 0x10ffff);
  return isPlain || isUnicode ? String.fromCodePoint(value) : LOST;
}

// Ctrl+M is Enter and Ctrl+J a line feed to scanners that send control signs as chords.
const isControlSuffix = (event) => event.ctrlKey && !event.altKey && ["KeyM", "KeyJ"].includes(event.code);
const isSuffix = (event) => ["Enter", "NumpadEnter", "Tab"].includes(event.code) || ["Enter", "Tab"].includes(event.key);

function isEditable(element) {
  if (!element || element.readOnly || element.disabled) return false;
  if (element.tagName === "TEXTAREA") return true;
  return element.tagName === "INPUT" && !["button", "submit", "checkbox", "radio", "file", "reset", "range", "color"].includes(element.type);
}

export class Wedge {
  // onScan(code) is called once per scan, in the order of the scans; codes that it does not
  // take stay what they were typed into.
  constructor(onScan, target = document, takes = () => true) {
    this.onScan = onScan;
    this.takes = takes;
    this.target = target;
    this.suffixed = false;
    this.listener = (event) => this.key(event);
    target.addEventListener("keydown", this.listener, true);
    this.forget();
  }

  stop() {
    clearTimeout(this.timer);
    this.target.removeEventListener("keydown", this.listener, true);
  }

  forget() {
    clearTimeout(this.timer);
    this.typed = [];
    this.times = [];
    this.number = "";
    this.field = null;
  }

  key(event) {
    if (event.repeat) return;
    if (event.altKey && !event.ctrlKey && /^Numpad\d$/.test(event.code)) return this.dial(event);
    this.dialled();
    if (isControlSuffix(event)) return this.suffix(event);
    if (event.ctrlKey || event.altKey || event.metaKey) return this.chord(event);
    if (isSuffix(event)) return this.suffix(event);
    const char = character(event);
    if (char && (char !== LOST || this.typed.length)) this.add(char, event);
  }

  // A digit of a sign's number, typed with Alt.
  dial(event) {
    if (!this.number && this.isOver(event)) this.finish();
    if (!this.number) this.dialledAt = event;
    this.number += event.code[6];
    if (!isEditable(event.target)) event.preventDefault();
    this.wait();
  }

  // Alt was let go since: what it dialled is one sign of the burst.
  dialled() {
    if (!this.number) return;
    const number = this.number;
    this.number = "";
    this.add(dialledSign(number), this.dialledAt);
  }

  // Ctrl+] is the GS1 separator. Any other chord is a person's, or within a burst a lost sign.
  chord(event) {
    if (!this.typed.length || this.isOver(event) || !character(event)) return;
    const isSeparator = event.ctrlKey && !event.altKey && event.code === "BracketRight";
    this.add(isSeparator ? SEPARATOR : LOST, event);
  }

  add(char, event) {
    if (this.isOver(event)) this.finish();
    if (!this.typed.length) this.field = remember(event.target);
    // A focused button must not be pressed by a blank inside a code, nor a list jump to a letter.
    if (!this.field && (char !== " " || this.typed.length)) event.preventDefault();
    this.typed.push(char);
    this.times.push(event.timeStamp);
    this.wait();
  }

  wait() {
    clearTimeout(this.timer);
    // A scanner that has sent its suffix once will send it again: wait for it through a stall.
    this.timer = setTimeout(() => this.finish(), this.suffixed ? STALL_MS : QUIET_MS);
  }

  suffix(event) {
    if (this.isOver(event)) this.forget();
    if (!this.isScan() || !this.takes(this.typed.join("").trim())) return this.forget();
    event.preventDefault();
    event.stopImmediatePropagation();
    this.suffixed = true;
    this.finish();
  }

  // True if this key comes too late to belong to what was typed before.
  isOver(event) {
    const pause = event.timeStamp - this.times.at(-1);
    return this.typed.length > 0 && pause > (this.field ? PAUSE_MS : STALL_MS);
  }

  isScan() {
    const count = this.typed.length;
    if (count < SHORTEST || count > LONGEST) return false;
    const gaps = this.times.slice(1).map((at, index) => at - this.times[index]).sort((a, b) => a - b);
    return gaps[gaps.length >> 1] <= SLOWEST_MS;
  }

  finish() {
    this.dialled();
    const scanned = this.isScan() ? this.typed.join("").trim() : "";
    const field = this.field;
    this.forget();
    if (scanned.length < SHORTEST || !this.takes(scanned)) return;
    if (field) restore(field);
    this.onScan(scanned);
  }
}

// What a text field held before the burst, so that the scan can be taken out of it again.
function remember(element) {
  if (!isEditable(element)) return null;
  return { element, value: element.value };
}

function restore({ element, value }) {
  const put = () => {
    if (element.value === value) return;
    element.value = value;
    element.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const focused = document.activeElement === element;
  if (focused) element.blur(); // ends a composition, which would write into the field once more
  put();
  setTimeout(() => { put(); if (focused) element.focus(); }, 0);
}
