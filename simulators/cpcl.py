"""CPCL as a printer reads it: bytes in any chunks to actions of the mechanism.

Written from Zebra's mobile printer CPCL manual. Between ``! 0 200 200 height copies`` and PRINT the
lines are commands, CG's data are counted bytes; outside, every line is printed as text, and ESC h,
ESC i, ESC N and ESC v are obeyed at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from simulators.dots import Dots
from simulators.lettering import LINE_ROWS, in_cells
from simulators.mechanism import Action, Ask, Complaint, Control, Feed, Mechanism, Note

OPENING = re.compile(r"! (\d+) (\d+) (\d+) (\d+) (\d+)")
GRAPHIC = re.compile(rb"(?:CG|COMPRESSED-GRAPHICS) (\d+) (\d+) (\d+) (\d+) ")
GRAPHIC_STARTS = (b"CG ", b"COMPRESSED-GRAPHICS ")
ESCAPES = {ord("h"): "cpcl_status", ord("i"): "cpcl_more", ord("v"): "cpcl_model"}
SETTINGS = {
    "TONE", "SPEED", "CONTRAST", "GAP-SENSE", "BAR-SENSE", "JOURNAL", "SETFF", "SET-TOF", "LEFT",
    "CENTER", "RIGHT", "PACE", "NO-PACE", "WAIT", "COUNTRY", "ENCODING", "SETBOLD",
    "IN-MILLIMETERS", "IN-DOTS", "IN-INCHES",
    "PREFEED", "POSTFEED", "PRESENT-AT", "ON-FEED", "LABEL", ";",
}  # fmt: skip
NATIVE = {"BARCODE", "B", "BARCODE-TEXT", "BT", "VTEXT", "VT", "VBARCODE", "VB"}
CHINESE = {"55": 16, "3": 20, "8": 24, "28": 28, "4": 32, "GBUNSG16.CPF": 16, "GBUNSG24.CPF": 24}
"""Chinese fonts of 汉印's (by number) and of Zebra's, and their dots."""
MAX_LINE = 4096


class Cpcl:
    """The language's reader. ``width`` is the paper's in dots; a label's height comes with it."""

    def __init__(self, width: int = 800, height: int = 1200) -> None:
        self.paper_width, self.height = width, height
        self._buffer = bytearray()
        self._label: Dots | None = None
        self._copies, self._offset, self._times = 1, 0, 1
        self._graphic: tuple[int, int, int, int] | None = None
        self._commands: dict[str, Callable[[list[str]], list[Action]]] = {
            "PAGE-WIDTH": self._width, "PW": self._width, "LINE": self._line, "L": self._line,
            "PRINT": self._print, "ABORT": self._abort, "END": self._abort, "EG": self._hex,
            "SETMAG": self._magnify, "FORM": self._nothing, "ON-OUT-OF-PAPER": self._on_out,
        }  # fmt: skip

    @property
    def mid_command(self) -> bool:
        """True inside a session, and while a line lacks its end."""
        return self._label is not None or bool(self._buffer)

    @property
    def held(self) -> int:
        """Bytes received and not understood yet."""
        return len(self._buffer)

    def reset(self) -> None:
        """Forget everything half received."""
        self._buffer.clear()
        self._label = self._graphic = None

    def feed(self, data: bytes) -> list[Action]:
        """Take bytes; return what they mean, in order."""
        self._buffer += data
        actions: list[Action] = []
        while self._buffer:
            before = len(self._buffer), self._graphic
            actions += self._payload() if self._graphic else self._next()
            if (len(self._buffer), self._graphic) == before:
                break
        return actions

    def _next(self) -> list[Action]:
        if self._label is None and self._buffer[0] in (0x1B, 0x00):
            return self._escape()
        found = GRAPHIC.match(self._buffer) if self._label is not None else None
        if found:
            width, height, x, y = (int(group) for group in found.groups())
            del self._buffer[: found.end()]
            self._graphic = (width, height, x, y)
            return []
        end = self._buffer.find(b"\n")
        if end < 0:
            return self._too_long()
        line = bytes(self._buffer[:end]).rstrip(b"\r").decode("gb18030", "replace")
        del self._buffer[: end + 1]
        return self._outside(line) if self._label is None else self._inside(line)

    def _escape(self) -> list[Action]:
        if self._buffer[0] == 0:
            del self._buffer[:1]
            return []
        if len(self._buffer) < 2:
            return []
        letter = self._buffer[1]
        del self._buffer[:2]
        if letter in ESCAPES:
            return [Ask(ESCAPES[letter], at_once=True)]
        return [] if letter == ord("N") else [Complaint(f"unknown escape {letter:02x}")]

    def _too_long(self) -> list[Action]:
        if len(self._buffer) <= MAX_LINE or self._buffer.startswith(GRAPHIC_STARTS):
            return []
        self._buffer.clear()
        return [Complaint(f"a line of more than {MAX_LINE} bytes")]

    def _outside(self, line: str) -> list[Action]:
        opening = OPENING.fullmatch(line.strip())
        if opening:
            offset, _, _, height, copies = (int(group) for group in opening.groups())
            self.height, self._copies, self._offset = height, copies, offset
            self._label, self._times = Dots(self.paper_width, height), 1
            return []
        if line.startswith("! U"):
            return []
        printed: list[Action] = [Feed(LINE_ROWS)]
        if line.strip():
            printed += [Note(line), Complaint(f"printed as text: {line[:40]!r}")]
        return printed

    def _inside(self, line: str) -> list[Action]:
        name, *words = line.split() or [""]
        if name in {"TEXT", "T"}:
            return self._text(line)
        try:
            if name in self._commands:
                return self._commands[name](words)
        except (ValueError, IndexError):
            return [Complaint(f"cannot read: {line[:60]!r}")]
        if name in NATIVE:
            return [Note(words[-1] if words else "")]
        return [] if name in SETTINGS or not name else [Complaint(f"unknown line: {line[:40]!r}")]

    def _payload(self) -> list[Action]:
        if self._graphic is None or self._label is None:
            return []
        stride, height, x, y = self._graphic
        if len(self._buffer) < stride * height:
            return []
        rows = bytes(self._buffer[: stride * height])
        del self._buffer[: stride * height]
        self._graphic = None
        fits = not rows or self._label.put(x + self._offset, y, stride, rows)
        return [] if fits else [Complaint("the graphic hangs over the label")]

    def _hex(self, words: list[str]) -> list[Action]:
        stride, _, x, y = (int(word) for word in words[:4])
        if self._label is not None:
            self._label.put(x + self._offset, y, stride, bytes.fromhex("".join(words[4:])))
        return []

    def _width(self, words: list[str]) -> list[Action]:
        self._label = Dots(int(words[0]), self.height)
        return []

    def _line(self, words: list[str]) -> list[Action]:
        """Draw from the top left corner, both ends included, thick to the right or downwards."""
        x, y, right, bottom, thick = (int(word) for word in words[:5])
        if self._label is None or (x != right and y != bottom):
            return [Complaint("a slanted line")]
        wide, high = (right - x + 1, thick) if y == bottom else (thick, bottom - y + 1)
        fits = self._label.box(x + self._offset, y, wide, high)
        return [] if fits else [Complaint("the line hangs over the label")]

    def _magnify(self, words: list[str]) -> list[Action]:
        self._times = max(1, int(words[0]))
        return []

    def _text(self, line: str) -> list[Action]:
        """The rest of the line is the text; in a font that is no Chinese one it is only noted."""
        parts = line.split(" ", 5)
        if len(parts) < 6 or self._label is None:
            return [Complaint(f"cannot read: {line[:60]!r}")]
        _, font, _, x, y, text = parts
        size = CHINESE.get(font, 0) * self._times
        if not size:
            return [Note(text)]
        rows, stride = in_cells(text, size)
        fits = self._label.put(int(x) + self._offset, int(y), stride, rows)
        return [Note(text)] if fits else [Complaint("the text hangs over the label")]

    def _on_out(self, words: list[str]) -> list[Action]:
        once = words[:1] == ["PURGE"] and words[1:2] == ["1"]
        return [Control("set_reprint", "OFF" if once else "ON")]

    def _print(self, words: list[str]) -> list[Action]:  # noqa: ARG002 - takes no parameters
        label, self._label = self._label, None
        return label.label(self._copies) if label is not None else []

    def _abort(self, words: list[str]) -> list[Action]:  # noqa: ARG002 - takes no parameters
        self._label = None
        return []

    def _nothing(self, words: list[str]) -> list[Action]:  # noqa: ARG002 - FORM goes with PRINT
        return []


def status(state: Mechanism) -> bytes:
    """The byte that answers ESC h: busy 1, paper out 2, latch open 4; a jam is told as no paper."""
    stuck = state.hot or state.paused or (state.busy and not state.halted)
    return bytes([int(stuck) | 0x02 * (state.paper_out or state.jam) | 0x04 * state.cover_open])


ANSWERS: Mapping[str, Callable[[Mechanism], bytes]] = {
    "cpcl_status": status,
    "cpcl_more": lambda state: bytes([0x40 * state.paper_low]),
    "cpcl_model": lambda _state: b"SIM-CPCL V1.0\x00",
}
"""What the printer says to each question of this language."""
