"""CAS: the asked AP-1 frame (also SW-II, Gram ZFOC) and the 22-byte stream (CI-600D, NT-200, PDS).

AP-1: the host sends ENQ, the scale ACK, the host DC1, the scale ``SOH STX state sign weight(6)
unit(2) BCC ETX EOT``; the check is the XOR of the data behind STX, and any byte may be it.
22 bytes: ``ST,GS,id lamp,weight(8) unit CR LF``; the lamp byte has bit 7 set, so the line is not
ASCII, and the WTM-500 has its relays' state where the blank before the unit is. Sources: CAS AP-1
protocol sheet; Gram ZFOC p. 42; CI-600D p. 74; NT-200 p. 48.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from operator import xor

from drivers.interfaces import Reading, ReadingStatus
from drivers.scale.fields import MODES, FieldDecoder
from drivers.scale.framing import Lines, Windows
from drivers.scale.measures import reading, unit_named

ASK, READY, SEND = b"\x05", b"\x06", b"\x11"
"""ENQ, the scale's ACK, and the DC1 that it waits for then."""

AP1 = re.compile(rb"\x01\x02([SUF])([- ])([ \d.]{6})([A-Za-z ]{2})(?s:.)\x03\x04")
STREAM = re.compile(rb"(ST|US|OL),(GS|NT),[0-~]([\x80-\xff]),([-+ \d.]{8})(?s:.)([A-Za-z ]{2})")
LAMP_ZERO, LAMP_HOLD, LAMP_STABLE = 0x01, 0x10, 0x40
LAMPS_AT_REST = LAMP_STABLE | LAMP_HOLD


def block_check(data: bytes) -> int:
    """Return the XOR of the data between STX and itself."""
    return reduce(xor, data, 0)


class CasAp1Decoder(FieldDecoder):
    """Decodes AP-1 frames."""

    def __init__(self) -> None:
        super().__init__(Windows(b"\x01", 15, _intact))

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one frame from SOH to EOT."""
        found = _intact(frame)
        if found is None:
            return None
        if found[1] == b"F":
            return [reading(None, frame, status=ReadingStatus.ERROR)]
        return self.weight(frame, found[2] + found[3], found[4], stable=found[1] == b"S")


def _intact(frame: bytes) -> re.Match[bytes] | None:
    found = AP1.fullmatch(frame)
    return found if found is not None and frame[12] == block_check(frame[2:12]) else None


class Cas22Decoder(FieldDecoder):
    """Decodes the 22-byte stream; stable is what both the header and the lamp call stable.

    A display that is held shows what lay there before, so it is at no rest.
    """

    def __init__(self) -> None:
        super().__init__(Lines())

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        found = STREAM.fullmatch(frame)
        if found is None:
            return None
        mode, lamp = MODES[found[2]], found[3][0]
        if found[1] == b"OL":
            under = found[4].count(b"-") == 1
            status = ReadingStatus.UNDERLOAD if under else ReadingStatus.OVERLOAD
            unit = unit_named(found[5])
            return [reading(None, frame, unit=unit, mode=mode, status=status)]
        status = ReadingStatus.ZERO if lamp & LAMP_ZERO else ReadingStatus.OK
        stable = found[1] == b"ST" and lamp & LAMPS_AT_REST == LAMP_STABLE
        return self.weight(frame, found[4], found[5], stable=stable, mode=mode, status=status)
