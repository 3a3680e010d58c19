"""Commands for a device, a computer that slept, and a guess at what is set wrong on a line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from drivers.interfaces import DeviceGone, Health
from drivers.scale.st_gs import StGsDecoder
from drivers.scale.stream import ScaleStream
from drivers.worker import DeviceWorker, Identity


def line(grams: int) -> bytes:
    return f"ST,GS,+{grams // 1000:03}.{grams % 1000:03}kg\r\n".encode()


def scale() -> ScaleStream:
    return ScaleStream(StGsDecoder())


def test_a_command_is_said_in_the_next_turn_by_the_owner(desk: Any) -> None:
    said: list[bool] = []
    port = desk.port(
        line(820), lambda: said.append(desk.worker.say(b"Z\r\n")) or b"", 0.1, line(820))
    desk.run(scale())
    assert said == [True]
    assert [data for _, data in port.written] == [b"Z\r\n"]


def test_a_device_that_is_not_ready_takes_no_command(desk: Any) -> None:
    said: list[bool] = []
    port = desk.port(lambda: said.append(desk.worker.say(b"Z\r\n")) or b"", 0.1)
    desk.run(scale(), silent_after=3.0)
    assert (said, port.written) == ([False], [])


def test_a_command_that_was_not_said_before_a_break_is_never_said_after_it(desk: Any) -> None:
    """A zero that comes late would zero a parcel away."""
    def pulled() -> bytes:
        assert desk.worker.say(b"Z\r\n")
        raise DeviceGone("fake", "fake://", "unplugged")

    desk.port(line(820), pulled)
    after = desk.port(line(820), 0.1)
    desk.run(scale())
    assert after.written == []


def test_commands_do_not_pile_up(desk: Any) -> None:
    said: list[bool] = []
    desk.port(line(820), lambda: said.extend(desk.worker.say(b"Z") for _ in range(9)) or b"", 0.1)
    desk.run(scale())
    assert said == [True] * 4 + [False] * 5


class Calendar:
    """The wall's clock: it runs on while the computer sleeps."""

    def __init__(self, clock: Any) -> None:
        self.clock, self.slept = clock, 0.0

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now + self.slept, UTC)

    def jump(self, seconds: float) -> bytes:
        self.slept += seconds
        return b""


def test_a_computer_that_slept_opens_its_port_anew_and_uses_nothing_from_before(
    desk: Any, clock: Any,
) -> None:
    calendar = Calendar(clock)
    frame = line(820)
    first = desk.port(
        frame, frame[:9], lambda: calendar.jump(3600) or frame[9:], frame)
    desk.port(line(820), 0.1)
    desk.worker = DeviceWorker(
        Identity("bench scale", "scale", "fake://"), scale(), desk.open, desk.told.append,
        clock=clock, wait=desk.wait, now=calendar)
    desk.worker.run()
    assert first.is_closed
    details = [told.detail for told in desk.told if isinstance(told, Health)]
    assert details[:4] == ["", "", "slept", ""]
    assert len(desk.readings) == 3


@pytest.mark.parametrize(("jump", "read", "slept"), [
    (5.0, 0.0, False), (5.25, 0.0, True), (4.75, 1.0, False), (5.25, 60.0, True),
])
def test_five_seconds_more_than_the_turn_lasted_are_a_sleep(
    jump: float, read: float, slept: bool, desk: Any, clock: Any
) -> None:
    calendar = Calendar(clock)

    def reading() -> bytes:
        clock.pass_by(read)
        return calendar.jump(jump)

    desk.port(line(820), reading, line(820))
    desk.worker = DeviceWorker(
        Identity("bench scale", "scale", "fake://"), scale(), desk.open, desk.told.append,
        clock=clock, wait=desk.wait, now=calendar)
    desk.worker.run()
    assert ("slept" in [told.detail for told in desk.told if isinstance(told, Health)]) is slept


def test_a_clock_that_is_set_a_little_is_no_sleep(desk: Any, clock: Any) -> None:
    calendar = Calendar(clock)
    desk.port(line(820), lambda: calendar.jump(4), lambda: calendar.jump(-3600), line(820))
    desk.worker = DeviceWorker(
        Identity("bench scale", "scale", "fake://"), scale(), desk.open, desk.told.append,
        clock=clock, wait=desk.wait, now=calendar)
    desk.worker.run()
    assert "slept" not in [told.detail for told in desk.told if isinstance(told, Health)]


@pytest.mark.parametrize(("babble", "guess"), [
    (b"hello, this is another make\r\n", "protocol"), (b"\x00" * 30, "still"),
    (bytes(range(128, 160)) * 2, "speed"),
    (bytes(b | 0x80 if b.bit_count() % 2 else b for b in b"ST,GS,+000.820kg\r\n" * 3), "parity"),
])
def test_bytes_without_sense_name_what_is_likely_set_wrong(
    desk: Any, babble: bytes, guess: str
) -> None:
    desk.port(*[babble, 0.5] * 8)
    desk.run(scale(), silent_after=3.0)
    (told,) = [one for one in desk.told if isinstance(one, Health) and one.detail == "unreadable"]
    assert told.facts["guess"] == guess
