"""The pages of stubs and archives: found in one box, sealed, signed for, and taken along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from station.archive_jobs import archive_due
from station.domain.vocabulary import CarrierCode
from station.services import handover


@pytest.fixture
def gone(open_shop: Any) -> str:
    """A parcel that left; its number."""
    number: str = open_shop.seal("2450000000000001001", "JN8801-黑色-32")

    def whole(session: Any, *, now: Any) -> None:
        rules = open_shop.station.rules
        pile = handover.open_session(session, CarrierCode.STO, who="老周", now=now).id
        handover.scan(session, pile, number, who="老周", now=now)
        key = open_shop.parcel_id(number)
        handover.enter_figures(session, pile, key, weight_g=600, price_fen=500, rules=rules,
                               who="老周", now=now)
        handover.accept(session, pile, key, manager="陈姐", reason="价", now=now)
        handover.close(session, pile, courier="小吴", strokes=[[[1, 1], [900, 900]]], who="老周",
                       rules=rules, now=now)

    open_shop.write(whole)
    return number


@pytest.fixture
def sealed(open_shop: Any, gone: str) -> int:
    """The archive of that day."""
    open_shop.clock.later(days=15)
    station = open_shop.station
    (made,) = archive_due(station.db, station.config.archive_dir, shop="海风", after_days=15,
                          now=open_shop.clock.now)
    return made


def test_the_box_finds_a_stub_and_says_what_it_took_the_words_for(gone: str, browser: Any):
    for text in (gone, gone[-6:], "小吴 JN8801", "林小满", "11月23日"):
        assert gone in browser.text(f"/stubs?q={text}"), text
    page = browser.text("/stubs?q=小吴 蓝天")
    assert gone not in page
    assert "快递员" in page
    assert "没找到" in page


@pytest.mark.rule("D7")
def test_an_archive_is_listed_taken_along_and_signed_for_once(
    open_shop: Any, sealed: int, browser: Any
):
    page = browser.text("/stubs/archives")
    digest = page.split('name="sha256" value="')[1][:64]
    assert "STO-2026-11-23-1.zip" in page
    with browser.get(f"/stubs/archives/{sealed}.zip") as taken:
        assert b"packbench-archive-1" in taken.data
    assert browser.form(f"/stubs/archives/{sealed}", sha256="0" * 64).status_code == 409
    assert browser.form(f"/stubs/archives/{sealed}", sha256=digest).status_code == 303
    assert "✓ 老周" in browser.text("/stubs/archives")
    assert browser.form(f"/stubs/archives/{sealed}", sha256=digest).status_code == 409
    assert "归档" in browser.text("/stubs")


@pytest.mark.parametrize("role", ["keeper", "service"])
def test_only_a_manager_signs_and_takes_it_along(
    sealed: int, browser_of: Callable[[str], Any], role: str
):
    browser = browser_of(role)
    assert "我签收" not in browser.text("/stubs/archives")
    assert browser.form(f"/stubs/archives/{sealed}", sha256="0" * 64).status_code == 403
    assert browser.get(f"/stubs/archives/{sealed}.zip").status_code == 403


def test_a_file_that_is_no_longer_there_is_not_served(
    open_shop: Any, sealed: int, browser: Any
):
    for path in open_shop.station.config.archive_dir.rglob("*.zip"):
        path.unlink()
    assert browser.get(f"/stubs/archives/{sealed}.zip").status_code == 404
    assert browser.get("/stubs/archives/999.zip").status_code == 404


def test_days_that_wait_for_open_cases_are_named(open_shop: Any, gone: str, browser: Any):
    open_shop.clock.later(days=15)
    assert "1 天的底单因售后未结" in browser.text("/stubs/archives")
    assert "没有" in browser.text("/stubs/archives?carrier=SF&month=2020-01")
