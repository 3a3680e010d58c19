"""Two hundred generated orders at both sizes, read back by zbar and by zxing-cpp.

Laying them out is what takes long: every test that looks at all of them is in this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from station.domain.labels import WaybillLabel
from station.paper import code128
from station.paper.fonts import Fonts
from station.paper.sheet import LabelSize, PrintedCode
from station.paper.waybill import printed_fields

ORDERS, BATCH = 200, 20
BATCHES = [range(start, start + BATCH) for start in range(0, ORDERS, BATCH)]
Pages = Callable[[int, LabelSize], list[Any]]
Picture = Callable[..., Image.Image]
Runs = Callable[[Image.Image, int, int, int], list[tuple[int, int]]]
Read = Callable[[Image.Image], list[str]]
Drawn = Callable[[Any, str], str]
Corners = tuple[int, int, int, int]

pytestmark = [
    pytest.mark.parametrize("size", list(LabelSize)),
    pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: f"from{batch.start}"),
]


@pytest.mark.rule("D1")
@pytest.mark.pain("15", "34")
def test_both_readers_read_the_number_twice_and_nothing_else(
    size: LabelSize, batch: range, generated_label: Callable[[int], WaybillLabel],
    generated_pages: Pages, picture: Picture, zbar: Read, zxing: Read,
) -> None:
    for seed in batch:
        number = generated_label(seed).waybill_no
        image = picture(generated_pages(seed, size)[0].bitmap)
        assert zxing(image) == [number, number], seed
        assert zbar(image) == [number, number], seed


@pytest.mark.rule("D1")
def test_every_character_of_every_field_is_placed_exactly_once(
    size: LabelSize, batch: range, fonts: Fonts, generated_label: Callable[[int], WaybillLabel],
    generated_pages: Pages, drawn: Drawn,
) -> None:
    for seed in batch:
        label, pages = generated_label(seed), generated_pages(seed, size)
        for field, text in printed_fields(label, fonts).items():
            whole = "".join(text)
            if field == "consignee.postcode" and whole:
                whole = f"邮编 {whole}"
            assert drawn(pages, field) == whole, (seed, field)


def test_every_drawn_character_has_a_glyph_of_its_own(
    size: LabelSize, batch: range, fonts: Fonts, generated_pages: Pages
) -> None:
    for seed in batch:
        for page in generated_pages(seed, size):
            text = "".join(placed.text for placed in page.placed)
            assert all(fonts.face_for(char) for char in set(text))


@pytest.mark.rule("D1", "D6")
def test_no_reader_finds_a_number_on_a_continuation_page(
    size: LabelSize, batch: range, generated_pages: Pages, picture: Picture, zbar: Read,
    zxing: Read,
) -> None:
    for seed in batch:
        others = generated_pages(seed, size)[1:]
        assert all(page.codes == [] for page in others)
        for page in others[: seed % 5 == 0]:  # reading every page would only take long
            image = picture(page.bitmap)
            assert zxing(image) == []
            # In dense text zbar sees a one-letter Code 39 once in some thousand pages.
            assert all(len(found) == 1 for found in zbar(image))


@pytest.mark.pain("15")
def test_every_bar_is_a_whole_multiple_of_the_module(
    size: LabelSize, batch: range, generated_pages: Pages, picture: Picture, runs: Runs,
) -> None:
    for seed in batch:
        page = generated_pages(seed, size)[0]
        image = picture(page.bitmap)
        assert len(page.codes) == 2
        for code in page.codes:
            assert code.module >= 2
            check_rows(image, code, runs)


def check_rows(image: Image.Image, code: PrintedCode, runs: Runs) -> None:
    """First, middle and last row of a code: exact widths, and white on both sides of them."""
    bars, quiet = code.bars, code.module * code128.QUIET_MODULES
    expected = [width * code.module for width in code128.widths(code.data)]
    for y in (bars.y, bars.y + bars.h // 2, bars.bottom - 1):
        assert [dots for _, dots in runs(image, y, bars.x, bars.right)] == expected
        assert runs(image, y, bars.x - quiet, bars.x) == [(0, quiet)]
        assert runs(image, y, bars.right, bars.right + quiet) == [(0, quiet)]


@pytest.mark.rule("D1")
def test_nothing_is_drawn_over_anything_else_or_over_the_edge(
    size: LabelSize, batch: range, fonts: Fonts, generated_pages: Pages,
) -> None:
    for seed in batch:
        for page in generated_pages(seed, size):
            corners = [*text_corners(page, fonts), *code_corners(page)]
            assert all(inside(each, size) for each in corners), seed
            assert not overlapping(corners), seed


def text_corners(page: Any, fonts: Fonts) -> list[Corners]:
    """The em squares of every line; white space at its end may hang over, unseen."""
    return [
        (line.box.x, line.box.y, line.box.x + fonts.width(line.text.rstrip(), line.size),
         line.box.bottom)
        for line in page.placed
    ]


def code_corners(page: Any) -> list[Corners]:
    """Every barcode with its quiet zones."""
    return [
        (code.bars.x - 10 * code.module, code.bars.y, code.bars.right + 10 * code.module,
         code.bars.bottom)
        for code in page.codes
    ]


def inside(corners: Corners, size: LabelSize) -> bool:
    """True if a millimetre of paper is left all round."""
    left, top, right, bottom = corners
    return left >= 8 and top >= 8 and right <= size.width - 8 and bottom <= size.height - 8


def overlapping(corners: list[Corners]) -> bool:
    """True if any two boxes share a dot."""
    return any(
        left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
        for at, (left, top, right, bottom) in enumerate(corners) for other in corners[:at]
    )
