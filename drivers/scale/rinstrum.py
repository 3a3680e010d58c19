"""Rinstrum's continuous format 1: STX, sign, seven characters, a status letter, ETX.

``G`` gross, ``N`` net, ``M`` moving, ``O`` overload, ``U`` underload, ``E`` error. No unit, no
check. Source: Rinstrum formats, as in PMC3230975 table 1. Its format 4 is ``st-gs``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from drivers.scale.fields import FieldDecoder
from drivers.scale.framing import Envelopes
from drivers.scale.measures import reading

FRAME = re.compile(rb"\x02(?:([-+ ][- \d.,]{7})([GNM])|[ -~]{8}([OUE]))\x03")
STATUSES = {
    b"O": ReadingStatus.OVERLOAD, b"U": ReadingStatus.UNDERLOAD, b"E": ReadingStatus.ERROR,
}
MODES = {b"G": WeighingMode.GROSS, b"N": WeighingMode.NET}


class RinstrumDecoder(FieldDecoder):
    """Decodes format 1; ``unit`` is the indicator's setting, None if nobody knows."""

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(Envelopes(b"\x02", b"\x03", 11), unit=unit)

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one frame from STX to ETX."""
        found = FRAME.fullmatch(frame)
        if found is None:
            return None
        if found[3]:
            return [reading(None, frame, status=STATUSES[found[3]])]
        stable = found[2] != b"M"
        return self.weight(frame, found[1], stable=stable, mode=MODES.get(found[2]))
