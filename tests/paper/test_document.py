"""Documents of several pages: what does not fit goes on, and every page has its head."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.paper.document import Column, Document
from station.paper.fonts import Fonts
from station.paper.sheet import Box, LabelSize, Sheet, Style

COLUMNS = (Column("货号", 2), Column("数量", 1, "right"))
Drawn = Callable[[Sequence[Sheet], str], str]


def opened(sheet: Sheet) -> Box:
    """A head of one line, and room under it."""
    sheet.write("head", "页", 20, 10, Style(20, 20))
    return Box(20, 40, sheet.size.width - 40, 400)


@pytest.fixture
def document(fonts: Fonts) -> Document:
    return Document(LabelSize.L76X130, fonts, opened)


def test_a_document_begins_with_one_page(document: Document, drawn: Drawn) -> None:
    assert len(document.sheets) == 1
    assert drawn(document.sheets, "head") == "页"


def test_room_is_taken_from_the_top(document: Document) -> None:
    assert document.take(100) == Box(20, 40, 568, 100)
    assert document.take(50).y == 140
    assert document.room.h == 250


def test_what_has_no_room_goes_to_the_next_page(document: Document, drawn: Drawn) -> None:
    document.take(300)
    assert document.take(200).y == 40
    assert len(document.sheets) == 2
    assert drawn(document.sheets, "head") == "页页"


def test_a_paragraph_runs_over_pages(document: Document, drawn: Drawn) -> None:
    text = "样例" * 400
    document.paragraph("note", text, Style(30, 30))
    assert len(document.sheets) > 1
    assert drawn(document.sheets, "note") == text
    assert all(placed.box.bottom <= 440 for sheet in document.sheets for placed in sheet.placed)


def test_unbreakable_parts_stay_whole_over_pages(document: Document) -> None:
    parts = [f"8{at:03d}/深蓝/31×1; " for at in range(60)]
    document.paragraph("goods", parts, Style(30, 30))
    lines = [
        placed.text for sheet in document.sheets for placed in sheet.placed
        if placed.field == "goods"
    ]
    assert len(lines) > 20
    assert all(re.fullmatch(r"(8\d{3}/深蓝/31×1; )+", line) for line in lines)


def test_an_empty_paragraph_takes_no_room(document: Document) -> None:
    before = document.room
    document.paragraph("note", "", Style(30, 30))
    assert document.room == before


def test_a_heading_is_never_alone_at_the_foot(document: Document) -> None:
    document.take(360)
    document.heading("备注")
    assert len(document.sheets) == 2


def test_facts_without_a_value_are_left_out(document: Document, drawn: Drawn) -> None:
    document.facts("facts", [("重量", "1260 g"), ("包装", ""), ("打包员", "小样")])
    assert drawn(document.sheets, "facts") == "重量 1260 g打包员 小样"


def test_the_head_of_a_table_is_on_every_page(document: Document) -> None:
    boxes: list[Sheet] = document.sheets
    document.table("rows", COLUMNS, [(f"{at}", "1") for at in range(40)])
    assert len(boxes) > 1
    for sheet in boxes:
        first = min(placed.box.y for placed in sheet.placed if placed.field.startswith("rows"))
        assert first >= 40 + 26  # under the head's row


def test_a_row_stays_together_where_it_can(document: Document) -> None:
    document.take(300)
    document.table("rows", COLUMNS, [("样" * 90, "1")])
    holding = [sheet for sheet in document.sheets
               if any(placed.field == "rows.0" for placed in sheet.placed)]
    assert len(holding) == 1


def test_a_row_taller_than_a_page_is_split(document: Document, drawn: Drawn) -> None:
    document.table("rows", COLUMNS, [("样" * 500, "7"), ("末", "8")])
    assert drawn(document.sheets, "rows.0") == "样" * 500 + "末"
    assert drawn(document.sheets, "rows.1") == "78"
    assert all(placed.box.bottom <= 442 for sheet in document.sheets for placed in sheet.placed)


def test_an_empty_cell_keeps_its_row(document: Document, drawn: Drawn) -> None:
    before = document.room.h
    document.table("rows", COLUMNS, [("", "")])
    assert document.room.h < before - 40
    assert drawn(document.sheets, "rows.0") == ""


def test_a_row_of_the_wrong_length_is_refused(document: Document) -> None:
    with pytest.raises(ValueError, match="argument"):
        document.table("rows", COLUMNS, [("8012", "1", "extra")])


@given(st.lists(st.tuples(
    st.text(st.sampled_from("样例ab 1，"), max_size=120), st.text("0123456789", max_size=30)),
    max_size=30))
@settings(max_examples=40, deadline=None)
def test_a_table_loses_no_character(rows: list[tuple[str, str]]) -> None:
    fonts = Fonts.find()
    document = Document(LabelSize.L76X130, fonts, opened)
    document.table("rows", COLUMNS, rows)
    for at in (0, 1):
        text = "".join(
            placed.text for sheet in document.sheets for placed in sheet.placed
            if placed.field == f"rows.{at}"
        )
        assert text == "".join(row[at] for row in rows)


def test_places_to_sign_stand_side_by_side(document: Document, drawn: Drawn) -> None:
    document.signatures([("快递员", ()), ("仓管", ())], height=150)
    (sheet,) = document.sheets
    left, right = [placed.box for placed in sheet.placed if placed.field == "signers"]
    assert left.y == right.y
    assert right.x - left.x == 568 // 2


def test_places_to_sign_are_never_split(document: Document) -> None:
    document.take(300)
    document.signatures([("快递员", ())], height=150)
    assert len(document.sheets) == 2


def test_pages_are_numbered_when_all_are_there(document: Document) -> None:
    document.new_page()
    document.new_page()
    texts: list[str] = []
    flow = Sheet.flow

    def noting(self: Sheet, field: str, text: str, box: Box, style: Style) -> tuple[str, ...]:
        texts.append(text)
        return flow(self, field, text, box, style)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sheet, "flow", noting)
        document.number_pages(lambda _: Box(0, 1000, 600, 30), Style(20, 14))
    assert texts == ["1/3", "2/3", "3/3"]
