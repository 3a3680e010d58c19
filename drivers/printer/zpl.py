"""ZPL II: pages to bytes, replies to states, and the conversation. See docs/protocols/zpl.md.

A page is one compressed graphic field (Z64): about an eighth of the raw bytes, in an alphabet
without ``^`` and ``~``, so that nothing on the page can be a command. Bits are 1 = black.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Mapping, Sequence

from drivers.interfaces import Bitmap, PaperState, PrinterStatus, Proof, SlipPart
from drivers.printer.native import Code, Face, Line, told
from drivers.printer.pages import Unprintable, check_page, worst
from drivers.printer.proofs import UNKNOWN, Watch, asked
from drivers.printer.settings import ZplSettings, at_pace
from drivers.printer.wire import Conversation, Pause

FACES = {"none": (), "simsun": tuple(Face("E:SIMSUN.FNT", dots) for dots in range(16, 97, 2))}
START = {"A": ">9", "B": ">:", "C": ">;"}
MEDIA = {"gap": "^MNY", "mark": "^MNM", "continuous": "^MNN"}
ENDINGS = {"tear": "^MMT", "peel": "^MMP", "cut": "^MMC"}
ASK_ERRORS, ASK_HOST = b"~HQES\r\n", b"~HS\r\n"
FILLER = b"\r\n~JX\r\n"
"""Throws a half-received format away; ``~`` is obeyed at once, also inside a graphic's text."""


def encode_page(page: Bitmap, settings: ZplSettings) -> list[bytes]:
    """Return the page as blocks: set-up, graphic, text and barcodes, print; raises Unprintable."""
    check_page(page, settings.head_dots)
    if settings.route == "native":
        said = told(page, FACES[settings.font], _barcode)
        drawn = [_graphic(said.rest), *map(_text, said.lines), *said.barcodes]
    else:
        drawn = [_graphic(page)]
    return [set_up(page, settings).encode(), *drawn, b"^PQ1,0,1,N^XZ\r\n"]


def _graphic(page: Bitmap) -> bytes:
    size = len(page.rows)
    head = f"^FO0,0^GFA,{size},{size},{page.stride},".encode()
    return head + z64(page.rows) + b"^FS\r\n"


def _text(line: Line) -> bytes:
    """A line in a font of the printer, in UTF-8 of which every odd byte is spelled in hex."""
    plain = line.data.decode("gb2312").encode()
    data = b"".join(one if one.isalnum() else b"_%02X" % ord(one)
                    for one in (bytes([byte]) for byte in plain))
    place = f"^FO{line.x},{line.y}^A@N,{line.size},{line.size},{line.face.name}"
    return place.encode("ascii") + b"^CI28^FH_^FD" + data + b"^FS\r\n"


def _barcode(code: Code) -> bytes | None:
    """A Code 128 in one code set: changes within the data are read wrongly by some readers."""
    if len(code.runs) > 1:
        return None
    (code_set, data), = code.runs
    ink = code.bars.ink
    head = f"^FO{ink.x},{ink.y}^BY{code.bars.module}^BCN,{ink.height},N,N,N,N"
    return f"{head}^FD{START[code_set]}{data}^FS\r\n".encode("ascii")


def set_up(page: Bitmap, settings: ZplSettings) -> str:
    """Return the commands that describe paper and printing."""
    turned = "I" if settings.direction else "N"
    lines = [
        f"~SD{settings.density:02d}",
        "^XA",
        # A printer that repeats the interrupted label by itself makes two of one waybill.
        f"{MEDIA[settings.media]}{ENDINGS[settings.ending]}^JZN",
        f"^PW{page.width + settings.reference_x}^LL{page.height + settings.reference_y}",
        f"^LH{settings.reference_x},{settings.reference_y}^LT0^LS0^PO{turned}^PMN^LRN",
        f"^PR{int(settings.speed)}",
    ]
    return "".join(line + "\r\n" for line in lines)


def z64(rows: bytes) -> bytes:
    """Return rows as ``:Z64:data:crc``, the checksum being taken over the base64 text."""
    text = base64.b64encode(zlib.compress(rows, 9))
    return b":Z64:%s:%04X" % (text, binascii.crc_hqx(text, 0))


HOST = re.compile(rb"\x02([0-9,]+)\x03\r\n\x02([0-9A-Z,]+)\x03\r\n")
"""The first two of the three strings that answer ~HS; the third holds nothing of use."""
HOST_FIELDS = (12, 11)
ERRORS = re.compile(
    rb"ERRORS:\s*([01]) ([0-9A-Fa-f]{8}) ([0-9A-Fa-f]{8})\s+"
    rb"WARNINGS:\s*([01]) ([0-9A-Fa-f]{8}) ([0-9A-Fa-f]{8})"
)
ERROR_BITS: Sequence[tuple[int, PaperState]] = (
    (0x1, PaperState.PAPER_OUT),
    (0x2, PaperState.ERROR),  # no ribbon: the sheet would come out blank
    (0x4, PaperState.COVER_OPEN),
    (0x8, PaperState.JAM),  # the cutter
    (0x30, PaperState.HOT),  # head, motor
    (0xF000, PaperState.JAM),  # the paper's way out
    (0x10000, PaperState.PAUSED),
)
"""Bits of the errors in the answer to ~HQES; any other one is simply an error."""
NEAR_END = 0x8


