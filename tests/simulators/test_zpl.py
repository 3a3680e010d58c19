"""ZPL streams made by hand from Zebra's guide, and what they put on paper."""

from __future__ import annotations

import base64
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.mechanism import Ask, Complaint, Control, End, Mechanism, Note, Paper, Strip
from simulators.zpl import Zpl, crc16, errors, host_status, unpacked


def rows_of(actions) -> bytes:
    (strip,) = [action for action in actions if isinstance(action, Strip)]
    return strip.rows


def small(body: bytes) -> bytes:
    """A label of 16 x 4 dots around some commands."""
    return b"^XA^PW16^LL4" + body + b"^XZ"


def z64(rows: bytes) -> bytes:
    text = base64.b64encode(zlib.compress(rows))
    return b":Z64:" + text + b":%04X" % crc16(text)


def complaints(actions) -> list[str]:
    return [action.text for action in actions if isinstance(action, Complaint)]


GRAPHICS = {
    "hexadecimal": b"^GFA,8,8,2,00FFFF0000FF8001",
    "with line ends": b"^GFA,8,8,2,00FF\r\nFF00\r\n00FF\r\n8001",
    "compressed": b"^GFA,8,8,2," + z64(bytes.fromhex("00FFFF0000FF8001")),
    "binary": b"^GFB,8,8,2,\x00\xff\xff\x00\x00\xff\x80\x01",
}


@pytest.mark.parametrize("name", GRAPHICS)
def test_a_graphic_is_read_in_each_of_its_spellings(name):
    actions = Zpl().feed(small(b"^FO0,0" + GRAPHICS[name] + b"^FS"))
    assert rows_of(actions) == bytes.fromhex("00FFFF0000FF8001")
    assert not complaints(actions)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("FFFF0000", "FFFF0000"),
        ("JF,", "FFFF0000"),
        ("JF:", "FFFFFFFF"),
        ("!,", "FFFF0000"),
        ("0F,:", "0F000F00"),
        ("IF0J8", "FFF08888"),
    ],
)
def test_repeat_counts_are_spelled_out(text, rows):
    """G to Y repeat 1 to 19 times, g to z 20 to 400; ``,`` and ``!`` fill a row, ``:`` repeats."""
    assert unpacked(text, 4, 2).hex().upper() == rows


def test_large_counts_add_up():
    assert unpacked("gGF0", 11, 11).hex() == "f" * 21 + "0"


def test_base64_without_compression_is_read_too():
    text = base64.b64encode(b"\x0f\xf0")
    assert unpacked((b":B64:" + text + b":%04x" % crc16(text)).decode(), 2, 2) == b"\x0f\xf0"


def test_a_wrong_checksum_drops_the_graphic():
    damaged = z64(bytes(8))[:-4] + b"0000"
    actions = Zpl().feed(small(b"^GFA,8,8,2," + damaged + b"^FS"))
    assert rows_of(actions) == bytes(8)
    assert complaints(actions)


@pytest.mark.parametrize("data", [b"00FF", b"GG", b"zz", b":Z64:!!:0000", b":Z64:AAAA"])
def test_a_graphic_that_is_too_short_or_nonsense_is_complained_about(data):
    assert complaints(Zpl().feed(small(b"^GFA,8,8,2," + data + b"^FS")))


def test_home_and_origin_add_up():
    actions = Zpl().feed(small(b"^LH2,1^FO1,1^GFA,1,1,1,F0^FS"))
    assert rows_of(actions) == b"\x00\x00\x00\x00\x1e\x00\x00\x00"


@pytest.mark.parametrize(
    ("box", "rows"),
    [
        (b"^FO0,0^GB16,1,1^FS", b"\xff\xff" + bytes(6)),
        (b"^FO4,1^GB8,2,2^FS", b"\x00\x00\x0f\xf0\x0f\xf0\x00\x00"),
        (b"^FO0,0^GB8,4,1^FS", b"\xff\x00\x81\x00\x81\x00\xff\x00"),
    ],
)
def test_boxes_are_frames_or_full(box, rows):
    assert rows_of(Zpl().feed(small(box))) == rows


def test_inverted_orientation_turns_the_label_and_the_next_one_too():
    zpl = Zpl()
    first = zpl.feed(small(b"^POI^GFA,1,1,1,80^FS"))
    second = zpl.feed(small(b"^GFA,1,1,1,80^FS"))
    assert rows_of(first) == rows_of(second) == bytes(7) + b"\x01"


def test_quantity_prints_labels():
    actions = Zpl().feed(small(b"^PQ3,0,1,N"))
    assert sum(isinstance(action, End) for action in actions) == 3


def test_each_format_begins_white():
    zpl = Zpl()
    zpl.feed(small(b"^GFA,1,1,1,FF^FS"))
    assert rows_of(zpl.feed(small(b""))) == bytes(8)


def test_native_text_is_noted_and_not_drawn():
    actions = Zpl().feed(small(b"^FO1,1^A0N,20^FDhello^FS"))
    assert [action.text for action in actions if isinstance(action, Note)] == ["hello"]


