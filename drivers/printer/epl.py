"""EPL2: pages to bytes, error codes to states, and the conversation. See docs/protocols/epl.md.

The language of older desktop label printers and their copies. In its bitmaps 0 is black, as in
TSPL; their bytes are counted, so nothing on the page can be a command.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from drivers.interfaces import Bitmap, PaperState, PrinterStatus, Proof, SlipPart
from drivers.printer.ink import Patch, drawing, whole
from drivers.printer.native import Code, told
from drivers.printer.pages import Unprintable, check_page, worst
from drivers.printer.proofs import UNKNOWN, Watch, asked
from drivers.printer.settings import EplSettings, at_pace
from drivers.printer.wire import Conversation, Pause

DOTS_PER_MM = 8
INVERT = bytes(value ^ 0xFF for value in range(256))
OPTIONS = {"tear": "OD", "peel": "OD,P", "cut": "OD,C"}  # D is direct thermal
ASK = b"\r\n^ee\r\n"


def encode_page(page: Bitmap, settings: EplSettings) -> list[bytes]:
    """Return the page as blocks: set-up, bitmaps and bars, print; raises Unprintable."""
    check_page(page, settings.head_dots)
    if settings.route == "native":
        # The manuals do not say which characters the Asian fonts have: text stays dots.
        said = told(page, (), _barcode)
        drawn = [*_inked(said.rest), *said.barcodes]
    else:
        drawn = _inked(page) if settings.route == "inked" else [_bitmap(whole(page))]
    return [_lines(set_up(page, settings)), *drawn, b"P1\r\n"]


def set_up(page: Bitmap, settings: EplSettings) -> list[str]:
    """Return the commands that describe paper and printing, without their line ends."""
    return [
        "",  # ends whatever line is still open
        "N",
        f"q{page.width + settings.reference_x}",
        f"Q{page.height + settings.reference_y},{_media(settings)}",
        f"R{settings.reference_x},{settings.reference_y}",
        f"D{settings.density}",
        f"S{int(settings.speed)}",
        OPTIONS[settings.ending],
        "ZB" if settings.direction else "ZT",
        # A second time, for Q, R and O may have changed the buffer that the first one cleared.
        "N",
    ]


def _media(settings: EplSettings) -> str:
    if settings.media == "continuous":
        return "0"
    mark = "B" if settings.media == "mark" else ""
    return f"{mark}{round(settings.gap_mm * DOTS_PER_MM)}"


def _inked(page: Bitmap) -> list[bytes]:
    drawn = drawing(page)
    bars = [f"LO{bar.x},{bar.y},{bar.width},{bar.height}" for bar in drawn.bars]
    return [*map(_bitmap, drawn.patches), *([_lines(bars)] if bars else [])]


def _barcode(code: Code) -> bytes | None:
    """A Code 128 in one code set; where it changes, the printer would choose by itself."""
    if len(code.runs) > 1:
        return None
    (code_set, data), = code.runs
    ink, module = code.bars.ink, code.bars.module
    shape = f"0,1{code_set},{module},{module * 2},{ink.height},N"
    return f'B{ink.x},{ink.y},{shape},"{data}"\r\n'.encode("ascii")


def _bitmap(patch: Patch) -> bytes:
    head = f"GW{patch.x},{patch.y},{patch.stride},{patch.height},".encode()
    return head + patch.rows.translate(INVERT) + b"\r\n"


def _lines(commands: Sequence[str]) -> bytes:
    return "".join(command + "\r\n" for command in commands).encode("ascii")


def filler(missing: int) -> Sequence[bytes]:
    """Return what brings a printer back that was cut off ``missing`` bytes before a block's end.

    White fills the bitmap; the line end closes it or a line of nonsense; N throws it away.
    """
    return [b"\xff" * missing, b"\r\nN\r\n"]


CODES: Mapping[int, PaperState] = {
    0: PaperState.READY,
    7: PaperState.PAPER_OUT,
    11: PaperState.COVER_OPEN,
    12: PaperState.PAUSED,
    13: PaperState.READY,  # a label waits for a hand to take it
    62: PaperState.HOT,
    81: PaperState.JAM,  # the cutter
    92: PaperState.PAUSED,
}
COMPLAINTS = frozenset((1, 2, 3, 4, 5, 6, 8, 9, 10))
"""About commands and memory, not about paper, and remembered from whoever sent them."""
REPLY = re.compile(rb"(?<![0-9])([0-9]{2}(?:[PR][0-9]{3})?(?:,[0-9]{2}(?:[PR][0-9]{3})?)*)\r\n")


def codes(raw: bytes) -> frozenset[int]:
    """Return the codes in an answer to ^ee; ``07P002`` is 7, with labels still to print."""
    found = REPLY.search(raw)
    return frozenset(int(code[:2]) for code in found[1].split(b",")) if found else frozenset()


def read_codes(raw: bytes) -> PrinterStatus | None:
    """Read the answer to ^ee: codes between commas. Complaints about commands are no state."""
    found = REPLY.search(raw)
    if not found:
        return None
    told = codes(raw) - COMPLAINTS
    states = [PaperState.READY, *(CODES.get(code, PaperState.ERROR) for code in told)]
    return PrinterStatus(worst(states), found[0])


class Epl:
    """EPL2: ^ee before a page, and after it until it has long been well."""

    def __init__(self, settings: EplSettings, pause: Pause) -> None:
        self._settings, self._pause = settings, pause

    def page(self, page: Bitmap, *, slow: bool = False) -> Sequence[bytes]:
        """Return the page as set-up, bitmap and print command."""
        return encode_page(page, at_pace(self._settings, slow=slow))

    def slip(self, lines: Sequence[SlipPart]) -> Sequence[bytes]:  # noqa: ARG002 - refused whatever it says
        """Refuse: an EPL2 printer has no plain text."""
        raise Unprintable("EPL2 prints no plain text, draw the slip as a page")

    def filler(self, missing: int) -> Sequence[bytes]:
        """Return white dots, and an N that throws them away."""
        return filler(missing)

    def status(self, talk: Conversation) -> PrinterStatus:
        """Ask ^ee, which not every printer and no parallel port answers."""
        if self._settings.status == "none":
            return UNKNOWN
        talk.drain()
        return asked(talk, ASK, read_codes)

    def proof(self, talk: Conversation, job_id: int, before: PrinterStatus, end: float) -> Proof:  # noqa: ARG002 - EPL2 has no job numbers
        """Wait for new trouble: the codes never say that a label was printed."""
        if self._settings.proof == "none":
            return Proof.NONE
        known = codes(before.raw)

        def look() -> PrinterStatus:
            status = self.status(talk)
            if status.state is PaperState.READY and codes(status.raw) & COMPLAINTS - known:
                return PrinterStatus(PaperState.ERROR, status.raw)
            return status

        # ^ee is not understood inside a bitmap, so an answer says that the page has been read.
        watch = Watch(look, self._pause)
        return watch.proof(talk, before, end, lambda: Proof.CONSUMED)
