"""EPL2: the bytes of the manual, error codes read right, and a modest proof."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import Bitmap, MaybeSent, PaperState, Proof
from drivers.printer import build_printer, epl
from drivers.printer.pages import Unprintable
from drivers.printer.proofs import ReplyReader
from drivers.printer.settings import EplSettings
from simulators.epl import Epl
from simulators.mechanism import Complaint, Strip

BITMAP = re.compile(rb"GW(\d+),(\d+),(\d+),(\d+),")
ASK = b"\r\n^ee\r\n"


def lines_and_bitmaps(stream):
    """Read a stream strictly: lines in ASCII, and the counted, inverted bytes of each bitmap."""
    lines, bitmaps = [], []
    while stream:
        found = BITMAP.match(stream)
        if found:
            x, y, stride, height = (int(group) for group in found.groups())
            end = found.end() + stride * height
            rows = bytes(byte ^ 0xFF for byte in stream[found.end() : end])
            bitmaps.append((x, y, stride, rows))
            assert stream[end : end + 2] == b"\r\n", "the bitmap's length is wrong"
            stream = stream[end + 2 :]
        else:
            line, mark, stream = stream.partition(b"\r\n")
            assert mark, "a line without end"
            lines.append(line.decode("ascii"))
    return lines, bitmaps


def sent(page, **settings):
    return lines_and_bitmaps(b"".join(epl.encode_page(page, EplSettings(**settings))))


def test_a_page_is_the_lines_of_the_manual(make_page):
    page = make_page(800, 1200)
    lines, bitmaps = sent(page)
    assert lines == ["", "N", "q800", "Q1200,16", "R0,0", "D8", "S3", "OD", "ZT", "N", "P1"]
    assert bitmaps == [(0, 0, 100, page.rows)]


def test_black_is_zero_and_the_padding_white():
    stream = b"".join(epl.encode_page(Bitmap(3, 1, b"\x80"), EplSettings()))
    assert b"GW0,0,1,1,\x7f\r\n" in stream


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"media": "mark", "gap_mm": 3}, "Q64,B24"),
        ({"media": "continuous"}, "Q64,0"),
        ({"density": 15}, "D15"),
        ({"speed": 6}, "S6"),
        ({"direction": 1}, "ZB"),
        ({"ending": "peel"}, "OD,P"),
        ({"ending": "cut"}, "OD,C"),
        ({"reference_x": 8, "reference_y": 16}, "R8,16"),
        ({"reference_x": 8}, "q104"),
        ({"reference_y": 16}, "Q80,16"),
    ],
)
def test_each_setting_is_one_line(page, settings, line):
    assert line in sent(page, **settings)[0]


def test_bars_are_black_lines():
    rows = b"".join(b"\x0e" + bytes(9) if 20 <= y < 120 else bytes(10) for y in range(150))
    lines, bitmaps = sent(Bitmap(80, 150, rows), route="inked")
    assert "LO4,20,3,100" in lines
    assert not bitmaps


@pytest.mark.fault("F21")
@given(st.binary(min_size=1, max_size=400), st.sampled_from(["whole", "inked"]))
def test_nothing_on_a_page_is_a_command(rows, route):
    """Dots that spell commands and line ends, inverted or not, are dots to another reader."""
    words = b"\r\nP9\r\n^ee\r\n"
    spelled = words + bytes(byte ^ 0xFF for byte in words) + rows
    page = Bitmap(8, len(spelled), spelled)
    actions = Epl(8, len(spelled)).feed(b"".join(epl.encode_page(page, EplSettings(route=route))))
    assert not [action for action in actions if isinstance(action, Complaint)]
    (strip,) = [action for action in actions if isinstance(action, Strip)]
    assert strip.rows == spelled


def test_a_page_wider_than_the_head_is_refused(make_page):
    with pytest.raises(Unprintable, match="832"):
        epl.encode_page(make_page(840, 1), EplSettings(head_dots=832))


def test_filler_closes_a_bitmap_and_throws_it_away():
    assert b"".join(epl.filler(3)) == b"\xff\xff\xff\r\nN\r\n"


# --- Status -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (b"00\r\n", PaperState.READY),
        (b"01\r\n", PaperState.READY),  # a complaint about some command
        (b"02,08\r\n", PaperState.READY),
        (b"07\r\n", PaperState.PAPER_OUT),
        (b"07P002\r\n", PaperState.PAPER_OUT),
        (b"07R001\r\n", PaperState.PAPER_OUT),
        (b"11\r\n", PaperState.COVER_OPEN),
        (b"01,07P001,11\r\n", PaperState.COVER_OPEN),
        (b"13\r\n", PaperState.READY),
        (b"62\r\n", PaperState.HOT),
        (b"81\r\n", PaperState.JAM),
        (b"12\r\n", PaperState.PAUSED),
        (b"92\r\n", PaperState.PAUSED),
        (b"73\r\n", PaperState.ERROR),
        (b"99\r\n", PaperState.ERROR),
    ],
)
def test_the_codes_mean_what_the_manuals_say(answer, state):
    """Zebra EPL2 manual, ^ee; Intermec ESim manual, appendix A."""
    status = epl.read_codes(answer)
    assert status
    assert status.state is state


@pytest.mark.parametrize(
    "noise", [b"", b"0", b"00", b"0\r\n", b"123\r\n", b"P1\r\n", b"\x00\x07\r\n"]
)
def test_what_is_no_answer_is_none(noise):
    assert epl.read_codes(noise) is None


@given(st.lists(st.integers(0, 12), max_size=4))
def test_codes_are_read_in_any_chunking(cuts):
    data = b"\x1501,07P001\r\n"
    reader, found = ReplyReader(epl.read_codes), None
    edges = [0, *sorted(cuts), len(data)]
    for start, end in pairwise(edges):
        found = found or (reader.feed(data[start:end]) if end > start else None)
    assert found
    assert found.state is PaperState.PAPER_OUT


def printer_on(scripted, time, answers, **settings):
    wire = scripted(time, answers)
    made = build_printer("front", "memory://", "epl", settings, clock=time, pause=time.pass_by)
    made._open_wire = lambda: wire
    return made, wire


def answering(wire, answers):
    turns = iter(answers)

    def write(data, write=wire.write):
        if data == ASK:
            wire.answers[data] = [next(turns)]
        write(data)

    wire.write = write


def test_a_page_that_is_followed_by_peace_was_read(scripted, virtual_time, page):
    printer, _ = printer_on(scripted, virtual_time, {ASK: [b"00\r\n"]})
    start = virtual_time.now
    assert printer.print_page(page, job_id=1) is Proof.CONSUMED
    assert 1.5 <= virtual_time.now - start < 3.0


def test_a_complaint_older_than_the_page_is_not_about_it(scripted, virtual_time, page):
    printer, _ = printer_on(scripted, virtual_time, {ASK: [b"01\r\n"]})
    assert printer.print_page(page, job_id=1) is Proof.CONSUMED


def test_a_new_complaint_is_about_the_page(scripted, virtual_time, page):
    printer, wire = printer_on(scripted, virtual_time, {})
    answering(wire, [b"01\r\n", b"01\r\n", b"01,02\r\n"])
    with pytest.raises(MaybeSent, match="error"):
        printer.print_page(page, job_id=1)


def test_paper_that_ends_after_the_page_was_sent_means_maybe_sent(scripted, virtual_time, page):
    printer, wire = printer_on(scripted, virtual_time, {})
    answering(wire, [b"00\r\n", b"00\r\n", b"07P001\r\n"])
    with pytest.raises(MaybeSent, match="paper_out"):
        printer.print_page(page, job_id=1)
