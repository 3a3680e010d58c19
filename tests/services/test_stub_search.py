"""One box finds a stub by whatever is remembered of it, and says what it took each word for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from station.carriers import example_tariffs, reach_table
from station.db.models import PageImage, Parcel, PrintJob
from station.domain.orders import Consignee
from station.domain.refusals import Refusal
from station.services import handover
from station.services.rules import Rules
from station.services.stub_search import SHOWN, StubSearch, search

if TYPE_CHECKING:
    from conftest import Shop

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
OTHER = Consignee("王大力", "13900007788", "江苏省", "苏州市", "吴中区", "东吴路9号", "215000")


def hand_over(shop: Shop, *parcels: Parcel, courier: str = "小吴") -> None:
    def whole(session: Any, *, now: Any) -> None:
        pile = handover.open_session(session, parcels[0].carrier, who="老周", now=now).id
        for parcel in parcels:
            handover.scan(session, pile, parcel.waybill_no, who="老周", now=now)
            handover.enter_figures(session, pile, parcel.id, weight_g=parcel.weight_g,
                                   price_fen=500, rules=shop.rules, who="老周", now=now)
            handover.accept(session, pile, parcel.id, manager="陈姐", reason="价", now=now)
        closed = handover.close(session, pile, courier=courier, strokes=[[[1, 1], [900, 900]]],
                                who="老周", rules=shop.rules, now=now)
        assert not isinstance(closed, Refusal), closed

    shop.write(whole)


def sold(shop: Shop) -> tuple[Parcel, Parcel]:
    """Jeans to Lin on the 23rd with 小吴, a shirt to Wang on the 24th with 小郑."""
    first = shop.seal("2450000000000001001", JEANS)
    hand_over(shop, first)
    shop.later(days=1)
    second = shop.seal("2450000000000001002", SHIRT, buyer="tb_wang", consignee=OTHER)
    hand_over(shop, second, courier="小郑")
    return first, second


@pytest.fixture
def two(open_shop: Shop) -> tuple[Parcel, Parcel]:
    """The two parcels in a shop of the test's own."""
    return sold(open_shop)


@dataclass(frozen=True)
class Archive:
    """The two parcels in a shop that all tests of this file share: it can only be asked."""

    two: tuple[Parcel, Parcel]
    read: Callable[..., Any]
    now: datetime


@pytest.fixture(scope="module")
def archive(standing_database: Any, new_shop: type[Shop]) -> Archive:
    rules = Rules(reach=reach_table(), tariffs=example_tariffs(), low_pool=0)
    shop = new_shop(standing_database, rules)
    shop.receive_numbers()
    shop.stock_goods(JEANS)
    shop.stock_goods(SHIRT, weight_g=180)
    return Archive(sold(shop), shop.read, shop.now)


def find(shop: Shop | Archive, text: str) -> StubSearch:
    found: StubSearch = shop.read(search, text, now=shop.now)
    return found


def numbers(found: StubSearch) -> list[str]:
    return [row.waybill_no for row in found.rows]


@pytest.mark.rule("D6")
@pytest.mark.parametrize(
    ("text", "meaning"),
    [("2450000000000001001", "order"), ("2026-11-23", "day"), ("20261123", "day"),
     ("11月23日", "day"), ("11-23", "day"), ("2026年11月23日", "day"), ("小吴", "courier"),
     ("JN8801-黑色-32", "article"), ("JN8801", "article"), ("tb_lin", "buyer"), ("林小满", "name"),
     ("13900000101", "phone"), ("+86 139-0000-0101".replace(" ", ""), "phone"),
     ("0101", "phone_end"), ("STO-20261123-01", "handover")],
)
def test_one_stub_is_found_by_each_thing_that_is_remembered(
    archive: Archive, text: str, meaning: str
):
    found = find(archive, text)
    assert numbers(found) == [archive.two[0].waybill_no]
    assert [meanings for _, meanings in found.words] == [(meaning,)]


@pytest.mark.rule("D6")
def test_a_number_is_found_whole_and_by_its_end(archive: Archive):
    number = archive.two[0].waybill_no or ""
    assert find(archive, number).words == ((number, ("waybill",)),)
    assert numbers(find(archive, number)) == [number]
    by_end = find(archive, number[-6:].lower())
    assert "waybill_end" in by_end.words[0][1]
    assert number in numbers(by_end)


@pytest.mark.parametrize("text", ["", "申通", "STO", "sto", "申通快递", "2026-11", "2026年11月",
                                  "阿明", "申通 2026-11 阿明"])
