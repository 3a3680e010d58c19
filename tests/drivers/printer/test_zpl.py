"""ZPL II: the bytes of the guide, answers read right, and a conversation that proves the page."""

from __future__ import annotations

import base64
import random
import re
import time
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import Bitmap, PaperState, PrinterStatus, Proof
from drivers.printer import build_printer, zpl
from drivers.printer.pages import Unprintable
from drivers.printer.proofs import ReplyReader
from drivers.printer.settings import ZplSettings
from simulators.zpl import crc16, unpacked

GRAPHIC = re.compile(
    rb"\^FO0,0\^GFA,(\d+),(\d+),(\d+),:Z64:([A-Za-z0-9+/=]+):([0-9A-F]{4})\^FS\r\n"
)
HEALTHY = (
    b"\x02030,0,0,1200,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n"
)
WELL = (
    b"\x02\r\n  PRINTER STATUS\r\n   ERRORS:         0 00000000 00000000\r\n"
    b"   WARNINGS:       0 00000000 00000000\r\n\x03"
)


def host(**fields):
    """An answer to ~HS with some fields of its first string changed, by their letters."""
    first = dict(zip("abcdefghijkl", b"030,0,0,1200,000,0,0,0,000,0,0,0".split(b","), strict=True))
    second = dict(zip("mnopqrstuvw", b"000,0,0,0,0,2,4,0,00000000,1,000".split(b","), strict=True))
    for name, value in fields.items():
        (first if name in first else second)[name] = value
    return b"\x02%s\x03\r\n\x02%s\x03\r\n\x021234,0\x03\r\n" % (
        b",".join(first.values()), b",".join(second.values()),
    )  # fmt: skip


def errors(bits, warnings=0, flag=1):
    return (
        f"\x02\r\n  PRINTER STATUS\r\n   ERRORS:         {flag} 00000000 {bits:08X}\r\n"
        f"   WARNINGS:       {int(warnings > 0)} 00000000 {warnings:08X}\r\n\x03"
    ).encode()


# --- What is sent -------------------------------------------------------------------------------


def test_a_page_is_the_commands_of_the_guide(make_page):
    page = make_page(20, 3)
    set_up, graphic, end = zpl.encode_page(page, ZplSettings())
    assert set_up == (
        b"~SD15\r\n^XA\r\n^MNY^MMT^JZN\r\n^PW20^LL3\r\n^LH0,0^LT0^LS0^PON^PMN^LRN\r\n^PR4\r\n"
    )
    found = GRAPHIC.fullmatch(graphic)
    assert found
    assert [int(found[n]) for n in (1, 2, 3)] == [9, 9, 3]
    assert zlib.decompress(base64.b64decode(found[4])) == page.rows
    assert int(found[5], 16) == crc16(found[4])
    assert end == b"^PQ1,0,1,N^XZ\r\n"


def test_the_checksum_is_the_ccitt_one_that_begins_with_nothing():
    """Its check value for "123456789" is 31C3 (CRC catalogue, XMODEM)."""
    assert crc16(b"123456789") == 0x31C3


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"media": "mark"}, b"^MNM"),
        ({"media": "continuous"}, b"^MNN"),
        ({"density": 3}, b"~SD03\r\n"),
        ({"ending": "peel"}, b"^MMP"),
        ({"ending": "cut"}, b"^MMC"),
        ({"direction": 1}, b"^POI"),
        ({"reference_x": 8, "reference_y": 16}, b"^PW808^LL1216\r\n^LH8,16"),
    ],
)
def test_each_setting_is_one_command(make_page, settings, words):
    assert words in zpl.encode_page(make_page(800, 1200), ZplSettings(**settings))[0]


