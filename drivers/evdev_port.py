"""A Linux input device taken for this program alone: ``evdev:///dev/input/by-id/…-event-kbd``.

While it is grabbed the scanner cannot type into anything else: no focus, no input method, no half
a code in somebody's text field. The user must be in the group ``input``. Only the bytes pass
here; what the keys mean is decoded in ``drivers.scanner``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from urllib.parse import unquote, urlsplit

from drivers.port import FilePort, Port

try:
    import fcntl
except ImportError:  # pragma: no cover - no such devices on Windows
    fcntl = None  # type: ignore[assignment]

EVIOCGRAB = 0x40044590
"""``_IOW('E', 0x90, int)`` of linux/input.h: 1 takes the device, closing it gives it back."""


class EvdevPort(FilePort):
    """A grabbed input device. It is read only; closing it gives it back to the desktop."""

    def _send(self, data: bytes) -> Iterator[int]:
        raise TypeError("a keyboard scanner takes no bytes")
        yield len(data)  # makes this the iterator that the caller expects


def grab(fd: int) -> None:
    """Take the input device for this program alone. EBUSY if another program has it."""
    fcntl.ioctl(fd, EVIOCGRAB, 1)


def open_here(
    url: str, device: str, read_timeout: float, write_timeout: float,
    take: Callable[[int], None] = grab,
) -> Port:
    """Open and grab the device of an ``evdev:`` URL. Raises OSError or ValueError."""
    if fcntl is None:
        raise ValueError("evdev devices exist only on Linux; use the scanner through the page")
    fd = os.open(unquote(urlsplit(url).path), os.O_RDONLY | os.O_NONBLOCK)
    try:
        take(fd)
        return EvdevPort(
            url, device, fd, readable=True,
            read_timeout=read_timeout, write_timeout=write_timeout,
        )
    except BaseException:
        os.close(fd)
        raise
