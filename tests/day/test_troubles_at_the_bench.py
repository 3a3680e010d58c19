"""What goes wrong in a shop, one trouble at a time, over real wires: nothing is lost or doubled."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from simulators.caller import until
from simulators.hands import pen_strokes
from simulators.household import PACKER
from simulators.shop import paid_event
from station.db.models import Alarm, History, Parcel, PrintJob, ShopOrder, WaybillNumber, Weighing

SHIRT, OTHER_SHIRT = "SH-2210-WT-L", "SH-2210-BL-L"
BAG_GRAMS = 28


@pytest.fixture(scope="module")
def open_house(build_house: Callable[..., Any]) -> Any:
    """A house with goods and numbers, and no order yet."""
    return build_house(orders=0)


@pytest.fixture
def house(open_house: Any) -> Iterator[Any]:
    """The house with its packer at a free bench, every cable in, paper in, the lid shut."""
    if not open_house.hands.look().facts["packer"]:
        open_house.hands.scan(PACKER.code)
    yield open_house
    open_house.control.post("/mend")
    open_house.control.post("/printer/cover", {"open": False})
    open_house.control.post("/printer/paper", {"reload": True})
    open_house.control.post("/scale/clear")
    if open_house.hands.look().locked:
        open_house.hands.scan("PBCMD-OK")
    if open_house.hands.look().step != "idle":
        open_house.hands.scan("PBCMD-NEXT")
    open_house.printer_is("ready")


def jobs_of(house: Any, number: str) -> list[tuple[str, int, str]]:
    """State, copy and trouble of each print job of a waybill number."""
    query = select(PrintJob.state, PrintJob.copy, PrintJob.trouble).where(
        PrintJob.waybill_no == number, PrintJob.kind == "waybill"
    )
    return [tuple(row) for row in house.read(
        lambda session: session.execute(query.order_by(PrintJob.id)).all()
    )]


def number_of(house: Any, order: Any) -> str:
    """The number of the parcel that the order is in now."""
    query = select(Parcel.waybill_no).join(ShopOrder).where(ShopOrder.order_no == order.order_no)
    return str(house.read(lambda session: session.scalar(query)))


def kinds_of(house: Any, number: str) -> Counter[str]:
    """What the history holds of the parcel of this number."""
    def look(session: Any) -> Counter[str]:
        parcel = session.scalar(
            select(WaybillNumber.parcel_id).where(WaybillNumber.number == number)
        )
        kinds = select(History.kind).where(History.chain == f"parcel:{parcel}")
        return Counter(session.scalars(kinds))

    return house.read(look)


def whole_labels(house: Any, number: str) -> list[dict[str, Any]]:
    return [page for page in house.pages() if page["whole"] and number in page["codes"]]


def all_bytes_heard(house: Any) -> None:
    """Wait until a label's bytes have come to the printer and no more are coming."""
    heard = [0]

    def quiet() -> bool:
        heard.append(house.control.get("/state")["wires"]["printer"]["heard"])
        return len(heard) > 10 and heard[-1] == heard[-10]

    until(quiet, "the end of the bytes")


def fill(house: Any, *skus: str) -> Any:
    """Scan the pieces of the open parcel, take the bag and tick the list; the screen then."""
    barcodes = {item.sku: item.barcode for item in house.items}
    for sku in skus:
        house.hands.scan(barcodes[sku])
    screen = house.hands.wait_for("material")
    house.hands.scan(f"PBMAT-{screen.prompt['proposed']}")
    return house.hands.scan("PBCMD-DONE")


def grams_of(house: Any, *skus: str) -> int:
    weights = {item.sku: item.grams for item in house.items}
    return BAG_GRAMS + sum(weights[sku] for sku in skus)


def open_paid(house: Any, *lines: tuple[str, int]) -> tuple[Any, str]:
    """A paid order whose label was printed and scanned: the order and its number."""
    order = house.pays(*lines)
    house.tell_paid(order)
    page = house.label_of(order)
    screen = house.hands.scan_page(page["number"], page["codes"][0])
    while screen.verdict == "waybill.not_printed":  # faster than the printer's own word
        house.hands.scan("PBCMD-OK")
        screen = house.hands.scan_page(page["number"], page["codes"][0])
    assert screen.verdict == "waybill.opened"
    return order, str(page["codes"][0])