@given(st.integers(1, 900), st.integers(1, 60), st.integers(0, 1 << 30))
def test_any_page_comes_back_dot_for_dot(width, height, seed):
    stride = (width + 7) // 8
    rows = bytearray(random.Random(seed).randbytes(stride * height))
    mask = 0xFF << (-width % 8) & 0xFF
    rows[stride - 1 :: stride] = bytes(v & mask for v in rows[stride - 1 :: stride])
    page = Bitmap(width, height, bytes(rows))
    data = zpl.encode_page(page, ZplSettings())[1].decode().split(",", 5)[5].removesuffix("^FS\r\n")
    assert unpacked(data, len(rows), stride) == page.rows


@pytest.mark.fault("F21")
@given(st.binary(min_size=1, max_size=600))
def test_nothing_on_a_page_is_a_command(rows):
    """Only our own commands hold a caret or a tilde, whatever the dots spell."""
    stream = b"".join(zpl.encode_page(Bitmap(8, len(rows), rows), ZplSettings()))
    names = re.findall(rb"[\^~][A-Z@0-9]{2}", stream)
    assert len(names) == stream.count(b"^") + stream.count(b"~")
    assert names == [
        b"~SD", b"^XA", b"^MN", b"^MM", b"^JZ", b"^PW", b"^LL", b"^LH", b"^LT", b"^LS", b"^PO",
        b"^PM", b"^LR", b"^PR", b"^FO", b"^GF", b"^FS", b"^PQ", b"^XZ",
    ]  # fmt: skip


def test_a_page_wider_than_the_head_is_refused(make_page):
    with pytest.raises(Unprintable, match="864"):
        zpl.encode_page(make_page(872, 1), ZplSettings(head_dots=864))


def test_a_label_is_encoded_in_ten_milliseconds(make_page):
    rows = (b"\xff\x00\x0f\xf0" * 25 + bytes(100)) * 600
    page, seconds = Bitmap(800, 1200, rows), []
    for _ in range(9):
        start = time.process_time()
        zpl.encode_page(page, ZplSettings())
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.01


# --- What is answered ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, PaperState.READY),
        ({"b": b"1"}, PaperState.PAPER_OUT),
        ({"c": b"1"}, PaperState.PAUSED),
        ({"e": b"002"}, PaperState.PRINTING),
        ({"f": b"1"}, PaperState.PRINTING),
        ({"h": b"1"}, PaperState.PRINTING),
        ({"u": b"00000003"}, PaperState.PRINTING),
        ({"j": b"1"}, PaperState.ERROR),
        ({"k": b"1"}, PaperState.READY),  # a cold head prints
        ({"l": b"1"}, PaperState.HOT),
        ({"o": b"1"}, PaperState.COVER_OPEN),
        ({"p": b"1"}, PaperState.ERROR),
        ({"t": b"1"}, PaperState.READY),  # a label waits to be taken
        ({"o": b"1", "b": b"1", "e": b"001"}, PaperState.COVER_OPEN),
    ],
)
def test_the_host_status_means_what_the_guide_says(fields, state):
    """ZPL II guide 45541L-004 pages 191 and 192, fields by their letters."""
    status = zpl.read_host(host(**fields))
    assert status
    assert status.state is state


@pytest.mark.parametrize(
    ("bits", "state"),
    [
        (0x1, PaperState.PAPER_OUT),
        (0x2, PaperState.ERROR),
        (0x4, PaperState.COVER_OPEN),
        (0x5, PaperState.COVER_OPEN),
        (0x8, PaperState.JAM),
        (0x10, PaperState.HOT),
        (0x20, PaperState.HOT),
        (0x40, PaperState.ERROR),
        (0x1000, PaperState.JAM),
        (0x4000, PaperState.JAM),
        (0x10000, PaperState.PAUSED),
        (0x80000, PaperState.ERROR),
        (0x0, PaperState.ERROR),  # it says that there is an error, and not which
    ],
)
def test_the_error_bits_mean_what_the_guide_says(bits, state):
    status = zpl.read_errors(errors(bits))
    assert status
    assert status.state is state


def test_bits_without_their_flag_are_no_errors():
    assert zpl.read_errors(errors(0x5, flag=0)).state is PaperState.READY


