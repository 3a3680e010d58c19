"""A buyer is shown in clear for a reason, and who saw him is in the parcel's history."""

from __future__ import annotations

import json
from typing import Any

import pytest

from station.db.models import Alarm, History, Signature
from station.domain.cases import CaseKind
from station.domain.refusals import Refusal
from station.domain.rights import RIGHTS, Right, Role
from station.domain.sight import RevealWhy
from station.services import alarms, cases, dossier, reveals, screens, sight

CANARY = {"buyer": "tb_secret", "buyer_message": "林小满收，放试验路1号门口", "seller_memo": "加急"}


@pytest.fixture
def gone(open_shop: Any) -> Any:
    parcel = open_shop.seal("R1", "JN8801-黑色-32", **CANARY)
    open_shop.write(lambda session, now: session.add(Signature(
        parcel_id=parcel.id, role="packer", who="阿明", how="drawn", strokes=[[[1, 2], [3, 4]]],
        signed_hash="0" * 64, at=now)))
    open_shop.hand_over(parcel)
    return parcel


def reveal(shop: Any, parcel_id: int, who: str = "小李", most: int = 3) -> Any:
    return shop.write(reveals.reveal, parcel_id, RevealWhy.CALL, who=who, most=most)


def kept(shop: Any) -> list[tuple[str, str, str]]:
    return shop.read(lambda session: [
        (row.chain, row.who, row.data)
        for row in session.query(History).filter_by(kind="revealed").order_by(History.id)])


def test_a_reveal_shows_everything_personal_and_leaves_a_row_without_any_of_it(
    open_shop: Any, gone: Any
):
    open_shop.write(cases.begin, gone.id, CaseKind.LOST, open_shop.rules, who="小李",
                    note="买家 林小满 很急")
    clear = reveal(open_shop, gone.id)
    assert (clear.name, clear.phone) == ("林小满", "13900000101")
    assert clear.address == "浙江省 台州市 温岭市 城东街道试验路1号"
    (order,) = clear.orders
    assert (order.order_no, order.buyer, order.seller_memo) == ("R1", "tb_secret", "加急")
    assert clear.case_notes == ("买家 林小满 很急",)
    assert [(each.what, each.mime, each.data) for each in clear.pictures] == [
        ("waybill", "image/png", b"png")]
    assert [signed.strokes for signed in clear.signatures] == [(((1, 2), (3, 4)),)]
    assert kept(open_shop) == [
        (f"parcel:{gone.id}", "小李", '{"what":"parcel","why_reveal":"call"}')]


def test_a_parcel_that_is_not_there_leaves_no_row(open_shop: Any):
    assert reveal(open_shop, 4711) is None
    assert kept(open_shop) == []


def open_alarms(shop: Any) -> list[Any]:
    return [each for each in shop.read(screens.alarms) if each.code == reveals.MANY]


def test_more_than_usual_within_an_hour_raises_one_alarm_for_that_person(
    open_shop: Any, gone: Any
):
    for _ in range(3):
        reveal(open_shop, gone.id)
        reveal(open_shop, gone.id, who="陈姐", most=9)
    assert open_alarms(open_shop) == []
    reveal(open_shop, gone.id)
    reveal(open_shop, gone.id)
    (alarm,) = open_alarms(open_shop)
    assert dict(alarm.facts) == {"who": "小李", "count": 5, "most": 3}
    assert open_shop.read(reveals.lately, now=open_shop.now) == 8


def test_reveals_of_an_hour_ago_are_counted_no_more(open_shop: Any, gone: Any):
    for _ in range(3):
        reveal(open_shop, gone.id)
    open_shop.later(hours=1)
    reveal(open_shop, gone.id)
    assert open_alarms(open_shop) == []
    assert open_shop.read(reveals.lately, now=open_shop.now, who="小李") == 1


def test_such_an_alarm_is_taken_away_by_who_answers_for_personal_data(open_shop: Any, gone: Any):
    for _ in range(4):
        reveal(open_shop, gone.id)
    open_shop.write(lambda session, now: session.add(Alarm(code="no_stock", subject="x", at=now)))
    needed = {each.code: open_shop.read(alarms.right_to_acknowledge, each.id)
              for each in open_shop.read(screens.alarms)}
    assert needed == {"no_stock": Right.ALARMS, reveals.MANY: Right.PRIVACY}
    assert open_shop.read(alarms.right_to_acknowledge, 999) is Right.ALARMS


# --- Without a reveal -----------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_a_dossier_of_what_left_shows_no_picture_no_stroke_and_nobody_named(
    open_shop: Any, gone: Any, role: Role
):
    found = open_shop.read(dossier.dossier, gone.waybill_no, RIGHTS[role])
    assert not found.pictures
    assert [signed.strokes for signed in found.signatures] == [()]
    for secret in ("林小满", "试验路", "13900000101", "tb_secret"):
        assert secret not in str(found)
    assert found.words == (role in (Role.KEEPER, Role.SERVICE, Role.MANAGER))
    assert ("加急" in found.note) == found.words


def test_while_it_is_packed_the_packer_sees_the_label_and_the_office_does_not(open_shop: Any):
    open_shop.pay("R2", "JN8801-黑色-32", **CANARY)
    number = open_shop.print_next()
    job = open_shop.jobs()[0].id
    packer, service = RIGHTS[Role.PACKER], RIGHTS[Role.SERVICE]
    assert open_shop.read(dossier.dossier, number, packer).pictures
    assert open_shop.read(sight.label, job, 1, packer) == b"png"
    assert isinstance(open_shop.read(sight.label, job, 1, service), Refusal)
    note = open_shop.read(dossier.dossier, number, packer).note
    assert "加急" in note
    assert not [secret for secret in ("林小满", "试验路1") if secret in note]


def test_the_queue_and_its_holds_name_nobody_either(open_shop: Any):
    from station.services import intake  # noqa: PLC0415 - one use

    taken = open_shop.pay("R3", "JN8801-黑色-32", **CANARY)
    open_shop.write(intake.hold_by_hand, taken.parcel_id, who="小李",
                    reason="林小满 139 0000 0101 要改地址")
    for tab in screens.TABS:
        shown = str(open_shop.read(screens.order_queue, tab=tab, now=open_shop.now))
        for secret in ("林小满", "0000 0101", "试验路1"):
            assert secret not in shown, tab
    held = open_shop.read(screens.order_queue, tab="held", now=open_shop.now).rows[0]
    assert "要改地址" in str(held.holds[0].facts)


def test_a_record_names_no_reason_of_a_buyer(open_shop: Any, gone: Any):
    reveal(open_shop, gone.id)
    assert {*json.loads(kept(open_shop)[0][2])} == {"what", "why_reveal"}
