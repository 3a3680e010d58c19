"""The ``ST,GS,+000.876kg`` family: Excell, T-Scale, Bison, Dini Argeo, Rinstrum, Gram and kin.

A line says whether the weight is stable (ST, US), out of range (OL, UL) or the scale not level
(TL), which weight it is (GS gross, NT net, TR tare), the weight and its unit. Makers differ in
commas, blanks and widths; the header decides before the number is looked at, because an overload
carries a number too.

Dini Argeo's longer strings carry the tare, too. Extended: scale number, state, net, tare (``PT``
if it was keyed in), pieces, unit, perhaps date and time. AF: state, scale number, gross with
unit, tare with unit. Sources: LTP manual p. 43, DGT4X p. 52, 3590 p. 65; Tiger TI-02-P p. 21.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from drivers.scale.fields import FieldDecoder
from drivers.scale.framing import Lines
from drivers.scale.measures import is_known, number, reading, unit_named, with_point

LINE = re.compile(rb"(?:\d\d)?(ST|US|OL|UL|TL),(GS|NT|TR|G|N)(?:,| |(?=-))(.*)")
"""An optional two-digit address, the headers, and a comma or blank before the weight."""

TENS = rb"([-+ \d.,]{8,10})"
EXTENDED = re.compile(
    rb"(?:\d\d)?\d,?(?P<state>ST|US|OL|UL|TL),(?:\d,)?" + TENS + rb",(?:PT| {2})" + TENS
    + rb",[ \d]{1,10},([A-Za-z]{1,2}) ?(?:,(?:[\d/.-]{8,10} +[\d:]{5,8}|NO DATE TIME))?")
GROSS_AND_TARE = re.compile(
    rb"(?:\d\d)?(?P<state>ST|US|OL|UL),\d," + TENS + rb"([A-Za-z]{1,2}),(?:PT| {2})" + TENS
    + rb"\3")

ENDS = b"\r\n\x02\x03"
"""Some makers put the line between STX and ETX, with or without its CR LF."""

LONGEST = 80
WEIGHT = re.compile(rb"([-+ \d.]*?(?:,\d+)?) *,? *([^-+ \d.,][^ ,\d]*)? *")
UNIT_BEHIND = re.compile(rb"[-+ \d.^_]*,? *([A-Za-z%]{1,3})? *")
DIGIT = re.compile(rb"\d")
RANGE_FIELD = re.compile(rb"[ -~]{0,24}")
MODES = {b"G": WeighingMode.GROSS, b"N": WeighingMode.NET, b"T": WeighingMode.TARE}
OUT = {
    b"OL": ReadingStatus.OVERLOAD, b"UL": ReadingStatus.UNDERLOAD, b"TL": ReadingStatus.ERROR,
}


class StGsDecoder(FieldDecoder):
    """Decodes the whole family; ``unit`` is what a frame without one is taken to mean.

    A fragment at the start of a stream has lost its header and is refused with it, so the first
    whole line after opening can be believed.
    """

    def __init__(self, *, unit: str | None = None) -> None:
        super().__init__(Lines(LONGEST, ends=ENDS), unit=unit)

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        line = LINE.fullmatch(frame)
        if line is None:
            return self._with_tare(frame)
        state, mode, rest = line[1], MODES[line[2][:1]], line[3]
        if state in OUT:
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
        pointed = with_point(parts[1], decimal_comma=self.decimal_comma)
        if pointed is None or not is_known(unit):
            why = ReadingStatus.UNSUPPORTED if pointed else ReadingStatus.AMBIGUOUS
            return [reading(None, frame, unit=unit, stable=stable, mode=mode, status=why)]
        self.has_comma = self.has_comma or pointed != parts[1]
        value = number(pointed)
        if value is None or not self._shape.admits((len(frame), unit)):
            return None
        return [reading(value, frame, unit=unit or self._unit, stable=stable, mode=mode)]

    def _with_tare(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode Dini Argeo's longer strings, of which only the first number is on the pan.

        The extended one is net. Without a tare that is what lies there, gross.
        """
        found = EXTENDED.fullmatch(frame)
        line = found or GROSS_AND_TARE.fullmatch(frame)
        if line is None:
            return None
        weight, tare, unit = (line[2], line[3], line[4]) if found else (line[2], line[4], line[3])
        tared = found is not None and bool(tare.strip(b" +-0.,"))
        mode = WeighingMode.NET if tared else WeighingMode.GROSS
        if line["state"] in OUT:
            status = OUT[line["state"]]
            return [reading(None, frame, unit=unit_named(unit), mode=mode, status=status)]
        return self.weight(frame, weight, unit, stable=line["state"] == b"ST", mode=mode)


def _out_of_range(
    state: bytes, mode: WeighingMode, rest: bytes, frame: bytes
) -> Sequence[Reading] | None:
    """Overload, or underload where the sign is minus. The digits beside it mean nothing.

    Several minus signs are no sign: they stand where the digits were.
    """
    if RANGE_FIELD.fullmatch(rest) is None:
        return None
    under = state == b"OL" and rest.count(b"-") == 1
    status = ReadingStatus.UNDERLOAD if under else OUT[state]
    parts = UNIT_BEHIND.fullmatch(rest)
    unit = unit_named(parts[1] or b"") if parts else None
    return [reading(None, frame, unit=unit, mode=mode, status=status)]
