"""The exact unit table, and numbers as scales write them.

lb, oz and grain are exact by definition (1 lb = 453.59237 g); 斤 and 两 are those of the
People's Republic (500 g, 50 g). A unit that is not in the table is never guessed: the Hong Kong
catty ``hkg`` ends in "kg" and is no kilogram.

Rounding: none here. A product of two decimals is kept whole, so 2.5 lb is 1133.980925 g; the
station rounds once, half up, to whole grams, when a weight is booked (``station.domain.weights``).
"""

from __future__ import annotations

import re
from decimal import Decimal

from drivers.interfaces import Reading, ReadingStatus, WeighingMode

GRAMS = {
    "mg": Decimal("0.001"),
    "g": Decimal(1),
    "kg": Decimal(1000),
    "t": Decimal(1000000),
    "lb": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
    "ozt": Decimal("31.1034768"),
    "gr": Decimal("0.06479891"),
    "dwt": Decimal("1.55517384"),
    "ct": Decimal("0.2"),
    "斤": Decimal(500),
    "两": Decimal(50),
}
"""Grams in one of each unit."""

ALIASES = {
    "lbs": "lb", "gn": "gr", "kgs": "kg", "gm": "g", "gms": "g", "克": "g", "公克": "g",
    "千克": "kg", "公斤": "kg", "市斤": "斤", "jin": "斤", "市两": "两", "磅": "lb", "盎司": "oz",
    "pc": "pcs", "gr": "gr?",
}
"""Other spellings, lower case. ``gr`` in a text is grains to some makers and grams to more."""

COUNTS = frozenset({"pcs", "%"})
"""Units of a number that is right and is no weight: pieces, or percent of a reference."""

COMMA = re.compile(rb"( *[+-]? *)(\d*),(\d+)( *)")
THOUSANDS = 3
"""Digits behind a comma that parts thousands, and at most before it."""

TAELS = frozenset({"tl.t", "tl.h", "tl.j", "tl.g"})
"""Excell's and Kern's spelling of the taels, the one unit with a point inside."""

CATTY = "cT"
"""Bison's catty of Taiwan: small letters would be a carat."""

NUMBER = re.compile(rb" *([+-]?) *(\d+\.?\d*|\.\d+)")
LONGEST_UNIT = 4
POUNDS_AND_OUNCES = re.compile(
    rb" *([+-]?) *(\d{1,3})(?: ?(?i:lb) *(\d{1,2}(?:\.\d{1,3})?) ?(?i:oz)"
    rb"|:(\d{1,2}(?:\.\d{1,3})?) {1,5}lb:oz) *")
OUNCES_IN_A_POUND = 16


def unit_named(field: bytes) -> str | None:
    """Name the unit of a frame's field; None if the field is blank or cannot be a unit's name.

    Known units come back in one spelling, unknown ones in lower case as they stand.
    """
    try:
        text = field.decode("utf-8")
    except UnicodeDecodeError:
        text = field.decode("gb18030", errors="replace")
    text = text.strip().rstrip(".")
    if text == CATTY:
        return "ct?"
    text = text.lower()
    is_name = text.isalpha() or text in COUNTS or text in TAELS
    if not is_name or len(text) > LONGEST_UNIT:
        return None
    return ALIASES.get(text, text)


def is_known(unit: str | None) -> bool:
    """True for a unit whose number may be believed: in the table, a count, or none sent."""
    return unit is None or unit in GRAMS or unit in COUNTS


def number(field: bytes) -> Decimal | None:
    """Read a whole field as one number; None if it is anything else.

    The sign may stand apart from the digits ("-  1.640"), and the number may end in its point
    ("000000."). Exponents, a second point and blanks between digits are no number.
    """
    found = NUMBER.fullmatch(field.rstrip(b" "))
    if found is None:
        return None
    value = Decimal(found[2].decode("ascii"))
    return -value if found[1] == b"-" and value else value


def with_point(field: bytes, *, decimal_comma: bool = False) -> bytes | None:
    """Put a point where a number has a decimal comma; None if it may part thousands as well.

    Without the setting ``decimal_comma`` a comma is decimal only where it can be nothing else: a
    zero leads (0,820), or before it are more than three digits or behind it not three (12,5).
    """
    found = COMMA.fullmatch(field)
    if found is None:
        return field
    sign, whole, decimals, blanks = found.groups()
    certain = len(decimals) != THOUSANDS or not 0 < len(whole) <= THOUSANDS or whole[:1] == b"0"
    return sign + whole + b"." + decimals + blanks if certain or decimal_comma else None


def pounds_and_ounces(field: bytes) -> Decimal | None:
    """Read "2 lb 3.5 oz" or "2:03.5 lb:oz" as ounces, exactly; None if it is anything else.

    Sixteen ounces and more beside the pounds are no such number.
    """
    found = POUNDS_AND_OUNCES.fullmatch(field)
    if found is None:
        return None
    ounces = Decimal((found[3] or found[4]).decode("ascii"))
    if ounces >= OUNCES_IN_A_POUND:
        return None
    total = int(found[2]) * OUNCES_IN_A_POUND + ounces
    return -total if found[1] == b"-" and total else total


def reading(
    value: Decimal | None, raw: bytes, *, unit: str | None = None, stable: bool | None = None,
    mode: WeighingMode | None = None, status: ReadingStatus = ReadingStatus.OK,
) -> Reading:
    """Make a reading and convert it exactly; no grams without a number in a known unit."""
    factor = GRAMS.get(unit) if unit is not None else None
    grams = value * factor if value is not None and factor is not None else None
    return Reading(value, unit, grams, stable, mode, status, raw)
