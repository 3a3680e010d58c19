"""CPCL: pages to bytes, status bytes to states, and the conversation. See docs/protocols/cpcl.md.

The language of portable label printers. Bits are 1 = black, and the bytes of a graphic are
counted, so nothing on the page can be a command. Outside a session, between ``!`` and ``PRINT``,
whatever is sent is printed as text: that is where recovery has to be careful.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from drivers.interfaces import Bitmap, PaperState, PrinterStatus, Proof, SlipPart
from drivers.printer.ink import Bar, Patch, drawing, whole
from drivers.printer.native import Code, Face, Line, told
from drivers.printer.pages import Unprintable, check_page, turned, worst
from drivers.printer.proofs import UNKNOWN, Watch, alike, asked
from drivers.printer.settings import CpclSettings, at_pace
from drivers.printer.wire import Conversation, Pause

FACES = {
    "none": (),
    "hprt": (Face("55", 16), Face("3", 20), Face("8", 24), Face("28", 28), Face("4", 32)),
    "gbunsg": (Face("GBUNSG16.CPF", 16), Face("GBUNSG24.CPF", 24)),
}
MEDIA = {"gap": "GAP-SENSE", "mark": "BAR-SENSE", "continuous": "JOURNAL"}
ASK_STATUS, ASK_MORE, SEEN_RESET = b"\x1bh", b"\x1bi", b"\x1bN"


def encode_page(page: Bitmap, settings: CpclSettings) -> list[bytes]:
    """Return the page as blocks: set-up, graphics and lines, print; raises Unprintable."""
    check_page(page, settings.head_dots)
    shown = turned(page) if settings.direction else page
    x, y = settings.reference_x, settings.reference_y
    if settings.route == "native":
        said = told(shown, FACES[settings.font], _barcode)
        body = [*_inked(said.rest, x, y), *_texts(said.lines, x, y)]
    elif settings.route == "inked":
        body = _inked(shown, x, y)
    else:
        body = [_graphic(whole(shown), x, y)]
    feed = [] if settings.media == "continuous" else ["FORM"]
    return [_lines(set_up(page, settings)), *body, _lines([*feed, "PRINT"])]


def set_up(page: Bitmap, settings: CpclSettings) -> list[str]:
    """Return the lines that open a session and describe paper and printing."""
    return [
        f"! 0 200 200 {page.height + settings.reference_y} 1",
        f"PAGE-WIDTH {page.width + settings.reference_x}",
        # A printer that repeats the interrupted label by itself makes two of one waybill.
        "ON-OUT-OF-PAPER PURGE 1",
        f"TONE {settings.density}",
        f"SPEED {int(settings.speed)}",
        MEDIA[settings.media],
    ]


def _inked(page: Bitmap, x: int, y: int) -> list[bytes]:
    drawn = drawing(page)
    lines = [_line(bar, x, y) for bar in drawn.bars]
    body = [_graphic(patch, x, y) for patch in drawn.patches]
    return [*body, *([_lines(lines)] if lines else [])]


def _texts(lines: Sequence[Line], x: int, y: int) -> list[bytes]:
    """Lines in the printer's own font, by their magnification, which stays until it is changed."""
    by_times = attrgetter("times")
    said = [_lines(["ENCODING GB18030"])] if lines else []
    for times, same in groupby(sorted(lines, key=by_times), by_times):
        said += [_lines([f"SETMAG {times} {times}"]), *(_text(line, x, y) for line in same)]
    return [*said, *([_lines(["SETMAG 1 1"])] if lines else [])]


def _text(line: Line, x: int, y: int) -> bytes:
    place = f"TEXT {line.face.name} 0 {line.x + x} {line.y + y} ".encode("ascii")
    return place + line.data + b"\r\n"


def _barcode(code: Code) -> None:
    """None: a CPCL printer chooses the code sets, and so the width, by itself."""


def _graphic(patch: Patch, x: int, y: int) -> bytes:
    head = f"CG {patch.stride} {patch.height} {patch.x + x} {patch.y + y} ".encode()
    return head + patch.rows + b"\r\n"


def _line(bar: Bar, x: int, y: int) -> str:
    """Return a bar as a line along its longer side, which is as thick as the shorter one.

    The manual does not say whether a line's last dot is drawn; at worst a bar's end lacks one.
    """
    left, top = bar.x + x, bar.y + y
    if bar.width >= bar.height:
        return f"LINE {left} {top} {left + bar.width - 1} {top} {bar.height}"
    return f"LINE {left} {top} {left} {top + bar.height - 1} {bar.width}"


