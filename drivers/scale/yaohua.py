"""Yaohua 耀华 XK3190 with XOR check: the continuous output (tF=0) and the command mode (tF=1).

Continuous: ``STX sign 6 digits decimals XORhi XORlo ETX``; command mode puts an address and a
command letter before the sign. The check is the XOR of everything between STX and itself, each
half as a hexadecimal digit. Sources: XK3190-D9/A9+ protocol sheet; A23P manual pp. 24-26; DS3
manual p. 8. Neither says whether the weight is stable, nor its unit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import reduce
from operator import xor

from drivers.interfaces import Reading, WeighingMode
from drivers.scale.framing import Envelopes, FrameDecoder
from drivers.scale.measures import reading

STX, ETX = b"\x02", b"\x03"
CONTINUOUS = re.compile(rb"\x02([+-])(\d{6})([0-4])[0-9A-F]{2}\x03")
REPLY = re.compile(rb"\x02[A-Z]([BCD])([+-])(\d{6})([0-4])[0-9A-F]{2}\x03")
OTHER_REPLY = re.compile(rb"\x02[A-Z][AEF][ -~]{0,9}[0-9A-F]{2}\x03")
MODES = {b"B": WeighingMode.GROSS, b"C": WeighingMode.TARE, b"D": WeighingMode.NET}


def check(body: bytes) -> bytes:
    """Return the two check characters of the bytes between STX and the check."""
    return b"%02X" % reduce(xor, body, 0)


def command(address: str, letter: str) -> bytes:
    """Return the question to send: B gross, C tare, D net, to the scale with this letter."""
    body = (address + letter).encode("ascii")
    return STX + body + check(body) + ETX


class YaohuaContinuousDecoder(FrameDecoder):
    """Decodes the continuous output; ``unit`` is the indicator's setting, None if unknown."""

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(Envelopes(STX, ETX, 12))
        self._unit = unit

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one frame from STX to ETX."""
        found = CONTINUOUS.fullmatch(frame)
        if found is None or not _is_intact(frame):
            return None
        return [reading(_value(found[1], found[2], found[3]), frame, unit=self._unit)]


class YaohuaCommandDecoder(FrameDecoder):
    """Decodes replies in command mode; prices and handshakes are valid and no reading."""

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(Envelopes(STX, ETX, 14))
        self._unit = unit

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one reply from STX to ETX."""
        if not _is_intact(frame):
            return None
        found = REPLY.fullmatch(frame)
        if found is None:
            return () if OTHER_REPLY.fullmatch(frame) else None
        value = _value(found[2], found[3], found[4])
        return [reading(value, frame, unit=self._unit, mode=MODES[found[1]])]


def _is_intact(frame: bytes) -> bool:
    return frame[-3:-1] == check(frame[1:-3])


def _value(sign: bytes, digits: bytes, decimals: bytes) -> Decimal:
    value = Decimal(int(digits)).scaleb(-int(decimals))
    return -value if sign == b"-" and value else value
