"""One thread owns one device: over whole, split, slow, noisy, silent and vanished wires."""

from __future__ import annotations

import logging
import queue
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest

from drivers.interfaces import (
    DeviceEvent,
    DeviceGone,
    DeviceState,
    Health,
    NoRead,
    PortBusy,
    PortRefused,
    Reading,
    Scan,
)
from drivers.port import Port
from drivers.scale.cas import CasAp1Decoder
from drivers.scale.st_gs import StGsDecoder
from drivers.scale.stream import ScaleStream
from drivers.scale.toledo8217 import ASK, Toledo8217Decoder
from drivers.scanner.bounce import Bounce
from drivers.scanner.framing import ScannerFraming
from drivers.scanner.serial_scanner import ScannerStream
from drivers.worker import UNREADABLE_HINT, DeviceWorker, Identity, Question

SILENT = 3.0


def line(grams: int, state: str = "ST") -> bytes:
    return f"{state},GS,+{grams // 1000:03}.{grams % 1000:03}kg\r\n".encode()


def scale() -> ScaleStream:
    return ScaleStream(StGsDecoder())


def scanner() -> ScannerStream:
    return ScannerStream("left", ScannerFraming(), Bounce())


def grams(events: Any) -> list[int]:
    return [int(event.grams) for event in events if isinstance(event, Reading)]


def bytewise(stream: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in stream]


def split(stream: bytes) -> list[bytes]:
    chance = random.Random(5)
    pieces = []
    while stream:
        size = chance.randrange(1, 15)
        pieces.append(stream[:size])
        stream = stream[size:]
    return pieces


def noisy(stream: bytes) -> list[bytes]:
    chance = random.Random(6)
    pieces: list[bytes] = []
    for frame in stream.splitlines(keepends=True):
        pieces += [bytes(chance.randrange(128, 256) for _ in range(9)) + b"\r\n", frame]
    return pieces


def slow(stream: bytes) -> list[bytes | float]:
    return [step for byte in bytewise(stream) for step in (byte, 0.1)]


WEIGHTS = [1230, 1230, 450, 99999, 0]
STREAM = b"".join(line(weight) for weight in WEIGHTS)


@pytest.mark.parametrize("wire", [
    lambda stream: stream.splitlines(keepends=True), bytewise, split, noisy, slow,
], ids=["whole", "bytewise", "split", "noisy", "slow"])
def test_the_same_weights_arrive_over_every_wire(desk: Any, wire: Callable[[bytes], Any]) -> None:
    desk.port(*wire(STREAM))
    desk.run(scale(), silent_after=SILENT)
    assert grams(desk.told) == WEIGHTS
    assert desk.states == ["starting", "ready", "gone"]


def test_a_reading_is_stamped_with_the_moment_its_bytes_came(desk: Any) -> None:
    desk.port(line(100), 0.5, line(200))
    desk.run(scale(), silent_after=SILENT)
    assert [round(reading.at, 2) for reading in desk.readings] == [1000.01, 1000.52]


def test_ready_is_told_before_the_first_reading(desk: Any) -> None:
    desk.port(line(100))
    told = desk.run(scale(), silent_after=SILENT)
    kinds = [type(event).__name__ for event in told[:3]]
    assert kinds == ["Health", "Health", "Reading"]


@pytest.mark.rule("D6")
def test_a_silent_scale_is_told_once_and_again_when_it_speaks(desk: Any) -> None:
    desk.port(line(100), *[0.2] * 30, line(200))
    desk.run(scale(), silent_after=SILENT)
    assert desk.states == ["starting", "ready", "silent", "ready", "gone"]
    assert grams(desk.told) == [100, 200]


def test_a_scale_that_never_speaks_is_silent(desk: Any) -> None:
    desk.port(*[0.2] * 20)
    desk.run(scale(), silent_after=SILENT)
    assert desk.states == ["starting", "silent", "gone"]
    assert desk.told[1].detail == "no_frames"


