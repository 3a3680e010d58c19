"""Names and phone numbers made unreadable to strangers, at the moment of printing only.

The station keeps both whole: a carrier refuses an order whose data is masked already.
"""

from __future__ import annotations

import re

_EXTENSION = re.compile(r"^(?P<number>.*\d)(?P<extension>\s*(?:-|转|#|[eE]xt\.?)\s*\d{1,6})$")
_KEPT_IN_FRONT, _KEPT_AT_THE_END = 3, 4


def masked_name(name: str) -> str:
    """The first character and two stars, whatever the length: 张小明 is 张**."""
    return f"{name[0]}**" if name else ""


def masked_phone(phone: str) -> str:
    """The number with its middle digits starred: 13900000011 is 139****0011.

    The first three and last four digits stay, of a short number the last four alone. Signs
    between the digits stay where they are, and so does an extension: a privacy number of the
    platform cannot be reached without it.
    """
    found = _EXTENSION.match(phone)
    if found and _digits(found["number"]) >= 10:
        return _starred(found["number"]) + found["extension"]
    return _starred(phone)


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)


def _starred(number: str) -> str:
    total = _digits(number)
    front = _KEPT_IN_FRONT if total >= 10 else 0
    end = total - (_KEPT_AT_THE_END if total > _KEPT_AT_THE_END else 0)
    seen, drawn = 0, []
    for char in number:
        hidden = char.isdigit() and front <= seen < end
        drawn.append("*" if hidden else char)
        seen += char.isdigit()
    return "".join(drawn)
