"""NCI and Weigh-Tronix SCP-01, its ECR variant, FedEx's and UPS WorldShip's: asked, ended by ETX.

``LF weight unit CR LF status CR ETX``; in pounds and ounces ``LF 2LB 03.5OZ CR`` comes first.
The status is two or three bytes '0' to '?', whose low bits are flags; bit 6 of the second says
that a third follows. The weight's digits are replaced by ``^`` over capacity, ``_`` below zero
and ``-`` when zeroing failed. ECR puts ``S`` before a status without weight, and an unknown
question is answered with ``?``. Sources: NCI 6702, Adam MDW pp. 13-14, Mettler DIVA p. 34,
Sterling 7600 notes. UPS: ``  1.20 lb. GR  CR LF ETX``, small letters while it moves, ``CR ETX``
for an overload.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from drivers.scale.fields import MODES, FieldDecoder
from drivers.scale.framing import HeadlessLines, Lines
from drivers.scale.measures import reading

ASK = b"W\r"
UPS_ASK = b"\r"
ETX = b"\x03"
ANSWER = re.compile(
    rb"(?:\n(?:(?P<mixed>[- \d]{1,4}(?i:lb)[ \d.]{2,5}(?i:oz))"
    rb"|(?P<field>[-^_ \d.]{4,8})(?:(?P<unit>[A-Za-z]{1,2})|(?<=[-^_])))\r)?"
    rb"\n?S?(?P<status>[0-\x7f]{2,4})\r?")
STATUS = re.compile(rb"[0-?][0-?]|[0-?][p-\x7f][0-?]")
UNKNOWN_QUESTION = b"\n?\r"
FIELDS = {
    b"^": ReadingStatus.OVERLOAD, b"_": ReadingStatus.UNDERLOAD, b"-": ReadingStatus.ERROR,
}
MOTION, AT_ZERO, FAULTS = 1, 2, 0b1100
UNDER, OVER, NET = 1, 2, 4

UPS = re.compile(rb"([-+ ]*[\d.]+) (lb|kg|oz|g)\.? {1,2}(GR|gr|NT|nt) *\r\n")
UPS_OVERLOAD = b"\r"


class NciDecoder(FieldDecoder):
    """Decodes answers of SCP-01, ECR and FedEx; each carries its own unit."""

    def __init__(self) -> None:
        super().__init__(Lines(ends=ETX))

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one answer without its ETX."""
        if frame == UNKNOWN_QUESTION:
            return [reading(None, frame, status=ReadingStatus.ERROR)]
        found = ANSWER.fullmatch(frame)
        if found is None or STATUS.fullmatch(found["status"]) is None:
            return None
        field, flags = found["field"], found["status"] + b"0"
        mode = None
        if len(found["status"]) == 3:
            mode = WeighingMode.NET if flags[2] & NET else WeighingMode.GROSS
        trouble = _trouble(flags) or _written(field)
        if trouble is not None:
            return [reading(None, frame, mode=mode, status=trouble)]
        if field is None and found["mixed"] is None:
            return _without_weight(frame, flags, mode)
        status = ReadingStatus.ZERO if flags[0] & AT_ZERO else ReadingStatus.OK
        stable = not flags[0] & MOTION
        if field is None:
            return self.ounces(frame, found["mixed"], stable=stable, mode=mode, status=status)
        return self.weight(frame, field, found["unit"], stable=stable, mode=mode, status=status)


def _trouble(flags: bytes) -> ReadingStatus | None:
    if (flags[0] | flags[1]) & FAULTS:
        return ReadingStatus.ERROR
    if flags[1] & OVER:
        return ReadingStatus.OVERLOAD
    return ReadingStatus.UNDERLOAD if flags[1] & UNDER else None


def _written(field: bytes | None) -> ReadingStatus | None:
    """Return what is written where the digits should be, if it is not a number."""
    signs = set(field.strip()) if field else set()
    return FIELDS.get(bytes(signs)) if len(signs) == 1 else None


def _without_weight(
    frame: bytes, flags: bytes, mode: WeighingMode | None
) -> Sequence[Reading]:
    """Say why an ECR scale sent no weight; nothing new if no flag tells."""
    if flags[0] & MOTION:
        return [reading(None, frame, stable=False, mode=mode, status=ReadingStatus.MOTION)]
    if flags[0] & AT_ZERO:
        return [reading(None, frame, stable=True, mode=mode, status=ReadingStatus.ZERO)]
    return ()


class UpsDecoder(FieldDecoder):
    """Decodes the answers that UPS WorldShip expects of a scale."""

    def __init__(self) -> None:
        super().__init__(HeadlessLines(ends=ETX))

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one answer without its ETX."""
        if frame == UPS_OVERLOAD:
            return [reading(None, frame, status=ReadingStatus.OVERLOAD)]
        found = UPS.fullmatch(frame)
        if found is None:
            return None
        mode = MODES[found[3].upper()]
        return self.weight(frame, found[1], found[2], stable=found[3].isupper(), mode=mode)
