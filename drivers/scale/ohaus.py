"""Ohaus: the stream of Defender and kindred indicators, and the print of older balances.

Defender: sign (and a blank, by the manual), seven characters of weight, blank, unit in five, ``?``
while it moves, ``G``, ``N``, ``NET`` or ``T``; the sign stands in its own column. Older print: a
right-aligned weight, unit, ``?``, and a legend or a clock behind it; TOTAL is a sum and not what
is on the pan.
Sources: Defender 3000 captures and manual; Ohaus RS232 interface manual EN-3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from drivers.interfaces import Reading
from drivers.scale.fields import MODES, FieldDecoder
from drivers.scale.framing import HeadlessLines

ASK = b"IP\r\n"
DEFENDER = re.compile(rb"([-+ ] ?[ \d.,]{7}) ([A-Za-z ]{5})([? ])(G|NET|N|T) *")
PRINTED = re.compile(
    rb"(?P<number>[-+ \d.,:]{10,13}) (?P<unit>[A-Za-z]{1,4}|lb:oz|%)(?P<moving> *\?)?"
    rb"(?: +(?P<legend>\d\d:\d\d:\d\d|[A-Z][A-Z .]{0,9}))? *")
FOR_TILLS = re.compile(rb"(?=.{18}\Z)([-+ \d.,]{11}) {2,5}([A-Za-z]{1,4})([? ])")
"""Scout's format for tills: the unit right-aligned in five, the mark at once behind it."""

CLOCK = re.compile(rb"\d\d:\d\d:\d\d")
TOTAL = b"TOTAL"
ON_THE_PAN = frozenset({b"", b"G", b"GROSS", b"N", b"NET", b"WET WT", b"AIR WT"})
"""Legends of what lies on the pan now. Any other number (a peak, a mean, a target) does not."""


class OhausDefenderDecoder(FieldDecoder):
    """Decodes the continuous output of Defender and like indicators."""

    def __init__(self) -> None:
        super().__init__(HeadlessLines())

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        found = DEFENDER.fullmatch(frame)
        if found is None or not found[2].strip():
            return None
        stable = found[3] == b" "
        return self.weight(frame, found[1], found[2], stable=stable, mode=MODES[found[4]])


class OhausPrintDecoder(FieldDecoder):
    """Decodes printed lines; what is not on the pan keeps its number and never becomes grams."""

    def __init__(self) -> None:
        super().__init__(HeadlessLines())

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        found = PRINTED.fullmatch(FOR_TILLS.sub(rb"\1 \2 \3", frame))
        if found is None:
            return None
        legend = (found["legend"] or b"").strip()
        stable = None if legend == TOTAL else found["moving"] is None
        mode = MODES.get(legend)
        if found["unit"] == b"lb:oz":
            mixed = found["number"] + b" lb:oz"
            made = self.ounces(frame, mixed, stable=stable, mode=mode)
        else:
            made = self.weight(frame, found["number"], found["unit"], stable=stable, mode=mode)
        is_weight = legend in ON_THE_PAN or mode is not None or CLOCK.fullmatch(legend)
        return made if made is None or is_weight else [replace(one, grams=None) for one in made]
