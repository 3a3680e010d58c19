"""The door to metal: pty, TCP, device file and loop; busy, refused, gone, and half-written."""

from __future__ import annotations

import contextlib
import errno
import os
import pty
import queue
import socket
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import serial

from drivers import port as ports
from drivers.interfaces import DeviceEvent, DeviceGone, Health, PortBusy, PortRefused, Reading
from drivers.port import FoundPort, Port, WriteFailed, found_ports, open_fault, open_port
from drivers.registry import scale_worker

LONG = 60.0
"""Seconds that a test which is about to fail may wait."""


def read_until(port: Port, wanted: bytes) -> bytes:
    """Read until the bytes are there; an empty read means that they never will be."""
    data = b""
    while wanted not in data:
        piece = port.read_some()
        assert piece, f"only {data!r} came"
        data += piece
    return data


# --- a pseudo terminal, as a USB serial adapter -------------------------------------------------


@dataclass
class Terminal:
    """A pty: what the device writes at one end the port reads at the other."""

    device: int
    line: int
    path: str

    @classmethod
    def plug(cls) -> Terminal:
        device, line = pty.openpty()
        tty.setraw(line)
        return cls(device, line, os.ttyname(line))

    def unplug(self) -> None:
        for fd in (self.device, self.line):
            with contextlib.suppress(OSError):
                os.close(fd)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    plugged = Terminal.plug()
    yield plugged
    plugged.unplug()


def test_what_a_device_says_arrives_at_once_and_the_answer_too(terminal: Terminal) -> None:
    port = open_port(terminal.path, device="scale", read_timeout=LONG)
    os.write(terminal.device, b"hello")
    assert read_until(port, b"hello") == b"hello"
    port.write(b"W")
    assert os.read(terminal.device, 9) == b"W"
    port.close()


def test_silence_is_an_empty_read(terminal: Terminal) -> None:
    port = open_port(terminal.path, device="scale", read_timeout=0.01)
    assert port.read_some() == b""
    port.close()


@pytest.mark.fault("F30")
def test_a_second_program_is_told_that_the_port_is_held(terminal: Terminal) -> None:
    first = open_port(terminal.path, device="scale")
    with pytest.raises(PortBusy, match="another program holds this port") as held:
        open_port(terminal.path, device="printer")
    assert (held.value.device, held.value.port) == ("printer", terminal.path)
    first.close()
    open_port(terminal.path, device="printer").close()


@pytest.mark.fault("F1")
def test_an_unplugged_device_is_gone_and_can_be_opened_again(terminal: Terminal) -> None:
    port = open_port(terminal.path, device="scale", read_timeout=LONG)
    terminal.unplug()
    with pytest.raises(DeviceGone) as gone:
        port.read_some()
    assert gone.value.device == "scale"
    port.close()
    port.close()
    again = Terminal.plug()
    other = open_port(again.path, device="scale", read_timeout=LONG)
    os.write(again.device, b"back")
    assert read_until(other, b"back") == b"back"
    other.close()
    again.unplug()


def test_a_write_to_an_unplugged_device_says_that_no_byte_left(terminal: Terminal) -> None:
    port = open_port(terminal.path, device="scale")
    terminal.unplug()
    with pytest.raises(WriteFailed) as gone:
        port.write(b"W")
    assert gone.value.written == 0
    assert isinstance(gone.value, DeviceGone)
    port.close()


def test_a_device_that_stops_taking_bytes_says_how_many_had_left(terminal: Terminal) -> None:
    port = open_port(terminal.path, device="printer", write_timeout=0.02)
    with pytest.raises(WriteFailed, match="takes no more bytes") as stuck:
        port.write(bytes(1_000_000))
    assert stuck.value.written is not None
    assert 0 < stuck.value.written < 1_000_000
    port.close()


def test_a_port_closed_under_its_reader_is_gone_and_no_type_error(terminal: Terminal) -> None:
    port = open_port(terminal.path, device="scale")
    port.close()
    with pytest.raises(DeviceGone):
        port.read_some()
    with pytest.raises(DeviceGone):
        port.write(b"W")


