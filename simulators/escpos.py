"""ESC/POS as a printer reads it: bytes in any chunks to actions of the mechanism.

Written from Epson's command reference (GS v 0, GS ( L, GS 8 L, GS ( H, DLE EOT, GS a, GS r, GS V)
and Chinese clones' FS &, FS . and FS ! for GB18030 text. Raster rows print as they arrive, so that
a host which vanishes leaves half a label; stored graphics print only on command. Text stands in
columns of 12 dots, of which a Chinese character takes two, and goes on below where a line is full.
"""

from __future__ import annotations

import re

import numpy as np

from simulators.bars import drawn, spelled
from simulators.lettering import LINE_ROWS, SIZE, Letter, typed
from simulators.mechanism import Action, Ask, Complaint, Control, End, Feed, Note, Strip

DLE, ESC, FS, GS = 0x10, 0x1B, 0x1C, 0x1D
CAN, HT, LF, FF, CR = 0x18, 0x09, 0x0A, 0x0C, 0x0D
QUESTION = re.compile(rb"\x10\x04([\x01-\x04])")
COLUMN = SIZE // 2
LEADS, LEAST_TRAIL = (0x81, 0xFE), 0x40  # of a Chinese character's two bytes
DOUBLE_HIGH, DOUBLE_WIDE = 0x10, 0x20  # of ESC !
CODE128 = 73  # of GS k
KANJI_WIDE, KANJI_HIGH = 0x04, 0x08  # of FS !

# How many bytes follow ESC x, FS x and GS x, for commands that only set something.
ESC_PARAMETERS = {
    "!": 1, "$": 2, "-": 1, "2": 0, "3": 1, "<": 0, "=": 1, "?": 1, "E": 1, "G": 1, "L": 0,
    "M": 1, "R": 1, "S": 0, "T": 1, "U": 1, "V": 1, "W": 8, "\\": 2, "a": 1, "c": 2, "p": 3,
    "t": 1, "{": 1, " ": 1, "r": 1,
}  # fmt: skip
FS_PARAMETERS = {"!": 1, "&": 0, ".": 0, "-": 1, "C": 1, "S": 2, "W": 1}
GS_PARAMETERS = {
    "!": 1, "B": 1, "H": 1, "L": 2, "P": 2, "W": 2, "b": 1, "f": 1, "h": 1, "w": 1, "$": 2,
    "\\": 2, "/": 1, ":": 0, "T": 1,
}  # fmt: skip


