"""A USB HID scale through Linux' own /dev/hidraw: ``hidraw://0922:8003``, ``…/SERIAL``.

No package is needed. The device is found by its numbers each time it is opened, because its
``/dev/hidraw`` number is another one after a replug. Two alike are told apart by serial number, or
by ``hidraw://0922:8003/@1-2`` with the USB socket that ``station devices`` shows.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from drivers.port import FoundPort, Port, open_port

CLASS = Path("/sys/class/hidraw")
DEVICES = Path("/dev")
IDS = re.compile(r"([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})")
HID_ID = re.compile(r"[0-9A-Fa-f]+:0*([0-9A-Fa-f]{4}):0*([0-9A-Fa-f]{4})")
SOCKET = re.compile(r"/(\d+-[\d.]+):\d+\.\d+/")
SCALE_PAGES = (b"\x05\x8d", b"\x06\x8d\x00")
"""How a report descriptor begins usage page 0x8D, scales, in one byte or in two."""


@dataclass(frozen=True, slots=True)
class HidDevice:
    """One hidraw device as the system describes it."""

    node: Path
    ids: str
    serial: str
    socket: str
    words: str
    is_scale: bool

    def is_meant(self, wanted: str) -> bool:
        """True if "" or a serial number or ``@socket`` names this device."""
        return wanted in ("", self.serial, f"@{self.socket}")


def devices(sys_class: Path | None = None, dev: Path | None = None) -> list[HidDevice]:
    """List the hidraw devices of this computer; none where there is no Linux."""
    folder = sys_class or CLASS
    found = sorted(folder.glob("hidraw*")) if folder.is_dir() else []
    return [one for entry in found if (one := _described(entry, dev or DEVICES)) is not None]


def _described(entry: Path, dev: Path) -> HidDevice | None:
    try:
        facts = dict(
            line.partition("=")[::2]
            for line in (entry / "device" / "uevent").read_text("utf-8", "replace").splitlines())
        descriptor = (entry / "device" / "report_descriptor").read_bytes()
    except OSError:
        return None
    ids = HID_ID.fullmatch(facts.get("HID_ID", ""))
    if ids is None:
        return None
    place = SOCKET.search(os.path.realpath(entry / "device") + "/")
    return HidDevice(
        dev / entry.name, f"{ids[1]}:{ids[2]}".lower(), facts.get("HID_UNIQ", ""),
        place[1] if place else "", facts.get("HID_NAME", ""),
        any(page in descriptor for page in SCALE_PAGES))


def found_hid_scales(sys_class: Path | None = None) -> list[FoundPort]:
    """List the USB scales of this computer by names that survive replugging."""
    scales = [one for one in devices(sys_class) if one.is_scale]
    return [FoundPort(_url(one, scales), str(one.node), f"USB 秤 scale {one.words}".strip())
            for one in scales]


def _url(scale: HidDevice, all_scales: list[HidDevice]) -> str:
    alike = [one for one in all_scales if one.ids == scale.ids]
    if scale.serial and sum(one.serial == scale.serial for one in alike) == 1:
        return f"hidraw://{scale.ids}/{quote(scale.serial)}"
    return f"hidraw://{scale.ids}/@{scale.socket}" if len(alike) > 1 else f"hidraw://{scale.ids}"


def open_here(url: str, device: str, read_timeout: float, write_timeout: float) -> Port:
    """Open the device of a ``hidraw:`` URL. Raises OSError or ValueError."""
    parts = urlsplit(url)
    ids = IDS.fullmatch(parts.netloc)
    if ids is None:
        raise ValueError("a hidraw port is written hidraw://vendor:product, both of four digits")
    wanted = unquote(parts.path.strip("/"))
    found = [one for one in devices()
             if one.ids == parts.netloc.lower() and one.is_meant(wanted)]
    if not found:
        raise FileNotFoundError(errno.ENOENT, "no such USB device; is its cable in?")
    if len(found) > 1:
        sockets = ", ".join(f"@{one.socket}" for one in found)
        raise ValueError(f"two alike are plugged in: write which behind the numbers, {sockets}")
    inner = open_port(found[0].node.as_uri(), device=device, read_timeout=read_timeout,
                      write_timeout=write_timeout)
    return HidrawPort(url, inner)


class HidrawPort(Port):
    """The device's file under the name that lasts."""

    def __init__(self, url: str, inner: Port) -> None:
        super().__init__(url, inner.device)
        self._inner = inner

    def cancel(self) -> None:
        """Wake a blocked read."""
        self._inner.cancel()

    def _read(self) -> bytes:
        return self._inner.read_some()

    def _send(self, data: bytes) -> Iterator[int]:
        self._inner.write(data)
        yield len(data)

    def _release(self) -> None:
        self._inner.close()
