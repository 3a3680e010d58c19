"""Head and paper: rows come out as time passes, and stop where a real printer stops."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from simulators.mechanism import (
    Ask,
    Complaint,
    End,
    Feed,
    Mechanism,
    Note,
    Page,
    Paper,
    Strip,
    Tear,
)


@pytest.fixture
def machine() -> Mechanism:
    """A head of 16 dots that prints 100 rows a second on labels of 50 rows and 10 of gap."""
    return Mechanism(
        paper=Paper(width=16, label_rows=50, gap_rows=10, rows_left=10_000), rows_per_second=100.0
    )


def label(rows: int = 40, fill: int = 0xFF) -> list[Strip | End]:
    return [Strip(bytes([fill]) * (2 * rows), 2), End("label")]


def made(machine: Mechanism) -> list[tuple[int, str]]:
    """Height and damage of each page."""
    return [(page.height, page.torn) for page in machine.pages]


def test_a_label_takes_its_time(machine):
    machine.take(label(40), 0.0)
    machine.advance(0.39)
    assert machine.pages == []
    assert machine.busy
    machine.advance(0.41)
    assert made(machine) == [(40, "")]
    assert not machine.busy


def test_the_odometer_counts_whole_labels_with_their_gaps(machine):
    for start in range(3):
        machine.take(label(40), start * 10.0)
        machine.advance(start * 10.0 + 5)
    assert machine.rows_fed == 3 * 60
    assert machine.paper.rows_left == 10_000 - 180


def test_a_label_that_is_too_long_uses_two(machine):
    machine.take(label(70), 0.0)
    machine.advance(10)
    assert machine.rows_fed == 120


def test_an_idle_printer_saves_up_no_time(machine):
    machine.advance(1000.0)
    machine.take(label(40), 1000.0)
    machine.advance(1000.1)
    assert machine.pages == []


def test_questions_in_turn_are_answered_when_the_paper_is_out(machine):
    asked: list[Ask] = []
    machine.on_ask = asked.append
    machine.take([Strip(b"\xff\xff" * 40, 2), End("label"), Ask("process_id", b"0007")], 0.0)
    machine.advance(0.3)
    assert asked == []
    machine.advance(0.5)
    assert [ask.data for ask in asked] == [b"0007"]


def test_paper_out_in_mid_label_leaves_a_torn_page(machine):
    machine.leave_paper(25, 0.0)
    machine.take(label(40), 0.0)
    machine.advance(10.0)
    assert made(machine) == [(25, "paper_out")]
    assert machine.paper_out
    assert machine.halted
    assert machine.busy


def test_after_a_reload_a_receipt_printer_goes_on_with_the_rest(machine):
    machine.leave_paper(25, 0.0)
    machine.take(label(40), 0.0)
    machine.advance(10.0)
    machine.reload(20.0)
    machine.advance(30.0)
    assert made(machine) == [(25, "paper_out"), (15, "rest")]


def test_after_a_reload_a_label_printer_may_print_the_whole_label_again(machine):
    machine.after_reload = "reprint"
    machine.leave_paper(25, 0.0)
    machine.take(label(40, 0xA5), 0.0)
    machine.advance(10.0)
    machine.reload(20.0)
    machine.advance(30.0)
    assert made(machine) == [(25, "paper_out"), (40, "")]
    assert machine.pages[1].rows == b"\xa5\xa5" * 40


def test_after_a_reload_a_printer_may_have_forgotten_everything(machine):
    asked: list[Ask] = []
    machine.on_ask = asked.append
    machine.after_reload = "forget"
    machine.leave_paper(25, 0.0)
    machine.take([*label(40), Ask("process_id", b"0001")], 0.0)
    machine.advance(10.0)
    machine.reload(20.0)
    machine.advance(30.0)
    assert made(machine) == [(25, "paper_out")]
    assert asked == [], "a page that never came out is never said to be out"


def test_a_new_roll_may_bring_the_last_label_again(machine):
    machine.reissue_last = True
    machine.take(label(40, 0x3C), 0.0)
    machine.advance(5.0)
    machine.leave_paper(0, 6.0)
    machine.reload(10.0)
    machine.advance(20.0)
    assert [page.sha256 for page in machine.pages] == [machine.pages[0].sha256] * 2


def test_paper_that_ends_between_labels_tears_nothing(machine):
    machine.take(label(40), 0.0)
    machine.advance(5.0)
    machine.leave_paper(0, 5.0)
    machine.take(label(40), 6.0)
    machine.advance(9.0)
    assert made(machine) == [(40, "")]
    machine.reload(10.0)
    machine.advance(15.0)
    assert made(machine) == [(40, ""), (40, "")]


def test_opening_the_lid_in_mid_label_tears_it(machine):
    machine.take(label(40), 0.0)
    machine.advance(0.2)
    machine.open_cover(0.2, is_open=True)
    assert made(machine) == [(20, "cover_open")]
    machine.advance(5.0)
    assert len(machine.pages) == 1, "nothing moves while it is open"
    machine.open_cover(5.0, is_open=False)
    machine.advance(10.0)
    assert made(machine)[1:] == [(20, "rest")]


def test_a_jam_tears_and_heat_only_waits(machine):
    machine.take(label(40), 0.0)
    machine.advance(0.1)
    machine.hot = True
    machine.advance(5.0)
    assert machine.pages == []
    machine.hot = False
    machine.advance(5.1)
    machine.jam_paper(5.1, jammed=True)
    assert made(machine) == [(20, "jam")]


def test_a_power_blip_at_row_k_tears_there_and_forgets_the_rest(machine):
    machine.tear_at = 13
    machine.take([*label(40), *label(40)], 0.0)
    machine.advance(20.0)
    assert made(machine) == [(13, "power")]
    assert not machine.busy
    machine.take(label(40), 21.0)
    machine.advance(30.0)
    assert made(machine)[1:] == [(40, "")]


def test_pausing_stops_without_tearing(machine):
    machine.take(label(40), 0.0)
    machine.paused = True
    machine.advance(5.0)
    assert machine.halted
    machine.paused = False
    machine.advance(6.0)
    assert made(machine) == [(40, "")]


def test_cancelling_tears_the_page_in_the_making(machine):
    machine.take([*label(40), *label(40)], 0.0)
    machine.advance(0.2)
    machine.cancel()
    machine.advance(10.0)
    assert made(machine) == [(20, "cancelled")]


def test_a_tear_waits_for_its_turn(machine):
    machine.take([Strip(b"\xff\xff" * 30, 2), Tear("host_gone")], 0.0)
    machine.advance(0.1)
    assert machine.pages == []
    machine.advance(1.0)
    assert made(machine) == [(30, "host_gone")]


def test_a_cut_ends_a_page_of_any_length_and_an_empty_one_is_no_page(machine):
    machine.paper.kind = "roll"
    machine.take([Strip(b"\xff\xff" * 7, 2), Feed(3), End("cut"), End("cut")], 0.0)
    machine.advance(5.0)
    assert made(machine) == [(10, "")]
    assert machine.cuts == 2
    assert machine.rows_fed == 10


def test_a_form_feed_without_content_wastes_a_label(machine):
    machine.take([End("label")], 0.0)
    assert made(machine) == [(50, "")]
    assert machine.pages[0].blank
    assert machine.rows_fed == 60


def test_burnt_dots_blank_paper_and_doubles(machine):
    machine.dead_dots = True
    machine.take(label(40), 0.0)
    machine.advance(2.0)
    assert machine.pages[0].rows == b"\x00\xff" * 40
    machine.dead_dots, machine.blank = False, True
    machine.take(label(40), 3.0)
    machine.advance(5.0)
    assert machine.pages[1].blank
    machine.blank, machine.double = False, True
    machine.take(label(40), 6.0)
    machine.advance(9.0)
    assert made(machine)[2:] == [(40, ""), (40, "")]


def test_a_narrow_image_stands_left_and_a_wide_one_is_complained_about(machine):
    machine.take([Strip(b"\xff", 1), Strip(b"\xff\xff\x01", 3), Strip(b"\xff\xff\x00", 3)], 0.0)
    machine.take([Strip(b"\xaa", 1, x=1), End("cut")], 0.0)
    machine.advance(2.0)
    assert machine.pages[0].rows == b"\xff\x00" + b"\xff\xff" * 2 + b"\x00\xaa"
    assert machine.complaints == ["image is wider than the paper (16 dots)"]


def test_notes_and_complaints_are_kept(machine):
    machine.take([Note("6901"), Complaint("unknown"), *label(10)], 0.0)
    machine.advance(2.0)
    assert machine.pages[0].notes == ("6901",)
    assert machine.complaints == ["unknown"]


def test_a_page_cropped_to_its_label_width(machine):
    machine.take([Strip(b"\xff\xff" * 4, 2), End("label", width=8)], 0.0)
    machine.advance(2.0)
    page = machine.pages[0]
    assert (page.width, page.rows) == (8, b"\xff" * 4)


def test_the_png_shows_the_dots_black_on_white():
    page = Page(1, 16, 2, b"\x80\x00\x00\x01", "", 0.0)
    image = Image.open(io.BytesIO(page.png()))
    assert (image.mode, image.size) == ("1", (16, 2))
    assert [image.getpixel(at) for at in ((0, 0), (1, 0), (15, 1))] == [0, 255, 0]


def test_equal_dots_have_equal_hashes_and_other_sizes_do_not():
    one, two = Page(1, 16, 1, b"ab", "", 0.0), Page(2, 16, 1, b"ab", "torn", 9.0)
    assert one.sha256 == two.sha256
    assert one.sha256 != Page(3, 8, 2, b"ab", "", 0.0).sha256


def test_waiting_bytes_fall_as_rows_come_out(machine):
    machine.take(label(40), 0.0)
    before = machine.waiting_bytes
    machine.advance(0.2)
    assert 0 < machine.waiting_bytes < before


@given(
    st.lists(st.integers(1, 80), min_size=1, max_size=6),
    st.lists(st.decimals("0.001", "0.4", places=3), min_size=1, max_size=40),
    st.integers(0, 300),
)
def test_every_row_comes_out_once_however_time_is_cut_up(heights, waits, paper):
    machine = Mechanism(
        paper=Paper(width=8, kind="roll", rows_left=paper), rows_per_second=100.0
    )
    for number, height in enumerate(heights):
        machine.take([Strip(bytes([number + 1]) * height, 1), End("cut")], 0.0)
    now = Decimal(0)
    for wait in waits:
        now += wait
        machine.advance(float(now))
    machine.reload(float(now))
    machine.advance(float(now) + 100)
    printed = b"".join(page.rows for page in machine.pages)
    assert printed == b"".join(bytes([n + 1]) * height for n, height in enumerate(heights))