@pytest.mark.parametrize(("reads", "is_silent"), [(11, False), (12, True)])
def test_silence_is_told_at_the_second_that_is_set(
    desk: Any, reads: int, is_silent: bool
) -> None:
    desk.port(*[0.25] * reads)
    desk.run(scale(), silent_after=SILENT)
    assert ("silent" in desk.states) is is_silent


@pytest.mark.fault("F3")
def test_bytes_without_sense_say_that_the_line_is_set_wrong(desk: Any) -> None:
    chance = random.Random(3)
    garbage = [bytes(chance.randrange(256) for _ in range(12)) for _ in range(400)]
    desk.port(*garbage)
    told = desk.run(scale(), silent_after=SILENT)
    assert desk.states == ["starting", "misconfigured", "gone"]
    assert told[1].facts["hint"] == UNREADABLE_HINT
    assert "波特率" in told[1].facts["hint"]
    assert len(bytes.fromhex(told[1].facts["bytes"])) == 16
    assert desk.readings == []


@pytest.mark.fault("F3")
def test_the_right_setting_ends_the_complaint(desk: Any) -> None:
    desk.port(*[b"\xff\xfe\x81"] * 400, *[line(100)] * 2)
    desk.run(scale(), silent_after=SILENT)
    assert desk.states == ["starting", "misconfigured", "ready", "gone"]


def test_nonsense_now_and_then_is_one_complaint_and_only_a_long_silence_ends_it(desk: Any) -> None:
    now_and_then = [b"\xff\xfe", *[0.2] * 13]
    desk.port(*now_and_then * 5, *[0.2] * 20)
    desk.run(scale(), silent_after=SILENT)
    assert desk.states == ["starting", "misconfigured", "silent", "gone"]


def test_half_a_frame_before_a_silence_is_silence_and_no_wrong_setting(desk: Any) -> None:
    desk.port(line(100), line(100)[:7], *[0.2] * 20)
    desk.run(scale(), silent_after=SILENT)
    assert "misconfigured" not in desk.states


@pytest.mark.fault("F1")
@pytest.mark.parametrize("cut", range(len(line(100))))
def test_a_cable_pulled_at_any_byte_of_a_frame_leaves_nothing_behind(desk: Any, cut: int) -> None:
    desk.port(line(100), line(77777)[:cut])
    desk.port(line(88888)[cut:], line(200))
    desk.run(scale(), silent_after=SILENT)
    # Without its LF a frame is whole; with no byte gone, the frame after the break is.
    whole = {0: [88888], len(line(100)) - 1: [77777]}.get(cut, [])
    assert grams(desk.told) == [100, *whole, 200]
    assert desk.states == ["starting", "ready", "gone", "ready", "gone"]


@pytest.mark.pain("21")
def test_every_port_is_closed_whatever_ended_it(desk: Any) -> None:
    ports = [desk.port(line(100)), desk.port(), desk.port(DeviceGone("a", "b", "c"))]
    desk.run(scale(), silent_after=SILENT)
    assert all(port.is_closed for port in ports)


def test_the_waits_grow_from_half_a_second_to_five_and_start_anew_after_a_frame(desk: Any) -> None:
    for _ in range(6):
        desk.fail(DeviceGone("scale", "fake://", "no such port"))
    desk.port(line(100))
    desk.fail(DeviceGone("scale", "fake://", "no such port"))
    desk.run(scale(), silent_after=SILENT)
    assert desk.waits == [0.5, 1, 2, 4, 5, 5, 0.5, 1]


def test_a_port_that_opens_and_dies_at_once_is_no_proof_of_life(desk: Any) -> None:
    for _ in range(3):
        desk.port()
    desk.run(scale(), silent_after=SILENT)
    assert desk.waits == [0.5, 1, 2]
    assert desk.states == ["starting", "gone"]


def test_going_and_coming_back_are_logged_once_each(
    desk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "drivers.worker")
    desk.port(line(100))
    for _ in range(4):
        desk.fail(DeviceGone("bench scale", "fake://", "no such port"))
    desk.port(line(200))
    desk.run(scale(), silent_after=SILENT)
    words = [record.getMessage() for record in caplog.records]
    assert words == [
        "fake (fake://): unplugged", "bench scale (fake://) is back", "fake (fake://): unplugged"]


