"""A CUPS queue as a wire: ``lp://QUEUE`` hands a whole page to the program ``lp``, as it is.

A queue tells nothing about paper, so its printer is never asked anything; but a queue that is
paused would keep the page and put it out whenever somebody lets it go on, so it gets none. ``-o
raw`` keeps CUPS from turning our bytes into a picture of them. No shell is involved: the queue's
name is checked and is one word of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from urllib.parse import unquote, urlsplit

from drivers.interfaces import DeviceGone, PortRefused
from drivers.port import WriteFailed
from drivers.printer.settings import Delivery

SCHEME = "lp"
QUEUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,126}")
TITLE = "packbench"
SAID = 200


def is_queue_url(url: str) -> bool:
    """True for the addresses of this file."""
    return urlsplit(url).scheme.lower() == SCHEME


def open_queue(url: str, *, device: str, delivery: Delivery) -> LpSpool:
    """Find ``lp`` and the queue; raises PortRefused or DeviceGone."""
    queue = unquote(url.partition("://")[2])
    if not QUEUE.fullmatch(queue):
        raise PortRefused(device, url, f"队列名不对 this is no name of a queue: {queue!r}")
    program = shutil.which("lp")
    if program is None:
        raise PortRefused(
            device, url, "没有 lp 程序 there is no program lp: install cups-client"
            " (Windows: escpos+win32://QUEUE)")
    words = [program, "-d", queue, "-o", "raw", "-t", TITLE]
    return LpSpool(device, url, words, delivery, queue=queue)


class LpSpool:
    """One page for a queue: collected here, handed over whole or not at all."""

    def __init__(
        self, device: str, url: str, words: list[str], delivery: Delivery, *, queue: str
    ) -> None:
        self._device, self._url, self._words, self._queue = device, url, words, queue
        self._seconds = delivery.write_seconds
        self._page = bytearray()

    def read_some(self) -> bytes:
        """Return b"": a queue says nothing."""
        return b""

    def write(self, data: bytes) -> None:
        """Collect ``data``."""
        self._page += data

    def finish(self) -> None:
        """Hand the page to the queue. Refused by ``lp`` it has certainly not gone out."""
        page, self._page = bytes(self._page), bytearray()
        if self._is_paused():
            raise WriteFailed(
                self._device, self._url,
                f"CUPS 队列暂停了 the queue is paused: cupsenable {self._queue}", written=0)
        try:
            done = subprocess.run(  # noqa: S603 - our own words and a checked name
                self._words, input=page, capture_output=True, timeout=self._seconds, check=False)
        except subprocess.TimeoutExpired as error:
            raise DeviceGone(
                self._device, self._url, f"CUPS 不回答 lp did not end in {self._seconds:g} s"
            ) from error
        if done.returncode:
            said = " ".join(done.stderr.decode("utf-8", "replace").split())[:SAID]
            raise WriteFailed(
                self._device, self._url, f"CUPS 不接收 the queue refuses: {said}", written=0)

    def _is_paused(self) -> bool:
        """What ``lpstat`` says of the queue; whatever else is wrong with it ``lp`` tells."""
        program = shutil.which("lpstat")
        if program is None:
            return False
        try:
            done = subprocess.run(  # noqa: S603 - our own words and a checked name
                [program, "-p", self._queue], capture_output=True, timeout=self._seconds,
                check=False, env={**os.environ, "LC_ALL": "C"})
        except subprocess.TimeoutExpired as error:
            raise WriteFailed(
                self._device, self._url,
                f"CUPS 不回答 lpstat did not end in {self._seconds:g} s", written=0) from error
        return done.stdout.startswith(f"printer {self._queue} disabled".encode())

    def close(self) -> None:
        """Throw away what was not handed over."""
        self._page.clear()
