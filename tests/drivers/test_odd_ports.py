"""Ports that are no serial ports: a grabbed input device, and a HID device through hidapi."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drivers import evdev_port
from drivers.interfaces import DeviceGone, PortBusy, PortRefused
from drivers.port import Port, open_port
from drivers.registry import scanner_worker
from drivers.scanner.evdev_scanner import BootReports, InputEvents, KeyboardStream

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Linux input devices")


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A pipe with a name: it is read like an input device and cannot be grabbed."""
    path = tmp_path / "event-kbd"
    os.mkfifo(path)
    keep = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    yield f"evdev://{path}", keep
    os.close(keep)


class Grab:
    """Stands for the ioctl; remembers what was grabbed."""

    def __init__(self, fault: OSError | None = None) -> None:
        self.fault, self.taken = fault, 0

    def __call__(self, _: int) -> None:
        if self.fault is not None:
            raise self.fault
        self.taken += 1


def test_an_input_device_is_taken_with_the_kernels_number(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """_IOW('E', 0x90, int) with 1: write, four bytes, group E, number 0x90."""
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(evdev_port, "fcntl", SimpleNamespace(ioctl=lambda *w: asked.append(w)))
    evdev_port.grab(7)
    assert asked == [(7, (1 << 30) | (4 << 16) | (ord("E") << 8) | 0x90, 1)]


def test_an_input_device_is_grabbed_and_read(pipe: tuple[str, int]) -> None:
    url, device = pipe
    take = Grab()
    port = evdev_port.open_here(url, "left", 5.0, 1.0, take)
    os.write(device, b"x" * 24)
    assert (port.read_some(), take.taken) == (b"x" * 24, 1)
    with pytest.raises(DeviceGone, match="takes no bytes"):
        port.write(b"beep")
    port.close()


def test_a_wake_ends_a_blocked_read_of_an_input_device(pipe: tuple[str, int]) -> None:
    port = evdev_port.open_here(pipe[0], "left", 60.0, 1.0, Grab())
    port.cancel()
    assert port.read_some() == b""
    port.close()


@pytest.mark.fault("F30")
def test_a_scanner_grabbed_by_another_program_is_busy(
    pipe: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Grab(OSError(errno.EBUSY, "Device or resource busy"))
    monkeypatch.setattr(evdev_port.open_here, "__defaults__", (busy,))
    with pytest.raises(PortBusy, match="another program holds"):
        open_port(pipe[0], device="left")


def test_what_is_no_input_device_is_refused(pipe: tuple[str, int]) -> None:
    with pytest.raises(PortRefused):
        open_port(pipe[0], device="left")


def test_a_scanner_that_is_not_plugged_in_is_gone(tmp_path: Path) -> None:
    with pytest.raises(DeviceGone, match="is its cable in"):
        open_port(f"evdev://{tmp_path}/nothing", device="left")


def test_without_linux_the_page_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evdev_port, "fcntl", None)
    with pytest.raises(PortRefused, match="through the page"):
        open_port("evdev:///dev/input/event0", device="left")


class FakeHid:
    """Stands for hidapi's module: one device that gives what it is told to."""

    def __init__(self, *reports: bytes | OSError, takes: int = 99) -> None:
        self.reports, self.opened, self.written = list(reports), (), []
        self.is_closed, self._takes = False, takes
        self.asked: list[tuple[int, ...]] = []

    def module(self) -> Any:
        return SimpleNamespace(device=lambda: self)

    def open(self, *names: Any) -> None:
        self.opened = names
        if not self.reports:
            raise OSError("open failed")

    def read(self, *how: int) -> list[int]:
        self.asked.append(how)
        report = self.reports.pop(0)
        if isinstance(report, OSError):
            raise report
        return list(report)

    def write(self, data: bytes) -> int:
        self.written.append(data)
        return min(self._takes, len(data))

    def close(self) -> None:
        self.is_closed = True


def plugged(monkeypatch: pytest.MonkeyPatch, hid: FakeHid, url: str = "hid://0922:8003") -> Port:
    monkeypatch.setitem(sys.modules, "hid", hid.module())
    return open_port(url, device="scale", read_timeout=2.0)


def test_a_usb_scale_gives_its_reports_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    hid = FakeHid(b"\x03\x04\x02\x00\x4d\x03", b"")
    port = plugged(monkeypatch, hid, "hid://0922:8003/A%201")
    assert hid.opened == (0x0922, 0x8003, "A 1")
    assert (port.read_some(), port.read_some()) == (b"\x03\x04\x02\x00\x4d\x03", b"")
    assert hid.asked == [(64, 2000)] * 2, "a report's most bytes, and the read timeout in ms"
    port.write(b"\x04\x01")
    assert hid.written == [b"\x04\x01"]
    port.cancel()
    port.close()
    assert hid.is_closed


def test_a_usb_scale_pulled_out_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    hid = FakeHid(OSError("read error"))
    port = plugged(monkeypatch, hid)
    assert hid.opened == (0x0922, 0x8003, None), "the first one with these numbers"
    with pytest.raises(DeviceGone, match="read error"):
        port.read_some()
    port.close()


def test_a_report_that_is_not_taken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    port = plugged(monkeypatch, FakeHid(b"", takes=0))
    with pytest.raises(DeviceGone, match="did not take"):
        port.write(b"\x04\x01")
    port.close()


def test_a_usb_scale_that_is_not_there_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeviceGone, match="open failed"):
        plugged(monkeypatch, FakeHid())


@pytest.mark.parametrize("url", ["hid://dymo", "hid://922:8003", "hid:///dev/hidraw0"])
def test_a_hid_port_written_wrongly_is_refused(url: str) -> None:
    with pytest.raises(PortRefused, match="vendor:product"):
        open_port(url, device="scale")


def test_without_hidapi_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hid", None)
    with pytest.raises(PortRefused, match="pip install packbench"):
        open_port("hid://0922:8003", device="scale")


@pytest.mark.parametrize(("port", "typing"), [
    ("evdev:///dev/input/by-id/usb-A-event-kbd", InputEvents), ("hid://05f9:2204", BootReports),
    ("file:///dev/hidraw3", BootReports),
])
def test_the_port_tells_what_a_scanner_speaks(port: str, typing: type) -> None:
    worker = scanner_worker("left", port, settings={}, emit=lambda _: None)
    assert isinstance(worker._source, KeyboardStream)
    assert isinstance(worker._source._typing, typing)


def test_several_scanners_at_a_bench_each_know_their_name() -> None:
    names = ["bench", "handover"]
    workers = [scanner_worker(name, f"evdev:///dev/input/by-id/{name}", settings={},
                              emit=lambda _: None) for name in names]
    assert [worker.name for worker in workers] == names
