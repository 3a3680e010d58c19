"""CPCL: the bytes of the manual, the status byte read right, and recovery that prints no words."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import Bitmap, MaybeSent, PaperState, Proof
from drivers.printer import build_printer, cpcl
from drivers.printer.pages import Unprintable, turned
from drivers.printer.settings import CpclSettings
from simulators.cpcl import Cpcl
from simulators.mechanism import Complaint, End, Strip

GRAPHIC = re.compile(rb"CG (\d+) (\d+) (\d+) (\d+) ")


def lines_and_graphics(stream):
    """Read a stream strictly: lines in ASCII, and the counted bytes of each graphic."""
    lines, graphics = [], []
    while stream:
        found = GRAPHIC.match(stream)
        if found:
            stride, height, x, y = (int(group) for group in found.groups())
            end = found.end() + stride * height
            graphics.append((x, y, stride, stream[found.end() : end]))
            assert stream[end : end + 2] == b"\r\n", "the graphic's length is wrong"
            stream = stream[end + 2 :]
        else:
            line, mark, stream = stream.partition(b"\r\n")
            assert mark, "a line without end"
            lines.append(line.decode("ascii"))
    return lines, graphics


def sent(page, **settings):
    return lines_and_graphics(b"".join(cpcl.encode_page(page, CpclSettings(**settings))))


def test_a_page_is_the_lines_of_the_manual(make_page):
    page = make_page(800, 1200)
    lines, graphics = sent(page)
    assert lines == [
        "! 0 200 200 1200 1", "PAGE-WIDTH 800", "ON-OUT-OF-PAPER PURGE 1", "TONE 0", "SPEED 3",
        "GAP-SENSE", "FORM", "PRINT",
    ]  # fmt: skip
    assert graphics == [(0, 0, 100, page.rows)]


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"media": "mark"}, "BAR-SENSE"),
        ({"media": "continuous"}, "JOURNAL"),
        ({"density": 40}, "TONE 40"),
        ({"speed": 5}, "SPEED 5"),
        ({"reference_x": 16}, "PAGE-WIDTH 112"),
        ({"reference_y": 24}, "! 0 200 200 88 1"),
    ],
)
def test_each_setting_is_one_line(page, settings, line):
    assert line in sent(page, **settings)[0]


def test_continuous_paper_is_not_fed_to_a_gap(page):
    assert "FORM" not in sent(page, media="continuous")[0]


def test_a_shift_moves_the_graphic(page):
    ((x, y, _, rows),) = sent(page, reference_x=16, reference_y=24)[1]
    assert (x, y, rows) == (16, 24, page.rows)


@given(st.integers(1, 70), st.integers(1, 30), st.integers(0, 1 << 30))
def test_a_page_turned_twice_is_itself_and_keeps_its_padding_white(width, height, seed):
    stride = (width + 7) // 8
    rows = bytearray(random.Random(seed).randbytes(stride * height))
    mask = 0xFF << (-width % 8) & 0xFF
    rows[stride - 1 :: stride] = bytes(v & mask for v in rows[stride - 1 :: stride])
    page = Bitmap(width, height, bytes(rows))
    upside_down = turned(page)
    assert turned(upside_down) == page
    cpcl.encode_page(upside_down, CpclSettings())
    first = page.rows[0] >> 7
    last = upside_down.rows[-stride:]
    assert int.from_bytes(last, "big") >> (-width % 8) & 1 == first


def test_direction_turns_the_page_here_and_not_in_the_printer(page):
    assert sent(page, direction=1)[1][0][3] == turned(page).rows


def test_bars_are_lines_as_thick_as_they_are_narrow():
    rows = b"".join(b"\x0e" + bytes(9) if 20 <= y < 120 else bytes(10) for y in range(150))
    lines, graphics = sent(Bitmap(80, 150, rows), route="inked")
    assert "LINE 4 20 4 119 3" in lines
    assert not graphics


def test_rules_are_lines_along_their_length():
    rows = b"".join(b"\xff" * 10 if y in (8, 9, 10) else bytes(10) for y in range(20))
    lines, _ = sent(Bitmap(80, 20, rows), route="inked", reference_x=8, reference_y=2)
    assert "LINE 8 10 87 10 3" in lines


@pytest.mark.fault("F21")
@given(st.binary(min_size=1, max_size=400), st.sampled_from(["whole", "inked"]))
def test_nothing_on_a_page_is_a_command(rows, route):
    """Dots that spell commands, escapes and line ends are dots to an independent reader."""
    spelled = b"\r\nPRINT\r\n! 0 200 200 9 9\r\n\x1bh" + rows
    page = Bitmap(8, len(spelled), spelled)
    actions = Cpcl(8).feed(b"".join(cpcl.encode_page(page, CpclSettings(route=route))))
    assert not [action for action in actions if isinstance(action, Complaint)]
    (strip,) = [action for action in actions if isinstance(action, Strip)]
    assert strip.rows == spelled
    assert [type(action) for action in actions][-1] is End


def test_a_page_wider_than_the_head_is_refused(make_page):
    with pytest.raises(Unprintable, match="576"):
        cpcl.encode_page(make_page(608, 1), CpclSettings(head_dots=576))


# --- Recovery -----------------------------------------------------------------------------------


def test_filler_ends_the_graphic_and_leaves_the_session_without_a_print():
    filled, lines = cpcl.filler(3, CpclSettings())
    assert filled == bytes(3)
    assert lines == (
        b"\r\n! 0 200 200 1 1\r\nABORT\r\n! 0 200 200 1 1\r\nFORM\r\nPRINT\r\n"
    )
    assert cpcl.filler(0, CpclSettings(media="continuous"))[1].endswith(b"ABORT\r\n")


@pytest.mark.parametrize("route", ["whole", "inked"])
def test_no_word_of_recovery_is_ever_printed_wherever_a_page_was_cut(page, route):
    blocks = cpcl.encode_page(page, CpclSettings(route=route))
    for number, block in enumerate(blocks):
        for cut in range(0, len(block), 7):
            printer = Cpcl(96, 64)
            before = printer.feed(b"".join(blocks[:number]) + block[:cut])
            after = printer.feed(b"".join(cpcl.filler(len(block) - cut, CpclSettings())))
            assert not printer.mid_command
            words = [done.text for done in (*before, *after) if isinstance(done, Complaint)]
            assert not [text for text in words if "ABORT" in text], (number, cut, words)


# --- Status -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (0x00, PaperState.READY),
        (0x01, PaperState.PRINTING),
        (0x02, PaperState.PAPER_OUT),
        (0x03, PaperState.PAPER_OUT),
        (0x04, PaperState.COVER_OPEN),
        (0x06, PaperState.COVER_OPEN),
        (0x08, PaperState.READY),
        (0x09, PaperState.PRINTING),
        (0x10, PaperState.READY),
        (0x20, PaperState.UNKNOWN),
        (0x80, PaperState.UNKNOWN),
        (0xFF, PaperState.UNKNOWN),
    ],
)
def test_the_status_byte_means_what_the_manual_says(value, state):
    """Mobile printer CPCL manual page 11-3: busy, paper, latch, battery, reset."""
    assert cpcl.read_status(bytes([value])).state is state


def test_several_different_bytes_at_once_are_noise():
    assert cpcl.read_status(b"\x00\x01").state is PaperState.UNKNOWN
    assert cpcl.read_status(b"\x00\x00").state is PaperState.READY


@pytest.mark.parametrize(
    ("value", "state"),
    [(0x40, PaperState.PAPER_LOW), (0xBF, PaperState.READY), (0x00, PaperState.READY)],
)
def test_of_the_extended_status_only_low_paper_is_told(value, state):
    assert cpcl.read_more(bytes([value])).state is state


def printer_on(scripted, time, answers, **settings):
    wire = scripted(time, answers)
    made = build_printer("front", "memory://", "cpcl", settings, clock=time, pause=time.pass_by)
    made._open_wire = lambda: wire
    return made, wire


def in_turn(wire, question, answers):
    """Let the wire answer ``question`` differently each time; None is silence."""
    turns = iter(answers)

    def write(data, write=wire.write):
        if data == question:
            answer = next(turns)
            wire.answers[data] = [] if answer is None else [answer]
        write(data)

    wire.write = write


def test_a_printer_that_was_switched_on_is_ready_and_told_that_it_was_seen(scripted, virtual_time):
    printer, wire = printer_on(scripted, virtual_time, {b"\x1bh": [b"\x10"]})
    assert printer.status().state is PaperState.READY
    assert wire.asked == [b"\x1bh", b"\x1bN"]


def test_a_printer_switched_off_and_on_with_the_page_in_it_is_in_doubt(
    scripted, virtual_time, page
):
    printer, wire = printer_on(scripted, virtual_time, {})
    in_turn(wire, b"\x1bh", [b"\x00", b"\x01", b"\x10"])
    with pytest.raises(MaybeSent, match="error"):
        printer.print_page(page, job_id=1)


def test_a_printer_that_is_mute_while_it_prints_has_printed_when_it_answers(
    scripted, virtual_time, page
):
    """The manual: an answer means that the label before has been processed."""
    printer, wire = printer_on(scripted, virtual_time, {})
    in_turn(wire, b"\x1bh", [b"\x00", None, None, b"\x00"])
    assert printer.print_page(page, job_id=1) is Proof.PRINTED


def test_a_printer_that_stays_mute_proves_nothing(scripted, virtual_time, page):
    printer, wire = printer_on(scripted, virtual_time, {}, proof_seconds=3.0)
    in_turn(wire, b"\x1bh", [b"\x00", *[None] * 9])
    assert printer.print_page(page, job_id=1) is Proof.NONE


def test_one_that_is_always_ready_has_read_the_page(scripted, virtual_time, page):
    printer, _ = printer_on(scripted, virtual_time, {b"\x1bh": [b"\x00"]})
    assert printer.print_page(page, job_id=1) is Proof.CONSUMED


def test_the_extended_status_is_asked_only_where_it_is_configured(scripted, virtual_time):
    answers = {b"\x1bh": [b"\x00"], b"\x1bi": [b"\x40"]}
    printer, wire = printer_on(scripted, virtual_time, answers, status="esc_hi")
    assert printer.status().state is PaperState.PAPER_LOW
    plain, other = printer_on(scripted, virtual_time, answers)
    assert plain.status().state is PaperState.READY
    assert b"\x1bi" in wire.asked
    assert b"\x1bi" not in other.asked
