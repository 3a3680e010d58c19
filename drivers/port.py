"""The one place that opens a serial port, a socket or a device file.

The URL chooses the world: ``/dev/serial/by-id/…``, ``COM3``, ``socket://host:port``,
``rfc2217://host:port``, ``loop://``, ``hwgrep://…``, ``file:///dev/usb/lp0``,
``evdev:///dev/input/by-id/…`` and ``hid://vendor:product``. Every ``Port``
raises only the errors of ``drivers.interfaces``: pyserial alone has four kinds of exception for a
pulled cable, two of them outside its own tree.

TCP is served here by a plain socket, because pyserial's ``socket://`` waits the whole timeout
when asked for more than one byte, cannot be woken, and sleeps for 0.3 s when it is closed.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import select
import socket
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import serial
from serial.tools.list_ports import comports

from drivers.interfaces import DeviceError, DeviceGone, PortBusy, PortRefused

try:
    import fcntl
    import termios
except ImportError:  # pragma: no cover - Windows: no terminals, no device files
    TERMINAL_FAULTS: tuple[type[Exception], ...] = ()
else:
    TERMINAL_FAULTS = (termios.error,)

READ_TIMEOUT = 0.2
WRITE_TIMEOUT = 2.0
CONNECT_TIMEOUT = 3.0
CHUNK = 65536

FAULTS: tuple[type[Exception], ...] = (
    serial.SerialException, OSError, TypeError, ValueError, *TERMINAL_FAULTS,
)
"""What a vanished port has been seen to raise; TypeError and ValueError come of a closed handle."""

BUSY_ERRORS = frozenset({errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK})
REFUSED_ERRORS = frozenset({errno.EACCES, errno.EPERM, errno.EINVAL, errno.ENOTTY, errno.EISDIR})
WORDS: dict[int | None, str] = {
    errno.ENOENT: "there is no such port; is its cable in?",
    errno.ENODEV: "there is no such device any more; is its cable in?",
    errno.ENXIO: "there is no such device any more; is its cable in?",
    errno.EIO: "the device went away; is its cable in?",
    errno.ECONNREFUSED: "nobody answers at this address and port number",
}
ELSEWHERE = {
    "evdev": "drivers.evdev_port", "hid": "drivers.hid_port", "hidraw": "drivers.hidraw_port",
}
"""Schemes whose ports are files of their own, loaded when such a port is opened."""

KEEPALIVE = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 3))
"""A half-open link is noticed after about 20 s even if nobody says a word."""


class WriteFailed(DeviceGone):
    """The port went away, or took no more bytes in time, during a write.

    ``written`` is the number of bytes that the operating system had certainly taken: 0 says that
    none left this computer, None that nobody can tell.
    """

    def __init__(self, device: str, port: str, reason: str, *, written: int | None) -> None:
        super().__init__(device, port, reason)
        self.written = written


class Port(ABC):
    """An open way to one device. One thread owns it; only ``cancel`` may be called by others."""

    counts_bytes = True

    def __init__(self, url: str, device: str) -> None:
        self.url, self.device = url, device
        self._closed = False

    def read_some(self) -> bytes:
        """Return what has arrived, at once if anything has; b"" after the read timeout.

        Raises DeviceGone when the other end is no longer there.
        """
        try:
            return self._read()
        except FAULTS as fault:
            raise DeviceGone(self.device, self.url, said(fault)) from fault

    def write(self, data: bytes) -> None:
        """Hand all bytes to the operating system.

        Raises WriteFailed, a DeviceGone that tells how many bytes had left, when the port goes
        away or takes nothing for the write timeout.
        """
        written = 0
        try:
            for taken in self._send(data):
                written = taken
        except FAULTS as fault:
            known = written if self.counts_bytes else None
            raise WriteFailed(self.device, self.url, said(fault), written=known) from fault

    def close(self) -> None:
        """Let go of the port; a second call does nothing, a vanished device is no error."""
        if not self._closed:
            self._closed = True
            with contextlib.suppress(*FAULTS):
                self._release()

    @abstractmethod
    def cancel(self) -> None:
        """Wake the owner if it is blocked in ``read_some``, which then returns b"" at once."""

    @abstractmethod
    def _read(self) -> bytes: ...

    @abstractmethod
    def _send(self, data: bytes) -> Iterator[int]:
        """Write piece by piece, yielding after each how many bytes have gone in all."""

    @abstractmethod
    def _release(self) -> None: ...


class SerialPort(Port):
    """A serial port, or another of pyserial's URLs."""

    def __init__(self, url: str, device: str, handle: Any, write_timeout: float) -> None:
        super().__init__(url, device)
        self._handle, self._write_timeout = handle, write_timeout
        self._fd: int | None = getattr(handle, "fd", None)
        self.counts_bytes = self._fd is not None

    def cancel(self) -> None:
        """Wake a blocked read where the platform can; elsewhere its timeout ends it soon."""
        wake = getattr(self._handle, "cancel_read", None)
        if wake is not None:
            with contextlib.suppress(*FAULTS):
                wake()

    def _read(self) -> bytes:
        first = self._handle.read(1)
        if not first:
            return b""
        waiting = self._handle.in_waiting
        return bytes(first + self._handle.read(min(waiting, CHUNK)) if waiting else first)

    def _send(self, data: bytes) -> Iterator[int]:
        if self._fd is not None:
            yield from _send_in_pieces(self._fd, partial(os.write, self._fd), data,
                                       self._write_timeout)
        else:
            self._handle.write(data)
            yield len(data)

    def _release(self) -> None:
        self._handle.close()


