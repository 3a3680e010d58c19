"""A&D: ``ST,+001234.5  g`` and its CSV form, each with a header that decides before the number.

``ST`` stable, ``US`` unstable, ``QT`` a stable count, ``OL`` out of range, whose digits are all
nines and no weight. Checkweighers put ``LO``, ``OK``, ``HI`` or ``--`` behind the header. The CSV
form may begin with an identifier, a date and a time, and has a comma before the unit; with a
decimal comma it has semicolons. Sources: A&D EK-L manual p. 30; GC series manual p. 51; AD-4212D
manual p. 29; FX-CT specifications p. 33; GX-A/GF-A communication manual p. 18.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.interfaces import Reading, ReadingStatus
from drivers.scale.fields import FieldDecoder
from drivers.scale.framing import Lines
from drivers.scale.measures import reading, unit_named

POINTED = bytes.maketrans(b",;", b".,")
"""Where the decimal point is set to comma, what parts the fields is a semicolon."""

COMPARED = rb"(?:(?:LO|OK|HI|--),)?"
DATA = rb"([-+][ \d.,]{7,11})"
UNIT = rb"([ A-Za-z%]{3})"
FIRST = rb"(?:(?!(?:ST|US|QT|OL),)[^,+]{0,24},){0,5}"
STANDARD = re.compile(rb"(ST|US|QT)," + COMPARED + DATA + UNIT)
CSV = re.compile(FIRST + rb"(ST|US|QT)," + COMPARED + DATA + rb"," + UNIT)
RANGE = re.compile(rb"OL," + COMPARED + rb"([-+])[\d.E+ ]{6,14}" + UNIT + rb"?")
CSV_RANGE = re.compile(FIRST + rb"OL," + COMPARED + rb"([-+])[\d.E+ ]{6,14}," + UNIT)


class AandDDecoder(FieldDecoder):
    """Decodes A&D's standard lines, or with ``csv`` the comma-separated ones."""

    def __init__(self, *, csv: bool = False, unit: str | None = None) -> None:
        super().__init__(Lines(), unit=unit)
        self._line, self._range = (CSV, CSV_RANGE) if csv else (STANDARD, RANGE)

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one line without its end."""
        line = frame.translate(POINTED) if b";" in frame else frame
        out = self._range.fullmatch(line)
        if out is not None:
            status = ReadingStatus.UNDERLOAD if out[1] == b"-" else ReadingStatus.OVERLOAD
            return [reading(None, frame, unit=unit_named(out[2] or b""), status=status)]
        found = self._line.fullmatch(line)
        if found is None:
            return None
        return self.weight(frame, found[2], found[3], stable=found[1] != b"US")
