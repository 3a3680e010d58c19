"""Tariffs in the records: dated versions that no used day can lose."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from station.carriers import example_tariffs
from station.db.models import HandoverLine, History
from station.domain.refusals import Code, Refusal
from station.domain.tariffs import (
    Average,
    Bracket,
    Tariff,
    tariff_for,
)
from station.domain.vocabulary import CarrierCode
from station.services import handover, tariffs

if TYPE_CHECKING:
    from conftest import Shop

JEANS = "JN8801-黑色-32"
STO = next(one for one in example_tariffs() if one.carrier is CarrierCode.STO)
TODAY = date(2026, 11, 23)


def dearer(by: int, since: date, until: date | None = None) -> Tariff:
    zones = tuple(replace(zone, first_fen=zone.first_fen + by) for zone in STO.zones)
    return replace(STO, valid_from=since, valid_until=until, zones=zones, name=f"+{by}")


def take(shop: Shop, *given: Tariff) -> Any:
    return shop.write(tariffs.take, given, source="page", who="陈姐")


def book(shop: Shop) -> tuple[Tariff, ...]:
    return shop.read(tariffs.price_book, shop.rules.tariffs)


def hand_in(shop: Shop, order_no: str, fen: int) -> tuple[int, Any]:
    """One parcel of the pile with the courier's price; the session and what was found."""
    parcel = shop.seal(order_no, JEANS, grams=620)
    pile = shop.write(
        lambda s, *, now: handover.open_session(s, CarrierCode.STO, who="仓管", now=now).id)
    shop.write(handover.scan, pile, parcel.waybill_no, who="仓管")
    return pile, shop.write(
        handover.enter_figures, pile, parcel.id, weight_g=620, price_fen=fen, rules=shop.rules,
        who="仓管",
    )


@pytest.mark.rule("D6", "S9")
def test_a_kept_version_ends_the_examples_of_its_class_on_its_day(shop: Shop) -> None:
    since = TODAY + timedelta(days=3)
    (version,) = take(shop, dearer(70, since))
    days = [since - timedelta(days=1), since]
    for carrier in (CarrierCode.STO, CarrierCode.YTO):
        found = [tariff_for(book(shop), carrier, day) for day in days]
        assert [one.version for one in found if one] == [0, version]
    assert tariff_for(book(shop), CarrierCode.SF, since).version == 0


def test_a_kept_version_is_read_as_it_was_given(shop: Shop) -> None:
    made = dearer(70, TODAY)
    take(shop, made)
    (row,) = shop.read(tariffs.versions)
    assert replace(row.tariff, version=0) == made
    assert (row.entered_by, row.source, row.used_until) == ("陈姐", "page", None)
    kinds = shop.read(lambda s: s.scalars(
        select(History.kind).where(History.chain == "tariffs")).all())
    assert kinds == ["taken"]


@pytest.mark.rule("D6")
def test_the_version_of_the_hand_overs_day_prices_it_and_its_line_remembers_which(
    open_shop: Shop,
) -> None:
    (old,) = take(open_shop, dearer(70, TODAY))
    take(open_shop, dearer(90, TODAY + timedelta(days=1)))
    _, found = hand_in(open_shop, "2450000000000001001", 570)
    assert (found.finding, found.our_fen, found.version) == (None, 570, old)
    assert open_shop.read(lambda s: s.scalars(select(HandoverLine.tariff_id)).all()) == [old]
    open_shop.later(days=1)
    _, found = hand_in(open_shop, "2450000000000001002", 570)
    assert (found.finding, found.our_fen) == (Code.HANDOVER_PRICE_DIFFERS, 590)


@pytest.mark.rule("D12")
def test_a_version_in_use_is_followed_never_changed(open_shop: Shop) -> None:
    (used,) = take(open_shop, dearer(70, TODAY))
    hand_in(open_shop, "2450000000000001003", 570)
    refused = Refusal(Code.TARIFF_IN_USE, {
        "carrier": "STO", "valid_from": "2026-11-23", "after": "2026-11-24"})
    assert take(open_shop, dearer(80, TODAY)) == refused
    assert open_shop.write(tariffs.withdraw, used, who="陈姐") == refused
    assert isinstance(take(open_shop, dearer(80, TODAY + timedelta(days=1))), tuple)
    assert [row.used_until for row in open_shop.read(tariffs.versions)] == [None, TODAY]


