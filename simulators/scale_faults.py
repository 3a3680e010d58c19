"""What can be wrong with a scale itself, each with the sentence that the bench page shows.

``SPOILERS`` are the faults of single frames: a frame goes in, what is said instead comes out. The
others change what the display shows or when the scale speaks, and live in ``scale``. ``script``
deals faults out over time by a seed, so that a bad day can be had again.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class ScaleFault(StrEnum):
    """What can be wrong with the scale itself (the cable has a menu of its own)."""

    FROZEN = "frozen"
    WRONG_CHECKSUM = "wrong_checksum"
    TRUNCATED = "truncated"
    GARBAGE = "garbage"
    POUNDS = "pounds"
    TARE_LEFT_ON = "tare_left_on"
    LYING_STABLE = "lying_stable"
    NEVER_STABLE = "never_stable"
    SILENT = "silent"
    LATE = "late"
    DRIFT = "drift"
    NEGATIVE = "negative"
    OVERLOAD = "overload"
    HALF_WEIGHT = "half_weight"
    SIGN_LOST = "sign_lost"
    STUTTER = "stutter"
    RUN_TOGETHER = "run_together"
    HEAD_LOST = "head_lost"
    DIGIT_LOST = "digit_lost"
    DIGIT_DOUBLED = "digit_doubled"
    DIGIT_FLIPPED = "digit_flipped"
    PARITY_ON = "parity_on"
    WRONG_SPEED = "wrong_speed"
    CATTY = "catty"
    BLANK_UNIT = "blank_unit"
    COUNTING = "counting"
    TARE_FRAMES = "tare_frames"
    CHATTER = "chatter"
    ZERO_FLICKER = "zero_flicker"
    SELDOM = "seldom"
    BURSTS = "bursts"
    RESTARTING = "restarting"

    @property
    def sentence(self) -> str:
        """What it means, in the shop's words."""
        return SENTENCES[self]


SENTENCES = {
    ScaleFault.FROZEN: "显示卡住不变 · the last value is repeated for ever, flagged stable",
    ScaleFault.WRONG_CHECKSUM: "校验错误 · one character of every frame is another",
    ScaleFault.TRUNCATED: "帧被截断 · every second frame lacks its end",
    ScaleFault.GARBAGE: "乱码 · random bytes between the frames",
    ScaleFault.POUNDS: "单位变成磅 · somebody pressed the unit key: pounds",
    ScaleFault.TARE_LEFT_ON: "忘记清皮 · 500 g of tare were left on",
    ScaleFault.LYING_STABLE: "谎报稳定 · says stable while it moves",
    ScaleFault.NEVER_STABLE: "一直不稳 · wind or vibration: never stable",
    ScaleFault.SILENT: "没有声音 · the scale says nothing",
    ScaleFault.LATE: "迟到 · everything comes 1.5 s late",
    ScaleFault.DRIFT: "漂移 · creeps by 8 g a second",
    ScaleFault.NEGATIVE: "负数 · the pan was lifted: below zero",
    ScaleFault.OVERLOAD: "超载 · says overload whatever lies on it",
    ScaleFault.HALF_WEIGHT: "压住一半 · the parcel leans on the wall: half its weight",
    ScaleFault.SIGN_LOST: "负号丢失 · the minus sign is not sent",
    ScaleFault.STUTTER: "重复发送 · every frame comes twice, the second one cut",
    ScaleFault.RUN_TOGETHER: "帧粘在一起 · the line ends are not sent",
    ScaleFault.HEAD_LOST: "帧头丢失 · the first bytes of every second frame are lost",
    ScaleFault.DIGIT_LOST: "丢一位数字 · every third frame lacks a digit",
    ScaleFault.DIGIT_DOUBLED: "多一位数字 · every third frame has a digit twice",
    ScaleFault.DIGIT_FLIPPED: "错一位数字 · every fifth frame has another digit",
    ScaleFault.PARITY_ON: "多出校验位 · 7 bits with parity on a line read at 8",
    ScaleFault.WRONG_SPEED: "波特率不对 · the bytes of another speed",
    ScaleFault.CATTY: "单位变成港斤 · somebody pressed the unit key: Hong Kong catties",
    ScaleFault.BLANK_UNIT: "没有单位 · the unit is blank",
    ScaleFault.COUNTING: "计数方式 · somebody pressed the counting key: pieces",
    ScaleFault.TARE_FRAMES: "夹着皮重 · every second frame tells the tare",
    ScaleFault.CHATTER: "夹着别的文字 · headings and clocks between the frames",
    ScaleFault.ZERO_FLICKER: "偶尔闪零 · every twelfth frame shows zero",
    ScaleFault.SELDOM: "很少说话 · one frame in two seconds",
    ScaleFault.BURSTS: "积压后一起发 · keeps three seconds of frames, then sends all",
    ScaleFault.RESTARTING: "反复重启 · starts again every four seconds",
}

NUMBER = re.compile(rb"\d+\.?\d*")
UNIT = re.compile(rb"(kg|lb|g)(?=\s*$)")
Spoil = Callable[[bytes, random.Random, int], bytes]


