"""EPL2 streams made by hand from Zebra's manual, and what they put on paper."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.epl import Epl, codes
from simulators.mechanism import Ask, Complaint, Control, End, Mechanism, Note, Paper, Strip


def rows_of(actions) -> bytes:
    (strip,) = [action for action in actions if isinstance(action, Strip)]
    return strip.rows


def small(body: bytes, end: bytes = b"P1\r\n") -> bytes:
    """A label of 16 x 4 dots around some lines."""
    return b"\r\nN\r\nq16\r\nQ4,24\r\n" + body + end


def complaints(actions) -> list[str]:
    return [action.text for action in actions if isinstance(action, Complaint)]


@pytest.mark.parametrize("mark", [b",", b"\n"])
def test_a_bitmap_is_counted_bytes_and_zero_is_black(mark):
    dots = bytes(byte ^ 0xFF for byte in b"\r\nP9\r\n")
    actions = Epl().feed(small(b"GW0,1,2,3" + mark + dots + b"\n"))
    assert rows_of(actions) == b"\x00\x00\r\nP9\r\n"
    assert not complaints(actions)


def test_a_bitmap_stands_at_any_dot_from_the_reference():
    actions = Epl().feed(small(b"R2,1\r\nGW1,1,1,1,\x0f\r\n"))
    assert rows_of(actions) == b"\x00\x00\x00\x00\x1e\x00\x00\x00"


def test_a_line_is_a_black_rectangle():
    assert rows_of(Epl().feed(small(b"LO4,1,8,2\r\n"))) == b"\x00\x00\x0f\xf0\x0f\xf0\x00\x00"


def test_printing_from_the_bottom_turns_the_label():
    assert rows_of(Epl().feed(small(b"ZB\r\nLO0,0,1,1\r\n"))) == bytes(7) + b"\x01"


def test_n_clears_what_was_drawn():
    assert rows_of(Epl().feed(small(b"LO0,0,9,4\r\nN\r\n"))) == bytes(8)


def test_print_counts_sets_times_copies():
    actions = Epl().feed(small(b"", b"P2,3\r\n"))
    assert sum(isinstance(action, End) for action in actions) == 6


@pytest.mark.parametrize("form", [b"Q4,0", b"Q4,B24", b"Q4,B24,0", b"Q4"])
def test_every_kind_of_paper_has_the_same_length(form):
    epl = Epl()
    epl.feed(b"\n" + form + b"\r\n")
    assert epl.height == 4


def test_native_text_is_noted_and_not_drawn():
    actions = Epl().feed(small(b'A1,1,0,4,1,1,N,"hello"\r\nB1,1,0,1,2,4,50,N,"7730"\r\n'))
    assert [action.text for action in actions if isinstance(action, Note)] == ["hello", "7730"]


def test_settings_are_known():
    assert not complaints(Epl().feed(small(b"D8\r\nS3\r\nOD,C\r\nUN\r\nI8,A,001\r\nJF\r\n")))


def test_the_question_about_errors_is_answered_at_once():
    assert Epl().feed(b"\r\n^ee\r\n") == [Ask("epl_codes", at_once=True)]


def test_the_question_inside_a_bitmap_is_only_dots():
    epl = Epl()
    assert epl.feed(b"\nGW0,0,2,100,\r\n^ee\r\n") == []
    assert epl.mid_command


def test_reset_is_a_control():
    assert Epl().feed(b"^@\r\n") == [Control("reset")]


def test_white_and_a_line_end_bring_it_back_wherever_it_was_cut():
    stream = small(b"GW0,0,2,4," + bytes(8) + b"\r\n")
    start, end = stream.index(b"GW"), stream.index(b"P1")
    for cut in range(start, end):
        epl = Epl()
        epl.feed(stream[:cut])
        epl.feed(b"\xff" * (end - cut) + b"\r\nN\r\n")
        assert rows_of(epl.feed(stream)) == b"\xff" * 8, cut


@given(st.lists(st.integers(0, 90), max_size=8))
def test_chunking_changes_nothing(cuts):
    stream = small(b"GW0,0,2,2,\r\n^e\r\nLO0,3,9,1\r\n") + b"\r\n^ee\r\n"
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    epl, actions = Epl(), []
    for start, end in pairwise(edges):
        actions += epl.feed(stream[start:end])
    assert actions == Epl().feed(stream)


@given(st.binary(max_size=400))
def test_any_bytes_are_survived(data):
    epl = Epl()
    epl.feed(data)
    epl.reset()
    assert not epl.mid_command


@pytest.mark.parametrize("line", [b"dance", b"GWx", b"LO1,2", b"\xff\xfe"])
def test_what_is_not_known_is_complained_about(line):
    assert complaints(Epl().feed(small(line + b"\r\n")))


def test_what_hangs_over_is_complained_about():
    assert complaints(Epl().feed(small(b"GW8,0,2,1,\x00\x00\r\n")))
    assert complaints(Epl().feed(small(b"LO8,0,9,1\r\n")))


def test_a_line_without_end_is_given_up():
    epl = Epl()
    assert complaints(epl.feed(b"x" * 5000))
    assert epl.held == 0


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        ({}, b"00\r\n"),
        ({"cover_open": True}, b"11\r\n"),
        ({"cover_open": True, "paper": Paper(rows_left=0)}, b"07,11\r\n"),
        ({"hot": True}, b"62\r\n"),
        ({"jam": True}, b"81\r\n"),
        ({"paused": True}, b"92\r\n"),
    ],
)
def test_troubles_are_two_digit_codes(state, answer):
    assert codes(Mechanism(**state)) == answer


def test_a_code_128_in_one_code_set_is_drawn():
    epl = Epl(800, 60)
    actions = epl.feed(b'\nN\r\nB8,4,0,1C,2,4,40,N,"7730"\r\nP1\r\n')
    assert [action.text for action in actions if isinstance(action, Note)] == ["7730"]
    assert not complaints(actions)
    assert complaints(Epl(800, 60).feed(b'\nN\r\nB8,4,0,1C,2,4,40,N,"773"\r\n'))
    assert complaints(Epl(80, 60).feed(b'\nN\r\nB8,4,0,1C,2,4,40,N,"7730"\r\n'))
