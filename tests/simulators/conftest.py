"""A line without a thread, a hand clock, and streams made by hand for the printer."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from simulators.clock import HandClock
from simulators.doors import TcpDoor
from simulators.wire import Device, Line


@dataclass
class Rig:
    """One device on a TCP line that is stepped by hand, and a host's plain socket."""

    line: Line
    clock: HandClock
    hosts: list[socket.socket] = field(default_factory=list)

    def call(self, wait: float = 1.0) -> socket.socket:
        """Connect a host; the line has accepted it when this returns."""
        where = urlsplit(self.line.url)
        host = socket.create_connection((where.hostname or "", where.port or 0), timeout=60)
        self.hosts.append(host)
        self.line.step(wait)
        return host

    def send(self, data: bytes) -> None:
        """Let the host send, and the device hear all of it."""
        before = self.line.heard
        self.hosts[-1].sendall(data)
        for _ in range(len(data) + 100):
            self.line.step(1.0)
            if self.line.heard - before >= len(data):
                break

    def after(self, seconds: float) -> None:
        """Let virtual time pass, and the device speak."""
        self.clock.advance(seconds)
        self.line.step()

    def read(self, count: int) -> bytes:
        """Exactly so many bytes at the host's end."""
        got = b""
        while len(got) < count:
            more = self.hosts[-1].recv(count - len(got))
            if not more:
                break
            got += more
        return got

    def waiting(self) -> bytes:
        """What waits at the host's end now; b"" for nothing, or for a line hung up."""
        self.hosts[-1].settimeout(0)
        try:
            return self.hosts[-1].recv(65536)
        except (BlockingIOError, ConnectionResetError):
            return b""
        finally:
            self.hosts[-1].settimeout(5)

    def hung_up(self) -> bool:
        """True if the device has closed the connection."""
        with contextlib.suppress(ConnectionResetError):
            return self.hosts[-1].recv(1) == b""
        return True


@pytest.fixture
def rig() -> Iterator[Callable[..., Rig]]:
    """Put a device on a line: ``rig(device, seed=3)``."""
    rigs: list[Rig] = []

    def build(device: Device, *, seed: int = 0) -> Rig:
        clock = HandClock()
        made = Rig(Line(device, TcpDoor(), clock, seed=seed), clock)
        made.line.open()
        rigs.append(made)
        return made

    yield build
    for made in rigs:
        for host in made.hosts:
            host.close()
        made.line.stop()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def raster() -> Callable[..., bytes]:
    """GS v 0 of one byte pattern: ``raster(stride, height, fill)``."""

    def build(stride: int, height: int, fill: int = 0xFF, *, mode: int = 0) -> bytes:
        head = b"\x1dv0" + bytes([mode]) + stride.to_bytes(2, "little")
        return head + height.to_bytes(2, "little") + bytes([fill]) * (stride * height)

    return build


@pytest.fixture
def tspl_label() -> Callable[..., bytes]:
    """A TSPL label of one byte pattern (0 is black), printed ``copies`` times."""

    def build(fill: int = 0x00, *, copies: int = 1, stride: int = 100, height: int = 1200) -> bytes:
        return (
            b"SIZE 100 mm,150 mm\r\nGAP 2 mm,0 mm\r\nCLS\r\n"
            + f"BITMAP 0,0,{stride},{height},0,".encode()
            + bytes([fill]) * (stride * height)
            + f"\r\nPRINT 1,{copies}\r\n".encode()
        )

    return build
