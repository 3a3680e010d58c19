"""The album is the same for everybody, and what it says of a picture is true."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pytest
import zxingcpp

from simulators.camera import Laid as LaidPage
from simulators.camera import Optics, picture, sheet
from simulators.scanner import ean13_check
from simulators.snapshots import (
    DOTS,
    ONE_IN_EMPTY,
    QUIET,
    SYMBOLOGIES,
    TROUBLES,
    album,
    code_dots,
    label_with,
    snapshot,
    symbol,
    text_for,
    written_page,
)


@pytest.fixture(scope="module")
def pictures() -> list[Any]:
    return list(album(60, seed=9))


def test_a_picture_is_the_same_whatever_the_size_of_the_album(pictures: list[Any]) -> None:
    again = snapshot(17, seed=9)
    assert again.text == pictures[17].text
    assert (again.seen == pictures[17].seen).all()


def test_another_seed_is_another_album(pictures: list[Any]) -> None:
    assert snapshot(17, seed=10).text != pictures[17].text


def test_one_in_twelve_shows_no_code(pictures: list[Any]) -> None:
    assert [one.number for one in pictures if not one.text] == [11, 23, 35, 47, 59]
    assert ONE_IN_EMPTY == 12


def test_symbologies_and_troubles_are_mixed(pictures: list[Any]) -> None:
    assert len({one.symbology for one in pictures if one.text}) >= 5
    assert {one.trouble for one in pictures} == set(TROUBLES)
    assert sum(share for _, share in SYMBOLOGIES.values()) == 100


def test_codes_lie_in_all_directions_and_about_half_upright(pictures: list[Any]) -> None:
    upright = Counter(one.is_upright for one in pictures)
    assert upright[True] >= 15
    assert upright[False] >= 15


def test_a_module_is_never_finer_than_a_camera_can_see(pictures: list[Any]) -> None:
    assert min(one.module for one in pictures) > 0.8
    assert max(one.module for one in pictures) <= 4.0


def test_the_whole_code_is_in_the_picture() -> None:
    for number in range(6):
        one = snapshot(number, seed=2)
        assert one.seen.shape == (480, 640)


@pytest.mark.parametrize("symbology", list(SYMBOLOGIES))
def test_a_drawn_code_says_its_text(symbology: str) -> None:
    chance = random.Random(1)
    for _ in range(5):
        text = text_for(symbology, chance)
        paper = np.asarray(sheet(code_dots(symbology, text)))
        assert [code.text for code in zxingcpp.read_barcodes(paper)] == [text]


@pytest.mark.parametrize("symbology", list(SYMBOLOGIES))
def test_a_clear_picture_of_a_label_can_be_read(symbology: str) -> None:
    chance = random.Random(2)
    text = text_for(symbology, chance)
    paper = label_with(symbology, text, chance)
    seen = picture([(paper, LaidPage(scale=0.75))], Optics(), size=(1000, 800))
    assert text in {code.text for code in zxingcpp.read_barcodes(seen)}


def test_bars_are_as_high_as_asked_and_have_quiet_zones() -> None:
    bars = symbol("code128", "7712345678", bar_modules=20)
    assert bars.shape[0] == 20
    assert (bars == bars[0]).all()
    dots = code_dots("code128", "7712345678", bar_modules=20)
    assert dots.shape == ((20 + 2 * QUIET) * DOTS, (bars.shape[1] + 2 * QUIET) * DOTS)
    assert not dots[:, : QUIET * DOTS].any()


def test_article_numbers_have_their_check_digits() -> None:
    chance = random.Random(3)
    for _ in range(50):
        text = text_for("ean13", chance)
        assert text[-1] == ean13_check(text[:12])
        eight = text_for("ean8", chance)
        assert sum(int(digit) * (3, 1)[at % 2] for at, digit in enumerate(eight)) % 10 == 0


def test_a_written_page_has_stripes_and_no_code() -> None:
    for seed in range(5):
        page = np.asarray(written_page(random.Random(seed)))
        assert (page < 100).mean() > 0.05
        assert zxingcpp.read_barcodes(page) == []


def test_a_rubbed_label_has_lost_ink() -> None:
    plain = np.asarray(label_with("code128", "7712345678", random.Random(4)))
    rubbed = np.asarray(label_with("code128", "7712345678", random.Random(4), 0.4))
    assert (rubbed < 100).sum() < 0.95 * (plain < 100).sum()
