"""What the system is asked for when a port opens, and how long each read and write may wait."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import socket
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import serial

from drivers import port as ports
from drivers.interfaces import DeviceError, DeviceGone, PortBusy
from drivers.port import Port, SerialPort, WriteFailed, open_fault, open_port, shown

READ, WRITE = 0.25, 0.5
Opened = Callable[..., Port]


class Waits:
    """Stands for ``select``: remembers how long it might have waited, and never does."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._select = select.select  # the real one, which is replaced by this

    def select(self, *watched: Any) -> Any:
        *ends, timeout = watched
        self.asked.append(timeout)
        return self._select(*ends, 0)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    waits = Waits()
    monkeypatch.setattr(ports, "select", waits)
    return waits


@pytest.fixture(params=["tcp", "file"])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Port]:
    """A port to a device that says nothing until ``nudge`` lets it say a byte."""
    with contextlib.ExitStack() as stack:
        if request.param == "tcp":
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        else:
            os.mkfifo(tmp_path / "lp0")
            url = f"file://{tmp_path / 'lp0'}"
        yield stack.enter_context(contextlib.closing(
            open_port(url, device="scale", read_timeout=READ, write_timeout=WRITE)))


def test_a_write_waits_for_its_own_timeout(line: Port, waits: Waits) -> None:
    line.write(b"W")
    assert waits.asked == [WRITE]


def test_silence_lasts_for_the_read_timeout_and_no_longer(line: Port, waits: Waits) -> None:
    assert line.read_some() == b""
    assert waits.asked[0] == READ
    assert sum(waits.asked[1:]) <= READ, "what is left of it"


def test_a_reader_that_is_woken_waits_no_more(line: Port, waits: Waits) -> None:
    line.cancel()
    assert line.read_some() == b""
    assert waits.asked == [READ]
    waits.asked.clear()
    assert line.read_some() == b""
    assert len(waits.asked) > 0, "woken once, not for ever"


def test_a_file_that_was_read_is_not_waited_for_again(tmp_path: Path, waits: Waits) -> None:
    (tmp_path / "lp0").write_bytes(b"ready")
    port = open_port(f"file://{tmp_path / 'lp0'}", device="printer", read_timeout=READ)
    assert (port.read_some(), waits.asked) == (b"ready", [READ])
    assert (port.read_some(), len(waits.asked)) == (b"", 3)
    port.close()


class Wire:
    """A serial handle that would block for a byte which is not there."""

    fd = None

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting

    @property
    def in_waiting(self) -> int:
        return self.waiting

    def read(self, size: int) -> bytes:
        assert size <= self.waiting, "this read would last for the whole timeout"
        self.waiting -= size
        return b"x" * size


@pytest.mark.parametrize("waiting", [1, 2, 17])
def test_a_serial_port_is_asked_for_no_more_than_has_come(waiting: int) -> None:
    assert SerialPort("COM3", "scale", Wire(waiting), 1.0).read_some() == b"x" * waiting


def test_a_flood_is_read_in_pieces_of_64_kilobytes() -> None:
    chunk = 65536
    wire = Wire(3 * chunk)
    assert len(SerialPort("COM3", "scale", Wire(chunk), 1.0).read_some()) == chunk
    assert len(SerialPort("COM3", "scale", wire, 1.0).read_some()) == chunk + 1
    assert wire.waiting == 2 * chunk - 1


def test_a_failed_write_on_a_terminal_counts_all_the_pieces_before_it() -> None:
    device, line = pty.openpty()
    tty.setraw(line)
    port = open_port(os.ttyname(line), device="printer", write_timeout=0.02)
    with pytest.raises(WriteFailed, match=r"no more bytes since 0\.02 s") as stuck:
        port.write(bytes(1_000_000))
    os.set_blocking(device, False)
    arrived = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            arrived += len(os.read(device, 65536))
    assert stuck.value.written == arrived
    port.close()
    os.close(device)
    os.close(line)


# --- What is asked of the system ------------------------------------------------------------------


class Asked(Exception):
    """Carries what an opener was given."""


def asked(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, url: str) -> tuple[Any, ...]:
    def refuse(*words: Any, **facts: Any) -> Any:
        raise Asked(words, facts)

    monkeypatch.setattr(place, name, refuse)
    with pytest.raises(Asked) as found:
        open_port(url, device="scale")
    return found.value.args


def test_a_serial_port_is_opened_at_9600_8n1_for_this_program_alone(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = {
        "baudrate": 9600, "bytesize": 8, "parity": "N", "stopbits": 1, "rtscts": False,
        "xonxoff": False, "exclusive": True, "timeout": 0.2,
    }
    assert asked(monkeypatch, serial, "serial_for_url", "COM3") == (
        ("COM3",), {**usual, "write_timeout": 2.0})
    assert asked(monkeypatch, serial, "serial_for_url", "RFC2217://box:4001") == (
        ("RFC2217://box:4001",), {**usual, "write_timeout": None})


def test_a_connection_is_given_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, socket, "create_connection", "socket://box:4001") == (
        (("box", 4001),), {"timeout": 3.0})


@pytest.mark.skipif(not hasattr(socket, "TCP_KEEPIDLE"), reason="Linux' names for it")
def test_a_link_that_says_nothing_is_asked_after_ten_seconds_and_given_up_after_nine_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = open_port(f"socket://127.0.0.1:{server.getsockname()[1]}", device="scale")
        assert isinstance(port, ports.TcpPort)
        told = [port._peer.getsockopt(socket.IPPROTO_TCP, option) for option in (
            socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)]
        port.close()
    assert told == [10, 3, 3]


# --- In words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("system", "words", "kind"), [
    ("nt", "could not open port 'COM3': PermissionError(13, 'Access is denied.')", PortBusy),
    ("nt", "could not open port 'COM3': FileNotFoundError(2, 'not found')", DeviceGone),
    ("posix", "could not open port: PermissionError(13, 'Access is denied.')", DeviceGone),
])
def test_windows_tells_a_port_that_is_held_by_a_permission(
    system: str, words: str, kind: type[DeviceError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "os", SimpleNamespace(name=system))
    assert type(open_fault("scale", "COM3", serial.SerialException(words))) is kind


def test_a_permission_that_is_not_pyserials_word_is_no_port_held_by_another(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "os", SimpleNamespace(name="nt"))
    assert type(open_fault("x", "y", RuntimeError("PermissionError(13, ...)"))) is DeviceGone


@pytest.mark.parametrize(("url", "seen"), [
    ("rtsp://admin:geheim@10.0.0.9:554/live?x=1", "rtsp://10.0.0.9:554/live?x=1"),
    ("rtsp://a@b:c@10.0.0.9/live", "rtsp://10.0.0.9/live"),
    ("socket://10.0.0.9:9100", "socket://10.0.0.9:9100"), ("COM3", "COM3"),
    ("/dev/serial/by-id/usb@1", "/dev/serial/by-id/usb@1"),
])
def test_an_address_is_shown_without_user_and_password(url: str, seen: str) -> None:
    assert shown(url) == seen


def test_an_error_shows_the_first_forty_bytes_of_what_was_read() -> None:
    error = DeviceError("scale", "COM3", "no sense", b"\x02" * 41)
    assert str(error) == f"scale (COM3): no sense [{'02 ' * 39}02]"
    assert str(DeviceError("scale", "COM3", "no sense")) == "scale (COM3): no sense"
