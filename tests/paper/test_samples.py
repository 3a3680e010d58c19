"""The pages in docs/ are what the code draws, and hold nothing but made-up people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from station.paper import samples
from station.paper.fonts import Fonts
from station.paper.png import from_png, to_png
from station.paper.sheet import LabelSize

DOCS = Path(__file__).parents[2] / "docs"


def test_every_kind_of_page_is_shown_at_both_sizes(fonts: Fonts) -> None:
    names = set(samples.pages(fonts))
    assert names == {
        f"{kind}-{size.value}.png"
        for kind in ("waybill", "stub", "manifest", "commands") for size in LabelSize
    }


def test_the_samples_are_written_as_small_files(tmp_path: Path, fonts: Fonts) -> None:
    files = samples.write(tmp_path / "new")
    assert {file.name for file in files} == set(samples.pages(fonts))
    assert all(file.stat().st_size < 20_000 for file in files)


@pytest.mark.parametrize("size", [size.value for size in LabelSize])
def test_the_waybill_in_the_docs_reads_as_the_sample_says(
    size: str, picture: Callable[..., Image.Image], zxing: Callable[[Image.Image], list[str]]
) -> None:
    page = from_png((DOCS / f"waybill-{size}.png").read_bytes())
    assert zxing(picture(page)) == [samples.sample_waybill().waybill_no] * 2
    assert f"{page.width // 8}x{page.height // 8}" == size


def test_the_pages_in_the_docs_are_what_these_fonts_draw(fonts: Fonts) -> None:
    if fonts.check().primary.path.name != "NotoSansCJK-Regular.ttc":
        pytest.skip("the pages in docs/ were drawn with Noto Sans CJK")
    for name, page in samples.pages(fonts).items():
        in_docs = from_png((DOCS / name).read_bytes())
        assert (in_docs.width, in_docs.height) == (page.width, page.height)
        different = sum(
            (ours ^ theirs).bit_count()
            for ours, theirs in zip(page.rows, in_docs.rows, strict=True)
        )
        # Another release of the font may move a few dots; another layout moves thousands.
        assert different < page.width * page.height * 0.01, f"run: {samples.__doc__}"


def test_a_sample_signature_stays_on_the_pad() -> None:
    for stroke in samples.sample_signature():
        assert all(0 <= x <= 1000 and 0 <= y <= 1000 for x, y in stroke)


def test_a_page_survives_the_way_into_the_docs(fonts: Fonts) -> None:
    for page in samples.pages(fonts).values():
        assert from_png(to_png(page)) == page