# --- The scanner ----------------------------------------------------------------------------------


@pytest.mark.pain("27")
def test_ten_scans_within_200_ms_are_all_answered_in_their_order(house: Any):
    codes = [f"690555000{number:04d}" for number in range(10)]
    before = house.hands.look().seq
    house.control.post("/scanner/burst", {"codes": codes, "within": 0.2})
    until(lambda: house.hands.look().seq >= before + 10, "ten answers")
    assert house.hands.look().seq == before + 10
    query = select(History.data).where(History.chain == "bench:1").order_by(History.seq)
    rows = house.read(lambda session: session.scalars(query).all())
    scanned = [json.loads(row)["code"] for row in rows]
    assert [code for code in scanned if code in codes] == codes


@pytest.mark.rule("D4")
def test_a_burst_fills_a_parcel_piece_by_piece(house: Any):
    sizes = ("M", "L", "XL", "XXL")
    skus = [f"SH-2210-{colour}-{size}" for colour in ("WT", "BL") for size in sizes]
    order, number = open_paid(house, *[(sku, 1) for sku in skus])
    barcodes = {item.sku: item.barcode for item in house.items}
    burst = [barcodes[sku] for sku in skus]
    house.control.post("/scanner/burst", {"codes": burst, "within": 0.2})
    house.hands.wait_for("material")
    assert kinds_of(house, number)["item"] == len(skus)
    assert number_of(house, order) == number


def test_the_same_code_twice_within_the_bounce_time_is_one_piece(house: Any):
    _, number = open_paid(house, (SHIRT, 2))
    barcode = next(item.barcode for item in house.items if item.sku == SHIRT)
    house.control.post("/scanner/fault", {"name": "bounce", "on": True})
    screen = house.hands.scan(barcode)
    assert [line["packed"] for line in screen.items] == [1]
    house.control.post("/scanner/fault", {"name": "bounce", "on": False})
    house.hands.scan(barcode)
    house.hands.wait_for("material")
    assert kinds_of(house, number)["item"] == 2


# --- The printer ----------------------------------------------------------------------------------


@pytest.mark.rule("D2")
@pytest.mark.pain("8")
def test_paper_that_ran_out_is_said_and_after_the_refill_the_label_prints_by_itself(house: Any):
    house.control.post("/printer/paper", {"mm": 0})
    house.printer_is("paper_out")
    order = house.pays((SHIRT, 1))
    house.tell_paid(order)
    number = number_of(house, order)
    assert [state for state, _, _ in jobs_of(house, number)] == ["waiting"]
    house.control.post("/printer/paper", {"reload": True})
    house.label_of(order)
    until(lambda: jobs_of(house, number)[0][0] == "confirmed", "the printer's word")
    assert len(whole_labels(house, number)) == 1


def test_an_open_lid_holds_the_label_back_and_nothing_prints_twice(house: Any):
    house.control.post("/printer/cover", {"open": True})
    house.printer_is("cover_open")
    order = house.pays((SHIRT, 1))
    house.tell_paid(order)
    house.control.post("/printer/cover", {"open": False})
    house.label_of(order)
    assert len(whole_labels(house, number_of(house, order))) == 1


@pytest.mark.pain("1")
def test_a_cable_pulled_in_mid_label_leaves_it_in_doubt_and_only_a_person_prints_it_again(
    house: Any,
):
    before = len(house.pages())
    house.control.post("/printer/vanish", {"after_bytes": 70_000})
    order, later = house.pays((SHIRT, 1)), house.pays((SHIRT, 1))
    house.tell_paid(order)
    house.printer_is("gone")
    number = number_of(house, order)
    until(lambda: jobs_of(house, number)[0][0] == "in_doubt", "the doubt")
    alarms = house.read(lambda session: session.scalars(select(Alarm.code)).all())
    assert "print_in_doubt" in alarms

    house.control.post("/faults", {"printer": None})
    house.tell_paid(later)
    house.label_of(later)  # other work goes on
    assert jobs_of(house, number)[0][0] == "in_doubt"
    assert whole_labels(house, number) == []

    torn = next(page for page in house.pages()[before:] if number in page["codes"])
    assert torn["torn"]
    assert house.hands.scan_page(torn["number"], number).verdict == "waybill.opened"
    house.hands.scan("PBCMD-REPRINT")
    house.hands.scan("PBWHY-TORN")
    until(lambda: whole_labels(house, number), "the second copy")
    until(lambda: jobs_of(house, number)[-1][0] == "confirmed", "its proof")
    assert [(state, copy) for state, copy, _ in jobs_of(house, number)] == [
        ("confirmed", 0), ("confirmed", 1)
    ]
    assert len(whole_labels(house, number)) == 1


