"""USB scales of HID usage page 0x8D (Dymo, Stamps.com, Fairbanks, Mettler and kin).

An input report is ``03, status, unit, exponent, low, high``; some systems leave the report's
number out, one puts 00 before it. The magnitude has no sign: below zero stands in the status.
Status 2, "stable at zero", has been seen beside a real weight, so it never makes a weight 0.
Source: HID point of sale usage tables 1.02, section 4. ``hiddev`` gives the same as pairs of
usage and value without status or unit.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from decimal import Decimal

from drivers.interfaces import Reading, ReadingStatus
from drivers.scale.fields import signed
from drivers.scale.framing import FrameDecoder
from drivers.scale.measures import GRAMS, reading

REPORT_NUMBER = 3
REPORT = struct.Struct("<BBbH")
UNITS = (None, "mg", "g", "kg", "ct", "tael", "gr", "dwt", "t", "ton", "ozt", "oz", "lb")
"""Units by their number in the report."""

AT_ZERO, MOVING, STABLE = 2, 3, 4
TROUBLES = {
    1: ReadingStatus.ERROR, 5: ReadingStatus.UNDERLOAD, 6: ReadingStatus.OVERLOAD,
    7: ReadingStatus.ERROR, 8: ReadingStatus.ERROR,
}
EXPONENTS = range(-6, 4)

EVENT = struct.Struct("<Ii")
DATA_WEIGHT, DATA_SCALING = 0x008D0040, 0x008D0041


class Reports:
    """Takes each read as the whole reports that it is; a report is never cut by a chunk.

    Several of six bytes in one read are taken apart, as a queue in the system may hold them.
    """

    def feed(self, data: bytes) -> list[bytes]:
        """Take one read, return its reports without the report's number."""
        data = data[1:] if data[:2] == b"\x00\x03" else data
        if len(data) == REPORT.size:
            return [data]
        size = REPORT.size + 1
        if len(data) % size or any(data[at] != REPORT_NUMBER for at in range(0, len(data), size)):
            return [data]
        return [data[at + 1:at + size] for at in range(0, len(data), size)]

    def reset(self) -> None:
        """Nothing is ever held."""


class HidPosDecoder(FrameDecoder):
    """Decodes input reports. The raw bytes are the report without its number."""

    def __init__(self) -> None:
        super().__init__(Reports())

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one report of five bytes."""
        if len(frame) != REPORT.size:
            return None
        status, unit_number, exponent, magnitude = REPORT.unpack(frame)
        if status in TROUBLES:
            return [reading(None, frame, status=TROUBLES[status])]
        known = unit_number < len(UNITS) and exponent in EXPONENTS
        if not known or status not in (AT_ZERO, MOVING, STABLE):
            return None
        unit = UNITS[unit_number]
        if unit is not None and unit not in GRAMS:
            return [reading(None, frame, unit=unit, status=ReadingStatus.UNSUPPORTED)]
        value = signed(b"%d" % magnitude, -exponent, minus=False)
        return [_weight(value, unit, status, frame)]


def _weight(value: Decimal, unit: str | None, status: int, frame: bytes) -> Reading:
    if status == AT_ZERO:
        if value:
            return reading(value, frame, unit=unit)
        return reading(value, frame, unit=unit, stable=True, status=ReadingStatus.ZERO)
    return reading(value, frame, unit=unit, stable=status == STABLE)


class Events:
    """Cuts hiddev's stream of usages and values, eight bytes each, into one frame per weight."""

    def __init__(self) -> None:
        self._buffer = b""
        self._scaling = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes, return a scaling and a weight together."""
        self._buffer += data
        frames = []
        while len(self._buffer) >= EVENT.size:
            event, self._buffer = self._buffer[:EVENT.size], self._buffer[EVENT.size:]
            usage = EVENT.unpack(event)[0]
            if usage == DATA_SCALING:
                self._scaling = event
            elif usage == DATA_WEIGHT and self._scaling:
                frames.append(self._scaling + event)
        return frames

    def reset(self) -> None:
        """Forget a half-received event and the scaling."""
        self._buffer = self._scaling = b""


class HiddevDecoder(FrameDecoder):
    """Decodes hiddev events; ``unit`` is what the scale is set to, since no event tells it."""

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(Events())
        self._unit = unit

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode a scaling and a weight."""
        exponent = EVENT.unpack(frame[:EVENT.size])[1]
        magnitude = EVENT.unpack(frame[EVENT.size:])[1]
        if exponent not in EXPONENTS or not 0 <= magnitude <= 0xFFFF:
            return None
        value = signed(b"%d" % magnitude, -exponent, minus=False)
        return [reading(value, frame, unit=self._unit)]
