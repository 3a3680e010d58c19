"""Two hundred attempts to run a script, in every text that reaches a page, on every page.

The payloads lie in payloads.txt, one a line. They stand in orders, addresses, notes, articles,
people, file names, barcodes and reasons; each page that shows them is opened in a real Chromium.
Nothing may run, open a dialog, become an element, or even be stopped by the content policy: what
the policy has to stop has already become markup.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from station.db.models import Alarm, ImportedFile, Parcel, Review
from station.domain.vocabulary import CarrierCode
from station.services import handover, staff

pytestmark = [pytest.mark.browser, pytest.mark.fault("F19")]

PAYLOADS = [
    line for line in
    (Path(__file__).parent / "payloads.txt").read_text(encoding="utf-8").split("\n") if line
]
FIELDS = 5
"""Texts of one order that each carry a payload."""

WATCH = """
window.__seen = [];
for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
  window[name] = () => { window.__seen.push(name); };
}
document.addEventListener("securitypolicyviolation", (event) => {
  window.__seen.push(`policy ${event.violatedDirective} ${event.sample}`);
});
"""
LOOK = """() => {
  const THEIRS = ["IFRAME", "OBJECT", "EMBED", "BASE", "MARQUEE", "STYLE", "APPLET", "PORTAL"];
  const found = [...window.__seen];
  if (window.__hit) found.push("a payload ran");
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (name.startsWith("on")) found.push(`${element.tagName} ${name}`);
      const leads = ["href", "src", "action", "formaction"].includes(name);
      if (leads && /^\\s*(javascript|vbscript|data:text)/i.test(value)) {
        found.push(`${element.tagName} ${name}=${value}`);
      }
    }
    const ours = element.tagName !== "SCRIPT" || element.src.startsWith(location.origin);
    if (!ours || THEIRS.includes(element.tagName)) found.push(element.tagName);
  }
  return found;
}"""


@pytest.fixture
def watched(page: Page) -> Page:
    page.add_init_script(WATCH)
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    return page


def opened(page: Page, url: str) -> str:
    """Open a page, find nothing of theirs on it; its text, folded parts too."""
    answer = page.goto(url, wait_until="domcontentloaded")
    assert answer is not None
    assert answer.status < 400, url
    found = page.evaluate(LOOK)
    assert not found, (url, found)
    return str(page.locator("body").text_content())


def test_no_order_runs_a_script_on_any_page(watched: Page, server: Any, open_shop: Any) -> None:
    shop, numbers = open_shop, []
    shop.receive_numbers(CarrierCode.YTO, 0)
    shown = ""
    for start in range(0, len(PAYLOADS), FIELDS):
        name, street, memo, message, reason = (PAYLOADS[start:] + PAYLOADS)[:FIELDS]
        shop.stock_goods(f"X{start}-黑色-32", title=name, location=memo[:32])
        told = shop.order(f"A{start}", f"X{start}-黑色-32", seller_memo=memo,
                          buyer_message=message, flag=1)
        home = replace(told.consignee, name=name[:60], street=street)
        shop.clock.later(days=3)  # apart: nothing of one buyer is merged
        taken = shop.pay(f"A{start}", f"X{start}-黑色-32", seller_memo=memo,
                         buyer_message=message, flag=1, consignee=home)
        number = shop.read(lambda session, taken=taken: session.get(
            Parcel, taken.parcel_id).waybill_no)
        if number:
            numbers.append(number)
        shop.add(Review(code="damaged_order_no", source=name, place=street[:64],
                        digest=f"{start:064d}", facts={"seen": reason}, at=shop.clock.now))
        shop.add(Alarm(code="pool_low", subject=f"x{start}", at=shop.clock.now,
                       facts={"carrier": memo, "left": 3}))
    pages = ["", "orders", "orders?tab=late", "orders?tab=held", "orders?tab=review", "cases",
             "devices", "handover", "stubs", "import", "bills"]
    pages += [f"parcels/{number}" for number in numbers]
    for path in pages:
        shown += opened(watched, f"{server.url}{path}")
    assert len(numbers) >= 10
    assert shown.count("alert(1)") > 100, "they were on the pages, as text"


def test_no_person_file_or_program_runs_a_script(
    watched: Page, server: Any, open_shop: Any
) -> None:
    shop = open_shop
    for place, payload in enumerate(PAYLOADS):
        shop.add(staff.Staff(name=f"{place}{payload}"[:64], role="packer", badge=f"PBID-{place}X"
                             f"{payload}"[:64], pin_hash="x", active=place % 2 == 0))
        shop.add(ImportedFile(sha256=f"{place:064d}", name=payload, kind="goods",
                              at=shop.clock.now, counts={payload[:20]: 1}))
    for payload in PAYLOADS[::12]:
        shop.key_of(payload[:64])
    shop.write(handover.open_session, CarrierCode.STO, who=PAYLOADS[0][:64])
    for path in ("staff", "import", "handover", "handover/1", "pin", "override",
                 "sign-in?to=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
                 "orders/find?number=%3Cscript%3Ealert(1)%3C%2Fscript%3E".replace("/find", ""),
                 "stubs?carrier=%22%3E%3Csvg%20onload=alert(1)%3E&number=%22onfocus=alert(1)"):
        opened(watched, f"{server.url}{path}")


def test_no_barcode_runs_a_script_at_the_bench(
    watched: Page, server: Any, open_shop: Any
) -> None:
    bench = open_shop.station.benches["1"]
    for start in range(0, len(PAYLOADS), 8):
        for payload in PAYLOADS[start : start + 8]:
            bench.scan(payload)
            bench.scan("PBCMD-OK", source="touch")
        opened(watched, f"{server.url}bench/1")
        opened(watched, server.url)
