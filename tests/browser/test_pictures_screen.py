"""Product pictures in a real browser: scanned to, brought, measured with the scanner (M2, M6)."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from station.services import pictures, stock

pytestmark = [pytest.mark.browser, pytest.mark.rule("M2", "M6")]
JEANS = "JN8801-黑色-32"


def garment(cloth: str, table: str) -> bytes:
    """A pair of trousers on a table, as a telephone sees it."""
    picture = Image.new("RGB", (1200, 1200), table)
    draw = ImageDraw.Draw(picture)
    draw.polygon([(400, 120), (800, 120), (930, 1090), (690, 1090), (600, 480), (510, 1090),
                  (270, 1090)], fill=cloth, outline="#222", width=5)
    draw.line([(390, 200), (810, 200)], fill="#d8c9a0", width=5)
    draw.line([(600, 200), (600, 470)], fill="#d8c9a0", width=5)
    file = io.BytesIO()
    picture.save(file, "JPEG")
    return file.getvalue()


def test_an_article_is_photographed_and_measured(
    page: Page, server: Any, open_shop: Any, picture_of: Callable[[str], Path]
) -> None:
    open_shop.stock_goods("JN8801-蓝色-32", category="牛仔裤")
    open_shop.write(stock.reserve, {open_shop.skus["JN8801-蓝色-32"]: 10}, parcel_id=None)
    (loop,) = open_shop.station.loops[pictures.TOPIC]
    page.goto(f"{server.url}pictures")
    expect(page.locator(".link").first).to_contain_text("在线")
    scan(page, barcode(open_shop, "JN8801-蓝色-32"))
    bring(page, garment("#4f74a8", "#e9e4da"))
    scan(page, barcode(open_shop, JEANS))
    expect(page.locator("[data-part=head]")).to_contain_text("黑色")
    bring(page, garment("#33353b", "#efe9dd"))
    for digits in ("102", "82", "98", "585", "37"):
        scan(page, *(f"PBCMD-{digit}" for digit in digits), "PBCMD-DONE")
    expect(page.locator("[data-part=verdict]")).to_contain_text("32 码量完了")
    loop.step()
    expect(page.locator("[data-part=pictures] img")).to_have_count(3)
    expect(page.locator("[data-part=pictures]")).to_contain_text("已售完")
    page.wait_for_function("[...document.images].every((one) => one.complete)")
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.screenshot(path=picture_of("pictures"), full_page=True)
    page.goto(f"{server.url}pictures")
    page.wait_for_function("[...document.images].every((one) => one.complete)")
    page.screenshot(path=picture_of("pictures-list"), full_page=True)


def barcode(shop: Any, code: str) -> str:
    """What is printed on a piece."""
    return f"69{shop.skus[code]:011d}"


def scan(page: Page, *codes: str) -> None:
    """What a keyboard-wedge scanner types."""
    for code in codes:
        page.keyboard.type(code, delay=5)
        page.keyboard.press("Enter")


def bring(page: Page, data: bytes) -> None:
    """Upload a picture through the page's form."""
    expect(page.locator("[data-part=head]")).to_contain_text("JN8801")
    page.locator("input[type=file]").set_input_files(
        {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": data})
    page.get_by_role("button", name="上传").click()
    expect(page.locator("[data-part=pictures] figcaption").first).to_be_visible()
    expect(page.locator(".link").first).to_contain_text("在线")