def read_errors(raw: bytes) -> PrinterStatus | None:
    """Read the answer to ~HQES: errors and warnings as a flag and two words of four bytes."""
    found = ERRORS.search(raw)
    if not found:
        return None
    states = [PaperState.READY]
    if found[4] == b"1" and int(found[6], 16) & NEAR_END:
        states.append(PaperState.PAPER_LOW)
    if found[1] == b"1":
        states += _error_states(int(found[2] + found[3], 16))
    return PrinterStatus(worst(states), found[0])


def _error_states(bits: int) -> list[PaperState]:
    known = [state for mask, state in ERROR_BITS if bits & mask]
    others = bits & ~sum(mask for mask, _ in ERROR_BITS)
    return known + ([PaperState.ERROR] if others or not known else [])


def read_host(raw: bytes) -> PrinterStatus | None:
    """Read the answer to ~HS; one of another shape is UNKNOWN."""
    found = HOST.search(raw)
    if not found:
        return None
    first, second = found[1].split(b","), found[2].split(b",")
    if (len(first), len(second)) != HOST_FIELDS:
        return PrinterStatus(PaperState.UNKNOWN, found[0])
    return PrinterStatus(worst(_host_states(first, second)), found[0])


def _host_states(first: Sequence[bytes], second: Sequence[bytes]) -> list[PaperState]:
    told: Mapping[PaperState, bool] = {
        PaperState.PAPER_OUT: _is_set(first[1]),
        PaperState.PAUSED: _is_set(first[2]),
        # Formats received, a format half received, labels left to print: 0 when all is out.
        PaperState.PRINTING: any(map(_is_set, (first[4], first[5], first[7], second[8]))),
        PaperState.ERROR: _is_set(first[9]) or _is_set(second[3]),  # memory lost, no ribbon
        PaperState.HOT: _is_set(first[11]),
        PaperState.COVER_OPEN: _is_set(second[2]),
    }
    return [PaperState.READY, *(state for state, is_so in told.items() if is_so)]


def _is_set(field: bytes) -> bool:
    return bool(field.strip(b"0"))


class Zpl:
    """ZPL II: ~HQES and ~HS before a page; formats and labels left to print after it."""

    def __init__(self, settings: ZplSettings, pause: Pause) -> None:
        self._settings, self._pause = settings, pause

    def page(self, page: Bitmap, *, slow: bool = False) -> Sequence[bytes]:
        """Return the page as set-up, compressed graphic and print command."""
        return encode_page(page, at_pace(self._settings, slow=slow))

    def slip(self, lines: Sequence[SlipPart]) -> Sequence[bytes]:  # noqa: ARG002 - refused whatever it says
        """Refuse: a ZPL printer has no plain text."""
        raise Unprintable("ZPL prints no plain text, draw the slip as a page")

    def filler(self, missing: int) -> Sequence[bytes]:  # noqa: ARG002 - nothing is counted
        """Return the command that throws a half-received page away."""
        return [FILLER]

    def status(self, talk: Conversation) -> PrinterStatus:
        """Ask ~HQES for trouble, and ~HS for pause and work if there is none."""
        if self._settings.status == "none":
            return UNKNOWN
        talk.drain()
        if self._settings.status == "hs":
            return asked(talk, ASK_HOST, read_host)
        trouble = asked(talk, ASK_ERRORS, read_errors)
        if not trouble.may_print or trouble.state is PaperState.UNKNOWN:
            return trouble
        host = asked(talk, ASK_HOST, read_host)
        # A printer in trouble does not answer ~HS at all, so its silence is not good news.
        if host.state is PaperState.UNKNOWN:
            return PrinterStatus(PaperState.UNKNOWN, trouble.raw + host.raw)
        return PrinterStatus(worst((trouble.state, host.state)), trouble.raw + host.raw)

    def proof(self, talk: Conversation, job_id: int, before: PrinterStatus, end: float) -> Proof:  # noqa: ARG002 - ZPL has no job numbers
        """Watch formats and labels left become some and then none."""
        if self._settings.proof == "none":
            return Proof.NONE
        watch = Watch(lambda: self.status(talk), self._pause)
        # No format waits and none is half received: the page has been read, whatever became of it.
        return watch.proof(talk, before, end, lambda: Proof.CONSUMED)
