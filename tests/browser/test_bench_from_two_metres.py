"""The bench read from two metres: big words, what to do about each "no", nothing cut off.

At two metres a character of 34 pixels on a 13-inch 1280 × 800 screen is about 8 mm, what eyes
without glasses read without effort; the main instruction stays above that in every state.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from drivers.interfaces import DeviceState, Health

pytestmark = pytest.mark.browser

READABLE_PX = 34
SCREENS = [(1280, 800), (800, 800), (810, 1080)]
"""A screen, half of one, and a tablet upright."""
CUT = """() => [...document.querySelectorAll(".panel > *")].filter(part => {
  const box = part.getBoundingClientRect();
  return [...part.querySelectorAll("b, span, p, button, li, svg")].some(one => {
    if (one.closest(".items")) return false;  // a long list scrolls
    const inner = one.getBoundingClientRect();
    return inner.height && (inner.bottom > box.bottom + 1 || inner.top < box.top - 1
      || inner.right > box.right + 1);
  });
}).map(part => part.className + " " + part.innerText)"""
"""The parts of the panel that something sticks out of."""


@pytest.fixture(params=SCREENS, ids=str)
def bench(page: Page, server: Any, open_shop: Any, request: Any) -> Page:
    """The bench with a parcel of two articles open, on a screen of each size."""
    width, height = request.param
    page.set_viewport_size({"width": width, "height": height})
    number = open_shop.printed("A1", "JN8801-黑色-32", "TS1103-白色-M")
    page.goto(f"{server.url}bench/1")
    expect(page.locator("[data-link=on]")).to_be_visible()
    burst(page, number)
    expect(page.locator(".fetch-where")).to_be_visible()
    return page


def burst(page: Page, code: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def size_of(page: Page, what: str) -> float:
    found = page.locator(what).first
    return float(found.evaluate("one => parseFloat(getComputedStyle(one).fontSize)"))


def goods(shop: Any, code: str) -> str:
    return f"69{shop.skus[code]:011d}"


@pytest.mark.rule("D4")
def test_what_to_do_next_is_big_and_whole(bench: Page) -> None:
    assert size_of(bench, ".prompt span") >= READABLE_PX
    assert size_of(bench, ".fetch-where") >= 50
    assert bench.evaluate(CUT) == []


@pytest.mark.rule("D4")
def test_every_no_says_what_was_wrong_and_what_to_do(bench: Page, open_shop: Any) -> None:
    open_shop.stock_goods("QX2201-红色-均码", location="C-09-9")
    cases = {
        goods(open_shop, "JN8801-黑色-33"): ("尺码错", "换成 32：在 A-01-2"),
        goods(open_shop, "QX2201-红色-均码"): ("拿错了", "到 A-01-2 拿 JN8801 黑色 32"),
        "6999999999999": ("不认识", "叫仓管"),
    }
    for code, (wrong, todo) in cases.items():
        burst(bench, code)
        locked = bench.locator(".locked")
        expect(locked).to_contain_text(wrong)
        expect(locked.locator(".todo")).to_contain_text(todo)
        assert size_of(bench, ".locked .verdict-words > b") >= READABLE_PX
        assert size_of(bench, ".locked .todo b") >= READABLE_PX
        assert bench.evaluate(CUT) == []
        burst(bench, "PBCMD-OK")
        expect(locked).to_be_hidden()


def test_one_too_many_names_the_piece_that_is_next(bench: Page, open_shop: Any) -> None:
    burst(bench, goods(open_shop, "JN8801-黑色-32"))
    expect(bench.locator(".count")).to_contain_text("1 / 2")
    burst(bench, goods(open_shop, "JN8801-黑色-32"))
    expect(bench.locator(".todo")).to_contain_text("接着拿 TS1103 白色 M")


@pytest.mark.rule("D1")
def test_a_device_in_trouble_is_said_large_with_what_to_do(bench: Page, open_shop: Any) -> None:
    station = open_shop.station.benches["1"]
    expect(bench.locator(".troubles li")).to_have_count(0)
    station.post(Health("1-printer", "printer", DeviceState.ATTENTION, "tcp", "cover_open"))
    trouble = bench.locator(".troubles li")
    expect(trouble).to_contain_text("打印机：盖子开着")
    expect(trouble).to_contain_text("盖子按到底")
    assert size_of(bench, ".troubles b") >= 24
    assert bench.evaluate(CUT) == []
    for kind in ("scale", "camera", "scanner"):
        station.post(Health(f"1-{kind}", kind, DeviceState.GONE, "usb", "gone"))
    expect(trouble).to_have_count(4)
    expect(bench.locator(".fetch-where")).to_be_in_viewport(ratio=1)
    assert size_of(bench, ".troubles b") >= 20


def test_only_the_reasons_that_fit_are_offered_and_all_are_seen(
    bench: Page, open_shop: Any
) -> None:
    burst(bench, "PBCMD-REPRINT")
    choices = bench.locator(".choice")
    expect(choices.first).to_be_visible()
    assert [one.split("\n")[0] for one in choices.all_inner_texts()] == [
        "面单破损", "面单丢失", "没有打出来", "买家要求",
    ]
    for one in choices.all():
        expect(one).to_be_in_viewport(ratio=1)
    expect(bench.locator(".stage-past")).to_have_count(0)
    burst(bench, "PBCMD-CANCEL")
    expect(bench.locator("[data-part=verdict]")).to_contain_text("回到原来的一步")


def test_half_of_a_small_screen_cuts_nothing_and_keeps_the_weight_in_sight(
    page: Page, server: Any, open_shop: Any
) -> None:
    page.set_viewport_size({"width": 640, "height": 690})
    number = open_shop.printed("A1", "JN8801-黑色-32", "TS1103-白色-M")
    page.goto(f"{server.url}bench/1")
    expect(page.locator("[data-link=on]")).to_be_visible()
    burst(page, number)
    expect(page.locator(".fetch-where")).to_be_in_viewport(ratio=1)
    expect(page.locator(".scale")).to_be_in_viewport(ratio=1)
    assert page.evaluate(CUT) == []
    burst(page, goods(open_shop, "JN8801-黑色-33"))
    expect(page.locator(".locked .key-ok")).to_be_in_viewport(ratio=1)
    assert page.evaluate(CUT) == []
