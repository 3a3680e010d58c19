"""A tariff edited cell by cell in a real browser, under the strict content policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from station.services import tariffs

pytestmark = [pytest.mark.browser, pytest.mark.rule("D6")]


def test_a_price_is_changed_in_its_cell_and_the_change_taken(
    page: Page, server: Any, open_shop: Any, picture_of: Callable[[str], Path]
) -> None:
    page.goto(f"{server.url}tariffs/edit/STO")
    first = page.locator('input[name="zones.0.first_fen"]')
    first.fill("4,5o")
    first.press("Enter")  # checks, and adds no row
    expect(page.locator(".cell-fault")).to_have_count(1)
    expect(first).to_have_attribute("aria-invalid", "true")
    page.screenshot(path=picture_of("tariff-cells"), full_page=True)
    first.fill("4.50")
    page.get_by_role("button", name="先看一看").click()
    expect(page.locator("section.card")).to_contain_text("¥4.50")
    page.get_by_role("button", name="收下这些价目").click()
    expect(page.locator("h1")).to_contain_text("价目")
    (row,) = open_shop.read(tariffs.versions)
    assert row.tariff.zones[0].first_fen == 450