@pytest.mark.fault("F30")
def test_a_busy_port_is_told_in_words_and_tried_again(desk: Any) -> None:
    desk.fail(PortBusy("bench scale", "fake://", "another program holds this port"))
    desk.port(line(100))
    told = desk.run(scale(), silent_after=SILENT)
    assert desk.states == ["starting", "busy", "ready", "gone"]
    assert (told[1].detail, told[1].facts["reason"]) == (
        "port_busy", "another program holds this port")


def test_a_refused_port_ends_the_thread_until_it_is_configured(desk: Any) -> None:
    desk.fail(PortRefused("bench scale", "fake://", "no permission"))
    desk.port(line(100))
    told = desk.run(scale(), silent_after=SILENT)
    assert desk.states == ["starting", "misconfigured"]
    assert (told[-1].detail, told[-1].facts["reason"]) == ("port_refused", "no permission")
    assert desk.waits == []


def test_a_health_names_device_kind_port_and_since_when(desk: Any) -> None:
    desk.port()
    first = desk.run(scale(), silent_after=SILENT)[0]
    assert (first.device, first.kind, first.port) == ("bench scale", "scale", "fake://")
    assert first.since is not None
    assert first.since.tzinfo is not None


def polled(every: float = 0.2) -> dict[str, Any]:
    return {"silent_after": SILENT, "question": Question(ASK, every)}


@pytest.mark.pain("22")
def test_a_polled_scale_is_asked_at_its_interval(desk: Any) -> None:
    port = desk.port(*[0.0625] * 20)
    desk.run(ScaleStream(Toledo8217Decoder()), **polled(0.25))
    assert [at - 1000 for at, _ in port.written][:4] == [0, 0.25, 0.5, 0.75]
    assert {data for _, data in port.written} == {b"W"}


def test_a_polled_scale_is_asked_at_once_after_a_reconnect(desk: Any) -> None:
    desk.port(b"\x0201.230\r")
    again = desk.port(b"\x0201.240\r")
    desk.run(ScaleStream(Toledo8217Decoder(unit="kg")), **polled(60))
    assert len(again.written) == 1
    assert grams(desk.told) == [1230, 1240]


def test_a_scale_that_asks_back_is_answered_and_nothing_else_is(desk: Any) -> None:
    frame = b"\x01\x02S  1.230kg\x71\x03\x04"
    port = desk.port(0.1, b"\x06", frame, 0.1, b"\x15", b"\x06" + frame)
    desk.run(ScaleStream(CasAp1Decoder()), silent_after=SILENT,
             question=Question(b"\x05", 60, (b"\x06", b"\x11")))
    assert [data for _, data in port.written] == [b"\x05", b"\x11"]
    assert grams(desk.told) == [1230, 1230]


def test_nothing_new_is_a_sign_of_life_and_no_reading(desk: Any) -> None:
    desk.port(b"\x0201.230\r", *[b"\x02?\x40\r", 0.2] * 30)
    desk.run(ScaleStream(Toledo8217Decoder(unit="kg")), **polled())
    assert desk.states == ["starting", "ready", "gone"]
    assert grams(desk.told) == [1230]


def test_a_question_that_cannot_be_sent_means_that_the_scale_is_gone(desk: Any) -> None:
    desk.port(0.1).write_fault = OSError(5, "Input/output error")
    told = desk.run(ScaleStream(Toledo8217Decoder()), **polled())
    assert desk.states == ["starting", "gone"]
    assert told[1].facts["reason"] == "the device went away; is its cable in?"


def test_a_scanner_may_rest_and_is_ready_when_its_port_has_survived_a_read(desk: Any) -> None:
    desk.port(*[0.2] * 100, b"A1\r")
    told = desk.run(scanner())
    assert desk.states == ["starting", "ready", "gone"]
    assert [event.data for event in told if isinstance(event, Scan)] == ["A1"]


def test_a_code_without_suffix_ends_with_the_quiet(desk: Any) -> None:
    desk.port(b"69012345", b"67892", 0.08, b"A1", 0.08)
    told = desk.run(scanner())
    assert [event.data for event in told if isinstance(event, Scan)] == ["6901234567892", "A1"]


