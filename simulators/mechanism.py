"""The moving part of a simulated printer: head, paper, time, and the pages that come out.

A language (escpos.py, tspl.py) turns bytes into actions; the mechanism carries them out as time
passes, one dot row after another, and stops where a real one would: no paper, lid open, jam, heat.
Eight dots are a millimetre.
"""

from __future__ import annotations

import hashlib
import io
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from PIL import Image

DOTS_PER_MM = 8
SHIFT_ROWS = 8 * DOTS_PER_MM
LOW_PAPER = 3000 * DOTS_PER_MM  # rows left on the roll when the near-end sensor reports


@dataclass(frozen=True, slots=True)
class Strip:
    """Dot rows to print: ``stride`` bytes each, MSB first, 1 = black, ``x`` bytes from the left."""

    rows: bytes
    stride: int
    x: int = 0


@dataclass(frozen=True, slots=True)
class Feed:
    """White rows."""

    rows: int


@dataclass(frozen=True, slots=True)
class End:
    """The page is finished: cut off, or fed to the next label. ``width`` crops it, 0 does not."""

    kind: Literal["cut", "label"]
    width: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the printer, answered at once or when its turn comes."""

    kind: str
    data: bytes = b""
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Something on the page that is not drawn as dots (native text, a native barcode)."""

    text: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """The language met something that it does not know."""

    text: str


@dataclass(frozen=True, slots=True)
class Control:
    """A command that changes the printer: pause, resume, cancel, reset, feed, or a setting."""

    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Tear:
    """The page ends here, unfinished."""

    reason: str


Action = Strip | Feed | End | Ask | Note | Complaint | Control | Tear


@dataclass(frozen=True, slots=True)
class Page:
    """One piece of paper that came out. ``rows`` is ``height`` x ceil(width/8) bytes, 1 = black."""

    number: int
    width: int
    height: int
    rows: bytes
    torn: str  # why it is not whole; empty for a whole page
    at: float
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """True if the page came out to its end."""
        return not self.torn

    @property
    def blank(self) -> bool:
        """True if no dot is black."""
        return not any(self.rows)

    @property
    def sha256(self) -> str:
        """Hash of the dots: equal labels have equal hashes."""
        return hashlib.sha256(f"{self.width}x{self.height}:".encode() + self.rows).hexdigest()

    def image(self) -> Image.Image:
        """The page as a 1-bit picture, black on white."""
        white = self.rows.translate(bytes(255 - value for value in range(256)))
        return Image.frombytes("1", (self.width, self.height), white)

    def png(self) -> bytes:
        """The page as a PNG file."""
        stream = io.BytesIO()
        self.image().save(stream, "PNG")
        return stream.getvalue()


@dataclass
class Paper:
    """What is loaded. ``rows_left`` counts down; labels have a pitch of label and gap rows."""

    width: int = 800
    label_rows: int = 1200
    gap_rows: int = 16
    rows_left: int = 100_000 * DOTS_PER_MM
    kind: Literal["labels", "roll"] = "labels"


def _ignore(action: Ask | Control) -> None:
    """Nobody listens."""


AfterReload = Literal["continue", "forget", "reprint"]