@pytest.mark.parametrize(
    ("bits", "state"),
    [(8, PaperState.PAPER_LOW), (7, PaperState.READY), (0x80, PaperState.READY)])
def test_of_the_warnings_only_the_paper_is_told(bits, state):
    assert zpl.read_errors(errors(0, bits, flag=0)).state is state


@given(st.lists(st.integers(0, 300), max_size=5))
def test_answers_are_found_in_any_chunking_and_after_noise(cuts):
    data = b"\x00\x02,,\x03" + host(e=b"001")
    reader, found = ReplyReader(zpl.read_host), None
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        found = found or (reader.feed(data[start:end]) if end > start else None)
    assert found
    assert found.state is PaperState.PRINTING


@given(st.binary(max_size=600))
def test_noise_is_no_answer(data):
    assert zpl.read_host(data) is None
    assert zpl.read_errors(data) is None


def test_an_answer_of_another_shape_is_unknown():
    answer = b"\x020,1\x03\r\n\x020,1\x03\r\n"
    assert zpl.read_host(b"\x00" + answer) == PrinterStatus(PaperState.UNKNOWN, answer)
    assert zpl.read_errors(WELL).raw == WELL[WELL.index(b"ERR") : -3]


# --- The conversation ---------------------------------------------------------------------------


def printer_on(scripted, time_, answers, **settings):
    wire = scripted(time_, answers)
    made = build_printer("front", "memory://", "zpl", settings, clock=time_, pause=time_.pass_by)
    made._open_wire = lambda: wire
    return made, wire


def test_a_zebra_that_answers_no_host_status_is_in_trouble_by_its_errors(scripted, virtual_time):
    """~HS is not answered with the head open; ~HQES is, so it is asked first."""
    printer, wire = printer_on(scripted, virtual_time, {b"~HQES\r\n": [errors(4)]})
    assert printer.status().state is PaperState.COVER_OPEN
    assert b"~HS\r\n" not in wire.asked


def test_no_errors_and_no_host_status_is_unknown(scripted, virtual_time):
    printer, _ = printer_on(scripted, virtual_time, {b"~HQES\r\n": [WELL]})
    assert printer.status().state is PaperState.UNKNOWN


def test_low_paper_is_told_unless_it_prints(scripted, virtual_time):
    answers = {b"~HQES\r\n": [errors(0, 8, flag=0)], b"~HS\r\n": [HEALTHY]}
    printer, wire = printer_on(scripted, virtual_time, answers)
    assert printer.status().state is PaperState.PAPER_LOW
    wire.answers[b"~HS\r\n"] = [host(e=b"001")]
    assert printer.status().state is PaperState.PRINTING


def test_a_clone_that_knows_only_the_host_status_is_asked_only_that(scripted, virtual_time):
    printer, wire = printer_on(scripted, virtual_time, {b"~HS\r\n": [HEALTHY]}, status="hs")
    assert printer.status() == PrinterStatus(PaperState.READY, HEALTHY)
    assert wire.asked == [b"~HS\r\n"]


def test_formats_waiting_and_then_none_prove_the_page(scripted, virtual_time, page):
    printer, wire = printer_on(scripted, virtual_time, {b"~HS\r\n": [HEALTHY]}, status="hs")
    turns = iter([HEALTHY, host(e=b"001"), host(u=b"00000001"), HEALTHY])

    def write(data, write=wire.write):
        if data == b"~HS\r\n":
            wire.answers[data] = [next(turns)]
        write(data)

    wire.write = write
    assert printer.print_page(page, job_id=1) is Proof.PRINTED


def test_nothing_ever_waiting_proves_that_the_page_was_read(scripted, virtual_time, page):
    printer, _ = printer_on(scripted, virtual_time, {b"~HS\r\n": [HEALTHY]}, status="hs")
    assert printer.print_page(page, job_id=1) is Proof.CONSUMED


def test_a_page_cut_off_is_thrown_away_by_one_command():
    assert zpl.Zpl(ZplSettings(), lambda _: None).filler(1234) == [b"\r\n~JX\r\n"]
