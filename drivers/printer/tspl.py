"""TSPL: pages to bytes and status replies to states, without any port. See docs/protocols/tspl.md.

In a TSPL bitmap 0 is black, the opposite of ``Bitmap``; pad bits are therefore 1. A page goes out
as one bitmap, or, over a slow line, as what is black on it: bars and small bitmaps, or text in the
printer's own font, barcodes by their numbers, and what is left.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from drivers.interfaces import Bitmap, PaperState, PrinterStatus
from drivers.printer.ink import Patch, drawing, whole
from drivers.printer.native import Code, Face, Line, told
from drivers.printer.pages import check_page, worst
from drivers.printer.proofs import Read, alike
from drivers.printer.settings import TsplSettings

DOTS_PER_MM = 8
INVERT = bytes(value ^ 0xFF for value in range(256))
ENDINGS = {
    "tear": ("SET PEEL OFF", "SET CUTTER OFF", "SET TEAR ON"),
    "peel": ("SET CUTTER OFF", "SET TEAR OFF", "SET PEEL ON"),
    "cut": ("SET PEEL OFF", "SET TEAR OFF", "SET CUTTER 1"),
    "none": ("SET PEEL OFF", "SET CUTTER OFF", "SET TEAR OFF"),
}
FACES = {
    "none": (),
    "tss24": (Face("TSS16.BF2", 16), Face("TSS24.BF2", 24)),
    "tss32": (Face("TSS16.BF2", 16), Face("TSS24.BF2", 24), Face("TSS32.BF2", 32)),
}
LATCH = {"A": "!101", "B": "!100", "C": "!099"}
START = {"A": "!103", "B": "!104", "C": "!105"}
ASK_BYTE, ASK_FRAME, ASK_READSTA = b"\x1b!?", b"\x1b!S", b"READSTA \r\n"
ASK_MILEAGE = b"~!@\r\n"
"""Answered only when the printer has come to it in its queue and is ready: a barrier."""


def encode_page(page: Bitmap, settings: TsplSettings) -> list[bytes]:
    """Return the page as blocks: set-up, bitmaps and bars, print; raises Unprintable."""
    check_page(page, settings.head_dots)
    if settings.route == "native":
        said = told(page, FACES[settings.font], _barcode)
        drawn = [*_inked(said.rest), *map(_text, said.lines), *said.barcodes]
    else:
        drawn = _inked(page) if settings.route == "inked" else [_bitmap(whole(page))]
    return [_lines(set_up(page, settings)), *drawn, b"PRINT 1,1\r\n"]


def _inked(page: Bitmap) -> list[bytes]:
    drawn = drawing(page)
    bars = [f"BAR {bar.x},{bar.y},{bar.width},{bar.height}" for bar in drawn.bars]
    return [*map(_bitmap, drawn.patches), *([_lines(bars)] if bars else [])]


def _bitmap(patch: Patch) -> bytes:
    head = f"BITMAP {patch.x},{patch.y},{patch.stride},{patch.height},0,".encode()
    return head + patch.rows.translate(INVERT) + b"\r\n"


def _text(line: Line) -> bytes:
    """A line in a font of the printer: nothing in its data is a quote or a line end."""
    head = f'TEXT {line.x},{line.y},"{line.face.name}",0,{line.times},{line.times},"'
    return head.encode("ascii") + line.data + b'"\r\n'


def _barcode(code: Code) -> bytes:
    """A Code 128 whose code sets are chosen by hand: 128M."""
    first, *others = code.runs
    data = START[first[0]] + first[1] + "".join(LATCH[name] + text for name, text in others)
    ink, module = code.bars.ink, code.bars.module
    shape = f'"128M",{ink.height},0,0,{module},{module}'
    return f'BARCODE {ink.x},{ink.y},{shape},"{data}"\r\n'.encode("ascii")


def set_up(page: Bitmap, settings: TsplSettings) -> list[str]:
    """Return the commands that describe paper and printing, without their line ends."""
    blank = "" if settings.dialect == "kuaimai" else " "
    width, height = millimetres(page.width), millimetres(page.height)
    return [
        f"SIZE {width}{blank}mm,{height}{blank}mm",
        _media(settings, blank),
        f"DENSITY {settings.density}",
        f"SPEED {plain(settings.speed)}",
        f"DIRECTION {settings.direction},0",
        f"REFERENCE {settings.reference_x},{settings.reference_y}",
        *ENDINGS[settings.ending],
        # A printer that repeats the interrupted label by itself makes two of one waybill.
        "SET REPRINT OFF",
        "CLS",
    ]


def _media(settings: TsplSettings, blank: str) -> str:
    if settings.media == "continuous":
        return f"GAP 0{blank}mm,0{blank}mm"
    word = "GAP" if settings.media == "gap" else "BLINE"
    return f"{word} {plain(settings.gap_mm)}{blank}mm,0{blank}mm"


def millimetres(dots: int) -> str:
    """Return dots as millimetres, exactly: eighths need three decimals at most."""
    return plain(Decimal(dots) / DOTS_PER_MM)


def plain(value: Decimal) -> str:
    """Return a number without exponent and without zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _lines(commands: Sequence[str]) -> bytes:
    return "".join(command + "\r\n" for command in commands).encode("ascii")


