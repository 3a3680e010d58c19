"""Customer service changes a parcel on one page, in its own name and with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from station.db.models import History, Hold, Parcel

ELSEWHERE = {"name": "陈某", "phone": "13900000102", "province": "江苏省", "city": "苏州市",
             "district": "吴中区", "street": "东吴路9号", "reason": "买家改了"}


@pytest.fixture
def service(browser_of: Callable[[str], Any]) -> Any:
    return browser_of("service")


def parcel(shop: Any, parcel_id: int) -> Parcel:
    return shop.read(lambda session: session.get(Parcel, parcel_id))


def whose(shop: Any, parcel_id: int, kind: str) -> list[str]:
    return shop.read(lambda s: list(s.scalars(select(History.who).where(
        History.chain == f"parcel:{parcel_id}", History.kind == kind))))


@pytest.mark.rule("S11")
def test_a_new_address_after_printing_voids_the_paper_and_prints_anew(
    open_shop: Any, service: Any
):
    old = open_shop.printed("A1", "JN8801-黑色-32")
    key = open_shop.parcel_id(old)
    answer = service.form(f"/changes/{key}/address", **ELSEWHERE)
    assert answer.status_code == 303
    now = parcel(open_shop, key)
    assert (now.name, now.city) == ("陈某", "苏州市")
    assert now.waybill_no != old
    assert whose(open_shop, key, "address_changed") == ["某service"]
    assert open_shop.print_next() == now.waybill_no


@pytest.mark.rule("S11")
@pytest.mark.parametrize("missing", ["name", "phone", "province", "city", "street", "reason"])
def test_half_an_address_changes_nothing(open_shop: Any, service: Any, missing: str):
    key = open_shop.parcel_id(open_shop.printed("A1", "JN8801-黑色-32"))
    answer = service.form(f"/changes/{key}/address", **{**ELSEWHERE, missing: " "})
    assert answer.status_code == 400
    assert parcel(open_shop, key).city == "台州市"


@pytest.mark.rule("S9")
def test_the_carrier_is_changed_by_hand(open_shop: Any, service: Any):
    key = open_shop.pay("A1", "JN8801-黑色-32").parcel_id
    assert service.form(f"/changes/{key}/carrier", carrier="SF", reason="急").status_code == 303
    assert parcel(open_shop, key).carrier == "SF"
    assert service.form(f"/changes/{key}/carrier", carrier="DHL", reason="急").status_code == 400


@pytest.mark.rule("S10")
def test_one_of_two_orders_goes_alone(open_shop: Any, service: Any):
    first = open_shop.pay("A1", "JN8801-黑色-32", buyer="tb_x")
    open_shop.pay("A2", "TS1103-白色-M", buyer="tb_x")
    key = first.parcel_id
    page = service.text(f"/changes/{key}")
    assert "拆单" in page
    orders = [order.id for order in open_shop.read(
        lambda s: list(s.get(Parcel, key).orders))]
    answer = service.form(f"/changes/{key}/split", order=orders[1])
    assert answer.status_code == 303
    assert "拆单" not in service.text(f"/changes/{key}")
    assert answer.location != f"/changes/{key}"
    assert service.form(f"/changes/{key}/split", order=orders[1]).status_code == 409
    assert service.form(f"/changes/{key}/split").status_code == 400


@pytest.mark.rule("S20")
def test_a_hold_by_hand_says_who_and_why(open_shop: Any, service: Any):
    key = open_shop.parcel_id(open_shop.printed("A1", "JN8801-黑色-32"))
    assert service.form(f"/changes/{key}/hold", reason="").status_code == 400
    assert service.form(f"/changes/{key}/hold", reason="等买家").status_code == 303
    held = open_shop.read(lambda s: s.scalars(select(Hold).where(Hold.parcel_id == key)).one())
    assert (held.by, held.facts) == ("某service", {"reason": "等买家"})


def test_what_left_can_only_be_called_back(open_shop: Any, service: Any):
    key = open_shop.parcel_id(open_shop.printed("A1", "JN8801-黑色-32"))

    def leave(session: Any, *, now: Any) -> None:
        session.get(Parcel, key).state = "handed_over"

    open_shop.write(leave)
    page = service.text(f"/changes/{key}")
    assert "不能再改" in page
    assert "改地址" not in page
    assert service.form(f"/changes/{key}/address", **ELSEWHERE).status_code == 409
    service.form(f"/changes/{key}/hold", reason="追回")
    assert parcel(open_shop, key).intercept == "by_hand"


def test_nobody_changes_what_is_not_there_or_without_the_right(
    open_shop: Any, service: Any, browser_of: Callable[[str], Any]
):
    key = open_shop.parcel_id(open_shop.printed("A1", "JN8801-黑色-32"))
    for path in ("/changes/999", ):
        assert service.get(path).status_code == 404
    assert service.form("/changes/999/hold", reason="x").status_code == 404
    packer = browser_of("packer")
    assert packer.get(f"/changes/{key}").status_code == 403
    assert packer.form(f"/changes/{key}/hold", reason="x").status_code == 403
