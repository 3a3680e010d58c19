"""GS1 element strings (GS1-128, GS1 DataMatrix, QR): the article number inside a longer code.

What the standard says about lengths, separators and check digits is the library's business
(biip); here is only what it means for us.
"""

from __future__ import annotations

import re
from importlib import import_module

GS = "\x1d"
_MAY_BE = re.compile(r"\x1d?01\d{14}|\d{2,4}.*\x1d01\d{14}|https?://\S+/01/\d", re.DOTALL)


def gtin_in(code: str) -> str | None:
    """The EAN-13 that a GS1 element string or digital link names in (01), None if there is none.

    A wrong check digit is no number. A GTIN-14 of a carton (its first digit is not 0) names no
    single piece, so it is none either.
    """
    if not _MAY_BE.match(code):
        return None
    biip = import_module("biip")  # 0.4 s, and most shops never scan such a code
    gtin = biip.parse(code.removeprefix(GS)).gtin
    if gtin is None:
        return None
    number = str(gtin.value).zfill(14)
    return number[1:] if number[0] == "0" else None
