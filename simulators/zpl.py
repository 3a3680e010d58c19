"""ZPL II as a printer reads it: bytes in any chunks to actions of the mechanism.

Written from Zebra's ZPL II programming guide: ``^`` commands build a format between ^XA and ^XZ,
``~`` commands act at once wherever they stand, even inside a graphic's text. Graphic fields come
as hexadecimal with its repeat counts, as base64 (:B64:), as zlib and base64 (:Z64:), or binary.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Mapping

from simulators import bars, lettering
from simulators.dots import Dots
from simulators.mechanism import Action, Ask, Complaint, Control, Mechanism, Note

AT_ONCE = {
    b"~HS": "zpl_host", b"~HQES": "zpl_errors", b"~HI": "zpl_identity", b"~JX": "", b"~JA": "",
    b"~PS": "", b"~PP": "", b"~JR": "",
}  # fmt: skip
CONTROLS = {b"~JA": "cancel", b"~PS": "resume", b"~PP": "pause", b"~JR": "reset"}
SHORT = (b"^XA", b"^XZ", b"^FS")
PREFIX = re.compile(rb"[\^~]")
BINARY = re.compile(rb"\^GF[BC],(\d+),(\d+),(\d+),")
SETTINGS = {
    "^MN", "^PR", "^MM", "^MT", "^MD", "^LT", "^LS", "^LR", "^PM", "^MU", "^CF", "^FW",
    "^JM", "^ID", "^FX", "^A0",
}  # fmt: skip
CHINESE = "E:SIMSUN.FNT"
CODE_SETS = {">9": "A", ">:": "B", ">;": "C", ">7": "A", ">6": "B", ">5": "C"}
CHOSEN = re.compile(r"(>[5679:;])|([^>]+)")
HEX = re.compile(rb"_([0-9A-Fa-f]{2})")
MAX_HELD = 4_000_000


class Zpl:
    """The language's reader. ``width`` and ``height`` are the label's in dots."""

    def __init__(self, width: int = 800, height: int = 1200) -> None:
        self.width, self.height = width, height
        self._buffer = bytearray()
        self._format = False
        self._readers: dict[str, Callable[[str], list[Action]]] = {
            "^XA": self._open, "^XZ": self._close, "^FS": self._end_field, "^PW": self._set_width,
            "^LL": self._set_height, "^LH": self._set_home, "^FO": self._set_origin,
            "^GF": self._graphic, "^GB": self._box, "^FD": self._data, "^PQ": self._quantity,
            "^BY": self._module_width, "^BC": self._code_128, "^A@": self._font,
            "^FH": self._in_hex, "^CI": self._encoding,
            "^JZ": self._reprint, "^PO": self._orientation,
        }  # fmt: skip
        self._home = self._origin = (0, 0)
        self._turn = False
        self._module = 2
        self._begin()

    @property
    def mid_command(self) -> bool:
        """True inside a format, and while a command lacks bytes."""
        return self._format or bool(self._buffer.strip())

    @property
    def held(self) -> int:
        """Bytes received and not understood yet."""
        return len(self._buffer)

    def reset(self) -> None:
        """Forget everything half received."""
        self._buffer.clear()
        self._begin()

    def feed(self, data: bytes) -> list[Action]:
        """Take bytes; return what they mean, in order."""
        self._buffer += data
        actions: list[Action] = []
        while self._buffer:
            before = len(self._buffer)
            actions += self._next()
            if len(self._buffer) == before:
                break
        return actions

    def _begin(self) -> None:
        self._format = False
        self._copies, self._utf8 = 1, False
        self._end_field("")
        self._label = Dots(self.width, self.height)
        self._origin = (0, 0)

    def _next(self) -> list[Action]:
        found = PREFIX.search(self._buffer)
        if not found or found.start():
            end = found.start() if found else len(self._buffer)
            stray = bytes(self._buffer[:end]).strip(b" \r\n\0")
            del self._buffer[:end]
            return [Complaint(f"not a command: {stray[:20]!r}")] if stray else []
        return self._immediate() if self._buffer[0] == ord("~") else self._ordinary()

    def _immediate(self) -> list[Action]:
        for name, question in AT_ONCE.items():
            if self._buffer.startswith(name):
                del self._buffer[: len(name)]
                return self._obey(name, question)
        if len(self._buffer) < 5 and PREFIX.search(self._buffer, 1) is None:
            return []
        if self._buffer.startswith(b"~SD"):
            del self._buffer[:5]
            return []
        name = bytes(self._buffer[:3])
        del self._buffer[:3]
        return [Complaint(f"unknown command {name!r}")]

    def _obey(self, name: bytes, question: str) -> list[Action]:
        if question:
            return [Ask(question, at_once=True)]
        if name == b"~JX":
            self._begin()
            return []
        return [Control(CONTROLS[name])]

    def _ordinary(self) -> list[Action]:
        if self._buffer[:3] in SHORT:
            return self._run(3, 3)
        binary = BINARY.match(self._buffer)
        if binary:
            length = binary.end() + int(binary[1])
            return self._run(length, length) if len(self._buffer) >= length else []
        after = PREFIX.search(self._buffer, 1)
        if after:
            return self._run(after.start(), after.start())
        if len(self._buffer) > MAX_HELD:
            self._buffer.clear()
            return [Complaint("a command without end")]
        return []

    def _run(self, length: int, drop: int) -> list[Action]:
        text = bytes(self._buffer[:length]).decode("latin-1")
        del self._buffer[:drop]
        name = text[:3].upper()
        if name not in self._readers:
            return [] if name in SETTINGS else [Complaint(f"unknown command {text[:12]!r}")]
        try:
            return self._readers[name](text[3:])
        except (ValueError, IndexError, zlib.error):
            return [Complaint(f"cannot read {text[:24]!r}")]

    def _open(self, rest: str) -> list[Action]:  # noqa: ARG002 - takes no parameters
        self._begin()
        self._format = True
        return []

    def _close(self, rest: str) -> list[Action]:  # noqa: ARG002 - takes no parameters
        if not self._format:
            return [Complaint("^XZ without ^XA")]
        done = self._label.turned() if self._turn else self._label
        printed = done.label(self._copies)
        self._begin()
        return printed

    def _end_field(self, rest: str) -> list[Action]:  # noqa: ARG002 - takes no parameters
        self._origin, self._bars, self._type, self._spelled = (0, 0), 0, 0, False
        return []

    def _set_width(self, rest: str) -> list[Action]:
        self.width = min(int(rest), 2400)
        self._label = Dots(self.width, self.height)
        return []

    def _set_height(self, rest: str) -> list[Action]:
        self.height = min(int(rest.partition(",")[0]), 9600)
        self._label = Dots(self.width, self.height)
        return []

    def _set_home(self, rest: str) -> list[Action]:
        x, y = rest.split(",")[:2]
        self._home = (int(x), int(y))
        return []

    def _set_origin(self, rest: str) -> list[Action]:
        x, y = rest.split(",")[:2]
        self._origin = (int(x), int(y))
        return []

    def _orientation(self, rest: str) -> list[Action]:
        self._turn = rest.strip() == "I"
        return []

    def _reprint(self, rest: str) -> list[Action]:
        return [Control("set_reprint", "OFF" if rest.strip() == "N" else "ON")]

    def _quantity(self, rest: str) -> list[Action]:
        self._copies = int(rest.partition(",")[0])
        return []

    def _module_width(self, rest: str) -> list[Action]:
        self._module = int(rest.partition(",")[0])
        return []

    def _code_128(self, rest: str) -> list[Action]:
        """Bars of the data that follow; only mode N, in which the data choose the code sets."""
        turned, height, line, above, _, mode = [*rest.strip().split(","), "N"][:6]
        if (turned, line, above, mode) != ("N", "N", "N", "N"):
            return [Complaint(f"a Code 128 that is not drawn here: {rest.strip()}")]
        self._bars = int(height)
        return []

    def _font(self, rest: str) -> list[Action]:
        _, height, _, name = rest.strip().split(",")
        self._type = int(height) if name == CHINESE else 0
        return []

    def _in_hex(self, rest: str) -> list[Action]:
        self._spelled = rest.strip() in {"", "_"}
        return []

    def _encoding(self, rest: str) -> list[Action]:
        self._utf8 = rest.strip() == "28"
        return []

    def _data(self, rest: str) -> list[Action]:
        raw = rest.strip("\r\n").encode("latin-1")
        if self._spelled:
            raw = HEX.sub(lambda found: bytes([int(found[1], 16)]), raw)
        text = raw.decode("utf-8" if self._utf8 else "latin-1", "replace")
        if self._bars:
            return self._barcode(text)
        if not self._type:
            return [Note(text)]
        rows, stride = lettering.in_cells(text, self._type)
        fits = self._label.put(*self._place(), stride, rows)
        return [Note(text)] if fits else [Complaint("the text hangs over the label")]

    def _barcode(self, text: str) -> list[Action]:
        runs, code_set = [], "B"
        for control, letters in CHOSEN.findall(text):
            code_set = CODE_SETS.get(control, code_set)
            runs += [(code_set, letters)] if letters else []
        rows, stride, _ = bars.drawn(bars.spelled(runs), self._module, self._bars)
        fits = self._label.put(*self._place(), stride, rows)
        said = "".join(letters for _, letters in runs)
        return [Note(said)] if fits else [Complaint("the barcode hangs over the label")]

    def _box(self, rest: str) -> list[Action]:
        width, height, thick = ([int(p or 1) for p in rest.split(",")[:3]] + [1, 1, 1])[:3]
        x, y = self._place()
        width, height = max(width, thick), max(height, thick)
        if thick * 2 >= min(width, height):
            self._label.box(x, y, width, height)
        else:
            self._label.box(x, y, width, thick)
            self._label.box(x, y + height - thick, width, thick)
            self._label.box(x, y, thick, height)
            self._label.box(x + width - thick, y, thick, height)
        return []

    def _graphic(self, rest: str) -> list[Action]:
        kind, _, total, per_row, data = rest.split(",", 4)
        size, stride = int(total), int(per_row)
        text = data.strip("\r\n")
        rows = unpacked(text, size, stride) if kind == "A" else data.encode("latin-1")
        if len(rows) != size or not stride:
            return [Complaint(f"a graphic of {len(rows)} bytes that should have {size}")]
        fits = self._label.put(*self._place(), stride, rows)
        return [] if fits else [Complaint("the graphic hangs over the label")]

    def _place(self) -> tuple[int, int]:
        return self._home[0] + self._origin[0], self._home[1] + self._origin[1]


def unpacked(data: str, size: int, stride: int) -> bytes:
    """A graphic's text as bytes. ValueError or zlib.error if it is damaged."""
    if data.startswith((":B64:", ":Z64:")):
        _, kind, text, check = data.split(":")
        if crc16(text.encode("ascii")) != int(check, 16):
            raise ValueError("the checksum is wrong")
        raw = base64.b64decode(text, validate=True)
        return zlib.decompress(raw) if kind == "Z64" else raw
    return bytes.fromhex(_spelled_out(data, stride * 2)[: size * 2])


