"""ESC/POS streams made by hand from Epson's reference, and what they put on paper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.escpos import EscPos
from simulators.mechanism import Ask, Complaint, Control, End, Feed, Note, Strip


def merged(actions):
    """The dots of all strips in order, and the other actions."""
    dots = b"".join(action.rows for action in actions if isinstance(action, Strip))
    return dots, [action for action in actions if not isinstance(action, Strip)]


def test_a_raster_image_prints_its_rows(raster):
    dots, rest = merged(EscPos(800).feed(b"\x1b@" + raster(100, 1200, 0xA5) + b"\x0c"))
    assert dots == b"\xa5" * 120_000
    assert rest == [End("label")]


@pytest.mark.parametrize(("mode", "wide", "high"), [(1, 2, 1), (2, 1, 2), (3, 2, 2), (49, 2, 1)])
def test_a_raster_can_be_blown_up(raster, mode, wide, high):
    strip = EscPos().feed(raster(1, 3, 0xF0, mode=mode))[0]
    assert strip.stride == wide
    assert len(strip.rows) == wide * high * 3
    assert strip.rows[:wide] == (b"\xff\x00" if wide == 2 else b"\xf0")


def test_rows_print_as_they_arrive(raster):
    reader = EscPos()
    data = raster(10, 100)
    actions = reader.feed(data[:58])
    assert merged(actions)[0] == b"\xff" * 50
    assert reader.mid_command
    assert merged(reader.feed(data[58:]))[0] == b"\xff" * 950
    assert not reader.mid_command


def test_stored_graphics_print_only_when_told():
    reader = EscPos()
    body = b"0p0\x01\x01" + b"1" + (16).to_bytes(2, "little") + (2).to_bytes(2, "little")
    store = b"\x1d(L" + (len(body) + 4).to_bytes(2, "little") + body + b"\x01\x02\x03\x04"
    assert reader.feed(store) == []
    assert reader.feed(b"\x1d(L\x02\x0002") == [Strip(b"\x01\x02\x03\x04", 2)]
    assert isinstance(reader.feed(b"\x1d(L\x02\x0002")[0], Complaint), "printed once"


def test_large_graphics_use_a_four_byte_length():
    body = b"0p0\x01\x011" + (800).to_bytes(2, "little") + (1200).to_bytes(2, "little")
    dots = bytes(range(250)) * 480
    data = b"\x1d8L" + (len(body) + len(dots)).to_bytes(4, "little") + body + dots
    assert EscPos().feed(data + b"\x1d(L\x02\x0002") == [Strip(dots, 100)]


def test_graphics_with_too_few_dots_are_complained_about():
    body = b"0p0\x01\x011" + (800).to_bytes(2, "little") + (1200).to_bytes(2, "little") + b"short"
    answer = EscPos().feed(b"\x1d(L" + len(body).to_bytes(2, "little") + body)
    assert answer == [Complaint("graphics of 800x1200 with 5 bytes")]


def test_an_unknown_graphics_function_is_complained_about():
    assert EscPos().feed(b"\x1d(L\x02\x000A") == [Complaint("GS ( L function 65")]


@pytest.mark.parametrize(
    ("data", "action"),
    [
        (b"\x1bJ\x20", [Feed(32)]),
        (b"\x1bd\x03", [Feed(90)]),
        (b"\x1b3\x18\x1bd\x02", [Feed(48)]),
        (b"\n", [Feed(30)]),
        (b"\x0c", [End("label")]),
        (b"\x1dV\x00", [End("cut")]),
        (b"\x1dV1", [End("cut")]),
        (b"\x1dVB\x10", [Feed(16), End("cut")]),
        (b"\x1dVA\x00", [Feed(0), End("cut")]),
        (b"\x1bi", [End("cut")]),
        (b"\x1bm", [End("cut")]),
        (b"\x1dr\x01", [Ask("paper")]),
        (b"\x1bv", [Ask("paper")]),
        (b"\x1da\x0e", [Control("asb", "14")]),
        (b"\x1dI\x43", [Ask("identity", b"C")]),
        (b"\x1d(H\x06\x00000042", [Ask("process_id", b"0042")]),
        (b"\x1dk\x046901\x00", [Note("6901")]),
        (b"\x1dkI\x05{X773", [Complaint("GS k: '{X773' is no Code 128")]),
        (b"\x1dkI\x03773", [Complaint("GS k: '773' is no Code 128")]),
        (b"\x1dkI\x03{C\x64", [Complaint("GS k: '{Cd' is no Code 128")]),
        (b"\x1dw\x06\x1dkI\x14{BWIDER-THAN-A-PAPER",
         [Complaint("GS k: 1398 dots are wider than the paper")]),
        (b"\x1b~", [Complaint("unknown command ESC '~'")]),
        (b"\x1d~", [Complaint("unknown command GS '~'")]),
        (b"\x1c~", [Complaint("unknown command FS '~'")]),
        (b"\r\t\x18\x00", []),
    ],
)
def test_one_command_gives_its_action(data, action):
    assert EscPos().feed(data) == action


@pytest.mark.parametrize(
    "data",
    [
        b"\x1b@", b"\x1ba\x01", b"\x1bE\x01", b"\x1b!\x08", b"\x1bt\x00", b"\x1bp\x00\x19\xfa",
        b"\x1c&", b"\x1c.", b"\x1c!\x00", b"\x1dL\x00\x00", b"\x1dW\x40\x02", b"\x1d!\x11",
        b"\x1dB\x00", b"\x1dh\x50", b"\x1dw\x03", b"\x1dH\x02", b"\x1b2", b"\x1b\x20\x05",
        b"\x1d(k\x03\x001A2", b"\x10\x14\x01\x00\x05",
    ],
)  # fmt: skip
def test_settings_are_swallowed_whole(data):
    reader = EscPos()
    assert reader.feed(data + b"\x0c") == [End("label")]
    assert not reader.mid_command


def test_status_questions_are_answered_first_even_inside_an_image(raster):
    image = bytearray(raster(3, 10, 0x00))
    image[20:23] = b"\x10\x04\x02"
    actions = EscPos().feed(bytes(image))
    assert actions[0] == Ask("dle_eot", b"\x02", at_once=True)
    assert merged(actions)[0] == bytes(image[8:]), "the bytes stay part of the image"


@pytest.mark.parametrize("cut", [1, 2])
def test_a_status_question_may_be_split(cut):
    reader = EscPos()
    question = b"\x10\x04\x04"
    assert reader.feed(question[:cut]) == []
    assert reader.feed(question[cut:]) == [Ask("dle_eot", b"\x04", at_once=True)]
    assert reader.feed(b"\n") == [Feed(30)], "and is asked once"


def test_only_questions_one_to_four_exist():
    assert EscPos().feed(b"\x10\x04\x05\x10\x04\x00") == []


def test_text_prints_on_line_feed_with_what_it_says():
    actions = EscPos(200).feed("Hello 你好\n".encode("gb18030"))
    assert actions[0] == Note("Hello 你好")
    assert isinstance(actions[1], Strip)
    assert any(actions[1].rows)
    assert (actions[1].stride, len(actions[1].rows)) == (25, 25 * 30)


def said(stream, width=384):
    """The lines as they stand on paper."""
    return [action.text for action in EscPos(width).feed(stream) if isinstance(action, Note)]


def test_a_chinese_character_is_two_bytes_however_they_look():
    """Trail bytes of GB18030 are letters and signs elsewhere: 丂 ends in "@", 镕 in "F"."""
    text = "丂镕 AB"
    assert text.encode("gb18030")[1::2][:2] == b"@F"
    assert said(text.encode("gb18030") + b"\n") == [text]


def test_bytes_in_any_chunks_are_the_same_line():
    reader, data = EscPos(384), "镕A丂\n".encode("gb18030")
    actions = [action for byte in data for action in reader.feed(bytes([byte]))]
    assert actions == EscPos(384).feed(data)


def test_outside_chinese_mode_high_bytes_are_the_code_page():
    assert said(b"\x1c.\xb3\xc4\n\x1c&\xca\xd5\n") == ["\u2502\u2500", "收"]


def test_half_a_character_swallows_no_command():
    actions = EscPos(384).feed(b"\xca\n\x1dV\x00")
    assert actions[0] == Note("\ufffd")
    assert actions[-1] == End("cut")


def test_a_full_line_goes_on_below():
    assert said(b"0123456789" * 4 + b"\n") == ["01234567890123456789012345678901", "23456789"]
    assert said(("收" * 17).encode("gb18030") + b"\n") == ["收" * 16, "收"]


def test_large_type_takes_twice_the_room_each_kind_by_its_own_command():
    """ESC ! (Epson) for letters, FS ! (clones' manuals) for Chinese; ESC @ ends both."""
    assert said(b"\x1b!\x30" + b"0123456789" * 2 + b"\n") == ["0123456789012345", "6789"]
    large = b"\x1c!\x0c" + ("收" * 9).encode("gb18030")
    assert said(large + b"\n") == ["收" * 8, "收"]
    strips = [a for a in EscPos(384).feed(large + b"\n\x1b@" + "收".encode("gb18030") + b"\n")
              if isinstance(a, Strip)]
    assert [len(strip.rows) // strip.stride for strip in strips] == [54, 54, 30]


def test_text_waits_for_its_end_and_is_printed_before_a_cut():
    reader = EscPos(200)
    assert reader.feed(b"to") == []
    actions = reader.feed(b"tal\x1dV\x00")
    assert (actions[0], actions[-1]) == (Note("total"), End("cut"))


def test_column_images_stand_upright():
    band = b"\x1b*\x21" + (2).to_bytes(2, "little") + b"\xff\xff\xff" + b"\x00\x00\x01"
    actions = EscPos(16).feed(band + b"\n")
    strip = actions[0]
    assert len(actions) == 1, "the line feed belongs to the band"
    assert strip.rows == b"\x80" * 23 + b"\xc0"


def test_low_column_images_are_three_rows_a_dot():
    strip = EscPos(16).feed(b"\x1b*\x01\x01\x00\x80")[0]
    assert strip.rows == b"\x80" * 3 + b"\x00" * 21


def test_reset_forgets_what_is_half_received(raster):
    reader = EscPos()
    reader.feed(raster(10, 100)[:500])
    reader.reset()
    assert not reader.mid_command
    assert reader.feed(b"\x0c") == [End("label")]


@given(st.data())
def test_chunks_do_not_matter(data):
    stream = (
        b"\x1b@\x1ba\x01" + b"\x1dv0\x00\x03\x00\x05\x00" + bytes(range(15)) + b"\x1bJ\x10"
        + b"text\n\x1d(H\x06\x00000001" + b"\x10\x04\x01" + b"\x1dVB\x05\x0c"
    )  # fmt: skip
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1))))
    reader = EscPos(24)
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    got = [action for piece in pieces for action in reader.feed(piece)]
    whole = EscPos(24).feed(stream)

    def told(actions):
        dots, rest = merged(actions)
        return dots, [a for a in rest if not (isinstance(a, Ask) and a.at_once)]

    assert told(got) == told(whole)
    assert sum(isinstance(a, Ask) and a.at_once for a in got) == 1


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(noise):
    reader = EscPos(24)
    reader.feed(noise)
    reader.reset()
    assert reader.feed(b"\x0c") == [End("label")]