def test_half_a_code_before_a_break_is_forgotten(desk: Any) -> None:
    desk.port(b"6901234")
    desk.port(b"567892\r")
    told = desk.run(scanner())
    assert [event.data for event in told if isinstance(event, Scan)] == ["567892"]


def test_three_unreadable_codes_in_a_row_say_that_the_line_is_set_wrong(desk: Any) -> None:
    desk.port(b"A1\r", *[b"\x00\xff\r"] * 3, 0.2, b"A2\r")
    told = desk.run(scanner())
    assert desk.states == ["starting", "ready", "misconfigured", "ready", "gone"]
    assert sum(isinstance(event, NoRead) for event in told) == 3


def test_unreadable_codes_before_a_good_one_are_no_complaint(desk: Any) -> None:
    desk.port(*[b"\x00\xff\r"] * 2, b"A1\r", *[b"\x00\xff\r"] * 2, b"A2\r")
    desk.run(scanner())
    assert "misconfigured" not in desk.states


def nowhere(_event: DeviceEvent) -> None:
    """Emit to nobody."""


# --- with a real thread -------------------------------------------------------------------------


class WaitingPort(Port):
    """Blocks in reading until it is cancelled, as a quiet port does."""

    def __init__(self) -> None:
        super().__init__("fake://", "fake")
        self.reading = threading.Event()
        self.woken = threading.Event()

    def cancel(self) -> None:
        self.woken.set()

    def _read(self) -> bytes:
        self.reading.set()
        assert self.woken.wait(60)
        return b""

    def _send(self, data: bytes) -> Any:
        yield len(data)

    def _release(self) -> None:
        pass


def owner(
    opener: Callable[[], Port], emit: Callable[[DeviceEvent], None], source: Any = None
) -> DeviceWorker:
    return DeviceWorker(Identity("left", "scanner", "fake://"), source or scanner(), opener, emit)


def test_stopping_wakes_a_blocked_read_at_once() -> None:
    port = WaitingPort()
    worker = owner(lambda: port, nowhere)
    worker.start()
    assert port.reading.wait(60)
    assert worker.is_running
    (thread,) = [one for one in threading.enumerate() if one.name == "device left"]
    assert thread.daemon, "a port that hangs must not keep the program from ending"
    assert worker.stop()
    assert not worker.is_running


def test_stopping_wakes_the_back_off_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.worker.FIRST_WAIT", 1000.0)
    gone = threading.Event()

    def fail() -> Port:
        gone.set()
        raise DeviceGone("left", "fake://", "no such port")

    worker = owner(fail, nowhere)
    worker.start()
    assert gone.wait(60)
    assert worker.stop(timeout=60)


def test_a_worker_that_was_never_started_stops_without_a_word() -> None:
    assert owner(WaitingPort, nowhere).stop()


def test_a_worker_is_started_once() -> None:
    port = WaitingPort()
    worker = owner(lambda: port, nowhere)
    worker.start()
    with pytest.raises(RuntimeError, match="left has been started before"):
        worker.start()
    worker.stop()


def test_a_defect_in_the_driver_is_told_and_logged_and_not_silent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(ScannerStream):
        def quiet(self, at: float) -> Any:
            raise ZeroDivisionError(at)

    told: queue.SimpleQueue[DeviceEvent] = queue.SimpleQueue()
    port = WaitingPort()
    port.woken.set()
    worker = owner(lambda: port, told.put, Broken("left", ScannerFraming(), Bounce()))
    worker.start()
    events = [told.get(timeout=60), told.get(timeout=60)]
    worker.stop()
    last = events[-1]
    assert isinstance(last, Health)
    assert (last.state, last.detail) == (DeviceState.GONE, "driver_failed")
    assert worker.health == last
    assert "its driver has failed" in caplog.text


def test_the_health_can_be_asked_at_any_time() -> None:
    worker = owner(WaitingPort, nowhere)
    assert (worker.name, worker.health.state) == ("left", DeviceState.STARTING)