def crc16(data: bytes) -> int:
    """CRC-16 with the polynomial 1021 and nothing to begin with."""
    crc = 0
    for byte in data:
        crc = (crc << 8 ^ CRC_TABLE[crc >> 8 ^ byte]) & 0xFFFF
    return crc


def _crc_of(byte: int) -> int:
    crc = byte << 8
    for _ in range(8):
        crc = crc << 1 ^ (0x1021 if crc & 0x8000 else 0)
    return crc & 0xFFFF


CRC_TABLE = [_crc_of(byte) for byte in range(256)]


def _spelled_out(data: str, row: int) -> str:
    """Hexadecimal digits without repeat counts: G to Y are 1 to 19, g to z 20 to 400."""
    rows: list[str] = []
    line, times = "", 0
    for sign in data:
        if sign in ",!":
            line = line.ljust(row, "0" if sign == "," else "F")
        elif sign == ":":
            line = rows[-1]
        elif "G" <= sign <= "Y":
            times += ord(sign) - 70
        elif "g" <= sign <= "z":
            times += (ord(sign) - 102) * 20
        elif sign not in "\r\n ":
            line += sign * (times or 1)
            times = 0
        while len(line) >= row:
            rows.append(line[:row])
            line = line[row:]
    return "".join(rows) + line


