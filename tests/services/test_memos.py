"""Notes on the platform's orders: what stood there stays, and a thousand bytes are never passed."""

from __future__ import annotations

import http.client
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from simulators.bench import Bench, Plan
from simulators.control import ControlServer
from station.db.models import Outbox, ShopOrder
from station.domain.vocabulary import Flag
from station.jobs import OutboxLoop
from station.services.memos import LONGEST, joined, write_memo

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.rule("S21")
JEANS = "JN8801-黑色-32"
NOTES = st.text(st.characters(blacklist_categories=("Cs",)), max_size=600)


@given(before=NOTES, words=NOTES.filter(bool))
def test_no_note_grows_over_what_the_platform_keeps(before: str, words: str):
    after = joined(before, words)
    assert len(after.encode()) <= max(LONGEST, len(before.encode()))
    if len(words.encode()) < LONGEST // 2:
        assert words in after


@given(before=NOTES, words=NOTES.filter(bool))
def test_the_same_words_are_added_once(before: str, words: str):
    once = joined(before, words)
    if words in once:
        assert joined(once, words) == once


def test_what_stood_there_stays_in_front():
    assert joined("要系带", "退货登记") == "要系带\n退货登记"
    long = joined("字" * 400, "补发 申通 773")
    assert long.startswith("字" * 300)
    assert long.endswith("…\n补发 申通 773")


def test_a_shop_without_a_platform_keeps_the_note_for_itself(open_shop: Shop):
    open_shop.pay("A1", JEANS)
    note(open_shop, "退货登记")
    order = open_shop.read(lambda session: session.scalar(select(ShopOrder)))
    assert (order.seller_memo, order.flag) == ("退货登记", Flag.PURPLE)
    assert open_shop.read(lambda session: session.scalar(
        select(Outbox).where(Outbox.kind == "memo"))) is None


def note(shop: Shop, words: str) -> None:
    def write(session: Any, *, now: datetime) -> None:
        orders = session.scalars(select(ShopOrder)).all()
        write_memo(session, orders, words, shop.rules, flag=Flag.PURPLE, now=now)

    shop.write(write)


def test_the_note_reaches_the_platform_by_the_loop_that_tells_of_shipping(open_shop: Shop):
    shop = open_shop
    server = ControlServer(Bench(Plan()))
    server.start()
    try:
        shop.rules = replace(shop.rules, platform_url=f"{server.url}/platform")
        shop.pay("A1", JEANS)
        note(shop, "退货登记")
        loop = OutboxLoop(shop.db, shop.rules.platform_url, now=lambda: datetime.now(UTC))
        while loop.step():
            pass
        host = server.url.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=60)
        connection.request("GET", "/platform/memos")
        assert json.loads(connection.getresponse().read()) == {
            "A1": {"memo": "退货登记", "flag": 5}}
        connection.close()
    finally:
        server.stop()
