"""Mettler-Toledo 8217, "weight only": the station asks with ``W``, the scale answers.

``STX 12.345 CR`` in kg, ``STX 12.34 CR`` in lb (some write ``STX 012.34 CR``), ``N`` before CR
for net; instead of a weight ``STX ? status CR`` while it moves, is negative or over capacity.
The unit is a setting of the scale and is not sent; some clones leave out the point as well, and
what the digits mean must be set. Source: Mettler DIVA service manual, pp. 39-45.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from drivers.scale.fields import signed
from drivers.scale.framing import Envelopes, FrameDecoder
from drivers.scale.measures import number, reading

ASK = b"W"
STX, CR = 0x02, 0x0D
PARITY = 0x80
LONGEST = 12

MOTION, OVER, UNDER, OUTSIDE_ZERO, ZERO, NET, ALWAYS = (1 << bit for bit in range(7))
"""The status byte's bits in the manual's order; bit 6 is always set and is no error."""

WEIGHT = re.compile(rb"(?P<number>(?P<whole> *\d+)\.\d{2,3})(?P<net>N?)")
BARE = re.compile(rb"(?P<number>(?=[ \d]{4,6}N?\Z) *\d+)(?P<net>N?)")
"""A weight without a point, which only the scale's own setting explains."""

DOCUMENTED = {(2, 3), (2, 2)}
"""Digits before and after the point in the manual's own forms, WW.WWW and WW.WW."""
VARIANT = (3, 2)

STATUSES = (
    (MOTION, ReadingStatus.MOTION, False),
    (OVER, ReadingStatus.OVERLOAD, None),
    (UNDER, ReadingStatus.UNDERLOAD, True),
    (ZERO, ReadingStatus.ZERO, None),
    (OUTSIDE_ZERO, ReadingStatus.OK, None),
)
"""Which bit speaks first, what it says, and what it says of stability.

An answer below zero without the motion bit is from a pan at rest; the others leave it open.
"""


class Toledo8217Decoder(FrameDecoder):
    """Decodes answers; ``unit`` is the scale's setting (kg, lb or g), None if nobody knows.

    ``decimals`` is how many digits of a weight without a point stand behind it.

    With ``parity_bit`` a frame read at 8N1 from a scale that speaks 7E1 is taken too: every byte
    then has even parity in bit 7, which is checked before it is masked off.
    """

    def __init__(
        self, *, unit: str | None = None, parity_bit: bool = True, decimals: int | None = None,
    ) -> None:
        starts, ends = bytes([STX]), bytes([CR])
        if parity_bit:
            starts, ends = bytes([STX, STX | PARITY]), bytes([CR, CR | PARITY])
        super().__init__(Envelopes(starts, ends, LONGEST))
        self._unit, self._decimals = unit, decimals

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one answer from STX to CR."""
        plain = _without_parity(frame)
        if plain is None:
            return None
        body = plain[1:-1]
        if body[:1] == b"?":
            return self._status(body[1:], frame)
        weight = WEIGHT.fullmatch(body)
        if weight is not None:
            return self._weight(weight, frame)
        bare = BARE.fullmatch(body)
        return None if bare is None else self._bare(bare, frame)

    def _bare(self, weight: re.Match[bytes], frame: bytes) -> Sequence[Reading] | None:
        digits = weight["number"]
        mode = WeighingMode.NET if weight["net"] else None
        if self._decimals is None:
            return [reading(None, frame, mode=mode, status=ReadingStatus.AMBIGUOUS)]
        if not self._shape.admits(len(digits)):
            return None
        value = signed(digits, self._decimals, minus=False)
        return [reading(value, frame, unit=self._unit, mode=mode)]

    def _weight(self, weight: re.Match[bytes], frame: bytes) -> Sequence[Reading] | None:
        digits = weight["number"]
        form = (len(weight["whole"]), len(digits) - len(weight["whole"]) - 1)
        if form not in DOCUMENTED and form != VARIANT:
            return None
        if not self._shape.admits(form):
            return None
        # A weight is sent only when the pan is at rest, says the manual of its own two forms.
        # The longer form comes from clones whose manual is not known: nothing is claimed for it.
        documented = form in DOCUMENTED
        mode = WeighingMode.GROSS if documented else None
        return [reading(
            number(digits), frame, unit=self._unit, stable=True if documented else None,
            mode=WeighingMode.NET if weight["net"] else mode,
        )]

    def _status(self, answer: bytes, frame: bytes) -> Sequence[Reading] | None:
        if len(answer) != 1 or not (answer[0] & ALWAYS or answer == b"\0"):
            return None
        mode = WeighingMode.NET if answer[0] & NET else WeighingMode.GROSS
        for bit, status, stable in STATUSES:
            if answer[0] & bit:
                return [reading(None, frame, stable=stable, mode=mode, status=status)]
        # No bit set: "nothing new since the last answer", said by scales that send each weight
        # once. It is neither zero nor the last weight again.
        return ()


def _without_parity(frame: bytes) -> bytes | None:
    """Mask bit 7 off a frame in which it is the even parity; None for any other use of it."""
    if frame[0] == STX:
        return frame if frame.isascii() else None
    if any(byte.bit_count() % 2 for byte in frame):
        return None
    return bytes(byte & ~PARITY for byte in frame)
