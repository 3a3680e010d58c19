"""A USB HID device through hidapi: ``hid://0922:8003``, ``hid://0922:8003/SERIAL``.

hidapi is an optional package (``pip install packbench[hid]``) and is imported when such a port is
opened. Each read gives one report. On Linux ``file:///dev/hidraw0`` does the same without it.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from drivers.port import Port

IDS = re.compile(r"([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})")
LONGEST_REPORT = 64


class HidPort(Port):
    """One HID device; reads and writes are reports."""

    def __init__(self, url: str, device: str, handle: Any, read_timeout: float) -> None:
        super().__init__(url, device)
        self._handle, self._read_timeout = handle, read_timeout

    def cancel(self) -> None:
        """Do nothing: hidapi cannot be woken, its read timeout ends it soon."""

    def _read(self) -> bytes:
        return bytes(self._handle.read(LONGEST_REPORT, int(self._read_timeout * 1000)))

    def _send(self, data: bytes) -> Iterator[int]:
        if self._handle.write(data) != len(data):
            raise OSError("the device did not take the report")
        yield len(data)

    def _release(self) -> None:
        self._handle.close()


def open_here(url: str, device: str, read_timeout: float, write_timeout: float) -> Port:  # noqa: ARG001 - hidapi knows no write timeout
    """Open the device of a ``hid:`` URL. Raises OSError or ValueError."""
    parts = urlsplit(url)
    ids = IDS.fullmatch(parts.netloc)
    if ids is None:
        raise ValueError("a HID port is written hid://vendor:product, both of four digits")
    try:
        hid = importlib.import_module("hid")
    except ImportError as missing:
        raise ValueError("the package hidapi is not installed: pip install packbench[hid]") \
            from missing
    handle = hid.device()
    serial = unquote(parts.path.strip("/")) or None
    handle.open(int(ids[1], 16), int(ids[2], 16), serial)
    return HidPort(url, device, handle, read_timeout)
