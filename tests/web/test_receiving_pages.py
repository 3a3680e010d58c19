"""The pages of goods that come: counted, checked, booked, and the suppliers' accounts (I1, P6)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from station.services import receiving, stock

pytestmark = [pytest.mark.rule("I1"), pytest.mark.rule("P6")]
SHIRT = "TS1103-白色-M"


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def begun(browser: Any, supplier: str = "<b>针织厂") -> str:
    made = browser.form("/receiving", supplier=supplier)
    assert made.status_code == 303, made.text
    return str(made.headers["Location"])


def scanned(browser: Any, slip: str, code: str) -> str:
    answer = browser.send(f"{slip}/scan", {"code": code})
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def line_of(browser: Any, slip: str) -> str:
    (line,) = re.findall(r'action="(/receiving/\d+/lines/\d+)"', browser.text(slip))
    return line


def on_hand(shop: Any) -> int:
    return shop.read(stock.find_by_code, SHIRT).on_hand


def test_goods_go_from_the_door_to_the_shelf_and_into_the_account(
    open_shop: Any, browser: Any
) -> None:
    before = on_hand(open_shop)
    slip = begun(browser)
    scanned(browser, slip, "PBCMD-5")
    assert "TS1103 白色 M：5 件" in text(scanned(browser, slip, SHIRT))
    assert browser.form(line_of(browser, slip), pieces="5", faulty="1", price="35.50",
                        batch_note="<i>深").status_code == 303
    assert browser.form(f"{slip}/check", freight="8").status_code == 303
    page = browser.text(slip)
    assert "&lt;b&gt;针织厂" in page
    assert "&lt;i&gt;深" in page
    assert browser.get(f"{slip}.pdf").data.startswith(b"%PDF")
    assert browser.get(f"{slip}/labels.pdf").data.startswith(b"%PDF")
    assert "要写送货人" in browser.form(f"{slip}/book", brought_by=" ").text
    assert browser.form(f"{slip}/book", brought_by="老李").status_code == 303
    assert on_hand(open_shop) == before + 4
    assert "150.00" in text(browser.text("/receiving/ledgers"))  # 4 x 35.50 + 8
    paid = browser.form("/receiving/ledgers", supplier="<b>针织厂", yuan="50", day="2026-11-24")
    assert paid.status_code == 303
    assert "100.00" in text(browser.text("/receiving/ledgers"))
    table = browser.get("/receiving/ledgers.csv", query_string={"supplier": "<b>针织厂"})
    assert "142.00" in table.get_data(as_text=True)
    assert "已入库" in browser.text("/receiving")


def test_goods_that_nobody_knows_are_entered_on_the_spot(open_shop: Any, browser: Any) -> None:
    slip = begun(browser)
    assert "没有见过的货：NEW-1" in text(scanned(browser, slip, "NEW-1"))
    assert browser.form(f"{slip}/article", item_no="QZ01", color="灰").status_code == 303
    assert "QZ01" in browser.text(slip)
    assert "已经是别的商品" in browser.form(f"{slip}/article", item_no="QZ01", color="灰").text


def test_goods_may_be_counted_again_or_sent_away(open_shop: Any, browser: Any) -> None:
    before = on_hand(open_shop)
    slip = begun(browser)
    scanned(browser, slip, SHIRT)
    assert "打印入库单" in scanned(browser, slip, "PBCMD-DONE")
    assert browser.form(f"{slip}/reopen").status_code == 303
    scanned(browser, slip, SHIRT)
    assert browser.form(f"{slip}/withdraw").status_code == 303
    assert "现在不能这样做" in browser.form(f"{slip}/withdraw").text
    assert on_hand(open_shop) == before
    assert "已撤销" in text(browser.text(f"{slip}/panel"))


@pytest.mark.rule("I5")
def test_a_label_is_printed_again_for_a_size_that_nobody_can_read(
    open_shop: Any, browser: Any
) -> None:
    again = {"code": SHIRT, "count": "3"}
    assert browser.get("/receiving/labels.pdf", query_string=again).data.startswith(b"%PDF")
    for wrong, status in (({"code": "NO"}, 404), ({"code": SHIRT, "count": "0"}, 404),
                          ({"code": SHIRT, "count": "x"}, 400)):
        assert browser.get("/receiving/labels.pdf", query_string=wrong).status_code == status


def test_what_is_not_there_or_cannot_be_is_refused(open_shop: Any, browser: Any) -> None:
    for address in ("/receiving/9", "/receiving/9/panel", "/receiving/9.pdf",
                    "/receiving/9/labels.pdf", "/receiving/ledgers.csv?supplier=x"):
        assert browser.get(address).status_code == 404, address
    slip = begun(browser)
    assert browser.get(f"{slip}/labels.pdf").status_code == 404
    scanned(browser, slip, SHIRT)
    line = line_of(browser, slip)
    assert browser.form(line, pieces="viele").status_code == 400
    assert browser.form(line, pieces="1", price="1.234").status_code == 400
    assert "次品不能多过件数" in browser.form(line, pieces="1", faulty="2").text
    assert "要写清楚" in browser.form("/receiving", supplier=" ").text
    undated = browser.form("/receiving/ledgers", supplier="x", yuan="1", day="heute")
    assert undated.status_code == 400
    paid = browser.form("/receiving/ledgers", supplier="x", yuan="-1", day="2026-11-24")
    assert "还没有入库过" in paid.text


def test_a_keeper_receives_and_sees_no_account(open_shop: Any, browser_of: Any) -> None:
    keeper = browser_of("keeper")
    begun(keeper, "厂")
    assert open_shop.read(receiving.newest)[0].begun_by == "某keeper"
    assert keeper.get("/receiving/ledgers").status_code == 403
    assert browser_of("packer").get("/receiving").status_code == 403
