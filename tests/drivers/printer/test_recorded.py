"""The flight recorder hears every road to a printer, python-escpos' transports and queues too."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.flight import About, FlightRecorder
from drivers.interfaces import Bitmap, DeviceGone, MaybeSent, NotSent, PaperState, Proof
from drivers.printer import build_printer
from drivers.printer.recorded import recorded
from simulators.clock import WallClock
from simulators.doors import TcpDoor
from simulators.mechanism import Paper
from simulators.printer import Printer as SimulatedPrinter
from simulators.wire import Line

PAGE = Bitmap(96, 64, b"\x81" * 12 * 64)


@pytest.fixture
def recorder() -> FlightRecorder:
    return FlightRecorder(About("front", "printer", "x", "escpos"), keeps_output=False)


def notes(recorder: FlightRecorder) -> list[str]:
    return [moment.note for moment in recorder.moments() if moment.note]


@pytest.mark.parametrize("scheme", ["socket", "escpos+network"])
def test_a_printed_page_is_on_record_by_its_length_and_its_status_by_its_bytes(
    recorder: FlightRecorder, scheme: str
) -> None:
    device = SimulatedPrinter("escpos", paper=Paper(width=96, label_rows=64), speed_mm=1000)
    line = Line(device, TcpDoor(), WallClock())
    line.start(tick=0.005)
    printer = build_printer(
        "front", line.url.replace("socket", scheme), "escpos", {"answer_seconds": 0.5},
        recorder=recorder)
    try:
        assert printer.status().state is PaperState.READY
        assert printer.print_page(PAGE, job_id=7) is Proof.PRINTED
    finally:
        printer.close()
        line.stop()
    moments = recorder.moments()
    asked, answered = moments[1:3]
    assert (asked.direction, asked.data) == ("out", b"\x10\x04\x01")
    assert (answered.direction, answered.data) == ("in", b"\x12")
    hidden = [moment for moment in moments if moment.left_out]
    assert sum(moment.left_out for moment in hidden) > len(PAGE.rows)
    assert not any(PAGE.rows[:24] in moment.data for moment in moments)
    assert notes(recorder) == ["opened", "closed"]
    assert b"\x37\x22" in b"".join(moment.data for moment in moments if moment.direction == "in")


class Queue:
    """A print queue that takes a page, or refuses it."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses, self.pages, self._page = refuses, [], b""  # type: ignore[var-annotated]

    def read_some(self) -> bytes:
        return b""

    def write(self, data: bytes) -> None:
        self._page += data

    def finish(self) -> None:
        if self.refuses:
            raise DeviceGone("front", "lp://q", "refused")
        self.pages.append(self._page)

    def close(self) -> None:
        self._page = b""


def test_a_queue_keeps_its_way_of_taking_a_page_whole(
    recorder: FlightRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue()
    monkeypatch.setattr("drivers.printer.open_queue", lambda *_args, **_more: queue)
    printer = build_printer("front", "lp://labels", "tspl", {}, recorder=recorder)
    assert printer.print_page(PAGE, job_id=1) is Proof.NONE
    assert len(queue.pages) == 1
    assert notes(recorder) == ["opened", "handed to the queue", "closed"]
    assert not any(moment.data for moment in recorder.moments())


def test_a_queue_that_refuses_is_on_record(
    recorder: FlightRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.printer.open_queue", lambda *_args, **_more: Queue(refuses=True))
    printer = build_printer("front", "lp://labels", "tspl", {}, recorder=recorder)
    with pytest.raises(MaybeSent):
        printer.print_page(PAGE, job_id=1)
    assert notes(recorder) == ["opened", "not taken: DeviceGone", "closed"]


def test_a_printer_that_is_not_there_is_on_record(
    recorder: FlightRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any, **_more: Any) -> Any:
        raise DeviceGone("front", "escpos+usb://1:2", "not there")

    monkeypatch.setattr("drivers.printer.open_escpos", away)
    printer = build_printer("front", "escpos+usb://04b8:0202", "escpos", {}, recorder=recorder)
    with pytest.raises(NotSent):
        printer.print_page(PAGE, job_id=1)
    assert notes(recorder)[0] == "not opened: DeviceGone"


class Breaking(Queue):
    """A wire that is gone after its opening."""

    def read_some(self) -> bytes:
        raise DeviceGone("front", "x", "gone")

    def write(self, _data: bytes) -> None:
        raise DeviceGone("front", "x", "gone")


def test_a_wire_that_breaks_says_when_it_was_lost(recorder: FlightRecorder) -> None:
    wire = recorded(Breaking, recorder)
    with pytest.raises(DeviceGone):
        wire.read_some()
    with pytest.raises(DeviceGone):
        wire.write(b"\x10\x04\x01")
    wire.close()
    wire.close()
    assert notes(recorder) == [
        "opened", "lost: DeviceGone", "not written: DeviceGone", "closed"]
