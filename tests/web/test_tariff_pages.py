"""Tariffs through their page: checked, laid beside what they change, taken, asked."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from station.carriers import example_tariffs
from station.db.models import Packaging
from station.services import price_questions, tariffs

NEW = """
[[tariff]]
carrier = "STO"
valid_from = 2026-12-01
name = "十二月"
[[tariff.zones]]
places = ["浙江"]
first_g = 1000
first_fen = 450
bands = [{ step_g = 1000, step_fen = 100 }]
[[tariff.zones]]
places = ["*"]
first_g = 1000
first_fen = 800
bands = [{ step_g = 1000, step_fen = 500 }]
[[tariff.surcharges]]
name = "偏远"
basis = "parcel"
rate = 300
places = ["新疆"]
"""


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.rule("D6")
def test_a_new_version_is_shown_before_it_is_taken(open_shop: Any, browser: Any) -> None:
    page = text(browser.form("/tariffs/check", text=NEW).text)
    assert "浙江 1 kg ¥5.00 ¥4.50 ▼ ¥0.50" in page or "¥5.00 ¥4.50 ▼ ¥0.50" in page
    assert open_shop.read(tariffs.versions) == ()
    assert browser.form("/tariffs", text=NEW).status_code == 303
    (row,) = open_shop.read(tariffs.versions)
    assert (row.tariff.name, row.entered_by) == ("十二月", "老周")
    assert "十二月" in browser.text("/tariffs")


def test_a_wrong_key_is_named_and_nothing_is_taken(open_shop: Any, browser: Any) -> None:
    wrong = NEW.replace("first_fen = 450", "first_fen = -4").replace("浙江", "月球")
    page = text(browser.form("/tariffs", text=wrong).text)
    assert "tariff[0].zones[0].first_fen" in page
    assert "tariff[0].zones[0].places[0]" in page
    assert "✗ TOML" in text(browser.form("/tariffs/check", text="[[tariff").text)
    assert open_shop.read(tariffs.versions) == ()


def test_an_overlapping_version_is_refused_in_words(open_shop: Any, browser: Any) -> None:
    bounded = NEW.replace("2026-12-01", "2026-12-01\nvalid_until = 2026-12-31")
    browser.form("/tariffs", text=bounded)
    page = browser.form("/tariffs", text=NEW.replace("2026-12-01", "2026-12-15")).text
    assert "和另一版价目重叠" in page
    assert "收下这些价目" not in page
    assert len(open_shop.read(tariffs.versions)) == 1


def test_what_priced_nothing_can_be_withdrawn(open_shop: Any, browser: Any) -> None:
    browser.form("/tariffs", text=NEW)
    (row,) = open_shop.read(tariffs.versions)
    assert browser.form(f"/tariffs/{row.version}/withdraw").status_code == 303
    assert open_shop.read(tariffs.versions) == ()


def test_what_is_exported_is_read_again(open_shop: Any, browser: Any) -> None:
    exported = browser.get("/tariffs/tariffs.toml").text
    assert price_questions.read_toml(exported) == example_tariffs()
    answer = browser.form("/tariffs/check", file=(io.BytesIO(exported.encode()), "t.toml"))
    assert text(answer.text).count("价格都一样") == 4


@pytest.mark.rule("S9")
def test_the_what_if_says_every_carriers_price_line_by_line(open_shop: Any, browser: Any) -> None:
    browser.form("/tariffs", text=NEW)
    page = text(browser.text(
        "/tariffs/what-if?province=新疆&city=&weight_g=1500&day=2026-12-02"))
    assert "偏远，每件 ¥3.00" in page
    assert "¥16.00" in page  # 8 + 5 + 3
    assert page.index("申通") < page.index("顺丰")


@pytest.mark.parametrize("query", ["weight_g=0", "weight_g=x", "weight_g=5&day=moon",
                                   "weight_g=99999999"])  # fmt: skip
def test_a_question_that_means_nothing_is_refused(browser: Any, open_shop: Any, query: str) -> None:
    assert browser.get(f"/tariffs/what-if?province=浙江&{query}").status_code == 400


def test_nothing_given_is_refused(browser: Any, open_shop: Any) -> None:
    assert browser.form("/tariffs/check", text=" ").status_code == 400
    binary = browser.form("/tariffs/check", file=(io.BytesIO(b"\xff\xfe\x00"), "t.toml"))
    assert binary.status_code == 400


@pytest.mark.rule("D6")
def test_the_what_if_takes_a_packagings_size_where_none_is_typed(
    open_shop: Any, browser: Any
) -> None:
    def box(session: Any, *, now: Any) -> None:
        session.add(Packaging(code="BOX", name="大箱", kind="box", length_mm=400, width_mm=300,
                              height_mm=155))

    open_shop.write(box)
    asked = "/tariffs/what-if?province=浙江&city=杭州&weight_g=820"
    assert "大箱 40 × 30 × 15.5 cm" in browser.text(asked)
    by_weight, by_box, by_hand = (
        text(browser.text(asked + more)) for more in
        ("", "&packaging=BOX", "&packaging=BOX&length_mm=100&width_mm=100&height_mm=100"))
    assert "¥5.00" in by_weight
    assert "¥7.00" in by_box
    assert "¥7.00" not in by_hand
    assert "¥5.00" in text(browser.text(asked + "&packaging=NONE"))