class TcpPort(Port):
    """A device behind a TCP server, a serial server's raw port or a simulator."""

    def __init__(
        self, url: str, device: str, peer: socket.socket, read_timeout: float, write_timeout: float
    ) -> None:
        super().__init__(url, device)
        self._peer, self._timeouts = peer, (read_timeout, write_timeout)
        self._bell, self._button = socket.socketpair()
        peer.settimeout(0)

    def cancel(self) -> None:
        """Wake a blocked read."""
        with contextlib.suppress(OSError):
            self._button.send(b"!")

    def _read(self) -> bytes:
        ready, _, _ = select.select([self._peer, self._bell], [], [], self._timeouts[0])
        if self._bell in ready:
            self._bell.recv(CHUNK)
        if self._peer not in ready:
            return b""
        data = self._peer.recv(CHUNK)
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "the other end closed the connection")
        return data

    def _send(self, data: bytes) -> Iterator[int]:
        # The first write to a connection that the peer has closed succeeds and is lost. Looking
        # for the peer's goodbye before keeps "no byte left" true where it can be known.
        with contextlib.suppress(BlockingIOError):
            if self._peer.recv(1, socket.MSG_PEEK) == b"":
                raise ConnectionResetError(errno.ECONNRESET, "the other end closed the connection")
        yield from _send_in_pieces(self._peer.fileno(), self._peer.send, data, self._timeouts[1])

    def _release(self) -> None:
        for end in (self._peer, self._bell, self._button):
            end.close()


