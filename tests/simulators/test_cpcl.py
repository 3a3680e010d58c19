"""CPCL streams made by hand from Zebra's mobile printer manual, and what they put on paper."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.cpcl import ANSWERS, Cpcl, status
from simulators.mechanism import Ask, Complaint, Control, End, Feed, Mechanism, Note, Paper, Strip


def rows_of(actions) -> bytes:
    (strip,) = [action for action in actions if isinstance(action, Strip)]
    return strip.rows


def small(body: bytes, head: bytes = b"! 0 200 200 4 1\r\nPAGE-WIDTH 16\r\n") -> bytes:
    """A label of 16 x 4 dots around some lines."""
    return head + body + b"FORM\r\nPRINT\r\n"


def complaints(actions) -> list[str]:
    return [action.text for action in actions if isinstance(action, Complaint)]


@pytest.mark.parametrize("name", [b"CG", b"COMPRESSED-GRAPHICS"])
def test_a_graphic_is_counted_bytes_and_one_is_black(name):
    actions = Cpcl().feed(small(name + b" 2 3 0 1 \r\n\x1bhPR\r\n"))
    assert rows_of(actions) == b"\x00\x00\r\n\x1bhPR"
    assert not complaints(actions)
    assert not any(isinstance(action, Ask) for action in actions)


def test_expanded_graphics_are_hexadecimal():
    assert rows_of(Cpcl().feed(small(b"EG 2 1 0 3 F00F\r\n"))) == bytes(6) + b"\xf0\x0f"


def test_the_sessions_offset_moves_everything_to_the_right():
    stream = small(b"CG 1 1 0 0 \xff\r\n", b"! 4 200 200 1 1\r\nPW 16\r\n")
    assert rows_of(Cpcl().feed(stream)) == b"\x0f\xf0"


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        (b"LINE 0 0 15 0 1", b"\xff\xff" + bytes(6)),
        (b"LINE 4 1 11 1 2", b"\x00\x00\x0f\xf0\x0f\xf0\x00\x00"),
        (b"L 7 0 7 3 2", b"\x01\x80" * 4),
    ],
)
def test_lines_are_thick_downwards_or_to_the_right(line, rows):
    assert rows_of(Cpcl().feed(small(line + b"\r\n"))) == rows


def test_a_slanted_line_is_complained_about():
    assert complaints(Cpcl().feed(small(b"LINE 0 0 5 3 1\r\n")))


def test_copies_are_printed():
    actions = Cpcl().feed(small(b"", b"! 0 200 200 4 3\r\n"))
    assert sum(isinstance(action, End) for action in actions) == 3


def test_native_text_is_noted_and_not_drawn():
    actions = Cpcl().feed(small(b"TEXT 7 0 1 1 hello\r\nB 128 1 1 50 0 0 7730\r\n"))
    assert [action.text for action in actions if isinstance(action, Note)] == ["hello", "7730"]


# --- Outside a session --------------------------------------------------------------------------


def test_a_line_outside_a_session_is_printed_as_text():
    actions = Cpcl().feed(b"ABORT\r\n")
    assert [type(action) for action in actions] == [Feed, Note, Complaint]


def test_an_empty_line_outside_a_session_feeds_paper():
    (feed,) = Cpcl().feed(b"\r\n")
    assert isinstance(feed, Feed)


def test_nuls_and_utility_lines_print_nothing():
    assert Cpcl().feed(b"\0\0\0! U1 SPEED 3\r\n") == []


@pytest.mark.parametrize(
    ("letter", "kind"), [(b"h", "cpcl_status"), (b"i", "cpcl_more"), (b"v", "cpcl_model")]
)
def test_escapes_are_answered_at_once(letter, kind):
    assert Cpcl().feed(b"\x1b" + letter) == [Ask(kind, at_once=True)]


def test_the_acknowledgement_of_a_reset_is_understood():
    assert Cpcl().feed(b"\x1bN") == []
    assert complaints(Cpcl().feed(b"\x1bq"))


def test_an_escape_inside_a_session_is_only_text():
    cpcl = Cpcl()
    cpcl.feed(b"! 0 200 200 4 1\r\n")
    actions = cpcl.feed(b"\x1bh\r\n")
    assert not any(isinstance(action, Ask) for action in actions)
    assert complaints(actions)


def test_abort_leaves_a_session_without_a_label():
    cpcl = Cpcl()
    assert cpcl.feed(b"! 0 200 200 4 1\r\nCG 1 1 0 0 \xff\r\nABORT\r\n") == []
    assert not cpcl.mid_command


@pytest.mark.parametrize(
    ("words", "value"),
    [(b"PURGE 1", "OFF"), (b"PURGE 2", "ON"), (b"WAIT 1", "ON"), (b"PURGE", "ON")],
)
def test_only_one_try_keeps_a_torn_label_from_coming_again(words, value):
    actions = Cpcl().feed(small(b"ON-OUT-OF-PAPER " + words + b"\r\n"))
    assert Control("set_reprint", value) in actions


# --- Awkward streams ----------------------------------------------------------------------------


@given(st.lists(st.integers(0, 90), max_size=8))
def test_chunking_changes_nothing(cuts):
    stream = small(b"CG 2 2 0 0 \r\n\x1bh\r\nTONE 3\r\nLINE 0 3 9 3 1\r\n") + b"\x1bh"
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    cpcl, actions = Cpcl(), []
    for start, end in pairwise(edges):
        actions += cpcl.feed(stream[start:end])
    assert actions == Cpcl().feed(stream)


@given(st.binary(max_size=400))
def test_any_bytes_are_survived(data):
    cpcl = Cpcl()
    cpcl.feed(data)
    cpcl.reset()
    assert not cpcl.mid_command


@pytest.mark.parametrize("line", [b"LINE 1\r\n", b"CG x\r\n", b"EG 1 1 0 0 zz\r\n", b"DANCE\r\n"])
def test_what_cannot_be_read_is_complained_about(line):
    assert complaints(Cpcl().feed(small(line)))


def test_a_line_without_end_is_given_up():
    cpcl = Cpcl()
    assert complaints(cpcl.feed(b"x" * 5000))
    assert cpcl.held == 0


# --- Answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "byte"),
    [
        ({}, 0x00), ({"cover_open": True}, 0x04), ({"jam": True}, 0x02), ({"hot": True}, 0x01),
        ({"paused": True}, 0x01), ({"paper": Paper(rows_left=0)}, 0x02),
    ],
)  # fmt: skip
def test_the_status_byte(state, byte):
    assert status(Mechanism(**state)) == bytes([byte])


def test_a_printer_at_work_is_busy():
    machine = Mechanism()
    machine.take([Strip(bytes(100 * 50), 100), End("label")], 0.0)
    assert status(machine) == b"\x01"


def test_low_paper_is_in_the_extended_status():
    assert ANSWERS["cpcl_more"](Mechanism(paper=Paper(rows_left=80))) == b"\x40"


def test_text_in_a_chinese_font_is_drawn_at_its_magnification():
    plain = Cpcl(96).feed("! 0 200 200 64 1\r\nTEXT 8 0 8 4 收 件\r\nPRINT\r\n".encode("gb18030"))
    large = Cpcl(96).feed(
        "! 0 200 200 64 1\r\nSETMAG 2 2\r\nT 55 0 8 4 收\r\nPRINT\r\n".encode("gb18030"))
    assert [action.text for action in plain if isinstance(action, Note)] == ["收 件"]
    assert not complaints(plain)
    assert not complaints(large)
    over = Cpcl(16).feed("! 0 200 200 64 1\r\nTEXT 8 0 8 4 收\r\nPRINT\r\n".encode("gb18030"))
    assert complaints(over)
    assert complaints(Cpcl().feed(small(b"TEXT 8 0 8\r\n")))
