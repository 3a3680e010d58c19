"""The code on every paper of the shop's own: printed, read by other readers, and led back by.

A slip is told to a simulated receipt printer, which draws the bars from Epson's manual; ZBar and
ZXing read them off its paper, as they do from the drawn label and from the PDF.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import typst
import zxingcpp
from PIL import Image, ImageOps
from pyzbar import pyzbar

from drivers.interfaces import SlipBars
from drivers.printer.escpos_transport import load_escpos
from drivers.printer.settings import EscPosSettings
from drivers.printer.slips import BAR_ROWS, encode_slip
from simulators.escpos import EscPos
from simulators.mechanism import Complaint, Feed, Strip
from station.domain.record_codes import record_code, record_of
from station.paper.document import Column
from station.paper.fonts import Fonts
from station.paper.pdf import coded, illustrated
from station.paper.sheet import LabelSize
from station.paper.slip import Slip, render_slip
from station.paper.slip_text import Roll, slip_lines, slip_picture

RECORDS = ("handover:3", "addendum:12", "supplier:999999999", "case:7", "archive:1",
           "receipt:44444", "count:5", "day:2026-11-28", "shift:2026-11-28:17")
ROLLS = pytest.mark.parametrize("roll", [Roll(384), Roll(576)], ids=["58 mm", "80 mm"])
WHITE = 40  # dots beside the head that a roll leaves: 5 mm


@lru_cache(1)
def fonts() -> Fonts:
    return Fonts.find()


def slip_of(about: str) -> Slip:
    return Slip("入库单 Receiving", "44", datetime(2026, 11, 28, 4, 0, tzinfo=UTC),
                (Column("货号 Item", 50), Column("件 Pcs", 50, "right")), (("TS1103", "2"),),
                code=record_code(about))


def read_by_both(picture: Image.Image) -> list[str]:
    """What ZXing and ZBar read alike, each code once."""
    paper = ImageOps.expand(picture.convert("L"), WHITE, 255)
    by_zxing = {found.text for found in zxingcpp.read_barcodes(paper)}
    by_zbar = {found.data.decode() for found in pyzbar.decode(paper)}
    assert by_zxing == by_zbar
    return sorted(by_zxing)


def on_paper(stream: bytes, roll: Roll) -> Image.Image:
    """What the simulated printer sets, as a picture."""
    actions = EscPos(roll.dots).feed(stream)
    assert not [action for action in actions if isinstance(action, Complaint)]
    rows = []
    for strip in actions:
        if isinstance(strip, Feed):
            rows.append(np.zeros((strip.rows, roll.dots), np.uint8))
        if not isinstance(strip, Strip):
            continue
        dots = np.unpackbits(np.frombuffer(strip.rows, np.uint8).reshape(-1, strip.stride), axis=1)
        rows.append(np.pad(dots, ((0, 0), (0, roll.dots - dots.shape[1]))))
    return Image.fromarray(((1 - np.vstack(rows)) * 255).astype(np.uint8))


@pytest.mark.parametrize("barcodes", ["own", "drawn"])
@pytest.mark.parametrize("about", RECORDS)
@ROLLS
def test_a_receipt_printer_s_slip_bears_the_code_that_opens_its_record(
    roll: Roll, about: str, barcodes: str
) -> None:
    (lines,) = slip_lines(slip_of(about), roll, shop="甲店")
    stream = b"".join(encode_slip(lines, EscPosSettings(barcodes=barcodes)))
    (code,) = read_by_both(on_paper(stream, roll))
    assert record_of(code) == about


@pytest.mark.parametrize("about", RECORDS)
@ROLLS
def test_a_slip_that_is_drawn_for_want_of_characters_bears_it_too(roll: Roll, about: str) -> None:
    (lines,) = slip_lines(slip_of(about), roll, shop="𠮷店")
    page = slip_picture(lines, roll, fonts())
    drawn = Image.frombytes("1", (page.width, page.height), page.rows)
    assert read_by_both(ImageOps.invert(drawn.convert("L"))) == [record_code(about)]


@pytest.mark.parametrize("size", LabelSize)
def test_so_does_a_slip_drawn_on_a_label(size: LabelSize) -> None:
    for about in RECORDS:
        (page,) = render_slip(slip_of(about), size, fonts())
        drawn = Image.frombytes("1", (page.width, page.height), page.rows)
        assert read_by_both(ImageOps.invert(drawn.convert("L"))) == [record_code(about)]


def test_each_copy_bears_it() -> None:
    slip = replace(slip_of("supplier:4"), holders=("进货留存", "仓库留存"))
    copies = slip_lines(slip, Roll(384), shop="")
    assert [[part.text for part in copy if isinstance(part, SlipBars)] for copy in copies] \
        == [["PBS-S4"], ["PBS-S4"]]


@pytest.mark.parametrize("code", ["", "PBS-S" + "9" * 40])
def test_a_code_that_has_no_room_is_left_out_and_the_number_stays(code: str) -> None:
    (lines,) = slip_lines(replace(slip_of("case:1"), code=code), Roll(384), shop="")
    assert not [part for part in lines if isinstance(part, SlipBars)]
    assert "单号 No: 44" in [part.text for part in lines]


def test_a_code_is_told_as_the_library_tells_it() -> None:
    """But for GS f, which clones lack, and the letters below, which stand in the slip's head."""
    writer = load_escpos().Dummy()
    writer._hw_barcode("{BPBS-R44", "CODE128", height=BAR_ROWS, width=3, pos="OFF",
                       function_type="B")
    told = bytes(writer.output).replace(b"\x1df\x00", b"").replace(b"\x1dH\x30", b"\x1dH\x00")
    (lines,) = slip_lines(slip_of("receipt:44"), Roll(576), shop="")
    stream = b"".join(encode_slip(lines, EscPosSettings()))
    assert told in stream
    assert stream.partition(told)[2].startswith(b"\x1bJ\x06\x1ba\x00"), "then from the left"


@pytest.mark.parametrize("text", ["PBS-\x1b@", "{C12", "小票", "", "PBS-\x10\x04\x01"])
def test_what_is_no_code_is_never_told_as_one(text: str) -> None:
    stream = b"".join(encode_slip([SlipBars(text, 2, bytes(48))], EscPosSettings()))
    assert b"\x1dk" not in stream
    assert text.encode() not in stream or not text


def test_a_sheet_s_code_is_read_from_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page as typst draws it at the resolution of a label printer, the coarsest there is."""
    compiled = typst.compile
    monkeypatch.setattr(typst, "compile", lambda *given, **facts: compiled(
        *given, **{**facts, "format": "png", "ppi": 203.2}))
    data: dict[str, Any] = {
        "shop": "甲店", "number": "44", "code": coded("PBS-R44"), "supplier": "针织厂",
        "day": "2026-11-28", "who": "仓管", "brought_by": "", "pieces": "2", "faulty": "0",
        "amount": "0.00", "freight": "0.00", "rows": []}
    picture = Image.open(BytesIO(illustrated("receiving_slip", data, {}, fonts())))
    assert read_by_both(picture) == ["PBS-R44"]
