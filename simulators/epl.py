"""EPL2 as a printer reads it: bytes in any chunks to actions of the mechanism.

Written from Zebra's EPL2 programmer's manual and Intermec's ESim manual: one command a line, the
bytes of GW are counted and 0 is black, ^ee is answered with two-digit codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from simulators import bars
from simulators.dots import Dots
from simulators.mechanism import Action, Ask, Complaint, Control, Mechanism, Note

BITMAP = re.compile(rb"GW(\d+),(\d+),(\d+),(\d+)[,\n]")
SETTINGS = re.compile(r"D\d+|S\d|O[A-Z0-9,]*|R\d+,\d+|I8.*|UN|US|JB|JF|Y.*")
NATIVE = re.compile(r'[ABb]\d.*"(.*)"')
WHITE = 0xFF
MAX_LINE = 4096


class Epl:
    """The language's reader. ``width`` and ``height`` are the label's in dots."""

    def __init__(self, width: int = 800, height: int = 1200) -> None:
        self.width, self.height = width, height
        self._origin, self._turn = (0, 0), False
        self._buffer = bytearray()
        self._label = Dots(width, height)
        self._payload: tuple[int, int, int, int] | None = None
        self._commands: list[tuple[re.Pattern[str], Callable[[re.Match[str]], list[Action]]]] = [
            (re.compile(pattern), reader)
            for pattern, reader in (
                (r"N", self._clear), (r"q(\d+)", self._set_width),
                (r"Q(\d+)(?:,B?\d+(?:,\d+)?)?", self._set_height), (r"Z([TB])", self._direction),
                (r"R(\d+),(\d+)", self._reference), (r"LO(\d+),(\d+),(\d+),(\d+)", self._box),
                (r"P(\d+)(?:,(\d+))?", self._print), (r"\^ee", self._asked),
                (r"\^@", self._restart),
                (r'B(\d+),(\d+),0,1([ABC]),(\d+),\d+,(\d+),N,"([^"]*)"', self._barcode),
            )
        ]  # fmt: skip

    @property
    def mid_command(self) -> bool:
        """True while a line or a bitmap lacks bytes."""
        return bool(self._buffer) or self._payload is not None

    @property
    def held(self) -> int:
        """Bytes received and not understood yet."""
        return len(self._buffer)

    def reset(self) -> None:
        """Forget everything half received, and the image."""
        self._buffer.clear()
        self._payload = None
        self._label = Dots(self.width, self.height)

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
        found = BITMAP.match(self._buffer)
        if found:
            x, y, stride, height = (int(group) for group in found.groups())
            self._payload = (x, y, stride, height)
            del self._buffer[: found.end()]
            return []
        end = self._buffer.find(b"\n")
        if end >= 0:
            line = bytes(self._buffer[:end]).decode("gb18030", "replace").strip("\r ")
            del self._buffer[: end + 1]
            return self._line(line) if line else []
        if len(self._buffer) > MAX_LINE:
            self._buffer.clear()
            return [Complaint(f"a line of more than {MAX_LINE} bytes")]
        return []

    def _line(self, line: str) -> list[Action]:
        for pattern, reader in self._commands:
            if found := pattern.fullmatch(line):
                try:
                    return reader(found)
                except ValueError as wrong:
                    return [Complaint(f"cannot read {line[:40]!r}: {wrong}")]
        if native := NATIVE.fullmatch(line):
            return [Note(native[1])]
        return [] if SETTINGS.fullmatch(line) else [Complaint(f"unknown line: {line[:40]!r}")]

    def _bitmap(self) -> list[Action]:
        if self._payload is None:
            return []
        x, y, stride, height = self._payload
        if len(self._buffer) < stride * height:
            return []
        rows = bytes(byte ^ WHITE for byte in self._buffer[: stride * height])
        del self._buffer[: stride * height]
        self._payload = None
        fits = not rows or self._label.put(*self._at(x, y), stride, rows)
        return [] if fits else [Complaint("the bitmap hangs over the label")]

    def _at(self, x: int, y: int) -> tuple[int, int]:
        return self._origin[0] + x, self._origin[1] + y

    def _clear(self, found: re.Match[str]) -> list[Action]:  # noqa: ARG002 - takes no parameters
        self._label = Dots(self.width, self.height)
        return []

    def _set_width(self, found: re.Match[str]) -> list[Action]:
        self.width = int(found[1])
        return self._clear(found)

    def _set_height(self, found: re.Match[str]) -> list[Action]:
        self.height = int(found[1])
        return self._clear(found)

    def _direction(self, found: re.Match[str]) -> list[Action]:
        self._turn = found[1] == "B"
        return []

    def _reference(self, found: re.Match[str]) -> list[Action]:
        self._origin = (int(found[1]), int(found[2]))
        return []

    def _box(self, found: re.Match[str]) -> list[Action]:
        x, y, width, height = (int(group) for group in found.groups())
        fits = self._label.box(*self._at(x, y), width, height)
        return [] if fits else [Complaint("the line hangs over the label")]

    def _barcode(self, found: re.Match[str]) -> list[Action]:
        x, y, code_set, module, height, data = found.groups()
        values = bars.spelled([(code_set, data)])
        rows, stride, _ = bars.drawn(values, int(module), int(height))
        fits = self._label.put(*self._at(int(x), int(y)), stride, rows)
        return [Note(data)] if fits else [Complaint("the barcode hangs over the label")]

    def _print(self, found: re.Match[str]) -> list[Action]:
        done = self._label.turned() if self._turn else self._label
        return done.label(int(found[1]) * int(found[2] or 1))

    def _asked(self, found: re.Match[str]) -> list[Action]:  # noqa: ARG002 - takes no parameters
        return [Ask("epl_codes", at_once=True)]

    def _restart(self, found: re.Match[str]) -> list[Action]:  # noqa: ARG002 - the same
        return [Control("reset")]


def codes(state: Mechanism) -> bytes:
    """The answer to ^ee: 00, or the numbers of all troubles."""
    troubles = {7: state.paper_out, 11: state.cover_open, 62: state.hot, 81: state.jam,
                92: state.paused}  # fmt: skip
    told = [f"{code:02d}" for code, is_so in troubles.items() if is_so] or ["00"]
    return ",".join(told).encode() + b"\r\n"


ANSWERS: Mapping[str, Callable[[Mechanism], bytes]] = {"epl_codes": codes}
"""What the printer says to each question of this language."""
