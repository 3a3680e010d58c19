"""The menu in a browser: one line on every screen, by finger, by keyboard, without a script."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

SCREENS = [(1280, 800), (1080, 810), (810, 1080)]


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_the_managers_whole_menu_is_one_line(
    page: Page, server: Any, open_shop: Any, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{server.url}orders")
    tops = page.locator(".nav nav > a, .nav summary").evaluate_all(
        "each => each.map(one => one.getBoundingClientRect().top)")
    assert len(tops) >= 6
    assert len(set(tops)) == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_group_opens_by_touch_one_at_a_time_and_closes_beside_it(
    page: Page, server: Any, open_shop: Any
) -> None:
    page.goto(server.url)
    money = page.locator(".nav-group", has_text="月账单")
    after = page.locator(".nav-group", has_text="售后单")
    money.locator("summary").click()
    expect(money.get_by_text("价目")).to_be_visible()
    after.locator("summary").click()
    expect(after.get_by_text("统计")).to_be_visible()
    expect(money.get_by_text("价目")).to_be_hidden()
    page.mouse.click(900, 700)
    expect(after.get_by_text("统计")).to_be_hidden()


def test_the_keyboard_walks_through_the_menu(page: Page, server: Any, open_shop: Any) -> None:
    page.goto(server.url)
    setup = page.locator(".nav-group", has_text="找秤")
    setup.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(setup.locator("a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(setup.locator("a").first).to_be_hidden()
    expect(setup.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}devices")
    expect(page.locator(".nav-here summary")).to_contain_text("设置")


def test_without_a_script_the_menu_still_leads_everywhere(
    chrome: Browser, page: Page, server: Any, open_shop: Any
) -> None:
    cookies: Any = page.context.cookies()
    context = chrome.new_context(java_script_enabled=False)
    context.add_cookies(cookies)
    plain = context.new_page()
    plain.goto(server.url)
    plain.locator(".nav summary", has_text="售后").click()
    plain.locator(".nav a", has_text="统计").click()
    expect(plain.locator("h1")).to_contain_text("统计")
    context.close()
