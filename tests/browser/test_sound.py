"""What a verdict sounds like: every sound of the words exists, and no two are alike."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from station.domain.screen import Mood
from web import words

pytestmark = pytest.mark.browser

RENDER = """
async () => {
  const made = {};
  const tones = [];
  class Fake {
    constructor() { this.currentTime = 0; this.state = "running"; this.destination = {}; }
    createOscillator() {
      const tone = { frequency: {}, connect: (next) => next, stop() {} };
      tone.start = (at) => { tone.at = at; };
      tones.push(tone);
      return tone;
    }
    createGain() {
      return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {}, setTargetAtTime() {} },
               connect: (next) => next };
    }
  }
  window.AudioContext = Fake;
  const { NAMES, play } = await import("/static/js/sound.js");
  for (const name of NAMES) {
    tones.length = 0;
    play(name);
    made[name] = JSON.stringify(tones.map((tone) => [tone.frequency.value, tone.at, tone.type]));
  }
  return made;
}
"""


@pytest.mark.pain("38")
def test_every_meaning_has_a_sound_of_its_own(page: Page, server: Any) -> None:
    page.goto(f"{server.url}stubs")
    made: dict[str, str] = page.evaluate(RENDER)
    needed = {*words.SOUNDS.values(), *(words.sound_of(mood, "") for mood in Mood)}
    assert needed <= set(made)
    assert len(set(made.values())) == len(made)


def test_a_browser_without_voice_and_sound_is_silent_and_goes_on(page: Page, server: Any) -> None:
    page.goto(f"{server.url}stubs")
    page.evaluate("""async () => {
      delete window.AudioContext; window.AudioContext = undefined;
      Object.defineProperty(window, "speechSynthesis", { value: undefined });
      const { play, speak, isMute } = await import("/static/js/sound.js");
      play("good"); speak("对"); play("no such sound");
      if (!isMute()) throw new Error("not mute");
    }""")
