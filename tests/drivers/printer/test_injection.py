"""Nothing from outside becomes a command, in any language, wherever a reader begins to read.

Our own streams are read by the simulator's interpreters, which share no line with the encoders, and
what they understood is compared with what they understand of a white page of the same size.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.interfaces import Bitmap, SlipLine
from drivers.printer import PRINTERS, escpos
from drivers.printer.pages import Unprintable
from drivers.printer.settings import EscPosSettings
from drivers.printer.slips import encode_slip
from simulators import escpos as escpos_reader
from simulators.mechanism import Ask, Complaint, Control, End, Feed, Note, Paper, Strip, Tear
from simulators.printer import READERS

WIDTH, HEIGHT = 96, 24
STRIDE = WIDTH // 8
ROUTES = [
    ("escpos", "whole"), ("escpos", "inked"), ("tspl", "whole"), ("tspl", "inked"),
    ("zpl", None), ("cpcl", "whole"), ("cpcl", "inked"), ("epl", "whole"), ("epl", "inked"),
]  # fmt: skip

EVIL = [
    b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04",  # DLE EOT: status, in real time
    b"\x10\x14\x01\x00\x05", b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08",  # drawer, clear buffer
    b"\x10\x05\x02", b"\x1b@\x1dV\x00", b"\x1bp\x00\x19\xfa", b"\x1d(A\x02\x00\x00\x02",
    b"\r\nCLS\r\nPRINT 9,9\r\n", b"\x1b!R", b"\x1b!?", b"~!T\r\n",
    b'\r\nTEXT 0,0,"1",0,1,1,"x"\r\n',
    b"^XA^FO0,0^FDx^FS^XZ", b"~JA", b"~HS", b"^FS^XZ~JR", b":Z64:eJw=:0000",
    b"\r\nPRINT\r\n! 0 200 200 100 9\r\nT 0 0 0 0 x\r\nPRINT\r\n", b"\x1bh", b"\x1bN",
    b"\r\nN\r\nA0,0,0,1,1,1,N,\"x\"\r\nP9\r\n", b"\r\n^ee\r\n", b"\r\nUI\r\n", b"\x0c\x0c\x0c",
]
"""Every language's own commands, as dots."""


def encoded(language: str, route: str | None, page: Bitmap) -> bytes:
    given_route = {"route": route} if route else {}
    _, spoken = PRINTERS[language]("p", given_route, lambda _: None)
    return b"".join(spoken.page(page))


def understood(language: str, stream: bytes, pieces: list[int] | None = None) -> list[Any]:
    """All that the simulator's interpreter makes of a stream, in any chunking."""
    reader = READERS[language](Paper(width=WIDTH, label_rows=HEIGHT))
    edges = [0, *sorted(pieces or []), len(stream)]
    actions = [action for a, b in pairwise(edges) for action in reader.feed(stream[a:b])]
    assert not reader.mid_command
    return actions


def commands(actions: list[Any]) -> list[Any]:
    """What was understood but for the dots: their number, and everything else as it is."""
    return [action for action in actions if not isinstance(action, Strip | Feed)]


def rows_of(actions: list[Any]) -> int:
    """How much paper the dots take."""
    return sum(action.rows if isinstance(action, Feed) else len(action.rows) // action.stride
               for action in actions if isinstance(action, Strip | Feed))


