"""Damaged scale frames: how many give a wrong weight, and does the next frame but one arrive?

Each trial is a stream of its own: good frames, one damaged, good frames, in random chunks. A
wrong weight is one that no frame of the stream carried. Run ``python benchmarks/fuzz_scale.py
--frames 1000000 --seed 1``; the tests run a few thousand.

A flipped bit that turns one digit into another cannot be seen in one frame without a check, nor a
digit that came in between where a frame has no end byte either: they are counted apart, and
answered by the station, which wants several readings that agree. ``--settled`` sends whole
weighings through the driver and the station's rule of the stable weight, a fifth to half of the
frames damaged and many cut in two, and counts what is accepted and is not what lies on the pan,
and the good frames behind a good one that were not read. ``--settled 1000000 --state FILE`` is
the whole campaign: stopped, it goes on where it was. ``--speed`` measures how fast each decoder
reads.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from operator import xor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from drivers.registry import SCALES
from drivers.scale.stream import ScaleStream
from station.domain.weights import PanRules, PanWatch, TakenWeight

DAMAGES = ("flip", "lose", "insert", "merge", "cut", "noise")
BEFORE, AFTER = 3, 3
ENDLESS = frozenset({"yaohua=", "yaohua=back", "bcd"})
"""Frames without check or end byte, in which an inserted digit pushes out the last."""

WEAK = frozenset({"elicom"})
"""Four bytes without a start, checked by a sum of eight bits: one window in 256 fits by chance."""


def _checked(body: bytes) -> bytes:
    return body + b"%02X" % reduce(xor, body, 0)


def _parity(frame: bytes) -> bytes:
    return bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in frame)


def _fields(number: int) -> tuple[int, int]:
    return divmod(number, 1000)


def _summed(body: bytes) -> bytes:
    return body + bytes([-sum(body) & 0x7F])


def _cas(number: int) -> bytes:
    data = b"S %2d.%03dkg" % _fields(number)
    return b"\x01\x02" + data + bytes([reduce(xor, data)]) + b"\x03\x04"


def _dibal(number: int) -> bytes:
    body = b"990%05d0000000" % (number % 99999)
    return body + bytes([reduce(xor, body)]) + b"\r\n"


def _elicom(number: int) -> bytes:
    digits = bytes.fromhex(f"{number:06}")
    return digits + bytes([sum(digits) & 0xFF])


def _ticket(number: int) -> bytes:
    weight = b"%3d.%03d kg\r\n" % _fields(number)
    return (b"^KJIK000\r\n2023-11-07\r\n17:19:26\r\n  0.000 kg\r\n" + weight + b"0\r\n0\r\n"
            + weight * 2 + b"    0 pcs\r\n \r\n \r\nE\r\n~P1\r\n")


ENCODERS: dict[str, tuple[str, bool, Callable[[int], bytes]]] = {
    # what is sent: the protocol, whether a check or parity shows a flipped digit, grams -> bytes
    "excell": ("st-gs", False, lambda n: b"ST,GS,+%03d.%03dkg\r\n" % _fields(n)),
    "bison": ("st-gs", False, lambda n: b"ST,GS,+%4d.%03d  kg\r\n" % _fields(n)),
    "nhb": ("st-gs", False, lambda n: b"ST,GS  %4d.%01dg  \r\n" % divmod(n % 99999, 10)),
    "a&d": ("and-standard", False, lambda n: b"ST,+%04d.%03d kg\r\n" % _fields(n)),
    "a&d-csv": ("and-csv", False, lambda n: b"A1,2004/07/01,ST,+%04d.%03d, kg\r\n" % _fields(n)),
    "8217": ("toledo-8217", False, lambda n: b"\x02%02d.%03d\r" % _fields(n % 99999)),
    "8217-parity": (
        "toledo-8217", True, lambda n: _parity(b"\x02%02d.%03d\r" % _fields(n % 99999))),
    "toledo": ("toledo-continuous", True, lambda n: _summed(b"\x02-0 %6d     0\r" % n)),
    "toledo-plain": ("toledo-continuous-plain", False, lambda n: b"\x02-0 %6d     0\r" % n),
    "p05": ("toledo-p05", False, lambda n: b"\x02%05d\x03" % (n % 99999)),
    "sics": ("mt-sics", False, lambda n: b"S S %6d.%03d kg\r\n" % _fields(n)),
    "ms-print": ("mettler-print", False, lambda n: b"     N %8d.%03d g   \r\n" % _fields(n)),
    "yaohua": ("yaohua-continuous", True, lambda n: b"\x02" + _checked(b"+%06d3" % n) + b"\x03"),
    "yaohua-asked": (
        "yaohua-command", True, lambda n: b"\x02" + _checked(b"AB+%06d3" % n) + b"\x03"),
    "yaohua=": ("yaohua-equals", False, lambda n: b"=0%03d.%03d" % _fields(n)),
    "yaohua=back": (
        "yaohua-equals-reversed", False, lambda n: b"=" + (b"0%03d.%03d" % _fields(n))[::-1]),
    "yaohua-ww": ("yaohua-a12-ww", False, lambda n: b"ww%03d.%03dkg\r\n" % _fields(n)),
    "yaohua-wg": (
        "yaohua-a12-wg", True, lambda n: _checked(b"WG%03d.%03dkg" % _fields(n)) + b"\r\n"),
    "keli": ("keli", False, lambda n: b"%03d.%03d(kg)\r\n" % _fields(n)),
    "keli-asked": ("keli-asked", False, lambda n: b"\x02GW:%03d.%03d(kg)\x03" % _fields(n)),
    "shuangjie": ("shuangjie", False, lambda n: b"+%4d.%03d kg\r\n" % _fields(n)),
    "scp01": ("nci-scp01", False, lambda n: b"\n%3d.%03dKG\r\n00\r\x03" % _fields(n)),
    "scp01-parity": (
        "nci-scp01", False, lambda n: b"\n%3d.%03dKG\r\n0p0\r\x03" % _fields(n)),
    "ecr": ("nci-ecr", False, lambda n: b"\n%3d.%03dKG\r00\x03" % _fields(n)),
    "fedex": ("fedex", False, lambda n: b"\n %03d.%02dLB\r00\x03" % divmod(n % 99999, 100)),
    "ups": ("ups-worldship", False, lambda n: b"%3d.%03d lb. GR  \r\n\x03" % _fields(n)),
    "sma": ("sma", False, lambda n: b"\n 1G  %6d.%03dkg \r" % _fields(n)),
    "cas-ap1": ("cas-ap1", True, lambda n: _cas(n % 99999)),
    "cas-22": ("cas-22", False, lambda n: b"ST,GS,1\xc4,+%03d.%03d kg\r\n" % _fields(n)),
    "dibal": ("dibal", True, _dibal),
    "elicom": ("elicom", False, _elicom),
    "defender": ("ohaus-defender", False, lambda n: b" %3d.%03d kg    G\r\n" % _fields(n)),
    "ohaus": ("ohaus-print", False, lambda n: b"%8d.%03d g     \r\n" % _fields(n)),
    "sbi22": ("sartorius-sbi22", False, lambda n: b"N     + %4d.%03d kg \r\n" % _fields(n)),
    "sbi16": ("sartorius-sbi16", False, lambda n: b"+ %4d.%03d kg \r\n" % _fields(n)),
    "kern": ("kern", False, lambda n: b"  %6d.%03d kg \r\n" % _fields(n)),
    "adam-16": ("adam-16", False, lambda n: b" %8d.%03d kg\r\n" % _fields(n)),
    "adam-cpw": ("adam-cpw", False, lambda n: b"G + %3d.%03d kg\r\n" % _fields(n)),
    "rinstrum": ("rinstrum", False, lambda n: b"\x02 %3d.%03dG\x03" % _fields(n)),
    "bcd": ("bcd-ff", False, lambda n: b"\xff\x44" + bytes.fromhex(f"{n:06}")[::-1]),
    "sterling": ("sterling", False, lambda n: b"WGross %3d.%03d lb\r\n" % _fields(n)),
    "dollar": ("dollar", False, lambda n: b"$%06d\r" % n),
    "ticket": ("jik-ticket", False, _ticket),
    "radwag": ("radwag", False, lambda n: b"SI    %5d.%03d kg \r\n" % _fields(n)),
    "shinko": ("shinko", False, lambda n: b"+%4d.%03dKG S\r\n" % _fields(n)),
    "dini": (
        "st-gs", False,
        lambda n: b"1,ST,%6d.%03d,       0.000,         0,kg\r\n" % _fields(n)),
    "dini-af": ("st-gs", False, lambda n: b"ST,1,%6d.%03dkg,       0.100kg\r\n" % _fields(n)),
    "comma": ("st-gs", False, lambda n: b"ST,GS,+%04d,%03dkg\r\n" % _fields(n)),
}


WEIGHING = 40
"""Frames of one weighing, ten a second; the rule wants one second of them that agree."""

DAMAGED_SHARES = (0.2, 0.3, 0.5)
"""Of a weighing's frames, one after the other: a line that is bad now and then, and a bad line."""

