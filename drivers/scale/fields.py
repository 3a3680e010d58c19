"""A weight given by a field of digits and a field of its unit: the part that most makers share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from drivers.scale.framing import Cutter, FrameDecoder, SteadyShape
from drivers.scale.measures import (
    is_known,
    number,
    pounds_and_ounces,
    reading,
    unit_named,
    with_point,
)

DIGIT = re.compile(rb"\d")

MODES: Mapping[bytes, WeighingMode] = {
    b"G": WeighingMode.GROSS, b"GS": WeighingMode.GROSS, b"GR": WeighingMode.GROSS,
    b"GROSS": WeighingMode.GROSS,
    b"N": WeighingMode.NET, b"NT": WeighingMode.NET, b"NET": WeighingMode.NET,
    b"T": WeighingMode.TARE, b"TR": WeighingMode.TARE, b"PT": WeighingMode.TARE,
    b"TARE": WeighingMode.TARE,
}
"""The makers' words for gross, net and tare."""


def signed(digits: bytes, decimals: int, *, minus: bool) -> Decimal:
    """Return a value sent as bare digits and a number of decimals, which may be negative."""
    value = int(digits) * Decimal(10) ** -decimals
    return -value if minus and value else value


class FieldDecoder(FrameDecoder):
    """A decoder whose frames carry a number and mostly a unit, as text.

    ``unit`` is what a frame without one is taken to mean, ``decimal_comma`` that a comma among
    digits is the point, also where it may part thousands. The width of the number's field, the
    place of its point and its unit are the stream's shape: a frame of another shape is damaged
    (see ``SteadyShape``). Frames without a unit, which some makers send while the pan moves, are
    no change of unit.
    """

    decimal_comma = False
    has_comma = False
    """True once a comma was read as a point."""

    def __init__(self, cutter: Cutter, *, unit: str | None = None) -> None:
        super().__init__(cutter)
        self._unit = unit
        self._units = SteadyShape()

    def reset(self) -> None:
        """Forget a half-received frame and the stream's shape (after a reconnect)."""
        super().reset()
        self._units.forget()

    def weight(
        self, frame: bytes, digits: bytes, unit: bytes = b"", *, stable: bool | None = None,
        mode: WeighingMode | None = None, status: ReadingStatus = ReadingStatus.OK,
    ) -> Sequence[Reading] | None:
        """Make the reading of one frame; None if a field cannot be what it should be."""
        name = unit_named(unit)
        if (name is None and unit.strip()) or DIGIT.search(digits) is None:
            return None
        if not is_known(name):
            unsupported = ReadingStatus.UNSUPPORTED
            return [reading(None, frame, unit=name, stable=stable, mode=mode, status=unsupported)]
        pointed = with_point(digits, decimal_comma=self.decimal_comma)
        if pointed is None:
            ambiguous = ReadingStatus.AMBIGUOUS
            return [reading(None, frame, unit=name, stable=stable, mode=mode, status=ambiguous)]
        self.has_comma = self.has_comma or pointed != digits
        value = number(pointed)
        if value is None or not self._is_in_shape(pointed, name):
            return None
        return [reading(
            value, frame, unit=name or self._unit, stable=stable, mode=mode, status=status)]

    def ounces(
        self, frame: bytes, mixed: bytes, *, stable: bool | None, mode: WeighingMode | None,
        status: ReadingStatus = ReadingStatus.OK,
    ) -> Sequence[Reading] | None:
        """Make the reading of a frame in pounds and ounces: the sum of both, in ounces."""
        value = pounds_and_ounces(mixed)
        if value is None or not self._shape.admits((len(mixed), "lb oz")):
            return None
        return [reading(value, frame, unit="oz", stable=stable, mode=mode, status=status)]

    def _is_in_shape(self, digits: bytes, unit: str | None) -> bool:
        point = digits.rstrip(b" ").find(b".")
        is_unit = unit is None or self._units.admits(unit)
        return is_unit and self._shape.admits((len(digits), point))
