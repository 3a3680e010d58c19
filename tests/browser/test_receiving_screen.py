"""Goods at the door in a real browser: scanned, told, checked, booked (I1)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from station.services import receiving, receiving_scans

pytestmark = [pytest.mark.browser, pytest.mark.rule("I1")]
SHIRT = "TS1103-白色-M"


def test_a_delivery_is_counted_with_the_scanner_and_booked(
    page: Page, server: Any, open_shop: Any, picture_of: Callable[[str], Path]
) -> None:
    page.goto(f"{server.url}receiving")
    page.get_by_label("供应商").fill("温岭针织厂")
    page.get_by_role("button", name="开始清点").click()
    expect(page.locator(".link").first).to_contain_text("在线")
    for code in ("PBCMD-1", "PBCMD-2", f"69{open_shop.skus[SHIRT]:011d}"):
        page.keyboard.type(code, delay=5)
        page.keyboard.press("Enter")
    expect(page.locator("[data-part=verdict]")).to_contain_text("TS1103 白色 M：12 件")
    page.get_by_label(f"{SHIRT} 次品").fill("2")
    page.get_by_label(f"{SHIRT} 单价").fill("35.50")
    page.screenshot(path=picture_of("receiving"), full_page=True)
    page.get_by_role("button", name="记下").click()
    expect(page.locator("[data-part=head]")).to_contain_text("次品")
    page.get_by_label("运费").fill("8")
    page.get_by_role("button", name="清点完了").click()
    page.get_by_label("送货人").fill("老李")
    page.screenshot(path=picture_of("receipt"), full_page=True)
    page.get_by_role("button", name="双方已签字").click()
    expect(page.locator("[data-part=head]")).to_contain_text("已入库")
    page.goto(f"{server.url}receiving/ledgers")
    expect(page.locator("h2").first).to_contain_text("363.00")
    page.screenshot(path=picture_of("ledgers"), full_page=True)


def test_what_is_typed_stays_while_somebody_else_scans(
    page: Page, server: Any, open_shop: Any
) -> None:
    slip = open_shop.write(receiving.begin, "温岭针织厂", who="阿明")
    open_shop.write(receiving_scans.scan, SHIRT, receipt_id=slip.id, who="阿明")
    page.goto(f"{server.url}receiving/{slip.id}")
    expect(page.locator(".link").first).to_contain_text("在线")
    page.get_by_label(f"{SHIRT} 单价").fill("35.50")
    page.get_by_label(f"{SHIRT} 批次差异").fill("领口深")
    open_shop.write(receiving_scans.scan, SHIRT, receipt_id=slip.id, who="阿明")
    expect(page.get_by_label(f"{SHIRT} 件")).to_have_value("2")
    expect(page.get_by_label(f"{SHIRT} 单价")).to_have_value("35.50")
    expect(page.get_by_label(f"{SHIRT} 批次差异")).to_have_value("领口深")
    expect(page.get_by_label(f"{SHIRT} 批次差异")).to_be_focused()


def test_a_paper_s_code_opens_its_record_from_any_page_and_stays_out_of_the_fields(
    page: Page, server: Any, open_shop: Any
) -> None:
    slip = open_shop.write(receiving.begin, "温岭针织厂", who="阿明")
    page.goto(f"{server.url}receiving")
    page.get_by_label("供应商").fill("甲厂")
    page.keyboard.type(f"PBS-R{slip.id}", delay=5)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.url}receiving/{slip.id}")
    page.keyboard.type("PBS-D261128", delay=5)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.url}stubs")