def test_a_label_that_came_out_unseen_is_confirmed_by_scanning_it_and_not_printed_again(
    house: Any,
):
    for fault in ("lying_ready", "hot"):  # it takes all the bytes and waits with the printing
        house.control.post("/printer/fault", {"name": fault, "on": True})
    order = house.pays((SHIRT, 1))
    house.tell_paid(order)
    number = number_of(house, order)
    until(lambda: jobs_of(house, number)[0][0] == "sending", "the first byte")
    all_bytes_heard(house)
    house.control.post("/faults", {"printer": {"gone": True}})
    until(lambda: jobs_of(house, number)[0][0] == "in_doubt", "the doubt")
    for fault in ("lying_ready", "hot"):
        house.control.post("/printer/fault", {"name": fault, "on": False})
    (page,) = until(lambda: whole_labels(house, number), "the label that nobody saw")
    house.control.post("/faults", {"printer": None})

    assert house.hands.scan_page(page["number"], number).verdict == "waybill.opened"
    house.printer_is("ready")
    assert [(state, copy) for state, copy, _ in jobs_of(house, number)] == [("confirmed", 0)]
    assert len(whole_labels(house, number)) == 1


# --- The scale ------------------------------------------------------------------------------------


@pytest.mark.rule("D6")
@pytest.mark.fault("F1")
def test_a_scale_that_was_unplugged_gives_no_weight_and_an_old_one_is_not_taken(house: Any):
    _, number = open_paid(house, (SHIRT, 1))
    screen = fill(house, SHIRT)
    assert screen.step == "weigh"
    house.control.post("/scale/put", {"item": "half", "grams": 40})
    until(lambda: house.hands.look().verdict == "weight.off", "the weight of half a parcel")
    house.control.post("/faults", {"scale": {"gone": True}})
    house.control.post("/scale/clear")
    house.control.post("/scale/put", {"item": number, "grams": grams_of(house, SHIRT)})
    silent = ("weight.silent", "weight.stale")
    until(lambda: house.hands.look().weight in silent, "the silence")
    assert house.hands.scan("PBCMD-WEIGH").verdict in silent
    assert house.hands.look().facts["weight"]["grams"] is None
    assert kinds_of(house, number)["weighed"] == 0

    house.control.post("/faults", {"scale": None})
    house.hands.wait_for("sign")
    assert kinds_of(house, number)["weighed"] == 1
    house.hands.draw(pen_strokes(PACKER.name))
    house.hands.wait_for("idle")


@pytest.mark.rule("D6")
@pytest.mark.fault("F5")
def test_a_parcel_left_on_the_pan_is_not_the_weight_of_the_next_one(house: Any):
    _, first = open_paid(house, (SHIRT, 1))
    fill(house, SHIRT)
    house.hands.put(first, grams_of(house, SHIRT))
    house.hands.wait_for("sign")
    house.hands.draw(pen_strokes(PACKER.name))
    _, second = open_paid(house, (SHIRT, 1))
    fill(house, SHIRT)
    until(lambda: house.hands.look().weight == "weight.not_cleared", "the full pan to be noticed")
    assert house.hands.scan("PBCMD-WEIGH").verdict == "weight.not_cleared"
    assert kinds_of(house, second)["weighed"] == 0
    house.control.post("/scale/clear")
    house.hands.put(second, grams_of(house, SHIRT))
    house.hands.wait_for("sign")
    house.hands.draw(pen_strokes(PACKER.name))
    rows = house.read(lambda session: session.scalars(select(Weighing.scale)).all())
    assert set(rows) == {"1-scale"}


