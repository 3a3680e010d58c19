"""What a platform says of an article in one cell (颜色分类：黑色;尺码：32) and by its code."""

from __future__ import annotations

import re
from dataclasses import dataclass

from station.orders.cells import one_line

_COLORS = ("颜色分类", "颜色", "主要颜色", "花色", "色号", "color")
_SIZES = ("尺码", "尺寸", "规格", "鞋码", "尺码大小", "参考身高", "size")
_ITEM_NOS = ("货号", "款号", "item_no")
_NEXT_PAIR = re.compile(
    rf"[,，\s]+(?=(?:{'|'.join((*_COLORS[:4], *_SIZES[:4], *_ITEM_NOS[:2]))})\s*[:：])"
)
_OPENING, _CLOSING = "[【(（", "]】)）"


@dataclass(frozen=True, slots=True)
class Attributes:
    """An article's words. ``rest`` keeps every other pair as written (款式:加绒)."""

    color: str = ""
    size: str = ""
    item_no: str = ""
    rest: tuple[str, ...] = ()


def parse_attributes(cell: str) -> Attributes:
    """Colour, size and article number out of ``key：value;key：value``.

    Colons and semicolons may be full-width, and inside brackets they belong to the value
    (浅蓝[加长款]); values are kept as written, notes included.
    """
    found: dict[str, str] = {}
    rest: list[str] = []
    for pair in _pairs(cell):
        key, _, value = _first_split(pair)
        kind = _kind(key)
        if kind and kind not in found and value:
            found[kind] = value
        elif pair.strip():
            rest.append(one_line(pair))
    return Attributes(rest=tuple(rest), **found)


def _pairs(cell: str) -> list[str]:
    """The pairs between semicolons, or between commas where a name that is known follows one."""
    parts = _split(cell, ";；")
    return [
        pair
        for part in parts
        for pair in ([part] if any(c in _OPENING for c in part) else _NEXT_PAIR.split(part))
    ]


def item_no_of(code: str) -> str:
    """The article number inside a merchant code: JN-8801-BK-32 -> JN-8801.

    It reaches to the first part with three digits in a row; failing that, a code of three parts or
    more loses its last two (colour and size), and any other code is the article number itself.
    """
    parts = re.split(r"([-_/ ])", code.strip())
    for index in range(0, len(parts), 2):
        if re.search(r"[0-9]{3}", parts[index]):
            return "".join(parts[: index + 1])
    return "".join(parts[:-4]) if len(parts) >= 5 else code.strip()


def _kind(key: str) -> str | None:
    for kind, names in (("color", _COLORS), ("size", _SIZES), ("item_no", _ITEM_NOS)):
        if key.lower() in names:
            return kind
    return None


def _first_split(pair: str) -> tuple[str, str, str]:
    match = re.search(r"[:：]", pair)
    if match is None:
        return "", "", one_line(pair)
    return pair[: match.start()].strip(), match[0], one_line(pair[match.end() :])


def _split(cell: str, separators: str) -> list[str]:
    """Parts between separators that stand outside brackets; a bracket left open is no bracket."""
    if sum(char in _OPENING for char in cell) != sum(char in _CLOSING for char in cell):
        return re.split(f"[{separators}]", cell)
    parts, depth = [""], 0
    for char in cell:
        depth = max(0, depth + (char in _OPENING) - (char in _CLOSING))
        if char in separators and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts
