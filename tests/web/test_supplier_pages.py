"""The suppliers' pages: a list made from the defect shelf, on paper, handed over, booked back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from station.services import stock, suppliers

pytestmark = [pytest.mark.rule("I2"), pytest.mark.rule("P7")]
SHIRT = "TS1103-白色-M"


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def spoil(shop: Any, pieces: int) -> None:
    def whole(session: Any, *, now: Any) -> None:
        for _ in range(pieces):
            stock.to_defect(session, shop.skus[SHIRT], parcel_id=None, who="仓管", note="", now=now)

    shop.write(whole)


def shelf(shop: Any) -> tuple[int, int]:
    sku = shop.read(stock.find_by_code, SHIRT)
    return sku.on_hand, sku.defect


def test_a_list_goes_from_the_shelf_to_the_supplier_and_back(open_shop: Any, browser: Any) -> None:
    spoil(open_shop, 2)
    assert "TS1103" in text(browser.text("/suppliers"))
    made = browser.form("/suppliers", supplier="<b>针织厂", reason="开线",
                        **{f"pieces-{SHIRT}": "2", "from": "defects"})
    assert made.status_code == 303
    page = browser.text("/suppliers/1")
    assert "&lt;b&gt;针织厂" in page
    assert "已列清单" in page
    paper = browser.get("/suppliers/1.pdf")
    assert paper.data.startswith(b"%PDF")
    assert browser.form("/suppliers/1/hand", taker="老李").status_code == 303
    (line,) = re.findall(r'action="(/suppliers/1/back/\d+)"', browser.text("/suppliers/1"))
    assert browser.form(line, exchanged="1").status_code == 303
    assert "未换" in browser.text("/suppliers")
    assert "只有 1 件可以" in text(browser.form(line, exchanged="2").text)
    assert browser.form(line, credited="1", yuan="12.50").status_code == 303
    assert "每件都有着落" in browser.text("/suppliers/1")
    (account,) = open_shop.read(suppliers.accounts)
    assert (account.pieces, account.credited_fen) == (0, 1250)


def test_a_list_may_be_withdrawn_before_the_goods_are_out(open_shop: Any, browser: Any) -> None:
    on_hand = shelf(open_shop)[0]
    browser.form("/suppliers", supplier="针织厂", code=SHIRT, count="1", **{"from": "shelf"})
    assert browser.form("/suppliers/1/withdraw").status_code == 303
    assert shelf(open_shop) == (on_hand - 1, 1)
    page = browser.text("/suppliers")
    assert "已撤销" in page
    assert '<option value="针织厂">' in page  # known from now on: nobody types it again


@pytest.mark.parametrize(("fields", "said"), [
    ({"supplier": " ", "code": SHIRT}, "要写供应商"), ({"supplier": "厂"}, "要写供应商"),
    ({"supplier": "厂", "code": "NO"}, "NO"),
])
def test_what_cannot_be_listed_says_why(browser: Any, fields: dict[str, str], said: str) -> None:
    assert said in text(browser.form("/suppliers", **fields, **{"from": "shelf"}).text)


def test_wrong_numbers_and_lists_that_are_not_there_are_refused(browser: Any) -> None:
    assert browser.get("/suppliers/9").status_code == 404
    assert browser.get("/suppliers/9.pdf").status_code == 404
    assert browser.form("/suppliers/9/hand", taker="x").status_code == 404
    assert browser.form("/suppliers", supplier="厂", code=SHIRT, count="x").status_code == 400
    answer = browser.client.post("/suppliers", data={}, headers=browser.headers())
    assert answer.status_code == 403