# --- The shop -------------------------------------------------------------------------------------


@pytest.mark.rule("D2")
def test_a_refund_that_comes_while_the_parcel_is_packed_stops_it_at_once(house: Any):
    order, number = open_paid(house, (SHIRT, 1), (OTHER_SHIRT, 1))
    barcodes = {item.sku: item.barcode for item in house.items}
    house.hands.scan(barcodes[SHIRT])
    house.tell_refunded(order)
    screen = house.hands.wait_for("apart")
    assert screen.verdict == "waybill.stopped"
    assert screen.locked
    assert house.hands.scan(barcodes[OTHER_SHIRT]).verdict == "bench.acknowledge_first"
    house.hands.scan("PBCMD-OK")
    assert house.hands.scan("PBCMD-OK").verdict == "parcel.apart"
    (page,) = whole_labels(house, number)
    assert house.hands.scan_page(page["number"], number).verdict == "waybill.void"
    assert kinds_of(house, number)["item"] == 1


@pytest.mark.rule("D2", "S12")
def test_an_order_told_ten_times_by_five_roads_is_one_label(house: Any):
    order = house.pays((SHIRT, 1))
    answers = [house.tell(paid_event(order, telling)) for telling in (1, 2, 3, 4, 5) * 2]
    assert [answer["outcome"] for answer in answers] == ["taken"] * 5 + ["known"] * 5
    house.label_of(order)
    other = house.pays((SHIRT, 1))
    house.tell_paid(other)
    house.label_of(other)
    number = number_of(house, order)
    assert len(whole_labels(house, number)) == 1
    assert [(state, copy) for state, copy, _ in jobs_of(house, number)] == [("confirmed", 0)]


@pytest.mark.rule("S10")
def test_a_second_order_to_one_address_makes_the_first_paper_void_and_one_parcel_of_both(
    house: Any,
):
    first = house.pays((SHIRT, 1))
    house.tell_paid(first)
    old = house.label_of(first)
    until(lambda: jobs_of(house, old["codes"][0])[0][0] == "confirmed", "the first label's proof")
    second = house.pays((OTHER_SHIRT, 1), consignee=first.consignee)
    second = house.same_buyer(first, second)
    house.tell_paid(second)
    new = house.label_of(second)
    assert new["codes"] != old["codes"]
    assert number_of(house, first) == number_of(house, second) == new["codes"][0]
    assert house.hands.scan_page(old["number"], old["codes"][0]).verdict == "waybill.void"
    house.hands.scan("PBCMD-OK")
    screen = house.hands.scan_page(new["number"], new["codes"][0])
    assert screen.parcel["orders"] == 2
    assert screen.step == "note"
    house.hands.scan("PBCMD-OK")
    assert house.hands.wait_for("items").parcel["waybill_no"] == new["codes"][0]


# --- The power ------------------------------------------------------------------------------------


@pytest.mark.fault("F9")
@pytest.mark.pain("5")
def test_after_a_power_cut_the_half_sent_label_is_in_doubt_and_the_open_parcel_still_open(
    house: Any,
):
    _, number = open_paid(house, (SHIRT, 1), (OTHER_SHIRT, 1))
    barcodes = {item.sku: item.barcode for item in house.items}
    house.hands.scan(barcodes[SHIRT])
    house.control.post("/faults", {"printer": {"stall": True}})
    order = house.pays((SHIRT, 1))
    house.tell_paid(order)
    sent = number_of(house, order)
    until(lambda: jobs_of(house, sent)[0][0] == "sending", "the first byte")
    house.close(kill=True)
    house.control.post("/faults", {"printer": None})
    house.open()

    assert jobs_of(house, sent)[0][0] == "in_doubt"
    assert jobs_of(house, sent)[0][2] == "restart"
    screen = house.hands.wait_for("items")
    assert screen.parcel["waybill_no"] == number
    assert [line["packed"] for line in screen.items] == [1, 0]
    house.hands.scan(barcodes[OTHER_SHIRT])
    house.hands.wait_for("material")
    house.printer_is("ready")
    assert whole_labels(house, sent) == []
