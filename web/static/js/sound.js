// Sounds made on the spot. Each meaning has its own shape, told apart with closed eyes:
// right goes up, wrong goes down, another article buzzes twice, another size wavers, one too many
// counts three, an unknown code asks, an alarm howls.

const TONES = {
  good: [[880, 0, .09], [1320, .08, .12]],
  done: [[660, 0, .1], [880, .1, .1], [1320, .2, .24]],
  info: [[740, 0, .08]],
  warn: [[520, 0, .16], [520, .24, .16]],
  bad: [[220, 0, .3, "square"], [165, .28, .42, "square"]],
  "wrong-item": [[170, 0, .26, "sawtooth"], [170, .34, .4, "sawtooth"]],
  "wrong-size": [[440, 0, .14, "square"], [330, .14, .14, "square"], [440, .28, .14, "square"], [330, .42, .26, "square"]],
  "too-many": [[600, 0, .1, "square"], [600, .16, .1, "square"], [600, .32, .1, "square"], [300, .5, .3, "square"]],
  unknown: [[300, 0, .18, "triangle"], [450, .2, .3, "triangle"]],
  alarm: [[960, 0, .25, "sawtooth"], [640, .25, .25, "sawtooth"], [960, .5, .25, "sawtooth"], [640, .75, .25, "sawtooth"], [960, 1, .25, "sawtooth"], [640, 1.25, .3, "sawtooth"]],
};
export const NAMES = Object.keys(TONES);

let context = null;

// Browsers stay mute until somebody touched the page once.
export function unlock() {
  context ??= window.AudioContext ? new AudioContext() : null;
  if (context?.state === "suspended") context.resume().catch(() => {});
}

export const isMute = () => !context || context.state !== "running";

export function play(name) {
  document.dispatchEvent(new CustomEvent("packbench:sound", { detail: name }));
  unlock();
  if (isMute()) return;
  for (const [pitch, start, length, shape = "sine"] of TONES[name] ?? TONES.info) tone(pitch, start, length, shape);
}

function tone(pitch, start, length, shape) {
  const from = context.currentTime + start;
  const source = context.createOscillator();
  const volume = context.createGain();
  source.type = shape;
  source.frequency.value = pitch;
  volume.gain.setValueAtTime(0, from);
  volume.gain.linearRampToValueAtTime(shape === "sine" ? .5 : .22, from + .012);
  volume.gain.setTargetAtTime(0, from + length - .03, .015);
  source.connect(volume).connect(context.destination);
  source.start(from);
  source.stop(from + length + .1);
}

// Say a short sentence, where the browser has a Chinese voice. A newer sentence cuts an older off.
export function speak(sentence) {
  document.dispatchEvent(new CustomEvent("packbench:speech", { detail: sentence }));
  const voices = window.speechSynthesis?.getVoices() ?? [];
  const voice = voices.find((each) => each.lang.replace("_", "-").startsWith("zh"));
  if (!sentence || !voice) return;
  speechSynthesis.cancel();
  const words = new SpeechSynthesisUtterance(sentence);
  words.voice = voice;
  words.lang = voice.lang;
  words.rate = 1.15;
  speechSynthesis.speak(words);
}
