"""The doors through which a host reaches a simulated device: TCP, a pty, RFC 2217.

A pty carries 8N1 only: Linux refuses 7E1 on the second open and drops parity silently, so a scale
that speaks 7E1 lives behind TCP, or behind RFC 2217, which sees the host's settings and garbles
every byte while they are wrong, as a real line would.
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from serial import rfc2217

from simulators.wire import Link

CHUNK = 65536


class TcpLink:
    """One accepted socket."""

    def __init__(self, peer: socket.socket) -> None:
        peer.settimeout(0)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._peer = peer

    def fileno(self) -> int:
        """The socket's number."""
        return self._peer.fileno()

    def read(self) -> bytes | None:
        """Bytes that wait, b"" for none yet, None when the host is gone."""
        try:
            return self._peer.recv(CHUNK) or None
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError:
            return None

    def write(self, data: bytes) -> int:
        """Send what fits now."""
        try:
            return self._peer.send(data)
        except (BlockingIOError, InterruptedError):
            return 0

    def close(self) -> None:
        """Reset the connection: a pulled cable says no goodbye, and the port is free at once."""
        with contextlib.suppress(OSError):
            linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
            self._peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._peer.close()


class TcpDoor:
    """A listening socket; one host at a time, the next one waits, as at port 9100."""

    scheme = "socket"

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self._host, self._port = host, port
        self._listener: socket.socket | None = None

    @property
    def url(self) -> str:
        """``socket://host:port`` as pyserial writes it; the port is known once opened."""
        return f"{self.scheme}://{self._host}:{self._port}"

    @property
    def port(self) -> int:
        """The TCP port; 0 before the first opening when any port would do."""
        return self._port

    def open(self) -> None:
        """Listen; after a pulled cable, under the same port again."""
        if self._listener is None:
            self._listener = socket.create_server((self._host, self._port), backlog=8)
            self._listener.settimeout(0)
            self._port = self._listener.getsockname()[1]

    def fileno(self) -> int:
        """The listening socket's number, -1 while closed."""
        return self._listener.fileno() if self._listener else -1

    def accept(self) -> Link | None:
        """The link to the host that has called, or None."""
        peer = self._answer()
        return TcpLink(peer) if peer else None

    def close(self) -> None:
        """Stop listening: callers are refused."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _answer(self) -> socket.socket | None:
        if self._listener is None:
            return None
        try:
            return self._listener.accept()[0]
        except (BlockingIOError, InterruptedError, ConnectionError):
            return None


@dataclass(frozen=True, slots=True)
class LineSettings:
    """What both ends of a serial line must agree on; ``parity`` is N, E or O."""

    baudrate: int = 9600
    bytesize: int = 8
    parity: str = "N"
    stopbits: float = 1

    def __str__(self) -> str:
        return f"{self.baudrate} {self.bytesize}{self.parity}{self.stopbits:g}"


class HostSettings:
    """The serial port that PortManager believes it drives: it only remembers what the host set.

    The names are pyserial's. The modem lines say that a device is connected and ready.
    """

    def __init__(self) -> None:
        self.baudrate = 9600
        self.bytesize = 8
        self.parity = "N"
        self.stopbits: float = 1
        self.rtscts = self.xonxoff = self.dsrdtr = False
        self.dtr = self.rts = True
        self.break_condition = False
        self.cts = self.dsr = self.cd = True
        self.ri = False

    def agree(self, wanted: LineSettings) -> bool:
        """True if the host's settings are the device's own."""
        mine = LineSettings(self.baudrate, self.bytesize, self.parity, self.stopbits)
        return mine == wanted

    def reset_input_buffer(self) -> None:
        """Nothing is buffered here."""

    def reset_output_buffer(self) -> None:
        """Nothing is buffered here."""


class _PortManager(Protocol):
    """The two halves of pyserial's PortManager that are used; it carries no types itself."""

    def filter(self, data: bytes) -> Iterator[bytes]: ...

    def escape(self, data: bytes) -> Iterator[bytes]: ...


