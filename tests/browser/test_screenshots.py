"""The screens as pictures: every one can be drawn, fits its screen, and some go into docs/."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from drivers.interfaces import DeviceState, Health

PictureOf = Callable[[str], Path]

pytestmark = pytest.mark.browser


def burst(page: Page, code: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def shoot(page: Page, path: Path, *, whole: bool = False) -> None:
    page.screenshot(path=path, full_page=whole)
    assert path.stat().st_size > 10_000


@pytest.mark.rule("D4")
def test_the_bench_is_pictured_at_every_step(
    page: Page, server: Any, open_shop: Any, picture_of: PictureOf
) -> None:
    shop = open_shop
    note = "送丝巾一条，老客户，别忘了小卡片"
    number = shop.printed("A1", "JN8801-黑色-32", "TS1103-白色-M", seller_memo=note, flag=1)
    for kind, port in (("scale", "ttyUSB0"), ("scanner", "ttyACM0"), ("printer", "tcp 9100")):
        shop.station.benches["1"].post(Health(f"1-{kind}", kind, DeviceState.READY, port))
    page.goto(f"{server.url}bench/1")
    expect(page.locator("[data-link=on]")).to_be_visible()
    shoot(page, picture_of("bench-idle"))
    burst(page, "PBID-7")
    burst(page, number)
    expect(page.locator(".step-note")).to_be_visible()
    shoot(page, picture_of("bench-note"))
    burst(page, "PBCMD-OK")
    shop.put_on_scale(0)
    burst(page, f"69{shop.skus['JN8801-黑色-32']:011d}")
    expect(page.locator("[data-part=verdict]")).to_contain_text("JN8801")
    shoot(page, picture_of("bench"))
    burst(page, f"69{shop.skus['JN8801-黑色-33']:011d}")
    expect(page.locator(".locked")).to_be_visible()
    shoot(page, picture_of("bench-wrong"))
    burst(page, "PBCMD-OK")
    burst(page, f"69{shop.skus['TS1103-白色-M']:011d}")
    expect(page.locator(".choice").first).to_be_visible()
    shoot(page, picture_of("bench-material"))
    burst(page, "PBMAT-BAG1")
    expect(page.locator(".checklist")).to_be_visible()
    shoot(page, picture_of("bench-checklist"))
    burst(page, "PBCMD-DONE")
    expect(page.locator(".weigh-now")).to_be_visible()
    shop.put_on_scale(980)
    expect(page.locator(".off")).to_be_visible()
    shoot(page, picture_of("bench-weight-off"))
    shop.put_on_scale(703)
    pad = page.locator(".pad-canvas")
    expect(pad).to_be_visible()
    draw(page, pad)
    shoot(page, picture_of("bench-sign"))


def draw(page: Page, pad: Any) -> None:
    """Something like a signature."""
    box = pad.bounding_box()
    assert box is not None
    pen = ([(.2, .3), (.35, .7), (.3, .2)], [(.4, .5), (.5, .3), (.55, .7), (.65, .35), (.8, .6)])
    for stroke in pen:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=6)
        page.mouse.up()


@pytest.mark.parametrize("name", ["", "orders", "orders?tab=held", "import", "devices", "commands",
                                  "stubs", "handover", "parcels/A1"])
def test_every_other_page_is_pictured(
    page: Page, server: Any, open_shop: Any, picture_of: PictureOf, name: str
) -> None:
    open_shop.printed("A1", "JN8801-黑色-32", seller_memo="加急", flag=1)
    open_shop.pay("A2", "NO-SUCH-SKU")
    open_shop.seal("A3", "TS1103-白色-M")
    page.goto(f"{server.url}{name}")
    expect(page.locator("h1")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 1280, "the page is wider than the screen"
    file = "".join(char if char.isalnum() else "-" for char in f"page-{name}")
    shoot(page, picture_of(file), whole=True)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "nor wider than a phone"
    shoot(page, picture_of(f"{file}-phone"))


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1024, 768), (1180, 820), (800, 1280)])
def test_the_bench_fits_tablets(
    page: Page, server: Any, open_shop: Any, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    number = open_shop.printed("A1", "JN8801-黑色-32", "TS1103-白色-M")
    page.goto(f"{server.url}bench/1")
    burst(page, number)
    expect(page.locator(".fetch-where")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("verdict", "task", "keys"):
        expect(page.locator(f"[data-part={name}]")).to_be_in_viewport()
