"""A device on a wire: bytes in, bytes out, and everything that can go wrong between.

``WireFaults`` is the fault menu (changed live, by name), ``Wire`` applies it to bytes as a pure
function of time and seed, and ``Line`` joins a device, a wire and a door (TCP, pty, RFC 2217; see
doors.py). A line is stepped by hand in tests, or runs in one thread of its own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import random
import select
import socket
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from simulators.clock import Clock

log = logging.getLogger(__name__)
MAX_UNSENT = 65536  # what nobody reads is lost beyond this, as on a serial line


class Device:
    """Anything that hears and speaks bytes. ``lock`` guards it against the control door."""

    def __init__(self) -> None:
        self.lock = threading.RLock()

    def hear(self, data: bytes, now: float) -> bytes:  # noqa: ARG002 - a deaf device
        """Take bytes from the host; return what is answered at once."""
        return b""

    def speak(self, now: float) -> bytes:  # noqa: ARG002 - a mute device
        """Return what the device says unasked since the last call."""
        return b""

    def hungry(self, now: float) -> bool:  # noqa: ARG002 - most devices always read
        """False while the receive buffer is full: the wire then stops reading."""
        return True

    def hung_up(self, now: float) -> None:
        """The host has closed the connection, or its cable was pulled."""


@dataclass
class WireFaults:
    """The wire's fault menu. All off is a perfect wire."""

    split: int = 0  # at most so many bytes per packet; 0 sends them whole
    slow: int = 0  # bytes per second; 0 sends at once (960 is 9600 baud)
    lossy: float = 0.0  # chance that a byte is lost
    garbage: float = 0.0  # chance that a byte arrives as another
    silent: bool = False  # nothing reaches the host
    stall: bool = False  # the device stops reading
    half_open: bool = False  # the connection stays, no byte passes either way
    gone: bool = False  # the cable is pulled
    cut_in: int = -1  # the cable is pulled after so many more bytes from the host; -1 never
    cut_out: int = -1  # the same, counted in bytes towards the host

    def change(self, changes: Mapping[str, object]) -> None:
        """Set faults by name. ValueError names an unknown fault or a value of the wrong kind."""
        checked: dict[str, bool | int | float] = {}
        for name, value in changes.items():
            checked[name] = self._checked(name, value)
        for name, value in checked.items():
            setattr(self, name, value)

    def clear(self) -> None:
        """Mend everything."""
        for field in dataclasses.fields(self):
            setattr(self, field.name, field.default)

    def _checked(self, name: str, value: object) -> bool | int | float:
        known: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(self)}
        if name not in known:
            raise ValueError(f"no wire fault {name!r}; known are {', '.join(known)}")
        default = known[name]
        if isinstance(default, bool):
            if isinstance(value, bool):
                return value
            raise ValueError(f"wire fault {name} is on or off (true or false), not {value!r}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"wire fault {name} takes a number, not {value!r}")
        if isinstance(default, float):
            if not 0 <= value <= 1:
                raise ValueError(f"wire fault {name} is a chance from 0 to 1, not {value}")
            return float(value)
        if int(value) < default:
            raise ValueError(f"wire fault {name} cannot be {value}")
        return int(value)


class Wire:
    """Faults applied to bytes. Time and chance (a seed) are given, so every run repeats."""

    def __init__(self, faults: WireFaults | None = None, *, seed: int = 0) -> None:
        self.faults = faults or WireFaults()
        self._chance = random.Random(seed)
        self._queue: deque[tuple[float, bytes]] = deque()
        self._free_at = 0.0

    def outgoing(self, data: bytes, now: float) -> None:
        """Put a device's bytes on the wire; ``due`` hands them over when their time has come."""
        if self.faults.silent or self.faults.half_open or not data:
            return
        data = self._damage(data)
        size = self.faults.split or (1 if self.faults.slow else len(data)) or 1
        for start in range(0, len(data), size):
            packet = data[start : start + size]
            self._free_at = max(self._free_at, now)
            if self.faults.slow:
                self._free_at += len(packet) / self.faults.slow
            self._queue.append((self._free_at, packet))

    def due(self, now: float) -> list[bytes]:
        """The packets that have arrived at the host's end by now, in order."""
        packets = []
        while self._queue and self._queue[0][0] <= now:
            packets.append(self._cut_out(self._queue.popleft()[1]))
        return [packet for packet in packets if packet]

    def incoming(self, data: bytes) -> bytes:
        """What the device hears of the host's bytes."""
        if self.faults.cut_in >= 0:
            data = data[: self.faults.cut_in]
            self.faults.cut_in -= len(data)
            if self.faults.cut_in == 0:
                self.faults.gone, self.faults.cut_in = True, -1
        return self._damage(data)

    def drop(self) -> None:
        """Forget what was on its way (the cable was pulled)."""
        self._queue.clear()
        self._free_at = 0.0

    def _cut_out(self, packet: bytes) -> bytes:
        if self.faults.cut_out < 0:
            return packet
        packet = packet[: self.faults.cut_out]
        self.faults.cut_out -= len(packet)
        if self.faults.cut_out == 0:
            self.faults.gone, self.faults.cut_out = True, -1
            self._queue.clear()
        return packet

    def _damage(self, data: bytes) -> bytes:
        lossy, garbage = self.faults.lossy, self.faults.garbage
        if not lossy and not garbage:
            return data
        kept = (byte for byte in data if not (lossy and self._chance.random() < lossy))
        return bytes(
            self._chance.randrange(256) if garbage and self._chance.random() < garbage else byte
            for byte in kept
        )


class Link(Protocol):
    """One open connection with the host."""

    def fileno(self) -> int:
        """What select waits on; -1 while no host has the other end open."""
        ...

    def read(self) -> bytes | None:
        """Bytes that wait, b"" for none yet, None when the host is gone."""
        ...

    def write(self, data: bytes) -> int:
        """Send without waiting; return how many bytes the host's side took. OSError if gone."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Door(Protocol):
    """Where a host finds the device: a pyserial URL or a path, free again after ``close``."""

    @property
    def url(self) -> str:
        """What the host opens; the same for the door's whole life."""
        ...

    def open(self) -> None:
        """Appear (again) under the same url."""
        ...

    def fileno(self) -> int:
        """What select waits on for a new host; -1 if there is nothing to wait for."""
        ...

    def accept(self) -> Link | None:
        """The link to a host that has come, or None."""
        ...

    def close(self) -> None:
        """Vanish: a host that comes now is refused."""
        ...


class Line:
    """One device behind one door. ``step`` does one round; ``start`` does them in a thread."""

    def __init__(
        self, device: Device, door: Door, clock: Clock, *, seed: int = 0, name: str = "device"
    ) -> None:
        self.device, self.door, self.clock, self.name = device, door, clock, name
        self.wire = Wire(seed=seed)
        self.heard = self.sent = self.hosts = 0
        self._link: Link | None = None
        self._open = False
        self._was_half_open = False
        self._unsent = b""
        self._thread: threading.Thread | None = None
        self._wake: tuple[socket.socket, socket.socket] | None = None
        self._stopping = threading.Event()
        self._turn = threading.Lock()

    @property
    def url(self) -> str:
        """What a host opens to reach the device."""
        return self.door.url

    @property
    def faults(self) -> WireFaults:
        """The wire's fault menu, live."""
        return self.wire.faults

    @property
    def connected(self) -> bool:
        """True while a host holds the other end."""
        return self._link is not None and self._link.fileno() >= 0

    def open(self) -> str:
        """Make the door appear; return its url."""
        self.door.open()
        self._open = True
        return self.door.url

    def step(self, wait: float = 0.0) -> None:
        """One round: obey faults, listen up to ``wait`` real seconds, hear, speak, send."""
        with self._turn:
            self._obey_faults()
            if self._open:
                ready = self._select(wait)
                self._accept(ready)
                self._hear(ready)
            elif wait and self._wake:
                select.select([self._wake[0]], [], [], wait)
            self._speak()

    def start(self, tick: float = 0.02) -> str:
        """Open the door and serve it from a thread until ``stop``; return the url."""
        url = self.open()
        self._wake = socket.socketpair()
        self._stopping.clear()
        self._thread = threading.Thread(
            target=self._run, args=(tick,), name=f"simulated-{self.name}", daemon=True
        )
        self._thread.start()
        return url

    def stop(self) -> None:
        """Hang up, close the door and join the thread. Harmless when stopped already."""
        self._stopping.set()
        if self._wake:
            self._wake[1].send(b"x")
        if self._thread:
            self._thread.join()
            self._thread = None
        if self._wake:
            for end in self._wake:
                end.close()
            self._wake = None
        self._hang_up()
        self.door.close()
        self._open = False

    def _run(self, tick: float) -> None:
        while not self._stopping.is_set():
            try:
                self.step(tick)
            except Exception:
                # The thread's end: one bad round must not kill a device for the rest of the day.
                log.exception("simulated %s: a round failed; the host is hung up on", self.name)
                self._hang_up()
                self._stopping.wait(tick)

    def _obey_faults(self) -> None:
        faults = self.wire.faults
        if self._was_half_open and not faults.half_open:
            self._hang_up()
        self._was_half_open = faults.half_open
        if faults.gone and self._open:
            self._hang_up()
            self.door.close()
            self._open = False
        elif not faults.gone and not self._open:
            self.open()

    def _select(self, wait: float) -> set[int]:
        waiting = [self._wake[0].fileno()] if self._wake else []
        if self._link is None:
            waiting.append(self.door.fileno())
        elif self._listening():
            waiting.append(self._link.fileno())
        waiting = [number for number in waiting if number >= 0]
        if not waiting:
            return set()
        return set(select.select(waiting, [], [], wait)[0])

    def _listening(self) -> bool:
        faults = self.wire.faults
        if faults.stall or faults.half_open:
            return False
        with self.device.lock:
            return self.device.hungry(self.clock.now())

    def _accept(self, ready: set[int]) -> None:
        if self._link is None and (self.door.fileno() in ready or self.door.fileno() < 0):
            self._link = self.door.accept()
            self.hosts += self._link is not None

    def _hear(self, ready: set[int]) -> None:
        if self._link is None or self._link.fileno() not in ready or not self._listening():
            return
        data = self._link.read()
        if data is None:
            self._hang_up()
            return
        self.heard += len(data)
        data = self.wire.incoming(data)
        if data:
            now = self.clock.now()
            with self.device.lock:
                answer = self.device.hear(data, now)
            if not self.wire.faults.gone:
                self.wire.outgoing(answer, now)

    def _speak(self) -> None:
        now = self.clock.now()
        with self.device.lock:
            spoken = self.device.speak(now)
        if not self.connected:
            # A serial line keeps nothing for a host that is not there.
            self.wire.drop()
            self._unsent = b""
            return
        self.wire.outgoing(spoken, now)
        packets = self.wire.due(now)
        if self.wire.faults.half_open:
            return
        if self._unsent:
            packets.insert(0, self._unsent)
            self._unsent = b""
        self._send(packets)

    def _send(self, packets: list[bytes]) -> None:
        for number, packet in enumerate(packets):
            try:
                taken = self._link.write(packet) if self._link else 0
            except OSError:
                self._hang_up()
                return
            self.sent += taken
            if taken < len(packet):
                left = packet[taken:] + b"".join(packets[number + 1 :])
                self._unsent = left[-MAX_UNSENT:]
                return

    def _hang_up(self) -> None:
        self.wire.drop()
        self._unsent = b""
        if self._link is not None:
            with contextlib.suppress(OSError):
                self._link.close()
            self._link = None
            with self.device.lock:
                self.device.hung_up(self.clock.now())
