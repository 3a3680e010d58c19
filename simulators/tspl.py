"""TSPL/TSPL2 as a printer reads it: bytes in any chunks to actions of the mechanism.

Written from TSC's TSPL2 manual and the Gprinter and KuaiMai notes: commands are lines, a BITMAP's
payload is raw and inverted (0 is black), ESC ! x is obeyed at once, ~ commands in their turn.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulators import bars, lettering
from simulators.mechanism import (
    DOTS_PER_MM,
    Action,
    Ask,
    Complaint,
    Control,
    End,
    Feed,
    Note,
    Strip,
)

BITMAP = re.compile(rb"BITMAP\s+(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d)\s*,", re.I)
LENGTH = re.compile(r"([\d.]+)\s*(mm|dot)?", re.I)
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
MAX_LINE = 4096
SETTINGS = {
    "GAP", "BLINE", "DENSITY", "SPEED", "DIRECTION", "REFERENCE", "OFFSET", "SHIFT", "CODEPAGE",
    "COUNTRY", "SOUND", "LIMITFEED", "GAPDETECT", "BLINEDETECT", "AUTODETECT", "SELFTEST", "EOJ",
    "DELAY", "DISPLAY", "INITIALPRINTER", "HOME", "PEEL",
}  # fmt: skip
IMMEDIATE = {
    ord("F"): "feed", ord("P"): "pause", ord("O"): "resume", ord("R"): "reset", ord("."): "cancel",
}  # fmt: skip
NATIVE = {"QRCODE", "BLOCK", "DMATRIX", "PDF417"}
CHINESE = {"TSS16.BF2": 16, "TSS24.BF2": 24, "TSS32.BF2": 32}
"""The simplified Chinese fonts and their dots."""
CHOSEN = re.compile(r"!(\d{3})|([^!]+)")
CODE_SETS = {"103": "A", "104": "B", "105": "C", "101": "A", "100": "B", "099": "C"}


def dots(measure: str) -> int:
    """``100 mm``, ``800 dot`` or plain inches, in dots."""
    match = LENGTH.match(measure.strip())
    if not match:
        raise ValueError(f"no length: {measure!r}")
    number, unit = float(match[1]), (match[2] or "").lower()
    if unit == "mm":
        return round(number * DOTS_PER_MM)
    return round(number) if unit == "dot" else round(number * 25.4 * DOTS_PER_MM)


class Tspl:
    """The language's reader."""

    def __init__(self, width: int = 800, height: int = 1200) -> None:
        self.width, self.height = width, height
        self._canvas = self._blank()
        self._buffer = bytearray()
        self._payload: tuple[int, int, int, int, int] | None = None
        self.read_commands: dict[str, Callable[[str], list[Action]]] = {
            "SIZE": self._size, "PRINT": self._print, "CLS": self._cls, "BAR": self._bar,
            "BOX": self._box, "ERASE": self._erase, "REVERSE": self._reverse,
            "FEED": self._feed, "BACKFEED": self._nothing, "FORMFEED": self._form_feed,
            "CUT": lambda _: [End("cut")], "SET": self._set, "OUT": self._out,
            "ECHO": self._out, "READSTA": lambda _: [Ask("readsta", at_once=True)],
            "TEXT": self._text, "BARCODE": self._barcode,
            "BITMAP": lambda rest: [Complaint(f"BITMAP without its numbers: {rest[:40]}")],
            "~!T": lambda _: [Ask("model")], "~!@": lambda _: [Ask("mileage")],
            "~!A": lambda _: [Ask("memory")], "~!I": lambda _: [Ask("codepage")],
        }  # fmt: skip

    @property
    def mid_command(self) -> bool:
        """True while a line or a bitmap still lacks bytes."""
        return bool(self._buffer) or self._payload is not None

    @property
    def held(self) -> int:
        """Bytes received and not understood yet."""
        return len(self._buffer)

    def reset(self) -> None:
        """Forget everything half received, and the canvas."""
        self._buffer.clear()
        self._payload = None
        self._canvas = self._blank()

    def feed(self, data: bytes) -> list[Action]:
        """Take bytes; return what they mean, in order."""
        self._buffer += data
        actions: list[Action] = []
        while self._buffer:
            before = len(self._buffer), self._payload
            actions += self._bitmap() if self._payload else self._command()
            if (len(self._buffer), self._payload) == before:
                break
        return actions

    def _command(self) -> list[Action]:
        first = self._buffer[0]
        if first in b"\r\n \0":
            del self._buffer[:1]
            return []
        if first == 0x1B:
            return self._escape()
        match = BITMAP.match(self._buffer)
        if match:
            x, y, stride, height, mode = (int(group) for group in match.groups())
            self._payload = (x, y, stride, height, mode)
            del self._buffer[: match.end()]
            return []
        end = self._line_end()
        if end < 0:
            return self._too_long()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return self._line(line.decode("gb18030", "replace").strip())

    def _line_end(self) -> int:
        ends = (self._buffer.find(b"\r"), self._buffer.find(b"\n"))
        return min((place for place in ends if place >= 0), default=-1)

    def _too_long(self) -> list[Action]:
        if len(self._buffer) <= MAX_LINE:
            return []
        self._buffer.clear()
        return [Complaint(f"a line of more than {MAX_LINE} bytes")]

    def _escape(self) -> list[Action]:
        if len(self._buffer) < 3:
            return []
        code = bytes(self._buffer[:3])
        del self._buffer[:3]
        if code[1:2] != b"!":
            return [Complaint(f"unknown escape {code.hex(' ')}")]
        if code[2] in b"?S":
            return [Ask("state" if code[2:] == b"?" else "long_state", at_once=True)]
        if code[2] in IMMEDIATE:
            return [Control(IMMEDIATE[code[2]])]
        return [Complaint(f"unknown escape {code.hex(' ')}")]

    def _line(self, line: str) -> list[Action]:
        name, _, rest = line.partition(" ")
        name = name.upper()
        if name in self.read_commands:
            try:
                return self.read_commands[name](rest.strip())
            except (ValueError, IndexError, KeyError):
                return [Complaint(f"cannot read: {line[:60]}")]
        if name in NATIVE:
            texts = QUOTED.findall(rest)
            return [Note(texts[-1] if texts else rest)]
        return [] if name in SETTINGS else [Complaint(f"unknown command: {line[:60]}")]

    def _bitmap(self) -> list[Action]:
        if self._payload is None:
            return []
        x, y, stride, height, mode = self._payload
        if len(self._buffer) < stride * height:
            return []
        raw = np.frombuffer(bytes(self._buffer[: stride * height]), np.uint8)
        del self._buffer[: stride * height]
        self._payload = None
        if not raw.size:
            return []
        black = np.unpackbits(~raw.reshape(height, stride), axis=1).astype(np.bool_)
        return self._blend(x, y, black, mode)

    def _blend(self, x: int, y: int, black: NDArray[np.bool_], mode: int) -> list[Action]:
        room = self._canvas[y : y + black.shape[0], x : x + black.shape[1]]
        fits = black[: room.shape[0], : room.shape[1]]
        if mode == 0:
            room[:] = fits
        elif mode == 1:
            room |= fits
        elif mode == 2:
            room ^= fits
        else:
            return [Complaint(f"BITMAP mode {mode} is a vendor's compression")]
        outside = black[room.shape[0] :].any() or black[:, room.shape[1] :].any()
        return [Complaint("the bitmap hangs over the label")] if outside else []

    def _size(self, rest: str) -> list[Action]:
        sizes = [dots(part) for part in rest.split(",")]
        self.width = sizes[0]
        self.height = sizes[1] if len(sizes) > 1 else self.height
        self._canvas = self._blank()
        return []

    def _print(self, rest: str) -> list[Action]:
        sets, copies = [*(int(part) for part in rest.split(",") if part.strip()), 1, 1][:2]
        packed = np.packbits(self._canvas, axis=1)
        label: list[Action] = [
            Strip(packed.tobytes(), packed.shape[1]),
            End("label", self.width),
        ]
        return label * (sets * copies)

    def _cls(self, rest: str) -> list[Action]:  # noqa: ARG002 - CLS takes no parameters
        self._canvas = self._blank()
        return []

    def _bar(self, rest: str) -> list[Action]:
        x, y, width, height = (int(part) for part in rest.split(",")[:4])
        self._canvas[y : y + height, x : x + width] = True
        return []

    def _erase(self, rest: str) -> list[Action]:
        x, y, width, height = (int(part) for part in rest.split(",")[:4])
        self._canvas[y : y + height, x : x + width] = False
        return []

    def _reverse(self, rest: str) -> list[Action]:
        x, y, width, height = (int(part) for part in rest.split(",")[:4])
        self._canvas[y : y + height, x : x + width] ^= True
        return []

    def _box(self, rest: str) -> list[Action]:
        left, top, right, bottom, thick = (int(part) for part in rest.split(",")[:5])
        for rows, columns in (
            (slice(top, top + thick), slice(left, right)),
            (slice(bottom - thick, bottom), slice(left, right)),
            (slice(top, bottom), slice(left, left + thick)),
            (slice(top, bottom), slice(right - thick, right)),
        ):
            self._canvas[rows, columns] = True
        return []

    def _text(self, rest: str) -> list[Action]:
        """Draw in a Chinese font; what stands in another one is only noted."""
        font, text = QUOTED.findall(rest)
        size = CHINESE.get(font)
        if size:
            x, y = (int(part) for part in rest.split(",")[:2])
            times = int(rest.split(",")[4])
            rows, stride = lettering.in_cells(text, size * times)
            return [Note(text), *self._draw(x, y, rows, stride)]
        return [Note(text)]

    def _barcode(self, rest: str) -> list[Action]:
        """Draw a Code 128 whose code sets are told, 128M; others are only noted."""
        kind, data = QUOTED.findall(rest)
        if kind != "128M":
            return [Note(data)]
        x, y = (int(part) for part in rest.split(",")[:2])
        height, module = int(rest.split(",")[3]), int(rest.split(",")[6])
        runs, code_set = [], "B"
        for control, text in CHOSEN.findall(data):
            code_set = CODE_SETS[control] if control else code_set
            runs += [(code_set, text)] if text else []
        rows, stride, _ = bars.drawn(bars.spelled(runs), module, height)
        return [Note("".join(text for _, text in runs)), *self._draw(x, y, rows, stride)]

    def _draw(self, x: int, y: int, rows: bytes, stride: int) -> list[Action]:
        dots = np.unpackbits(np.frombuffer(rows, np.uint8).reshape(-1, stride), axis=1)
        return self._blend(x, y, dots.astype(np.bool_), 1)

    def _feed(self, rest: str) -> list[Action]:
        return [Feed(int(rest))]

    def _form_feed(self, rest: str) -> list[Action]:  # noqa: ARG002 - takes no parameters
        return [End("label", self.width)]

    def _nothing(self, rest: str) -> list[Action]:  # noqa: ARG002
        return []

    def _set(self, rest: str) -> list[Action]:
        name, _, value = rest.partition(" ")
        return [Control(f"set_{name.lower()}", value.strip().upper())]

    def _out(self, rest: str) -> list[Action]:
        texts = QUOTED.findall(rest)
        return [Ask("say", (texts[0] if texts else rest).encode())]

    def _blank(self) -> NDArray[np.bool_]:
        return np.zeros((self.height, self.width), np.bool_)
