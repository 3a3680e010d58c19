"""Shinko Denshi and Vibra 新光, also sold under other names: 14 or 15 characters, the state last.

Sign, seven or eight characters of weight, unit (2), judgement (``L`` ``G`` ``H``, ``T`` for a
total, blank), state (``S`` at rest, ``U`` moving, ``E`` error, blank where none is told), CR LF.
The maker's units are its own: ``GR`` is a grain here, ``MO`` a momme, ``TL`` a tael. A ``/``
before the last digit marks one that is not verified. Gross or net is not sent. Source: Vibra SJ
and AJ operation manuals, chapter on the RS-232C output.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus
from drivers.scale.fields import FieldDecoder
from drivers.scale.framing import HeadlessLines
from drivers.scale.measures import reading

LINE = re.compile(rb"([-+])([ \d./]{7,8})([A-Z% ]{2})([LGHT ])([SU ])")
ERROR = re.compile(rb"[-+ ][-. \d]{7,8}[A-Z% ]{2}[LGHT ]E")
UNITS = {
    b" G": b"g", b"KG": b"kg", b"CT": b"ct", b"LB": b"lb", b"OZ": b"oz", b"OT": b"ozt",
    b"DW": b"dwt", b"GR": b"gn", b"PC": b"pcs", b" %": b"%",
}
TOTAL = b"T"


class ShinkoDecoder(FieldDecoder):
    """Decodes the numeric format of six and of seven digits."""

    def __init__(self) -> None:
        super().__init__(HeadlessLines())

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        if ERROR.fullmatch(frame):
            return [reading(None, frame, status=ReadingStatus.ERROR)]
        found = LINE.fullmatch(frame)
        if found is None:
            return None
        unit = UNITS.get(found[3], found[3])
        if found[4] == TOTAL:
            return [reading(None, frame, status=ReadingStatus.UNSUPPORTED)]
        stable = {b"S": True, b"U": False}.get(found[5])
        return self.weight(frame, found[1] + _digits(found[2]), unit, stable=stable)


def _digits(field: bytes) -> bytes:
    """Take the mark off a digit that is not verified: it is shown, and counts like any other."""
    return b" " + field[:-2] + field[-1:] if field[-2:-1] == b"/" else field
