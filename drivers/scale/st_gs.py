"""The ``ST,GS,+000.876kg`` family: Excell, T-Scale, Bison, Dini Argeo, Rinstrum, Gram and kin.

A line says whether the weight is stable (ST, US) or out of range (OL, UL), which weight it is
(GS gross, NT net, TR tare), the weight and its unit. Makers differ in commas, blanks and widths;
the header decides before the number is looked at, because an overload carries a number too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from drivers.scale.fields import FieldDecoder
from drivers.scale.framing import Lines
from drivers.scale.measures import is_known, number, reading, unit_named

LINE = re.compile(rb"(?:\d\d)?(ST|US|OL|UL),(GS|NT|TR|G|N)(?:,| )(.*)")
"""An optional two-digit address, the headers, and a comma or blank before the weight."""

ENDS = b"\r\n\x02\x03"
"""Some makers put the line between STX and ETX, with or without its CR LF."""

WEIGHT = re.compile(rb"([-+ \d.]*?) *,? *([^-+ \d.,][^ ,\d]*)? *")
UNIT_BEHIND = re.compile(rb"[-+ \d.^_]*,? *([A-Za-z%]{1,3})? *")
DIGIT = re.compile(rb"\d")
RANGE_FIELD = re.compile(rb"[ -~]{0,24}")
MODES = {b"G": WeighingMode.GROSS, b"N": WeighingMode.NET, b"T": WeighingMode.TARE}


class StGsDecoder(FieldDecoder):
    """Decodes the whole family; ``unit`` is what a frame without one is taken to mean.

    A fragment at the start of a stream has lost its header and is refused with it, so the first
    whole line after opening can be believed.
    """

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(Lines(ends=ENDS), unit=unit)

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        line = LINE.fullmatch(frame)
        if line is None:
            return None
        state, mode, rest = line[1], MODES[line[2][:1]], line[3]
        if state in (b"OL", b"UL"):
            return _out_of_range(state, mode, rest, frame)
        return self._weight(rest, frame, stable=state == b"ST", mode=mode)

    def _weight(
        self, rest: bytes, frame: bytes, *, stable: bool, mode: WeighingMode
    ) -> Sequence[Reading] | None:
        parts = WEIGHT.fullmatch(rest)
        if parts is None:
            return self.ounces(frame, rest, stable=stable, mode=mode)
        if DIGIT.search(parts[1]) is None:
            return None
        unit = unit_named(parts[2] or b"")
        if unit is None and parts[2]:
            return None
        if not is_known(unit):
            status = ReadingStatus.UNSUPPORTED
            return [reading(None, frame, unit=unit, stable=stable, mode=mode, status=status)]
        value = number(parts[1])
        if value is None or not self._shape.admits((len(frame), unit)):
            return None
        return [reading(value, frame, unit=unit or self._unit, stable=stable, mode=mode)]


def _out_of_range(
    state: bytes, mode: WeighingMode, rest: bytes, frame: bytes
) -> Sequence[Reading] | None:
    """Overload, or underload where the sign is minus. The digits beside it mean nothing.

    Several minus signs are no sign: they stand where the digits were.
    """
    if RANGE_FIELD.fullmatch(rest) is None:
        return None
    under = state == b"UL" or rest.count(b"-") == 1
    status = ReadingStatus.UNDERLOAD if under else ReadingStatus.OVERLOAD
    parts = UNIT_BEHIND.fullmatch(rest)
    unit = unit_named(parts[1] or b"") if parts else None
    return [reading(None, frame, unit=unit, mode=mode, status=status)]
