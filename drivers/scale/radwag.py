"""Radwag: asked with ``SI``, it answers with the command, a mark of its state, weight and unit.

``SI`` (3 characters), blank, mark (blank at rest, ``?`` moving, ``^`` above the range, ``v``
below), sign, nine characters of weight, blank, unit (3), CR LF; newer balances put another blank
before the sign, and some leave out the blank behind ``SUI``. ``SI_A`` and the like only say that
a command was understood. Gross or net is not sent. Source: Radwag WLC and PS user manuals, chapter
on the communication protocol.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus
from drivers.scale.fields import FieldDecoder
from drivers.scale.framing import Lines
from drivers.scale.measures import reading, unit_named

ASK = b"SI\r\n"
WEIGHT = re.compile(
    rb"(?:(?:S  |SU |SI |SUI|C1 |CU1) |SUI(?=[?^v]))([ ?^v])( ?[- ][ \d.,]{9}) ([A-Za-z%]{1,3}) *")
LONGEST = 21
"""Characters of a line: some firmware leaves out the blanks behind a short unit."""

ANSWER = re.compile(rb"(?:S|SU|SI|SUI|C1|C0|CU1|CU0|Z|T|OT|UT|K1|K0) (?:A|D|OK)")
REFUSAL = re.compile(rb"(?:S|SU|SI|SUI|Z|T) [EI\^v]|ES")
RANGES = {b"^": ReadingStatus.OVERLOAD, b"v": ReadingStatus.UNDERLOAD}


class RadwagDecoder(FieldDecoder):
    """Decodes answers and the continuous output, which looks the same."""

    def __init__(self) -> None:
        super().__init__(Lines())

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        found = WEIGHT.fullmatch(frame)
        if found is None or len(frame) > LONGEST:
            if REFUSAL.fullmatch(frame):
                status = RANGES.get(frame[-1:], ReadingStatus.ERROR)
                return [reading(None, frame, status=status)]
            return () if ANSWER.fullmatch(frame) else None
        if found[1] in RANGES:
            return [reading(None, frame, unit=unit_named(found[3]), status=RANGES[found[1]])]
        return self.weight(frame, found[2], found[3], stable=found[1] == b" ")
