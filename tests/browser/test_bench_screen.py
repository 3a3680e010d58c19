"""The bench in a real browser: scans by key bursts, answers seen and heard, a signature drawn."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

LISTEN = """
window.heard = []; window.said = [];
document.addEventListener("packbench:sound", (event) => {
  document.documentElement.dataset.heard = heard.push(event.detail);
});
document.addEventListener("packbench:speech", (event) => said.push(event.detail));
"""


@pytest.fixture
def bench(page: Page, server: Any, open_shop: Any) -> Page:
    """The page of bench 1, connected."""
    page.add_init_script(LISTEN)
    page.goto(f"{server.url}bench/1")
    expect(page.locator("[data-link=on]")).to_be_visible()
    return page


def burst(page: Page, code: str, suffix: str = "Enter") -> None:
    """Type as a scanner does: every key at once."""
    page.keyboard.type(code)
    if suffix:
        page.keyboard.press(suffix)


def verdict(page: Page) -> Any:
    return page.locator("[data-part=verdict]")


@pytest.mark.pain("29")
def test_a_scan_is_taken_wherever_the_focus_is(bench: Page, open_shop: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    bench.locator(".keys button").last.focus()
    burst(bench, number)
    expect(verdict(bench)).to_contain_text("包裹已打开")


@pytest.mark.rule("D4")
@pytest.mark.pain("38")
def test_a_wrong_size_is_seen_heard_and_locks_until_ok(bench: Page, open_shop: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    burst(bench, number)
    expect(verdict(bench)).to_contain_text("包裹已打开")
    burst(bench, f"69{open_shop.skus['JN8801-黑色-33']:011d}", "Tab")
    expect(verdict(bench)).to_contain_text("尺码错")
    expect(bench.locator(".verdict.locked .verdict-icon")).to_have_text("✗")
    assert bench.evaluate("heard.at(-1)") == "wrong-size"
    assert bench.evaluate("said.at(-1)") == "尺码错了"
    bench.get_by_role("button", name="知道了").click()
    expect(bench.locator(".locked")).to_have_count(0)


@pytest.mark.pain("27")
def test_ten_codes_in_a_moment_are_all_taken_in_their_order(bench: Page, open_shop: Any) -> None:
    codes = [f"UNKNOWN{n}" for n in range(10)]
    asked: list[str] = []
    bench.on("request", lambda r: asked.append(r.post_data_json["code"])
             if r.url.endswith("/scan") else None)
    for code in codes:
        burst(bench, code)
    expect(bench.locator("html")).to_have_attribute("data-heard", "10")
    assert asked == codes


@pytest.mark.rule("D5")
def test_a_signature_drawn_on_the_pad_seals_the_parcel(bench: Page, open_shop: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    for code in ("PBID-7", number, f"69{open_shop.skus['JN8801-黑色-32']:011d}"):
        before = verdict(bench).get_attribute("data-seq")
        burst(bench, code)
        expect(verdict(bench)).not_to_have_attribute("data-seq", before or "")
    bench.get_by_role("button", name="大号快递袋").click()
    bench.get_by_role("button", name="都做好了").click()
    expect(bench.locator(".weigh-now")).to_be_visible()
    open_shop.put_on_scale(523)
    pad = bench.locator(".pad-canvas")
    expect(pad).to_be_visible()
    box = pad.bounding_box()
    assert box is not None
    bench.mouse.move(box["x"] + 20, box["y"] + 20)
    bench.mouse.down()
    bench.mouse.move(box["x"] + 200, box["y"] + 80, steps=8)
    bench.mouse.up()
    bench.get_by_role("button", name="签名完成").click()
    expect(verdict(bench)).to_contain_text("已签名封好")
    assert bench.evaluate("heard.at(-1)") == "done"
