"""What the robot, the keeper and the shop decide by themselves, before any station is asked."""

from __future__ import annotations

import tomllib
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators import household
from simulators.caller import Caller, Refused, until
from simulators.catalogue import Item, catalogue
from simulators.courier import Mistake, Slip, Tariff
from simulators.day import Trouble, news_of, told_orders
from simulators.hands import Screen, pen_strokes
from simulators.keeper import differs
from simulators.robot import Diary, Trick, is_wrong
from station.domain.commands import BADGE_PREFIX
from station.domain.handover import Tolerance, compare
from station.domain.regions import Region
from station.domain.tariff_table import load_tariffs
from station.domain.tariffs import charge, tariff_for
from station.domain.vocabulary import CarrierCode
from station.orders.people_and_packaging import read_couriers, read_packaging, read_staff

PLACE = Region("浙江省", "台州市", "温岭市")
TARIFFS = load_tariffs(tomllib.loads(household.tariffs_toml().decode()))
DAY = TARIFFS[0].valid_from.replace(year=2026)
GRAMS = st.integers(1, 12_000)


def screen(*lines: tuple[str, str, str, str], **facts: Any) -> Screen:
    """A screen that asks for these lines: SKU, item number, colour, size."""
    items = [
        {"sku": sku, "item_no": item_no, "color": color, "size": size}
        for sku, item_no, color, size in lines
    ]
    return Screen({"parcel": {"items": items}, "verdict": None, **facts})


def line_of(item: Item) -> tuple[str, str, str, str]:
    return item.sku, item.item_no, item.colour, item.size


# --- Waiting and asking ---------------------------------------------------------------------------


def test_waiting_returns_what_was_seen_at_last():
    seen = iter([None, 0, "", "there"])
    assert until(lambda: next(seen), "it") == "there"


def test_waiting_in_vain_says_for_what():
    with pytest.raises(TimeoutError, match="in vain for the courier"):
        until(lambda: None, "the courier", 0.0)