class FilePort(Port):
    """A device file that is no terminal, such as a USB printer's ``/dev/usb/lp0``."""

    def __init__(
        self, url: str, device: str, fd: int, *, readable: bool,
        read_timeout: float, write_timeout: float,
    ) -> None:
        super().__init__(url, device)
        self._fd, self._readable = fd, readable
        self._timeouts = (read_timeout, write_timeout)
        self._bell, self._button = os.pipe()

    def cancel(self) -> None:
        """Wake a blocked read."""
        with contextlib.suppress(OSError):
            os.write(self._button, b"!")

    def _read(self) -> bytes:
        end = time.monotonic() + self._timeouts[0]
        watched = [self._fd, self._bell] if self._readable else [self._bell]
        ready, _, _ = select.select(watched, [], [], self._timeouts[0])
        data = self._read_ready() if self._fd in ready else b""
        if not data and self._bell not in ready:
            # A printer's file reads as empty at once when it has nothing to say: wait, not spin.
            left = max(0.0, end - time.monotonic())
            ready, _, _ = select.select([self._bell], [], [], left)
        if self._bell in ready:
            os.read(self._bell, CHUNK)
        return data

    def _read_ready(self) -> bytes:
        try:
            return os.read(self._fd, CHUNK)
        except BlockingIOError:
            return b""

    def _send(self, data: bytes) -> Iterator[int]:
        yield from _send_in_pieces(self._fd, partial(os.write, self._fd), data, self._timeouts[1])

    def _release(self) -> None:
        for fd in (self._fd, self._bell, self._button):
            with contextlib.suppress(OSError):
                os.close(fd)


def shown(url: str) -> str:
    """The address as people may see it: without the user and password of a network camera."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def open_port(
    url: str, *, device: str, baudrate: int = 9600, bytesize: int = 8, parity: str = "N",
    stopbits: float = 1, rtscts: bool = False, xonxoff: bool = False,
    read_timeout: float = READ_TIMEOUT, write_timeout: float = WRITE_TIMEOUT,
) -> Port:
    """Open the port of a device, for this program alone where the system allows it.

    ``device`` is the name that errors speak of. Timeouts are seconds; the write timeout is the
    longest time without any byte being taken. Raises DeviceGone when there is nothing at the URL
    now, PortBusy when another program holds it, PortRefused when it can never open like this.
    """
    line = {
        "baudrate": baudrate, "bytesize": bytesize, "parity": parity, "stopbits": stopbits,
        "rtscts": rtscts, "xonxoff": xonxoff,
    }
    opener = _opener_of(urlsplit(url).scheme.lower())
    faults: tuple[type[Exception], ...] = (*FAULTS, NotImplementedError)
    try:
        if opener is not None:
            return opener(url, device, read_timeout, write_timeout)
        return _open_serial(url, device, line, read_timeout, write_timeout)
    except faults as fault:
        raise open_fault(device, url, fault) from fault


def _opener_of(scheme: str) -> Callable[[str, str, float, float], Port] | None:
    """Return what opens a port that is no serial port; None for pyserial."""
    if scheme in ELSEWHERE:
        opener: Callable[[str, str, float, float], Port]
        opener = importlib.import_module(ELSEWHERE[scheme]).open_here
        return opener
    return {"socket": _open_tcp, "file": _open_file}.get(scheme)


@dataclass(frozen=True, slots=True)
class FoundPort:
    """A serial port of this computer: the name that survives replugging, the system's, and what."""

    stable: str
    system: str
    words: str


def found_ports(links: Path = Path("/dev/serial")) -> list[FoundPort]:
    """List the serial ports, each with its name by maker and serial number, or else by socket.

    ``/dev/ttyUSB0`` is whichever adapter came first today; the names under ``by-id`` stay, and
    those under ``by-path`` stay for adapters without a serial number in the same socket. Two alike
    share one name under ``by-id``, which is whichever came last: they go by their sockets.
    """
    by_id, by_path = _links(links / "by-id"), _links(links / "by-path")
    ports = sorted(comports())
    kinds = Counter(_kind(found) for found in ports)
    named = []
    for found in ports:
        is_alone = _kind(found) is None or kinds[_kind(found)] == 1
        names = {**by_path, **by_id} if is_alone else {**by_id, **by_path}
        stable = names.get(os.path.realpath(found.device), found.device)
        named.append(FoundPort(stable, found.device, found.description or ""))
    return named


def _links(folder: Path) -> dict[str, str]:
    """The names in a folder by the device that each stands for."""
    return {str(link.resolve()): str(link) for link in sorted(folder.glob("*"))}


