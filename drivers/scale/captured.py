"""Outputs known from captures of single devices: Sterling 7600, a ``$`` stream, a JIK ticket.

Sterling glues the command's echo to its answer, and sometimes loses the first bytes of both:
``SCOCount      15 Pieces``, ``WGross   0.010 lb``. The ``$`` stream of an unnamed scale is ``$``
and six digits, CR, without unit, point, sign or flag. The ticket of a JIK6CAB is fourteen lines
from ``^KJIK000`` to ``~P1``: date, time, tare, gross, two counts, net, total, pieces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, WeighingMode
from drivers.scale.fields import FieldDecoder
from drivers.scale.framing import Envelopes, Lines
from drivers.scale.measures import number

STERLING_ASK = b"W\r"
STERLING = re.compile(rb"[A-Z]{0,4}(Gross|Net|Tare|Count)( +-? *[\d.]+) (lb|kg|oz|g|Pieces) *")
STERLING_MODES = {
    b"Gross": WeighingMode.GROSS, b"Net": WeighingMode.NET, b"Tare": WeighingMode.TARE,
}

DOLLAR = re.compile(rb"\$(\d{6})\r")

WEIGHT_LINE = rb"( *-?\d+\.?\d*) (kg|g|lb)\r\n"
TICKET = re.compile(
    rb"\^KJIK\d{3}\r\n\d{4}[-/]\d\d[-/]\d\d\r\n\d\d:\d\d:\d\d\r\n" + WEIGHT_LINE * 2
    + rb"\d+\r\n\d+\r\n" + WEIGHT_LINE * 2 + rb" *\d+ pcs\r\n[ \r\nE]*~")
TICKET_LIMIT = 200


class SterlingDecoder(FieldDecoder):
    """Decodes the Sterling 7600's answers, with or without the echo before them."""

    def __init__(self) -> None:
        super().__init__(Lines())

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        found = STERLING.fullmatch(frame)
        if found is None:
            return None
        unit = b"pcs" if found[3] == b"Pieces" else found[3]
        return self.weight(frame, found[2], unit, mode=STERLING_MODES.get(found[1]))


class DollarDecoder(FieldDecoder):
    """Decodes the ``$`` stream; ``unit`` is that of the last digit, None if nobody knows."""

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(Envelopes(b"$", b"\r", 8), unit=unit)

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one frame from $ to CR."""
        found = DOLLAR.fullmatch(frame)
        return self.weight(frame, found[1]) if found else None


class TicketDecoder(FieldDecoder):
    """Decodes whole tickets: one reading of the net weight, which must be gross less tare."""

    def __init__(self) -> None:
        super().__init__(Envelopes(b"^", b"~", TICKET_LIMIT))

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one ticket from ^ to ~."""
        found = TICKET.fullmatch(frame)
        if found is None or len({found[2], found[4], found[6], found[8]}) != 1:
            return None
        tare, gross, net = (number(found[group]) for group in (1, 3, 5))
        if tare is None or gross is None or net is None or gross - tare != net:
            return None
        return self.weight(frame, found[5], found[6], mode=WeighingMode.NET)
