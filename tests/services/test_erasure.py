"""A buyer's data is given out and destroyed by request; the proof of the trade stays."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from station.db.models import Base, Destruction, PageImage, Photograph, Signature
from station.domain.orders import Consignee
from station.domain.refusals import Code, Refusal
from station.services import erasure, heads, history

CANARY = Consignee(
    "张测试甲", "13912345678", "浙江省", "台州市", "温岭市", "城东街道暗号路77弄8号", "317500",
)
OTHER = Consignee("李四", "13800000001", "浙江省", "台州市", "温岭市", "别处路1号", "317500")


@pytest.fixture
def gone(open_shop: Any) -> int:
    """A parcel of the planted buyer that left four years ago."""
    parcel = open_shop.seal("C1", "JN8801-黑色-32", consignee=CANARY, buyer="tb_secret",
                            buyer_message="放门卫老李处")

    def leave(session: Any, *, now: Any) -> None:
        row = session.get(type(parcel), parcel.id)
        row.state, row.handed_over_at = "handed_over", now
        session.add(Signature(parcel_id=row.id, role="packer", who="阿明", how="drawn",
                              strokes=[[[1, 2], [3, 4]]], signed_hash="0" * 64, at=now))

    open_shop.write(leave)
    open_shop.now += erasure.RETENTION + timedelta(days=1)
    return parcel.id


def erase(shop: Any, *ids: int) -> Any:
    return shop.write(erasure.erase, ids, who="王经理", reason="本人要求")


def test_a_person_is_found_by_phone_and_by_order_and_nobody_else(open_shop: Any, gone: int):
    other = open_shop.pay("C2", "TS1103-白色-M", consignee=OTHER)
    assert open_shop.read(erasure.parcels_of, phone="+86 139 1234 5678") == [gone]
    assert open_shop.read(erasure.parcels_of, order_no="C1") == [gone]
    assert open_shop.read(erasure.parcels_of, phone=OTHER.phone) == [other.parcel_id]
    assert open_shop.read(erasure.parcels_of, phone="13912345679") == []
    assert open_shop.read(erasure.parcels_of) == []


def test_the_export_tells_everything_that_is_kept_of_him(open_shop: Any, gone: int):
    told = str(open_shop.read(erasure.export, [gone]))
    for known in ("张测试甲", "13912345678", "暗号路", "tb_secret", "放门卫老李处", "C1"):
        assert known in told


def test_after_erasing_nothing_personal_is_left_and_the_proof_still_holds(
    open_shop: Any, gone: int
):
    open_shop.write(heads.sign, "hour")
    record = erase(open_shop, gone)
    assert isinstance(record, Destruction)
    assert record.counts == {
        "parcels": 1, "orders": 1, "pages": 1, "photographs": 0, "signatures": 1, "archived": 0,
        "calls": 0, "cases": 0, "words": 0}
    parcel = open_shop.parcel(gone)
    assert (parcel.name, parcel.phone, parcel.street, parcel.note) == ("", "", "", "")
    assert (parcel.phone_digest, parcel.phone4_digest, parcel.name_digest) == ("", "", "")
    assert parcel.orders[0].buyer == parcel.orders[0].buyer_message == ""
    assert open_shop.read(erasure.parcels_of, phone=CANARY.phone) == []
    assert open_shop.read(lambda s: s.scalars(select(PageImage.id)).all()) == []
    assert open_shop.read(lambda s: s.scalars(select(Signature.strokes)).all()) == [[]]
    assert (parcel.weight_g, parcel.waybill_no is not None, parcel.city) == (600, True, "台州市")
    proven = open_shop.read(heads.prove, [])
    assert proven.breaks == []
    assert open_shop.read(lambda s: list(history.verify(s, None, proven.claims))) == []


def test_the_record_of_destruction_names_what_and_who_but_not_whose(open_shop: Any, gone: int):
    record = erase(open_shop, gone)
    kept = open_shop.read(lambda s: s.execute(text("SELECT * FROM destruction")).one())
    assert (record.who, record.reason, record.parcels, record.orders) == (
        "王经理", "本人要求", [gone], ["C1"])
    assert not any(secret in str(kept) for secret in ("张测试甲", "13912345678", "暗号"))
    rows = open_shop.read(lambda s: s.execute(
        text("SELECT data FROM history WHERE kind = 'erased'")).all())
    assert len(rows) == 2
    assert all(record.hash in row.data for row in rows)


def test_no_table_keeps_a_sealed_value_of_him(open_shop: Any, gone: int):
    erase(open_shop, gone)
    names = [table.name for table in Base.metadata.sorted_tables]
    kept = open_shop.read(lambda s: "".join(
        str(tuple(row)) for name in names for row in s.execute(text(f"SELECT * FROM {name}"))))  # noqa: S608 - our own names
    assert "pb1:" not in kept.replace("b'pb1:", "pb1:")


def test_a_parcel_under_way_is_refused(open_shop: Any):
    taken = open_shop.pay("C9", "JN8801-黑色-32", consignee=CANARY)
    refusal = erase(open_shop, taken.parcel_id)
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.PRIVACY_UNDER_WAY
    assert open_shop.parcel(taken.parcel_id).name == "张测试甲"


def test_a_trade_that_must_stay_provable_is_refused_with_the_day(open_shop: Any, gone: int):
    open_shop.now -= timedelta(days=2)
    refusal = erase(open_shop, gone)
    assert refusal.code is Code.PRIVACY_RETENTION
    assert refusal.facts["until"] == "2029-11-23"
    assert open_shop.parcel(gone).phone == CANARY.phone


def test_one_parcel_that_must_stay_keeps_all_of_the_request(open_shop: Any, gone: int):
    taken = open_shop.pay("C9", "JN8801-黑色-32", consignee=CANARY)
    refusal = erase(open_shop, gone, taken.parcel_id)
    assert refusal.code is Code.PRIVACY_UNDER_WAY
    assert open_shop.parcel(gone).name == "张测试甲"


def test_nobody_is_told_as_nobody(open_shop: Any):
    assert erase(open_shop).code is Code.PRIVACY_NOBODY


def test_an_open_case_is_refused(open_shop: Any, gone: int):
    from station.db.models import Case  # noqa: PLC0415 - one use

    open_shop.write(lambda session, now: session.add(Case(
        kind="lost", state="open", parcel_id=gone, carrier="STO", waybill_no="773", opened_at=now)))
    assert erase(open_shop, gone).code is Code.PRIVACY_CASE_OPEN


def test_erasing_again_finds_nothing_more(open_shop: Any, gone: int):
    erase(open_shop, gone)
    again = erase(open_shop, gone)
    assert again.counts["pages"] == 0
    assert open_shop.read(lambda s: s.scalars(select(Photograph.id)).all()) == []
