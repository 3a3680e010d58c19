"""ESC/POS bytes against Epson's manuals and an independent reader."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.interfaces import Bitmap
from drivers.printer import escpos
from drivers.printer.pages import Unprintable
from drivers.printer.settings import EscPosSettings

REALTIME = re.compile(rb"\x10[\x04\x05\x14]")


def one_dot(width=8, height=1):
    return Bitmap(width, height, b"\x80" + bytes((width + 7) // 8 * height - 1))


def test_a_page_is_the_bytes_of_the_manual():
    """TM-T88III manual p.133 (GS v 0), p.84 (FF, ESC @): m xL xH yL yH, x in bytes, 1 = black."""
    page = Bitmap(16, 3, bytes.fromhex("80 01 ff 00 0f f0"))
    stream = b"".join(escpos.encode_page(page, EscPosSettings()))
    assert stream == bytes.fromhex(
        "1b 40"  # ESC @
        "1d 76 30 00 02 00 03 00 80 01 ff 00 0f f0"  # GS v 0, 2 bytes x 3 rows
        "0c"  # FF
    )


@pytest.mark.parametrize(
    ("settings", "end"),
    [
        (EscPosSettings(), "0c"),
        (EscPosSettings(cut="full"), "0c 1d 56 00"),
        (EscPosSettings(cut="partial"), "0c 1d 56 01"),
        (EscPosSettings(cut="feed"), "0c 1d 56 42 00"),
        (EscPosSettings(feed="dots", feed_dots=24), "1b 4a 18"),
        (EscPosSettings(feed="dots", feed_dots=255, cut="full"), "1b 4a ff 1d 56 00"),
    ],
)
def test_paper_is_moved_out_and_cut_as_configured(settings, end):
    """Epson reference: FF in label mode, ESC J n in dots, GS V m [n]."""
    assert escpos.page_end(settings) == bytes.fromhex(end)


def test_the_questions_are_the_bytes_of_the_manual():
    """Epson reference: DLE EOT n, GS r 1, GS ( H function 48."""
    assert escpos.ask_status(4) == bytes.fromhex("10 04 04")
    assert bytes.fromhex("1d 72 01") == escpos.ASK_SENSOR
    assert escpos.ask_process_id(42) == bytes.fromhex("1d 28 48 06 00 30 30 30 30 34 32")


def test_process_ids_ascend_and_never_repeat_within_9999_jobs():
    ids = [escpos.process_id(job) for job in range(1, 10_001)]
    assert len(set(ids[:9999])) == 9999
    assert ids[:9999] == sorted(ids[:9999])
    assert ids[9999] == ids[0] == b"0001"


def test_a_waybill_goes_out_in_bands_of_240_rows(make_page):
    blocks = escpos.encode_page(make_page(800, 1200), EscPosSettings())
    assert [len(block) for block in blocks] == [2] + [8 + 240 * 100] * 5 + [1]


@given(st.integers(1, 5000), st.integers(1, 4095))
@example(1040, 4095)
@example(1296, 4095)
@example(2336, 1296)
def test_bands_cover_every_row_once_and_no_height_spells_a_real_time_command(height, most):
    covered = 0
    for top, count in escpos.bands(height, most):
        assert top == covered
        assert 1 <= count <= most
        assert not REALTIME.search(count.to_bytes(2, "little"))
        covered += count
    assert covered == height


@given(
    st.integers(1, 900),
    st.integers(1, 60),
    st.integers(1, 70),
    st.integers(0, 1 << 30),
)
def test_any_page_comes_back_dot_for_dot(width, height, chunk_rows, seed):
    stride = (width + 7) // 8
    chance = random.Random(seed)
    last = 0xFF << (-width % 8) & 0xFF
    rows = bytearray(chance.randbytes(stride * height))
    rows[stride - 1 :: stride] = bytes(v & last for v in rows[stride - 1 :: stride])
    page = Bitmap(width, height, bytes(rows))
    stream = b"".join(escpos.encode_page(page, EscPosSettings(chunk_rows=chunk_rows)))
    image = decoded_image(stream)
    assert not REALTIME.search(stream)
    assert len(image) == len(page.rows)
    for place, (sent, wanted) in enumerate(zip(image, page.rows, strict=True)):
        if sent != wanted:
            assert (sent, wanted) == (0, 0x10)
            assert page.rows[place + 1] in b"\x04\x05\x14"


def decoded_image(stream):
    """The rows of all raster commands; FF, ESC @ and cuts are skipped by hand."""
    image, place = bytearray(), 0
    while place < len(stream):
        if stream.startswith(b"\x1dv0\x00", place):
            stride = stream[place + 4] | stream[place + 5] << 8
            height = stream[place + 6] | stream[place + 7] << 8
            place += 8
            image += stream[place : place + stride * height]
            place += stride * height
        else:
            place += 2 if stream.startswith(b"\x1b@", place) else 1
    return bytes(image)


@pytest.mark.parametrize("second", [0x04, 0x05, 0x14])
@pytest.mark.parametrize(
    "before", [b"", b"\x10", b"\x10\x10", b"\x10\x04", b"\x00\x10\x14\x10\x05\x10"]
)
def test_a_real_time_command_in_the_image_costs_one_dot_and_is_gone(second, before):
    rows = before + bytes([0x10, second]) + b"\x10"
    clean = escpos.without_realtime(rows)
    assert not REALTIME.search(clean)
    assert len(clean) == len(rows)
    flipped = sum((a ^ b).bit_count() for a, b in zip(clean, rows, strict=True))
    assert flipped == len(REALTIME.findall(rows))


def test_a_real_time_command_across_two_rows_and_two_bands_is_found_too(read_escpos):
    page = Bitmap(16, 4, bytes.fromhex("00 10 04 10 14 10 05 00"))
    stream = b"".join(escpos.encode_page(page, EscPosSettings(chunk_rows=1)))
    assert not REALTIME.search(stream)
    assert read_escpos(stream).image() == bytes.fromhex("00 00 04 00 14 00 05 00")


@given(st.binary(max_size=400).map(lambda data: data.translate(bytes([0x10, 4, 5, 20] * 64))))
def test_no_image_however_malicious_keeps_a_real_time_command(rows):
    clean = escpos.without_realtime(rows)
    assert not REALTIME.search(clean)
    for sent, wanted in zip(clean, rows, strict=True):
        assert sent in (wanted, 0)


def test_a_page_without_real_time_commands_is_not_touched(make_page):
    rows = make_page(800, 1200).rows.replace(b"\x10", b"\x11")
    assert escpos.without_realtime(rows) is rows


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (Bitmap(0, 5, b""), "no area"),
        (Bitmap(8, 0, b""), "no area"),
        (Bitmap(9, 2, b"\x00\x00\x00"), "needs 4 bytes, has 3"),
        (Bitmap(9, 1, b"\x00\x40"), "pad bit"),
        (Bitmap(7, 2, b"\x00\x01"), "pad bit"),
        (Bitmap(8192, 1, bytes(1024)), "8192 dots wide, ESC/POS goes to 8184"),
    ],
)
def test_a_page_that_would_print_wrong_is_refused_before_any_byte(page, said):
    with pytest.raises(Unprintable, match=said):
        escpos.encode_page(page, EscPosSettings())


def test_a_page_wider_than_the_head_is_refused_instead_of_cut_off():
    with pytest.raises(Unprintable, match="576"):
        escpos.encode_page(one_dot(800), EscPosSettings(head_dots=576))
    assert escpos.encode_page(one_dot(576), EscPosSettings(head_dots=576))


def test_the_widest_page_of_the_language_is_printed(read_escpos):
    page = Bitmap(8184, 1, b"\xff" * 1023)
    assert read_escpos(b"".join(escpos.encode_page(page, EscPosSettings()))).image() == page.rows


def test_a_label_is_encoded_in_two_milliseconds(make_page):
    page = make_page(800, 1200)
    seconds = []
    for _ in range(15):
        start = time.process_time()
        escpos.encode_page(page, EscPosSettings())
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.002
