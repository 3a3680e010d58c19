"""python-escpos' transports as wires: the real ones that run here, stand-ins for the others."""

from __future__ import annotations

import errno
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from types import SimpleNamespace

import pytest

from drivers.interfaces import (
    Bitmap,
    DeviceError,
    DeviceGone,
    MaybeSent,
    PortBusy,
    PortRefused,
    Proof,
)
from drivers.port import WriteFailed
from drivers.printer import build_printer, escpos_transport
from drivers.printer.escpos_transport import (
    EscposWire,
    SpoolWire,
    answers,
    load_escpos,
    open_escpos,
)
from drivers.printer.settings import Delivery
from simulators.clock import WallClock
from simulators.doors import TcpDoor
from simulators.mechanism import Paper
from simulators.printer import Printer as SimulatedPrinter
from simulators.wire import Line

QUICK = Delivery(write_seconds=0.1)
LONG = 30.0  # many times that, for a machine that is busy: what hangs, hangs for ever
PAGE = Bitmap(16, 4, bytes.fromhex("80 01 ff 00 0f f0 55 aa"))
UNCLOSED = "ignore:unclosed <socket:ResourceWarning"


def opened(url, delivery=QUICK):
    return open_escpos(url, device="front", delivery=delivery)


# --- Importing ----------------------------------------------------------------------------------


def test_the_import_leaves_no_directory_and_no_log_handler_behind(tmp_path):
    script = (
        "import logging, tempfile\n"
        "before = tempfile.mkdtemp\n"
        "from drivers.printer import build_printer\n"
        "import sys; assert 'escpos' not in sys.modules\n"
        "from drivers.printer.escpos_transport import load_escpos\n"
        "assert load_escpos().Network and load_escpos() is load_escpos()\n"
        "assert tempfile.mkdtemp is before and not logging.getLogger().handlers\n"
        "import os; assert os.path.isdir(tempfile.mkdtemp(prefix='own'))\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    environment.pop("ESCPOS_CAPABILITIES_PICKLE_DIR", None)
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    assert [path.name[:3] for path in tmp_path.iterdir()] == ["own"]


def test_another_thread_keeps_its_own_temporary_directories(tmp_path, monkeypatch):
    made = []
    original, handlers = tempfile.mkdtemp, list(logging.getLogger().handlers)
    with escpos_transport._contained(str(tmp_path)):
        mine = tempfile.mkdtemp()
        named = tempfile.mkdtemp(prefix="x", dir=tmp_path)
        other = threading.Thread(target=lambda: made.append(tempfile.mkdtemp(dir=tmp_path)))
        other.start()
        other.join()
        logging.getLogger().addHandler(logging.NullHandler())
    assert mine == str(tmp_path)
    assert str(tmp_path) not in (named, *made)
    assert tempfile.mkdtemp is original
    assert logging.getLogger().handlers == handlers


# --- Addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "reads"),
    [
        ("escpos+network://h:9100", True),
        ("escpos+usb://04b8:0202", True),
        ("escpos+serial:///dev/ttyUSB0", True),
        ("escpos+file:///dev/usb/lp0", False),
        ("escpos+cups://label", False),
        ("escpos+win32://label", False),
        ("ESCPOS+FILE:///dev/usb/lp0", False),
    ],
)
def test_an_address_tells_whether_its_printer_can_be_asked(url, reads):
    assert answers(url) is reads


@pytest.mark.parametrize(
    "url",
    [
        "escpos+bluetooth://x",
        "escpos+network://",
        "escpos+usb://nothex:0202",
        "escpos+usb://",
        "escpos+file://",
    ],
)
def test_an_address_that_says_nothing_is_refused_with_its_name(url):
    with pytest.raises(PortRefused) as refused:
        opened(url)
    assert url in str(refused.value)
    assert refused.value.device == "front"


@pytest.mark.parametrize(
    "url", ["escpos+usb://04b8:0202", "escpos+cups://label", "escpos+win32://label"]
)
def test_a_transport_whose_library_is_not_installed_says_what_to_install(
    stand_in, monkeypatch, url
):
    monkeypatch.setattr(stand_in, "is_usable", staticmethod(lambda: False))
    with pytest.raises(PortRefused, match="install py") as refused:
        opened(url)
    assert url in str(refused.value)
    assert stand_in.made == []


@pytest.mark.parametrize(
    "url", ["escpos+usb://04b8:0202", "escpos+cups://label", "escpos+win32://label"]
)
def test_a_printer_that_is_not_here_is_refused_or_gone_and_named(url):
    with pytest.raises((PortRefused, DeviceGone), match=re.escape(url)):
        opened(url)


# --- The stand-ins ------------------------------------------------------------------------------


