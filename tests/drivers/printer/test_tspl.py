"""TSPL bytes against TSC's manual and an independent reader, and the three status dialects."""

from __future__ import annotations

import random
import time
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import Bitmap, PaperState
from drivers.printer import tspl
from drivers.printer.pages import Unprintable
from drivers.printer.proofs import ReplyReader
from drivers.printer.settings import TsplSettings


def test_a_page_is_the_bytes_of_the_manual():
    """TSC TSPL2 manual: SIZE, GAP, BITMAP X,Y,width bytes,height dots,mode,data with 0 = black."""
    page = Bitmap(16, 2, bytes.fromhex("80 01 ff 00"))
    assert b"".join(tspl.encode_page(page, TsplSettings())) == (
        b"SIZE 2 mm,0.25 mm\r\n"
        b"GAP 2 mm,0 mm\r\n"
        b"DENSITY 8\r\n"
        b"SPEED 4\r\n"
        b"DIRECTION 0,0\r\n"
        b"REFERENCE 0,0\r\n"
        b"SET PEEL OFF\r\n"
        b"SET CUTTER OFF\r\n"
        b"SET TEAR ON\r\n"
        b"SET REPRINT OFF\r\n"
        b"CLS\r\n"
        b"BITMAP 0,0,2,2,0,\x7f\xfe\x00\xff\r\n"
        b"PRINT 1,1\r\n"
    )


def test_pad_bits_are_white():
    blocks = tspl.encode_page(Bitmap(3, 1, b"\xe0"), TsplSettings())
    assert blocks[1] == b"BITMAP 0,0,1,1,0,\x1f\r\n"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (TsplSettings(media="mark", gap_mm=Decimal("3.5")), "BLINE 3.5 mm,0 mm"),
        (TsplSettings(media="continuous"), "GAP 0 mm,0 mm"),
        (TsplSettings(gap_mm=Decimal("2.50")), "GAP 2.5 mm,0 mm"),
        (TsplSettings(gap_mm=Decimal(20)), "GAP 20 mm,0 mm"),
        (TsplSettings(dialect="kuaimai"), "SIZE 100mm,150mm"),
        (TsplSettings(dialect="kuaimai"), "GAP 2mm,0mm"),
        (TsplSettings(density=15), "DENSITY 15"),
        (TsplSettings(speed=Decimal("1.5")), "SPEED 1.5"),
        (TsplSettings(speed=Decimal(10)), "SPEED 10"),
        (TsplSettings(direction=1), "DIRECTION 1,0"),
        (TsplSettings(reference_x=8, reference_y=16), "REFERENCE 8,16"),
        (TsplSettings(ending="cut"), "SET CUTTER 1"),
        (TsplSettings(ending="peel"), "SET PEEL ON"),
        (TsplSettings(ending="none"), "SET TEAR OFF"),
    ],
)
def test_each_setting_is_one_command(settings, line):
    assert line in tspl.set_up(Bitmap(800, 1200, b""), settings)


@pytest.mark.parametrize("ending", ["tear", "peel", "cut", "none"])
def test_a_printer_never_repeats_an_interrupted_label_by_itself(ending):
    assert "SET REPRINT OFF" in tspl.set_up(Bitmap(8, 8, b""), TsplSettings(ending=ending))


@pytest.mark.parametrize(
    ("dots", "text"), [(800, "100"), (608, "76"), (1040, "130"), (1, "0.125"), (605, "75.625")]
)
def test_dots_are_exact_millimetres(dots, text):
    assert tspl.millimetres(dots) == text


@given(st.integers(1, 100_000))
def test_every_width_is_told_exactly(dots):
    text = tspl.millimetres(dots)
    assert Decimal(text) * 8 == dots
    assert "E" not in text


@given(st.integers(1, 900), st.integers(1, 60), st.integers(0, 1 << 30))
def test_any_page_comes_back_dot_for_dot(width, height, seed):
    stride = (width + 7) // 8
    last = 0xFF << (-width % 8) & 0xFF
    rows = bytearray(random.Random(seed).randbytes(stride * height))
    rows[stride - 1 :: stride] = bytes(v & last for v in rows[stride - 1 :: stride])
    page = Bitmap(width, height, bytes(rows))
    setup, bitmap, last_block = tspl.encode_page(page, TsplSettings())
    head, _, rest = bitmap.partition(f",{height},0,".encode())
    assert head == f"BITMAP 0,0,{stride}".encode()
    assert bytes(value ^ 0xFF for value in rest[:-2]) == page.rows
    assert rest[-2:] == b"\r\n"
    assert setup.startswith(f"SIZE {tspl.millimetres(width)} mm,".encode())
    assert last_block == b"PRINT 1,1\r\n"


def test_the_independent_reader_finds_the_same_commands(make_page, read_tspl):
    page = make_page(800, 1200)
    lines, size, rows = read_tspl(b"".join(tspl.encode_page(page, TsplSettings())))
    assert size == (100, 1200)
    assert rows == page.rows
    assert lines[-2:] == ["BITMAP", "PRINT 1,1"]
    assert lines[-3] == "CLS"


