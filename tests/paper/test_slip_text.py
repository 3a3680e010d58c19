"""A slip in a receipt printer's own type: aligned, nothing lost, no line too long."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.interfaces import SlipLine
from station.paper.document import Column
from station.paper.fonts import Fonts
from station.paper.sheet import LabelSize
from station.paper.slip import Slip
from station.paper.slip_text import (
    COLUMN,
    Roll,
    columns_of,
    slip_lines,
    slip_picture,
    slip_pictures,
)

NARROW, WIDE = Roll(384), Roll(576)
ROWS = (("1", "773000000000017", "浙江省 杭州市", "1260", "8.50", ""),
        ("2", "773000000000018", "北京市 朝阳区", "940", "12.00", "改次日"))
SLIP = Slip(
    "交接单 Hand-over", "HO-1", datetime(2026, 11, 23, 4, 0, tzinfo=UTC),
    (Column("#", 7, "right"), Column("运单号 Waybill", 27), Column("目的地 To", 17),
     Column("我方 g", 12, "right"), Column("运费 元", 13, "right"), Column("备注 Note", 16)),
    ROWS, (("快递 Carrier", "申通"),), (("合计 Total", "2 件"),), ("快递员 Courier", "仓管 Keeper"))


@lru_cache(1)
def fonts() -> Fonts:
    return Fonts.find()


def texts(slip: Slip, roll: Roll, copy: int = 1) -> list[str]:
    return [line.text for line in slip_lines(slip, roll, shop="小店")[copy - 1]]


def width(line: SlipLine) -> int:
    return columns_of(line.text) * (1 + line.large)


def test_wide_paper_holds_a_row_in_a_line_with_its_numbers_under_one_another():
    lines = texts(SLIP, WIDE)
    head = next(line for line in lines if line.startswith("#"))
    first, second = (next(line for line in lines if number in line) for number in ("017", "018"))
    assert first == "1 773000000000017 浙江省 杭州市 1260  8.50"
    assert second == "2 773000000000018 北京市 朝阳区  940 12.00"
    assert head == "# 运单号 Waybill  目的地 To     我方  运费"


def test_narrow_paper_holds_a_row_in_two_lines_each_under_its_own_head():
    lines = texts(SLIP, NARROW)
    at = next(number for number, line in enumerate(lines) if line.startswith("2 7730"))
    assert lines[at : at + 2] == ["2 773000000000018 北京市 朝阳区", "   940 12.00 改次日"]
    assert lines[at - 5 : at - 2] == [
        "# 运单号 Waybill  目的地 To", "  我方  运费 备注", "     g    元 Note"]


@pytest.mark.rule("I2", "P7")
def test_each_copy_says_which_it_is_and_whose():
    slip = replace(SLIP, holders=("进货留存", "仓库留存"))
    first, second = texts(slip, WIDE), texts(slip, WIDE, 2)
    assert "第1联/共2联" in "\n".join(first)
    assert "留存 Kept by: 进货留存" in first
    assert "第2联/共2联" in "\n".join(second)
    assert "留存 Kept by: 仓库留存" in second
    assert [line for line in first if "联" not in line and "Kept" not in line] == [
        line for line in second if "联" not in line and "Kept" not in line]


def test_one_copy_says_nothing_of_copies_and_a_first_printing_nothing_of_others():
    text = "\n".join(texts(SLIP, WIDE))
    assert "联" not in text
    assert "Printed again" not in text
    assert "补打 Printed again: 2" in texts(replace(SLIP, again=2), WIDE)


def test_a_column_without_a_word_takes_no_room():
    slip = replace(SLIP, rows=tuple((*row[:5], "") for row in ROWS))
    assert "备注" not in "\n".join(texts(slip, NARROW))


def test_a_slip_without_rows_has_no_rules_and_one_without_signers_no_line_to_sign_on():
    lines = texts(replace(SLIP, rows=(), signers=()), WIDE)
    assert not [line for line in lines if set(line) <= set("-_") and line]


def test_what_is_too_long_for_a_line_goes_on_below_it():
    digest = "a7e1" * 16
    lines = texts(replace(SLIP, facts=(("链", digest),)), NARROW)
    at = next(number for number, line in enumerate(lines) if line.startswith("链"))
    assert lines[at + 1].startswith("  a")
    assert "".join(line.strip() for line in lines[at : at + 3]) == f"链: {digest}"


words = st.text("申通圆货号AB1 -/。【】\x1b\x10\n\u200b丂𠮷é", max_size=40)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(words, words, words), max_size=6), words, words, words,
       st.sampled_from([NARROW, WIDE]))
def test_no_line_is_longer_than_the_paper_and_no_character_is_lost(rows, title, fact, signer, roll):
    columns = (Column("货号 Item", 20), Column("件", 10, "right"), Column("毛病 Reason", 20))
    slip = Slip(title or "单", "1", SLIP.at, columns, tuple(rows), (("事", fact),), (), (signer,))
    (lines,) = slip_lines(slip, roll, shop="店")
    assert all(width(line) <= roll.columns for line in lines)
    assert all(line.text.isprintable() for line in lines)
    on_paper = re.sub(r"\s", "", "".join(line.text for line in lines))
    for text in (fact, *(cell for row in rows for cell in row)):
        seen = re.sub(r"[\s\x00-\x1f\u200b]", "", text)
        assert all(on_paper.count(char) >= seen.count(char) for char in seen)


def test_the_picture_sets_each_character_where_the_printer_would():
    (lines,) = slip_lines(SLIP, NARROW, shop="小店")
    page = slip_picture(lines, NARROW, fonts())
    assert page.width == 384
    assert len(page.rows) == page.stride * page.height
    line = slip_picture([SlipLine(" " * 31 + "1")], NARROW, fonts())
    black = {x for start in range(0, len(line.rows), 48)
             for x in range(384) if line.rows[start + x // 8] >> (7 - x % 8) & 1}
    assert black
    assert min(black) >= 31 * COLUMN


def test_a_character_that_no_font_has_is_marked_in_the_picture():
    marked = slip_picture([SlipLine("\ue000")], NARROW, fonts())
    assert marked == slip_picture([SlipLine("〓")], NARROW, fonts())


def test_a_slip_is_shown_on_the_paper_that_it_will_come_out_on():
    slip = replace(SLIP, holders=("甲", "乙"))
    assert len(slip_pictures(slip, WIDE, fonts(), shop="小店")) == 2
    labels = slip_pictures(slip, LabelSize.L100X150, fonts(), shop="小店")
    assert len(labels) == 2
    assert all(png.startswith(b"\x89PNG") for png in labels)
