"""TSPL streams made by hand from TSC's manual, and what they put on paper."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.mechanism import Ask, Complaint, Control, End, Feed, Note, Strip
from simulators.tspl import Tspl, dots


def canvas(actions) -> np.ndarray:
    """The dots of the first label."""
    strip = next(action for action in actions if isinstance(action, Strip))
    return np.unpackbits(np.frombuffer(strip.rows, np.uint8).reshape(-1, strip.stride), axis=1)


def small(body: bytes) -> bytes:
    """A label of 16 x 8 dots around some commands."""
    return b"SIZE 2 mm,1 mm\r\nCLS\r\n" + body + b"\r\nPRINT 1\r\n"


def test_a_bitmap_is_black_where_its_bits_are_zero(tspl_label):
    black = canvas(Tspl().feed(tspl_label(0x00)))
    white = canvas(Tspl().feed(tspl_label(0xFF)))
    assert black.shape == (1200, 800)
    assert black.all()
    assert not white.any()


def test_a_bitmap_stands_where_it_is_put():
    picture = canvas(Tspl().feed(small(b"BITMAP 3,2,1,2,0,\x0f\xf0")))
    assert picture[2, 3:11].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    assert picture[3, 3:11].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert picture.sum() == 8


@pytest.mark.parametrize(("mode", "expected"), [(0, 0), (1, 8), (2, 8)])
def test_bitmap_modes_overwrite_or_and_xor(mode, expected):
    body = b"BAR 0,0,8,1\r\nBITMAP 0,0,1,1,%d,\xff" % mode
    assert canvas(Tspl().feed(small(body))).sum() == expected
    body = b"BAR 0,0,8,1\r\nBITMAP 0,0,1,1,2,\x00"
    assert canvas(Tspl().feed(small(body))).sum() == 0


def test_a_payload_may_hold_any_bytes_even_line_ends_and_escapes():
    payload = b"\r\n\x1b!?PRINT 1\r\nCLS"
    body = b"BITMAP 0,0,2,8,0," + payload[:16]
    actions = Tspl().feed(small(body))
    assert not any(isinstance(action, Ask) for action in actions)
    assert np.packbits(canvas(actions), axis=1).tobytes() == bytes(~b & 255 for b in payload[:16])


def test_kuaimais_dialect_without_line_end_after_the_payload():
    stream = (
        b"SIZE 2mm,1mm\r\nDIRECTION 0,0\r\nREFERENCE 0,0\r\nSET PEEL OFF\r\nSET TEAR ON\r\n"
        b"CLS\r\nCODEPAGE Default\r\nBITMAP 0,0,2,1,1,\x00\x00PRINT 1,1\r\n"
    )
    actions = Tspl().feed(stream)
    assert canvas(actions).sum() == 16
    assert not any(isinstance(action, Complaint) for action in actions)


def test_print_counts_sets_times_copies(tspl_label):
    actions = Tspl().feed(tspl_label(copies=3))
    assert sum(action == End("label", 800) for action in actions) == 3
    more = Tspl().feed(b"SIZE 2 mm,1 mm\r\nPRINT 2,2\r\n")
    assert sum(isinstance(action, End) for action in more) == 4


def test_what_was_drawn_prints_again_until_it_is_cleared():
    reader = Tspl()
    reader.feed(small(b"BAR 0,0,4,4"))
    assert canvas(reader.feed(b"PRINT 1\r\n")).sum() == 16
    assert canvas(reader.feed(b"CLS\r\nPRINT 1\r\n")).sum() == 0


@pytest.mark.parametrize(
    ("body", "black"),
    [
        (b"BAR 1,1,3,2", 6),
        (b"BOX 0,0,8,8,1", 28),
        (b"BAR 0,0,8,8\r\nERASE 0,0,8,4", 32),
        (b"REVERSE 0,0,4,4", 16),
    ],
)
def test_lines_boxes_and_erasers(body, black):
    assert canvas(Tspl().feed(small(body))).sum() == black


@pytest.mark.parametrize(
    ("measure", "count"),
    [("100 mm", 800), ("100mm", 800), ("76.2 mm", 610), ("800 dot", 800), ("4", 813), ("0", 0)],
)
def test_lengths_are_millimetres_dots_or_inches(measure, count):
    assert dots(measure) == count


def test_a_length_without_a_number_is_refused():
    with pytest.raises(ValueError, match="no length"):
        dots("wide")


@pytest.mark.parametrize(
    ("data", "action"),
    [
        (b"\x1b!?", Ask("state", at_once=True)),
        (b"\x1b!S", Ask("long_state", at_once=True)),
        (b"READSTA \r\n", Ask("readsta", at_once=True)),
        (b"~!T\r\n", Ask("model")),
        (b"~!@\r\n", Ask("mileage")),
        (b"~!A\r\n", Ask("memory")),
        (b"~!I\r\n", Ask("codepage")),
        (b'OUT "done 7"\r\n', Ask("say", b"done 7")),
        (b"\x1b!P", Control("pause")),
        (b"\x1b!O", Control("resume")),
        (b"\x1b!.", Control("cancel")),
        (b"\x1b!R", Control("reset")),
        (b"\x1b!F", Control("feed")),
        (b"SET REPRINT ON\r\n", Control("set_reprint", "ON")),
        (b"set ribbon off\r\n", Control("set_ribbon", "OFF")),
        (b"FEED 40\r\n", Feed(40)),
        (b"CUT\r\n", End("cut")),
        (b"FORMFEED\r\n", End("label", 800)),
        (b'TEXT 10,10,"TSS24.BF2",0,1,1,"\xc4\xe3\xba\xc3"\r\n', Note("你好")),
        (b'BARCODE 10,10,"128",80,1,0,2,2,"773000000000001"\r\n', Note("773000000000001")),
        (b"QRCODE 10,10,L,5,A,0,plain\r\n", Note("10,10,L,5,A,0,plain")),
        (b"DANCE 1,2\r\n", Complaint("unknown command: DANCE 1,2")),
        (b"BAR one\r\n", Complaint("cannot read: BAR one")),
        (b"BITMAP 1,2\r\n", Complaint("BITMAP without its numbers: 1,2")),
        (b"\x1bxy", Complaint("unknown escape 1b 78 79")),
        (b"\x1b!z", Complaint("unknown escape 1b 21 7a")),
    ],
)
def test_one_command_gives_its_action(data, action):
    assert Tspl().feed(data) == [action]


@pytest.mark.parametrize(
    "line",
    [b"GAP 2 mm,0", b"DENSITY 8", b"SPEED 4", b"DIRECTION 1,0", b"OFFSET 0 mm", b"BLINE 3 mm,0",
     b"BACKFEED 10", b"SOUND 2,200"],
)  # fmt: skip
def test_settings_are_accepted_silently(line):
    assert Tspl().feed(line + b"\r\n") == []


def test_a_bitmap_over_the_edge_is_clipped_and_complained_about():
    actions = Tspl().feed(small(b"BITMAP 12,0,1,1,0,\x00"))
    assert actions[0] == Complaint("the bitmap hangs over the label")
    assert canvas(actions[1:]).sum() == 4
    white = Tspl().feed(small(b"BITMAP 12,0,1,1,0,\xff"))
    assert not any(isinstance(action, Complaint) for action in white)


def test_a_vendors_compressed_bitmap_is_not_understood():
    assert Tspl().feed(small(b"BITMAP 0,0,1,1,3,\x00"))[0] == Complaint(
        "BITMAP mode 3 is a vendor's compression"
    )


def test_a_half_sent_bitmap_prints_nothing_and_swallows_what_follows(tspl_label):
    reader = Tspl()
    data = tspl_label()
    assert not any(isinstance(a, Strip) for a in reader.feed(data[:50_000]))
    assert reader.mid_command
    assert reader.feed(b"\x1b!?") == [], "inside a payload nothing is a question"
    reader.reset()
    assert reader.feed(b"\x1b!?") == [Ask("state", at_once=True)]


def test_a_line_without_end_is_given_up():
    reader = Tspl()
    assert reader.feed(b"A" * 5000) == [Complaint("a line of more than 4096 bytes")]
    assert not reader.mid_command


def test_an_empty_bitmap_is_nothing():
    actions = Tspl().feed(small(b"BITMAP 0,0,0,0,0,"))
    assert canvas(actions).sum() == 0


@given(st.data())
def test_chunks_do_not_matter(data):
    label = small(b"BITMAP 1,1,1,2,0,\x00\r\x1b!?\r\nBAR 0,0,2,2")
    stream = label + b"\x1b!?~!T\r\nSET REPRINT ON\r\n"
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1))))
    reader = Tspl()
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [a for piece in pieces for a in reader.feed(piece)] == Tspl().feed(stream)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(noise):
    reader = Tspl(16, 8)
    reader.feed(noise)
    reader.reset()
    assert reader.feed(b"\x1b!?") == [Ask("state", at_once=True)]
