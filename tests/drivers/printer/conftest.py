"""A bench for printers: virtual time, the simulated printer on a wire in memory, and readers.

The simulator is an independent reader of all languages; ``EscPosReader`` and ``read_tspl`` below
are a third one, strict where a real printer forgives.
"""

from __future__ import annotations

import io
import json
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from pyzbar import pyzbar

from drivers.interfaces import Bitmap, DeviceGone, MaybeSent, NotSent, Proof
from drivers.port import WriteFailed
from drivers.printer import PRINTERS
from drivers.printer.label_printer import LabelPrinter
from simulators.mechanism import Paper
from simulators.printer import Printer as SimulatedPrinter

TICK = 0.02
LANGUAGES = ("escpos", "tspl", "zpl", "cpcl", "epl")
QUESTIONS = re.compile(
    rb"\x10\x04[\x01-\x04]|\x1b![?S]|READSTA \r\n|~HQES\r\n|~HS\r\n|\x1b[hiN]|\r\n\^ee\r\n"
)
SMALL = (96, 64)


class VirtualTime:
    """Seconds that pass only when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


class MemoryWire:
    """The simulated printer as a port. Faults: gone after k bytes, stalled, half-open, refused."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._answers = b""
        self.closed = False

    def read_some(self) -> bytes:
        bench = self._bench
        self._check()
        bench.time.pass_by(TICK)
        if bench.on_read:
            bench.on_read(bench)
        if bench.half_open:
            return b""
        said = self._answers + bench.device.speak(bench.time.now)
        self._answers = b""
        bench.said += said
        return said

    def write(self, data: bytes) -> None:
        self._check()
        bench = self._bench
        bench.writes.append(data)
        if bench.half_open:
            return
        taken = data if bench.takes is None else data[: max(0, bench.takes - len(bench.heard))]
        bench.heard += taken
        self._answers += bench.device.hear(bytes(taken), bench.time.now)
        if len(taken) < len(data):
            bench.time.pass_by(bench.stall_seconds)
            bench.gone = bench.stall_seconds == 0
            written = len(taken) if bench.counts_bytes else None
            raise WriteFailed("front", "memory://", "takes no more bytes", written=written)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._bench.open_wires -= 1
            self._bench.device.hung_up(self._bench.time.now)

    def _check(self) -> None:
        assert not self.closed, "a closed wire was used"
        if self._bench.gone:
            raise DeviceGone("front", "memory://", "the cable was pulled")


@dataclass
class Bench:
    """One printer, its wire and what can be wrong with them."""

    device: SimulatedPrinter
    time: VirtualTime = field(default_factory=VirtualTime)
    takes: int | None = None  # the wire takes this many bytes in all, then fails
    stall_seconds: float = 0.0  # how long the failing write lasts; 0 means that the wire is gone
    counts_bytes: bool = True
    gone: bool = False
    half_open: bool = False
    on_read: Callable[[Bench], None] | None = None
    heard: bytearray = field(default_factory=bytearray)
    said: bytearray = field(default_factory=bytearray)
    writes: list[bytes] = field(default_factory=list)
    open_wires: int = 0
    opened: int = 0

    def open(self) -> MemoryWire:
        if self.gone:
            raise DeviceGone("front", "memory://", "nobody there")
        self.opened += 1
        self.open_wires += 1
        return MemoryWire(self)

    def printer(self, **settings: Any) -> LabelPrinter:
        """A LabelPrinter on this bench, with the settings of its configuration."""
        build = PRINTERS[self.device.language]
        delivery, language = build("front", settings, self.time.pass_by)
        return LabelPrinter(
            "front", "memory://", language, open_wire=self.open, delivery=delivery,
            clock=self.time, pause=self.time.pass_by,
        )  # fmt: skip

    def outcome(self, printer: LabelPrinter, page: Bitmap, job_id: int = 1) -> str:
        """How printing a page ended: a Proof's word, "not_sent" or "maybe_sent"."""
        try:
            return printer.print_page(page, job_id=job_id).value
        except NotSent:
            return "not_sent"
        except MaybeSent:
            return "maybe_sent"

    def open_cover(self) -> None:
        self.device.mechanism.open_cover(self.time.now, is_open=True)

    def no_paper(self) -> None:
        self.device.mechanism.leave_paper(0, self.time.now)

    def fault(self, name: str) -> None:
        self.device.set_fault(name, on=True, now=self.time.now)

    def trouble(self, name: str) -> None:
        """An open cover, no paper, or one of the simulator's faults, by name."""
        getattr(self, name, lambda: self.fault(name))()

    def page_bytes(self) -> bytes:
        """What the printer heard of a page: all but the status questions."""
        return QUESTIONS.sub(b"", bytes(self.heard))

    def settle(self) -> None:
        """Let the mechanism finish what it has."""
        self.time.pass_by(60)
        self.device.speak(self.time.now)