class _Outlet:
    """Where PortManager writes its negotiation: past the escaping, onto the socket itself."""

    def __init__(self, send: Callable[[bytes], int]) -> None:
        self._send = send

    def write(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self._send(bytes(data))


class Rfc2217Link(TcpLink):
    """A telnet link that knows the host's serial settings and garbles bytes while they differ."""

    def __init__(self, peer: socket.socket, wanted: LineSettings, chance: random.Random) -> None:
        super().__init__(peer)
        self._wanted, self._chance = wanted, chance
        self.settings = HostSettings()
        # PortManager asks only for a port's attributes and for write(); its stubs ask for more.
        port, outlet = cast(Any, self.settings), cast(Any, _Outlet(super().write))
        self._telnet = cast(_PortManager, rfc2217.PortManager(port, outlet))

    def read(self) -> bytes | None:
        """Bytes of the line itself; telnet's own are eaten."""
        raw = super().read()
        if raw is None:
            return None
        return self._as_heard(b"".join(self._telnet.filter(raw)))

    def write(self, data: bytes) -> int:
        """Send all or nothing, so that no escape is torn from its byte."""
        escaped = b"".join(self._telnet.escape(self._as_heard(data)))
        while escaped:
            taken = super().write(escaped)
            if taken == 0:
                select.select([], [self.fileno()], [], 0.1)
            escaped = escaped[taken:]
        return len(data)

    def _as_heard(self, data: bytes) -> bytes:
        if self.settings.agree(self._wanted):
            return data
        return bytes(byte ^ self._chance.randrange(1, 256) for byte in data)


class Rfc2217Door(TcpDoor):
    """A serial port over the network whose line settings the device checks."""

    scheme = "rfc2217"

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        *,
        wanted: LineSettings | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(port, host)
        self.wanted = wanted or LineSettings()
        self._chance = random.Random(seed)

    def accept(self) -> Link | None:
        """The link to the host that has called, or None."""
        peer = self._answer()
        return Rfc2217Link(peer, self.wanted, self._chance) if peer else None


class PtyLink:
    """The master end of a pty."""

    def __init__(self, master: int) -> None:
        self._master = master

    def fileno(self) -> int:
        """The master's number, -1 while no host holds the other end (or it is closed)."""
        return self._master if self._master >= 0 and self._held() else -1

    def read(self) -> bytes | None:
        """Bytes that wait; a host that closes the port does not end a serial line."""
        try:
            return os.read(self._master, CHUNK)
        except OSError:
            return b""

    def write(self, data: bytes) -> int:
        """Send what fits now."""
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)  # the host closed the port this moment: said to nobody

    def close(self) -> None:
        """Pull the cable: the host's end hangs up."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def _held(self) -> bool:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        return not any(events & select.POLLHUP for _, events in poll.poll(0))


class PtyDoor:
    """A pseudo terminal behind a symbolic link that keeps its name when re-plugged (8N1 only)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fresh = -1

    @property
    def url(self) -> str:
        """The symbolic link's path, like those in /dev/serial/by-id."""
        return str(self._path)

    def open(self) -> None:
        """Make a new pty and point the link at it."""
        import tty  # noqa: PLC0415 - POSIX only; TCP works everywhere

        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._path.symlink_to(os.ttyname(slave))
        os.close(slave)
        self._fresh = master

    def fileno(self) -> int:
        """Nothing to wait for: the link is there as soon as the pty is."""
        return -1

    def accept(self) -> Link | None:
        """The pty's master; a new pty if the last one was hung up on."""
        if self._fresh < 0:
            self.open()
        master, self._fresh = self._fresh, -1
        return PtyLink(master)

    def close(self) -> None:
        """Take the link away."""
        if self._fresh >= 0:
            os.close(self._fresh)
            self._fresh = -1
        self._path.unlink(missing_ok=True)
