"""JPEG pictures one after the other over HTTP: what network cameras and simulated ones send.

The stream is ``multipart/x-mixed-replace``, and cameras disagree about everything in it (missing
lengths, boundaries with and without dashes). So pictures are told by JPEG's own marks alone:
FF D8 begins one, and FF D9 ends it (inside, FF is always followed by something else). The question
is put in HTTP/1.0, so that no answer comes in chunks.
"""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import time
from collections.abc import Callable
from urllib.parse import SplitResult, unquote, urlsplit

from drivers.camera.sources import NEW, READ_SECONDS, Eye, decoded
from drivers.camera.vision import Colour
from drivers.interfaces import DeviceError, DeviceGone, PortRefused
from drivers.port import shown

BEGIN, END = b"\xff\xd8", b"\xff\xd9"
LARGEST = 8 << 20
CHUNK = 1 << 16
CONNECT_SECONDS = 4.0
HUNG_SECONDS = 10.0
"""A camera that has sent nothing for so long is asked anew."""

LONGEST_HEAD = 16384
WORDS = {401: "it wants a user and password", 403: "it refuses us", 404: "there is no such page"}


class JpegStream:
    """Eats any chunking and keeps the newest whole picture. The buffer is bounded."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._buffer = bytearray()
        self._largest = largest
        self.newest = b""
        self.pictures = 0

    def feed(self, data: bytes) -> int:
        """Take bytes; return how many pictures they have completed."""
        self._buffer += data
        before = self.pictures
        while self._one():
            self.pictures += 1
        if len(self._buffer) > self._largest:
            self._buffer.clear()
        return self.pictures - before

    def _one(self) -> bool:
        begin = self._buffer.find(BEGIN)
        if begin == -1:
            del self._buffer[: max(0, len(self._buffer) - 1)]  # an FF may wait for its D8
            return False
        end = self._buffer.find(END, begin)
        if end == -1:
            del self._buffer[:begin]
            return False
        # A picture that was cut off is followed by the beginning of the next.
        begin = self._buffer.rfind(BEGIN, begin, end)
        self.newest = bytes(self._buffer[begin : end + 2])
        del self._buffer[: end + 2]
        return True


class MjpegEye(Eye):
    """An open stream. What arrives is read away at once, so that the newest picture is new."""

    def __init__(
        self, url: str, device: str, peer: socket.socket, begun: bytes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(url, device)
        self._peer, self._clock = peer, clock
        self._bell, self._button = socket.socketpair()
        self._peer.settimeout(0)
        self._stream = JpegStream()
        self._has_new = self._stream.feed(begun) > 0
        self._heard = clock()

    def cancel(self) -> None:
        """Wake a blocked read."""
        with contextlib.suppress(OSError):
            self._button.send(b"!")

    def take(self) -> Colour | None:
        """Decode the newest picture."""
        return decoded(self._stream.newest)

    def _read(self) -> bytes:
        if self._has_new:
            self._has_new = False
            return NEW
        ready, _, _ = select.select([self._peer, self._bell], [], [], READ_SECONDS)
        if self._bell in ready:
            self._bell.recv(CHUNK)
        if self._peer not in ready:
            if self._clock() - self._heard > HUNG_SECONDS:
                raise TimeoutError("the camera sends nothing any more")
            return b""
        self._heard = self._clock()
        data = self._peer.recv(CHUNK)
        if not data:
            raise ConnectionResetError("the camera closed the connection")
        return NEW if self._stream.feed(data) else b""

    def _release(self) -> None:
        for end in (self._peer, self._bell, self._button):
            end.close()


def open_mjpeg(url: str, device: str) -> MjpegEye:
    """Ask for the stream. Raises DeviceGone, or PortRefused if the camera will not give it."""
    parts = urlsplit(url)
    if parts.scheme != "http":
        raise PortRefused(device, shown(url), "only http:// is understood here, not https://")
    try:
        peer = socket.create_connection((parts.hostname or "", parts.port or 80), CONNECT_SECONDS)
    except OSError as fault:
        raise DeviceGone(device, shown(url), "nobody answers at this address") from fault
    try:
        peer.sendall(_question(parts))
        begun = _answered(peer, device, shown(url))
    except OSError as fault:
        peer.close()
        raise DeviceGone(device, shown(url), "the camera broke off its answer") from fault
    except DeviceError:
        peer.close()
        raise
    return MjpegEye(shown(url), device, peer, begun)


def _question(parts: SplitResult) -> bytes:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {path} HTTP/1.0", f"Host: {parts.netloc.rpartition('@')[2]}", "Accept: */*"]
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append(f"Authorization: Basic {base64.b64encode(pair.encode()).decode()}")
    return "\r\n".join([*lines, "", ""]).encode()


def _answered(peer: socket.socket, device: str, url: str) -> bytes:
    """Read the answer's head; return what has come after it."""
    head = b""
    while b"\r\n\r\n" not in head:
        data = peer.recv(CHUNK)
        if not data or len(head) > LONGEST_HEAD:
            raise DeviceGone(device, url, "what answers there is no camera", head)
        head += data
    first, _, rest = head.partition(b"\r\n")
    words = first.split(b" ")
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise DeviceGone(device, url, "what answers there is no camera", first)
    status = int(words[1])
    if status in WORDS:
        raise PortRefused(device, url, WORDS[status], first)
    if status != 200:
        raise DeviceGone(device, url, f"the camera answered {status}", first)
    return rest.partition(b"\r\n\r\n")[2]