def _kind(found: Any) -> tuple[object, ...] | None:
    """What tells a USB adapter from another: its numbers and serial number; None for no USB."""
    vid = getattr(found, "vid", None)
    return None if vid is None else (vid, found.pid, found.serial_number)


def _open_serial(
    url: str, device: str, line: dict[str, Any], read_timeout: float, write_timeout: float
) -> Port:
    # RFC 2217 in pyserial 3.5 knows no write timeout and refuses to open with one.
    bound = None if url.lower().startswith("rfc2217:") else write_timeout
    handle = serial.serial_for_url(
        url, exclusive=True, timeout=read_timeout, write_timeout=bound, **line
    )
    return SerialPort(url, device, handle, write_timeout)


def _open_tcp(url: str, device: str, read_timeout: float, write_timeout: float) -> Port:
    parts = urlsplit(url)
    if not parts.hostname or not parts.port:
        raise ValueError("a TCP port is written socket://host:number")
    peer = socket.create_connection((parts.hostname, parts.port), timeout=CONNECT_TIMEOUT)
    try:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE:
            if hasattr(socket, option):
                peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        return TcpPort(url, device, peer, read_timeout, write_timeout)
    except BaseException:
        peer.close()
        raise


def _open_file(url: str, device: str, read_timeout: float, write_timeout: float) -> Port:
    if os.name != "posix":
        raise ValueError("device files exist only on Linux and its kin")
    path = unquote(urlsplit(url).path)
    fd, readable = _open_descriptor(path)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return FilePort(
            url, device, fd, readable=readable,
            read_timeout=read_timeout, write_timeout=write_timeout,
        )
    except BaseException:
        os.close(fd)
        raise


def _open_descriptor(path: str) -> tuple[int, bool]:
    """Open for reading and writing, or for writing alone if the device will not be read."""
    try:
        return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY), True
    except PermissionError:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY), False


def _send_in_pieces(
    fd: int, send: Callable[[bytes], int], data: bytes, timeout: float
) -> Iterator[int]:
    """Write to a non-blocking handle; TimeoutError after ``timeout`` seconds without progress."""
    rest = memoryview(data)
    while rest:
        _, ready, _ = select.select([], [fd], [], timeout)
        if not ready:
            raise TimeoutError(errno.ETIMEDOUT, f"it takes no more bytes since {timeout:g} s")
        with contextlib.suppress(BlockingIOError):
            rest = rest[send(bytes(rest[:CHUNK])):]
        yield len(data) - len(rest)


def open_fault(device: str, url: str, fault: BaseException) -> DeviceError:
    """Turn what opening raised into the error that says retry or stop, and what to do."""
    number = _number(fault)
    held = isinstance(fault, serial.SerialException) and "PermissionError(13" in str(fault)
    if number in BUSY_ERRORS or (held and os.name == "nt"):
        return PortBusy(device, url, "another program holds this port; close it there")
    if number in (errno.EACCES, errno.EPERM):
        return PortRefused(
            device, url, "no permission; add this user to the port's group (dialout or lp)"
        )
    if number in REFUSED_ERRORS or _is_a_wrong_setting(fault):
        return PortRefused(device, url, f"cannot be opened with these settings: {said(fault)}")
    return DeviceGone(device, url, said(fault))


def _number(fault: BaseException) -> int | None:
    """Return the errno; ``termios.error`` carries it without naming it."""
    number = getattr(fault, "errno", None)
    if number is None and isinstance(fault, TERMINAL_FAULTS):
        number = fault.args[0]
    return number if isinstance(number, int) else None


def _is_a_wrong_setting(fault: BaseException) -> bool:
    if isinstance(fault, (ValueError, TypeError, NotImplementedError)):
        return True
    words = str(fault)
    unplugged = f"({errno.EIO}," in words
    return not unplugged and ("RFC2217" in words or "Could not configure port" in words)


def said(fault: BaseException) -> str:
    """Put an exception into a few words; the type's name where it has none."""
    return WORDS.get(_number(fault)) or str(fault) or type(fault).__name__
