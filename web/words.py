"""Words for people: every code of the station as a sentence, Chinese first and English beside.

The sentences live in translations/zh.toml and en.toml. ``{fact}`` is filled with the message's
fact, a ``[part in brackets]`` is left out when one of its facts is missing. A fact's name says its
unit: ``_g`` grams, ``_mm`` millimetres, ``_fen`` money; a fact that is itself a code (a carrier, a
state, a reason) is said in words.
"""

from __future__ import annotations

import re
import tomllib
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import count
from time import time_ns

from station.domain.refusals import Code, Refusal
from station.domain.screen import DeviceView, Mood, Verdict
from station.domain.vocabulary import FURTHER, Message
from web import show

Facts = Mapping[str, str | int]

_PART = re.compile(r"\[([^\[\]]*)\]")
_FACT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Words:
    """One message said: on the screen in both languages, and aloud in a short Chinese sentence."""

    code: str
    zh: str
    en: str
    speech: str


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict ready for the screen: words, the sign beside the colour, and the sound's name."""

    mood: str
    icon: str
    sign: Words
    words: Words
    sound: str
    seq: int


ICONS: dict[Mood, str] = {
    Mood.GOOD: "✓", Mood.DONE: "★", Mood.INFO: "i", Mood.WARN: "!", Mood.BAD: "✗", Mood.ALARM: "■",
}
"""A shape for each mood, so that colour is never the only sign."""

SOUNDS: dict[str, str] = {
    Code.ITEM_WRONG: "wrong-item",
    Code.ITEM_REFUNDED: "wrong-item",
    Code.ITEM_WRONG_SIZE: "wrong-size",
    Code.ITEM_WRONG_COLOR: "wrong-size",
    Code.MEASURE_OFF: "wrong-size",
    Code.ITEM_TOO_MANY: "too-many",
    Code.ITEM_UNKNOWN: "unknown",
    Code.BENCH_UNKNOWN_CODE: "unknown",
    Code.BENCH_UNKNOWN_COMMAND: "unknown",
    Code.BENCH_NO_READ: "unknown",
    Code.BENCH_SEVERAL_LABELS: "unknown",
    Code.WAYBILL_UNKNOWN: "unknown",
}
"""Sounds of the "no"s that a packer must tell apart without looking; others sound by their mood."""

_MOOD_SOUNDS = {
    Mood.GOOD: "good", Mood.DONE: "done", Mood.INFO: "info",
    Mood.WARN: "warn", Mood.BAD: "bad", Mood.ALARM: "alarm",
}


def sentences(language: str) -> Mapping[str, str]:
    """All sentences of "zh" or "en", or what is said aloud ("speech"), by code."""
    found = _sentences(language)
    own = {f"carrier.{code}": str(code) if language == "en" else one.names[0]
           for code, one in FURTHER.items()}
    return ChainMap(own, found) if own else found


@cache
def _sentences(language: str) -> dict[str, str]:
    if language == "speech":
        return _table("zh")["speech"]
    return _table(language)["words"]


def _table(language: str) -> dict[str, dict[str, str]]:
    source = files("web").joinpath("translations").joinpath(f"{language}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def known(code: str) -> bool:
    """True if there are words for this code."""
    return code in sentences("zh")


def say(message: Message | Refusal | str) -> Words:
    """The words of a message, a refusal or a bare code. A code without words is shown as it is."""
    code, facts = _parts(message)
    zh = _fill(sentences("zh").get(code, code), facts, "zh")
    aloud = sentences("speech").get(code)
    return Words(
        code=code,
        zh=zh,
        en=_fill(sentences("en").get(code, code), facts, "en"),
        speech=zh if aloud is None else _fill(aloud, facts, "zh"),
    )


def unsaid(message: Message | Refusal | str) -> list[str]:
    """What a message knows beside what its sentence says: a damaged cell as it was read, say."""
    code, facts = _parts(message)
    said = set(_FACT.findall(sentences("zh").get(code, "")))
    return [str(value) for name, value in facts.items() if name not in said and value != ""]


_SEQ = count(time_ns())
"""Numbers verdicts, so that each is heard once; a restart goes on behind the last."""


def numbered(mood: Mood, said: Message | Refusal) -> Verdict:
    """An answer as a verdict with a number of its own, for pages that have no bench to count."""
    message = said if isinstance(said, Message) else Message(str(said.code), dict(said.facts))
    return Verdict(mood, message, next(_SEQ))


def tell(verdict: Verdict) -> Told:
    """A verdict with everything the screen and the loudspeaker need."""
    return Told(
        mood=str(verdict.mood),
        icon=ICONS[verdict.mood],
        sign=say(f"mood.{verdict.mood}"),
        words=say(verdict.message),
        sound=sound_of(verdict.mood, verdict.message.code),
        seq=verdict.seq,
    )


def sound_of(mood: Mood, code: str) -> str:
    """The name of the sound in static/js/sound.js."""
    if mood is Mood.ALARM:
        return "alarm"
    return SOUNDS.get(code) or _MOOD_SOUNDS[mood]


def device_says(device: DeviceView) -> str:
    """The code of what is the matter with a device: its detail in words, else its state."""
    detail = f"device.{device.detail}"
    return detail if device.detail and known(detail) else f"device_state.{device.state}"


def device_help(device: DeviceView) -> str:
    """The code of what to do about it: by the kind of device, by what is wrong, or by its state."""
    codes = (f"device_help.{device.kind}.{device.state}", f"device_help.{device.detail}")
    return next(filter(known, codes), f"device_help.{device.state}")


def _parts(message: Message | Refusal | str) -> tuple[str, Facts]:
    if isinstance(message, str):
        return message, {}
    return str(message.code), message.facts or {}


def _fill(sentence: str, facts: Facts, language: str) -> str:
    """The sentence with its facts; brackets whose facts are missing disappear."""
    def part(match: re.Match[str]) -> str:
        names = _FACT.findall(match[1])
        return match[1] if all(_given(facts, name) for name in names) else ""

    def fact(match: re.Match[str]) -> str:
        name = match[1]
        return _value(name, facts, language) if _given(facts, name) else "…"

    if "[" in sentence:
        sentence = _PART.sub(part, sentence)
    return _FACT.sub(fact, sentence)


def _given(facts: Facts, name: str) -> bool:
    return facts.get(name) not in (None, "")


_UNITS = {"_g": show.grams, "grams": show.grams, "mm": show.centimetres, "_fen": show.yuan}


def _value(name: str, facts: Facts, language: str) -> str:
    """One fact in words; a code's own sentence is filled with the other facts beside it."""
    value = facts[name]
    for suffix, unit in _UNITS.items():
        if name.endswith(suffix) and isinstance(value, int):
            return unit(value)
    words = sentences(language)
    head, colon, rest = str(value).partition(":")
    if name == "trouble":  # a device's or system's own text helps nobody in the shop
        codes = (f"trouble.{head}", f"device.{head}", "trouble.other")
        return _fill(words[next(code for code in codes if code in words)], {}, language)
    for code in (f"{name}.{head}", head):
        if "." in code and code in words:
            others = {key: fact for key, fact in facts.items() if key != name}
            said = _fill(words[code], others, language)
            return f"{said} {rest}" if colon else said
    return str(value)
