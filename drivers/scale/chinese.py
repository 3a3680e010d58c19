"""Indicators and balances of Chinese makers beside Yaohua: Keli 柯力, Shuangjie 双杰, 0xFF and BCD.

Keli XK3118T1: ``0023.45(kg)`` CR LF in modes 3 and 4, or asked ``STX GW:0023.45(kg) ETX`` with
GW gross, NW net, TW tare. Shuangjie: sign, eight characters, unit in three, CR LF, 600 baud when
new. The BCD frame: FF, a status byte (bits 0-2 decimals + 1, 3-4 what is counted, 5 minus, 6
stable, 7 overflow),
three bytes of digits, low first; neither check nor end byte, so only FF says where it begins.
Sources: XK3118T1 modes as listed in the Terminals class; 双杰电子天平通讯协议; a list of Chinese
scales' protocols on gitcode. Only the BCD frame tells stability, and it tells no unit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from drivers.scale.fields import FieldDecoder, signed
from drivers.scale.framing import FixedLengths, FrameDecoder, HeadlessLines
from drivers.scale.measures import reading

KELI_ASK = b"A"
KELI_ENDS = b"\r\n\x02\x03"
KELI = re.compile(rb"(?:(GW|NW|TW):|=)?([-+ \d.]{7})\((kg|g|t|lb)\)")
KELI_MODES = {
    b"GW": WeighingMode.GROSS, b"NW": WeighingMode.NET, b"TW": WeighingMode.TARE,
}

SHUANGJIE_COMMANDS = {"print": b"\x1bp", "tare": b"\x1bt"}
"""What a host may send to a Shuangjie balance, by what it is for."""

SHUANGJIE = re.compile(rb"([-+ ][ \d.,]{8})([A-Za-z% ]{3})")

BCD_START, BCD_LENGTH = b"\xff", 5
MODE, MINUS, STABLE, OVERFLOW = 0x18, 0x20, 0x40, 0x80
COUNTED = {0: None, 1: "pcs", 2: "%", 3: "?"}
"""What the number is, by bits 3 and 4: a weight in the unit that is set, pieces, or percent."""


class KeliDecoder(FieldDecoder):
    """Decodes the lines and the asked answers of Keli's XK3118T1."""

    def __init__(self) -> None:
        super().__init__(HeadlessLines(ends=KELI_ENDS))

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its ends."""
        found = KELI.fullmatch(frame)
        if found is None:
            return None
        return self.weight(frame, found[2], found[3], mode=KELI_MODES.get(found[1]))


class ShuangjieDecoder(FieldDecoder):
    """Decodes the fourteen-byte line of Shuangjie balances and parcel scales."""

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(HeadlessLines(), unit=unit)

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        found = SHUANGJIE.fullmatch(frame)
        return self.weight(frame, found[1], found[2]) if found else None


class BcdDecoder(FrameDecoder):
    """Decodes the FF frame; ``unit`` is the scale's setting, None if nobody knows."""

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(FixedLengths(BCD_START, BCD_LENGTH))
        self._unit = unit

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one frame of five bytes."""
        flags, digits = frame[1], frame[:1:-1].hex()
        decimals = (flags & 7) - 1
        if not digits.isdecimal() or decimals < 0:
            return None
        if flags & OVERFLOW:
            under = bool(flags & MINUS)
            status = ReadingStatus.UNDERLOAD if under else ReadingStatus.OVERLOAD
            return [reading(None, frame, status=status)]
        if not self._shape.admits((decimals, flags & MODE)):
            return None
        value = signed(digits.encode(), decimals, minus=bool(flags & MINUS))
        unit = COUNTED[flags >> 3 & 3] or self._unit
        return [reading(value, frame, unit=unit, stable=bool(flags & STABLE))]
