"""What each protocol's line and frames measure by its manual, and not a byte or baud beyond."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.scale.protocols import SCALES
from drivers.scale.search import DEFAULT, LINES, line

ENCODERS: dict[str, tuple[str, bool, Callable[[int], bytes]]] = runpy.run_path(
    str(Path(__file__).parents[3] / "benchmarks" / "fuzz_scale.py"))["ENCODERS"]

SEVEN_EVEN = {"bytesize": 7, "parity": "E"}
USUAL_LINES = {
    # as the makers deliver them; all others speak 9600 8N1
    "toledo-8217": SEVEN_EVEN, "toledo-continuous": SEVEN_EVEN,
    "toledo-continuous-plain": SEVEN_EVEN, "nci-scp01": SEVEN_EVEN, "nci-ecr": SEVEN_EVEN,
    "fedex": SEVEN_EVEN, "and-standard": {"baudrate": 2400, **SEVEN_EVEN},
    "and-csv": {"baudrate": 2400, **SEVEN_EVEN}, "shuangjie": {"baudrate": 600},
    "shinko": {"baudrate": 1200, "stopbits": 2},
    "sartorius-sbi22": {"parity": "O"}, "sartorius-sbi16": {"parity": "O"},
    "ups-worldship": {"bytesize": 7, "parity": "O", "stopbits": 2},
}


def test_every_protocol_begins_with_its_makers_line() -> None:
    assert {name: dict(its.line) for name, its in SCALES.items() if its.line} == USUAL_LINES


def test_only_usb_scales_have_no_line() -> None:
    assert {name for name, its in SCALES.items() if not its.is_serial} == {"hid-pos", "hiddev"}


def test_a_search_listens_at_every_line_that_a_protocol_that_speaks_unasked_begins_with() -> None:
    assert DEFAULT == {"baudrate": 9600, "bytesize": 8, "parity": "N", "stopbits": 1}
    unasked = [line(**its.line) for its in SCALES.values() if its.is_serial and its.ask is None]
    heard = [{**at, "stopbits": 1} for at in LINES]  # a second stop bit is silence to a listener
    assert all({**at, "stopbits": 1} in heard for at in unasked)


USUAL_SPEEDS = (600, 1200, 2400, 4800, 9600, 19200, 38400, 115200)


def test_a_search_listens_at_every_usual_speed_and_at_no_other() -> None:
    assert {at["baudrate"] for at in LINES} == set(USUAL_SPEEDS)
    assert {at["baudrate"] for at in LINES if at["parity"] == "N"} == set(USUAL_SPEEDS)
    assert {at["baudrate"] for at in LINES if at["parity"] == "E"} == {1200, 2400, 4800, 9600}
    assert all((at["bytesize"], at["stopbits"]) in {(8, 1), (7, 1), (7, 2)} for at in LINES)


SAFE_OTHERWISE = {"8217-parity", "elicom", "ticket"}
"""By parity, by the sum of three bytes, by gross less tare."""


@pytest.mark.parametrize("maker", sorted({*ENCODERS} - {"bcd"}))  # whose digits are no characters
def test_a_protocol_says_that_it_has_a_check_exactly_if_no_flipped_digit_passes(
    maker: str,
) -> None:
    name, _, encode = ENCODERS[maker]
    frames = [encode(12340), encode(12340)]
    truth = {one.value for one in SCALES[name].build({}).feed(b"".join(frames))}
    passed = set()
    for at, byte in enumerate(frames[0]):
        if chr(byte).isdigit():
            other = b"7" if byte != ord("7") else b"1"
            damaged = frames[0][:at] + other + frames[0][at + 1:]
            passed |= {one.value for one in SCALES[name].build({}).feed(damaged + frames[1])}
    assert (SCALES[name].has_check or maker in SAFE_OTHERWISE) is (passed <= truth)


# --- The longest frame --------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "start", "end", "longest"), [
    ("dollar", b"$", b"\r", 8), ("jik-ticket", b"^", b"~", 200),
    ("toledo-8217", b"\x02", b"\r", 12),
    ("yaohua-continuous", b"\x02", b"\x03", 12), ("yaohua-command", b"\x02", b"\x03", 14),
    ("toledo-p05", b"\x02", b"\x03", 7), ("rinstrum", b"\x02", b"\x03", 11),
    ("sma", b"\n", b"\r", 20), ("st-gs", b"", b"\n", 81), ("mt-sics", b"", b"\n", 65),
])
def test_what_is_longer_than_the_longest_frame_is_not_even_looked_at(
    name: str, start: bytes, end: bytes, longest: int
) -> None:
    for length, looked_at in ((longest, 1), (longest + 1, 0)):
        decoder = SCALES[name].build({})
        assert not decoder.feed(start + b"x" * (length - len(start) - len(end)) + end)
        assert decoder.refused == looked_at