@pytest.fixture
def make_bench() -> Callable[..., Bench]:
    def make(language: Any = "escpos", **paper: Any) -> Bench:
        return Bench(SimulatedPrinter(language, paper=Paper(**paper)))

    return make


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def proven(language: str) -> Proof:
    """The best that a page's printer can say of it: an EPL2 printer knows no "printed"."""
    return Proof.CONSUMED if language == "epl" else Proof.PRINTED


def bitmap(width: int, height: int, seed: int = 0) -> Bitmap:
    """A page of random dots with white padding."""
    stride, chance = (width + 7) // 8, random.Random(seed)
    last = 0xFF << (-width % 8) & 0xFF
    rows = bytearray(chance.randbytes(stride * height))
    for end in range(stride - 1, len(rows), stride):
        rows[end] &= last
    return Bitmap(width, height, bytes(rows))


@pytest.fixture
def make_page() -> Callable[..., Bitmap]:
    return bitmap


@pytest.fixture
def small_page() -> Callable[..., Bitmap]:
    """Makes pages of 12 x 8 mm without real-time commands, so that no dot is given up."""

    def make(seed: int = 0) -> Bitmap:
        return Bitmap(*SMALL, bitmap(*SMALL, seed).rows.replace(b"\x10", b"\x11"))

    return make


@pytest.fixture
def page(small_page: Callable[..., Bitmap]) -> Bitmap:
    return small_page()


@pytest.fixture
def short_bench(make_bench: Callable[..., Bench]) -> Callable[[Any], Bench]:
    """Makes a bench whose labels are as small as ``small_page``."""
    return lambda language: make_bench(language, width=SMALL[0], label_rows=SMALL[1])


@pytest.fixture
def small_bench(short_bench: Callable[[Any], Bench], language: str) -> Bench:
    return short_bench(language)


@dataclass
class Raster:
    """One raster command as it was read: its offset in the stream, stride, height and rows."""

    stride: int
    height: int
    rows: bytes


class EscPosReader:
    """Reads a stream command by command and refuses any byte that it cannot name."""

    COMMANDS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
        ("init", re.compile(rb"\x1b@")),
        ("raster", re.compile(rb"\x1dv0\x00(..)(..)", re.S)),
        ("feed", re.compile(rb"\x1bJ(.)", re.S)),
        ("form_feed", re.compile(rb"\x0c")),
        ("cut", re.compile(rb"\x1dV(\x00|\x01|B.)", re.S)),
        ("kanji_on", re.compile(rb"\x1c&")),
        ("kanji_off", re.compile(rb"\x1c\.")),
        ("process_id", re.compile(rb"\x1d\(H\x06\x0000(....)", re.S)),
        ("line", re.compile(rb"\n")),
        ("text", re.compile(rb"(?:[\x20-\x7e]|[\x81-\xfe][\x40-\x7e\x80-\xfe])+")),
    )

    def __init__(self, stream: bytes) -> None:
        self.stream = stream

    def commands(self) -> Iterator[tuple[str, Any]]:
        place = 0
        while place < len(self.stream):
            name, found = self._next(place)
            place = found.end()
            if name == "raster":
                stride, height = (int.from_bytes(found[i], "little") for i in (1, 2))
                rows = self.stream[place : place + stride * height]
                assert len(rows) == stride * height, "a raster lacks bytes"
                place += len(rows)
                yield name, Raster(stride, height, rows)
            else:
                yield name, found[0]

    def _next(self, place: int) -> tuple[str, re.Match[bytes]]:
        for name, pattern in self.COMMANDS:
            if found := pattern.match(self.stream, place):
                return name, found
        raise AssertionError(f"no command at {place}: {self.stream[place : place + 12].hex(' ')}")

    def names(self) -> list[str]:
        return [name for name, _ in self.commands()]

    def image(self) -> bytes:
        return b"".join(body.rows for name, body in self.commands() if name == "raster")


@pytest.fixture
def read_escpos() -> type[EscPosReader]:
    return EscPosReader


def tspl_page(stream: bytes) -> tuple[list[str], tuple[int, int], bytes]:
    """Return a TSPL stream's commands, its bitmap's (stride, height), and its rows with 1 black."""
    found = re.search(rb"BITMAP 0,0,(\d+),(\d+),0,", stream)
    assert found, "no bitmap"
    stride, height = int(found[1]), int(found[2])
    end = found.end() + stride * height
    dots = stream[found.end() : end]
    assert stream[end : end + 2] == b"\r\n", "the bitmap's length is wrong"
    lines = stream[: found.start()] + b"BITMAP" + stream[end:]
    return (
        lines.decode("ascii").removesuffix("\r\n").split("\r\n"),
        (stride, height),
        bytes(~value & 0xFF for value in dots),
    )


@pytest.fixture
def read_tspl() -> Callable[[bytes], tuple[list[str], tuple[int, int], bytes]]:
    return tspl_page


@pytest.fixture
def scripted() -> type[ScriptedWire]:
    return ScriptedWire


