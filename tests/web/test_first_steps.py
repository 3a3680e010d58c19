"""A new shop is told what to do first, an empty page what fills it, a refused one what to do."""

from __future__ import annotations

from typing import Any

import pytest

from station.db.models import Packaging
from web import words

STEPS = ("devices", "sender", "goods", "numbers", "packaging", "people", "orders")


def done(page: str) -> int:
    return page.count('class="first-done"')


def test_a_new_shop_sees_its_first_steps_and_each_leaves_when_done(
    shop: Any, browser: Any
) -> None:
    page = browser.text("/")
    assert all(words.say(f"first.{step}").zh in page for step in STEPS)
    before = done(page)
    assert page.count('class="first-next"') == 1
    shop.stock_goods("JN8801-黑色-32")
    assert done(browser.text("/")) == before + 1
    shop.receive_numbers()
    shop.add(Packaging(code="BAG1", name="袋", kind="bag", weight_g=20, stock=9, low_at=1))
    shop.hire("阿明", "packer", "7")
    assert done(browser.text("/")) == before + 4
    shop.pay("A1", "JN8801-黑色-32")
    assert done(browser.text("/")) == before + 5


@pytest.mark.parametrize("role", ["packer", "courier"])
def test_who_cannot_bring_lists_in_is_not_told_to(shop: Any, browser_of: Any, role: str) -> None:
    assert "first-steps" not in browser_of(role).text("/")


def test_a_step_that_is_somebody_elses_has_no_door(shop: Any, browser_of: Any) -> None:
    page = browser_of("keeper").text("/")
    assert words.say("first.people").zh in page
    assert 'href="/staff"' not in page


def test_old_alarms_are_folded_away(open_shop: Any, browser: Any) -> None:
    from station.db.models import Alarm  # noqa: PLC0415 - one use

    for number in range(8):
        open_shop.add(Alarm(code="pool_low", subject=f"SF{number}", at=open_shop.clock.now,
                            facts={"carrier": "SF", "left": number}))
    page = browser.text("/")
    assert page.index("只剩 7 个") < page.index("还有 3 条警报") < page.index("只剩 0 个")


@pytest.mark.parametrize(("path", "says"), [
    ("/orders?tab=late", "没有晚的订单"), ("/stubs", "还没有底单"), ("/stubs?q=77", "没有找到"),
    ("/handover", "还没有完成的交接"), ("/bills", "还没有账单"), ("/cases", "没有售后"),
    ("/import", "先导入商品"), ("/bills/disputes", "没有争议"),
])
def test_an_empty_page_says_what_fills_it(
    open_shop: Any, browser: Any, path: str, says: str
) -> None:
    assert says in browser.text(path)


def test_refused_pages_say_what_to_do_and_lead_back(
    open_shop: Any, browser: Any, browser_of: Any
) -> None:
    answers = {
        403: browser_of("packer").get("/staff"), 404: browser.get("/nowhere"),
        405: browser.form("/stubs"), 413: browser.form("/orders/1/release", reason="x" * 400_000),
        421: browser.client.get("/", headers={"Host": "evil.example"}),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert words.say(f"http_do.{status}").zh in answer.text
        assert 'href="/"' in answer.text
        assert "<title>示" not in answer.text


def test_a_page_that_is_not_there_offers_to_look_a_number_up(
    open_shop: Any, browser: Any, browser_of: Any
) -> None:
    assert 'action="/orders/find"' in browser.get("/nowhere").text
    assert 'action="/orders/find"' not in browser_of("courier").get("/nowhere").text
