"""What is black on a page, sent in pieces: the same dots, and as honest when the line breaks."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import Bitmap
from drivers.printer import PRINTERS, escpos, for_line, tspl
from drivers.printer.label_printer import LabelPrinter, Pace
from drivers.printer.settings import EscPosSettings, TsplSettings

DRAWING = ("escpos", "tspl", "cpcl", "epl")
INKED = EscPosSettings(route="inked")


def ruled(seed, width=96, height=64):
    """A label with a frame, some bars and some words, all of them different by seed."""
    chance, stride = random.Random(seed), width // 8
    rows = bytearray(stride * height)
    for y in (0, 1, height - 1):
        rows[y * stride : (y + 1) * stride] = b"\xff" * stride
    for y in range(height):
        rows[y * stride] |= 0xC0
        if 8 <= y < 40:
            rows[y * stride + 3] |= chance.choice((0x0F, 0x3F)) if y == 8 else rows[8 * stride + 3]
    for word in range(2):
        for y in range(44, 54):
            place = y * stride + 2 + word * 6
            rows[place : place + 2] = chance.randbytes(2).replace(b"\x10", b"\x11")
    return Bitmap(width, height, bytes(rows))


# --- Broken lines -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", DRAWING)
@pytest.mark.parametrize("counts_bytes", [True, False])
def test_a_line_that_fails_after_any_byte_ends_honestly(short_bench, language, counts_bytes):
    page, seen = ruled(0), set()
    reference = short_bench(language)
    reference.printer(route="inked").print_page(page, job_id=1)
    for taken in range(len(reference.heard) + 1):
        bench = short_bench(language)
        bench.takes, bench.counts_bytes = taken, counts_bytes
        printer = bench.printer(route="inked", chunk_bytes=64, proof_seconds=2.0)
        outcome = bench.outcome(printer, page)
        seen.add(outcome)
        if outcome in ("printed", "consumed"):
            bench.settle()
            assert [paper.rows for paper in bench.device.pages if paper.whole] == [page.rows]
    assert {"not_sent", "maybe_sent"} < seen


@pytest.mark.parametrize("language", DRAWING)
def test_a_page_cut_off_anywhere_does_not_swallow_the_next_one(short_bench, language, monkeypatch):
    """The printer does not notice a new connection: it still waits for the rest."""
    first, second = ruled(1), ruled(2)
    reference = short_bench(language)
    reference.printer(route="inked", proof="none").print_page(first, job_id=1)
    for taken in range(30, len(reference.heard), 23):
        bench = short_bench(language)
        monkeypatch.setattr(bench.device, "hung_up", lambda _now: None)
        printer = bench.printer(route="inked", chunk_bytes=64)
        bench.takes, bench.stall_seconds = taken, 5.0
        if bench.outcome(printer, first) != "maybe_sent":
            continue
        bench.takes = None
        assert bench.outcome(printer, second, 2) in ("printed", "consumed"), taken
        bench.settle()
        assert bench.device.pages[-1].rows == second.rows, taken
        assert first.rows not in [paper.rows for paper in bench.device.pages], taken


# --- In the time there is -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "most"), [("escpos", 130), ("tspl", 45), ("zpl", 25), ("cpcl", 45), ("epl", 45)]
)
def test_a_waybill_crosses_a_slow_line_in_the_time_that_is_left_for_it(
    make_bench, waybill, language, most
):
    """9600 baud, a byte every 10 bits: nobody has to configure a time for it."""
    bench = make_bench(language, width=waybill.width, label_rows=waybill.height)
    usual = for_line("/dev/ttyUSB0", language, {"status": "none", "chunk_bytes": 256})
    printer, start = bench.printer(**usual), bench.time.now
    open_wire = printer._open_wire

    def paced():
        wire = open_wire()
        write = wire.write

        def slowly(data):
            bench.time.pass_by(len(data) * 10 / 9600)
            write(data)

        wire.write = slowly
        return wire

    printer._open_wire = paced
    printer.print_page(waybill, job_id=1)
    assert bench.time.now - start < most
    bench.settle()
    assert [paper.whole for paper in bench.device.pages] == [True]


# --- TSPL ---------------------------------------------------------------------------------------


def test_a_tspl_page_is_bitmaps_and_then_bars():
    """Bitmaps overwrite what is below them, so the bars come last."""
    rows = b"".join(
        b"\xff" * 12 if y < 3 else b"\x00\x5a" + bytes(10) if 20 <= y < 28 else bytes(12)
        for y in range(64)
    )
    _, *drawn, end = tspl.encode_page(Bitmap(96, 64, rows), TsplSettings(route="inked"))
    assert drawn == [b"BITMAP 8,20,1,8,0," + b"\xa5" * 8 + b"\r\n", b"BAR 0,0,96,3\r\n"]
    assert end == b"PRINT 1,1\r\n"


def test_a_white_tspl_page_is_only_set_up_and_print():
    blocks = tspl.encode_page(Bitmap(96, 64, bytes(12 * 64)), TsplSettings(route="inked"))
    assert len(blocks) == 2


# --- ESC/POS ------------------------------------------------------------------------------------


def bands_of(stream, read_escpos):
    return [body for name, body in read_escpos(stream).commands() if name == "raster"]


def test_escpos_bands_are_as_wide_as_their_black(read_escpos):
    rows = (b"\xff" * 4 + bytes(96)) * 30 + bytes(100 * 40) + (b"\xff" * 100) * 10
    bands = bands_of(b"".join(escpos.encode_page(Bitmap(800, 80, rows), INKED)), read_escpos)
    assert [(band.stride, band.height) for band in bands] == [(4, 30), (1, 40), (100, 10)]


def test_escpos_bands_are_not_parted_where_a_command_costs_more(read_escpos):
    rows = b"".join(b"\xff" * (4 + y % 2) + bytes(6 - y % 2) for y in range(40))
    bands = bands_of(b"".join(escpos.encode_page(Bitmap(80, 40, rows), INKED)), read_escpos)
    assert [(band.stride, band.height) for band in bands] == [(5, 40)]


@pytest.mark.parametrize(("rows", "bands"), [(8, 1), (9, 2)])
def test_escpos_bands_are_parted_as_soon_as_that_saves_a_byte(read_escpos, rows, bands):
    """A command has eight bytes before its dots: so much white is sent along with the others."""
    dots = [b"\xff" * 100] * 30 + [b"\xff" * 5] * 4 + [b"\xff" * 4] * rows
    page = Bitmap(800, len(dots), b"".join(row.ljust(100, b"\0") for row in dots))
    stream = b"".join(escpos.encode_page(page, INKED))
    assert len(bands_of(stream, read_escpos)) == 1 + bands


@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.integers(1, 60))
def test_every_row_comes_back_and_costs_no_more_than_the_whole(widths, chunk_rows):
    rows = b"".join(b"\xa5" * width + bytes(12 - width) for width in widths)
    page = Bitmap(96, len(widths), rows)
    settings = EscPosSettings(route="inked", chunk_rows=chunk_rows)
    bands = list(escpos.inked_parts(page))
    padded = [
        band[start : start + width].ljust(12, b"\0")
        for width, band in bands
        for start in range(0, len(band), width)
    ]
    assert b"".join(padded) == rows
    whole = EscPosSettings(route="whole", chunk_rows=len(widths))
    inked = sum(map(len, escpos.encode_page(page, settings)))
    commands = sum(map(len, escpos.encode_page(page, whole))) + 8 * (len(widths) // chunk_rows + 1)
    assert inked <= commands + 8 * len(bands)


@pytest.mark.fault("F21")
@given(st.binary(min_size=12, max_size=600))
def test_cutting_white_off_never_spells_a_real_time_command(data):
    """Two rows that come to touch may spell one that the whole page did not."""
    rows = data[: len(data) // 12 * 12].translate(bytes([0x10, 4, 5, 0x14, 0, 0, 0, 0] * 32))
    stream = b"".join(escpos.encode_page(Bitmap(96, len(rows) // 12, rows), INKED))
    assert not re.search(rb"\x10[\x04\x05\x14]", stream)


# --- A line that turns out to be slow -----------------------------------------------------------


class DribblingWire:
    """Takes every byte, at so many bytes a second of virtual time, after a buffer that is quick."""

    def __init__(self, time: Any, rate: float, buffer: int = 4096) -> None:
        self.time, self.rate, self.room = time, rate, buffer
        self.sizes: list[int] = [0]

    def read_some(self) -> bytes:
        self.time.pass_by(0.02)
        return b""

    def write(self, data: bytes) -> None:
        quick = min(self.room, len(data))
        self.room -= quick
        self.time.pass_by((len(data) - quick) / self.rate)
        self.sizes[-1] += len(data)

    def close(self) -> None:
        self.room = 0


def pages_over(virtual_time: Any, language: str, waybill: Any, rate: float, pages: int = 2,
               **settings: Any) -> list[int]:
    """How many bytes each of equal pages took over a line of so many bytes a second."""
    wire = DribblingWire(virtual_time, rate)
    delivery, spoken = PRINTERS[language](
        "p", {"status": "none", "page_seconds": 600.0, **settings}, virtual_time.pass_by)
    printer = LabelPrinter("p", "socket://far", spoken, open_wire=lambda: wire, delivery=delivery,
                           clock=virtual_time, pause=virtual_time.pass_by)
    for number in range(pages):
        printer.print_page(waybill, job_id=number + 1)
        wire.sizes.append(0)
    return wire.sizes[:pages]


@pytest.mark.parametrize("language", ["tspl", "cpcl", "epl"])
def test_a_line_that_turns_out_slow_gets_only_the_black_from_the_next_page_on(
    virtual_time, waybill, language
):
    first, second = pages_over(virtual_time, language, waybill, rate=1000)
    assert first > len(waybill.rows)
    assert second < first * 0.45


@pytest.mark.parametrize("language", ["escpos", "tspl", "zpl", "cpcl", "epl"])
def test_a_quick_line_gets_the_whole_bitmap_every_time(virtual_time, waybill, language):
    sizes = pages_over(virtual_time, language, waybill, rate=100_000, pages=3)
    assert len(set(sizes)) == 1


@pytest.mark.parametrize("route", ["whole", "inked"])
def test_a_route_that_is_set_stays_however_slow_the_line(virtual_time, waybill, route):
    first, second = pages_over(virtual_time, "tspl", waybill, rate=500, route=route)
    assert first == second


def test_pauses_that_are_set_do_not_make_a_line_slow(virtual_time, waybill):
    first, second = pages_over(virtual_time, "tspl", waybill, rate=100_000, pause_ms=2000)
    assert first == second


@pytest.mark.parametrize(
    ("pieces", "is_slow"),
    [
        ([(16_384, 60.0), (16_384, 60.0)], True),
        ([(16_384, 60.0), (16_383, 60.0)], False),  # hardly more than the computer keeps for itself
        ([(16_384, 1.0), (16_384, 3.2)], False),  # 3,840 bytes a second, as at 38,400 baud
        ([(16_384, 1.0), (16_384, 3.27)], True),
        ([(16_384, 0.0), (38_400, 10.0)], False),
        ([(16_384, 0.0), (38_400, 10.001)], True),
    ],
)
def test_a_line_is_slow_below_3840_bytes_a_second(pieces, is_slow):
    pace = Pace()
    pace.begin()
    for size, seconds in pieces:
        pace.note(size, seconds)
    assert pace.is_slow == is_slow


def test_a_short_page_says_nothing_about_its_line():
    pace = Pace()
    for _ in range(20):
        pace.begin()
        pace.note(20_000, 30.0)
    assert not pace.is_slow
    pace.begin()
    for _ in range(20):
        pace.note(4096, 2.0)
    assert pace.is_slow
