"""Labels as others read them: 0 differing dots, and every number in its barcode."""

from __future__ import annotations

import re

import pytest

from drivers.interfaces import Bitmap
from drivers.printer import PRINTERS, escpos, zpl
from drivers.printer.settings import EscPosSettings, ZplSettings

NUMBER = "773000000000017"
REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")
ROUTES = [
    ("escpos", "whole"), ("escpos", "inked"), ("tspl", "whole"), ("tspl", "inked"),
    ("zpl", None), ("cpcl", "whole"), ("cpcl", "inked"), ("epl", "whole"), ("epl", "inked"),
]  # fmt: skip


def printed(make_bench, language, route, page):
    """The one label that the simulated printer made of a page, and how many bytes it heard."""
    bench = make_bench(language, width=page.width, label_rows=page.height)
    settings = {"route": route} if route else {}
    printer = bench.printer(status="none", **settings)
    printer.print_page(page, job_id=1)
    bench.settle()
    assert not bench.device.mechanism.complaints
    (paper,) = bench.device.pages
    assert (paper.width, paper.height, paper.whole) == (page.width, page.height, True)
    return paper, len(bench.heard)


@pytest.mark.parametrize(("language", "route"), ROUTES)
def test_a_waybill_is_the_same_in_every_language_and_by_every_route(
    make_bench, waybill, numbers_read, language, route
):
    paper, _ = printed(make_bench, language, route, waybill)
    different = sum(
        (ours ^ theirs).bit_count() for ours, theirs in zip(waybill.rows, paper.rows, strict=True)
    )
    # In ESC/POS the dots of a waybill may spell a real-time command, which costs one dot each.
    spelled = len(REAL_TIME.findall(waybill.rows)) if language == "escpos" else 0
    assert different == spelled <= 1
    assert numbers_read(Bitmap(paper.width, paper.height, paper.rows)) == [[NUMBER], [NUMBER]]


@pytest.mark.parametrize(("language", "route"), ROUTES)
def test_a_page_of_noise_is_the_same_by_every_route(make_bench, make_page, language, route):
    """Without 0x10, for ESC/POS gives up a dot where two bytes would be a real-time command."""
    page = make_page(96, 64)
    page = Bitmap(96, 64, page.rows.replace(b"\x10", b"\x30"))
    paper, _ = printed(make_bench, language, route, page)
    assert paper.rows == page.rows


@pytest.mark.pain("10")
@pytest.mark.parametrize(("language", "route"), ROUTES)
def test_a_white_page_is_a_white_label(make_bench, language, route):
    paper, _ = printed(make_bench, language, route, Bitmap(96, 64, bytes(12 * 64)))
    assert paper.blank


@pytest.mark.parametrize("language", sorted(PRINTERS.keys() - {"zpl"}))
def test_what_is_black_is_never_more_than_the_whole(make_bench, waybill, language):
    _, whole = printed(make_bench, language, "whole", waybill)
    _, inked = printed(make_bench, language, "inked", waybill)
    # A framed label has no white rows, and ESC/POS no bars: it gains next to nothing.
    assert inked < whole * (1.0 if language == "escpos" else 0.45)


def test_a_page_without_a_frame_is_smaller_in_escpos_too(make_bench):
    rows = b"".join(b"\xff" * 30 + bytes(70) if y % 40 < 24 else bytes(100) for y in range(400))
    _, whole = printed(make_bench, "escpos", "whole", Bitmap(800, 400, rows))
    _, inked = printed(make_bench, "escpos", "inked", Bitmap(800, 400, rows))
    assert inked < whole * 0.25


def test_compressed_zpl_is_a_sixth_of_the_dots(make_bench, waybill):
    _, heard = printed(make_bench, "zpl", None, waybill)
    assert heard < len(waybill.rows) / 5


# --- zpl-renderer-js ----------------------------------------------------------------------------


def test_another_reader_of_zpl_draws_the_same_label(draw_zpl, waybill, picture, numbers_read):
    stream = b"".join(zpl.encode_page(waybill, ZplSettings()))
    drawn = draw_zpl(stream, waybill.width // 8, waybill.height // 8)
    assert drawn.size == (waybill.width, waybill.height)
    assert drawn.tobytes() == picture(waybill).tobytes()
    black = bytes(byte ^ 0xFF for byte in drawn.tobytes())
    assert numbers_read(Bitmap(*drawn.size, black)) == [[NUMBER], [NUMBER]]


def test_another_reader_of_zpl_draws_the_same_noise(draw_zpl, make_page, picture):
    page = make_page(96, 64)
    drawn = draw_zpl(b"".join(zpl.encode_page(page, ZplSettings())), 12, 8)
    assert drawn.tobytes() == picture(page).tobytes()


def test_the_simulator_and_another_reader_see_the_same_shift(draw_zpl, make_bench, make_page):
    page = make_page(80, 40)
    bench = make_bench("zpl", width=96, label_rows=64)
    printer = bench.printer(status="none", reference_x=16, reference_y=24)
    printer.print_page(page, job_id=1)
    bench.settle()
    (paper,) = bench.device.pages
    drawn = draw_zpl(bytes(bench.heard), 12, 8)
    assert bytes(byte ^ 0xFF for byte in drawn.tobytes()) == paper.rows


# --- npos ---------------------------------------------------------------------------------------

FORM_FEED = "STX"
"""Npos has no name for the one byte that ends our page, and calls it so as it would a text."""


def test_another_reader_of_escpos_draws_the_same_label(
    read_escpos_elsewhere, waybill, numbers_read
):
    stream = b"".join(escpos.encode_page(waybill, EscPosSettings(chunk_rows=200)))
    seen = read_escpos_elsewhere(stream)
    assert seen.size == (waybill.width, waybill.height)
    expected = escpos.without_realtime(waybill.rows)
    assert seen.dots == expected
    lost = sum((a ^ b).bit_count() for a, b in zip(seen.dots, waybill.rows, strict=True))
    assert lost == len(REAL_TIME.findall(waybill.rows)) <= 1
    assert numbers_read(Bitmap(*seen.size, seen.dots)) == [[NUMBER], [NUMBER]]
    assert seen.commands == ["ESC @", *["GS v0"] * -(-waybill.height // 200), FORM_FEED]


def test_another_reader_of_escpos_draws_the_same_noise(read_escpos_elsewhere, small_page):
    page = small_page()
    seen = read_escpos_elsewhere(b"".join(escpos.encode_page(page, EscPosSettings())))
    assert (seen.size, seen.dots) == ((page.width, page.height), page.rows)


@pytest.mark.parametrize("spelled", [
    b"\x10\x04\x01" * 32, b"\x10\x14\x01\x00\x05" * 20, b"\x1b@\x1dV\x00" * 20,
    b"\x1d(L" * 32, b"\x1bp\x00\x19\xfa" * 20, b"\x0c" * 96,
], ids=["status", "drawer", "cut", "graphics", "pulse", "form feeds"])
def test_another_reader_sees_no_command_in_an_image_that_spells_some(
    read_escpos_elsewhere, spelled
):
    rows = (spelled + bytes(96))[:96] * 8
    page, white = Bitmap(96, 64, rows), Bitmap(96, 64, bytes(96 * 8))
    streams = [b"".join(escpos.encode_page(each, EscPosSettings())) for each in (page, white)]
    seen, plain = (read_escpos_elsewhere(stream) for stream in streams)
    assert seen.commands == plain.commands == ["ESC @", "GS v0", FORM_FEED]