class ScriptedWire:
    """A wire whose answers are written down beforehand: request to chunks, in virtual time."""

    def __init__(self, time: VirtualTime, answers: dict[bytes, list[bytes]]) -> None:
        self.time, self.answers = time, answers
        self.waiting: list[bytes] = []
        self.asked: list[bytes] = []

    def read_some(self) -> bytes:
        self.time.pass_by(TICK)
        return self.waiting.pop(0) if self.waiting else b""

    def write(self, data: bytes) -> None:
        self.asked.append(data)
        self.waiting += self.answers.get(data, [])

    def close(self) -> None:
        self.waiting.clear()


# --- Pictures, and readers that are not ours ----------------------------------------------------

ROOT = Path(__file__).parents[3]
EYES = ROOT / ".venv" / "eyes"
_BLIND = pytest.StashKey[str]()
_BLIND_ESCPOS = pytest.StashKey[str]()


def picture_of(page: Bitmap) -> Image.Image:
    """A page as a 1-bit picture, black on white."""
    white = bytes(byte ^ 0xFF for byte in page.rows)
    return Image.frombytes("1", (page.width, page.height), white)


@pytest.fixture
def picture() -> Callable[[Bitmap], Image.Image]:
    return picture_of


@pytest.fixture(params=["100x150", "76x130"])
def waybill(request: pytest.FixtureRequest) -> Bitmap:
    """The waybill shown in docs/, in either size."""
    drawn = Image.open(ROOT / "docs" / f"waybill-{request.param}.png").convert("1")
    black = bytes(byte ^ 0xFF for byte in drawn.tobytes())
    assert drawn.width % 8 == 0
    return Bitmap(drawn.width, drawn.height, black)


@pytest.fixture
def numbers_read() -> Callable[[Bitmap], list[list[str]]]:
    """Reads a page's barcodes, once with ZXing and once with ZBar."""

    def read(page: Bitmap) -> list[list[str]]:
        grey = picture_of(page).convert("L")
        return [
            sorted({found.text for found in zxingcpp.read_barcodes(grey)}),
            sorted({found.data.decode() for found in pyzbar.decode(grey)}),
        ]

    return read


@pytest.fixture(scope="session")
def draw_zpl(request: pytest.FixtureRequest) -> Callable[[bytes, int, int], Image.Image]:
    """Draws ZPL with zpl-renderer-js, a label's width and height in mm; skips where it is not."""
    node = shutil.which("node")
    if node is None or not (EYES / "node_modules" / "zpl-renderer-js").is_dir():
        reason = "zpl-renderer-js is not installed (make eyes; needs node and npm)"
        request.config.stash[_BLIND] = reason
        pytest.skip(reason)
    script = Path(__file__).parent / "eyes" / "draw_zpl.mjs"

    def draw(stream: bytes, width: int, height: int) -> Image.Image:
        words = [node, script, EYES, str(width), str(height)]
        done = subprocess.run(words, input=stream, capture_output=True, check=True, timeout=60)
        grey = Image.open(io.BytesIO(done.stdout)).convert("L")
        return grey.point(lambda value: 255 * (value > 127), "1")

    return draw


@dataclass
class Seen:
    """What npos saw in a stream: its commands, and the picture of all raster commands."""

    commands: list[str]
    size: tuple[int, int]
    dots: bytes


@pytest.fixture(scope="session")
def read_escpos_elsewhere(request: pytest.FixtureRequest) -> Callable[[bytes], Seen]:
    """Reads ESC/POS with npos, a parser of another house; skips where it is not installed."""
    node = shutil.which("node")
    if node is None or not (EYES / "node_modules" / "npos").is_dir():
        reason = "npos is not installed (make eyes; needs node and npm)"
        request.config.stash[_BLIND_ESCPOS] = reason
        pytest.skip(reason)
    script = Path(__file__).parent / "eyes" / "draw_escpos.mjs"

    def read(stream: bytes) -> Seen:
        words = [node, "--no-deprecation", script, EYES]
        done = subprocess.run(words, input=stream, capture_output=True, check=True, timeout=60)
        commands, _, picture = done.stdout.partition(b"\n")
        seen = Image.open(io.BytesIO(picture)) if not picture.startswith(b"P5\n0 ") else None
        if seen is None:
            return Seen(json.loads(commands), (0, 0), b"")
        black = bytes(byte ^ 0xFF for byte in seen.point(lambda v: 255 * (v > 127), "1").tobytes())
        return Seen(json.loads(commands), seen.size, black)

    return read


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say loudly what no other reader has looked at."""
    if reason := config.stash.get(_BLIND, ""):
        terminalreporter.section("ZPL NOT READ BY ANYBODY ELSE", red=True)
        terminalreporter.write_line(reason)
    if reason := config.stash.get(_BLIND_ESCPOS, ""):
        terminalreporter.section("ESC/POS NOT READ BY ANYBODY ELSE", red=True)
        terminalreporter.write_line(reason)


@pytest.fixture
def virtual_time() -> VirtualTime:
    return VirtualTime()
