"""Adam: the sixteen characters of Highland and kin, and the answers of the CPWplus.

Sixteen: sign, weight in twelve, unit in three. CPWplus: asked with ``G``, it answers ``G``, ``N``
or ``T``, sign, weight and unit. Neither says whether the weight is stable. Sources: Highland
manual p. 29 (format 2); CPWplus manual p. 16.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading
from drivers.scale.fields import MODES, FieldDecoder
from drivers.scale.framing import HeadlessLines, Lines

ASK = b"G\r\n"
SIXTEEN = re.compile(rb"([-+ ][ \d.,]{12})([A-Za-z% ]{3})")
CPW = re.compile(rb"([GNT]) {0,3}([-+]? *[\d.,]+) +([A-Za-z]{1,3}) *")


class AdamSixteenDecoder(FieldDecoder):
    """Decodes the line of sixteen characters."""

    def __init__(self) -> None:
        super().__init__(HeadlessLines())

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        found = SIXTEEN.fullmatch(frame)
        return self.weight(frame, found[1], found[2]) if found and found[2].strip() else None


class AdamCpwDecoder(FieldDecoder):
    """Decodes the CPWplus' answers."""

    def __init__(self) -> None:
        super().__init__(Lines())

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        found = CPW.fullmatch(frame)
        return self.weight(frame, found[2], found[3], mode=MODES[found[1]]) if found else None