CUT_SHARE = 0.3
"""Of the frames whose last bytes arrive only with the next."""

EXCHANGE = 2.0
"""Seconds in which one load is taken off and the next laid on: what was seen is forgotten."""

BLOCK = 25_000
"""Damaged frames between two notes of where a long campaign stands."""


@dataclass
class Settled:
    """What the rule of the stable weight made of one encoder's damaged weighings."""

    damaged: int = 0
    weighings: int = 0
    accepted: int = 0
    wrong: int = 0
    late: int = 0
    """Good frames behind a good one that were not read as what they say."""
    most_held: int = 0
    """The most bytes that the decoder ever kept."""

    def add(self, other: Settled) -> None:
        """Take the figures of another part of the same campaign."""
        held = max(self.most_held, other.most_held)
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)
        self.most_held = held


@dataclass
class Score:
    """What happened to the damaged streams of one encoder."""

    trials: int = 0
    wrong: int = 0
    unseen: int = 0
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
    decoder = SCALES[protocol].build({})
    read = [
        reading.value for chunk in chunks(stream, chance) for reading in decoder.feed(chunk)
        if reading.value is not None
    ]
    score.trials += 1
    if any(value not in truth for value in read):
        if (kind == "flip" and len(broken) == len(frames[BEFORE])) or (
            kind == "insert" and name in ENDLESS
        ) or name in WEAK:
            score.unseen += 1
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


