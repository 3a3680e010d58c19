"""Yaohua XK3190-A12: the ``ww000.000kg`` output and the checked ``WG`` output.

``ww`` gross, ``wn`` net, ``wt`` tare, seven characters of weight, ``kg`` or ``lb``; no check and
often no line end. The other output is ``W``, G or N, seven characters, ``kg``, the XOR of these
eleven bytes in two digits, CR LF; over and underload are nine blanks with ``OL23`` or ``LO23``.
Source: XK3190-A12(E) manual p. 13.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from drivers.scale.framing import FrameDecoder, Lines
from drivers.scale.measures import number, reading
from drivers.scale.yaohua import check

WW_LENGTH = 11
START = re.compile(rb"w[wnt]")
WW = re.compile(rb"w([wnt])([- \d.]{7})(kg|lb)")
WG = re.compile(rb"W([GN])([- \d.]{7})kg[0-9A-F]{2}")
MODES = {b"w": WeighingMode.GROSS, b"n": WeighingMode.NET, b"t": WeighingMode.TARE}
RANGES = {
    b" " * 9 + b"OL23": ReadingStatus.OVERLOAD,
    b" " * 9 + b"LO23": ReadingStatus.UNDERLOAD,
}


class WwCutter:
    """Cuts ``w?…`` frames of eleven bytes, with or without line ends between them."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes, return what begins like a frame and has its length."""
        self._buffer += data
        frames = []
        while (start := self._next_start()) is not None:
            frame = bytes(self._buffer[start:start + WW_LENGTH])
            frames.append(frame)
            del self._buffer[:start + (WW_LENGTH if WW.fullmatch(frame) else 1)]
        del self._buffer[:-(WW_LENGTH - 1)]
        return frames

    def reset(self) -> None:
        """Forget a half-received frame."""
        self._buffer.clear()

    def _next_start(self) -> int | None:
        found = START.search(self._buffer)
        whole = found is not None and len(self._buffer) - found.start() >= WW_LENGTH
        return found.start() if found is not None and whole else None


class YaohuaWwDecoder(FrameDecoder):
    """Decodes ``ww``, ``wn`` and ``wt`` frames. A ``wt`` frame is a tare and never a parcel."""

    def __init__(self) -> None:
        super().__init__(WwCutter())

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one frame of eleven bytes."""
        found = WW.fullmatch(frame)
        value = number(found[2]) if found else None
        if found is None or value is None:
            return None
        return [reading(value, frame, unit=found[3].decode("ascii"), mode=MODES[found[1]])]


class YaohuaWgDecoder(FrameDecoder):
    """Decodes the checked ``WG`` and ``WN`` lines."""

    def __init__(self) -> None:
        super().__init__(Lines())

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        if frame in RANGES:
            return [reading(None, frame, status=RANGES[frame])]
        found = WG.fullmatch(frame)
        value = number(found[2]) if found else None
        if found is None or value is None or frame[-2:] != check(frame[:-2]):
            return None
        mode = WeighingMode.GROSS if found[1] == b"G" else WeighingMode.NET
        return [reading(value, frame, unit="kg", mode=mode)]
