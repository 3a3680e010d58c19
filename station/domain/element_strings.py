"""GS1 element strings (GS1-128, GS1 DataMatrix, QR): the article number inside a longer code.

What the standard says about lengths, separators and check digits is the library's business
(biip); here is only what it means for us.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

GS = "\x1d"
_MAY_BE = re.compile(
    r"\x1d?(?:(?:1[1-7]\d{6}|20\d{2})+)?01\d{14}|\d{2,4}.*\x1d01\d{14}|https?://\S+/01/\d"
    r"|\(\d{2,4}\)", re.DOTALL)
_SCHEME = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[^/\s]+")
"""A link's beginning, which means the same in capitals; QR codes of capitals are smaller."""


def gtin_in(code: str) -> str | None:
    """The EAN-13 or EAN-8 that a GS1 element string or digital link names in (01); None if none.

    A wrong check digit is no number. A GTIN-14 of a carton (its first digit is not 0) names no
    single piece, so it is none either.
    """
    code = _SCHEME.sub(lambda link: link[0].lower(), code, count=1)
    if not _MAY_BE.match(code):
        return None
    biip = import_module("biip")  # 0.4 s, and most shops never scan such a code
    gtin = _as_printed(code) if code.startswith("(") else biip.parse(code.removeprefix(GS)).gtin
    if gtin is None:
        return None
    number = str(gtin.value).zfill(14)
    if number.startswith("000000"):
        return number[6:]
    return number[1:] if number[0] == "0" else None


def _as_printed(code: str) -> Any:
    """Return the GTIN of what stands below a bar code, (01)0690…(10)AB, typed into a QR code."""
    messages = import_module("biip.gs1_messages")
    try:
        message = messages.GS1Message.parse_hri(code)
    except import_module("biip").ParseError:
        return None
    string = message.element_strings.get(ai="01")
    return string.gtin if string is not None else None