def page_of(data: bytes) -> Bitmap:
    return Bitmap(WIDTH, HEIGHT, (data * (STRIDE * HEIGHT // max(1, len(data)) + 1))[
        : STRIDE * HEIGHT].ljust(STRIDE * HEIGHT, b"\0"))


WHITE = Bitmap(WIDTH, HEIGHT, bytes(STRIDE * HEIGHT))


def same_but_for_the_dots(language: str, route: str | None, page: Bitmap, cuts: list[int]) -> None:
    stream = encoded(language, route, page)
    cuts = [cut % (len(stream) + 1) for cut in cuts]
    found, template = understood(language, stream, cuts), understood(
        language, encoded(language, route, WHITE))
    assert commands(found) == commands(template)
    assert not any(isinstance(action, Complaint | Tear) for action in found)
    assert not any(isinstance(action, Ask) for action in found)
    assert sum(isinstance(action, End) for action in found) == 1
    if route != "inked":
        assert rows_of(found) == rows_of(template)


@pytest.mark.fault("F21")
@pytest.mark.parametrize(("language", "route"), ROUTES)
@pytest.mark.parametrize("evil", EVIL, ids=lambda evil: evil[:8].hex())
def test_dots_that_spell_commands_are_dots(language: str, route: str | None, evil: bytes):
    for shift in range(3):
        same_but_for_the_dots(language, route, page_of(bytes(shift) + evil), [7, 100, 101])


@pytest.mark.parametrize(("language", "route"), ROUTES)
@settings(max_examples=40, deadline=None)
@given(parts=st.lists(st.sampled_from(EVIL) | st.binary(max_size=12), max_size=20),
       cuts=st.lists(st.integers(0, 5000), max_size=6))
def test_no_page_however_malicious_is_more_than_dots(
    language: str, route: str | None, parts: list[bytes], cuts: list[int]
):
    same_but_for_the_dots(language, route, page_of(b"".join(parts)), cuts)


@settings(max_examples=150, deadline=None)
@given(st.text("\x10\x04\x14\x05\x01\x1b\0", max_size=400).map(str.encode), st.integers(1, 40),
       st.sampled_from(["whole", "inked"]))
def test_no_real_time_command_is_ever_in_an_escpos_page(data: bytes, chunk: int, route: str):
    page = page_of(data)
    stream = b"".join(escpos.encode_page(page, EscPosSettings(chunk_rows=chunk, route=route)))
    # A printer in real time looks at every pair of bytes, whatever it is in the middle of.
    assert not re.search(rb"\x10[\x04\x05\x14]", stream)


# --- Text: GB18030 has trail bytes that are commands elsewhere ------------------------------------


def slip(text: str) -> bytes:
    lines = [SlipLine(line) for line in text.splitlines()]
    return b"".join(encode_slip(lines, EscPosSettings()))


def heard(stream: bytes) -> list[Any]:
    reader = escpos_reader.EscPos(800)
    actions = reader.feed(stream)
    assert not reader.mid_command
    return actions


TRAILS = [chr(code) for code in range(0x4E00, 0x9FA6)
          if (coded := chr(code).encode("gb18030"))[1:2] in b"@[\\]^_`{|}~" and len(coded) == 2]
"""Characters whose second byte is a sign that begins or ends commands elsewhere."""


def test_characters_whose_second_byte_is_a_sign_stay_characters():
    text = "".join(random.Random(4).sample(TRAILS, 300))
    stream = slip(text)
    assert text == "".join(action.text for action in heard(stream) if isinstance(action, Note))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.text("\x10\x04\x01\x14\x1b@\x1d\x0c\n黍囗凗", max_size=60))
@example("\x10\x04\x01收件人\x1b@\x1dV\x00")
@example("𠮷䶮\x10\x14\x01\x00\x05")
@example("\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
def test_text_from_outside_is_text_in_a_slip(text: str):
    stream = slip(text)
    body = stream.removeprefix(b"\x1b@\x1c&")
    assert len(body) == len(stream) - 4
    body = body[: body.rindex(b"\x1c.")]
    assert not any(byte < 0x20 and byte != 0x0A for byte in body)
    assert body.count(b"\n") == len(text.splitlines())
    kinds = Counter(type(action) for action in heard(stream) if not isinstance(action, Note))
    assert kinds[Control] == kinds[Ask] == kinds[Complaint] == kinds[Tear] == 0
    assert kinds[End] == 1


@pytest.mark.parametrize("language", ["tspl", "zpl", "cpcl", "epl"])
def test_the_page_languages_never_carry_text_from_outside(language: str):
    """What they print is drawn: a stream holds the settings' own words, and dots."""
    _, spoken = PRINTERS[language]("p", {}, lambda _: None)
    with pytest.raises(Unprintable, match="plain text"):
        spoken.slip([SlipLine("收件人\r\nPRINT 9,9")])
