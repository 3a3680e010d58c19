"""The stock-take's pages: begun, counted by scanner and on paper, explained, booked (I9)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from station.db.models import Sku
from station.services import stock

pytestmark = pytest.mark.rule("I9")
JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def one_place(open_shop: Any) -> Any:
    """A shop whose goods all lie at one place."""
    def move(session: Any, *, now: Any) -> None:
        session.execute(update(Sku).values(location="A-01-2"))

    open_shop.write(move)
    return open_shop


def begun(browser: Any) -> str:
    made = browser.form("/stock-takes")
    assert made.status_code == 303
    return made.headers["Location"]


def opened(browser: Any, take: str, place: str = "A-01-2") -> str:
    answer = browser.form(f"{take}/place", place=place)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def scanned(browser: Any, address: str, code: str) -> str:
    answer = browser.send(f"{address}/scan", {"code": code})
    assert answer.status_code == 200, answer.text
    return answer.text


def on_hand(shop: Any, code: str) -> int:
    return shop.read(stock.find_by_code, code).on_hand


def test_a_count_goes_from_its_beginning_to_the_books(one_place: Any, browser: Any) -> None:
    before = on_hand(one_place, JEANS)
    take = begun(browser)
    sheet = opened(browser, take)
    for digit in str(before - 1):
        scanned(browser, sheet, f"PBCMD-{digit}")
    assert f"{before - 1} 件" in text(scanned(browser, sheet, JEANS))
    browser.form(f"{sheet}/typed", **{
        f"counted-{sku_id}": str(on_hand(one_place, code))
        for code, sku_id in one_place.skus.items() if code != JEANS}, **{"counted-x": "9"})
    assert f'data-go="{take}"' in scanned(browser, sheet, "PBCMD-DONE")
    page = text(browser.text(take))
    assert "JN8801 黑色 32" in page
    assert "TS1103" not in page
    refused = browser.form(f"{take}/book")
    assert "还有 1 种差异没写原因" in refused.text
    browser.form(f"{take}/explain", **{f"reason-{one_place.skus[JEANS]}": "<i>丢失"})
    assert "&lt;i&gt;丢失" in browser.text(take)
    assert browser.form(f"{take}/book").status_code == 303
    assert on_hand(one_place, JEANS) == before - 1
    assert "差异已入账" in browser.text(take)
    assert "差异已入账" in browser.text("/stock-takes")


def test_a_place_s_barcode_leads_to_its_sheet_and_what_should_be_there_is_not_shown(
    open_shop: Any, browser: Any
) -> None:
    open_shop.write(stock.receive, open_shop.skus[JEANS], 4321)
    take = begun(browser)
    answer = scanned(browser, take, "A-01-2")
    (sheet,) = re.findall(r'data-go="([^"]+)"', answer)
    for page in (browser.text(sheet), browser.text(f"{sheet}/panel"), browser.text(take)):
        assert "43" not in text(page).replace("№", "")
    assert "NOSUCH" in text(scanned(browser, take, "NOSUCH"))


def test_goods_found_at_another_place_say_where_they_belong(open_shop: Any, browser: Any) -> None:
    open_shop.stock_goods("SK01-灰-均码", 1, location="B-02")
    take = begun(browser)
    sheet = opened(browser, take, "B-02")
    answer = scanned(browser, sheet, JEANS)
    assert "应在 A-01-2" in text(answer)
    assert "verdict mood-warn" in answer


def test_a_count_may_be_given_up(open_shop: Any, browser: Any) -> None:
    take = begun(browser)
    assert "还没结束" in browser.form("/stock-takes").text
    assert browser.form(f"{take}/withdraw").status_code == 303
    assert "已撤销" in browser.text(take)
    assert "现在不能这样点" in browser.form(f"{take}/place", place="A-01-2").text


def test_what_is_not_there_is_not_found(browser: Any) -> None:
    for address in ("/stock-takes/9", "/stock-takes/9/panel", "/stock-takes/9.pdf",
                    "/stock-takes/places/9", "/stock-takes/places/9/panel"):
        assert browser.get(address).status_code == 404
    assert browser.send("/stock-takes/places/9/scan", {"code": "A-01-2"}).status_code == 404


def test_numbers_from_paper_are_numbers(open_shop: Any, browser: Any) -> None:
    take = begun(browser)
    sheet = opened(browser, take)
    field = f"counted-{open_shop.skus[JEANS]}"
    assert browser.form(f"{sheet}/typed", **{field: "viele"}).status_code == 400
    assert browser.form(f"{sheet}/typed", **{field: "-1"}).status_code == 400
    scanned(browser, sheet, "PBCMD-DONE")
    assert "现在不能这样点" in browser.form(f"{sheet}/typed", **{field: "1"}).text


def test_the_blank_sheets_are_a_pdf(open_shop: Any, browser: Any) -> None:
    take = begun(browser)
    answer = browser.get(f"{take}.pdf")
    assert answer.data.startswith(b"%PDF")
    assert answer.headers["Content-Disposition"] == 'inline; filename="stock-take-1.pdf"'


def test_the_first_page_reminds_from_the_28th(open_shop: Any, browser: Any) -> None:
    assert "盘点该做了" not in browser.text("/")
    open_shop.clock.now = datetime(2026, 11, 28, 2, tzinfo=UTC)
    assert "2026-11 的盘点该做了" in browser.text("/")
    assert "2026-11 的盘点该做了" in browser.text("/stock-takes")


def test_a_keeper_counts_and_only_a_manager_books(one_place: Any, browser_of: Any) -> None:
    keeper = browser_of("keeper")
    take = begun(keeper)
    scanned(keeper, opened(keeper, take), "PBCMD-DONE")
    page = keeper.text(take)
    assert "请管理人员入账" in page
    assert f"{take}/book" not in page
    assert keeper.form(f"{take}/book").status_code == 403
    assert browser_of("packer").get("/stock-takes").status_code == 403
