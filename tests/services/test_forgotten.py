"""A customer's parcel lives its whole life, with everything that somebody may write beside it; then
he is forgotten, and no table and no file knows him any more.
"""

from __future__ import annotations

import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from drivers.interfaces import Photograph
from station.archive_jobs import archive_due
from station.db.models import (
    Base,
    Bill,
    BillFinding,
    Destruction,
    HandoverCorrection,
    HandoverLine,
    OnceAnswer,
    Outbox,
    Parcel,
    PrintJob,
    Review,
    Signature,
    Weighing,
)
from station.domain.cases import CaseKind, CaseMove
from station.domain.couriers import Incident
from station.domain.orders import Consignee
from station.domain.refusals import Code, Refusal
from station.domain.sight import RevealWhy
from station.services import (
    cases,
    couriers,
    erasure,
    heads,
    history,
    holds,
    intake,
    photographs,
    printing,
    reveals,
    screens,
)

pytestmark = pytest.mark.fault("F27")

WHO = Consignee("张测试甲", "13912345678", "浙江省", "台州市", "温岭市", "新华路88号9幢", "317500")
WORDS = "张测试甲 139-1234-5678 说改到新华路88号门口"
CANARY = ("张测试甲", "13912345678", "139-1234-5678", "新华路88", "9幢", "tb_canary")
STROKES = [[[123, 456], [789, 321]]]
JPEG = b"\xff\xd8\xff canary picture \xff\xd9"


def everything(shop: Any) -> dict[str, str]:
    """Every table as the station itself reads it: what is sealed is open here."""
    def look(session: Any) -> dict[str, str]:
        return {table.name: repr(session.execute(select(table)).all())
                for table in Base.metadata.sorted_tables}

    return shop.read(look)


def tables_with(shop: Any, *needles: str) -> set[str]:
    return {name for name, rows in everything(shop).items()
            if any(needle in rows for needle in needles)}


@pytest.fixture
def lived(open_shop: Any, tmp_path: Path) -> Parcel:
    """The parcel at the end of its life: claimed, paid, archived, on a bill, looked at."""
    shop = open_shop
    parcel = shop.seal("C1", "JN8801-黑色-32", consignee=WHO, buyer="tb_canary",
                       buyer_message=WORDS, seller_memo=WORDS)
    shop.write(at_the_bench, parcel.id)
    shop.write(printing.request_reprint, parcel.id, reason=WORDS, who="阿明", bench="1")
    shop.print_next()
    shop.hand_over(shop.parcel(parcel.id))
    shop.write(at_the_door, parcel.id)
    case = shop.write(cases.begin, parcel.id, CaseKind.CARRIER_DAMAGE, shop.rules, who="小李",
                      note=WORDS)
    assert not isinstance(case, Refusal)
    signed = shop.write(cases.sign_damage, case.id, courier="小吴", strokes=STROKES, who="小李")
    assert not isinstance(signed, Refusal)
    shop.write(cases.claim, case.id, shop.rules, fen=9900, ticket="T-1", who="小李")
    shop.write(cases.answer, case.id, shop.rules, fen=9900, who="小李")
    shop.write(cases.pay, case.id, shop.rules, fen=9900, how=f"转给{WHO.name}", who="小李")
    shop.write(beside, parcel.id)
    shop.write(reveals.reveal, parcel.id, RevealWhy.CLAIM, who="小李", most=9)
    shop.later(days=16)
    shop.case = case.id
    end_case(shop)
    assert archive_due(shop.db, tmp_path / "archives", shop="甲店", after_days=15, now=shop.now)
    return shop.parcel(parcel.id)


def at_the_bench(session: Any, parcel_id: int, *, now: Any) -> None:
    """Pictures, a signature, and reasons that somebody typed."""
    parcel = session.get(Parcel, parcel_id)
    photographs.keep(session, parcel_id, "open", Photograph(JPEG, 4, 3, 0.0), camera="c", now=now)
    session.add(Signature(parcel_id=parcel_id, role="packer", who="阿明", how="drawn",
                          strokes=STROKES, signed_hash="0" * 64, at=now))
    session.add(Weighing(parcel_id=parcel_id, grams=600, agrees=False, frames=[], scale="1",
                         at=now, accepted_by="陈姐", reason=WORDS))
    intake.hold_by_hand(session, parcel_id, who="小李", reason=WORDS, now=now)
    holds.release(session, parcel, Code.ORDER_BY_HAND, now=now, who="小李", reason=WORDS)


