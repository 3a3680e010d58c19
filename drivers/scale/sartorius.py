"""Sartorius SBI, with 22 characters or with 16: the same line with and without an identifier.

Identifier (6), sign, weight (9, its last digit in brackets where it is not verified), blank, unit
(3). The unit is blank while the pan moves. Instead of a weight: ``Stat`` with High, Low, OFF,
``Cal. Ext.``, ``ERR 054``. Sources: Entris II data output p. 3; Combics 1 p. 98; Master p. 79.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from drivers.scale.fields import FieldDecoder
from drivers.scale.framing import HeadlessLines, Lines
from drivers.scale.measures import reading

ASK = b"\x1bP"
COMMANDS = {"weigh": ASK, "tare": b"\x1bT"}
"""What a host may send, by what it is for."""

SHORT, LONG = 14, 20
IDENTIFIED = re.compile(rb"(N|G|G#|T|T1|T2|N1|Qnt|Prc)? *")
WEIGHT = re.compile(rb"([-+ ])( *[\d.,]*\d[.,]?)(\[\d\])?( [A-Za-z/%]{1,3})? *")
STATE = re.compile(
    rb"(?:Stat)? +(High|Low|OFF|Cal\. ?Ext\.?|E[Rr]{2} *\d{2,3}|[A-Z]{3}\.ER|HH?|LL?|C|--) *")
STATES = {
    b"High": ReadingStatus.OVERLOAD, b"H": ReadingStatus.OVERLOAD,
    b"Low": ReadingStatus.UNDERLOAD, b"L": ReadingStatus.UNDERLOAD,
}
MODES = {b"N": WeighingMode.NET, b"G": WeighingMode.GROSS, b"T": WeighingMode.TARE}


class SartoriusDecoder(FieldDecoder):
    """Decodes SBI lines; ``identified`` for the 22 characters that name what they carry."""

    def __init__(self, *, identified: bool = True) -> None:
        super().__init__(Lines() if identified else HeadlessLines())
        self._head = LONG - SHORT if identified else 0

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        if len(frame) != self._head + SHORT:
            return None
        state = STATE.fullmatch(frame)
        if state is not None:
            return [reading(None, frame, status=STATES.get(state[1], ReadingStatus.ERROR))]
        name = IDENTIFIED.fullmatch(frame[:self._head])
        found = WEIGHT.fullmatch(frame[self._head:])
        if name is None or found is None:
            return None
        digits = found[1] + found[2] + (found[3] or b"").strip(b"[]")
        mode = MODES.get((name[1] or b"")[:1])
        unit = found[4] or b""
        if name[1] in (b"Qnt", b"Prc"):
            return [reading(None, frame, mode=mode, status=ReadingStatus.UNSUPPORTED)]
        return self.weight(frame, digits, unit, stable=bool(unit), mode=mode)
