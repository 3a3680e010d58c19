"""Yaohua's two ``=`` formats, which nothing in the frame tells apart.

Format 1 sends the low digit first and the sign last (``=00.1000-`` is -1.00), format 2 sends
``=``, the sign and the digits as displayed (``=0003.000``). The same bytes are valid in both, so
the format is configured and confirmed with a known load. Source: XK3190-A26 manual p. 13.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading
from drivers.scale.framing import FixedLengths, FrameDecoder
from drivers.scale.measures import number, reading

LENGTH = 9
STRAIGHT = re.compile(rb"=([0+ -])( *\d+\.?\d*)")
SIGNS = {b"-": b"-"}


class YaohuaEqualsDecoder(FrameDecoder):
    """Decodes either format; ``low_digit_first`` says which one the indicator is set to."""

    def __init__(self, *, low_digit_first: bool, unit: str | None = None) -> None:
        super().__init__(FixedLengths(b"=", LENGTH))
        self._reversed, self._unit = low_digit_first, unit

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one frame of nine bytes."""
        straight = b"=" + frame[:0:-1] if self._reversed else frame
        found = STRAIGHT.fullmatch(straight)
        # Without a check or an end byte, the place of the point is what shows a lost digit.
        if found is None or not self._shape.admits(found[2].find(b".")):
            return None
        value = number(SIGNS.get(found[1], b"") + found[2])
        return [reading(value, frame, unit=self._unit)]
