"""Before the van leaves and after it: who is named, who is called, what is signed again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from station.db.models import Alarm, Courier, CourierFigure, Packaging, PrintJob, Signature
from station.domain.couriers import Incident
from station.domain.orders import RefundKind
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import CarrierCode
from station.orders.package_weight import PackageWeight, parse_package_weight
from station.services import (
    consumables,
    corrections,
    courier_desk,
    couriers,
    events,
    handover,
    stubs,
    van,
)

if TYPE_CHECKING:
    from conftest import Shop

JEANS = "JN8801-黑色-32"
STROKES = [[[100, 100], [500, 400]]]


def begin(shop: Shop) -> int:
    return shop.write(
        lambda s, *, now: handover.open_session(s, CarrierCode.STO, who="仓管", now=now).id)


def scan(shop: Shop, key: int, number: str | None) -> Any:
    return shop.write(handover.scan, key, number, rules=shop.rules, who="仓管")


def figures(shop: Shop, key: int, parcel: Any, grams: int = 620, fen: int = 500) -> Any:
    return shop.write(handover.enter_figures, key, parcel.id, weight_g=grams, price_fen=fen,
                      rules=shop.rules, who="仓管")


def close(shop: Shop, key: int, **facts: Any) -> Any:
    given = {"courier": "王师傅", "courier_phone": "13700000001", "strokes": STROKES, **facts}
    return shop.write(handover.close, key, rules=shop.rules, who="仓管", **given)


def handed(shop: Shop, order_no: str = "2450000000000001201") -> tuple[int, Any]:
    """A closed hand-over of one parcel."""
    parcel = shop.seal(order_no, JEANS, grams=620)
    key = begin(shop)
    scan(shop, key, parcel.waybill_no)
    figures(shop, key, parcel)
    assert close(shop, key).state == "closed"
    return key, parcel


def facts_of(shop: Shop, code: str) -> dict[str, Any]:
    return shop.read(lambda s: dict(s.scalars(select(Alarm).where(Alarm.code == code)).one().facts))


# --- Before it leaves -----------------------------------------------------------------------------


@pytest.mark.rule("D6")
def test_everything_that_must_not_go_is_called_by_name(open_shop: Shop) -> None:
    sealed = [open_shop.seal(f"24500000000000012{n:02d}", JEANS, grams=620, buyer=f"b{n}")
              for n in range(10, 14)]
    stopped, unpriced, differs, missing = sealed
    unweighed = open_shop.pay("2450000000000001219", JEANS, buyer="u")
    open_shop.print_next()
    number = open_shop.parcel(unweighed.parcel_id).waybill_no
    key = begin(open_shop)
    for parcel in (stopped, unpriced, differs):
        scan(open_shop, key, parcel.waybill_no)
    figures(open_shop, key, differs, 1620, 600)
    open_shop.refund("2450000000000001210", RefundKind.REFUNDED)
    for stranger in ("773999999999999", number, stopped.waybill_no):
        scan(open_shop, key, stranger)
    row = open_shop.read(lambda s: [
        (one.code, one.count, one.numbers, one.blocks)
        for one in van.troubles(s, s.get(handover.Handover, key))])
    assert row == [
        ("stopped", 1, (stopped.waybill_no,), True),
        ("differs", 1, (differs.waybill_no,), True),
        ("unpriced", 1, (unpriced.waybill_no,), True),
        ("missing", 1, (missing.waybill_no,), True),
        ("surplus", 2, ("773999999999999", number), False),
        ("not_sealed", 1, (number,), False),
    ]


def test_what_was_refused_and_then_taken_is_no_surplus(open_shop: Shop) -> None:
    open_shop.receive_numbers(CarrierCode.SF)
    parcel = open_shop.pay("2450000000000001220", JEANS)
    open_shop.print_next()
    number = open_shop.parcel(parcel.parcel_id).waybill_no
    key = begin(open_shop)
    assert scan(open_shop, key, number).code == Code.HANDOVER_NOT_SEALED

    def seal(session: Any, *, now: Any) -> None:
        row = session.get(handover.Parcel, parcel.parcel_id)
        row.state, row.weight_g = "signed", 620

    open_shop.write(seal)
    scan(open_shop, key, number)
    codes = open_shop.read(lambda s: [
        one.code for one in van.troubles(s, s.get(handover.Handover, key))])
    assert codes == ["unpriced"]


def test_a_long_pile_shows_what_waits_for_a_hand_and_counts_all(sqlite_shop: Shop) -> None:
    shop = sqlite_shop
    parcels = [shop.seal(f"2450000000001{n:06d}", JEANS, grams=620, buyer=f"b{n}")
               for n in range(courier_desk.NEWEST + 6)]
    key = begin(shop)
    for parcel in parcels[:-2]:
        scan(shop, key, parcel.waybill_no)
        figures(shop, key, parcel)
    figures(shop, key, parcels[0], 1620, 600)
    shown = shop.read(courier_desk.desk, key, shop.rules, now=shop.now)
    assert (len(shown.lines), shown.whole, shown.waiting) == (courier_desk.NEWEST + 1, False, 2)
    assert (shown.count("agreed"), shown.count("differs")) == (len(parcels) - 3, 1)
    assert shown.expected == len(parcels)
    assert shown.line(None).parcel_id == parcels[0].id
    every = shop.read(courier_desk.desk, key, shop.rules, whole=True, now=shop.now)
    assert (len(every.lines), every.whole) == (len(parcels) - 2, True)
    asked = shop.read(
        courier_desk.desk, key, shop.rules, picked=parcels[1].id, now=shop.now)
    assert asked.line(parcels[1].id).parcel_id == parcels[1].id


@pytest.mark.rule("D6")
def test_a_size_that_costs_more_than_the_weight_is_charged_on_both_sides(open_shop: Shop) -> None:
    def sized(session: Any, *, now: Any) -> int:
        bag = Packaging(code="BOX", name="大箱", kind="box", length_mm=400, width_mm=300,
                        height_mm=150)
        session.add(bag)
        session.flush()
        return int(bag.id)

    box = open_shop.write(sized)
    parcel = open_shop.seal("2450000000000001230", JEANS, grams=620)

    def packed(session: Any, *, now: Any) -> None:
        session.get(handover.Parcel, parcel.id).packaging_id = box

    open_shop.write(packed)
    key = begin(open_shop)
    scan(open_shop, key, parcel.waybill_no)
    found = figures(open_shop, key, parcel, 640, 700)  # 18000 cm³ / 8000 = 2.25 kg: third step
    assert (found.finding, found.our_fen, found.volumetric) == (None, 700, True)
    line = open_shop.read(courier_desk.desk, key, open_shop.rules, now=open_shop.now).lines[0]
    assert (line.volumetric, line.ours_step_g) == (True, 3000)


# --- The courier ----------------------------------------------------------------------------------


@pytest.mark.rule("D11")
def test_the_courier_is_learned_at_his_first_hand_over_and_known_at_the_next(
    open_shop: Shop,
) -> None:
    key, _ = handed(open_shop)
    parcel = open_shop.seal("2450000000000001231", JEANS, grams=620, buyer="z")
    second = begin(open_shop)
    scan(open_shop, second, parcel.waybill_no)
    figures(open_shop, second, parcel)
    assert close(open_shop, second, courier_phone="").courier_phone == "13700000001"
    people = open_shop.read(lambda s: s.scalars(select(Courier)).all())
    assert [(one.name, one.phone, one.active) for one in people] == [
        ("王师傅", "13700000001", True)]
    (sto, *_) = open_shop.read(couriers.directory)
    assert [(one.handovers, one.differed) for one in sto.couriers] == [(2, 0)]
    paper = open_shop.read(stubs.manifest, key)
    assert (paper.courier, paper.courier_phone) == ("王师傅", "13700000001")


@pytest.mark.rule("D11")
def test_where_he_must_be_callable_a_stranger_without_number_signs_nothing(
    open_shop: Shop,
) -> None:
    parcel = open_shop.seal("2450000000000001232", JEANS, grams=620)
    key = begin(open_shop)
    scan(open_shop, key, parcel.waybill_no)
    figures(open_shop, key, parcel)
    asked = {"courier_phone": " ", "needs_phone": True}
    assert close(open_shop, key, **asked) == Refusal(Code.HANDOVER_COURIER_UNKNOWN)
    assert close(open_shop, key, needs_phone=True).state == "closed"


def test_a_courier_who_left_takes_nothing(open_shop: Shop) -> None:
    handed(open_shop)
    (sto, *_) = open_shop.read(couriers.directory)
    gone = sto.couriers[0]
    saved = open_shop.write(
        couriers.save_courier, gone.id, carrier=CarrierCode.STO, name=gone.name,
        phone=gone.phone, active=False, who="陈姐")
    assert saved == gone.id
    parcel = open_shop.seal("2450000000000001233", JEANS, grams=620, buyer="z")
    key = begin(open_shop)
    scan(open_shop, key, parcel.waybill_no)
    figures(open_shop, key, parcel)
    assert close(open_shop, key) == Refusal(Code.HANDOVER_COURIER_LEFT)


@pytest.mark.rule("D11")
def test_incidents_are_noted_and_counted_per_courier(open_shop: Shop) -> None:
    person = open_shop.write(
        couriers.save_courier, None, carrier=CarrierCode.STO, name="小吴", phone="138", active=True,
        who="陈姐")
    for kind, note in ((Incident.LATE, "六点才来"), (Incident.LATE, ""), (Incident.HELPED, "")):
        assert open_shop.write(
            couriers.note_incident, person, kind=kind, waybill_no="7731", note=note, who="陈姐")
    (sto, *_) = open_shop.read(couriers.directory)
    assert sto.couriers[0].incidents == {"late": 2, "helped": 1}
    noted = open_shop.read(couriers.incidents, courier_id=person)
    assert [(one.kind, one.note) for one in noted] == [("helped", ""), ("late", ""),
                                                     ("late", "六点才来")]
    assert open_shop.write(couriers.note_incident, 999, kind=Incident.LATE, waybill_no="",
                           note="", who="") is None


def test_two_couriers_of_one_carrier_bear_two_names(open_shop: Shop) -> None:
    def save(name: str, carrier: CarrierCode = CarrierCode.STO) -> Any:
        return open_shop.write(couriers.save_courier, None, carrier=carrier, name=name, phone="",
                               active=True, who="陈姐")

    assert save("小吴")
    assert save("小吴") is None
    assert save(" ") is None
    assert save("小吴", CarrierCode.SF)


@pytest.mark.rule("D10", "D11")
def test_low_consumables_name_the_carriers_own_contact(open_shop: Shop) -> None:
    open_shop.write(
        couriers.save_contact, CarrierCode.STO, contact="刘站长", phone="0576-1", account="K1",
        note="", who="陈姐")

    def roll(session: Any, *, now: Any) -> None:
        session.add(Packaging(code="R1", name="面单", kind="label", stock=6, low_at=5,
                              carrier="STO"))
        session.flush()
        consumables.use_label(session, "STO", 1, parcel_id=None, now=now)

    open_shop.write(roll)
    facts = facts_of(open_shop, "consumable_low")
    assert (facts["contact"], facts["phone"]) == ("刘站长", "0576-1")


@pytest.mark.rule("D6")
def test_an_intercept_names_the_courier_and_his_number(open_shop: Shop) -> None:
    handed(open_shop)
    open_shop.refund("2450000000000001201", RefundKind.REFUNDED)
    facts = facts_of(open_shop, "intercept")
    assert (facts["courier"], facts["phone"]) == ("王师傅", "13700000001")


# --- After it left --------------------------------------------------------------------------------


def correct(shop: Shop, key: int, number: str | None, **facts: Any) -> Any:
    given = {"weight_g": 640, "price_fen": 600, "reason": "快递员看错秤", "courier": "王师傅",
             "strokes": STROKES, "who": "老周", **facts}
    return shop.write(corrections.correct, key, number, **given)


@pytest.mark.rule("D6")
def test_a_correction_after_the_closing_is_a_signed_record_of_its_own(open_shop: Shop) -> None:
    key, parcel = handed(open_shop)
    open_shop.later(hours=2)
    correct(open_shop, key, parcel.waybill_no)
    correct(open_shop, key, parcel.waybill_no, weight_g=650, price_fen=500, reason="又看错")
    line = open_shop.read(lambda s: handover.line_of(s, key, parcel.id))
    assert (line.courier_weight_g, line.courier_price_fen) == (620, 500)
    assert open_shop.read(lambda s: corrections.standing(
        s, handover.line_of(s, key, parcel.id))) == (650, 500)
    first, second = open_shop.read(corrections.of_handover, key)
    assert (first.before_weight_g, first.before_price_fen, first.weight_g) == (620, 500, 640)
    assert (second.before_weight_g, second.before_price_fen, second.weight_g) == (640, 600, 650)
    signed = open_shop.read(lambda s: s.scalars(
        select(Signature).where(Signature.role == corrections.ROLE)).all())
    assert len({row.signed_hash for row in signed}) == 2


@pytest.mark.parametrize(
    ("facts", "code"),
    [({"reason": " "}, Code.SIGN_REASON_NEEDED), ({"strokes": []}, Code.HANDOVER_NO_SIGNATURE),
     ({"weight_g": 0}, Code.HANDOVER_IMPLAUSIBLE), ({"courier": ""}, Code.HANDOVER_NO_SIGNATURE)],
)
def test_an_unsigned_correction_corrects_nothing(
    open_shop: Shop, facts: dict[str, Any], code: Code
) -> None:
    key, parcel = handed(open_shop)
    assert correct(open_shop, key, parcel.waybill_no, **facts).code == code
    assert open_shop.read(corrections.of_handover, key) == ()


def test_only_what_left_is_corrected(open_shop: Shop) -> None:
    key, _ = handed(open_shop)
    assert correct(open_shop, key, "773999999999999").code == Code.HANDOVER_NO_CORRECTION
    parcel = open_shop.seal("2450000000000001240", JEANS, grams=620, buyer="z")
    under_way = begin(open_shop)
    scan(open_shop, under_way, parcel.waybill_no)
    refused = correct(open_shop, under_way, parcel.waybill_no)
    assert refused.code == Code.HANDOVER_NO_CORRECTION


def test_the_addendum_is_printed_when_asked_for(open_shop: Shop) -> None:
    key, parcel = handed(open_shop)
    assert open_shop.write(corrections.ask_for_addendum, key, who="老周") is False
    correct(open_shop, key, parcel.waybill_no)
    assert open_shop.write(corrections.ask_for_addendum, key, who="老周")
    jobs = open_shop.read(lambda s: s.scalars(
        select(PrintJob).where(PrintJob.kind == "addendum")).all())
    assert [(job.handover_id, job.who) for job in jobs] == [(key, "老周")]
    paper = open_shop.read(stubs.addendum, key)
    assert [(row.waybill_no, row.before_weight_g, row.weight_g) for row in paper.rows] == [
        (parcel.waybill_no, 620, 640)]
    assert paper.rows[0].signature == (((100, 100), (500, 400)),)


# --- The carrier's own system ---------------------------------------------------------------------

BODY = (
    b'{"tms_package_weight_request": {"mail_no": "773000000000011", "tms_cp_code": "STO",'
    b' "weight": "820", "charging_weight": "1000.00", "throwing_weight": "", "length": "30.00",'
    b' "width": "25.00", "height": "6.00", "abnormal_type": "0"}}'
)


def tell(shop: Shop, event: str, parcel: Any, grams: int, charged: int | None = None,
         carrier: CarrierCode | None = CarrierCode.STO) -> str:
    told = PackageWeight(parcel if isinstance(parcel, str) else parcel.waybill_no, carrier, grams,
                         charged, None)
    answer = shop.write(events.take_weight, event, f"{event:0>64}", told, shop.rules)
    return str(answer.facts["outcome"])


def test_the_platforms_own_shape_is_read() -> None:
    assert parse_package_weight(BODY) == PackageWeight(
        "773000000000011", CarrierCode.STO, 820, 1000, (300, 250, 60))


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [(b'"820"', b'"-3"', "weight"), (b'"820"', b'"0"', "weight"), (b'"820"', b"820", "weight"),
     (b'"STO"', b'"ZTO"', "tms_cp_code"), (b'"773000000000011"', b'""', "mail_no")],
)
def test_what_is_wrong_with_a_weight_is_named(old: bytes, new: bytes, path: str) -> None:
    errors = parse_package_weight(BODY.replace(old, new))
    assert isinstance(errors, tuple)
    assert [error.path for error in errors] == [f"tms_package_weight_request.{path}"]


@pytest.mark.rule("D6")
def test_a_carriers_weight_waits_for_the_scan_and_is_then_compared(open_shop: Shop) -> None:
    parcel = open_shop.seal("2450000000000001250", JEANS, grams=620)
    assert tell(open_shop, "e1", parcel, 630) == "waits"
    assert tell(open_shop, "e1", parcel, 630) == "waits"
    key = begin(open_shop)
    assert scan(open_shop, key, parcel.waybill_no).state == "agreed"
    assert tell(open_shop, "e2", parcel, 630, 2000) == str(Code.HANDOVER_STEP_DIFFERS)
    line = open_shop.read(lambda s: handover.line_of(s, key, parcel.id))
    assert (line.state, line.courier_charged_g) == ("differs", 2000)


def test_a_weight_of_nobodys_parcel_changes_nothing(open_shop: Shop) -> None:
    parcel = open_shop.seal("2450000000000001251", JEANS, grams=620)
    unsealed = open_shop.pay("2450000000000001252", JEANS, buyer="z")
    open_shop.print_next()
    number = open_shop.parcel(unsealed.parcel_id).waybill_no
    assert tell(open_shop, "e1", "773999999999999", 500) == str(Code.WAYBILL_UNKNOWN)
    assert tell(open_shop, "e2", parcel, 500, None, CarrierCode.SF) == str(
        Code.HANDOVER_OTHER_CARRIER)
    assert tell(open_shop, "e3", parcel, 90_000) == str(Code.HANDOVER_IMPLAUSIBLE)
    assert tell(open_shop, "e4", number, 500) == str(Code.LIST_NOT_IN_PILE)


@pytest.mark.rule("D6", "D12")
def test_a_heavier_weight_after_the_van_left_is_an_alarm_with_the_couriers_number(
    open_shop: Shop,
) -> None:
    _, parcel = handed(open_shop)
    assert tell(open_shop, "e1", parcel, 640) == "agreed"
    assert open_shop.alarms() == []
    assert tell(open_shop, "e2", parcel, 1640) == str(Code.HANDOVER_STEP_DIFFERS)
    facts = facts_of(open_shop, "weighed_heavier_later")
    assert facts == {"waybill_no": parcel.waybill_no, "carrier": "STO", "ours_g": 620,
                     "theirs_g": 1640, "courier": "王师傅", "phone": "13700000001"}


@pytest.mark.rule("D6")
def test_what_is_charged_for_counts_where_it_is_more_and_is_kept_beside_the_hand_over(
    open_shop: Shop,
) -> None:
    key, parcel = handed(open_shop)
    assert tell(open_shop, "e1", parcel, 640, 2000) == str(Code.HANDOVER_STEP_DIFFERS)
    assert facts_of(open_shop, "weighed_heavier_later")["theirs_g"] == 2000
    last = open_shop.read(lambda session: session.scalars(
        select(CourierFigure).order_by(CourierFigure.id.desc())).first())
    assert (last.handover_id, last.weight_g, last.charged_g, last.who, last.source) == (
        key, 640, 2000, "webhook", "webhook")


def test_a_weight_in_an_open_hand_over_may_agree_and_one_that_waits_is_kept(
    open_shop: Shop,
) -> None:
    parcel = open_shop.seal("2450000000000001253", JEANS, grams=620)
    assert tell(open_shop, "e1", parcel, 630, None, None) == "waits"
    waiting = open_shop.read(lambda session: session.scalars(select(CourierFigure)).one())
    assert (waiting.handover_id, waiting.weight_g, waiting.who) == (None, 630, "webhook")
    key = begin(open_shop)
    scan(open_shop, key, parcel.waybill_no)
    assert tell(open_shop, "e2", parcel, 625) == "agreed"
    assert open_shop.alarms() == []


def test_the_answer_to_a_weight_names_the_parcel_and_what_stands_against_it(
    open_shop: Shop,
) -> None:
    parcel = open_shop.seal("2450000000000001254", JEANS, grams=620)

    def answer(event: str, number: str, grams: int, carrier: CarrierCode) -> Any:
        told = PackageWeight(number, carrier, grams, None, None)
        return open_shop.write(
            events.take_weight, event, f"{event:0>64}", told, open_shop.rules).facts

    number = parcel.waybill_no
    assert answer("e1", "773999999999999", 500, CarrierCode.STO) == {
        "waybill_no": "773999999999999", "outcome": str(Code.WAYBILL_UNKNOWN)}
    assert answer("e2", number, 500, CarrierCode.SF) == {
        "waybill_no": number, "outcome": str(Code.HANDOVER_OTHER_CARRIER), "carrier": "STO"}
    assert answer("e3", number, 90_000, CarrierCode.STO) == {
        "waybill_no": number, "outcome": str(Code.HANDOVER_IMPLAUSIBLE), "weight_g": 90_000}
    assert answer("e4", number, 625, CarrierCode.STO) == {
        "waybill_no": number, "outcome": "waits"}