def test_a_page_wider_than_the_head_is_refused():
    with pytest.raises(Unprintable, match="864"):
        tspl.encode_page(Bitmap(872, 1, bytes(109)), TsplSettings(head_dots=864))


def test_filler_closes_a_bitmap_and_throws_it_away():
    assert b"".join(tspl.filler(3)) == b"\xff\xff\xff\r\nCLS\r\n"


# --- Status -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (0x00, PaperState.READY),
        (0x01, PaperState.COVER_OPEN),
        (0x02, PaperState.JAM),
        (0x04, PaperState.PAPER_OUT),
        (0x05, PaperState.COVER_OPEN),
        (0x08, PaperState.ERROR),
        (0x10, PaperState.PAUSED),
        (0x20, PaperState.PRINTING),
        (0x24, PaperState.PAPER_OUT),
        (0x30, PaperState.PAUSED),
        (0x40, PaperState.COVER_OPEN),
        (0x80, PaperState.ERROR),
        (0xFF, PaperState.COVER_OPEN),
    ],
)
def test_the_status_byte_means_what_the_manual_says(value, state):
    """TSC TTP-244 Plus manual p.85 and Gprinter GP-2120T manual p.30; the worst is told."""
    assert tspl.byte_state(value) is state


@given(st.integers(0, 255))
def test_only_zero_and_printing_let_a_page_through(value):
    status = tspl.read_byte(bytes([value]))
    assert status
    assert status.may_print == (value in (0x00, 0x20))


@pytest.mark.parametrize(
    ("letters", "state"),
    [
        (b"@@@@", PaperState.READY),
        (b"`@@@", PaperState.PAUSED),
        (b"K@@@", PaperState.PAUSED),
        (b"P@@@", PaperState.PRINTING),
        (b"W@@@", PaperState.PRINTING),
        (b"B@@@", PaperState.PRINTING),
        (b"C@@@", PaperState.PRINTING),
        (b"F@@@", PaperState.PRINTING),
        (b"L@@@", PaperState.READY),
        (b"E@@@", PaperState.ERROR),
        (b"E@A@", PaperState.HOT),
        (b"E@B@", PaperState.HOT),
        (b"E@H@", PaperState.JAM),
        (b"E@P@", PaperState.ERROR),
        (b"E@@A", PaperState.PAPER_OUT),
        (b"E@@B", PaperState.JAM),
        (b"E@@D", PaperState.ERROR),
        (b"PH@@", PaperState.PRINTING),
        (b"z@@@", PaperState.UNKNOWN),
    ],
)
def test_the_status_frame_means_what_the_manual_says(letters, state):
    """TSPL2 manual, <ESC>!S: STX, message, warning, printer error, media error, ETX CR LF."""
    assert tspl.frame_state(letters) is state


@pytest.mark.parametrize(
    ("word", "state"),
    [
        (b"1,LIBOPEN", PaperState.COVER_OPEN),
        (b"0,NOPAPER", PaperState.PAPER_OUT),
        (b"0,PAPEREND", PaperState.PAPER_OUT),
        (b"0,PAPERERR", PaperState.JAM),
        (b"0,PAPER", PaperState.READY),
    ],
)
def test_the_kuaimai_words_are_states(word, state):
    status = tspl.read_word(word + b"\r\n")
    assert status
    assert status.state is state
    assert tspl.read_word(word) is None, "PAPER may still become PAPEREND"


@given(st.lists(st.integers(0, 9), max_size=3))
def test_a_status_frame_is_found_in_any_chunking_and_after_noise(cuts):
    data = b"\x00\x02@@\x02E@@A\x03\r\n"
    reader, found = ReplyReader(tspl.read_frame), None
    edges = [0, *sorted(cuts), len(data)]
    for start, end in pairwise(edges):
        found = found or (reader.feed(data[start:end]) if data[start:end] else None)
    assert found
    assert found.state is PaperState.PAPER_OUT
    assert found.raw == b"\x02E@@A\x03\r\n"


@given(st.binary(max_size=2000))
def test_noise_is_never_more_than_an_unknown_frame_or_word(data):
    frame, word = ReplyReader(tspl.read_frame), ReplyReader(tspl.read_word)
    assert frame.feed(data) is None or b"\x02" in data
    assert word.feed(data) is None or b"PAPER" in data or b"LIBOPEN" in data
    assert len(frame.raw) <= 256


def test_several_different_bytes_at_once_are_noise():
    noise = tspl.read_byte(b"\x00\x41")
    assert noise
    assert noise.state is PaperState.UNKNOWN
    assert noise.may_print


def test_a_mileage_is_any_number():
    assert tspl.read_number(b"12\r\n") is True
    assert tspl.read_number(b"\r\n") is None


def test_a_label_is_encoded_in_two_milliseconds(make_page):
    page = make_page(800, 1200)
    seconds = []
    for _ in range(15):
        start = time.process_time()
        tspl.encode_page(page, TsplSettings())
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.002
