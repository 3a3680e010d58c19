"""What happens when the station cannot be heard: said loudly, and nothing is sent twice."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def bench(page: Page, server: Any, open_shop: Any) -> Page:
    page.goto(f"{server.url}bench/1")
    expect(page.locator("[data-link=on]")).to_be_visible()
    return page


def burst(page: Page, code: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def test_another_scanners_work_appears_without_touching_the_page(
    bench: Page, open_shop: Any
) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    open_shop.station.benches["1"].scan(number)
    expect(bench.locator("[data-part=task]")).to_contain_text("A-01-2")


@pytest.mark.pain("44")
def test_a_scan_without_an_answer_is_loud_and_not_repeated(bench: Page, open_shop: Any) -> None:
    asked: list[str] = []

    def cut(route: Any) -> None:
        asked.append(route.request.post_data_json["code"])
        route.abort()

    bench.route("**/scan", cut)
    burst(bench, "UNKNOWN1")
    expect(bench.locator(".lost")).to_be_visible()
    expect(bench.locator(".lost")).to_contain_text("UNKNOWN1")
    bench.unroute("**/scan")
    assert asked == ["UNKNOWN1"]
    assert open_shop.station.benches["1"].view().verdict is None


def test_a_stopped_station_is_said_over_the_whole_width(bench: Page, server: Any) -> None:
    server.close()
    expect(bench.locator(".lost")).to_be_visible()
    expect(bench.locator(".lost")).to_contain_text("连接断开")
    expect(bench.locator("[data-link=off]")).to_be_visible()


def test_a_half_drawn_signature_stays_while_the_weight_moves(bench: Page, open_shop: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    barcode = f"69{open_shop.skus['JN8801-黑色-32']:011d}"
    for code in (number, barcode, "PBMAT-BAG1", "PBCMD-DONE"):
        burst(bench, code)
    expect(bench.locator(".weigh-now")).to_be_visible()
    open_shop.put_on_scale(521)
    pad = bench.locator(".pad-canvas")
    expect(pad).to_be_visible()
    bench.evaluate("document.querySelector('.pad-canvas').dataset.mine = 'yes'")
    open_shop.put_on_scale(0)
    expect(bench.locator(".scale-value")).to_contain_text("0 g")
    assert pad.get_attribute("data-mine") == "yes"


def test_no_foreign_markup_runs_in_the_page(page: Page, server: Any, open_shop: Any) -> None:
    evil = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'
    number = open_shop.printed("A1", "JN8801-黑色-32", seller_memo=evil, flag=1)
    page.goto(f"{server.url}bench/1")
    expect(page.locator("[data-link=on]")).to_be_visible()
    burst(page, number)
    expect(page.locator(".note-text")).to_contain_text("onerror")
    for path in ("orders", f"parcels/{number}", ""):
        page.goto(f"{server.url}{path}")
    assert page.evaluate("window.hurt") is None


def leave_unanswered(route: Any) -> None:
    """Hold the question, as a station does that hangs."""


@pytest.mark.pain("44")
def test_a_station_that_hangs_is_said_although_its_connection_stays_open(
    page: Page, server: Any, open_shop: Any
) -> None:
    """A sleeping computer or a pulled cable closes nothing: its last weight would stay."""
    page.clock.install()
    page.goto(f"{server.url}bench/1")
    expect(page.locator("[data-link=on]")).to_be_visible()
    page.route("**/events?*", leave_unanswered)
    page.clock.fast_forward(16_000)
    expect(page.locator("[data-link=off]")).to_be_visible()
    page.clock.fast_forward(2_000)
    expect(page.locator(".lost")).to_contain_text("连接断开")
    weight = page.locator(".scale-value")
    assert weight.evaluate("it => getComputedStyle(it).textDecorationLine") == "line-through"
    page.unroute("**/events?*")
    page.clock.fast_forward(16_000)
    expect(page.locator("[data-link=on]")).to_be_visible()
    expect(page.locator(".lost")).to_be_hidden()