class StandIn:
    """A python-escpos printer that writes down what is done to it."""

    made: list[StandIn]

    def __init__(self, **kwargs):
        self.kwargs = kwargs
        self.raw, self.calls, self.answers, self.error = [], [], [], None
        self.device = SimpleNamespace(
            timeout=None, write_timeout=None, close=lambda: self.calls.append("device.close")
        )
        self.device.settimeout = lambda seconds: setattr(self.device, "timeout", seconds)
        self.timeout = kwargs.get("timeout")
        type(self).made.append(self)

    def open(self):
        self.calls.append("open")
        if type(self).refuse:
            raise type(self).refuse

    refuse: Exception | None = None

    @staticmethod
    def is_usable():
        return True

    def close(self):
        self.calls.append("close")

    def _raw(self, data):
        if self.error:
            raise self.error
        self.raw.append(data)

    def _read(self):
        answer = self.answers.pop(0) if self.answers else b""
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def stand_in(monkeypatch):
    class Fresh(StandIn):
        """A list of its own for every test."""

    Fresh.made = []
    library = SimpleNamespace(
        Network=Fresh, Usb=Fresh, Serial=Fresh, File=Fresh, CupsPrinter=Fresh, Win32Raw=Fresh
    )
    monkeypatch.setattr(escpos_transport, "load_escpos", lambda: library)
    return Fresh


def test_usb_numbers_are_hexadecimal_and_its_writes_bounded(stand_in):
    wire = opened("escpos+usb://04b8:0e15?in=81&out=3", Delivery(write_seconds=2))
    (printer,) = stand_in.made
    assert printer.kwargs == {
        "idVendor": 0x04B8,
        "idProduct": 0x0E15,
        "timeout": 2000,
        "in_ep": 0x81,
        "out_ep": 3,
    }
    wire.write(b"x")
    assert (printer.raw, printer.timeout) == ([b"x"], 2000)
    wire.read_some()
    assert printer.device.default_timeout == 20
    wire.close()


def test_of_two_printers_of_one_model_the_one_with_the_serial_number_is_taken(stand_in):
    """pyusb's find() compares serial_number; without it the first of both is opened."""
    opened("escpos+usb://04b8:0202?serial=J7A1")
    assert stand_in.made[0].kwargs["usb_args"] == {"serial_number": "J7A1"}


def test_or_the_one_in_a_certain_socket(stand_in):
    opened("escpos+usb://04b8:0202?place=1-2.3")
    match = stand_in.made[0].kwargs["usb_args"]["custom_match"]
    places = [(1, (2, 3)), (1, (2, 4)), (2, (2, 3)), (1, None)]
    found = [match(SimpleNamespace(bus=bus, port_numbers=ports)) for bus, ports in places]
    assert found == [True, False, False, False]


@pytest.mark.parametrize("number", [errno.ETIMEDOUT, 10060, errno.EAGAIN])
def test_usb_with_nothing_to_say_is_silence(stand_in, number):
    wire = opened("escpos+usb://04b8:0202")
    stand_in.made[0].answers = [OSError(number, "Operation timed out"), bytearray(b"\x12")]
    assert wire.read_some() == b""
    assert wire.read_some() == b"\x12"


def test_usb_unplugged_is_gone(stand_in):
    wire = opened("escpos+usb://04b8:0202")
    stand_in.made[0].answers = [OSError(errno.ENODEV, "No such device")]
    with pytest.raises(DeviceGone, match="No such device"):
        wire.read_some()


def test_a_serial_line_gets_its_settings_and_both_timeouts(stand_in):
    delivery = Delivery(baudrate=115200, parity="E", bytesize=7, stopbits=2, write_seconds=3)
    wire = opened("escpos+serial:///dev/ttyS9", delivery)
    (printer,) = stand_in.made
    assert printer.kwargs == {
        "devfile": "/dev/ttyS9",
        "baudrate": 115200,
        "bytesize": 7,
        "parity": "E",
        "stopbits": 2,
        "timeout": 0.02,
        "dsrdtr": False,
    }
    wire.write(b"x")
    assert printer.device.write_timeout == 3
    wire.read_some()
    assert printer.device.timeout == 0.02
    wire.close()
    assert printer.calls == ["open", "device.close", "close"]


def test_a_network_printer_that_says_goodbye_is_gone(stand_in):
    wire = opened("escpos+network://printer.local")
    assert stand_in.made[0].kwargs["host"] == "printer.local"
    assert stand_in.made[0].kwargs["port"] == 9100
    with pytest.raises(DeviceGone, match="closed the connection"):
        wire.read_some()


def test_a_queue_gets_a_page_whole_or_not_at_all(stand_in):
    printer = build_printer("front", "escpos+cups://label%20queue", "escpos", {})
    assert printer.print_page(PAGE, job_id=1) is Proof.NONE
    assert printer.print_page(PAGE, job_id=2) is Proof.NONE
    first, second = stand_in.made
    assert first.kwargs == {"printer_name": "label queue"}
    assert first.raw == second.raw
    assert len(first.raw) == 1
    assert first.raw[0].startswith(b"\x1b@\x1dv0")
    assert first.calls == ["open", "close"]


@pytest.mark.pain("7")
def test_an_abandoned_page_never_reaches_the_queue(stand_in):
    wire = opened("escpos+cups://label")
    assert isinstance(wire, SpoolWire)
    wire.write(b"half a page")
    wire.close()
    assert stand_in.made[0].raw == []