def test_nothing_slips_under_a_day_that_was_priced(open_shop: Shop) -> None:
    take(open_shop, dearer(70, TODAY - timedelta(days=30)))
    hand_in(open_shop, "2450000000000001004", 570)
    assert take(open_shop, dearer(80, TODAY - timedelta(days=3))).code == Code.TARIFF_IN_USE
    assert len(take(open_shop, dearer(80, TODAY - timedelta(days=40),
                                      TODAY - timedelta(days=31)))) == 1


def test_a_version_that_priced_nothing_gives_up_its_day(shop: Shop) -> None:
    take(shop, dearer(70, TODAY))
    (again,) = take(shop, dearer(80, TODAY))
    assert [row.version for row in shop.read(tariffs.versions)] == [again]
    assert shop.write(tariffs.withdraw, again, who="陈姐") is None
    assert shop.read(tariffs.versions) == ()
    assert shop.write(tariffs.withdraw, again, who="陈姐") is None


def test_two_versions_of_one_day_are_refused(shop: Shop) -> None:
    take(shop, dearer(70, TODAY, TODAY + timedelta(days=9)))
    refused = take(shop, dearer(80, TODAY + timedelta(days=9)))
    assert refused == Refusal(Code.TARIFF_OVERLAPS, {
        "carrier": "STO", "valid_from": "2026-11-23"})
    assert isinstance(take(shop, dearer(80, TODAY + timedelta(days=10))), tuple)


def test_of_several_versions_all_are_kept_or_none(shop: Shop) -> None:
    first = dearer(70, TODAY, TODAY + timedelta(days=9))
    assert take(shop, first, dearer(80, TODAY + timedelta(days=5))).code == Code.TARIFF_OVERLAPS
    assert shop.read(tariffs.versions) == ()
    assert len(take(shop, first, dearer(80, TODAY + timedelta(days=10)))) == 2


@pytest.mark.rule("D12")
def test_the_months_average_counts_the_parcels_that_are_priced_by_it(open_shop: Shop) -> None:
    average = Average((Bracket(500, 230), Bracket(3000, 300)))
    zones = tuple(replace(zone, average=average) for zone in STO.zones)
    take(open_shop, replace(STO, zones=zones, valid_from=TODAY))
    open_shop.stock_goods("CT1-黑色-L", weight_g=3200)
    weights = {"2450000000000001005": 401, "2450000000000001006": 602, "2450000000000001007": 3400}
    piles = set()
    for order_no, grams in weights.items():
        parcel = open_shop.seal(order_no, JEANS, grams=grams, buyer=order_no)
        pile = open_shop.write(
            lambda s, *, now: handover.open_session(s, CarrierCode.STO, who="仓管", now=now).id)
        piles.add(pile)
        open_shop.write(handover.scan, pile, parcel.waybill_no, who="仓管")
        found = open_shop.write(
            handover.enter_figures, pile, parcel.id, weight_g=grams, price_fen=1900,
            rules=open_shop.rules, who="仓管",
        )
        assert found.finding is (None if grams < 3000 else Code.HANDOVER_PRICE_DIFFERS)
        if found.finding:
            open_shop.write(handover.accept, pile, parcel.id, manager="陈姐", reason="试")
    (pile,) = piles
    done = open_shop.write(
        handover.close, pile, courier="王师傅", strokes=[[[1, 1], [9, 9]]], who="仓管",
        rules=open_shop.rules,
    )
    assert done.state == "closed"
    assert averages(open_shop, "STO") == {("STO", "2026-11"): 502}
    assert averages(open_shop, "SF") == {}


def test_without_a_contract_by_average_there_is_none(shop: Shop) -> None:
    assert averages(shop, "STO") == {}


def averages(shop: Shop, carrier: str) -> dict[tuple[str, str], int]:
    book = shop.read(tariffs.price_book, shop.rules.tariffs)
    return dict(shop.read(tariffs.averages_about, carrier, "2026-11", book))
