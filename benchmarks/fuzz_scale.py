"""Damaged scale frames: how many give a wrong weight, and does the next frame but one arrive?

Each trial is a stream of its own: good frames, one damaged, good frames, in random chunks. A
wrong weight is one that no frame of the stream carried. Run ``python benchmarks/fuzz_scale.py
--frames 1000000 --seed 1``; the tests run a few thousand.

A flipped bit that turns one digit into another cannot be seen in one frame without a check: it is
counted apart, and answered by the station, which wants several readings that agree.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import xor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from drivers.registry import SCALES

DAMAGES = ("flip", "lose", "insert", "merge", "cut", "noise")
BEFORE, AFTER = 3, 3


def _checked(body: bytes) -> bytes:
    return body + b"%02X" % reduce(xor, body, 0)


def _parity(frame: bytes) -> bytes:
    return bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in frame)


ENCODERS: dict[str, tuple[str, bool, Callable[[int], bytes]]] = {
    # what is sent: the protocol, whether a check or parity shows a flipped digit, grams -> bytes
    "excell": ("st-gs", False, lambda n: b"ST,GS,+%03d.%03dkg\r\n" % divmod(n, 1000)),
    "bison": ("st-gs", False, lambda n: b"ST,GS,+%4d.%03d  kg\r\n" % divmod(n, 1000)),
    "nhb": ("st-gs", False, lambda n: b"ST,GS  %4d.%01dg  \r\n" % divmod(n % 99999, 10)),
    "8217": ("toledo-8217", False, lambda n: b"\x02%02d.%03d\r" % divmod(n % 99999, 1000)),
    "8217-parity": (
        "toledo-8217", True, lambda n: _parity(b"\x02%02d.%03d\r" % divmod(n % 99999, 1000))),
    "yaohua": ("yaohua-continuous", True, lambda n: b"\x02" + _checked(b"+%06d3" % n) + b"\x03"),
    "yaohua-ww": ("yaohua-a12-ww", False, lambda n: b"ww%03d.%03dkg\r\n" % divmod(n, 1000)),
    "yaohua-wg": (
        "yaohua-a12-wg", True,
        lambda n: _checked(b"WG%03d.%03dkg" % divmod(n, 1000)) + b"\r\n"),
}


@dataclass
class Score:
    """What happened to the damaged streams of one encoder."""

    trials: int = 0
    wrong: int = 0
    digit_flips: int = 0
    late: int = 0


def damage(frame: bytes, kind: str, chance: random.Random) -> bytes:
    """Return the frame as a bad line would deliver it."""
    at = chance.randrange(len(frame))
    if kind == "flip":
        return frame[:at] + bytes([frame[at] ^ 1 << chance.randrange(8)]) + frame[at + 1:]
    if kind == "lose":
        return frame[:at] + frame[at + 1:]
    if kind == "insert":
        return frame[:at] + bytes([chance.randrange(256)]) + frame[at:]
    if kind == "merge":
        return frame.rstrip(b"\r\n\x03\x8d")
    if kind == "cut":
        return frame[:at] if chance.random() < 0.5 else frame[at:]
    return bytes(chance.randrange(256) for _ in range(chance.randrange(40)))


def chunks(stream: bytes, chance: random.Random) -> Iterator[bytes]:
    """Cut a stream anywhere."""
    while stream:
        size = chance.randrange(1, 40)
        yield stream[:size]
        stream = stream[size:]


def trial(name: str, kind: str, chance: random.Random, score: Score) -> None:
    """Send one stream with one damaged frame and take note of what is read."""
    protocol, _, encode = ENCODERS[name]
    frames = [encode(chance.randrange(1, 99999)) for _ in range(BEFORE + 1 + AFTER)]
    truth = [_truth(protocol, frame) for frame in frames]
    broken = damage(frames[BEFORE], kind, chance)
    stream = b"".join([*frames[:BEFORE], broken, *frames[BEFORE + 1:]])
    decoder = SCALES[protocol].build({"unit": "kg"} if "ww" not in name else {})
    read = [
        reading.value for chunk in chunks(stream, chance) for reading in decoder.feed(chunk)
        if reading.value is not None
    ]
    score.trials += 1
    if any(value not in truth for value in read):
        same_shape = len(broken) == len(frames[BEFORE])
        if kind == "flip" and same_shape:
            score.digit_flips += 1
        else:
            score.wrong += 1
    score.late += Counter(read)[truth[BEFORE + 2]] == 0


def _truth(protocol: str, frame: bytes) -> Decimal | None:
    (reading,) = SCALES[protocol].build({}).feed(frame)
    return reading.value


def run(trials: int, seed: int) -> dict[tuple[str, str], Score]:
    """Run ``trials`` streams, spread over every encoder and kind of damage."""
    chance = random.Random(seed)
    scores = {(name, kind): Score() for name in ENCODERS for kind in DAMAGES}
    cases = list(scores)
    for number in range(trials):
        name, kind = cases[number % len(cases)]
        trial(name, kind, chance, scores[name, kind])
    return scores


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000, help="damaged frames in all")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begin = time.monotonic()
    scores = run(options.frames, options.seed)
    for (name, kind), score in scores.items():
        print(f"{name:12} {kind:7} {score.trials:8} damaged  {score.wrong:5} wrong weights  "
              f"{score.digit_flips:6} unseen digit flips  {score.late:5} resynchronised late")
    print(f"{options.frames} streams in {time.monotonic() - begin:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