def test_a_queue_that_fails_at_the_end_may_have_the_page(stand_in, monkeypatch):
    def full(_self):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(stand_in, "close", full)
    printer = build_printer("front", "escpos+cups://label", "escpos", {})
    with pytest.raises(MaybeSent, match="full"):
        printer.print_page(PAGE, job_id=1)


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (OSError(errno.EBUSY, "Resource busy"), PortBusy),
        (OSError(errno.EACCES, "Access denied"), PortRefused),
        (OSError(errno.ENOENT, "No such file"), DeviceGone),
        (RuntimeError("no pyusb"), PortRefused),
        (AssertionError("Incorrect printer name"), DeviceGone),
    ],
)
def test_every_error_of_the_library_becomes_one_of_ours(stand_in, error, ours):
    stand_in.refuse = error
    with pytest.raises(ours, match="front"):
        opened("escpos+usb://04b8:0202")
    assert stand_in.made[0].device is None, "its destructor must find nothing to close"


def test_the_library_hides_a_busy_port_in_an_error_of_its_own(stand_in):
    load_escpos()
    busy = sys.modules["escpos.exceptions"].DeviceNotFoundError("Unable to open")
    busy.__context__ = OSError(errno.EBUSY, "Resource busy")
    stand_in.refuse = busy
    with pytest.raises(PortBusy):
        opened("escpos+usb://04b8:0202")


def test_a_failed_write_does_not_pretend_to_know_how_much_left(stand_in):
    wire = opened("escpos+usb://04b8:0202")
    stand_in.made[0].error = OSError(errno.EIO, "Input/output error")
    with pytest.raises(DeviceError) as failed:
        wire.write(b"page")
    assert getattr(failed.value, "written", None) is None


def test_a_closed_wire_is_gone_and_closing_again_is_no_error(stand_in):
    wire = opened("escpos+usb://04b8:0202")
    wire.close()
    wire.close()
    with pytest.raises(DeviceGone):
        wire.write(b"x")


# --- The real ones ------------------------------------------------------------------------------


@pytest.fixture
def served():
    device = SimulatedPrinter("escpos", paper=Paper(width=16, label_rows=4), speed_mm=10_000)
    line = Line(device, TcpDoor(), WallClock())
    line.start(tick=0.005)
    yield line
    line.stop()


def test_a_page_goes_through_the_network_transport_dot_for_dot(served):
    url = served.url.replace("socket:", "escpos+network:")
    printer = build_printer("front", url, "escpos", {})
    try:
        assert printer.print_page(PAGE, job_id=3) is Proof.PRINTED
    finally:
        printer.close()
    assert [page.rows for page in served.device.pages] == [PAGE.rows]


@pytest.mark.filterwarnings(UNCLOSED)  # the library drops a socket that did not connect
def test_a_network_printer_that_is_not_there_is_gone(served):
    url = served.url.replace("socket:", "escpos+network:")
    served.stop()
    with pytest.raises(DeviceGone, match="cannot be opened"):
        opened(url)


def test_a_page_goes_into_a_device_file(tmp_path):
    path = tmp_path / "lp 0"
    path.touch()
    url = f"escpos+file://{tmp_path}/lp%200"
    printer = build_printer("front", url, "escpos", {"cut": "full"})
    assert printer.print_page(PAGE, job_id=1) is Proof.NONE
    printer.close()
    assert path.read_bytes().endswith(PAGE.rows + b"\x0c\x1dV\x00")


def test_a_missing_device_file_is_gone(tmp_path):
    with pytest.raises((DeviceGone, PortRefused)):
        opened(f"escpos+file://{tmp_path}/none/lp0")


@pytest.mark.fault("F29")
def test_a_device_file_nobody_reads_is_given_up_in_time(tmp_path):
    fifo = tmp_path / "lp0"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    wire = opened(f"escpos+file://{fifo}")
    start = time.monotonic()
    try:
        with pytest.raises(WriteFailed) as stalled:
            wire.write(bytes(1 << 20))
    finally:
        wire.close()
        os.close(reader)
    assert time.monotonic() - start < LONG
    assert stalled.value.written == 65536
    assert isinstance(wire, EscposWire)


def test_a_serial_printer_answers_over_a_pty():
    master, slave = os.openpty()
    try:
        wire = opened(f"escpos+serial://{os.ttyname(slave)}")
        try:
            wire.write(b"\x10\x04\x01")
            assert os.read(master, 10) == b"\x10\x04\x01"
            assert wire.read_some() == b""
            os.write(master, b"\x12")
            assert wire.read_some() == b"\x12"
        finally:
            wire.close()
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.fault("F29")
def test_a_serial_printer_that_stops_reading_neither_hangs_the_write_nor_the_close():
    master, slave = os.openpty()
    wire = opened(f"escpos+serial://{os.ttyname(slave)}")
    start = time.monotonic()
    try:
        with pytest.raises(DeviceError, match="timeout"):
            wire.write(bytes(1 << 18))
        wire.close()
    finally:
        os.close(master)
        os.close(slave)
    assert time.monotonic() - start < LONG
