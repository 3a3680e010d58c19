"""A device with a real thread on a real terminal: unplugged in mid frame and plugged in again."""

from __future__ import annotations

import contextlib
import os
import pty
import queue
import threading
import tty
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from drivers import port as ports
from drivers.interfaces import DeviceEvent, Health, Reading, Scan
from drivers.port import open_port
from drivers.scale.st_gs import StGsDecoder
from drivers.scale.stream import ScaleStream
from drivers.scanner.bounce import Bounce
from drivers.scanner.framing import ScannerFraming
from drivers.scanner.serial_scanner import ScannerStream
from drivers.worker import DeviceWorker, Identity, Source

LONG = 60.0


class Socket:
    """A lasting name, as under /dev/serial/by-id, behind which a terminal comes and goes."""

    def __init__(self, folder: Path) -> None:
        self.name = folder / "usb-scale"
        self._fds: tuple[int, ...] = ()

    def plug(self) -> None:
        self._fds = pty.openpty()
        tty.setraw(self._fds[1])
        self.name.symlink_to(os.ttyname(self._fds[1]))

    def unplug(self) -> None:
        self.name.unlink(missing_ok=True)
        for fd in self._fds:
            with contextlib.suppress(OSError):
                os.close(fd)
        self._fds = ()

    def say(self, data: bytes) -> None:
        os.write(self._fds[0], data)


class Bench:
    """The device's owner, what it tells, and a back-off that waits for the cable instead."""

    def __init__(self, socket: Socket, source: Source) -> None:
        self.plugged = threading.Event()
        self.told: queue.SimpleQueue[DeviceEvent] = queue.SimpleQueue()
        self.worker = DeviceWorker(
            Identity("bench", "scale", str(socket.name)), source,
            partial(open_port, str(socket.name), device="bench", read_timeout=0.05),
            self.told.put, silent_after=None, wait=lambda _: self.plugged.wait(LONG),
        )

    def next(self, kind: type[DeviceEvent]) -> DeviceEvent:
        while not isinstance(event := self.told.get(timeout=LONG), kind):
            pass
        return event

    def next_state(self, state: str) -> None:
        while True:
            event = self.next(Health)
            assert isinstance(event, Health)
            if event.state == state:
                return


@pytest.fixture
def usb(tmp_path: Path) -> Iterator[Socket]:
    socket = Socket(tmp_path)
    socket.plug()
    yield socket
    socket.unplug()


@pytest.mark.fault("F1")
def test_a_scale_pulled_in_mid_frame_comes_back_under_its_name_without_an_old_value(
    usb: Socket,
) -> None:
    bench = Bench(usb, ScaleStream(StGsDecoder()))
    bench.worker.start()
    try:
        bench.next_state("ready")
        usb.say(b"ST,GS,+001.230kg\r\nST,GS,+00")
        first = bench.next(Reading)
        usb.unplug()
        bench.next_state("gone")
        usb.plug()
        bench.plugged.set()
        bench.next_state("ready")
        usb.say(b"9.999kg\r\nST,GS,+000.450kg\r\n")
        second = bench.next(Reading)
    finally:
        bench.plugged.set()
        assert bench.worker.stop()
    assert isinstance(first, Reading)
    assert isinstance(second, Reading)
    assert (first.grams, second.grams) == (1230, 450)
    assert second.at > first.at


@pytest.mark.fault("F1")
@pytest.mark.pain("46")
def test_a_scanner_pulled_and_plugged_in_again_loses_only_the_code_under_way(usb: Socket) -> None:
    bench = Bench(usb, ScannerStream("left", ScannerFraming(), Bounce()))
    bench.worker.start()
    try:
        bench.next_state("ready")
        usb.say(b"A1\r69012")
        first = bench.next(Scan)
        usb.unplug()
        bench.next_state("gone")
        usb.plug()
        bench.plugged.set()
        bench.next_state("ready")
        usb.say(b"A2\r")
        second = bench.next(Scan)
    finally:
        bench.plugged.set()
        assert bench.worker.stop()
    assert [getattr(scan, "data", "") for scan in (first, second)] == ["A1", "A2"]


# --- Two adapters that look alike ---------------------------------------------------------------


@dataclass(order=True)
class Adapter:
    """A USB adapter as pyserial lists it."""

    device: str
    serial_number: str | None = None
    description: str = "CH340"
    vid: int = 0x1A86
    pid: int = 0x7523


def plugged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *adapters: Adapter, by_id: dict[str, str],
) -> list[str]:
    """Plug adapters in; the names by which they are listed."""
    for folder in ("by-id", "by-path"):
        (tmp_path / folder).mkdir()
    for number, adapter in enumerate(adapters, 1):
        Path(adapter.device).touch()
        (tmp_path / "by-path" / f"usb-0:{number}").symlink_to(adapter.device)
    for name, device in by_id.items():
        (tmp_path / "by-id" / name).symlink_to(device)
    monkeypatch.setattr(ports, "comports", lambda: list(adapters))
    return [found.stable.removeprefix(f"{tmp_path}/") for found in ports.found_ports(tmp_path)]


def test_two_adapters_without_serial_numbers_go_by_their_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system makes one name for both, and it is whichever was plugged in last."""
    first, second = (Adapter(str(tmp_path / f"ttyUSB{n}")) for n in (0, 1))
    assert plugged(
        tmp_path, monkeypatch, first, second, by_id={"usb-1a86": second.device},
    ) == ["by-path/usb-0:1", "by-path/usb-0:2"]


def test_two_adapters_with_serial_numbers_go_by_these(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Adapter(str(tmp_path / "ttyUSB0"), "A1")
    second = Adapter(str(tmp_path / "ttyUSB1"), "B2")
    assert plugged(
        tmp_path, monkeypatch, first, second,
        by_id={"usb-A1": first.device, "usb-B2": second.device},
    ) == ["by-id/usb-A1", "by-id/usb-B2"]
