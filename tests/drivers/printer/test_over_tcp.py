"""Every language end to end over TCP: the simulated printer reads what the driver wrote."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from drivers.interfaces import Bitmap, MaybeSent, NotSent, PaperState, Proof
from drivers.printer import build_printer
from simulators.clock import Clock, HandClock, WallClock
from simulators.doors import TcpDoor
from simulators.mechanism import Paper
from simulators.printer import Printer as SimulatedPrinter
from simulators.wire import Line

WIDTH, HEIGHT = 800, 1200


@pytest.fixture
def clock(language) -> Clock:
    """The simulated printer's time.

    Its status can be watched only while it prints, which at this speed is 0.15 s: on a busy machine
    less than passes between two questions. So its time passes while the driver waits from one
    question to the next, and not otherwise. ESC/POS answers when the paper is out: nothing to miss.
    """
    return WallClock() if language == "escpos" else HandClock()


@pytest.fixture
def line(language, clock):
    paper = Paper(width=WIDTH, label_rows=HEIGHT)
    served = Line(SimulatedPrinter(language, paper=paper, speed_mm=1000), TcpDoor(), clock)
    served.start(tick=0.005)
    yield served
    served.stop()


@pytest.fixture
def printer(line, language, clock):
    made = build_printer(
        "front", line.url, language, {"answer_seconds": 0.5, "write_seconds": 0.5},
        pause=getattr(clock, "advance", lambda _seconds: None),
    )  # fmt: skip
    yield made
    made.close()


@pytest.fixture
def waybill(make_page):
    page = make_page(WIDTH, HEIGHT)
    return Bitmap(WIDTH, HEIGHT, page.rows.replace(b"\x10", b"\x18"))


def test_a_waybill_crosses_the_network_with_no_dot_changed(line, printer, waybill, proven):
    assert printer.status().state is PaperState.READY
    assert printer.print_page(waybill, job_id=12) is proven
    (paper,) = line.device.pages
    assert (paper.width, paper.height, paper.whole) == (WIDTH, HEIGHT, True)
    assert paper.rows == waybill.rows
    assert not line.device.mechanism.complaints


def test_a_cover_opened_over_the_network_keeps_the_page_here(line, printer, waybill, proven):
    line.device.mechanism.cover_open = True
    heard_before = line.heard
    with pytest.raises(NotSent, match="cover_open"):
        printer.print_page(waybill, job_id=1)
    assert line.heard - heard_before <= 12, "nothing but status questions"
    line.device.mechanism.cover_open = False
    assert printer.print_page(waybill, job_id=1) is proven


@pytest.mark.pain("6")
def test_a_printer_that_is_switched_off_is_not_sent_and_prints_when_back(
    line, printer, waybill, proven
):
    assert printer.status().state is PaperState.READY
    line.stop()
    with pytest.raises(NotSent):
        printer.print_page(waybill, job_id=1)
    assert not line.device.pages
    line.start(tick=0.005)
    assert printer.print_page(waybill, job_id=1) is proven
    assert [page.whole for page in line.device.pages] == [True]


@pytest.mark.fault("F29")
def test_a_printer_that_stops_reading_in_mid_page_is_in_doubt(line, language, make_page):
    printer = build_printer(
        "front", line.url, language,
        {"status": "none", "write_seconds": 0.3}, pause=lambda _seconds: None,
    )  # fmt: skip
    line.device.set_fault("stall", on=True, now=0.0)
    page = make_page(WIDTH, 48_000)  # more than the kernels' buffers take, however compressed
    with pytest.raises(MaybeSent, match="takes no more bytes"):
        printer.print_page(page, job_id=1)


class Vanishing:
    """A peer on port 9100 that reads ``count`` bytes and resets the connection."""

    def __init__(self, count):
        self.count, self.heard = count, b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"socket://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        peer, _ = self._listener.accept()
        with peer:
            while len(self.heard) < self.count and (
                data := peer.recv(min(4096, self.count - len(self.heard)))
            ):
                self.heard += data
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def stop(self):
        self._thread.join()
        self._listener.close()


@pytest.mark.parametrize("count", [0, 1, 3, 100, 5000, 100_000])
def test_a_peer_that_vanishes_after_any_byte_ends_honestly(language, waybill, count):
    peer = Vanishing(count)
    settings = {"status": "none", "write_seconds": 0.5}
    printer = build_printer("front", peer.url, language, settings)
    try:
        outcome = printer.print_page(waybill, job_id=1)
    except (NotSent, MaybeSent) as error:
        outcome = error
    finally:
        printer.close()
        peer.stop()
    # Silent peers prove nothing; what the network had taken may or may not have been read.
    assert outcome is Proof.NONE or isinstance(outcome, NotSent | MaybeSent)
    if isinstance(outcome, NotSent):
        assert peer.heard == b""