@dataclass
class Mechanism:
    """Head and paper. ``advance`` moves time on; everything else changes the state at once."""

    paper: Paper = field(default_factory=Paper)
    rows_per_second: float = 150.0 * DOTS_PER_MM
    after_reload: AfterReload = "continue"
    cover_open: bool = False
    hot: bool = False
    jam: bool = False
    paused: bool = False
    dead_dots: bool = False  # a burnt stripe of the head prints nothing
    blank: bool = False  # the ribbon or the paper is the wrong way round
    faded: bool = False  # every other dot is missing
    shifted: bool = False  # the gap sensor is off: the picture sits too low
    skips_label: bool = False  # feeds a blank label after each
    double: bool = False  # each finished page comes twice
    reissue_last: bool = False  # after a reload the last label comes again by itself
    tear_at: int = -1  # power blips when so many rows of a page are out; -1 never
    pages: list[Page] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    rows_fed: int = 0  # the odometer
    cuts: int = 0
    on_ask: Callable[[Ask], None] = _ignore
    on_control: Callable[[Control], None] = _ignore
    _todo: deque[Action] = field(default_factory=deque)
    _page: bytearray = field(default_factory=bytearray)
    _notes: list[str] = field(default_factory=list)
    _history: list[Action] = field(default_factory=list)
    _rest: str = ""
    _at: float = 0.0
    _budget: float = 0.0

    @property
    def stride(self) -> int:
        """Bytes per row of the head."""
        return (self.paper.width + 7) // 8

    @property
    def paper_out(self) -> bool:
        """True when the roll is at its end."""
        return self.paper.rows_left <= 0

    @property
    def paper_low(self) -> bool:
        """True when the near-end sensor sees the core."""
        return self.paper.rows_left < LOW_PAPER

    @property
    def halted(self) -> bool:
        """True while nothing can move."""
        return self.cover_open or self.paper_out or self.hot or self.jam or self.paused

    @property
    def busy(self) -> bool:
        """True while there is something left to do."""
        return bool(self._todo)

    @property
    def waiting_bytes(self) -> int:
        """How much of the receive buffer is taken by what is not printed yet."""
        return sum(len(a.rows) if isinstance(a, Strip) else 8 for a in self._todo)

    def take(self, actions: Sequence[Action], now: float) -> None:
        """Queue what a language understood; time up to now is spent first."""
        self.advance(now)
        self._todo.extend(self._fitted(a) if isinstance(a, Strip) else a for a in actions)
        self.advance(now)

    def advance(self, now: float) -> None:
        """Let time pass up to now."""
        self._budget += max(0.0, now - self._at) * self.rows_per_second
        self._at = max(self._at, now)
        while self._todo and not self.halted:
            action = self._todo.popleft()
            rest = self._perform(action)
            if rest is not None:
                self._todo.appendleft(rest)
                break
        if self.halted or not self._todo:
            self._budget = 0.0

    def open_cover(self, now: float, *, is_open: bool) -> None:
        """Open or close the lid. Opening it in mid page tears that page."""
        self.advance(now)
        self.cover_open = is_open
        if is_open:
            self._interrupt("cover_open")

    def jam_paper(self, now: float, *, jammed: bool) -> None:
        """Jam or free the paper path."""
        self.advance(now)
        self.jam = jammed
        if jammed:
            self._interrupt("jam")

    def leave_paper(self, rows: int, now: float) -> None:
        """Let the roll end after so many more rows: row k of the next label, if idle."""
        self.advance(now)
        self.paper.rows_left = max(0, rows)
        if self.paper_out:
            self._interrupt("paper_out")

    def reload(self, now: float, *, rows: int = 100_000 * DOTS_PER_MM) -> None:
        """Put in a new roll."""
        self.advance(now)
        self.paper.rows_left = rows
        last = self.pages[-1] if self.pages else None
        if self.reissue_last and last is not None:
            width = (last.width + 7) // 8
            self._todo.extendleft([End("label", last.width), self._fitted(Strip(last.rows, width))])
        self.advance(now)

    def power_blip(self, now: float) -> None:
        """Lose everything that was in memory; a page in the making stays torn."""
        self.advance(now)
        self._forget("power")

    def cancel(self) -> None:
        """Empty the buffer (the language's own cancel command)."""
        self._forget("cancelled")

    def _perform(self, action: Action) -> Action | None:
        """Do what the budget allows; return what is left of the action, None when it is done."""
        if isinstance(action, Strip | Feed):
            return self._move(action)
        if isinstance(action, End):
            self._finish(action)
        elif isinstance(action, Ask):
            self.on_ask(action)
        elif isinstance(action, Note):
            self._notes.append(action.text)
        elif isinstance(action, Complaint):
            self.complaints.append(action.text)
        elif isinstance(action, Tear):
            self._tear(action.reason)
        else:
            self.on_control(action)
        return None

    def _move(self, action: Strip | Feed) -> Action | None:
        stride = self.stride
        wanted = action.rows if isinstance(action, Feed) else len(action.rows) // stride
        can = max(0, min(wanted, int(self._budget + 1e-6), self.paper.rows_left))
        if self.tear_at >= 0:
            can = min(can, max(0, self.tear_at - len(self._page) // stride))
        rows = bytes(wanted * stride) if isinstance(action, Feed) else action.rows
        done, rest = rows[: can * stride], Strip(rows[can * stride :], stride)
        self._history.append(Strip(done, stride))
        self._page += done
        self._spend(can)
        if self.tear_at >= 0 and len(self._page) // stride >= self.tear_at:
            self.tear_at = -1
            self._forget("power")
            return None
        if wanted == can:
            return None
        return self._stopped(rest)

    def _stopped(self, rest: Action) -> Action | None:
        """The head stands still in mid action: out of time, or out of paper."""
        if not self.paper_out:
            return rest
        self._todo.appendleft(rest)
        self._interrupt("paper_out")
        # _interrupt has put back what will be printed after the reload.
        return self._todo.popleft() if self._todo else None

    def _spend(self, rows: int) -> None:
        self._budget -= rows
        self.paper.rows_left -= rows
        self.rows_fed += rows

    def _finish(self, end: End) -> None:
        if end.kind == "cut":
            self.cuts += 1
        else:
            self._feed_to_next_label()
        if end.kind == "label" or self._page:
            for _ in range(2 if self.double else 1):
                self._emit(self._rest, end.width)
            if self.skips_label:
                self._clear_page()
                self._emit("", end.width)
        self._clear_page()

    def _feed_to_next_label(self) -> None:
        if self.paper.kind == "labels":
            pitch = self.paper.label_rows + self.paper.gap_rows
            used = len(self._page) // self.stride
            self._spend(-used % pitch if used else pitch)

    def _emit(self, torn: str, width: int = 0) -> None:
        rows, stride = bytes(self._page), self.stride
        if self.blank:
            rows = bytes(len(rows))
        if self.dead_dots:
            rows = _without_stripe(rows, stride)
        if self.faded:
            rows = bytes(byte & 0xAA for byte in rows)
        if self.shifted:
            low = min(SHIFT_ROWS * stride, len(rows))
            rows = bytes(low) + rows[: len(rows) - low]
        page_width = min(width or self.paper.width, self.paper.width)
        rows = _cropped(rows, stride, page_width)
        height = len(self._page) // stride
        if not height:
            height = self.paper.label_rows
            rows = bytes(height * ((page_width + 7) // 8))
        self.pages.append(
            Page(len(self.pages) + 1, page_width, height, rows, torn, self._at, tuple(self._notes))
        )

    def _interrupt(self, reason: str) -> None:
        if not self._page:
            return
        unfinished = list(self._history)
        self._tear(reason)
        if self.after_reload == "forget":
            self._todo.clear()
        elif self.after_reload == "reprint":
            self._todo.extendleft(reversed(unfinished))
        else:
            self._rest = "rest"

    def _tear(self, reason: str) -> None:
        if self._page:
            self._emit(reason)
        self._clear_page()

    def _forget(self, reason: str) -> None:
        self._todo.clear()
        self._tear(reason)

    def _clear_page(self) -> None:
        self._page.clear()
        self._notes.clear()
        self._history.clear()
        self._rest = ""

    def _fitted(self, strip: Strip) -> Strip:
        """The strip as wide as the head; what hangs over is lost, and said so if it was black."""
        stride, x = self.stride, strip.x
        if strip.stride == stride and x == 0:
            return strip
        keep = max(0, stride - x)
        rows = [strip.rows[i : i + strip.stride] for i in range(0, len(strip.rows), strip.stride)]
        if any(any(row[keep:]) for row in rows):
            self.complaints.append(f"image is wider than the paper ({self.paper.width} dots)")
        fitted = b"".join((bytes(x) + row[:keep]).ljust(stride, b"\0")[:stride] for row in rows)
        return Strip(fitted, stride)


def _without_stripe(rows: bytes, stride: int) -> bytes:
    """Rows with one byte's width burnt out of the head, a third from the left."""
    dead = bytearray(rows)
    dead[stride // 3 :: stride] = bytes(len(dead[stride // 3 :: stride]))
    return bytes(dead)


def _cropped(rows: bytes, stride: int, width: int) -> bytes:
    wanted = (width + 7) // 8
    if wanted == stride:
        return rows
    return b"".join(rows[i : i + wanted] for i in range(0, len(rows), stride))
