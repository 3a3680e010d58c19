"""SMA, the Scale Manufacturers Association's protocol: every answer is LF to CR, 20 bytes.

``LF status range mode motion future weight(10) unit(3) CR``. Status ``Z`` centre of zero, ``O``
over and ``U`` under capacity, ``E`` zero error, ``I`` initial zero error, ``T`` tare error; mode
``G`` gross, ``N`` net, ``T`` tare, small letters in high resolution; ``M`` while it moves.
Sources: B-TEK T419S p. 61; Fairbanks X-series p. 120; Sartorius PR 5220 p. 130.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from drivers.scale.fields import MODES, FieldDecoder
from drivers.scale.framing import Envelopes
from drivers.scale.measures import reading

ASK = b"\nW\r"
LENGTH = 20
ANSWER = re.compile(
    rb"\n([ZOUEIT ])([ -~])([GTNgtn])([M ])[ -~]([-+ \d.]{10})([A-Za-z% ]{3})\r")
UNKNOWN_COMMAND = b"\n?\r"
STATUSES = {
    b"Z": ReadingStatus.ZERO, b"O": ReadingStatus.OVERLOAD, b"U": ReadingStatus.UNDERLOAD,
}
"""States in which the standard still sends the weight; the errors send ten dashes."""


class SmaDecoder(FieldDecoder):
    """Decodes answers. A tare is a stored value, of which nobody says that it is stable."""

    def __init__(self) -> None:
        super().__init__(Envelopes(b"\n", b"\r", LENGTH))

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one answer from LF to CR."""
        if frame == UNKNOWN_COMMAND:
            return [reading(None, frame, status=ReadingStatus.ERROR)]
        found = ANSWER.fullmatch(frame)
        if found is None:
            return None
        if found[1] in b"EIT":
            return [reading(None, frame, status=ReadingStatus.ERROR)]
        mode = MODES[found[3].upper()]
        if found[1] in b"OU" and not found[5].strip(b"-"):
            return [reading(None, frame, mode=mode, status=STATUSES[found[1]])]
        stable = None if mode is WeighingMode.TARE else found[4] == b" "
        status = STATUSES.get(found[1], ReadingStatus.OK)
        return self.weight(frame, found[5], found[6], stable=stable, mode=mode, status=status)