def _lines(commands: Sequence[str]) -> bytes:
    return "".join(command + "\r\n" for command in commands).encode("ascii")


def filler(missing: int, settings: CpclSettings) -> Sequence[bytes]:
    """Return what brings a printer back that was cut off ``missing`` bytes before a block's end.

    White fills the graphic. Then a session is opened in case there is none, for outside one ABORT
    would be printed as a word. An empty label moves the paper to its next start.
    """
    opening = "! 0 200 200 1 1"
    feed = [] if settings.media == "continuous" else [opening, "FORM", "PRINT"]
    return [bytes(missing), _lines(["", opening, "ABORT", *feed])]


BITS = (
    (0x01, PaperState.PRINTING),
    (0x02, PaperState.PAPER_OUT),
    (0x04, PaperState.COVER_OPEN),
    (0x08, PaperState.READY),  # the battery is low: it prints, and no state says so
)
WAS_RESET = 0x10
"""The printer was switched on since this bit was last acknowledged: what it held is lost."""
UNUSED = 0xE0
PAPER_LOW = 0x40
"""Of the answer to ESC i; its other bits need settings of their own or concern ribbons."""


def read_status(raw: bytes) -> PrinterStatus | None:
    """Read the answer to ESC h: one byte; different bytes at once are noise, so UNKNOWN."""
    value = alike(raw)
    if value is None or value & UNUSED:
        return PrinterStatus(PaperState.UNKNOWN, raw)
    states = [state for mask, state in BITS if value & mask]
    return PrinterStatus(worst(states or [PaperState.READY]), raw)


def read_more(raw: bytes) -> PrinterStatus | None:
    """Read the answer to ESC i: whether the paper runs low."""
    value = alike(raw)
    is_low = value is not None and value & PAPER_LOW
    return PrinterStatus(PaperState.PAPER_LOW if is_low else PaperState.READY, raw)


class Cpcl:
    """CPCL: ESC h before a page; busy, or mute, and then ready after it."""

    def __init__(self, settings: CpclSettings, pause: Pause) -> None:
        self._settings, self._pause = settings, pause

    def page(self, page: Bitmap, *, slow: bool = False) -> Sequence[bytes]:
        """Return the page as one session."""
        return encode_page(page, at_pace(self._settings, slow=slow))

    def slip(self, lines: Sequence[SlipPart]) -> Sequence[bytes]:  # noqa: ARG002 - refused whatever it says
        """Refuse: what a CPCL printer does with plain text depends on its model."""
        raise Unprintable("CPCL prints no plain text, draw the slip as a page")

    def filler(self, missing: int) -> Sequence[bytes]:
        """Return white dots and what leaves the session without printing it."""
        return filler(missing, self._settings)

    def status(self, talk: Conversation) -> PrinterStatus:
        """Ask ESC h, and ESC i if it is to be asked; a reset is acknowledged."""
        if self._settings.status == "none":
            return UNKNOWN
        talk.drain()
        status = self._look(talk)
        if was_reset(status):
            talk.send(SEEN_RESET)
        return status

    def _look(self, talk: Conversation) -> PrinterStatus:
        status = asked(talk, ASK_STATUS, read_status)
        if status.state is PaperState.READY and self._settings.status == "esc_hi":
            more = asked(talk, ASK_MORE, read_more)
            return PrinterStatus(worst((status.state, more.state)), status.raw)
        return status

    def proof(self, talk: Conversation, job_id: int, before: PrinterStatus, end: float) -> Proof:  # noqa: ARG002 - CPCL has no job numbers
        """Watch the status go to busy, or to silence, and back to ready."""
        if self._settings.proof == "none":
            return Proof.NONE

        def look() -> PrinterStatus:
            talk.drain()
            status = self._look(talk)
            # Switched off and on with the page in its memory: the page is gone, or torn.
            return PrinterStatus(PaperState.ERROR, status.raw) if was_reset(status) else status

        watch = Watch(look, self._pause, mute_at_work=True)
        return watch.proof(talk, before, end, lambda: Proof.CONSUMED)


def was_reset(status: PrinterStatus) -> bool:
    """True if a valid answer to ESC h says that the printer was switched on since."""
    return status.state is not PaperState.UNKNOWN and bool(status.raw[0] & WAS_RESET)