class EscPos:
    """The language's reader. ``width`` is the paper's width in dots."""

    def __init__(self, width: int = 800) -> None:
        self.width = width
        self._real_time = b""
        self.reset()

    @property
    def mid_command(self) -> bool:
        """True while a command or an image still lacks bytes."""
        return bool(self._buffer) or self._rows_left > 0

    @property
    def held(self) -> int:
        """Bytes received and not understood yet."""
        return len(self._buffer)

    def reset(self) -> None:
        """Forget everything half received (power, or a new connection)."""
        self._buffer = bytearray()
        self._rows_left = self._row_bytes = 0
        self._scale = (1, 1)
        self._graphics: bytes = b""
        self._graphics_stride = 0
        self._line: list[Letter] = []
        self._columns_pending = False
        self._initialise()

    def _initialise(self) -> None:
        """What ESC @ sets; a Chinese printer begins with its Chinese characters on."""
        self._line_rows = LINE_ROWS
        self._letters, self._kanji = (1, 1), (1, 1)
        self._in_kanji = True
        self._bar_rows, self._bar_module = 162, 3  # of GS h and GS w
        self._centred = False

    def feed(self, data: bytes) -> list[Action]:
        """Take bytes; return real-time questions first, then what the rest means, in order."""
        actions: list[Action] = list(self._questions(data))
        self._buffer += data
        while self._buffer:
            before = len(self._buffer)
            actions += self._raster_rows() if self._rows_left else self._command()
            if len(self._buffer) == before:
                break
        return actions

    def _questions(self, data: bytes) -> list[Action]:
        """DLE EOT n anywhere, even inside an image: that is where printers look for it."""
        text = self._real_time + data
        self._real_time = text[-2:]
        return [Ask("dle_eot", found[1], at_once=True) for found in QUESTION.finditer(text)]

    def _raster_rows(self) -> list[Action]:
        count = min(self._rows_left, len(self._buffer) // self._row_bytes)
        if not count:
            return []
        rows = self._pop(count * self._row_bytes)
        self._rows_left -= count
        return [_scaled(rows, self._row_bytes, self._scale)]

    def _command(self) -> list[Action]:
        first = self._buffer[0]
        if first in (ESC, FS, GS, DLE):
            if len(self._buffer) < 2:
                return []
            reader = {ESC: self._esc, FS: self._fs, GS: self._gs, DLE: self._dle}[first]
            return reader(chr(self._buffer[1]))
        if first == FF:
            self._pop(1)
            return [*self._flush(), End("label")]
        if first == LF:
            self._pop(1)
            return self._line_feed()
        if first in (CR, HT, CAN, 0):
            self._pop(1)
            return []
        return self._character()

    def _character(self) -> list[Action]:
        """One letter, or both bytes of a Chinese character, into the line."""
        if not (self._in_kanji and LEADS[0] <= self._buffer[0] <= LEADS[1]):
            return self._set(Letter(self._pop(1).decode("cp437"), COLUMN, *self._letters))
        if len(self._buffer) < 2:
            return []
        if self._buffer[1] < LEAST_TRAIL:  # half a character: what follows is no part of it
            self._pop(1)
            return self._set(Letter("\ufffd", SIZE, *self._kanji))
        text = self._pop(2).decode("gb18030", "replace")
        return self._set(Letter(text[:1], SIZE, *self._kanji))

    def _set(self, letter: Letter) -> list[Action]:
        """Put a character into the line; a full line is printed first, as printers do."""
        taken = sum(each.width * each.wide for each in (*self._line, letter))
        actions = self._flush() if taken > self.width else []
        self._line.append(letter)
        return actions

    def _esc(self, letter: str) -> list[Action]:
        if letter == "@":
            self._pop(2)
            actions = self._flush()
            self._initialise()
            return actions
        if letter in "Jd":
            return self._feed_command(letter)
        if letter == "*":
            return self._columns()
        if letter in "im":
            self._pop(2)
            return [*self._flush(), End("cut")]
        if letter == "v":
            self._pop(2)
            return [Ask("paper")]
        if letter == "a" and len(self._buffer) >= 3:
            self._centred = self._buffer[2] % 48 == 1
        if letter == "3" and len(self._buffer) >= 3:
            self._line_rows = self._buffer[2]
        if letter == "!" and len(self._buffer) >= 3:
            mode = self._buffer[2]
            self._letters = (1 + bool(mode & DOUBLE_WIDE), 1 + bool(mode & DOUBLE_HIGH))
        return self._skip("ESC", letter, ESC_PARAMETERS)

    def _feed_command(self, letter: str) -> list[Action]:
        if len(self._buffer) < 3:
            return []
        count = self._pop(3)[2]
        return [*self._flush(), Feed(count if letter == "J" else count * self._line_rows)]

    def _fs(self, letter: str) -> list[Action]:
        if letter in "&.":
            self._in_kanji = letter == "&"
        if letter == "!" and len(self._buffer) >= 3:
            mode = self._buffer[2]
            self._kanji = (1 + bool(mode & KANJI_WIDE), 1 + bool(mode & KANJI_HIGH))
        return self._skip("FS", letter, FS_PARAMETERS)

    def _dle(self, letter: str) -> list[Action]:
        if letter == "\x14":
            return self._short(5)
        return self._short(3)

    def _gs(self, letter: str) -> list[Action]:
        readers = {
            "v": self._raster, "(": self._bracket, "8": self._long_graphics, "V": self._cut,
            "r": self._asked, "a": self._asb, "I": self._identity, "k": self._barcode,
        }  # fmt: skip
        if letter in readers:
            return readers[letter]()
        if letter == "h" and len(self._buffer) >= 3:
            self._bar_rows = self._buffer[2]
        if letter == "w" and len(self._buffer) >= 3:
            self._bar_module = self._buffer[2]
        return self._skip("GS", letter, GS_PARAMETERS)

    def _raster(self) -> list[Action]:
        if len(self._buffer) < 8:
            return []
        head = self._pop(8)
        mode = head[3] % 48 if head[3] >= 48 else head[3]
        self._row_bytes = head[4] | head[5] << 8
        self._rows_left = (head[6] | head[7] << 8) if self._row_bytes else 0
        self._scale = (1 + (mode & 1), 1 + (mode >> 1 & 1))
        return self._flush()

    def _bracket(self) -> list[Action]:
        if len(self._buffer) < 5:
            return []
        length = self._buffer[3] | self._buffer[4] << 8
        if len(self._buffer) < 5 + length:
            return []
        kind = chr(self._buffer[2])
        body = self._pop(5 + length)[5:]
        if kind == "L":
            return self._graphics_command(body)
        if kind == "H" and body[:2] == b"00" and len(body) == 6:
            return [Ask("process_id", body[2:6])]
        return []

    def _long_graphics(self) -> list[Action]:
        if len(self._buffer) < 7:
            return []
        length = int.from_bytes(self._buffer[3:7], "little")
        if len(self._buffer) < 7 + length:
            return []
        return self._graphics_command(self._pop(7 + length)[7:])

    def _graphics_command(self, body: bytes) -> list[Action]:
        function = body[1] if len(body) > 1 else 0
        if function in (2, 50):
            if not self._graphics:
                return [Complaint("GS ( L 50: no graphics stored")]
            strip = Strip(self._graphics, self._graphics_stride)
            self._graphics = b""
            return [*self._flush(), strip]
        if function in (112, 64) and len(body) >= 10:
            width = body[6] | body[7] << 8
            height = body[8] | body[9] << 8
            stride = (width + 7) // 8
            dots = body[10 : 10 + stride * height]
            if len(dots) != stride * height:
                return [Complaint(f"graphics of {width}x{height} with {len(dots)} bytes")]
            strip = _scaled(dots, stride, (body[3], body[4]))
            self._graphics, self._graphics_stride = strip.rows, strip.stride
            return []
        return [Complaint(f"GS ( L function {function}")]

    def _cut(self) -> list[Action]:
        if len(self._buffer) < 3:
            return []
        mode = self._buffer[2]
        if mode in (0, 1, 48, 49):
            self._pop(3)
            return [*self._flush(), End("cut")]
        if len(self._buffer) < 4:
            return []
        rows = self._pop(4)[3]
        return [*self._flush(), Feed(rows), End("cut")]

    def _asked(self) -> list[Action]:
        return [Ask("paper")] if self._whole(3) else []

    def _asb(self) -> list[Action]:
        if len(self._buffer) < 3:
            return []
        return [Control("asb", str(self._pop(3)[2]))]

    def _identity(self) -> list[Action]:
        if len(self._buffer) < 3:
            return []
        return [Ask("identity", self._pop(3)[2:])]

    def _barcode(self) -> list[Action]:
        """GS k: function A ends with NUL, function B names its length."""
        if len(self._buffer) < 4:
            return []
        if self._buffer[2] <= 6:
            end = self._buffer.find(0, 3)
            return [] if end < 0 else [Note(self._pop(end + 1)[3:-1].decode("ascii", "replace"))]
        kind, length = self._buffer[2], self._buffer[3]
        if len(self._buffer) < 4 + length:
            return []
        text = self._pop(4 + length)[4:].decode("ascii", "replace")
        return self._bars(text) if kind == CODE128 else [Note(text), Feed(100)]

    def _bars(self, text: str) -> list[Action]:
        """A Code 128 as Epson describes it: {A, {B or {C before each run; in C a byte is a pair."""
        try:
            runs = [(part[0], _in_set(part)) for part in text.split("{")[1:]]
            values = spelled(runs)
        except (IndexError, StopIteration, ValueError):
            return [Complaint(f"GS k: {text!r} is no Code 128")]
        rows, stride, across = drawn(values, self._bar_module, self._bar_rows)
        if across > self.width:
            return [Complaint(f"GS k: {across} dots are wider than the paper")]
        left = (self.width - across) // 2 if self._centred else 0
        text = "".join(data for _, data in runs)
        return [Note(text), _shifted(rows, stride, left, (self.width + 7) // 8)]

    def _columns(self) -> list[Action]:
        """ESC *: a band 8 or 24 dots high, column by column."""
        if len(self._buffer) < 5:
            return []
        mode, count = self._buffer[2], self._buffer[3] | self._buffer[4] << 8
        high = 3 if mode >= 32 else 1
        if len(self._buffer) < 5 + count * high:
            return []
        dots = np.frombuffer(self._pop(5 + count * high)[5:], np.uint8).reshape(count, high)
        band = np.unpackbits(dots, axis=1).T
        if high == 1:
            band = band.repeat(3, axis=0)
        if mode in (0, 32):
            band = band.repeat(2, axis=1)
        self._columns_pending = True
        packed = np.packbits(band, axis=1)
        return [Strip(packed.tobytes(), packed.shape[1])]

    def _line_feed(self) -> list[Action]:
        if self._columns_pending:
            self._columns_pending = False
            return []
        return self._flush() if self._line else [Feed(self._line_rows)]

    def _flush(self) -> list[Action]:
        """Print the text that waits in the line buffer."""
        if not self._line:
            return []
        line, self._line = self._line, []
        rows, stride = typed(line, self.width)
        return [Note("".join(each.text for each in line)), Strip(rows, stride)]

    def _skip(self, prefix: str, letter: str, parameters: dict[str, int]) -> list[Action]:
        if letter not in parameters:
            self._pop(2)
            return [Complaint(f"unknown command {prefix} {letter!r}")]
        return self._short(2 + parameters[letter])

    def _short(self, length: int) -> list[Action]:
        self._whole(length)
        return []

    def _whole(self, length: int) -> bool:
        if len(self._buffer) < length:
            return False
        self._pop(length)
        return True

    def _pop(self, length: int) -> bytes:
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken


def _in_set(run: str) -> str:
    """What a run of GS k stands for: in code set C each byte is a number from 0 to 99."""
    return "".join(f"{ord(each):02}" for each in run[1:]) if run[0] == "C" else run[1:]


def _shifted(rows: bytes, stride: int, left: int, across: int) -> Strip:
    """Rows moved to the right by some dots, ``across`` bytes wide."""
    dots = np.unpackbits(np.frombuffer(rows, np.uint8).reshape(-1, stride), axis=1)
    moved = np.zeros((len(dots), across * 8), np.uint8)
    kept = min(dots.shape[1], across * 8 - left)
    moved[:, left : left + kept] = dots[:, :kept]
    return Strip(np.packbits(moved, axis=1).tobytes(), across)


def _scaled(rows: bytes, stride: int, scale: tuple[int, int]) -> Strip:
    """Rows blown up to double width or height, as GS v 0 and GS ( L may ask."""
    wide, high = max(1, scale[0]), max(1, scale[1])
    if (wide, high) == (1, 1):
        return Strip(rows, stride)
    dots = np.unpackbits(np.frombuffer(rows, np.uint8).reshape(-1, stride), axis=1)
    packed = np.packbits(dots.repeat(wide, axis=1).repeat(high, axis=0), axis=1)
    return Strip(packed.tobytes(), packed.shape[1])
