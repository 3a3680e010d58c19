"""Every page of the menu on tablets and the desk: nothing too wide, too small, too pale, unnamed.

AXE_CORE=…/axe.min.js (from npm's axe-core) adds its rules; without it our own measures count.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

FINGER_PX = 44
SMALL = """finger => [...document.querySelectorAll("button, .button, select, summary, nav a, "
  + "input:not([type=hidden]):not([type=checkbox]):not([type=radio])")].filter(one => {
  const box = one.getBoundingClientRect();
  return box.height && box.height < finger - .5;
}).map(one => `${one.tagName}.${one.className} ${one.getBoundingClientRect().height}`)"""
UNNAMED = """() => [...document.querySelectorAll(
  "input:not([type=hidden]), select, textarea, button, a"
)].filter(one => one.getClientRects().length && !one.textContent.trim()
    && !one.getAttribute("aria-label") && !one.labels?.length && !one.placeholder
    && !one.querySelector("img[alt], [aria-label]")).map(one => one.outerHTML.slice(0, 120))"""
PALE = """() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = one => {
    for (; one; one = one.parentElement) {
      const style = getComputedStyle(one), [r, g, b, a = 1] = rgb(style.backgroundColor);
      if (style.backgroundImage !== "none") return null;
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const one = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !one.getClientRects().length) continue;
    if (one.closest("svg, :disabled, .sr, .gone")) continue;
    const style = getComputedStyle(one), back = behind(one);
    if (!back) continue;
    const [dark, pale] = [light(rgb(style.color)), light(back)].sort((a, b) => a - b);
    const size = parseFloat(style.fontSize);
    const needs = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const has = (pale + .05) / (dark + .05);
    if (has < needs) found.push(`${has.toFixed(2)} ${texts.currentNode.data.trim().slice(0, 40)}`);
  }
  return found;
}"""
"""Texts whose contrast is below WCAG's AA, as a browser draws them."""


@pytest.fixture
def filled(open_shop: Any) -> Any:
    """A shop with something on most pages."""
    shop = open_shop
    shop.pay("A2", "NO-SUCH-SKU")
    shop.seal("A3", "TS1103-白色-M")
    shop.hand_over(shop.seal("A4", "JN8801-黑色-33"))
    shop.printed("A1", "JN8801-黑色-32", seller_memo="加急", flag=1)
    return shop


def doors(page: Page) -> list[str]:
    """What the menu leads to, and some pages behind it."""
    found = page.locator(".nav nav a").evaluate_all("all => all.map(one => one.href)")
    inside = ("orders?tab=held", "orders?tab=review", "parcels/A1", "handover/1", "handover/1/list",
              "handover/1/correction", "pin", "nowhere", "devices/1-scale/checks")
    return [*found, *(f"{page.url}{path}" for path in inside)]


@pytest.mark.parametrize("width", [1280, 1080, 810])
def test_every_page_fits_fingers_eyes_and_screens(
    page: Page, server: Any, filled: Any, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 1080 if width == 810 else 800})
    page.goto(server.url)
    axe = os.environ.get("AXE_CORE", "")
    faults = {}
    for address in doors(page):
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found = {"wide": [wide] if wide > 0 else [], "unnamed": page.evaluate(UNNAMED),
                 "pale": page.evaluate(PALE), "small": page.evaluate(SMALL, FINGER_PX)}
        found["headings"] = [] if page.locator("h1").count() == 1 else ["not one h1"]
        if axe:
            found["axe"] = run_axe(page, axe)
        if said := {name: what for name, what in found.items() if what}:
            faults[address] = said
    assert not faults, "\n".join(f"{path} {what}" for path, what in faults.items())


def run_axe(page: Page, path: str) -> list[str]:
    """The rules of axe-core that this page breaks."""
    page.evaluate(Path(path).read_text(encoding="utf-8"))
    rules = "axe.run({runOnly: ['wcag2a', 'wcag2aa']})"
    return page.evaluate(f"{rules}.then(all => all.violations.map(one => one.id))")  # type: ignore[no-any-return]


@pytest.mark.parametrize("role", ["packer", "courier"])
def test_what_a_role_sees_first_fits_a_tablet(
    page: Page, server: Any, filled: Any, role: str
) -> None:
    page.context.clear_cookies()
    page.context.add_cookies([{
        "name": f"packbench-session-{server.port}", "value": filled.session_of(f"某{role}", role),
        "url": server.url, "httpOnly": True, "sameSite": "Strict",
    }])
    page.set_viewport_size({"width": 810, "height": 1080})
    page.goto(server.url)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(PALE) == []
    assert page.evaluate(SMALL, FINGER_PX) == []
