"""What a person finds at a glance: the parcel of a number's end, the roll that is nearly empty."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.interfaces import DeviceState, Health
from station.domain.orders import Consignee
from station.services import intake

ELSEWHERE = Consignee("王五", "13900000202", "浙江省", "杭州市", "西湖区", "某路2号", "310000")


@pytest.mark.parametrize("role", ["packer", "service"])
def test_the_end_of_a_number_leads_to_the_one_parcel_in_the_shop(
    open_shop: Any, browser_of: Any, role: str
) -> None:
    first = open_shop.printed("A1", "JN8801-黑色-32")
    gone = open_shop.seal("B1", "TS1103-白色-M")
    open_shop.hand_over(gone)
    find = lambda end: browser_of(role).get(f"/orders/find?number={end}").location  # noqa: E731
    assert find(first[-5:]) == find(f" {first[-5:].lower()} ") == f"/parcels/{first}"
    assert find(gone[-5:]) == f"/parcels/{gone[-5:]}"  # left the shop: the stubs find it
    assert find(first[-3:]) == f"/parcels/{first[-3:]}"  # too short to mean anything
    assert find("A1") == "/parcels/A1"
    assert find("%25%25%25%25") == "/parcels/%25%25%25%25"
    now = open_shop.clock.now
    open_shop.add(intake.Parcel(
        carrier="YTO", state="signed", waybill_no=f"YT{first[-5:]}", merge_key="m", name="王五",
        phone="13900000202", province="浙江省", city="杭州市", district="西湖区", street="某路2号",
        paid_at=now, deadline=now, created_at=now))
    assert find(first[-5:]) == f"/parcels/{first[-5:]}"  # two end so: nobody guesses


def test_low_paper_is_loud_between_parcels_only(open_shop: Any, browser: Any) -> None:
    bench = open_shop.station.benches["1"]
    bench.post(Health("1-printer", "printer", DeviceState.READY, "tcp", "paper_low"))
    bench.scan("PBCMD-HELP")  # answered behind what was posted
    assert "▲ 打印机：纸快完了" in browser.text("/bench/1")
    page = browser.scan(open_shop.printed("A1", "JN8801-黑色-32"))
    assert "▲ 打印机：纸快完了" not in page  # the piece to fetch needs the room
    assert "纸快完了" in page
