"""Tariffs through their page: checked, laid beside what they change, taken, asked."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pytest

from station.carriers import example_tariffs
from station.db.models import Packaging
from station.services import price_questions, tariff_sheets, tariffs

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


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


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


# --- Sheets ---------------------------------------------------------------------------------------

SHEET = (
    "承运商,生效日,名称,地区,首重克,首重元,续重克,续重元\n"
    "申通,2026-12-01,十二月,浙江、江苏,1000,4.50,1000,1.00\n"
    "申通,2026-12-01,十二月,*,1000,8,1000,5\n"
)


def check_sheet(browser: Any, data: bytes, name: str = "prices.csv") -> str:
    page = browser.form("/tariffs/check", file=(io.BytesIO(data), name)).text
    assert isinstance(page, str)
    return page


def test_a_sheet_is_shown_and_taken_like_a_text(open_shop: Any, browser: Any) -> None:
    page = check_sheet(browser, SHEET.encode())
    assert "¥5.00 ¥4.50 ▼ ¥0.50" in text(page)
    assert open_shop.read(tariffs.versions) == ()
    (given,) = re.findall(r"<textarea name=\"text\" hidden>(.*?)</textarea>", page, re.DOTALL)
    assert browser.form("/tariffs", text=html.unescape(given)).status_code == 303
    (row,) = open_shop.read(tariffs.versions)
    assert (row.tariff.name, len(row.tariff.zones)) == ("十二月", 2)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_exported_sheet_is_read_again_to_the_gram(
    open_shop: Any, browser: Any, kind: str
) -> None:
    exported = browser.get(f"/tariffs/tariffs.{kind}").data
    read = tariff_sheets.read_upload(f"tariffs.{kind}", exported)
    usual = set(example_tariffs()) - set(tariff_sheets.left_out(example_tariffs()))
    assert set(read) == usual
    assert usual


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("4.50", "4.505", "row 2 首重元"), ("*", "月球", "row 3 地区"),
        ("申通", "月通", "row 2 承运商"),
        ("1000,8", "0,8", "row 3 首重克"), ("浙江、江苏", "", "row 2 地区"),
        ("2026-12-01,十二月,浙", "2026-13-01,十二月,浙", "row 2 生效日"),
        (",5\n", ",\n", "row 3 续重元"), ("*", "江苏", "row 2"), ("月,*", "月二,*", "row 3"),
        ("首重元", "首重价", "首重元"),
    ],
)
def test_a_sheets_mistakes_are_named_by_row_and_column(
    open_shop: Any, browser: Any, before: str, after: str, told: str
) -> None:
    page = text(check_sheet(browser, SHEET.replace(before, after, 1).encode()))
    assert "✗" in page
    assert told.split(maxsplit=1)[0] in page
    assert told.rsplit(maxsplit=1)[-1] in page
    assert open_shop.read(tariffs.versions) == ()


def test_what_only_toml_can_say_is_left_out_and_named(open_shop: Any, browser: Any) -> None:
    browser.form("/tariffs", text=NEW)
    assert "十二月" not in browser.get("/tariffs/tariffs.csv").data.decode("utf-8-sig")
    assert "TOML only" in browser.text("/tariffs")


def test_a_name_becomes_no_formula_in_a_sheet(open_shop: Any, browser: Any) -> None:
    plain = NEW.split("[[tariff.surcharges]]", maxsplit=1)[0].replace("十二月", "=1+1")
    browser.form("/tariffs", text=plain)
    data = browser.get("/tariffs/tariffs.csv").data
    assert b",'=1+1," in data
    kept = [one.name for one in tariff_sheets.read_upload("t.csv", data)]
    assert "=1+1" in kept


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 broken", b"\xff\xfe\x00"])
def test_a_file_that_is_no_sheet_is_told(open_shop: Any, browser: Any, data: bytes) -> None:
    assert "✗" in text(check_sheet(browser, data, "prices.xlsx"))


def cells(page: str) -> dict[str, str]:
    """The cells of the form as a browser would send them."""
    form = page[page.index('class="cells"'):]
    found = {name: html.unescape(value) for name, value in re.findall(
        r'<input name="([^"]+)" value="([^"]*)"', form)}
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else re.findall(r'value="([^"]*)"', options)[0]
    return found


@pytest.mark.rule("D6")
def test_a_tariff_is_edited_cell_by_cell_and_taken(open_shop: Any, browser: Any) -> None:
    form = cells(browser.text("/tariffs/edit/STO"))
    assert form["zones.0.first_fen"] == "5.00"
    page = browser.form("/tariffs/edit/STO", **{**form, "zones.0.first_fen": "4.50", "more": ""})
    assert "¥5.00 ¥4.50 ▼ ¥0.50" in text(page.text)
    assert open_shop.read(tariffs.versions) == ()
    (told,) = re.findall(r'<textarea name="text" hidden>(.*?)</textarea>', page.text, re.DOTALL)
    assert browser.form("/tariffs", text=html.unescape(told)).status_code == 303
    (row,) = open_shop.read(tariffs.versions)
    assert row.tariff.zones[0].first_fen == 450
    assert row.tariff.valid_from.isoformat() == form["valid_from"]
    assert cells(browser.text("/tariffs/edit/YTO"))["zones.0.first_fen"] == "5.00"  # of today


def test_a_mistake_stands_beside_its_cell_and_nothing_is_kept(
    open_shop: Any, browser: Any
) -> None:
    form = cells(browser.text("/tariffs/edit/STO")) | {
        "zones.0.first_fen": "<b>4,5", "zones.1.places": "月球", "more": ""}
    page = browser.form("/tariffs/edit/STO", **form).text
    assert "2 处要改，什么都没有存" in text(page)
    assert "&lt;b&gt;4,5" in page
    assert "<b>4,5" not in page
    assert 'aria-describedby="fault-zones.0.first_fen"' in page
    assert "有地区不认得" in text(page)
    assert "收下这些价目" not in page
    assert open_shop.read(tariffs.versions) == ()


@pytest.mark.parametrize(("more", "cell"), [
    ("zones", "zones.3.places"), ("zones.0.bands", "zones.0.bands.1.step_g"),
    ("zones.0.average", "zones.0.average.0.fen"), ("surcharges", "surcharges.1.rate"),
])
def test_a_row_more_keeps_what_was_typed(browser: Any, more: str, cell: str) -> None:
    form = cells(browser.text("/tariffs/edit/STO")) | {"zones.0.name": "近处", "more": more}
    assert cell not in form
    page = browser.form("/tariffs/edit/STO", **form).text
    assert cells(page)["zones.0.name"] == "近处"
    assert cell in cells(page)


def test_only_our_own_page_checks_and_only_a_known_carriers_tariff(browser: Any) -> None:
    assert browser.get("/tariffs/edit/UPS").status_code == 404
    token = browser.client.post(
        "/tariffs/edit/STO", data={}, headers=browser.headers())
    assert token.status_code == 403
