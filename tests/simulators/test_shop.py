"""The shop: goods, buyers, orders, the signed stream of events, and what is told back."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from datetime import datetime, timedelta

import pytest
import standardwebhooks

from simulators.buyers import PLACES, consignee
from simulators.catalogue import (
    CARRIERS,
    GOODS_COLUMNS,
    catalogue,
    goods_csv,
    numbers_csv,
    waybill_numbers,
)
from simulators.scanner import ean13_check
from simulators.shop import (
    SHANGHAI,
    Platform,
    key_of,
    make_orders,
    paid_event,
    refund_event,
    signed_headers,
)

PAID = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="module")
def goods():
    return catalogue()


@pytest.fixture(scope="module")
def orders(goods):
    return make_orders(goods, 200, PAID, seed=5)


# --- goods and numbers ---------------------------------------------------------------------------


def test_every_sku_and_barcode_is_unique_and_every_ean_is_right(goods):
    assert len({item.sku for item in goods}) == len(goods) > 80
    assert len({item.barcode for item in goods}) == len(goods)
    assert all(len(i.barcode) == 13 and ean13_check(i.barcode) == i.barcode[-1] for i in goods)


def test_jeans_are_measured_and_nothing_else_is(goods):
    assert {item.category for item in goods if item.measured} == {"牛仔裤"}
    assert all(item.measured for item in goods if item.category == "牛仔裤")


def test_a_larger_size_weighs_more(goods):
    jeans = [i for i in goods if i.item_no == "JN-8801" and i.colour == "黑色"]
    assert [i.grams for i in jeans] == sorted({i.grams for i in jeans})


def test_the_same_seed_gives_the_same_goods():
    assert catalogue(seed=3) == catalogue(seed=3)
    assert catalogue(seed=3) != catalogue(seed=4)


def test_the_goods_file_is_read_back_by_its_header(goods):
    text = goods_csv(goods).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == GOODS_COLUMNS
    assert len(rows) == len(goods)
    first = goods[0]
    assert (rows[0]["商家编码"], rows[0]["重量克"], rows[0]["量腰围"]) == (
        first.sku, str(first.grams), "是",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("carrier", "shape"),
    [("STO", r"77\d{13}"), ("YTO", r"YT\d{13}"), ("SF", r"SF\d{13}"), ("EMS", r"(98|11)\d{11}")],
)
@pytest.mark.parametrize("seed", range(5))
def test_waybill_numbers_have_their_carriers_shape_and_run_on(carrier, shape, seed):
    numbers = waybill_numbers(carrier, 300, seed=seed)
    assert all(re.fullmatch(shape, number) for number in numbers)
    assert len(set(numbers)) == 300
    assert int(numbers[-1][2:]) - int(numbers[0][2:]) == 299


def test_the_number_file_names_the_carrier_in_each_row():
    rows = list(csv.reader(io.StringIO(numbers_csv("YTO", 3).decode("utf-8-sig"))))
    assert rows[0] == ["承运商", "单号"]
    assert [row[0] for row in rows[1:]] == ["YTO"] * 3


def test_an_unknown_carrier_is_refused():
    with pytest.raises(ValueError, match="no carrier 'DHL'; known are STO, YTO, EMS, SF"):
        waybill_numbers("DHL", 1)
    assert set(CARRIERS) == {"STO", "YTO", "EMS", "SF"}


# --- buyers and orders ---------------------------------------------------------------------------


def test_buyers_live_in_every_province(orders):
    assert {order.consignee.province for order in orders} == {place[0] for place in PLACES}
    assert len(PLACES) == 31


def test_some_names_are_rare_and_some_addresses_very_long(orders):
    import random  # noqa: PLC0415 - only here

    people = [consignee(n, random.Random(n)) for n in range(500)]
    assert any(ord(letter) > 0xFFFF for person in people for letter in person.name)
    assert max(len(person.street) for person in people) > 70
    assert any(person.company for person in people)
    assert all(re.fullmatch(r"1390000\d{4}", person.phone) for person in people)


def test_order_numbers_are_nineteen_digits_and_unique(orders):
    numbers = [order.order_no for order in orders]
    assert len(set(numbers)) == 200
    assert all(re.fullmatch(r"2450\d{15}", number) for number in numbers)


def test_orders_come_one_after_another_in_time(orders):
    times = [order.paid_at for order in orders]
    assert times == sorted(times)
    assert times[0] == PAID
    assert all(moment.tzinfo is not None for moment in times)


def test_a_single_line_bears_the_orders_number_and_several_do_not(orders):
    for order in orders:
        numbers = [line.line_no for line in order.lines]
        assert len(set(numbers)) == len(numbers)
        assert (numbers == [order.order_no]) == (len(numbers) == 1)


def test_some_buyers_buy_again_to_the_same_address(orders):
    again = [b for b, count in Counter(order.buyer for order in orders).items() if count > 1]
    assert again
    for buyer in again:
        assert len({order.consignee for order in orders if order.buyer == buyer}) == 1


def test_weight_and_price_add_up(orders):
    order = max(orders, key=lambda candidate: len(candidate.lines))
    assert order.grams == sum(line.item.grams * line.quantity for line in order.lines)
    assert order.total_fen == sum(line.item.price_fen * line.quantity for line in order.lines)


def test_the_paid_body_has_the_agreed_shape(orders):
    body = json.loads(paid_event(orders[0]).body)
    assert set(body) == {
        "platform", "order_no", "buyer", "paid_at", "consignee", "lines", "buyer_message",
        "seller_memo", "flag", "shipping_wish",
    }  # fmt: skip
    assert set(body["consignee"]) == {
        "name", "phone", "province", "city", "district", "street", "postcode", "company",
    }  # fmt: skip
    assert set(body["lines"][0]) == {
        "line_no", "sku", "item_no", "title", "color", "size", "quantity", "price_fen",
    }  # fmt: skip
    assert body["paid_at"] == "2026-11-23T10:00:00+08:00"
    assert isinstance(body["order_no"], str)


# --- the signature -------------------------------------------------------------------------------


def test_the_signature_is_accepted_by_the_reference_library(orders, monkeypatch):
    event = paid_event(orders[0])
    headers = signed_headers(event, SECRET, int(PAID.timestamp()))
    frozen = PAID + timedelta(seconds=60)

    class Frozen(datetime):
        @classmethod
        def now(cls, tz=None):
            return frozen.astimezone(tz)

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Frozen)
    verified = standardwebhooks.Webhook(SECRET).verify(event.body, headers)
    assert verified["order_no"] == orders[0].order_no
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRET).verify(event.body + b" ", headers)


def test_a_known_signature_comes_out_exactly():
    from simulators.shop import Event  # noqa: PLC0415 - only here

    event = Event("msg_p5jXN8AQM9LWM0D4loKWxJek", "/x", b'{"test": 2432232314}')
    headers = signed_headers(event, SECRET, 1614265330)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["", "secret", "key_AAAA", "whsec_!!!"])
def test_a_secret_that_is_none_is_refused(secret):
    with pytest.raises(ValueError, match=r"whsec_|base64|[Nn]on-base64"):
        key_of(secret)


# --- how orders are told -------------------------------------------------------------------------


def test_a_refund_names_its_line_or_the_whole_order(orders):
    whole = json.loads(refund_event(orders[0], "cancelled", PAID).body)
    assert whole == {
        "platform": "taobao", "order_no": orders[0].order_no, "line_no": None,
        "kind": "cancelled", "at": "2026-11-23T10:00:00+08:00",
    }  # fmt: skip
    line = refund_event(orders[0], "refunded", PAID, orders[0].lines[0].line_no)
    assert json.loads(line.body)["line_no"] == orders[0].lines[0].line_no
    assert line.path == "/api/v1/orders/refunded"


# --- what the station tells the platform ---------------------------------------------------------


def shipped(order_no: str = "1", number: str = "773", key: str = "k1") -> dict[str, object]:
    return {
        "order_no": order_no, "carrier": "STO", "waybill_no": number, "idempotency_key": key,
    }  # fmt: skip


def test_a_shipped_call_is_taken_once():
    platform = Platform()
    assert platform.take_shipped(shipped()) == (200, {"ok": True, "order_no": "1"})
    assert platform.state() == {"shipped": 1, "calls": 1, "duplicates": 0, "contradictions": []}


def test_a_repeat_under_the_same_key_is_no_duplicate():
    platform = Platform()
    platform.take_shipped(shipped())
    assert platform.take_shipped(shipped())[0] == 200
    assert (platform.duplicates, platform.calls["1"]) == (0, 2)


def test_a_second_key_for_the_same_order_is_a_duplicate_and_another_number_contradicts():
    platform = Platform()
    platform.take_shipped(shipped())
    platform.take_shipped(shipped(key="k2"))
    assert (platform.duplicates, platform.contradictions) == (1, [])
    platform.take_shipped(shipped(key="k3", number="774"))
    assert (platform.duplicates, platform.contradictions) == (2, ["1"])
    assert platform.shipped["1"]["waybill_no"] == "773"


@pytest.mark.parametrize("missing", ["order_no", "carrier", "waybill_no", "idempotency_key"])
def test_an_incomplete_call_is_refused(missing):
    body = {name: value for name, value in shipped().items() if name != missing}
    status, answer = Platform().take_shipped(body)
    assert status == 422
    assert missing in str(answer["error"])


def test_a_busy_platform_answers_500_and_takes_nothing():
    platform = Platform(errors=1.0)
    assert platform.take_shipped(shipped())[0] == 500
    assert platform.shipped == {}
    assert platform.calls["1"] == 1


def test_a_lost_answer_was_taken_all_the_same():
    platform = Platform(lost_answers=1.0)
    assert platform.take_shipped(shipped()) == (0, {})
    assert "1" in platform.shipped
    platform.lost_answers = 0.0
    assert platform.take_shipped(shipped())[0] == 200
    assert platform.duplicates == 0


def memo(words: str = "退货登记", flag: object = 5) -> dict[str, object]:
    return {"order_no": "1", "memo": words, "flag": flag, "idempotency_key": "m1"}


def test_a_note_replaces_the_note_and_the_flag_that_stood_there():
    platform = Platform()
    assert platform.take_memo(memo())[0] == 200
    platform.take_memo(memo("退货登记\n补发 申通 773", 4))
    assert platform.memos == {"1": {"memo": "退货登记\n补发 申通 773", "flag": 4}}


@pytest.mark.parametrize("body", [
    memo("长" * 334), memo(flag=6), memo(flag=None), {**memo(), "memo": None},
    {**memo(), "order_no": ""}, {**memo(), "idempotency_key": ""}])
def test_a_note_that_the_platform_would_not_keep_is_refused(body):
    platform = Platform()
    assert platform.take_memo(body)[0] == 422
    assert platform.memos == {}


def test_a_busy_platform_takes_no_note_and_a_lost_answer_does():
    assert Platform(errors=1.0).take_memo(memo())[0] == 500
    platform = Platform(lost_answers=1.0)
    assert platform.take_memo(memo()) == (0, {})
    assert "1" in platform.memos