def _on_every(count: int, change: Callable[[bytes, random.Random], bytes]) -> Spoil:
    """Spoil one frame in so many and leave the others."""
    return lambda frame, chance, number: frame if number % count else change(frame, chance)


def _flip_any(frame: bytes, chance: random.Random, _number: int) -> bytes:
    if len(frame) <= 2:
        return frame
    place = chance.randrange(1, len(frame) - 1)
    return frame[:place] + bytes([frame[place] ^ 0x01]) + frame[place + 1:]


def _cut(frame: bytes, chance: random.Random) -> bytes:
    return frame[:chance.randrange(1, len(frame))] if len(frame) > 1 else frame


def _digit_at(frame: bytes, chance: random.Random) -> int | None:
    places = [at for at, byte in enumerate(frame) if 0x30 <= byte <= 0x39]
    return chance.choice(places) if places else None


def _lose_digit(frame: bytes, chance: random.Random) -> bytes:
    at = _digit_at(frame, chance)
    return frame if at is None else frame[:at] + frame[at + 1:]


def _double_digit(frame: bytes, chance: random.Random) -> bytes:
    at = _digit_at(frame, chance)
    return frame if at is None else frame[:at + 1] + frame[at:]


def _flip_digit(frame: bytes, chance: random.Random) -> bytes:
    at = _digit_at(frame, chance)
    if at is None:
        return frame
    other = (frame[at] - 0x30 + chance.randrange(1, 10)) % 10 + 0x30
    return frame[:at] + bytes([other]) + frame[at + 1:]


def _zeroed(frame: bytes, _chance: random.Random) -> bytes:
    return NUMBER.sub(lambda found: re.sub(rb"\d", b"0", found[0]), frame)


def _other_speed(frame: bytes, chance: random.Random, _number: int) -> bytes:
    return bytes(chance.choice((0x00, 0x80, 0xF8, 0x78, 0xE0, 0x9E, 0xFE)) for _ in frame[::2])


def _unit(other: bytes) -> Spoil:
    """Write another unit in the same place; frames without a unit stay."""
    def change(frame: bytes, _chance: random.Random, _number: int) -> bytes:
        return UNIT.sub(lambda found: other.ljust(len(found[0])), frame)

    return change


def _tare(frame: bytes, _chance: random.Random) -> bytes:
    return frame.replace(b",GS,", b",TR,").replace(b",NT,", b",TR,")


CHATTER = (b"  GROSS WEIGHT\r\n", b"2026-11-23 10:00:15\r\n", b"NO. 0042\r\n", b"\r\n")
"""What a scale prints besides: headings, a clock, a running number."""

SPOILERS: Mapping[ScaleFault, Spoil] = {
    ScaleFault.CATTY: _unit(b"hkg"),
    ScaleFault.BLANK_UNIT: _unit(b"  "),
    ScaleFault.COUNTING: _unit(b"PCS"),
    ScaleFault.TARE_FRAMES: _on_every(2, _tare),
    ScaleFault.ZERO_FLICKER: _on_every(12, _zeroed),
    ScaleFault.DIGIT_LOST: _on_every(3, _lose_digit),
    ScaleFault.DIGIT_DOUBLED: _on_every(3, _double_digit),
    ScaleFault.DIGIT_FLIPPED: _on_every(5, _flip_digit),
    ScaleFault.WRONG_CHECKSUM: _flip_any,
    ScaleFault.HEAD_LOST: _on_every(2, lambda frame, chance: frame[chance.randrange(1, 6):]),
    ScaleFault.TRUNCATED: _on_every(2, _cut),
    ScaleFault.STUTTER: lambda frame, chance, _: frame + _cut(frame, chance),
    ScaleFault.RUN_TOGETHER: lambda frame, *_: frame.rstrip(b"\r\n"),
    ScaleFault.CHATTER: lambda frame, chance, _: chance.choice(CHATTER) + frame,
    ScaleFault.GARBAGE: lambda frame, chance, _: chance.randbytes(chance.randrange(1, 9)) + frame,
    ScaleFault.SELDOM: lambda frame, _, number: b"" if number % 20 else frame,
    ScaleFault.PARITY_ON: lambda frame, *_: bytes(
        byte | (byte.bit_count() % 2) << 7 for byte in frame),
    ScaleFault.WRONG_SPEED: _other_speed,
}
"""What becomes of a frame, in the order in which several faults are applied."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One fault that is switched on or off at a second of the script."""

    at: float
    fault: ScaleFault
    on: bool


def script(
    seed: int, seconds: float, *, lasting: float = 6.0,
    faults: Sequence[ScaleFault] = tuple(ScaleFault),
) -> list[Turn]:
    """A bad day by its seed: faults that come and go, one after the other, with pauses between."""
    chance = random.Random(seed)
    turns: list[Turn] = []
    at = chance.uniform(1.0, lasting)
    while at < seconds:
        fault, until = chance.choice(faults), at + chance.uniform(1.0, lasting)
        turns += [Turn(at, fault, on=True), Turn(until, fault, on=False)]
        at = until + chance.uniform(1.0, lasting)
    return turns
