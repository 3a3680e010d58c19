"""The suppliers' pages in a real browser: from the defect shelf to the account and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from station.services import stock

pytestmark = [pytest.mark.browser, pytest.mark.rule("P7")]
SHIRT = "TS1103-白色-M"


def test_goods_go_to_their_supplier_and_come_back(
    page: Page, server: Any, open_shop: Any, picture_of: Callable[[str], Path]
) -> None:
    def spoil(session: Any, *, now: Any) -> None:
        for _ in range(3):
            stock.to_defect(session, open_shop.skus[SHIRT], parcel_id=None, who="阿明",
                            note="开线", now=now)

    open_shop.write(spoil)
    page.goto(f"{server.url}suppliers")
    page.get_by_label("供应商").first.fill("温岭针织厂")
    page.get_by_label("什么毛病").fill("领口开线")
    page.get_by_label(f"{SHIRT} 退几件").fill("3")
    page.screenshot(path=picture_of("suppliers"), full_page=True)
    page.get_by_role("button", name="列清单").first.click()
    page.get_by_label("货和一份清单交给").fill("老李")
    page.get_by_role("button", name="交出").click()
    page.get_by_label("换回").fill("2")
    page.get_by_role("button", name="入账").click()
    expect(page.locator(".row-warn")).to_contain_text("TS1103")
    page.screenshot(path=picture_of("supplier"), full_page=True)
    page.goto(f"{server.url}suppliers")
    expect(page.locator("table").first).to_contain_text("温岭针织厂")
