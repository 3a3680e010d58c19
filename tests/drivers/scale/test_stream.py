"""The scale's stream: the moment of reading, and never a value that lags behind."""

from __future__ import annotations

import pytest

from drivers.interfaces import Reading
from drivers.scale.st_gs import StGsDecoder
from drivers.scale.stream import BACKLOG, ScaleStream


def line(grams: int) -> bytes:
    return b"ST,GS,+%03d.%03dkg\r\n" % divmod(grams, 1000)


def grams(events: object) -> list[int]:
    assert isinstance(events, (list, tuple))
    return [int(event.grams) for event in events if isinstance(event, Reading)]


def test_a_reading_carries_the_moment_of_its_last_byte() -> None:
    stream = ScaleStream(StGsDecoder())
    stream.feed(line(1230)[:9], 1.0)
    (reading,) = stream.feed(line(1230)[9:], 1.5)
    assert isinstance(reading, Reading)
    assert reading.at == 1.5


@pytest.mark.fault("F4")
@pytest.mark.pain("18")
def test_of_what_has_waited_only_the_newest_is_told() -> None:
    stream = ScaleStream(StGsDecoder())
    assert grams(stream.feed(line(100) + line(200) + line(300) + line(400)[:5], 1.0)) == [300]
    assert grams(stream.feed(line(400)[5:], 1.1)) == [400]


@pytest.mark.fault("F4")
@pytest.mark.pain("17")
def test_a_backlog_is_thrown_away_whole_because_its_newest_frame_may_be_old() -> None:
    stream = ScaleStream(StGsDecoder())
    backlog = line(100) * (BACKLOG // 18 + 1)
    assert stream.feed(backlog, 9.0) == ()
    assert grams(stream.feed(line(250), 9.1)) == [250]


def test_silence_completes_nothing() -> None:
    stream = ScaleStream(StGsDecoder())
    stream.feed(line(100)[:-2], 1.0)
    assert stream.quiet(2.0) == ()


def test_counts_are_the_decoders() -> None:
    stream = ScaleStream(StGsDecoder())
    stream.feed(line(100) + b"nonsense\r\n", 1.0)
    assert (stream.frames, stream.refused) == (1, 1)
    stream.reset()
    assert (stream.frames, stream.refused) == (1, 1)


def test_two_thousand_bytes_in_one_read_are_a_backlog_and_a_byte_less_is_not() -> None:
    for size, read in ((2047, 1), (2048, 0)):
        stream = ScaleStream(StGsDecoder())
        data = (b"ST,GS,+001.230kg\r\n" * 200)[-size:]
        assert len(stream.feed(data, 1.0)) == read
