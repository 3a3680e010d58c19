"""The head and foot that the shop's own records share: stub, hand-over list, slips."""

from __future__ import annotations

from collections.abc import Callable

from station.paper.code128 import QUIET_MODULES, modules
from station.paper.document import Document
from station.paper.fonts import Fonts
from station.paper.sheet import Box, LabelSize, Sheet, Style, module_for
from station.paper.waybill_form import MEASURES

_HEAD, _FOOT = 60, 34
_TITLE = Style(34, 16, bold=True, middle=True, ink=0)
_ASIDE = Style(30, 16, bold=True, align="right", middle=True, ink=0)


def record(title: str, aside: str, size: LabelSize, fonts: Fonts) -> Document:
    """A document whose pages carry a title in white on black, and on its right an aside."""
    return Document(size, fonts, _head_of(title, aside))


def _head_of(title: str, aside: str) -> Callable[[Sheet], Box]:
    def open_page(sheet: Sheet) -> Box:
        inner = sheet.box.inset(MEASURES[sheet.size].margin)
        sheet.frame(inner.inset(-3), 3)
        head = inner.top_part(_HEAD)
        sheet.fill(head)
        left, right = head.left_part(head.w * 3 // 5), head.beside(head.w * 3 // 5)
        sheet.flow("title", title, left.inset(12, 2), _TITLE)
        sheet.flow("aside", aside, right.inset(12, 2), _ASIDE)
        return Box(inner.x + 10, inner.y + _HEAD + 8, inner.w - 20, inner.h - _HEAD - _FOOT - 12)

    return open_page


def finish(document: Document) -> list[Sheet]:
    """Number the pages and hand them over."""
    document.number_pages(_foot_of, Style(20, 14, bold=True, align="right", middle=True))
    return document.sheets


def _foot_of(sheet: Sheet) -> Box:
    inner = sheet.box.inset(MEASURES[sheet.size].margin)
    return Box(inner.x + 10, inner.bottom - _FOOT, inner.w - 20, _FOOT)


def coded_number(document: Document, code: str, number: str, height: int = 110) -> None:
    """A barcode with a number under it that people read, across the page."""
    box = document.take(height + 46)
    bars = box.top_part(height)
    document.sheet.barcode(code, bars, module_for(code, bars.w))
    document.sheet.spaced("number", number, box.under(height + 6), Style(30, 10, bold=True))


def numbered(document: Document, code: str, number: str, aside: str = "单号 No") -> None:
    """A record's number with its barcode above, or as a fact where the bars do not fit."""
    if bars_fit(code, document.room.w):
        coded_number(document, code, number, height=70)
    else:
        document.facts("number", [(aside, number)])


def bars_fit(code: str, width: int) -> bool:
    """True if a text can be a barcode within a width of dots."""
    return bool(code) and code.isascii() and (modules(code) + 2 * QUIET_MODULES) * 2 <= width


def yuan(fen: int | None) -> str:
    """An amount of fen in yuan with two places; an unknown one is a dash."""
    if fen is None:
        return "—"
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def grams(weight: int | None) -> str:
    """A weight in whole grams; an unknown one is a dash."""
    return "—" if weight is None else str(weight)
