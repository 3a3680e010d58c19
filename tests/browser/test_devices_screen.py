"""The devices' pages in a browser: our own policy blocks nothing, and the check is scanned."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from station.domain.weights import TakenWeight
from station.services import scale_checks

pytestmark = pytest.mark.browser


def checked(shop: Any, grams: int) -> None:
    shop.station.db.write(lambda session: scale_checks.book(
        session, 500, TakenWeight(grams, (b"raw",), "1-scale"),
        rules=shop.station.rules.scale_checks, bench="1", who="阿明", now=shop.clock.now))


def test_the_drift_chart_is_drawn(page: Page, server: Any, open_shop: Any) -> None:
    checked(open_shop, 502)
    checked(open_shop, 530)
    page.goto(f"{server.url}devices/1-scale/checks")
    expect(page.locator("tr.row-bad")).to_contain_text("没有通过")
    assert page.evaluate("document.querySelector('main img').naturalWidth") == 900


def test_a_recording_is_saved_by_one_click(page: Page, server: Any, open_shop: Any) -> None:
    open_shop.station.desk.places["1-scale"].recorder.heard(b"ST,GS,+000.820kg\r\n")
    page.goto(f"{server.url}devices")
    page.locator("tr", has_text="1-scale").get_by_role("button", name="存记录").click()
    link = page.locator("a", has_text=".jsonl")
    with page.expect_download() as file:
        link.click()
    assert b"ST,GS,+000.820kg".hex() in file.value.path().read_text("utf-8")


def test_the_scale_is_checked_by_scanning_alone(page: Page, server: Any, open_shop: Any) -> None:
    page.goto(f"{server.url}bench/1")
    expect(page.locator(".prompt")).to_contain_text("扫描面单")  # a page that loads may stall
    page.keyboard.type("PBCMD-CHECK")
    page.keyboard.press("Enter")
    expect(page.locator(".prompt")).to_contain_text("把 500 g 的砝码放到秤上")
    open_shop.put_on_scale(503)
    expect(page.locator(".verdict")).to_contain_text("校秤通过：500 g 显示 503 g")