class _Door(BaseHTTPRequestHandler):
    """Answers with what it was told, or with an error at /no."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/json"
        assert "Origin" not in self.headers
        self.send_response(409 if self.path == "/no" else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's own name
        pass


def test_an_error_is_raised_with_its_status_and_a_good_answer_is_read():
    with HTTPServer(("127.0.0.1", 0), _Door) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        caller = Caller(f"http://127.0.0.1:{server.server_port}/")
        try:
            assert caller.post("/yes", {"code": "690"}) == {"code": "690"}
            with pytest.raises(Refused, match="/no") as refused:
                caller.post("/no", {"code": "690"})
        finally:
            server.shutdown()
            thread.join()
    assert refused.value.status == 409


# --- Mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("trick", "same_item", "same_colour", "same_size"), [
    (Trick.WRONG_COLOUR, True, False, True),
    (Trick.WRONG_SIZE, True, True, False),
])
def test_a_planted_mistake_is_wrong_in_just_the_way_it_says(
    trick: Trick, same_item: bool, same_colour: bool, same_size: bool
):
    items = catalogue(seed=1)
    for wanted in items:
        shown = screen(line_of(wanted))
        for other in (item for item in items if is_wrong(item, {wanted.sku}, trick, shown)):
            assert (other.item_no == wanted.item_no) is same_item
            assert (other.colour == wanted.colour) is same_colour
            assert (other.size == wanted.size) is same_size


def test_a_wrong_item_is_of_no_article_that_is_wanted():
    items = catalogue(seed=1)
    shown = screen(line_of(items[0]), line_of(items[-1]))
    wanted = {items[0].sku, items[-1].sku}
    wrong = [item for item in items if is_wrong(item, wanted, Trick.WRONG_ITEM, shown)]
    assert wrong
    assert not {item.item_no for item in wrong} & {items[0].item_no, items[-1].item_no}


def test_what_is_wanted_is_never_a_mistake():
    items = catalogue(seed=1)
    shown = screen(line_of(items[0]))
    for trick in (Trick.WRONG_ITEM, Trick.WRONG_COLOUR, Trick.WRONG_SIZE):
        assert not is_wrong(items[0], {items[0].sku}, trick, shown)


def test_a_mistake_with_another_answer_is_a_surprise():
    diary = Diary()
    diary.note(Trick.WRONG_SIZE, "item.wrong_size")
    diary.note(Trick.WRONG_SIZE, "item.right")
    diary.note(Trick.UNKNOWN, "")
    assert diary.planted == {Trick.WRONG_SIZE: 2, Trick.UNKNOWN: 1}
    assert diary.caught == {Trick.WRONG_SIZE: 1}
    assert diary.surprises == [
        "wrong_size: item.right instead of item.wrong_size",
        "unknown: nothing instead of item.unknown",
    ]


def test_a_screen_without_a_parcel_says_so():
    empty = Screen({"parcel": None, "verdict": None})
    assert (empty.verdict, empty.seq) == ("", -1)
    with pytest.raises(ValueError, match="no parcel"):
        _ = empty.items


@given(st.text(max_size=20))
def test_every_signature_lies_in_its_box_and_is_more_than_a_dot(name: str):
    strokes = pen_strokes(name)
    assert all(0 <= value <= 1000 for stroke in strokes for point in stroke for value in point)
    assert sum(len(stroke) for stroke in strokes) >= 10


# --- The courier's slips --------------------------------------------------------------------------


@given(GRAMS, st.sampled_from(list(CarrierCode)))
def test_station_and_courier_read_the_same_price_out_of_the_tariff(
    grams: int, carrier: CarrierCode
):
    tariff = tariff_for(TARIFFS, carrier, DAY)
    assert tariff is not None
    assert charge(tariff, PLACE, grams).fen == household.TARIFFS[carrier].price(grams)


@pytest.mark.rule("D6")
@given(GRAMS, GRAMS, st.integers(-300, 300), st.sampled_from(list(CarrierCode)))
def test_station_and_keeper_agree_on_every_slip(
    ours: int, theirs: int, fen: int, carrier: CarrierCode
):
    tariff = household.TARIFFS[carrier]
    price = max(0, tariff.price(theirs) + fen * (fen % 2))
    slip = Slip("7700", theirs, price, ours, tariff.price(ours), Mistake.NONE)
    found = compare(
        ours, theirs, price, carrier=carrier, destination=PLACE, tariffs=TARIFFS,
        tolerance=Tolerance(), day=DAY,
    )
    assert (found.finding is not None) is differs(slip, ours, tariff)


def test_a_slip_within_the_tolerance_of_one_step_does_not_differ():
    slip = Slip("7700", 840, 500, 800, 500, Mistake.NONE)
    assert not differs(slip, 800, Tariff(1000, 500, 1000, 150))
    assert differs(slip, 780, Tariff(1000, 500, 1000, 150))


# --- The household's files ------------------------------------------------------------------------


def test_the_station_reads_staff_couriers_and_packaging_whole():
    staff = read_staff("staff.csv", household.staff_csv())
    couriers = read_couriers("couriers.csv", household.couriers_csv())
    packaging = read_packaging("packaging.csv", household.packaging_csv())
    for reading in (staff, couriers, packaging):
        assert reading.review == reading.warnings == ()
    assert [row.name for row in staff.rows] == [one.name for one in household.STAFF]
    assert {row.code: row.weight_g for row in packaging.rows} == household.GRAMS_OF
    assert {str(row.carrier) for row in couriers.rows} == set(household.COURIERS)


def test_a_badge_is_scanned_with_the_prefix_of_badges_and_pins_repeat_no_digit_at_once():
    for worker in household.STAFF:
        assert worker.code == BADGE_PREFIX + worker.badge
        assert all(a != b for a, b in zip(worker.pin, worker.pin[1:], strict=False))


# --- The shop's news ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_told_orders_are_of_different_buyers_and_the_first_names_a_waist(seed: int):
    orders = told_orders(catalogue(seed=seed), 12, seed)
    assert len({order.buyer for order in orders}) == len({o.order_no for o in orders}) == 12
    assert orders[0].lines[0].item.measured
    assert "腰围" in orders[0].buyer_message
    assert all(line.quantity > line.item.stock for line in orders[1].lines)


def test_every_third_order_is_told_three_times_with_two_ids():
    orders = told_orders(catalogue(), 9, 0)
    for place, news in enumerate(news_of(orders, set(), (), seed=0)):
        ids = Counter(message.webhook_id for message in news.messages)
        assert sorted(ids.values()) == ([1, 2] if place % 3 == 0 else [1])
        assert {message.path for message in news.messages} == {"/api/v1/orders/paid"}


def test_a_cancelled_order_is_told_as_cancelled_first():
    orders = told_orders(catalogue(), 4, 0)
    gone = orders[2].order_no
    paths = [message.path for message in news_of(orders, {gone}, (), seed=0)[2].messages]
    assert paths == ["/api/v1/orders/refunded", "/api/v1/orders/paid"]


def test_each_trouble_comes_once_with_an_order_that_prints():
    orders = told_orders(catalogue(), 12, 0)
    news = news_of(orders, {orders[2].order_no}, tuple(Trouble), seed=0)
    assert [one.trouble for one in news if one.trouble] == list(Trouble)
    assert all(one.trouble is None for one in news[:3])
