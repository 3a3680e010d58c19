"""The sheet of command barcodes that hangs at the bench: scan it instead of touching a key."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.interfaces import Bitmap
from station.domain.labels import CommandCode
from station.paper.code128 import Unencodable
from station.paper.document import Document
from station.paper.fonts import Fonts
from station.paper.record_page import finish, record
from station.paper.sheet import Box, DoesNotFit, LabelSize, Sheet, Style, module_for


def has_room(code: str, size: LabelSize, fonts: Fonts) -> bool:
    """Whether the bars of a code of the shop's own (a packaging's) fit across such a sheet."""
    try:
        module_for(code, record("", "", size, fonts).room.w)
    except (DoesNotFit, Unencodable):
        return False
    return True


def render_command_sheet(
    codes: Sequence[CommandCode], size: LabelSize, fonts: Fonts, per_page: int = 6
) -> list[Bitmap]:
    """Labels with ``per_page`` command barcodes each, far enough apart to hit the one meant."""
    return [sheet.bitmap() for sheet in lay_out_command_sheet(codes, size, fonts, per_page)]


def lay_out_command_sheet(
    codes: Sequence[CommandCode], size: LabelSize, fonts: Fonts, per_page: int = 6
) -> list[Sheet]:
    """As render_command_sheet, with the record of what was drawn where."""
    document = record("指令码 Commands", "扫一扫 scan", size, fonts)
    height = document.room.h // per_page
    for code in codes:
        _cell(document, document.take(height), code)
    return finish(document)


def _cell(document: Document, box: Box, code: CommandCode) -> None:
    sheet, fonts = document.sheet, document.fonts
    words, bars = box.top_part(box.h * 2 // 5), box.under(box.h * 2 // 5)
    half = words.w // 2
    zh = Style(44, 18, bold=True, middle=True)
    sheet.flow("zh", fonts.marked(code.zh), words.left_part(half).inset(6, 2), zh)
    en = Style(30, 14, align="right", middle=True)
    sheet.flow("en", fonts.marked(code.en), words.beside(half).inset(6, 2), en)
    sheet.barcode(code.code, bars.top_part(bars.h - 14), module_for(code.code, bars.w))
    sheet.rule(box.x, box.bottom - 3, box.w, 1, dash=8)
