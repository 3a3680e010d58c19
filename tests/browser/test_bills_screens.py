"""The bills in a real Chromium: brought, followed, mapped, disputed, signed; pictured."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from simulators import statement_files, statements
from station.bill_jobs import BillLoop
from station.services import handover

PictureOf = Callable[[str], Path]
pytestmark = [pytest.mark.browser, pytest.mark.rule("D12")]
STROKES = [[[100, 100], [500, 400]], [[200, 500], [700, 500]]]
ODD = "哪天,单子,去哪,几公斤,多少钱\n2026-11-23,{number},浙江省,1,5\n"


def hand_over(shop: Any, *orders: str) -> list[str]:
    numbers = [shop.seal(order, "JN8801-黑色-32") for order in orders]

    def whole(session: Any, *, now: Any) -> None:
        pile = handover.open_session(session, "STO", who="仓管", now=now).id
        rules = shop.station.rules
        for number in numbers:
            handover.scan(session, pile, number, who="仓管", now=now)
            parcel = session.query(handover.Parcel).filter_by(waybill_no=number).one()
            handover.enter_figures(session, pile, parcel.id, weight_g=620, price_fen=500,
                                   rules=rules, who="仓管", now=now)
        handover.close(session, pile, courier="王师傅", strokes=STROKES, who="仓管", rules=rules,
                       now=now)

    shop.write(whole)
    return numbers


@pytest.fixture
def loop(shop: Any) -> BillLoop:
    """The station's own loop, stepped by hand: the child process is the real one."""
    return shop.station.loops["bills"][0]


def month_of(numbers: list[str]) -> bytes:
    """A month's file in which those parcels are billed, one of them badly, among many strangers."""
    month = statements.make_month("STO", "2026-11", 0, seed=1, mistakes={})
    chance = random.Random(5)
    for at, number in enumerate(numbers):
        sent = statements.Sent(number, "STO", "浙江省", "台州市", 600, month_at(at))
        line = statements.Billed(number, sent.handed_at, "浙江省", "台州市", 1000, 500)
        month.billed.append(line)
    first = month.billed[0]
    month.billed[1] = statements.replace(first, waybill=numbers[1], charged_g=3000, fen=700)
    month.billed[2] = statements.replace(first, waybill=numbers[2], fen=550)
    month.billed += [
        statements.replace(first, fen=500),
        statements.replace(first, waybill="773912345678901", fen=800, charged_g=2000),
        statements.replace(first, waybill=numbers[3], fen=100, charged_g=None, remark="保价",
                           kind="insurance"),
        statements.replace(first, waybill="", fen=-300, charged_g=None, remark="优惠返点",
                           kind="credit"),
    ]
    chance.shuffle(month.billed[4:])
    month.stated_fen = sum(line.fen for line in month.billed)
    return statement_files.write(month, "STO", clean=True, spreadsheet=True).data


def month_at(number: int) -> datetime:
    return datetime.fromisoformat(f"2026-11-23T18:{number % 60:02d}:00")


def bring(page: Page, server: Any, name: str, data: bytes) -> None:
    page.goto(f"{server.url}bills")
    page.set_input_files('input[type="file"]', {"name": name, "mimeType": "", "buffer": data})
    page.get_by_role("button", name="核对").click()
    expect(page.locator("h1")).to_contain_text(name)


def shoot(page: Page, path: Path) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 1280, "the page is wider than the screen"
    page.screenshot(path=path, full_page=True)


def test_a_month_is_brought_followed_disputed_and_signed(
    page: Page, server: Any, open_shop: Any, loop: BillLoop, picture_of: PictureOf
) -> None:
    numbers = hand_over(open_shop, *(f"A{n}" for n in range(8)))
    bring(page, server, "申通2026年11月.xlsx", month_of(numbers[:7]))
    expect(page.locator(".progress")).to_be_visible()
    loop.step()
    expect(page.locator(".chart")).to_be_visible()  # the page follows the work by itself
    expect(page.locator("table.lines")).to_contain_text("计费重量偏高")
    shoot(page, picture_of("bill"))
    page.locator("[data-all]").check()
    ticked = page.locator('input[name="finding"]:checked').count()
    assert ticked >= 4
    page.get_by_role("button", name="把勾选的列入争议").click()
    expect(page.locator("table.lines .chip")).to_have_count(ticked)
    page.goto(f"{server.url}bills/disputes")
    expect(page.locator("tr.row-warn")).to_have_count(ticked)
    shoot(page, picture_of("bill-disputes"))
    page.goto(f"{server.url}bills/months/STO/2026-11")
    draw(page)
    page.keyboard.type("PBID-1")  # the badge's scan, wherever the cursor is
    page.keyboard.press("Enter")
    expect(page.locator('input[name="pin"]')).to_be_focused()
    page.keyboard.type("246810")
    page.get_by_role("button", name="签字，关账").click()
    expect(page.locator(".sigview polyline").first).to_be_attached()
    expect(page.locator("h1")).to_contain_text("已关账")
    shoot(page, picture_of("bill-month"))
    page.goto(f"{server.url}bills")
    shoot(page, picture_of("bills"))


def draw(page: Page) -> None:
    box = page.locator(".pad-canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    for x, y in ((120, 120), (200, 40), (280, 130), (420, 60)):
        page.mouse.move(box["x"] + x, box["y"] + y, steps=5)
    page.mouse.up()


def test_an_unknown_layout_is_mapped_on_the_page(
    page: Page, server: Any, open_shop: Any, loop: BillLoop, picture_of: PictureOf
) -> None:
    (number,) = hand_over(open_shop, "A1")
    bring(page, server, "bill.csv", ODD.format(number=number).encode("gb18030"))
    loop.step()
    expect(page.locator(".preview")).to_contain_text(number)
    meanings = ("day", "waybill", "province", "charged", "total")
    for column, meaning in enumerate(meanings):
        page.select_option(f'select[name="column-{column}"]', meaning)
    page.select_option('form[data-keep] select[name="carrier"]', "STO")
    shoot(page, picture_of("bill-columns"))
    page.get_by_role("button", name="记住并核对").click()
    expect(page.locator(".progress")).to_be_visible()
    loop.step()
    expect(page.locator("body")).to_contain_text("没有差异")


def test_a_wrong_file_is_said_on_the_page(
    page: Page, server: Any, open_shop: Any, loop: BillLoop
) -> None:
    bring(page, server, "账单.pdf", b"%PDF-1.7 something")
    loop.step()
    expect(page.get_by_role("alert").first).to_contain_text("不是表格")