# --- Commands that act at once ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "kind"), [(b"~HS", "zpl_host"), (b"~HQES", "zpl_errors"), (b"~HI", "zpl_identity")]
)
def test_questions_are_answered_at_once_even_inside_a_format(command, kind):
    zpl = Zpl()
    zpl.feed(b"^XA^PW16")
    assert zpl.feed(command) == [Ask(kind, at_once=True)]


def test_a_half_received_format_is_thrown_away_by_jx_wherever_it_stands():
    whole = small(b"^FO0,0^GFA,8,8,2," + z64(bytes(range(8))) + b"^FS")
    for cut in range(len(whole) - 3):
        zpl = Zpl()
        zpl.feed(whole[:cut])
        zpl.feed(b"\r\n~JX\r\n")
        assert not zpl.mid_command, whole[:cut]
        assert rows_of(zpl.feed(whole)) == bytes(range(8))


@pytest.mark.parametrize(
    ("command", "kind"),
    [(b"~JA", "cancel"), (b"~PS", "resume"), (b"~PP", "pause"), (b"~JR", "reset")],
)
def test_controls(command, kind):
    assert Zpl().feed(command) == [Control(kind)]


@pytest.mark.parametrize(("word", "value"), [(b"^JZN", "OFF"), (b"^JZY", "ON")])
def test_jz_decides_whether_a_torn_label_comes_again(word, value):
    assert Control("set_reprint", value) in Zpl().feed(small(word))


# --- Awkward streams ----------------------------------------------------------------------------


@given(st.lists(st.integers(0, 80), max_size=8))
def test_chunking_changes_nothing(cuts):
    stream = b"~SD15\r\n" + small(b"^FO0,0" + GRAPHICS["compressed"] + b"^FS^PQ2") + b"~HS"
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    zpl, actions = Zpl(), []
    for start, end in pairwise(edges):
        actions += zpl.feed(stream[start:end])
    assert actions == Zpl().feed(stream)


@given(st.binary(max_size=400))
def test_any_bytes_are_survived(data):
    zpl = Zpl()
    zpl.feed(data)
    zpl.reset()
    assert not zpl.mid_command


@pytest.mark.parametrize("stream", [b"hello^XA", b"^QQ1^XA", b"~QQ~HS", b"^XZ", b"^XA^FOx^XZ"])
def test_what_is_not_known_is_complained_about(stream):
    assert complaints(Zpl().feed(stream))


def test_a_binary_graphic_may_hold_carets_and_tildes():
    actions = Zpl().feed(small(b"^GFB,8,8,2,~HS^XZ~J^FS"))
    assert rows_of(actions) == b"~HS^XZ~J"


# --- Answers ------------------------------------------------------------------------------------


def test_an_idle_printer_answers_three_strings_without_formats():
    first, second, third = host_status(Mechanism()).split(b"\r\n")[:3]
    assert first.startswith(b"\x02030,0,0,1200,000,")
    assert second.split(b",")[8] == b"00000000"
    assert third == b"\x021234,0\x03"


@pytest.mark.parametrize("trouble", ["cover_open", "hot"])
def test_a_printer_in_trouble_does_not_answer_host_status(trouble):
    """Zebra: no reply in media out, head open and over-temperature."""
    assert host_status(Mechanism(**{trouble: True})) == b""
    assert host_status(Mechanism(paper=Paper(rows_left=0))) == b""


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ({}, b"ERRORS:         0 00000000 00000000"),
        ({"cover_open": True}, b"ERRORS:         1 00000000 00000004"),
        ({"hot": True, "jam": True}, b"ERRORS:         1 00000000 00001010"),
        ({"paused": True}, b"ERRORS:         1 00000000 00010000"),
        ({"paper": Paper(rows_left=0)}, b"ERRORS:         1 00000000 00000001"),
        ({"paper": Paper(rows_left=80)}, b"WARNINGS:       1 00000000 00000008"),
    ],
)
def test_errors_are_bits(state, line):
    assert line in errors(Mechanism(**state))


# --- Native text and codes ----------------------------------------------------------------------


def test_text_in_the_chinese_font_is_drawn_and_its_hex_is_read():
    zpl = Zpl(96, 32)
    actions = zpl.feed(b"^XA^FO8,4^A@N,24,24,E:SIMSUN.FNT^CI28^FH_^FD_E6_94_B6A^FS^XZ")
    assert [action.text for action in actions if isinstance(action, Note)] == ["收A"]
    assert any(rows_of(actions))


def test_a_code_128_is_drawn_in_mode_n_only():
    drawn = Zpl(800, 60).feed(b"^XA^FO8,4^BY2^BCN,40,N,N,N,N^FD>;7730^FS^XZ")
    assert [action.text for action in drawn if isinstance(action, Note)] == ["7730"]
    assert not complaints(drawn)
    assert complaints(Zpl().feed(b"^XA^FO8,4^BCN,40,Y,N,N,A^FD7730^FS^XZ"))
    assert complaints(Zpl().feed(b"^XA^FO8,4^BCN,40,N,N,N,N^FD>;773^FS^XZ"))
    assert complaints(Zpl(80, 60).feed(b"^XA^FO8,4^BCN,40,N,N,N,N^FD>;7730^FS^XZ"))