@pytest.mark.parametrize("kind", ["pty", "tcp", "file"])
def test_another_thread_can_wake_a_blocked_reader(kind: str, tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(SILENT_DEVICES[kind](tmp_path))
        port = stack.enter_context(contextlib.closing(
            open_port(url, device="scale", read_timeout=60)))
        reads: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        reader = threading.Thread(target=lambda: reads.put(port.read_some()))
        reader.start()
        port.cancel()
        assert reads.get(timeout=LONG) == b""
        reader.join()


def test_cancelling_a_closed_port_is_no_error(terminal: Terminal) -> None:
    port = open_port(terminal.path, device="scale")
    port.close()
    port.cancel()


# --- TCP ----------------------------------------------------------------------------------------


class Peer:
    """A listening socket that takes one connection after the other."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(LONG)
        self.url = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        self._taken: list[socket.socket] = []

    def take(self) -> socket.socket:
        taken, _ = self._server.accept()
        taken.settimeout(LONG)
        self._taken.append(taken)
        return taken

    def close(self) -> None:
        for taken in (*self._taken, self._server):
            taken.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    listening = Peer()
    yield listening
    listening.close()


def test_bytes_pass_over_tcp_both_ways(peer: Peer) -> None:
    port = open_port(peer.url, device="scale", read_timeout=LONG)
    device = peer.take()
    device.sendall(b"hello")
    assert read_until(port, b"hello") == b"hello"
    port.write(b"W" * 100_000)
    received = b""
    while len(received) < 100_000:
        received += device.recv(65536)
    assert received == b"W" * 100_000
    port.close()


def test_a_link_over_tcp_is_kept_under_watch(peer: Peer) -> None:
    port = open_port(peer.url, device="scale")
    assert isinstance(port, ports.TcpPort)
    assert port._peer.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert port._peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    port.close()


def test_a_peer_that_hangs_up_is_gone(peer: Peer) -> None:
    port = open_port(peer.url, device="scale", read_timeout=LONG)
    peer.take().close()
    with pytest.raises(DeviceGone, match="the other end closed the connection"):
        port.read_some()
    port.close()


def test_a_write_after_the_peer_hung_up_fails_at_once_and_no_byte_has_left(peer: Peer) -> None:
    port = open_port(peer.url, device="printer", read_timeout=LONG)
    peer.take().close()
    with pytest.raises(DeviceGone):
        port.read_some()
    with pytest.raises(WriteFailed) as gone:
        port.write(b"label")
    assert gone.value.written == 0
    port.close()


def test_what_the_device_said_is_not_lost_by_a_write(peer: Peer) -> None:
    port = open_port(peer.url, device="printer", read_timeout=LONG)
    peer.take().sendall(b"status")
    read_until(port, b"s")
    port.write(b"label")
    port.close()


def test_a_peer_that_stops_reading_says_how_many_bytes_had_left(peer: Peer) -> None:
    port = open_port(peer.url, device="printer", write_timeout=0.05)
    peer.take()
    with pytest.raises(WriteFailed, match="takes no more bytes") as stuck:
        port.write(bytes(50_000_000))
    assert stuck.value.written is not None
    assert 0 < stuck.value.written < 50_000_000
    port.close()


def test_nobody_listening_is_gone_in_words(peer: Peer) -> None:
    url = peer.url
    peer.close()
    with pytest.raises(DeviceGone, match="nobody answers at this address"):
        open_port(url, device="scale")


@pytest.mark.parametrize("url", ["socket://", "socket://127.0.0.1", "socket://127.0.0.1:ninety"])
def test_an_address_without_a_number_is_refused(url: str) -> None:
    with pytest.raises(PortRefused):
        open_port(url, device="scale")


def even(data: bytes) -> bytes:
    return bytes(byte | 0x80 if bin(byte).count("1") % 2 else byte for byte in data)


@pytest.mark.parametrize("dress", [bytes, even], ids=["seven bits", "seven bits and parity"])
def test_a_toledo_is_weighed_over_tcp(peer: Peer, dress: Callable[[bytes], bytes]) -> None:
    told: queue.SimpleQueue[DeviceEvent] = queue.SimpleQueue()
    worker = scale_worker(
        "bench", "toledo-8217", peer.url, settings={"unit": "kg"}, emit=told.put)
    worker.start()
    device = peer.take()
    assert device.recv(1) == b"W"
    device.sendall(dress(b"\x0201.230\r"))
    events: list[DeviceEvent] = []
    while not events or not isinstance(events[-1], Reading):
        events.append(told.get(timeout=LONG))
    assert worker.stop()
    assert events[-1].grams == 1230
    assert [event.state for event in events if isinstance(event, Health)] == ["starting", "ready"]


# --- device files -------------------------------------------------------------------------------


def test_a_printers_file_is_written_and_read(tmp_path: Path) -> None:
    pipe = tmp_path / "lp 0"
    os.mkfifo(pipe)
    port = open_port(pipe.as_uri(), device="printer", read_timeout=LONG)
    port.write(b"label")  # a pipe opened both ways gives back what was written
    assert read_until(port, b"label") == b"label"
    port.close()


@pytest.mark.fault("F30")
def test_a_printers_file_is_held_by_one_program(tmp_path: Path) -> None:
    pipe = tmp_path / "lp0"
    os.mkfifo(pipe)
    first = open_port(f"file://{pipe}", device="printer")
    with pytest.raises(PortBusy):
        open_port(f"file://{pipe}", device="other")
    first.close()


def test_a_printer_that_stops_taking_bytes_says_how_many_had_left(tmp_path: Path) -> None:
    pipe = tmp_path / "lp0"
    os.mkfifo(pipe)
    port = open_port(f"file://{pipe}", device="printer", write_timeout=0.02)
    with pytest.raises(WriteFailed) as stuck:
        port.write(bytes(1_000_000))
    assert stuck.value.written is not None
    assert 0 < stuck.value.written < 1_000_000
    port.close()


def test_a_file_that_reads_as_empty_is_silence_and_no_busy_loop(tmp_path: Path) -> None:
    (tmp_path / "lp0").touch()
    port = open_port(f"file://{tmp_path / 'lp0'}", device="printer", read_timeout=0.01)
    assert [port.read_some() for _ in range(3)] == [b"", b"", b""]
    port.close()


def test_a_file_that_may_only_be_written_is_opened_so_and_reads_as_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lp0").touch()
    real = os.open

    def write_only(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if str(path).endswith("lp0") and flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", write_only)
    port = open_port(f"file://{tmp_path / 'lp0'}", device="printer", read_timeout=0.01)
    port.write(b"label")
    assert port.read_some() == b""
    port.close()
    assert (tmp_path / "lp0").read_bytes() == b"label"


def test_an_unplugged_printers_file_is_gone_in_words(tmp_path: Path) -> None:
    with pytest.raises(DeviceGone, match="there is no such port; is its cable in"):
        open_port(f"file://{tmp_path}/lp0", device="printer")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PortRefused):
        open_port(f"file://{tmp_path}", device="printer")


# --- every kind ---------------------------------------------------------------------------------


@contextlib.contextmanager
def silent_pty(_folder: Path) -> Iterator[str]:
    plugged = Terminal.plug()
    yield plugged.path
    plugged.unplug()


@contextlib.contextmanager
def silent_tcp(_folder: Path) -> Iterator[str]:
    listening = Peer()
    yield listening.url
    listening.close()


@contextlib.contextmanager
def silent_file(folder: Path) -> Iterator[str]:
    os.mkfifo(folder / "lp0")
    yield f"file://{folder / 'lp0'}"


SILENT_DEVICES = {"pty": silent_pty, "tcp": silent_tcp, "file": silent_file}


def test_pyserials_other_urls_work_too() -> None:
    port = open_port("loop://", device="scale")
    port.write(b"echo")
    assert read_until(port, b"echo") == b"echo"
    port.close()


def test_a_failed_write_whose_progress_nobody_knows_says_so() -> None:
    port = open_port("loop://", device="scale", baudrate=1200, write_timeout=0.01)
    with pytest.raises(WriteFailed) as failed:
        port.write(bytes(4096))
    assert failed.value.written is None
    port.close()


@pytest.mark.parametrize("settings", [
    {"baudrate": -1}, {"bytesize": 9}, {"parity": "Q"}, {"stopbits": 7},
])
def test_impossible_settings_are_refused(terminal: Terminal, settings: dict[str, Any]) -> None:
    with pytest.raises(PortRefused, match="cannot be opened with these settings"):
        open_port(terminal.path, device="scale", **settings)


def test_an_unknown_kind_of_url_is_refused() -> None:
    with pytest.raises(PortRefused):
        open_port("teleport://there", device="scale")


def test_a_file_that_is_no_terminal_is_refused_as_a_serial_port(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(PortRefused):
        open_port(str(tmp_path / "notes.txt"), device="scale")


@pytest.mark.parametrize(("fault", "kind"), [
    (serial.SerialException(errno.EBUSY, "busy"), PortBusy),
    (serial.SerialException(errno.EAGAIN, "Could not exclusively lock port"), PortBusy),
    (OSError(errno.EBUSY, "Device or resource busy"), PortBusy),
    (serial.SerialException(errno.EACCES, "Permission denied"), PortRefused),
    (serial.SerialException("Could not configure port: (25, 'Inappropriate')"), PortRefused),
    (serial.SerialException("Could not configure port: (5, 'Input/output error')"), DeviceGone),
    (serial.SerialException("Remote does not accept parameter change (RFC2217): []"), PortRefused),
    (serial.SerialException(errno.ENOENT, "No such file"), DeviceGone),
    (termios.error(errno.EINVAL, "Invalid argument"), PortRefused),
    (termios.error(errno.EIO, "Input/output error"), DeviceGone),
    (TimeoutError(), DeviceGone),
    (ValueError("invalid URL"), PortRefused),
])
def test_what_opening_raises_says_retry_or_stop(fault: Exception, kind: type[Exception]) -> None:
    error = open_fault("scale", "/dev/ttyUSB0", fault)
    assert type(error) is kind
    assert "scale (/dev/ttyUSB0): " in str(error)


def test_permission_denied_says_what_to_do() -> None:
    error = open_fault("scale", "/dev/ttyUSB0", PermissionError(errno.EACCES, "Permission denied"))
    assert "group (dialout or lp)" in str(error)


@pytest.mark.parametrize("fault", [
    serial.SerialException("device reports readiness to read but returned no data"),
    OSError(errno.EIO, "Input/output error"),
    TypeError("'NoneType' object cannot be interpreted as an integer"),
    ValueError("file descriptor cannot be a negative integer (-1)"),
    termios.error(errno.EIO, "Input/output error"),
], ids=lambda fault: type(fault).__name__)
@pytest.mark.fault("F1")
def test_every_way_in_which_a_port_vanishes_is_gone(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = open_port("loop://", device="scale")

    def vanish(*_: object) -> bytes:
        raise fault

    monkeypatch.setattr(port._handle, "read", vanish)  # type: ignore[attr-defined]
    monkeypatch.setattr(port._handle, "close", vanish)  # type: ignore[attr-defined]
    with pytest.raises(DeviceGone):
        port.read_some()
    port.close()


def test_ports_are_listed_by_the_names_that_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ttyUSB0", "ttyUSB1", "ttyS0"):
        (tmp_path / name).touch()
    for folder, name, target in (
        ("by-id", "usb-FTDI_A1", "ttyUSB0"), ("by-path", "pci-1", "ttyUSB0"),
        ("by-path", "pci-2", "ttyUSB1"),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).symlink_to(tmp_path / target)

    @dataclass(order=True)
    class Found:
        device: str
        description: str | None

    found = [Found(str(tmp_path / name), "CH340" if "USB" in name else None)
             for name in ("ttyUSB1", "ttyUSB0", "ttyS0")]
    monkeypatch.setattr(ports, "comports", lambda: found)
    assert found_ports(tmp_path) == [
        FoundPort(str(tmp_path / "ttyS0"), str(tmp_path / "ttyS0"), ""),
        FoundPort(str(tmp_path / "by-id/usb-FTDI_A1"), str(tmp_path / "ttyUSB0"), "CH340"),
        FoundPort(str(tmp_path / "by-path/pci-2"), str(tmp_path / "ttyUSB1"), "CH340"),
    ]
