"""The hand-over in a real browser: the pile scanned, figures typed by touch, a signature drawn."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from station.domain.vocabulary import CarrierCode
from station.services import handover

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(page: Page, server: Any, open_shop: Any) -> Page:
    """Three sealed parcels, a hand-over opened on its page by the keeper."""
    for n, grams in ((1, 520), (2, 1180), (3, 640)):
        open_shop.seal(f"A{n}", "JN8801-黑色-32", grams=grams)
    page.goto(f"{server.url}handover")
    card = page.locator(".card", has_text="申通")
    card.get_by_role("button", name="开始交接").click()
    expect(page.locator("[data-link=on]")).to_be_visible()
    return page


def burst(page: Page, code: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def press(page: Page, digits: str) -> None:
    for digit in digits:
        page.locator(f'[data-digit="{digit}"]').click()


def figures(page: Page, number: str, weight: str, price: str) -> None:
    burst(page, number)
    expect(page.locator("[data-line]")).to_contain_text(number[-3:])
    press(page, weight)
    page.get_by_role("button", name="比较").click()
    press(page, price)
    page.get_by_role("button", name="比较").click()


def draw(page: Page) -> None:
    pad = page.locator(".pad-canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    strokes = ([(.1, .6), (.2, .2), (.3, .7), (.36, .4)], [(.42, .3), (.6, .3)],
               [(.5, .2), (.52, .8), (.7, .5)])
    for stroke in strokes:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=5)
        page.mouse.up()


@pytest.mark.rule("D6")
def test_a_wrong_weight_is_red_until_corrected_and_the_courier_signs(
    desk: Page, open_shop: Any, picture_of: Any
) -> None:
    ours = open_shop.read(lambda session: [
        (parcel.waybill_no, parcel.id) for parcel in handover.expected(session, CarrierCode.STO)
    ])
    numbers = sorted(number for number, _ in ours)
    verdict = desk.locator("[data-part=verdict]")
    figures(desk, numbers[0], "0.53", price_of(desk, numbers[0]))
    expect(verdict).to_contain_text("相符")
    figures(desk, numbers[1], "2.4", "20")
    expect(verdict).to_contain_text("差一档")
    expect(desk.locator("tr.row-bad")).to_have_count(1)
    burst(desk, "7799")
    expect(verdict).to_contain_text("没有这个单号")
    burst(desk, numbers[0])
    expect(verdict).to_contain_text("扫过了")
    desk.evaluate("scrollTo(0, 0)")
    desk.screenshot(path=picture_of("handover"))
    desk.get_by_placeholder("找不到").fill("仓库里没找到，在查")
    desk.locator("[data-courier]").fill("小吴")
    draw(desk)
    desk.get_by_role("button", name="签收").click()
    expect(verdict).to_contain_text("还没核对好")
    desk.locator("tr.row-bad", has_text=numbers[1]).get_by_role("button", name="改").click()
    expect(desk.locator("[data-line]")).to_contain_text(numbers[1][-3:])
    press(desk, "1.2")
    desk.get_by_role("button", name="比较").click()
    press(desk, price_of(desk, numbers[1]))
    desk.get_by_role("button", name="比较").click()
    expect(verdict).to_contain_text("相符")
    desk.get_by_role("button", name="签收").click()
    expect(verdict).to_contain_text("请写电话")
    desk.locator("[data-phone]").fill("13700000001")
    desk.get_by_role("button", name="签收").click()
    expect(verdict).to_contain_text("交接完成")
    expect(desk.locator(".sigview")).to_be_visible()
    desk.screenshot(path=picture_of("handover-closed"), full_page=True)


def price_of(page: Page, number: str) -> str:
    """Our own fee, as the table shows it: "8.00"."""
    cells = page.locator("tr", has_text=number).locator("td.num")
    texts = [text for text in cells.all_inner_texts() if text.startswith("¥")]
    return texts[0].split()[0].removeprefix("¥")