def settle(name: str, damaged: int, chance: random.Random) -> Settled:
    """Weigh until so many frames were damaged; each weighing is one weight that stands still."""
    protocol, _, encode = ENCODERS[name]
    options = {"unit": "kg"} if "unit" in SCALES[protocol].options else {}
    is_asked = SCALES[protocol].ask is not None
    decoder = SCALES[protocol].build(options)
    stream = ScaleStream(decoder)
    watch = PanWatch(PanRules(division_g=Decimal(1), allow_net=True), scale=name)
    found, at = Settled(), 0.0
    while found.damaged < damaged:
        frame = encode(chance.randrange(100, 90_000))
        (truth,) = SCALES[protocol].build(options).feed(frame)
        share = DAMAGED_SHARES[found.weighings % len(DAMAGED_SHARES)]
        found.weighings += 1
        taken: set[int] = set()
        good, waiting = 0, b""
        for _ in range(WEIGHING):
            at += 0.1
            said, good = frame, good + 1
            if chance.random() < share:
                said, good = damage(frame, chance.choice(DAMAGES), chance), 0
                found.damaged += 1
            said, waiting = _in_part(waiting + said, 0 if is_asked else CUT_SHARE, chance)
            read = stream.feed(said, at)
            for reading in read:
                watch.feed(reading)
            if good > 1 and not waiting:
                found.late += not read or read[-1].value != truth.value
            if is_asked:
                stream.quiet(at)  # a pause before the next question
            verdict = watch.verdict(at)
            if isinstance(verdict, TakenWeight):
                taken.add(verdict.grams)
                watch.taken(verdict)
        stream.feed(waiting, at)
        at += EXCHANGE
        found.accepted += bool(taken)
        right = int((truth.grams or Decimal(0)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        found.wrong += any(abs(grams - right) > 1 for grams in taken)
        found.most_held = max(found.most_held, held(decoder))
    return found


def _in_part(said: bytes, share: float, chance: random.Random) -> tuple[bytes, bytes]:
    """What of the bytes arrives now, and what with the next frame."""
    if chance.random() >= share:
        return said, b""
    at = chance.randrange(len(said) + 1)
    return said[:at], said[at:]


def held(decoder: object) -> int:
    """Bytes that a decoder keeps of what it was fed."""
    cutter = vars(decoder)["_cutter"]
    return sum(len(kept) for kept in vars(cutter).values() if isinstance(kept, bytes | bytearray))


def speeds(seconds: float = 0.2) -> dict[str, float]:
    """Frames per second that each decoder reads, in reads of 64 bytes."""
    found = {}
    for name, (protocol, _, encode) in ENCODERS.items():
        stream = b"".join(encode(number) for number in range(1000, 2000))
        pieces = [stream[at:at + 64] for at in range(0, len(stream), 64)]
        decoder = SCALES[protocol].build({})
        begin = time.perf_counter()
        while (passed := time.perf_counter() - begin) < seconds:
            for piece in pieces:
                decoder.feed(piece)
        found[name] = decoder.frames / passed
    return found


def settle_all(each: int, seed: int, state: Path | None) -> dict[str, Settled]:
    """Settle every encoder, block by block; ``state`` keeps what was done, to go on from there."""
    done: dict[str, dict[str, int]] = {}
    if state is not None and state.exists():
        done = json.loads(state.read_text("utf-8"))
    found = {}
    for name in ENCODERS:
        note = f"{seed} {name}"
        found[name] = one = Settled(**done.get(note, {}))
        while one.damaged < each:
            size = min(BLOCK, each - one.damaged)
            one.add(settle(name, size, random.Random(f"{note} {one.damaged}")))
            done[note] = asdict(one)
            if state is not None:
                part = state.with_suffix(".part")
                part.write_text(json.dumps(done, indent=1), "utf-8")
                part.replace(state)
        print(f"{name:12} {_told(one)}  {one.most_held:4} bytes held at most", flush=True)
    return found


def _told(one: Settled) -> str:
    return (f"{one.damaged:8} damaged in {one.weighings:6} weighings  {one.accepted:6} weighed  "
            f"{one.wrong:4} wrong  {one.late:4} late")


def _tell_settled(each: int, seed: int, state: Path | None) -> None:
    total = Settled()
    for one in settle_all(each, seed, state).values():
        total.add(one)
    print(f"{'':12} {_told(total)}")


def _tell_speeds(out: Path | None) -> None:
    found = speeds()
    for name, speed in found.items():
        print(f"{name:12} {speed:10.0f} frames a second")
    slowest = min(found, key=lambda name: found[name])
    figures: dict[str, object] = {
        "frames_a_second": statistics.median(found.values()),
        "slowest": slowest, "slowest_frames_a_second": found[slowest],
    }
    print(figures)
    if out is not None:
        out.write_text(json.dumps(figures))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000, help="damaged frames in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--settled", type=int, metavar="N",
                        help="N damaged frames of each encoder through the stable-weight rule")
    parser.add_argument("--state", type=Path,
                        help="keep there what --settled has done, and go on from it")
    parser.add_argument("--speed", action="store_true", help="how fast each decoder reads")
    parser.add_argument("--json", type=Path, help="write the figures of --speed there")
    options = parser.parse_args()
    if options.speed or options.json:
        _tell_speeds(options.json)
        return 0
    if options.settled:
        _tell_settled(options.settled, options.seed, options.state)
        return 0
    begin = time.monotonic()
    scores = run(options.frames, options.seed)
    for (name, kind), score in scores.items():
        print(f"{name:12} {kind:7} {score.trials:8} damaged  {score.wrong:5} wrong weights  "
              f"{score.unseen:6} unseen changes  {score.late:5} resynchronised late")
    print(f"{options.frames} streams in {time.monotonic() - begin:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
