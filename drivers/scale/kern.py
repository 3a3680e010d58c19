"""Kern balances with their own lines (FKB, KDE, PCB, DE …), asked with ``w``.

An ``M`` or blank, the sign (which some models put beside the digits), ten or eleven characters of
weight, blank, unit; the unit is missing
while the pan moves; ``Error`` in place of all. Kern's KCP is MT-SICS, its EOC and KFB are the
``ST,GS`` family. Sources: FKB-A manual p. 37; PCB manual p. 35. The longer line of the DE is
known from a capture only, so nothing is said of its stability.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus
from drivers.scale.fields import FieldDecoder
from drivers.scale.framing import HeadlessLines
from drivers.scale.measures import reading

ASK = b"w"
COMMANDS = {"weigh": ASK, "stable": b"s", "tare": b"t"}
"""What a host may send, without line end, by what it is for."""

DOCUMENTED = (16, 17)
"""Characters of a line with unit in the manuals."""

LINE = re.compile(
    rb"(?:M |[M ]?)(?P<number>[- ][- \d.,]{9,12}\d[.,]?)(?: (?P<unit>[A-Za-z%]{1,3}))? *")
SHORTEST, LONGEST = 13, 18
ERROR = re.compile(rb" {6,12}Error *")


class KernDecoder(FieldDecoder):
    """Decodes Kern's own lines."""

    def __init__(self) -> None:
        super().__init__(HeadlessLines())

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        if ERROR.fullmatch(frame):
            return [reading(None, frame, status=ReadingStatus.ERROR)]
        found = LINE.fullmatch(frame)
        if found is None or not SHORTEST <= len(frame) <= LONGEST:
            return None
        unit = found["unit"] or b""
        stable = (True if len(frame) in DOCUMENTED else None) if unit else False
        digits = frame[:found.end("number")].replace(b"M", b" ")
        return self.weight(frame, digits, unit, stable=stable)