def filler(missing: int) -> Sequence[bytes]:
    """Return what brings a printer back that was cut off ``missing`` bytes before a block's end.

    White fills the bitmap; the line end closes it or a line of nonsense; CLS throws it away.
    """
    return [b"\xff" * missing, b"\r\nCLS\r\n"]


BYTE_BITS = (
    (0x01, PaperState.COVER_OPEN),  # the head is up
    (0x02, PaperState.JAM),
    (0x04, PaperState.PAPER_OUT),
    (0x08, PaperState.ERROR),  # no ribbon: the sheet would come out blank
    (0x10, PaperState.PAUSED),
    (0x20, PaperState.PRINTING),
    (0x40, PaperState.COVER_OPEN),
    (0x80, PaperState.ERROR),
)
"""Bits of the one-byte answer to ESC !?."""

FRAME_STATES: Mapping[int, PaperState] = {
    ord("@"): PaperState.READY,
    ord("L"): PaperState.READY,  # printed, and waits for a hand to take it
    ord("`"): PaperState.PAUSED,
    ord("K"): PaperState.PAUSED,  # waits for its print key
    ord("E"): PaperState.ERROR,
    ord("P"): PaperState.PRINTING,
    ord("W"): PaperState.PRINTING,  # imaging
    ord("B"): PaperState.PRINTING,  # feeding the backing label
    ord("C"): PaperState.PRINTING,  # cutting
    ord("F"): PaperState.PRINTING,  # feeding
}
FRAME_ERRORS = (
    (0x01, PaperState.HOT),  # head
    (0x02, PaperState.HOT),  # motor
    (0x08, PaperState.JAM),  # cutter
    (0x10, PaperState.ERROR),  # out of memory
)
FRAME_MEDIA = (
    (0x01, PaperState.PAPER_OUT),
    (0x02, PaperState.JAM),
    (0x04, PaperState.ERROR),  # no ribbon
)
FRAME = re.compile(rb"\x02([@-\x7f]{4})\x03\r\n")

WORDS: Mapping[bytes, PaperState] = {
    b"LIBOPEN": PaperState.COVER_OPEN,
    b"NOPAPER": PaperState.PAPER_OUT,
    b"PAPEREND": PaperState.PAPER_OUT,
    b"PAPERERR": PaperState.JAM,
    b"PAPER": PaperState.READY,
}
WORD = re.compile(rb",(LIBOPEN|NOPAPER|PAPEREND|PAPERERR|PAPER)(?=[\r\n\x00 ])")
NUMBER = re.compile(rb"[0-9]")


def byte_state(value: int) -> PaperState:
    """Return the state in the one-byte answer to ESC !?; 0 is ready."""
    states = [state for mask, state in BYTE_BITS if value & mask]
    return worst(states or [PaperState.READY])


def frame_state(letters: bytes) -> PaperState:
    """Return the state in the four letters between STX and ETX of the answer to ESC !S."""
    states = [FRAME_STATES.get(letters[0], PaperState.UNKNOWN)]
    states += [state for mask, state in FRAME_ERRORS if letters[2] & mask]
    states += [state for mask, state in FRAME_MEDIA if letters[3] & mask]
    return worst(states)


def read_byte(raw: bytes) -> PrinterStatus | None:
    """Read the answer to ESC !?: one byte. Different bytes at once are noise, so UNKNOWN."""
    value = alike(raw)
    state = PaperState.UNKNOWN if value is None else byte_state(value)
    return PrinterStatus(state, raw)


def read_frame(raw: bytes) -> PrinterStatus | None:
    """Read the answer to ESC !S: STX, four letters, ETX, CR, LF."""
    found = FRAME.search(raw)
    return PrinterStatus(frame_state(found[1]), found[0]) if found else None


def read_word(raw: bytes) -> PrinterStatus | None:
    """Read the answer to READSTA: a code, a comma and a word."""
    found = WORD.search(raw)
    return PrinterStatus(WORDS[found[1]], raw) if found else None


def read_number(raw: bytes) -> bool | None:
    """True once a mileage was answered: whatever stood before the question has been read."""
    return bool(NUMBER.search(raw)) or None


QUESTIONS: Mapping[str, tuple[bytes, Read]] = {
    "byte": (ASK_BYTE, read_byte),
    "frame": (ASK_FRAME, read_frame),
    "readsta": (ASK_READSTA, read_word),
}
"""Status dialect to request and reader."""
