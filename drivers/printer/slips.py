"""Slips in the printer's own type, composed with python-escpos: what of its text is right.

The library sets the size of the type and writes text. It writes a text whole in GB18030 as soon as
a common Chinese character stands in it, and that is right; a text without one it would write in a
western code page, with ``?`` for 【 or ①, so such a run of lines is encoded here. Whatever it is
given has been looked at first: nothing in it can become a command.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from drivers.interfaces import SlipLine
from drivers.printer.escpos import page_end
from drivers.printer.escpos_transport import load_escpos
from drivers.printer.settings import EscPosSettings

KANJI_ON, KANJI_OFF = b"\x1c&", b"\x1c."
KANJI_LARGE, KANJI_USUAL = b"\x1c!\x0c", b"\x1c!\x00"
"""FS ! n: many clones enlarge Chinese by this alone, and letters by ESC ! alone."""

LINES_AT_ONCE = 16
"""Lines of a block: about a kilobyte, which every printer's buffer holds."""

HAN = re.compile("[\u4e00-\u9fa5]")
"""What the library takes for Chinese."""

GETA = "〓"
"""Stands where the printer's two-byte Chinese set has no character, so that a gap is seen."""


def encode_slip(lines: Sequence[SlipLine], settings: EscPosSettings) -> list[bytes]:
    """Return a slip as blocks: a head, some lines each, and the end that feeds and cuts."""
    writer = load_escpos().Dummy()
    writer.hw("INIT")
    blocks = [_taken(writer) + KANJI_ON]
    for is_large, run in groupby(lines, key=attrgetter("large")):
        for part in _parts([plain(line.text, settings.characters) for line in run]):
            _write(writer, part, is_large=is_large)
            blocks.append(_taken(writer))
    return [*blocks, KANJI_OFF + page_end(settings)]


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
