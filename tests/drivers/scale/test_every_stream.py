"""What holds for every protocol: any chunking, bounded memory, quick recovery, the opening's tail.

The streams are made by the encoders of ``benchmarks/fuzz_scale.py``, which share nothing with the
decoders.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.scale.framing import HeadlessLines
from drivers.scale.protocols import SCALES
from drivers.scale.stream import ScaleStream

ENCODERS: dict[str, tuple[str, bool, Callable[[int], bytes]]] = runpy.run_path(
    str(Path(__file__).parents[3] / "benchmarks" / "fuzz_scale.py"))["ENCODERS"]
MOST_BYTES = 600
"""The most that a decoder may hold: a ticket is the longest frame, with its own limit."""


def decoder_of(maker: str) -> Any:
    return SCALES[ENCODERS[maker][0]].build({})


def held(thing: object, seen: set[int]) -> Iterator[int]:
    """Sizes of all bytes that an object holds, however deep."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, bytes | bytearray):
        yield len(thing)
    for inner in vars(thing).values() if hasattr(thing, "__dict__") else ():
        yield from held(inner, seen)


@pytest.mark.fault("F2")
@pytest.mark.pain("19")
@pytest.mark.parametrize("maker", ENCODERS)
@settings(max_examples=25)
@given(grams=st.lists(st.integers(1, 99998), min_size=2, max_size=6), size=st.integers(1, 60))
def test_any_chunking_gives_the_same_readings(maker: str, grams: list[int], size: int) -> None:
    stream = b"".join(ENCODERS[maker][2](weight) for weight in grams)
    decoder = decoder_of(maker)
    cut = [r for at in range(0, len(stream), size) for r in decoder.feed(stream[at:at + size])]
    assert cut == list(decoder_of(maker).feed(stream))
    assert len(cut) == len(grams)


@pytest.mark.fault("F2", "F34")
@pytest.mark.parametrize("maker", ENCODERS)
@pytest.mark.parametrize("filling", [b"\x00", b"\x02", b"0", b"=", b"S", b"\xff", b"\n9", b"^1"])
def test_endless_nonsense_takes_no_memory(maker: str, filling: bytes) -> None:
    decoder = decoder_of(maker)
    for _ in range(40):
        decoder.feed(filling * 500)
    assert sum(held(decoder, set())) <= MOST_BYTES


@pytest.mark.fault("F2")
@pytest.mark.parametrize("maker", ENCODERS)
@settings(max_examples=25)
@given(noise=st.binary(max_size=60))
def test_after_any_noise_the_second_frame_is_read(maker: str, noise: bytes) -> None:
    encode, decoder = ENCODERS[maker][2], decoder_of(maker)
    decoder.feed(noise)
    decoder.reset()
    frames = [encode(12340 + step) for step in range(3)]
    whole = decoder_of(maker).feed(b"".join(frames))
    assert [r.value for r in decoder.feed(b"".join(frames))][-2:] == [r.value for r in whole][-2:]


@pytest.mark.parametrize("maker", ENCODERS)
def test_a_stream_may_be_opened_and_closed_anywhere_in_a_frame(maker: str) -> None:
    encode = ENCODERS[maker][2]
    stream = b"".join(encode(weight) for weight in (98765, 4321, 1234, 777, 5432))
    truth = {reading.value for reading in decoder_of(maker).feed(stream)}
    for start in range(len(encode(98765)) + 1):
        decoder = decoder_of(maker)
        decoder.reset()
        readings = decoder.feed(stream[start:-start or None])
        assert {reading.value for reading in readings} <= truth, start
        assert len(readings) >= 2


HEADLESS = [name for name, protocol in SCALES.items()
            if isinstance(getattr(protocol.build({}), "_cutter", None), HeadlessLines)]


def test_the_protocols_whose_lines_begin_with_nothing_are_known() -> None:
    assert set(HEADLESS) == {
        "mettler-print", "ups-worldship", "keli", "keli-asked", "shuangjie", "ohaus-defender",
        "ohaus-print", "sartorius-sbi16", "kern", "adam-16", "shinko"}


@pytest.mark.parametrize("name", sorted({*HEADLESS} - {"keli-asked"}))  # STX begins its answers
def test_what_is_in_the_line_at_opening_is_dropped_up_to_its_end(name: str) -> None:
    maker = next(maker for maker, (protocol, _, _) in ENCODERS.items() if protocol == name)
    encode, decoder = ENCODERS[maker][2], decoder_of(maker)
    decoder.reset()
    read = decoder.feed(encode(11111) + encode(22222))
    assert [reading.value for reading in read] == [
        reading.value for reading in decoder_of(maker).feed(encode(22222))]


@pytest.mark.parametrize("name", HEADLESS)
def test_a_line_that_comes_after_quiet_is_whole(name: str) -> None:
    maker = next(maker for maker, (protocol, _, _) in ENCODERS.items() if protocol == name)
    stream = ScaleStream(decoder_of(maker))
    stream.reset()
    stream.quiet(1.0)
    assert len(stream.feed(ENCODERS[maker][2](11111), 1.5)) == 1