def at_the_door(session: Any, parcel_id: int, *, now: Any) -> None:
    """What was written when the courier was there, and after him."""
    line = session.query(HandoverLine).filter_by(parcel_id=parcel_id).one()
    line.reason = WORDS
    mark = session.query(Signature).filter_by(parcel_id=parcel_id).first()
    session.add(HandoverCorrection(
        handover_id=line.handover_id, parcel_id=parcel_id, weight_g=1, price_fen=1, reason=WORDS,
        signature_id=mark.id, at=now))
    courier = couriers.at_the_door(session, "STO", "小吴", "")
    session.flush()
    number = session.get(Parcel, parcel_id).waybill_no
    couriers.note_incident(session, courier.id, kind=Incident.RUDE, waybill_no=number, note=WORDS,
                           who="小李", now=now)


def beside(session: Any, parcel_id: int, *, now: Any) -> None:
    """What other people's files and programs say of him."""
    parcel = session.get(Parcel, parcel_id)
    session.add(Outbox(key="memo:1", kind="memo", order_id=parcel.orders[0].id, created_at=now,
                       payload={"memo": WORDS}, due_at=now))
    session.add(Review(code="bad_number", source="订单.csv", place="row 7", digest="d" * 64,
                       facts={"value": WHO.phone, "order_no": "C1"}, at=now))
    session.add(OnceAnswer(key="k", asked="a", answer=WORDS.encode(), at=now))
    unknown = Bill(sha256="1" * 64, name="账单.csv", state="unknown", brought_at=now,
                   preview=[["单号", "收件人"], [parcel.waybill_no, WHO.name]])
    bill = Bill(sha256="2" * 64, name="账单2.csv", state="done", brought_at=now)
    session.add_all([unknown, bill])
    session.flush()
    session.add(BillFinding(bill_id=bill.id, row=1, waybill_no=parcel.waybill_no,
                            finding="right", fen=0, evidence={"remark": f"收件 {WHO.name}"}))


def end_case(shop: Any) -> None:
    for move in (CaseMove.SETTLE, CaseMove.WITHDRAW):
        shop.write(cases.go_on, shop.case, move, shop.rules, who="小李", reason=WORDS)
    assert shop.read(lambda session: session.get(cases.Case, shop.case).closed_at) is not None


def test_before_he_is_forgotten_he_is_where_he_should_be_and_in_no_history(
    open_shop: Any, lived: Parcel
):
    known = tables_with(open_shop, *CANARY)
    assert known == {"parcel", "shop_order", "after_sale", "outbox", "review", "bill",
                     "bill_finding", "once_answer"}
    starred = tables_with(open_shop, "说改到***")
    assert {"hold", "weighing", "print_job", "handover_line", "handover_correction",
            "courier_incident", "history"} <= starred
    assert tables_with(open_shop, "789, 321", "canary picture") == {"signature", "photograph"}


def test_when_he_is_forgotten_no_table_and_no_file_knows_him(
    open_shop: Any, lived: Parcel, tmp_path: Path
):
    open_shop.later(days=erasure.RETENTION.days + 1)
    told = str(open_shop.read(erasure.export, [lived.id]))
    assert not [word for word in ("张测试甲", "13912345678", "tb_canary", WORDS)
                if word not in told]
    done = open_shop.write(erasure.erase, [lived.id], who="王经理", reason="本人要求")
    assert isinstance(done, Destruction), done
    assert done.counts["words"] == 3
    assert open_shop.db.empty_log()
    assert tables_with(open_shop, *CANARY, "789, 321", "canary picture") == set()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if path.suffix == ".zip"]
    for path in files:
        data = b"".join(contents(path))
        for word in CANARY:
            assert word.encode() not in data, (path, word)


def contents(path: Path) -> list[bytes]:
    if path.suffix != ".zip":
        return [path.read_bytes()]
    with zipfile.ZipFile(path) as packed:
        return [packed.read(name) for name in packed.namelist()]


def test_what_proves_the_trade_stays_and_the_chains_still_hold(open_shop: Any, lived: Parcel):
    open_shop.write(heads.sign, "hour")
    open_shop.later(days=erasure.RETENTION.days + 1)
    open_shop.write(erasure.erase, [lived.id], who="王经理", reason="本人要求")
    kept = open_shop.parcel(lived.id)
    assert (kept.waybill_no, kept.weight_g, kept.city) == (lived.waybill_no, 600, "台州市")
    case = open_shop.read(lambda session: session.get(cases.Case, open_shop.case))
    assert (case.paid_fen, case.ticket, case.note) == (9900, "T-1", "")
    reasons = open_shop.read(lambda session: session.scalars(select(PrintJob.reason)).all())
    assert any(reason.startswith("*** *** 说改到***") for reason in reasons)
    proven = open_shop.read(heads.prove, [])
    assert proven.breaks == []
    assert open_shop.read(lambda s: list(history.verify(s, None, proven.claims))) == []


