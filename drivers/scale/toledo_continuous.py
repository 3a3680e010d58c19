"""Toledo continuous output: 托利多 8530, 8142, IND445, Fairbanks, Cardinal and many clones.

``STX SWA SWB SWC weight(6) tare(6) CR CHK``; the three status words carry decimals, unit and
flags. CHK is the two's complement of the sum of all bytes before it, in seven bits; it is an
option of the indicator, and any byte may be it, STX included. Sources: IND445 manual p. 50;
Wildcat user manual p. 41; Fairbanks FB2550 manual p. 149.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from drivers.scale.fields import signed
from drivers.scale.framing import FrameDecoder, Windows
from drivers.scale.measures import GRAMS, reading

STX = b"\x02"
FRAME = re.compile(
    rb"\x02([\x20-\x3f])([\x20-\x3f\x60-\x7f])([\x20-\x3f\x60-\x7f])"
    rb"([ -~]{6})[ -~]{6}\r(?s:.?)")
DIGITS = re.compile(rb" *\d+")
NET, NEGATIVE, OUT_OF_RANGE, MOTION, KILOGRAMS, _, NOT_ZEROED = (1 << bit for bit in range(7))
"""The bits of SWB in their order; bit 5 is always set."""

PLACES = (-2, -1, 0, 1, 2, 3, 4, 5)
"""Decimals by the low three bits of SWA; the first two are dummy zeros behind the digits."""

OTHER_UNITS = (None, "g", "t", "oz", "ozt", "dwt", "ton", "free")
"""Units by the low three bits of SWC, before which the pounds and kilograms of SWB yield."""

EXPANDED = 0x10
"""The bit of SWC for a display of ten times the resolution, which is no trade weight."""


def checksum(body: bytes) -> int:
    """Return the byte behind CR: with it, all bytes from STX sum to 0 in seven bits."""
    return -sum(body) & 0x7F


class ToledoContinuousDecoder(FrameDecoder):
    """Decodes the continuous output; ``with_checksum`` is an option of the indicator's menu."""

    def __init__(self, *, with_checksum: bool = True) -> None:
        self._checked = with_checksum
        super().__init__(Windows(STX, 18 if with_checksum else 17, self._fits))

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one frame from STX to CR or checksum."""
        found = self._fits(frame)
        if found is None:
            return None
        return self._weight(frame, found[1][0], found[2][0], found[3][0], found[4])

    def _fits(self, frame: bytes) -> re.Match[bytes] | None:
        found = FRAME.fullmatch(frame)
        if found is None or (self._checked and frame[17] != checksum(frame[:17])):
            return None
        return found

    def _weight(
        self, frame: bytes, swa: int, swb: int, swc: int, digits: bytes
    ) -> Sequence[Reading] | None:
        if swb & (OUT_OF_RANGE | NOT_ZEROED):
            return [reading(None, frame, status=_trouble(swb))]
        if DIGITS.fullmatch(digits) is None:
            return None
        mode = WeighingMode.NET if swb & NET else WeighingMode.GROSS
        stable = not swb & MOTION
        unit = OTHER_UNITS[swc & 7] or ("kg" if swb & KILOGRAMS else "lb")
        if unit not in GRAMS or swc & EXPANDED:
            unsupported = ReadingStatus.UNSUPPORTED
            return [reading(None, frame, unit=unit, stable=stable, mode=mode, status=unsupported)]
        if not self._shape.admits((swa & 0x1F, unit)):
            return None
        value = signed(digits, PLACES[swa & 7], minus=bool(swb & NEGATIVE))
        return [reading(value, frame, unit=unit, stable=stable, mode=mode)]


def _trouble(swb: int) -> ReadingStatus:
    """Say what makes the digits meaningless. An indicator not yet zeroed has no weight to tell."""
    if swb & OUT_OF_RANGE:
        return ReadingStatus.UNDERLOAD if swb & NEGATIVE else ReadingStatus.OVERLOAD
    return ReadingStatus.ERROR
