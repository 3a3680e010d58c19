"""Slips as text: what python-escpos writes of them, and what an independent reader gets to read."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.interfaces import SlipLine
from drivers.printer.escpos_transport import load_escpos
from drivers.printer.settings import EscPosSettings
from drivers.printer.slips import LINES_AT_ONCE, encode_slip, is_sayable, plain
from simulators.escpos import EscPos
from simulators.mechanism import End, Feed, Note, Strip

WIDE = 24_000  # dots: no line of these tests is broken


def stream_of(*lines: SlipLine | str, **given_settings) -> bytes:
    made = [SlipLine(line) if isinstance(line, str) else line for line in lines]
    return b"".join(encode_slip(made, EscPosSettings(**given_settings)))


def read(stream: bytes, width: int = WIDE) -> list[str]:
    """The lines on paper, as the simulated printer reads them; blank ones are ""."""
    found = []
    for action in EscPos(width).feed(stream):
        if isinstance(action, Note):
            found.append(action.text)
        elif isinstance(action, Feed) and action.rows:
            found.append("")
    return found


def test_a_slip_is_chinese_between_fs_and_and_fs_dot():
    """GB18030 of 申通 is c9 ea cd a8; FS & and FS . as in the HPRT TP80K manual."""
    assert stream_of("申通", "1件") == bytes.fromhex(
        "1b 40 1c 26 c9 ea cd a8 0a 31 bc fe 0a 1c 2e 0c")


def test_large_type_is_told_for_letters_and_for_chinese_and_taken_back():
    """Epson: ESC ! 30; the clones' manuals: FS ! 0c. python-escpos says the first of them."""
    stream = stream_of(SlipLine("单", large=True), "1")
    large = bytes.fromhex("1b 21 30 1c 21 0c b5 a5 0a")
    usual = bytes.fromhex("1b 21 00 1c 21 00 31 0a")
    assert large in stream.replace(b"\x1b!\x00\x1b!0", b"\x1b!0")
    assert usual in stream.replace(b"\x1b!\x00\x1b!\x00", b"\x1b!\x00")
    tall, low = (a for a in EscPos(384).feed(stream) if isinstance(a, Strip))
    assert (len(tall.rows) // tall.stride, len(low.rows) // low.stride) == (54, 30)


@pytest.mark.parametrize("text", ["【】", "①②", "（）", "，。", "é", "plain ASCII", "申通【】①é"])
def test_what_python_escpos_would_garble_is_encoded_here(text):
    """Its text() prints "?" for signs without a Chinese character beside them (3.1)."""
    assert read(stream_of(text)) == [text]


def test_the_library_itself_still_garbles_signs_alone():
    """When this fails the library has been mended, and the road around it can go."""
    writer = load_escpos().Dummy()
    writer.text("【①】")
    assert "【①】".encode("gb18030") not in writer.output


def test_many_lines_go_out_in_blocks_that_a_small_buffer_holds():
    blocks = encode_slip([SlipLine("宽" * 24)] * 100, EscPosSettings())
    assert len(blocks) == 2 + -(-100 // LINES_AT_ONCE)
    assert max(map(len, blocks)) < 1024
    assert read(b"".join(blocks)) == ["宽" * 24] * 100


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\x1b@b", "a@b"),  # ESC @
        ("\x1dV\x00x", "Vx"),  # GS V 0 would cut
        ("x\x10\x14\x01\x00\x01", "x"),  # DLE DC4 opens the drawer
        ("tab\there", "tab here"),
        ("two\nlines", "twolines"),
        ("\x7f\x80\x9b", ""),
        ("e\u200bm\u202ep", "emp"),  # zero-width and right-to-left marks
        ("a\u00a0b", "a b"),
        ("【】（）①", "【】（）①"),
        ("\ud800", ""),
        ("€é", "€é"),
    ],
)
def test_only_what_a_person_can_read_stays_in_a_slip(text, line):
    assert plain(text) == line


@pytest.mark.parametrize("char", ["𠮷", "😀", "한", "é̂"[-1]])
def test_a_character_the_printer_lacks_is_shown_as_missing(char):
    assert plain(char) == "〓"
    assert not is_sayable(char)


@pytest.mark.parametrize(
    ("text", "gb18030", "gb2312"),
    [("收件人123", True, True), ("镕", True, False), ("丂", True, False), ("·—（）①", True, True),
     ("𠮷", False, False), ("", True, True), ("é", True, True)],
)
def test_each_set_says_what_it_has(text, gb18030, gb2312):
    """GB2312 has rows 1 to 9 and 16 to 87; 镕 came with GBK, 𠮷 with GB18030's four bytes."""
    assert (is_sayable(text), is_sayable(text, "gb2312")) == (gb18030, gb2312)
    assert (plain(text, "gb2312") == text) == gb2312


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_what_gb2312_says_python_s_own_codec_says_too(text):
    told = plain(text, "gb2312")
    assert all(char in "·—〓" or char.encode("gb2312", "replace") != b"?" or char == "?"
               for char in told)


LINES = st.lists(
    st.builds(SlipLine, st.text(max_size=30) | st.text("申通圆 A1\x10\x04\x14\x1b\x1d@丂镕\n\r\t"),
              st.booleans()), max_size=40)


@pytest.mark.fault("F21")
@settings(max_examples=250, deadline=None)
@given(LINES, st.sampled_from(["gb18030", "gb2312"]))
@example([SlipLine("张三\x1b@\x1dV0\x10\x14\x01\x00\x01", large=True)], "gb18030")
@example([SlipLine("\x1c&\x1c.\x0c\x1d(H\x06\x0000" + "0001")], "gb18030")
@example([SlipLine("玘區珇玙玝"), SlipLine("\x10\x04\x01")], "gb2312")
def test_text_never_becomes_a_command_and_reads_back_line_for_line(lines, characters):
    """The simulated printer, written from the manual, hears no question and cuts once."""
    stream = b"".join(encode_slip(lines, EscPosSettings(cut="full", characters=characters)))
    actions = EscPos(WIDE).feed(stream)
    assert {type(action) for action in actions} <= {Note, Strip, Feed, End}
    assert [a for a in actions if isinstance(a, End)] == [End("label"), End("cut")]
    assert b"\x10" not in stream, "nothing that a printer obeys in the middle of anything"
    assert read(stream) == [plain(line.text, characters) for line in lines]


@given(st.text())
def test_a_plain_line_is_itself_and_made_of_what_is_seen(text):
    line = plain(text)
    assert plain(line) == line
    assert all(unicodedata.category(char)[0] != "C" for char in line)
    assert is_sayable(line)


@pytest.mark.parametrize(
    ("code", "is_there"),
    [("a1a1", True), ("a9a4", True), ("b0a1", True), ("f7fe", True), ("aaa1", False),
     ("afa1", False), ("f8a1", False), ("b0a0", False), ("a0a1", False)])
def test_the_oldest_characters_go_from_row_to_row_and_no_further(code: str, is_there: bool) -> None:
    assert is_sayable(bytes.fromhex(code).decode("gb18030"), "gb2312") == is_there
