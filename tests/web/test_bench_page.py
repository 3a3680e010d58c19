"""The bench's page: one thing to do next, and what the last scan was told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from station.db.models import Packaging
from station.domain.refusals import Code
from web import words


def part(html: str, name: str) -> str:
    """The text of one part of the panel, without tags."""
    found = re.search(rf'<(\w+)[^>]*data-part="{name}".*?</\1>', html, re.DOTALL)
    return "" if found is None else re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


def test_an_idle_bench_asks_for_a_waybill_in_both_languages(open_shop: Any, browser: Any) -> None:
    page = browser.text("/bench/1")
    assert "扫描面单" in part(page, "task")
    assert "Scan a waybill" in part(page, "task")


def test_an_unknown_bench_is_said_in_words(browser: Any) -> None:
    answer = browser.get("/bench/9")
    assert answer.status_code == 404
    assert "没有这个工作台" in answer.text


@pytest.mark.rule("D4", "I3")
def test_a_waybill_opens_the_parcel_and_shows_place_size_and_count(
    open_shop: Any, browser: Any
) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32", "TS1103-白色-M")
    panel = browser.scan(number)
    assert "包裹已打开" in part(panel, "verdict")
    assert "A-01-2" in part(panel, "task")
    assert "32" in part(panel, "task")
    assert "0 / 2" in part(panel, "content")
    assert "林**" in panel
    assert "13900000101" not in panel
    assert "试验路" not in panel


@pytest.mark.rule("D4")
def test_a_wrong_size_locks_the_screen_until_acknowledged(open_shop: Any, browser: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    browser.scan(number)
    panel = browser.scan("JN8801-黑色-33")
    assert "尺码错：拿的是 33，要 32" in part(panel, "verdict")
    assert 'data-sound="wrong-size"' in panel
    assert "mood-bad locked" in panel
    assert "✗" in part(panel, "verdict")
    assert "mood-bad locked" in browser.scan("TS1103-白色-M")
    assert "locked" not in browser.scan("PBCMD-OK")
    assert "全部装齐" in part(browser.scan("JN8801-黑色-32"), "verdict")


@pytest.mark.rule("D5")
def test_a_parcel_goes_through_all_steps_by_scanning_and_one_signature(
    open_shop: Any, browser: Any
) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    browser.scan("PBID-7")
    browser.scan(number)
    panel = browser.scan("JN8801-黑色-32")
    assert "大号快递袋" in panel
    assert 'data-code="PBMAT-BAG1"' in panel
    panel = browser.scan("PBMAT-BAG1")
    assert "排出空气" in part(panel, "task")
    assert "放到秤上" in part(browser.scan("PBCMD-DONE"), "task")
    open_shop.put_on_scale(520)
    panel = browser.scan("PBCMD-HELP")
    assert 'step-sign' in panel
    answer = browser.send("/bench/1/sign", {"strokes": [[[1, 2], [500, 900]]]})
    assert "已签名封好" in part(answer.text, "verdict")
    assert "已签名封好" in part(browser.text("/bench/1"), "content")


@pytest.mark.rule("S10")
def test_a_note_fills_the_screen_until_it_is_read(open_shop: Any, browser: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32", seller_memo="送<丝巾>一条", flag=1)
    panel = browser.scan(number)
    assert "step-note" in panel
    assert "送&lt;丝巾&gt;一条" in panel
    assert "step-items" in browser.scan("PBCMD-OK")


def test_help_speaks_what_to_do_and_not_that_help_was_asked(open_shop: Any, browser: Any) -> None:
    assert 'data-speech="扫描面单"' in browser.scan("PBCMD-HELP")


@pytest.mark.parametrize("body", [
    {}, {"code": ""}, {"code": 7}, {"code": "x" * 513}, [], "text",
])
def test_what_is_no_scan_is_refused(open_shop: Any, browser: Any, body: Any) -> None:
    assert browser.send("/bench/1/scan", body).status_code == 400


@pytest.mark.parametrize("strokes", [
    None, "x", [[1, 2]], [[[1]]], [[[1, 2, 3]]], [[[1.5, 2]]], [[[True, 2]]], [[[-1, 2]]],
    [[[1, 1001]]], [[[1, 1]]] * 201, [[[1, 1]] * 8001],
])
def test_what_is_no_signature_is_refused(open_shop: Any, browser: Any, strokes: Any) -> None:
    assert browser.send("/bench/1/sign", {"strokes": strokes}).status_code == 400


# --- What stays on the screen -------------------------------------------------------------------


@pytest.mark.rule("D4")
def test_the_reason_stays_big_when_somebody_scans_on(open_shop: Any, browser: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    for code in (number, "JN8801-黑色-33"):
        browser.scan(code)
    panel = browser.scan("JN8801-黑色-32")
    assert re.search(r"<b>尺码错：拿的是 33，要 32</b>", panel)
    assert "☞ 先看屏幕，按“知道了”" in panel
    assert 'data-speech="先按知道了"' in panel
    view = browser.get("/api/v1/bench/1").json
    assert view["verdict"]["message"]["code"] == "bench.acknowledge_first"
    assert view["held"]["message"]["code"] == "item.wrong_size"
    assert "☞" not in browser.scan("PBCMD-OK")


def test_only_bags_that_the_parcels_carrier_takes_are_offered(
    open_shop: Any, browser: Any
) -> None:
    open_shop.add(Packaging(code="BAG-STO", name="申通专用袋", kind="bag", weight_g=20, stock=9,
                            low_at=5, carrier="STO"))
    open_shop.add(Packaging(code="BAG-SF", name="顺丰专用袋", kind="bag", weight_g=20, stock=9,
                            low_at=5, carrier="SF"))
    number = open_shop.printed("A1", "JN8801-黑色-32")
    browser.scan(number)
    panel = browser.scan("JN8801-黑色-32")
    assert "大号快递袋" in panel
    assert "申通专用袋" in panel
    assert "顺丰专用袋" not in panel


@pytest.mark.parametrize("code", sorted(code for code in words.sentences("zh")
                                        if code.startswith("do.")))
def test_what_to_do_belongs_to_a_no_that_can_be_told(code: str) -> None:
    assert code.removeprefix("do.") in {str(known) for known in Code}


def test_what_to_do_is_left_out_where_there_is_nothing_more_to_say(
    open_shop: Any, browser: Any
) -> None:
    assert "叫仓管" in browser.scan("7700000000000")
    browser.scan("PBCMD-OK")
    number = open_shop.printed("A1", "JN8801-黑色-32")
    assert 'class="todo"' not in browser.scan(number)


def test_a_question_that_is_left_says_so(open_shop: Any, browser: Any) -> None:
    browser.scan(open_shop.printed("A1", "JN8801-黑色-32"))
    for leave in ("PBCMD-CANCEL", "PBCMD-UNDO"):
        asked = browser.scan("PBCMD-REPRINT")
        assert "面单破损" in asked
        assert "秤有误差" not in asked
        assert "回到原来的一步" in browser.scan(leave)
