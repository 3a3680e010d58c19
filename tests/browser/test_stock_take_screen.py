"""A place counted at the shelf with a scanner, in a real browser (I9)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.rule("I9")]
SHIRT = "TS1103-白色-M"


def test_a_place_is_counted_by_scanning_alone(
    page: Page, server: Any, open_shop: Any, picture_of: Callable[[str], Path]
) -> None:
    page.goto(f"{server.url}stock-takes")
    page.get_by_role("button", name="开始盘点").click()
    expect(page.locator(".link").first).to_contain_text("在线")
    page.screenshot(path=picture_of("stock-take"), full_page=True)

    def scan(code: str) -> None:
        page.keyboard.type(code, delay=5)
        page.keyboard.press("Enter")

    scan("A-01-2")
    expect(page.get_by_role("heading", level=1)).to_contain_text("A-01-2")
    expect(page.locator(".link").first).to_contain_text("在线")
    barcode = f"69{open_shop.skus[SHIRT]:011d}"
    scan(barcode)
    expect(page.locator("[data-part=verdict]")).to_contain_text("TS1103 白色 M：1 件")
    scan("PBCMD-1")
    scan("PBCMD-2")
    expect(page.locator("[data-part=verdict]")).to_contain_text("12 件")
    scan(barcode)
    expect(page.locator("[data-part=verdict]")).to_contain_text("13 件")
    page.screenshot(path=picture_of("count-sheet"), full_page=True)
    scan("PBCMD-UNDO")
    expect(page.locator("[data-part=lines]")).to_contain_text("1")
    scan("PBCMD-DONE")
    expect(page.get_by_role("button", name="A-01-2")).to_contain_text("点完")