def test_words_that_an_older_version_wrote_in_clear_are_starred_when_he_is_forgotten(
    open_shop: Any, lived: Parcel
):
    tables = {"hold": "reason", "weighing": "reason", "print_job": "reason",
              "handover_line": "reason", "handover_correction": "reason",
              "courier_incident": "note", "after_sale_payment": "how"}

    def write_as_before(session: Any, *, now: Any) -> None:
        for name, column in tables.items():
            table = Base.metadata.tables[name]
            about = table.c.get("parcel_id")
            step = table.update().values({column: WORDS})
            session.execute(step if about is None else step.where(about == lived.id))

    open_shop.write(write_as_before)
    assert set(tables) <= tables_with(open_shop, *CANARY)
    open_shop.later(days=erasure.RETENTION.days + 1)
    open_shop.write(erasure.erase, [lived.id], who="王经理", reason=f"{WHO.name}要求")
    assert tables_with(open_shop, *CANARY) == set()


def test_another_buyers_words_are_left_alone(open_shop: Any, lived: Parcel):
    other = open_shop.pay("D1", "TS1103-白色-M", buyer_message="李四 13800000001 加急")
    open_shop.later(days=erasure.RETENTION.days + 1)
    open_shop.write(erasure.erase, [lived.id], who="王经理", reason="本人要求")
    assert "李四 13800000001 加急" in open_shop.parcel(other.parcel_id).note


def test_what_waits_for_a_person_about_others_stays_whole_when_somebody_is_forgotten(
    open_shop: Any, lived: Parcel
):
    row = {"address": "台州市 新街9号 李四 13800000001", "value": WHO.phone}
    review = Review(code="unclear_address", source="订单.csv", place="row 8", digest="e" * 64,
                    facts=row, at=open_shop.now)
    number = open_shop.db.write(lambda session: (session.add(review), session.flush(),
                                                 review.id)[-1])
    open_shop.later(days=erasure.RETENTION.days + 1)
    open_shop.write(erasure.erase, [lived.id], who="王经理", reason="本人要求")
    kept = open_shop.read(lambda session: session.get(Review, number).facts)
    assert kept == {"address": "台州市 新街9号 李四 13800000001", "value": "***"}
    shown = {one.id: one.facts for one in open_shop.read(screens.reviews)}
    assert shown[number]["address"] == "台州市 新街9号 李四 ***"


def test_a_call_that_still_waited_is_never_made_without_its_words(
    open_shop: Any, lived: Parcel
):
    open_shop.later(days=erasure.RETENTION.days + 1)
    open_shop.write(erasure.erase, [lived.id], who="王经理", reason="本人要求")
    states = open_shop.read(lambda session: session.scalars(select(Outbox.state)).all())
    assert states
    assert "waiting" not in states


def test_he_is_gone_at_the_end_of_the_retention_without_being_asked(
    open_shop: Any, lived: Parcel
):
    open_shop.later(days=erasure.RETENTION.days + 2)
    assert open_shop.write(erasure.fade) == 1
    assert tables_with(open_shop, *CANARY, "789, 321") == set()


def test_an_order_that_was_never_shipped_fades_too(open_shop: Any):
    taken = open_shop.pay("V1", "JN8801-黑色-32", consignee=WHO, buyer="tb_canary")
    young = open_shop.pay("V2", "JN8801-黑色-32", buyer="tb_other")

    def end(session: Any, *, now: Any) -> None:
        for parcel_id in (taken.parcel_id, young.parcel_id):
            session.get(Parcel, parcel_id).state = "void"
        session.get(Parcel, young.parcel_id).created_at += timedelta(days=2)

    open_shop.write(end)
    open_shop.later(days=erasure.RETENTION.days)
    assert open_shop.write(erasure.fade) == 0
    open_shop.later(days=1)
    assert open_shop.write(erasure.fade) == 1
    assert open_shop.write(erasure.fade) == 0
    assert tables_with(open_shop, *CANARY) == set()
    assert open_shop.parcel(young.parcel_id).name == "林小满"
