"""Cases in a real browser: a return inspected by scanner alone, damage signed for, a claim."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from station.domain.cases import CaseKind
from station.services import cases, handover

pytestmark = pytest.mark.browser
JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"


@pytest.fixture
def gone(open_shop: Any) -> str:
    """A parcel of jeans and a shirt in the courier's hands: its number."""
    shop = open_shop
    number = str(shop.seal("2450000000000000901", JEANS, SHIRT))
    def measured(session: Any, *, now: Any) -> None:
        parcel = session.get(handover.Parcel, shop.parcel_id(number))
        parcel.lines[0].sku.measure_waist = True

    shop.hand_over(number)
    shop.write(measured)
    return number


def burst(page: Page, code: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def say(page: Page, code: str, words: str) -> None:
    """Scan, and wait for the answer."""
    burst(page, code)
    expect(page.locator("[data-part=verdict]")).to_contain_text(words)


@pytest.mark.rule("I8", "I6")
def test_a_return_is_opened_and_inspected_without_a_hand_on_the_screen(
    page: Page, server: Any, open_shop: Any, gone: str, picture_of: Any
) -> None:
    page.goto(f"{server.url}cases")
    expect(page.locator("[data-link=on]")).to_be_visible()
    burst(page, gone)
    expect(page.locator(".case-kinds")).to_be_visible()
    page.screenshot(path=picture_of("case-kinds"))
    burst(page, "PBCASE-RETURN")
    expect(page.locator("h1")).to_contain_text("退货")
    expect(page.locator("[data-link=on]")).to_be_visible()
    say(page, f"69{open_shop.skus[JEANS]:011d}", "先量腰围")
    page.screenshot(path=picture_of("case-waist"), full_page=True)
    for figure in "815":
        burst(page, f"PBCMD-{figure}")
    expect(page.locator(".case-piece")).to_contain_text("815")
    say(page, "PBCMD-GOOD", "完好")
    say(page, f"69{open_shop.skus[SHIRT]:011d}", "TS1103")
    say(page, "PBCMD-DEFECT", "次品")
    say(page, f"69{open_shop.skus[SHIRT]:011d}", "都已退回")
    page.screenshot(path=picture_of("case-return"), full_page=True)
    say(page, "PBCMD-UNDO", "已撤回")
    say(page, "PBCMD-DONE", "验收完成")
    expect(page.locator("h1")).to_contain_text("验收完，等退款或补发")
    expect(page.locator("[data-part=facts]")).to_contain_text("¥256.00")
    page.get_by_placeholder("补发什么").focus()
    burst(page, JEANS.replace("黑色", "black"))
    expect(page.get_by_placeholder("补发什么")).to_have_value("JN8801-black-32")


@pytest.mark.rule("S22", "D8")
def test_the_courier_signs_for_damage_and_is_asked_for_the_money(
    page: Page, server: Any, open_shop: Any, gone: str, picture_of: Any
) -> None:
    case = open_shop.write(
        cases.begin, open_shop.parcel_id(gone), CaseKind.CARRIER_DAMAGE, open_shop.station.rules,
        who="小李", note="纸箱压扁，衣服湿了")
    page.goto(f"{server.url}cases/{case.id}")
    expect(page.locator("[data-link=on]")).to_be_visible()
    page.get_by_role("button", name="签字").click()
    expect(page.locator("[data-part=verdict]")).to_contain_text("快递员要先签字")
    page.locator("[data-courier]").fill("小郑")
    draw(page)
    page.get_by_role("button", name="签字").click()
    expect(page.locator("[data-part=verdict]")).to_contain_text("快递员已签字")
    expect(page.locator(".sigview")).to_be_visible()
    page.get_by_placeholder("金额").fill("128.50")
    page.get_by_placeholder("投诉工单号").fill("T-2026")
    page.get_by_role("button", name="向快递索赔").click()
    expect(page.locator("h1")).to_contain_text("已索赔，等快递答复")
    expect(page.locator("[data-part=facts]")).to_contain_text("¥128.50")
    page.screenshot(path=picture_of("case-claim"), full_page=True)
    with page.expect_response("**/evidence.pdf") as answer:
        page.evaluate("fetch(location.pathname + '/evidence.pdf')")
    assert answer.value.headers["content-type"] == "application/pdf"


@pytest.mark.rule("D8", "D11")
def test_the_list_and_the_counts_are_pictured(
    page: Page, server: Any, open_shop: Any, gone: str, picture_of: Any
) -> None:
    rules, parcel_id = open_shop.station.rules, open_shop.parcel_id(gone)
    open_shop.clock.later(days=-2, hours=-3)  # ahead of now, the browser would be signed out
    for kind, note in ((CaseKind.UNREACHABLE, "地址不详"), (CaseKind.RETURN, "尺码偏大"),
                       (CaseKind.PACKING_DAMAGE, "袋子破口"), (CaseKind.LOST, "五天没有物流")):
        open_shop.write(cases.begin, parcel_id, kind, rules, who="小李", note=note)
    open_shop.clock.later(days=2, hours=3)
    open_shop.write(cases.begin, parcel_id, CaseKind.EXCHANGE, rules, who="小李", note="换大一码")
    open_shop.write(cases.claim, 1, rules, fen=500, ticket="T-1", who="小李")
    page.goto(f"{server.url}cases")
    expect(page.locator("tr.row-bad")).to_have_count(2)
    expect(page.locator("tr.row-bad").first).to_contain_text("已晚")
    page.screenshot(path=picture_of("cases"))
    for path, name in (("cases/statistics", "case-statistics"), ("commands", "case-commands")):
        page.goto(f"{server.url}{path}")
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        page.screenshot(path=picture_of(name), full_page=True)


def draw(page: Page) -> None:
    pad = page.locator(".pad-canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    for stroke in ([(.1, .6), (.2, .2), (.3, .7)], [(.42, .3), (.6, .3)], [(.5, .2), (.7, .5)]):
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=4)
        page.mouse.up()
