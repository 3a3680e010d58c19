"""A carrier that station.toml alone adds to the four, from the buyer's wish to the door (S9)."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from station import cli
from station import config as configuration
from station.carriers import CARRIERS, add_further, number_doubts
from station.config import ConfigError, OtherCarrier
from station.domain.vocabulary import FURTHER, CarrierCode, name_further
from station.domain.wishes import carrier_wish
from station.services import couriers, handover
from station.services.rules import Rules
from web import words

ADDED = """
[carriers]
default = "ZTO"
[[carriers.other]]
code = "ZTO"
name = "中通快递"
names = ["中通", "zhongtong"]
hotline = "95311"
prices = "STO"
numbers = ["7#############", "ZT?#########"]
unreachable = ["西藏"]
lost_days = 8
"""
NUMBERS = [f"7531234567890{n}" for n in range(6)]
ZHONGTONG = OtherCarrier(code="ZTO", name="中通快递", names=("中通", "zhongtong"))

pytestmark = pytest.mark.rule("S9")


@pytest.fixture
def settings(settings: configuration.Config, tmp_path: Path) -> Iterator[configuration.Config]:
    text = f'[station]\ndatabase = "{settings.station.database}"\n[[bench]]\nname = "1"\n{ADDED}'
    yield configuration.parse(text, tmp_path)
    add_further(())


@pytest.fixture
def zhongtong() -> Iterator[CarrierCode]:
    add_further([ZHONGTONG])
    yield CarrierCode("ZTO")
    add_further(())


@pytest.fixture
def stocked(shop: Any, browser: Any) -> Any:
    """A shop whose pool came as a list that calls the carrier 中通."""
    rows = "\n".join(("承运商,单号", *(f"中通,{number}" for number in NUMBERS)))
    shop.stock_goods("TS1103-白色-M", weight_g=180)
    sent = {"token": browser.token(), "files": [(io.BytesIO(rows.encode()), "单号.csv")]}
    answer = browser.client.post("/import", data=sent, headers=browser.headers())
    assert answer.status_code == 200
    return shop


def rules_of(shop: Any) -> Rules:
    found: Rules = shop.station.rules
    return found


def test_a_paid_order_goes_out_with_the_added_carrier(stocked: Any, browser: Any) -> None:
    number = stocked.printed("A1", "TS1103-白色-M")
    assert number == NUMBERS[0]
    assert "中通快递" in browser.text(f"/parcels/{number}")
    assert rules_of(stocked).claim_terms["ZTO"].lost_days == 8
    assert rules_of(stocked).default_carrier is CarrierCode("ZTO")


def test_his_courier_takes_his_pile_at_the_door(stocked: Any, browser: Any) -> None:
    number = stocked.seal("A1", "TS1103-白色-M", grams=200)
    pile = stocked.write(handover.open_session, CarrierCode("ZTO"), who="老周")
    stocked.write(handover.scan, pile.id, number, who="老周")
    page = browser.text(f"/handover/{pile.id}")
    assert "中通快递交接" in page
    assert number in page


@pytest.mark.parametrize(("page", "said"), [
    ("/couriers", "95311"), ("/tariffs", "/tariffs/edit/ZTO"), ("/tariffs/edit/ZTO", "中通快递"),
    ("/bills", '<option value="ZTO">中通快递'), ("/handover", "中通快递"),
])
def test_the_pages_know_him_like_the_four(shop: Any, browser: Any, page: str, said: str) -> None:
    assert said in browser.text(page)


def test_the_described_interface_takes_his_code(shop: Any, browser: Any) -> None:
    schemas = browser.get("/api/openapi.json").json["components"]["schemas"]
    assert "ZTO" in schemas["Tracking"]["properties"]["carrier"]["enum"]


def test_where_he_does_not_go_another_takes_the_parcel(shop: Any) -> None:
    reach = rules_of(shop).reach[CarrierCode("ZTO")]
    assert not reach.reaches(shop.order("A1").consignee.__class__(
        "陈", "13900000101", "西藏自治区", "拉萨市", "城关区", "路1号", ""))


@pytest.mark.parametrize(("text", "wanted"), [
    ("请发中通", "ZTO"), ("发ZTO，谢谢", "ZTO"), ("发 zhongtong", "ZTO"), ("发中通快递", "ZTO"),
    ("不要中通", None), ("发韵达", None), ("AZTOB", None), ("申通", "STO"),
])
def test_a_buyer_asks_for_him_by_any_of_his_names(
    zhongtong: CarrierCode, text: str, wanted: str | None
) -> None:
    assert carrier_wish(text).carrier == wanted


def test_who_is_not_added_stays_a_stranger_whom_somebody_must_read_about() -> None:
    assert carrier_wish("请发中通").unsupported == ("中通",)


def test_his_bill_is_known_by_its_title(zhongtong: CarrierCode) -> None:
    from station.bills.layouts import carrier_in, stranger_in  # noqa: PLC0415

    for title in ("中通10月对账单", "ZTO 2026-10", "中通快递有限公司"):
        assert (carrier_in(title), stranger_in(title)) == ("ZTO", "")
    assert stranger_in("韵达对账单") == "韵达"
    assert carrier_in("中通和申通") == "", "two are named"
    add_further(())
    assert (carrier_in("中通10月"), stranger_in("中通10月")) == ("", "中通")


def test_a_number_of_another_shape_is_doubted_and_taken(shop: Any) -> None:
    zhongtong = CarrierCode("ZTO")
    assert number_doubts(zhongtong, "75312345678901") is None
    assert number_doubts(zhongtong, "ZTA123456789") is None
    assert number_doubts(zhongtong, "7531234567890X") == "unusual"
    assert number_doubts(zhongtong, ".#?") == "unusual"


def test_without_shapes_no_number_is_doubted(zhongtong: CarrierCode) -> None:
    assert number_doubts(zhongtong, "whatever") is None


def test_a_child_process_learns_of_him_before_its_prices(zhongtong: CarrierCode) -> None:
    told = pickle.dumps({str(code): one for code, one in FURTHER.items()})
    stream = io.BytesIO(told + pickle.dumps(zhongtong))
    add_further(())
    with pytest.raises(ValueError, match="ZTO"):
        CarrierCode("ZTO")
    name_further(pickle.load(stream))  # noqa: S301 - written above
    assert pickle.load(stream) is CarrierCode("ZTO") == zhongtong  # noqa: S301 - the same


def test_settings_without_him_know_the_four_again(zhongtong: CarrierCode) -> None:
    assert words.say("carrier.ZTO").zh == "中通快递"
    assert words.say("carrier.ZTO").en == "ZTO"
    add_further(())
    assert list(CarrierCode) == list(CARRIERS) == ["STO", "YTO", "EMS", "SF"]
    assert not words.known("carrier.ZTO")


def test_a_carrier_with_parcels_cannot_be_left_out_of_the_settings(stocked: Any) -> None:
    assert stocked.read(couriers.strangers) == ()
    add_further(())
    left = stocked.read(couriers.strangers)
    assert left == ("ZTO",)
    with pytest.raises(ConfigError, match="ZTO is missing"):
        cli.refuse_strangers(left)


@pytest.mark.parametrize(("text", "where"), [
    ('[[carriers.other]]\ncode = "zto"\nname = "中通"', "carriers.other[1].code"),
    ('[[carriers.other]]\ncode = "ZTOEXPRESS"\nname = "中通"', "carriers.other[1].code"),
    ('[[carriers.other]]\ncode = "SF"\nname = "顺丰"', "carriers.other[1].code"),
    ('[[carriers.other]]\ncode = "JD"\nname = "京东"\n' * 2, "carriers.other[2].code"),
    ('[[carriers.other]]\ncode = "JD"', "carriers.other[1].name"),
    ('[[carriers.other]]\ncode = "JD"\nname = "京东"\nprices = "SF"', "carriers.other[1].prices"),
    ('[carriers]\ndefault = "JD"', "carriers.default"),
])
def test_a_wrong_block_is_told_by_its_key(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(ConfigError) as told:
        configuration.parse(text, tmp_path)
    assert told.value.where.startswith(where)