def host_status(state: Mechanism) -> bytes:
    """The three strings that answer ~HS; nothing in the troubles in which a Zebra says nothing."""
    if state.paper_out or state.cover_open or state.hot:
        return b""
    left = int(state.busy)
    first = f"030,0,{int(state.paused)},1200,{left:03d},0,0,0,000,0,0,0"
    second = f"000,0,0,0,0,2,4,0,{left:08d},1,000"
    return b"".join(b"\x02%s\x03\r\n" % text.encode() for text in (first, second, "1234,0"))


def errors(state: Mechanism) -> bytes:
    """The answer to ~HQES."""
    bits = (
        0x1 * state.paper_out | 0x4 * state.cover_open | 0x10 * state.hot | 0x1000 * state.jam
        | 0x10000 * state.paused
    )  # fmt: skip
    low = 8 * state.paper_low
    lines = (
        "", "  PRINTER STATUS",
        f"   ERRORS:         {int(bool(bits))} 00000000 {bits:08X}",
        f"   WARNINGS:       {int(bool(low))} 00000000 {low:08X}",
    )  # fmt: skip
    return b"\x02" + "\r\n".join(lines).encode() + b"\r\n\x03"


ANSWERS: Mapping[str, Callable[[Mechanism], bytes]] = {
    "zpl_host": host_status,
    "zpl_errors": errors,
    "zpl_identity": lambda _state: b"\x02SIM-ZPL,V1.0,8,2048KB,X\x03\r\n",
}
"""What the printer says to each question of this language."""
