"""Packaging, checklist, weight and signature: what comes after the last piece."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from station.db.models import (
    Alarm,
    Outbox,
    Packaging,
    PackagingMove,
    Parcel,
    ParcelLine,
    ShopOrder,
    Signature,
    Sku,
    Weighing,
)
from station.domain.refusals import Code, Refusal
from station.domain.weights import TakenWeight
from station.services import consumables, items, packing, signing, weighing
from station.services.contents import OpenParcel, read
from station.services.rules import Rules
from station.services.staff import Person, Role
from station.services.weighing import Weighed

NAME = (((100, 500), (400, 200), (700, 800)),)
BOSS = Person(2, "老王", Role.MANAGER, "PBID-0001", "")


def item(sku: str, quantity: int = 1, waist: int | None = None) -> tuple[str, int, int | None]:
    return sku, quantity, waist


def why(answer: Any) -> Code | None:
    return answer.code if isinstance(answer, Refusal) else None


class Packer:
    """Somebody with a full parcel at bench 1."""

    def __init__(self, house: Any, *wants: Any, full: bool = True) -> None:
        self.house = house
        wants = wants or (item("TS-W-M", 2),)
        self.parcel = house.print_parcel(*wants)
        self.do(packing.open_parcel, self.parcel.waybill_no, rules=house.rules)
        for sku, quantity, _ in wants if full else ():
            self.do(items.scan_item, self.parcel.id, sku, quantity=quantity)

    def do(self, step: Any, *args: Any, **facts: Any) -> Any:
        facts = {"who": "阿明", **facts}
        return self.house.write(step, *args, bench="1", now=self.house.now, **facts)

    def choose(self, code: str) -> Any:
        return self.do(consumables.choose, self.parcel.id, code)

    def check(self) -> Any:
        return self.do(consumables.confirm_checklist, self.parcel.id)

    def weigh(self, grams: int) -> Any:
        taken = TakenWeight(grams, (b"ST,GS,+0.340kg\r\n",) * 3, "1-scale")
        return self.do(weighing.weigh, self.parcel.id, taken, rules=self.house.rules)

    def ready(self) -> Packer:
        self.choose("BAG-STO")
        self.check()
        return self

    def accept(self, manager: Person = BOSS, reason: str = "CHECKED") -> Any:
        return self.house.write(weighing.accept, self.parcel.id, manager=manager, reason=reason,
                                bench="1", now=self.house.now)

    def sign(self, how: str = "drawn", strokes: Any = NAME, who: str = "阿明") -> Any:
        return self.do(signing.sign, self.parcel.id, who=who, how=how, strokes=strokes,
                       rules=self.house.rules)

    @property
    def stored(self) -> Parcel:
        return self.house.parcel(self.parcel)

    def content(self) -> OpenParcel:
        return self.house.read(read, self.parcel.id)


def rows(house: Any, table: Any) -> list[Any]:
    return list(house.read(lambda session: session.scalars(select(table).order_by(table.id)).all()))


# --- Packaging and checklist --------------------------------------------------------------------


@pytest.mark.rule("D5", "D10")
def test_the_bag_is_taken_off_stock_exactly_once(any_house: Any) -> None:
    packer = Packer(any_house)
    chosen = packer.choose("BAG-STO")
    assert isinstance(chosen, OpenParcel)
    assert chosen.material is not None
    assert chosen.material.name == "申通中号袋"
    packer.choose("BAG-STO")
    assert any_house.packaging("BAG-STO").stock == 99
    assert [(row.kind, row.quantity) for row in rows(any_house, PackagingMove)] == [("use", -1)]


def test_another_choice_gives_the_first_one_back(any_house: Any) -> None:
    packer = Packer(any_house)
    packer.ready()
    packer.choose("BOX")
    assert any_house.packaging("BAG-STO").stock == 100
    assert any_house.packaging("BOX").stock == 19
    assert packer.stored.checklist_by == ""


def test_giving_the_parcel_up_gives_the_bag_back(any_house: Any) -> None:
    packer = Packer(any_house)
    packer.ready()
    packer.do(packing.put_back, packer.parcel.id)
    assert any_house.packaging("BAG-STO").stock == 100
    assert packer.stored.packaging_id is None


def test_taking_an_unsealed_parcel_apart_gives_the_bag_back(house: Any) -> None:
    packer = Packer(house).ready()
    stop(house, packer)
    packer.do(packing.take_apart, packer.parcel.id, rules=house.rules)
    assert house.packaging("BAG-STO").stock == 100


def test_the_bag_of_a_sealed_parcel_is_used_up(house: Any) -> None:
    packer = Packer(house).ready()
    packer.weigh(340)
    packer.sign()
    stop(house, packer)
    packer.do(packing.take_apart, packer.parcel.id, rules=house.rules)
    assert house.packaging("BAG-STO").stock == 99


def stop(house: Any, packer: Packer) -> None:
    def refund(session: Any) -> None:
        parcel = session.get(Parcel, packer.parcel.id)
        parcel.state, parcel.bench = "stopped", "1"
        for order in parcel.orders:
            order.refund = "refunded"

    house.write(refund)


@pytest.mark.rule("D5")
def test_another_carriers_bag_is_refused(house: Any) -> None:
    answer = Packer(house).choose("BAG-YTO")
    assert why(answer) is Code.PARCEL_WRONG_MATERIAL
    assert answer.facts["carrier"] == "STO"
    assert house.packaging("BAG-YTO").stock == 100


@pytest.mark.parametrize("code", ["NOTHING", "", "ROLL"])
def test_what_is_no_bag_or_box_is_unknown(house: Any, code: str) -> None:
    house.write(lambda s: s.add(Packaging(code="ROLL", name="胶带", kind="tape")))
    assert why(Packer(house).choose(code)) is Code.BENCH_UNKNOWN_CODE


def test_packaging_is_chosen_when_everything_is_in(house: Any) -> None:
    packer = Packer(house, full=False)
    assert why(packer.choose("BAG-STO")) is Code.PARCEL_INCOMPLETE
    assert why(packer.check()) is Code.PARCEL_INCOMPLETE


def test_a_weighed_parcel_keeps_its_packaging(house: Any) -> None:
    packer = Packer(house).ready()
    packer.weigh(340)
    assert why(packer.choose("BOX")) is Code.BENCH_NOT_NOW
    assert why(packer.check()) is Code.BENCH_NOT_NOW


def test_the_checklist_waits_for_the_packaging(house: Any) -> None:
    assert why(Packer(house).check()) is Code.PARCEL_NO_MATERIAL


def test_a_shop_without_packaging_in_its_records_can_pack_all_the_same(house: Any) -> None:
    house.write(lambda s: [s.delete(row) for row in s.scalars(select(Packaging))])
    packer = Packer(house)
    checked = packer.check()
    assert isinstance(checked, OpenParcel)
    assert len(checked.checklist) == 3
    assert isinstance(packer.weigh(320), Weighed)


@pytest.mark.rule("D10")
def test_running_low_says_whom_to_call_once_per_crossing(any_house: Any) -> None:
    any_house.write(lambda s: setattr(
        s.scalar(select(Packaging).where(Packaging.code == "BAG-STO")), "stock", 12))
    for _ in range(3):
        packer = Packer(any_house)
        packer.choose("BAG-STO")
        packer.do(packing.leave, packer.parcel.id)
    alarms = rows(any_house, Alarm)
    assert [(alarm.code, alarm.subject) for alarm in alarms] == [("consumable_low", "BAG-STO")]
    assert alarms[0].facts["contact"] == "张经理"
    assert alarms[0].facts["phone"] == "021-555"
    assert alarms[0].facts["stock"] == 10


@pytest.mark.rule("D10")
def test_a_delivery_is_recorded_and_the_next_crossing_rings_again(house: Any) -> None:
    now = house.now
    house.write(lambda s: consumables.deliver(s, "BOX", 0, who="", now=now))
    row = house.write(lambda s: consumables.deliver(s, "BOX", 30, who="阿明", now=now))
    assert row.stock == 50
    assert why(house.write(lambda s: consumables.deliver(s, "BOX", -3, who="", now=now)))
    assert why(house.write(lambda s: consumables.deliver(s, "NO", 3, who="", now=now)))
    moves = rows(house, PackagingMove)
    assert [(move.kind, move.quantity, move.who) for move in moves] == [("deliver", 30, "阿明")]


@pytest.mark.rule("D10")
def test_every_label_comes_off_its_carriers_roll(house: Any) -> None:
    house.write(lambda s: s.add_all([
        Packaging(code="L-STO", name="申通面单", kind="label", carrier="STO", stock=5, low_at=3),
        Packaging(code="L", name="空白面单", kind="label", stock=5, low_at=0)]))
    house.write(lambda s: consumables.use_label(s, "STO", 2, parcel_id=None, now=house.now))
    house.write(lambda s: consumables.use_label(s, "SF", 1, parcel_id=None, now=house.now))
    assert (house.packaging("L-STO").stock, house.packaging("L").stock) == (3, 4)
    assert [alarm.subject for alarm in rows(house, Alarm)] == ["L-STO"]


def test_a_shop_that_counts_no_labels_prints_all_the_same(house: Any) -> None:
    house.write(lambda s: consumables.use_label(s, "STO", 1, parcel_id=None, now=house.now))
    assert rows(house, PackagingMove) == []


# --- Weight -------------------------------------------------------------------------------------


@pytest.mark.rule("D6")
def test_a_weight_that_agrees_is_kept_with_its_raw_frames(any_house: Any) -> None:
    packer = Packer(any_house).ready()
    weighed = packer.weigh(350)
    assert isinstance(weighed, Weighed)
    assert (weighed.expected.grams, weighed.expected.tolerance_g) == (340, 15)
    stored = packer.stored
    assert (stored.state, stored.weight_g, stored.expected_g) == ("weighed", 350, 340)
    row = rows(any_house, Weighing)[0]
    assert (row.grams, row.agrees, row.scale) == (350, True, "1-scale")
    assert bytes.fromhex(row.frames[0]) == b"ST,GS,+0.340kg\r\n"


@pytest.mark.rule("D6")
def test_a_weight_that_is_off_says_by_how_much_and_waits(any_house: Any) -> None:
    packer = Packer(any_house).ready()
    answer = packer.weigh(180)
    assert why(answer) is Code.WEIGHT_OFF
    assert answer.facts == {"diff_g": -160, "expected_g": 340, "tolerance_g": 15, "weight_g": 180}
    assert (packer.stored.state, packer.stored.weight_g) == ("packed", None)
    assert rows(any_house, Weighing)[0].agrees is False
    told = any_house.read(weighing.explanations, packer.content(), any_house.rules)
    assert told[0].code == "explain.missing"
    assert told[0].facts["sku"] == "TS-W-M"


def test_an_explanation_may_be_a_sibling_in_another_size(house: Any) -> None:
    packer = Packer(house, item("TS-W-M", 3)).ready()
    house.write(lambda s: setattr(s.get(Sku, house.skus["TS-W-L"]), "weight_g", 200))
    packer.weigh(3 * 160 + 20 + 40)
    told = house.read(weighing.explanations, packer.content(), house.rules)
    assert told[0].code == "explain.swapped"
    assert told[0].facts["other_size"] == "L"


def test_nothing_is_explained_while_nothing_is_off(house: Any) -> None:
    packer = Packer(house).ready()
    assert house.read(weighing.explanations, packer.content(), house.rules) == ()


def test_weighing_again_after_a_mistake_may_agree(house: Any) -> None:
    packer = Packer(house).ready()
    packer.weigh(180)
    assert packer.content().off is not None
    assert isinstance(packer.weigh(342), Weighed)
    assert packer.content().off is None
    assert len(rows(house, Weighing)) == 2


def test_a_weighed_parcel_that_is_now_off_is_no_longer_weighed(house: Any) -> None:
    packer = Packer(house).ready()
    packer.weigh(340)
    assert why(packer.weigh(180)) is Code.WEIGHT_OFF
    assert (packer.stored.state, packer.stored.weight_g) == ("packed", None)
    assert packer.content().off is not None
    assert packer.content().checklist_done


def test_goods_that_nobody_weighed_leave_nothing_to_compare(house: Any) -> None:
    house.write(lambda s: setattr(s.get(Sku, house.skus["TS-W-M"]), "weight_g", None))
    weighed = Packer(house).ready().weigh(99_999)
    assert isinstance(weighed, Weighed)
    assert weighed.expected.grams is None


@pytest.mark.pain("25")
@pytest.mark.parametrize(("grams", "code"), [(0, Code.WEIGHT_EMPTY), (-5, Code.WEIGHT_EMPTY)])
def test_nothing_weighs_nothing(house: Any, grams: int, code: Code) -> None:
    assert why(Packer(house).ready().weigh(grams)) is code


def test_the_scale_waits_for_content_bag_and_checklist(house: Any) -> None:
    assert why(Packer(house, full=False).weigh(340)) is Code.PARCEL_NOT_PACKED


def test_a_full_parcel_without_its_bag_is_not_weighed(house: Any) -> None:
    packer = Packer(house)
    assert why(packer.weigh(340)) is Code.PARCEL_NO_MATERIAL
    packer.choose("BAG-STO")
    assert why(packer.weigh(340)) is Code.BENCH_NOT_NOW


@pytest.mark.rule("D6")
def test_a_manager_accepts_with_a_reason(any_house: Any) -> None:
    packer = Packer(any_house).ready()
    packer.weigh(180)
    accepted = packer.accept()
    assert isinstance(accepted, Weighed)
    assert (packer.stored.state, packer.stored.weight_g) == ("weighed", 180)
    row = rows(any_house, Weighing)[0]
    assert (row.accepted_by, row.reason, row.agrees) == ("老王", "CHECKED", False)
    assert any_house.history(packer.parcel)[-1] == "weight_accepted"


@pytest.mark.parametrize("role", [Role.PACKER, Role.KEEPER, Role.SERVICE])
def test_nobody_but_a_manager_accepts_a_weight(house: Any, role: Role) -> None:
    packer = Packer(house).ready()
    packer.weigh(180)
    assert why(packer.accept(Person(1, "阿明", role, "", ""))) is Code.SIGN_MANAGER_NEEDED


def test_a_weight_is_not_accepted_without_a_reason(house: Any) -> None:
    packer = Packer(house).ready()
    packer.weigh(180)
    assert why(packer.accept(reason="  ")) is Code.SIGN_REASON_NEEDED


def test_a_weight_that_is_not_off_cannot_be_accepted(house: Any) -> None:
    packer = Packer(house).ready()
    assert why(packer.accept()) is Code.PARCEL_NOT_WEIGHED
    packer.weigh(340)
    assert why(packer.accept()) is Code.PARCEL_NOT_WEIGHED


def test_a_weight_from_before_the_bag_was_changed_counts_no_more(house: Any) -> None:
    packer = Packer(house).ready()
    packer.weigh(180)
    house.now += timedelta(seconds=30)
    packer.choose("BOX")
    packer.check()
    assert packer.content().off is None
    assert why(packer.accept()) is Code.PARCEL_NOT_WEIGHED


def test_the_last_weight_of_a_scale_is_found_again(house: Any) -> None:
    Packer(house).ready().weigh(342)
    assert house.read(weighing.last_weight, "1-scale") == 342
    assert house.read(weighing.last_weight, "2-scale") is None


# --- Signature ----------------------------------------------------------------------------------


@pytest.mark.rule("D5")
def test_the_signature_is_bound_to_content_weight_and_packaging(any_house: Any) -> None:
    packer = Packer(any_house).ready()
    packer.weigh(342)
    digest = packer.sign()
    stored = packer.stored
    assert (stored.state, stored.packer, stored.content_hash, stored.bench) == (
        "signed", "阿明", digest, "")
    signature = rows(any_house, Signature)[0]
    assert (signature.role, signature.how, signature.signed_hash) == ("packer", "drawn", digest)
    assert signature.strokes == [[[100, 500], [400, 200], [700, 800]]]
    assert broken_seals(any_house) == []


@pytest.mark.rule("D5")
@pytest.mark.parametrize("tampering", [
    "weight", "packed", "measured", "waybill", "packer", "packaging", "time", "hash"])
def test_no_later_change_goes_unseen(house: Any, tampering: str) -> None:
    packer = Packer(house).ready()
    packer.weigh(342)
    packer.sign()

    def tamper(session: Any) -> None:
        parcel = session.get(Parcel, packer.parcel.id)
        line = session.scalar(select(ParcelLine).where(ParcelLine.parcel_id == parcel.id))
        box = session.scalar(select(Packaging).where(Packaging.code == "BOX"))
        target, name, value = {
            "weight": (parcel, "weight_g", 343), "packed": (line, "packed", 1),
            "measured": (line, "measured_mm", [740]), "waybill": (parcel, "waybill_no", "X"),
            "packer": (parcel, "packer", "别人"), "packaging": (parcel, "packaging_id", box.id),
            "time": (parcel, "signed_at", house.now + timedelta(seconds=1)),
            "hash": (parcel, "content_hash", "0" * 64),
        }[tampering]
        setattr(target, name, value)

    house.write(tamper)
    assert broken_seals(house) == [(packer.parcel.id, packer.stored.waybill_no)]


@pytest.mark.rule("D5")
def test_a_parcel_that_is_signed_without_a_signature_has_a_broken_seal(any_house: Any) -> None:
    packer = Packer(any_house).ready()
    packer.weigh(342)
    packer.sign()
    any_house.write(lambda session: session.execute(delete(Signature)))
    assert broken_seals(any_house) == [(packer.parcel.id, packer.stored.waybill_no)]


@pytest.mark.rule("D5")
def test_a_change_that_was_signed_anew_without_the_history_is_seen(any_house: Any) -> None:
    packer = Packer(any_house).ready()
    packer.weigh(342)
    packer.sign()

    def forge(session: Any) -> None:
        parcel = session.get(Parcel, packer.parcel.id)
        parcel.weight_g = 400
        parcel.content_hash = signing.content_hash(session, parcel)
        session.execute(update(Signature).values(signed_hash=parcel.content_hash))

    any_house.write(forge)
    assert broken_seals(any_house) == [(packer.parcel.id, packer.stored.waybill_no)]


def broken_seals(house: Any) -> Any:
    return house.read(lambda session: list(signing.broken_seals(session)))


def test_a_repacked_parcel_needs_a_new_signature(house: Any) -> None:
    packer = Packer(house).ready()
    packer.weigh(342)
    first = packer.sign()
    packer.do(packing.repack, packer.parcel.id)
    assert packer.stored.content_hash == ""
    house.now += timedelta(minutes=1)
    packer.do(items.scan_item, packer.parcel.id, "TS-W-M", quantity=2)
    packer.check()
    packer.weigh(341)
    second = packer.sign(how="badge", strokes=())
    assert first != second
    assert broken_seals(house) == []


@pytest.mark.parametrize("strokes", [
    (), ((),), (((5, 5),),), (((5, 5), (6, 6)), ((9, 9),))])
def test_a_dot_is_no_signature(house: Any, strokes: Any) -> None:
    packer = Packer(house).ready()
    packer.weigh(342)
    assert why(packer.sign(strokes=strokes)) is Code.SIGN_EMPTY
    assert packer.stored.state == "weighed"


def test_nobody_cannot_sign(house: Any) -> None:
    packer = Packer(house).ready()
    packer.weigh(342)
    assert why(packer.sign(who="")) is Code.SIGN_NOBODY


def test_an_unweighed_parcel_cannot_be_signed(house: Any) -> None:
    assert why(Packer(house).ready().sign()) is Code.PARCEL_NOT_WEIGHED


@pytest.mark.pain("42")
def test_a_signed_parcel_is_not_signed_twice(house: Any) -> None:
    packer = Packer(house).ready()
    packer.weigh(342)
    packer.sign()
    assert why(packer.sign()) is Code.PARCEL_NONE_OPEN
    assert len(rows(house, Signature)) == 1


def test_a_refund_is_looked_for_once_more_before_sealing(house: Any) -> None:
    packer = Packer(house).ready()
    packer.weigh(342)
    house.write(lambda s: setattr(
        s.scalar(select(ShopOrder).where(ShopOrder.parcel_id == packer.parcel.id)),
        "refund", "refund_requested"))
    assert why(packer.sign()) is Code.WAYBILL_STOPPED
    assert packer.stored.state == "weighed"


@pytest.mark.rule("D3")
def test_the_platform_is_told_when_sealed_where_the_shop_wants_it_then(house: Any) -> None:
    house.rules = Rules(ship_call_at="packed", platform_url="http://127.0.0.1:1/ship")
    packer = Packer(house).ready()
    packer.weigh(342)
    assert rows(house, Outbox) == []
    packer.sign()
    assert [row.payload["waybill_no"] for row in rows(house, Outbox)] == [packer.parcel.waybill_no]
