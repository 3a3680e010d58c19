"""Pages from elsewhere, in the shop's own browser: they read nothing and change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.fault("F24")]

ATTACK = """
async (station) => {
  const tries = [
    ["scan", { method: "POST", mode: "no-cors", credentials: "include",
               headers: { "Content-Type": "text/plain" }, body: '{"code": "PBID-7"}' }],
    ["scan", { method: "POST", credentials: "include",
               headers: { "Content-Type": "application/json" }, body: '{"code": "PBID-7"}' }],
    ["", { credentials: "include" }],
    ["", { mode: "no-cors", credentials: "include" }],
  ];
  const seen = [];
  for (const [path, facts] of tries) {
    try {
      const answer = await fetch(`${station}api/v1/bench/1${path && "/" + path}`, facts);
      seen.push(await answer.text());
    } catch { seen.push(""); }
  }
  const form = document.createElement("form");
  form.method = "POST"; form.target = "inner"; form.enctype = "text/plain";
  form.action = `${station}api/v1/bench/1/scan`;
  const field = document.createElement("input");
  field.name = '{"code": "PBID-7", "x": "'; field.value = '"}';
  form.append(field);
  const frame = document.createElement("iframe");
  frame.name = "inner";
  document.body.append(form, frame);
  await new Promise((done) => { frame.onload = done; form.submit(); });
  return seen;
}
"""


@pytest.fixture
def stranger(chrome: Any, server: Any) -> Any:
    """A tab that knows our station's cookie, on a page of somebody else."""
    context: BrowserContext = chrome.new_context()
    page = context.new_page()
    page.goto(server.url)
    page.route("http://evil.example/**", lambda route: route.fulfill(
        body="<!doctype html><title>evil</title><body>", content_type="text/html"))
    page.goto("http://evil.example/")
    yield page
    context.close()


def test_a_foreign_page_neither_scans_nor_reads(
    stranger: Page, server: Any, open_shop: Any
) -> None:
    seen = stranger.evaluate(ATTACK, server.url)
    assert seen == [""] * len(seen)
    assert open_shop.station.benches["1"].view().packer == ""


def test_a_page_that_borrows_our_address_is_turned_away(
    chrome: Any, server: Any, open_shop: Any
) -> None:
    """DNS rebinding: the foreign name suddenly means this computer."""
    context = chrome.new_context()
    page = context.new_page()
    answer = page.goto(f"http://evil.example:{server.port}/")
    assert answer is not None
    assert answer.status == 421
    status = page.evaluate("""async () => (await fetch("/api/v1/bench/1/scan", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: '{"code": "PBID-7"}' })).status""")
    assert status == 421
    assert open_shop.station.benches["1"].view().packer == ""
    context.close()


def test_no_foreign_page_shows_us_in_a_frame(stranger: Page, server: Any) -> None:
    stranger.evaluate("""(station) => {
      const frame = document.createElement("iframe");
      frame.src = `${station}bench/1`;
      document.body.append(frame);
    }""", server.url)
    expect(stranger.frame_locator("iframe").locator(".panel")).to_have_count(0)


def test_our_own_page_works_all_the_while(page: Page, server: Any, open_shop: Any) -> None:
    page.goto(f"{server.url}bench/1")
    page.keyboard.type("PBID-7")
    page.keyboard.press("Enter")
    expect(page.locator(".top")).to_contain_text("阿明")
