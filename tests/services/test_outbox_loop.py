"""The platform is told what it must know, once, and never a number that became void (D3)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from station.db.models import Alarm, Outbox
from station.domain.orders import RefundKind
from station.jobs import OutboxLoop
from station.services import outbox as calls

if TYPE_CHECKING:
    from conftest import Shop

JEANS = "JN8801-黑色-32"


class Platform(ThreadingHTTPServer):
    """A shop platform that keeps what it hears and answers what the test says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.heard: list[dict[str, Any]] = []
        self.answers: list[int] = []


class _Door(BaseHTTPRequestHandler):
    server: Platform

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(json.loads(body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def platform() -> Iterator[Platform]:
    server = Platform()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def told(shop: Shop, platform: Platform) -> OutboxLoop:
    url = f"http://127.0.0.1:{platform.server_port}"
    shop.rules = replace(shop.rules, platform_url=url)
    shop.pay("2450000000000001010", JEANS)
    shop.print_next()
    return OutboxLoop(shop.db, url, now=lambda: shop.now)


def outbox(shop: Shop) -> list[tuple[str, int]]:
    return shop.read(lambda s: [(r.state, r.attempts) for r in s.scalars(select(Outbox))])


@pytest.mark.rule("D3")
def test_the_platform_hears_once_that_the_order_ships(open_shop: Shop, platform: Platform) -> None:
    loop = told(open_shop, platform)
    assert loop.step()
    assert not loop.step()
    assert [call["order_no"] for call in platform.heard] == ["2450000000000001010"]
    assert outbox(open_shop) == [("done", 0)]


@pytest.mark.rule("D3")
@pytest.mark.fault("F17")
def test_a_platform_that_fails_is_told_again_later_with_the_same_key(
    open_shop: Shop, platform: Platform
) -> None:
    loop = told(open_shop, platform)
    platform.answers = [500, 503, 200]
    for _ in range(3):
        loop.step()
        assert not loop.step()
        open_shop.later(minutes=1)
    assert len({call["idempotency_key"] for call in platform.heard}) == 1
    assert outbox(open_shop) == [("done", 2)]


def test_a_platform_that_refuses_is_given_up_loudly(open_shop: Shop, platform: Platform) -> None:
    loop = told(open_shop, platform)
    platform.answers = [422]
    loop.step()
    assert outbox(open_shop) == [("given_up", 1)]


@pytest.mark.rule("D3")
def test_a_platform_that_sends_us_elsewhere_has_not_heard(
    open_shop: Shop, platform: Platform
) -> None:
    loop = told(open_shop, platform)
    platform.answers = [302]
    loop.step()
    assert outbox(open_shop) == [("waiting", 1)]


def test_an_answer_that_is_no_http_is_tried_again_later(
    open_shop: Shop, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    import http.client  # noqa: PLC0415 - only here

    from station import jobs  # noqa: PLC0415 - only here

    loop = told(open_shop, platform)

    def nonsense(*_a: Any, **_k: Any) -> None:
        raise http.client.BadStatusLine("SSH-2.0")

    monkeypatch.setattr(jobs._OPENER, "open", nonsense)
    loop.step()
    assert outbox(open_shop) == [("waiting", 1)]


@pytest.mark.fault("F17")
def test_two_stations_make_one_call_once(open_shop: Shop, platform: Platform) -> None:
    told(open_shop, platform)
    first = open_shop.write(calls.claim)
    assert first is not None
    assert open_shop.write(calls.claim) is None
    open_shop.later(minutes=1)  # the first one crashed
    assert open_shop.write(calls.claim).key == first.key


@pytest.mark.rule("D3", "S11")
def test_a_number_that_becomes_void_before_the_call_is_never_told(
    open_shop: Shop, platform: Platform
) -> None:
    loop = told(open_shop, platform)
    second = open_shop.pay("2450000000000001030", JEANS)  # joins, so a new label prints
    open_shop.print_next()
    while loop.step():
        pass
    assert {call["waybill_no"] for call in platform.heard} == {second.waybill_no}
    assert [call["order_no"] for call in platform.heard] == [
        "2450000000000001010", "2450000000000001030"]


@pytest.mark.rule("D3", "S11")
def test_a_number_that_changes_after_the_call_is_told_as_a_change(
    open_shop: Shop, platform: Platform
) -> None:
    loop = told(open_shop, platform)
    loop.step()
    old = platform.heard[0]["waybill_no"]
    open_shop.pay("2450000000000001030", JEANS)
    open_shop.print_next()
    while loop.step():
        pass
    again = [call for call in platform.heard[1:] if call["order_no"] == "2450000000000001010"]
    assert [call["replaces"] for call in again] == [old]
    kinds = open_shop.read(lambda s: list(s.scalars(select(Outbox.kind).order_by(Outbox.id))))
    assert kinds == ["shipped", "changed", "shipped"]


@pytest.mark.rule("D3")
def test_an_order_whose_money_went_back_is_not_told_as_shipped(
    open_shop: Shop, platform: Platform
) -> None:
    url = f"http://127.0.0.1:{platform.server_port}"
    open_shop.rules = replace(open_shop.rules, platform_url=url)
    open_shop.pay("2450000000000001031", JEANS)
    open_shop.pay("2450000000000001032", JEANS)
    open_shop.refund("2450000000000001031", RefundKind.REFUNDED)
    open_shop.print_next()
    rows = open_shop.read(lambda s: s.scalars(select(Outbox)).all())
    orders = [row.payload["order_no"] for row in rows]
    assert orders == ["2450000000000001032"]


@pytest.mark.fault("F32")
def test_a_platform_that_is_away_for_a_week_hears_everything_when_it_is_back(
    open_shop: Shop, platform: Platform
) -> None:
    loop = told(open_shop, platform)
    for _ in range(7):
        platform.answers = [500]
        open_shop.later(hours=24, minutes=1)
        loop.step()
    assert outbox(open_shop) == [("waiting", 7)]
    assert alarms(open_shop) == [("platform_not_told", "")], "told once, not every ten minutes"
    open_shop.later(minutes=11)
    loop.step()
    assert outbox(open_shop) == [("done", 7)]
    assert alarms(open_shop) == [("platform_not_told", "station")]
    assert len({call["idempotency_key"] for call in platform.heard}) == 1


def alarms(shop: Shop) -> list[tuple[str, str]]:
    """Every alarm, with who closed it."""
    return [(row.code, row.acknowledged_by or "")
            for row in shop.read(lambda s: s.scalars(select(Alarm)).all())]
