"""Slips in the printer's own type, composed with python-escpos: what of its text is right.

The library sets the size of the type and writes text. It writes a text whole in GB18030 as soon as
a common Chinese character stands in it, and that is right; a text without one it would write in a
western code page, with ``?`` for 【 or ①, so such a run of lines is encoded here. Whatever it is
given has been looked at first: nothing in it can become a command. Its barcodes write a line to the
program's own output and set a type of letters that clones do not know, so bars are encoded here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from drivers.interfaces import SlipBars, SlipLine, SlipPart
from drivers.printer.escpos import page_end, raster
from drivers.printer.escpos_transport import load_escpos
from drivers.printer.settings import EscPosSettings

KANJI_ON, KANJI_OFF = b"\x1c&", b"\x1c."
KANJI_LARGE, KANJI_USUAL = b"\x1c!\x0c", b"\x1c!\x00"
"""FS ! n: many clones enlarge Chinese by this alone, and letters by ESC ! alone."""

LINES_AT_ONCE = 16
"""Lines of a block: about a kilobyte, which every printer's buffer holds."""

BAR_ROWS = 64
"""The height of a code: eight millimetres, so that a scanner's line need not hit it exactly."""

HAN = re.compile("[\u4e00-\u9fa5]")
"""What the library takes for Chinese."""

AIR_ROWS = 6
AIR = b"\x1bJ" + bytes([AIR_ROWS])
"""What keeps the line below out of the bars."""

SPELLED = re.compile("[A-Z0-9-]{1,60}")
"""What a code may be made of: in code set B each is itself, and none is its escape."""

GETA = "〓"
"""Stands where the printer's two-byte Chinese set has no character, so that a gap is seen."""


def encode_slip(lines: Sequence[SlipPart], settings: EscPosSettings) -> list[bytes]:
    """Return a slip as blocks: a head, bars or some lines each, and the end that feeds and cuts."""
    writer = load_escpos().Dummy()
    writer.hw("INIT")
    blocks = [_taken(writer) + KANJI_ON]
    for look, run in groupby(lines, key=_look):
        if isinstance(look, SlipBars):
            blocks += _bars(look, settings)
            continue
        for part in _parts([plain(line.text, settings.characters) for line in run]):
            _write(writer, part, is_large=look)
            blocks.append(_taken(writer))
    return [*blocks, KANJI_OFF + page_end(settings)]


def _look(part: SlipPart) -> bool | SlipBars:
    """What sets parts of a slip apart: the size of a line, or a code itself."""
    return part.large if isinstance(part, SlipLine) else part


def _bars(bars: SlipBars, settings: EscPosSettings) -> list[bytes]:
    """A code in the middle of the paper, all of it in code set B, so that its width is certain."""
    if settings.barcodes == "drawn" or not SPELLED.fullmatch(bars.text):
        rows = bars.row * BAR_ROWS + bytes(len(bars.row)) * AIR_ROWS
        return list(raster(len(bars.row), rows, settings.chunk_rows))
    shape = b"\x1dh" + bytes([BAR_ROWS]) + b"\x1dw" + bytes([bars.module]) + b"\x1dH\0"
    data = b"{B" + bars.text.encode("ascii")
    return [b"\x1ba\x01" + shape + b"\x1dkI" + bytes([len(data)]) + data + AIR + b"\x1ba\0"]


def _parts(lines: Sequence[str]) -> Iterator[str]:
    """The lines by so many at once, each with its end."""
    for start in range(0, len(lines), LINES_AT_ONCE):
        yield "".join(f"{line}\n" for line in lines[start : start + LINES_AT_ONCE])


def _write(writer: Any, text: str, *, is_large: bool) -> None:
    if is_large:
        writer.set(double_width=True, double_height=True)
        writer._raw(KANJI_LARGE)  # noqa: SLF001 - the library has no name for it
    if HAN.search(text):
        writer.text(text)
    else:
        writer._raw(text.encode("gb18030"))  # noqa: SLF001 - the only way to write exact bytes
    if is_large:
        writer.set(normal_textsize=True)
        writer._raw(KANJI_USUAL)  # noqa: SLF001 - as above


def _taken(writer: Any) -> bytes:
    """What the library has written so far; it begins anew."""
    written = bytes(writer.output)
    writer.clear()
    return written


def plain(line: str, characters: str = "gb18030") -> str:
    """One line as the printer can say it: only ASCII that is seen, and two-byte Chinese.

    Control and format characters are removed, so that no byte is a command: every byte of a
    two-byte character is 0x40 or above, 0x7F excepted. What the printer lacks becomes 〓.
    """
    spaced = line.expandtabs(4)
    return "".join(
        _plain(char, characters) for char in spaced if unicodedata.category(char)[0] != "C")


def _plain(char: str, characters: str) -> str:
    if is_sayable(char, characters):
        return char
    return " " if char.isspace() else GETA


def is_sayable(text: str, characters: str = "gb18030") -> bool:
    """True if a printer with these Chinese characters has every one of a text.

    "gb18030" is what all printers of the last twenty years hold of it, the two-byte codes; their
    four-byte ones would come out as other characters. "gb2312" are its oldest 6763 and signs.
    """
    return all(_has(char.encode("gb18030", "replace"), characters) for char in text)


def _has(code: bytes, characters: str) -> bool:
    if len(code) == 1:
        return True
    if len(code) != 2 or characters != "gb2312":
        return len(code) == 2
    lead, trail = code
    return (0xA1 <= lead <= 0xA9 or 0xB0 <= lead <= 0xF7) and trail >= 0xA1