def test_what_both_share_finds_both_the_newest_first(archive: Archive, text: str):
    assert numbers(find(archive, text)) == [archive.two[1].waybill_no, archive.two[0].waybill_no]


@pytest.mark.parametrize(
    ("text", "which"),
    [("小吴 JN8801", 0), ("11-24 TS1103", 1), ("申通 王大力", 1), ("11月23日 林小满 阿明", 0)],
)
def test_all_words_must_hold(archive: Archive, text: str, which: int):
    assert numbers(find(archive, text)) == [archive.two[which].waybill_no]


@pytest.mark.parametrize(
    "text", ["小吴 TS1103", "11-24 林小满", "顺丰", "%", "_", "没有这个人", "2026-10", "11-22",
             "13月45日", "99999999", "林小", "139000001", "' OR 1=1 --", "0102"],
)
def test_what_holds_for_none_finds_none(archive: Archive, text: str):
    assert find(archive, text).rows == ()


def test_a_word_that_is_nothing_is_said_to_be(archive: Archive):
    assert find(archive, "小吴 蓝天").words == (("小吴", ("courier",)), ("蓝天", ()))


def test_a_day_without_a_year_is_the_last_one_there_was(
    open_shop: Shop, two: tuple[Parcel, Parcel]
):
    open_shop.now = open_shop.now.replace(year=2027, month=3)
    assert numbers(find(open_shop, "11-23")) == [two[0].waybill_no]
    assert find(open_shop, "3-1").rows == ()


def test_a_stub_knows_its_printed_page(open_shop: Shop, two: tuple[Parcel, Parcel]):
    assert find(open_shop, "").rows[0].job_id is None

    def draw(session: Any, *, now: Any) -> int:
        job = session.scalars(select(PrintJob).where(
            PrintJob.kind == "stub", PrintJob.parcel_id == two[1].id)).one()
        session.add(PageImage(job_id=job.id, page=1, png=b"png"))
        return int(job.id)

    job_id = open_shop.write(draw)
    assert [row.job_id for row in find(open_shop, "").rows] == [job_id, None]


def test_very_many_are_cut_and_said_to_be(open_shop: Shop, two: tuple[Parcel, Parcel]):
    def more(session: Any, *, now: Any) -> None:
        from station.db.models import Stub  # noqa: PLC0415 - one use

        first = session.get_one(Stub, two[0].id)
        pattern = session.get_one(Parcel, two[0].id)
        for n in range(SHOWN):
            facts = {column.name: getattr(pattern, column.name)
                     for column in Parcel.__table__.columns if column.name not in ("id",)}
            row = Parcel(**{**facts, "waybill_no": f"9900000000{n:05d}"})
            session.add(row)
            session.flush()
            session.add(Stub(
                parcel_id=row.id, handover_id=first.handover_id, carrier="STO", day=first.day,
                waybill_no=row.waybill_no, backwards=row.waybill_no[::-1], packer="阿明",
                courier="小吴", filed_at=now))

    open_shop.write(more)
    found = find(open_shop, "申通")
    assert (len(found.rows), found.more) == (SHOWN, True)


def test_an_article_is_found_in_its_newest_parcels_and_in_no_other(
    open_shop: Shop, two: tuple[Parcel, Parcel]
):
    """Parcels are looked through up to a bound: it is the oldest that are left out."""
    open_shop.later(days=1)
    newest = open_shop.seal("2450000000000001003", JEANS)
    hand_over(open_shop, newest)
    jeans = [newest.waybill_no, two[0].waybill_no]
    assert numbers(find(open_shop, JEANS)) == jeans
    assert numbers(find(open_shop, f"{JEANS} 小吴 申通")) == jeans
    assert numbers(find(open_shop, f"{JEANS} 2026-11-23")) == jeans[1:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("station.services.stub_search._NEWEST", 1)
        assert numbers(find(open_shop, JEANS)) == jeans[:1]
        assert numbers(find(open_shop, f"{JEANS} 2026-11-23")) == jeans[1:]  # a day looks at all


@settings(max_examples=40, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=140))
def test_no_text_is_too_strange_to_be_asked(open_shop: Shop, text: str):
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
        return  # the door of the pages refuses these for every form
    found = find(open_shop, text)
    assert found.rows == ()
    assert len(found.words) <= 6


def test_widths_capitals_and_blanks_do_not_hide_a_name(open_shop: Shop):
    parcel = open_shop.seal("1001", JEANS, consignee=replace(OTHER, name="Ａｌｉｃｅ 李"))
    hand_over(open_shop, parcel)
    assert numbers(find(open_shop, "alice李")) == [parcel.waybill_no]
