"""Every line of a bill gets its finding, and the findings add up to the fen (D12)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.carriers import example_tariffs
from station.domain.bill_findings import REASONS, Finding, Totals
from station.domain.bill_prices import Atlas, Prices, share
from station.domain.reconciliation import Terms, match, missing, rightly_unbilled
from station.domain.statements import Shipment, StatementLine
from station.domain.tariff_table import load_tariffs

pytestmark = pytest.mark.rule("D12")
PRICES = Prices(example_tariffs())
TERMS = Terms("2026-11", PRICES, "STO")
SENT = Shipment(
    "773000000000001", "STO", "广东省", "广州市", weight_g=720, handed_on="2026-11-05",
    weighed_at="2026-11-05T09:00:00+00:00", packer="阿明", handover_no="H-7", courier="王师傅",
)  # fmt: skip
LINE = StatementLine(
    5, "773000000000001", 800, day="2026-11-05", province="广东", city="广州", charged_g=1000
)  # fmt: skip


def found(
    *lines: StatementLine, sent: Iterable[Shipment] = (SENT,), terms: Terms = TERMS
) -> list[Finding]:
    """The findings, checked to add up."""
    parcels = list(sent)
    findings = list(match(lines, parcels, terms))
    totals = Totals()
    for one in findings:
        totals.add(one)
        assert one.fen == (one.theirs or 0) - (one.ours or 0)
        assert one.reason in REASONS
    assert totals.difference_fen == totals.billed_fen - totals.owed_fen
    assert totals.lines == len(lines)
    assert sorted(one.row for one in findings if one.row) == sorted(line.row for line in lines)
    return findings


def only(*lines: StatementLine, **facts: Any) -> Finding:
    (one,) = found(*lines, **facts)
    return one


def told(one: Finding) -> tuple[Any, ...]:
    return one.finding, one.ours, one.theirs, one.fen, one.reason


def test_a_line_that_is_right_is_matched_without_further_words():
    assert only(LINE) == Finding(5, "773000000000001", "matched", 800, 800, 0)


def test_a_number_that_nobody_knows_is_not_ours():
    assert told(only(LINE, sent=())) == ("not_ours", 0, 800, 800, "unknown_number")


def test_a_number_that_never_left_is_not_charged_for():
    assert told(only(LINE, sent=[SENT._replace(handed_on="")]))[0::4] == (
        "not_ours", "never_handed_over")


def test_another_carriers_parcel_is_not_ours_to_pay_here():
    one, = found(LINE, sent=[SENT._replace(carrier="YTO")])
    assert told(one)[0::4] == ("not_ours", "other_carrier")


def test_a_number_that_cannot_be_read_is_not_ours_yet():
    one = only(LINE._replace(waybill_no="7.73E+14", damaged=True), sent=())
    assert one.reason == "damaged_number"


def test_a_charge_without_a_number_is_nobodys():
    one = only(StatementLine(9, "", 5000, remark="面单费"), sent=())
    assert told(one) == ("not_ours", 0, 5000, 5000, "no_number")


def test_what_was_handed_over_and_is_not_on_the_bill_is_missing():
    one, = found()
    assert told(one) == ("missing_from_bill", 800, 0, -800, "not_billed")
    assert (one.row, one.waybill_no, one.handover_no) == (0, SENT.waybill_no, "H-7")


@pytest.mark.parametrize("day", ["2026-11-30", "2026-02-28", "2024-02-29", "2026-12-31"])
def test_what_left_on_the_last_day_may_stand_on_the_next_bill(day: str):
    terms = Terms(day[:7], PRICES, "STO")
    one = missing(SENT._replace(handed_on=day), terms)
    assert one is not None
    assert one.reason == "end_of_month"


@pytest.mark.parametrize("day", ["2026-11-29", "2024-02-28", "2100-02-27", "2026-04-29"])
def test_no_other_day_is_the_last_one(day: str):
    one = missing(SENT._replace(handed_on=day), Terms(day[:7], PRICES, "STO"))
    assert one is not None
    assert one.reason == "not_billed"


@pytest.mark.parametrize("sent", [
    SENT._replace(carrier="YTO"), SENT._replace(handed_on="2026-10-31"),
    SENT._replace(handed_on=""), SENT._replace(billed_in="2026-10"), SENT._replace(trouble="lost"),
])
def test_what_is_not_due_on_this_bill_is_not_missing(sent: Shipment):
    assert found(sent=[sent]) == []


@pytest.mark.rule("D8", "D9")
def test_a_lost_parcel_that_is_not_charged_is_right():
    assert rightly_unbilled(SENT._replace(trouble="lost"), TERMS)
    assert not rightly_unbilled(SENT, TERMS)
    assert not rightly_unbilled(SENT._replace(trouble="lost", handed_on="2026-10-01"), TERMS)


def test_a_second_line_of_a_number_is_billed_twice():
    first, second = found(LINE, LINE._replace(row=9))
    assert told(first)[0] == "matched"
    assert told(second) == ("billed_twice", 0, 800, 800, "again")


def test_every_further_line_is_billed_twice_whatever_its_price():
    kinds = [one.finding for one in found(
        LINE, LINE._replace(row=9, fee_fen=1300, charged_g=2000), LINE._replace(row=11))]
    assert kinds == ["matched", "billed_twice", "billed_twice"]


def test_an_earlier_bill_has_charged_for_it_already():
    one = only(LINE, sent=[SENT._replace(billed_in="2026-10")])
    assert told(one) == ("billed_twice", 0, 800, 800, "billed_before")


def test_several_lines_that_add_up_to_the_price_are_one_price():
    sent = SENT._replace(weight_g=1500)
    findings = found(LINE, LINE._replace(row=6, fee_fen=500), sent=[sent])
    assert [told(one) for one in findings] == [
        ("matched", 800, 800, 0, "split"), ("matched", 500, 500, 0, "split")]


def test_equal_lines_are_a_second_charge_even_if_they_add_up():
    sent = SENT._replace(weight_g=1500)
    line = LINE._replace(fee_fen=650)
    kinds = [one.finding for one in found(line, line._replace(row=6), sent=[sent])]
    assert kinds[1] == "billed_twice"


def test_a_heavier_step_is_told_with_its_money():
    one = only(LINE._replace(fee_fen=1800, charged_g=3000))
    assert told(one) == ("heavier_step", 800, 1800, 1000, "above_the_step")
    assert (one.ours_g, one.theirs_g, one.packer, one.courier) == (720, 3000, "阿明", "王师傅")
    assert (one.weighed_at, one.handed_on) == (SENT.weighed_at, "2026-11-05")


def test_a_weight_in_the_same_step_is_nothing():
    assert only(LINE._replace(charged_g=990)).finding == "matched"


def test_near_the_edge_both_sides_may_be_right():
    one = only(LINE._replace(fee_fen=1300, charged_g=2000), sent=[SENT._replace(weight_g=990)])
    assert told(one)[0::4] == ("heavier_step", "near_the_edge")


def test_a_heavier_weight_with_the_right_fee_costs_nothing():
    one = only(LINE._replace(charged_g=2000))
    assert told(one) == ("heavier_step", 800, 800, 0, "same_fee")


def test_a_lighter_step_is_told_in_our_favour():
    one = only(LINE, sent=[SENT._replace(weight_g=1500)])
    assert told(one) == ("lighter_step", 1300, 800, -500, "below_the_step")


def test_a_lighter_weight_with_the_right_fee_is_right():
    one = only(LINE._replace(fee_fen=1300), sent=[SENT._replace(weight_g=1500)])
    assert one.finding == "matched"


def test_a_weight_accepted_at_the_hand_over_is_owed():
    sent = SENT._replace(courier_g=1040, accepted=True)
    one = only(LINE._replace(fee_fen=1300, charged_g=2000), sent=[sent])
    assert told(one) == ("matched", 1300, 1300, 0, "accepted_at_handover")
    other = only(LINE._replace(fee_fen=1800, charged_g=3000), sent=[sent])
    assert other.finding == "heavier_step"


def test_a_price_that_no_tariff_gives_is_told():
    one = only(LINE._replace(fee_fen=1000))
    assert told(one) == ("price_not_by_tariff", 800, 1000, 200, "not_the_tariff")


def test_weight_and_price_that_both_differ_share_the_money():
    one = only(LINE._replace(fee_fen=1400, charged_g=2000))
    assert (one.finding, one.fen, one.also) == (
        "heavier_step", 600, (("price_not_by_tariff", 100),))


def test_what_has_most_money_in_it_is_named_first():
    one = only(LINE._replace(fee_fen=9000, charged_g=2000))
    assert (one.finding, one.also) == ("price_not_by_tariff", (("heavier_step", 500),))


def test_another_destination_of_the_same_price_is_told():
    one = only(LINE._replace(province="四川省", city="成都市"))
    assert told(one) == ("other_destination", 800, 800, 0, "other_place")
    assert (one.ours_place, one.theirs_place) == ("广东省 广州市", "四川省 成都市")


def test_another_destination_of_another_price_carries_the_difference():
    sent = SENT._replace(province="浙江省", city="杭州市")
    assert told(only(LINE, sent=[sent])) == ("other_destination", 500, 800, 300, "other_place")


def test_another_destination_at_our_price_costs_nothing():
    one = only(LINE._replace(province="浙江省", city="杭州市"))
    assert told(one) == ("other_destination", 800, 800, 0, "other_place")


def test_another_destination_and_a_heavier_step_share_the_money():
    one = only(LINE._replace(province="西藏", city="拉萨", fee_fen=1300, charged_g=2000))
    assert (one.finding, one.also) == ("heavier_step", (("other_destination", 0),))


def test_a_parcel_of_another_month_is_not_owed_in_this_one():
    one = only(LINE, sent=[SENT._replace(handed_on="2026-10-30")])
    assert told(one) == ("other_month", 0, 800, 800, "handed_over_then")


@pytest.mark.parametrize(("day", "finding"), [
    ("2026-10-31", "other_month"), ("2026-12-20", "other_month"), ("2026-12-02", "matched"),
    ("", "matched"), ("2026-11-30", "matched"),
])
def test_the_lines_own_date_must_lie_in_the_month_or_little_later(day: str, finding: str):
    assert only(LINE._replace(day=day)).finding == finding


def test_what_lies_outside_our_records_is_not_called_a_strangers():
    terms = Terms("2026-11", PRICES, "STO", ("2026-11", "2026-11"))
    line = LINE._replace(day="2026-10-20", waybill_no="773000000000099")
    stranger, _ = found(line, terms=terms)
    assert told(stranger)[0::4] == ("other_month", "before_our_records")
    assert found(line)[0].finding == "not_ours"


@pytest.mark.rule("D8", "D9")
@pytest.mark.parametrize("trouble", ["lost", "damaged", "unreachable", "returned"])
def test_a_parcel_in_trouble_is_not_paid_for(trouble: Any):
    known = only(LINE, sent=[SENT._replace(trouble=trouble)])
    assert told(known) == (f"{trouble}_but_billed", 0, 800, 800, "our_case")
    said = only(LINE._replace(trouble=trouble))
    assert told(said) == (f"{trouble}_but_billed", 0, 800, 800, "their_remark")


def test_our_case_is_believed_before_their_remark():
    one = only(LINE._replace(trouble="returned"), sent=[SENT._replace(trouble="lost")])
    assert one.finding == "lost_but_billed"


def test_the_way_back_is_told_at_the_number_that_came_back():
    back = LINE._replace(row=8, waybill_no="773000000000555", kind="return",
                         return_of=SENT.waybill_no)
    findings = {one.row: one for one in found(LINE, back)}
    assert told(findings[8])[0::4] == ("returned_but_billed", "return_trip")
    assert findings[5].finding == "matched"


def test_insurance_is_a_line_of_its_own():
    extra = LINE._replace(row=6, kind="insurance", fee_fen=100, charged_g=None)
    findings = {one.row: told(one) for one in found(LINE, extra)}
    assert findings[6] == ("insurance_line", 0, 100, 100, "insurance")


def test_a_parcel_with_nothing_but_insurance_is_still_missing():
    kinds = [one.finding for one in found(LINE._replace(kind="insurance", fee_fen=100))]
    assert kinds == ["insurance_line", "missing_from_bill"]


def test_a_surcharge_is_no_price_of_the_tariff():
    extra = LINE._replace(row=6, kind="surcharge", fee_fen=300)
    assert told(found(LINE, extra)[1]) == ("price_not_by_tariff", 0, 300, 300, "surcharge")


@pytest.mark.parametrize("number", ["", SENT.waybill_no, "773000000000999"])
def test_money_back_is_a_credit_whatever_its_number(number: str):
    credit = StatementLine(9, number, -600, "credit")
    findings = {one.row: told(one) for one in found(LINE, credit)}
    assert findings[9] == ("credit", 0, -600, -600, "money_back")
    assert findings[5][0] == "matched"


def test_a_discount_that_the_line_tells_is_right():
    one = only(LINE._replace(fee_fen=640, gross_fen=800))
    assert told(one) == ("matched", 640, 640, 0, "discount")


def test_a_discount_applies_to_what_a_heavier_step_adds():
    one = only(LINE._replace(fee_fen=1040, gross_fen=1300, charged_g=2000))
    assert told(one) == ("heavier_step", 640, 1040, 400, "above_the_step")


@pytest.mark.parametrize(("part", "fee", "gross", "shared"), [
    (500, 1040, 1300, 400), (500, 800, None, 500), (500, 800, 800, 500), (1, 1, 2, 1),
    (-1, 1, 3, 0),
])
def test_a_share_of_a_discounted_price_is_rounded_half_up(
    part: int, fee: int, gross: int | None, shared: int
):
    assert share(part, fee, gross) == shared


def test_without_a_tariff_nothing_of_ours_supports_the_price():
    terms = Terms("2026-11", Prices(()), "STO")
    assert told(only(LINE, terms=terms)) == ("price_not_by_tariff", None, 800, 800, "no_tariff")
    one, = found(terms=terms)
    assert told(one)[:4] == ("missing_from_bill", None, 0, 0)


def test_a_parcel_without_a_weight_is_checked_by_the_couriers():
    sent = SENT._replace(weight_g=None, courier_g=900)
    assert only(LINE, sent=[sent]).finding == "matched"
    nobody = SENT._replace(weight_g=None)
    assert only(LINE, sent=[nobody]).finding == "matched"
    assert only(LINE._replace(fee_fen=1000), sent=[nobody]).finding == "price_not_by_tariff"


def test_a_line_without_a_weight_is_checked_by_its_price():
    assert only(LINE._replace(charged_g=None)).finding == "matched"
    assert only(LINE._replace(charged_g=None, fee_fen=1300)).finding == "price_not_by_tariff"


def test_the_carriers_own_weight_stands_for_a_missing_charged_one():
    one = only(LINE._replace(charged_g=None, actual_g=1200, fee_fen=1300))
    assert one.finding == "heavier_step"


def test_a_statement_of_weights_is_priced_by_the_tariff():
    right = only(LINE._replace(fee_fen=None))
    assert told(right)[:4] == ("matched", 800, 800, 0)
    heavy = only(LINE._replace(fee_fen=None, charged_g=2000))
    assert told(heavy)[:4] == ("heavier_step", 800, 1300, 500)


SIZED = load_tariffs({"tariff": [{
    "carrier": "SF", "valid_from": "2026-01-01", "zones": [
        {"places": ["*"], "first_g": 1000, "first_fen": 1200, "volume_divisor": 12000,
         "bands": [{"step_g": 500, "step_fen": 100}]}]}]})  # fmt: skip


def test_a_volume_weight_by_their_size_is_told_and_by_ours_is_right():
    terms = Terms("2026-11", Prices(SIZED), "SF")
    line = StatementLine(4, "SF1", 1500, day="2026-11-08", province="上海", charged_g=2500,
                         size_mm=(500, 400, 150))
    sent = Shipment("SF1", "SF", "上海", "上海市", weight_g=1000, handed_on="2026-11-08")
    one = only(line, sent=[sent], terms=terms)
    assert told(one) == ("heavier_step", 1200, 1500, 300, "by_their_size")
    known = only(line, sent=[sent._replace(size_mm=(500, 400, 150))], terms=terms)
    assert known.finding == "matched"


def test_each_parcel_is_checked_by_its_own_carrier_where_none_is_named():
    terms = Terms("2026-11", PRICES)
    sent = SENT._replace(carrier="SF", province="浙江省", city="杭州市", weight_g=400)
    one = only(LINE._replace(fee_fen=2000, charged_g=500, province="浙江", city=""),
               sent=[sent], terms=terms)
    assert one.finding == "matched"


def test_the_tariff_of_the_day_it_left_counts():
    table = [
        {"carrier": "STO", "valid_from": day, "zones": [
            {"places": ["*"], "first_g": 1000, "first_fen": fen,
             "bands": [{"step_g": 1000, "step_fen": 1}]}]}
        for day, fen in (("2026-01-01", 700), ("2026-11-06", 900))
    ]  # fmt: skip
    terms = Terms("2026-11", Prices(load_tariffs({"tariff": table})), "STO")
    assert only(LINE._replace(fee_fen=700), terms=terms).finding == "matched"
    later = SENT._replace(handed_on="2026-11-06")
    assert only(LINE._replace(fee_fen=900), sent=[later], terms=terms).finding == "matched"


@pytest.mark.parametrize(("ours", "theirs", "differs"), [
    (("广东省", "广州市", ""), ("广东", "广州"), False),
    (("广东省", "广州市", ""), ("", ""), False),
    (("广东省", "广州市", ""), ("", "广州"), False), (("广东省", "广州市", ""), ("", "深圳"), True),
    (("广东省", "广州市", ""), ("广东", "深圳市"), True),
    (("广东省", "广州市", ""), ("广东", "020"), False),
    (("浙江省", "金华市", "义乌市"), ("浙江", "义乌"), False),
    (("北京", "北京市", ""), ("北京", "朝阳区"), False),
    (("上海", "上海市", ""), ("上海市", "浦东新区"), False),
    (("北京", "北京市", ""), ("天津", "天津市"), True),
    (("新疆维吾尔自治区", "乌鲁木齐市", ""), ("新疆", "乌鲁木齐"), False),
    (("云南省", "大理白族自治州", ""), ("云南", "大理"), False),
    (("河南省", "", "济源市"), ("河南", "济源市"), False),
    (("吉林省", "吉林市", ""), ("吉林", "吉林"), False),
    (("广东省", "广州市", ""), ("广东", "市辖区"), False),
    (("江苏省", "苏州市", ""), ("浙江省", "苏州市"), True),
    (("浙江省", "杭州市", ""), ("自营", "杭州"), False),
])
def test_two_ways_to_write_a_place_are_one_place(
    ours: tuple[str, str, str], theirs: tuple[str, str], differs: bool
):
    sent = SENT._replace(province=ours[0], city=ours[1], district=ours[2])
    line = LINE._replace(province=theirs[0], city=theirs[1])
    atlas = Atlas()
    assert atlas.differs(sent, line) is differs
    assert atlas.differs(sent, line) is differs


def test_the_stated_total_is_compared_with_the_sum_of_the_lines():
    totals = Totals()
    for one in found(LINE, LINE._replace(row=9)):
        totals.add(one)
    assert totals.close(1600) is None
    wrong = totals.close(1650)
    assert wrong is not None
    assert told(wrong) == ("total_differs", 1600, 1650, 50, "sum")
    assert totals.difference_fen == 1650 - totals.owed_fen
    assert Totals().close(None) is None


_days = st.sampled_from(("2026-10-30", "2026-11-01", "2026-11-30", "2026-12-01", ""))
_lines = st.builds(
    StatementLine,
    row=st.just(0), waybill_no=st.sampled_from(("A1", "A2", "A3", "A9", "")),
    fee_fen=st.one_of(st.none(), st.integers(-500, 5000)),
    kind=st.sampled_from(("freight", "freight", "insurance", "surcharge", "credit", "return")),
    day=_days, province=st.sampled_from(("广东", "浙江省", "", "月球")),
    city=st.sampled_from(("广州市", "杭州", "", "020")),
    charged_g=st.one_of(st.none(), st.integers(1, 9000)), actual_g=st.none(),
    gross_fen=st.one_of(st.none(), st.integers(1, 6000)),
    size_mm=st.sampled_from((None, (500, 400, 150))),
    trouble=st.sampled_from(("", "", "", "lost")), return_of=st.sampled_from(("", "", "A1")),
)  # fmt: skip
_parcels = st.builds(
    Shipment,
    waybill_no=st.sampled_from(("A1", "A2", "A3")), carrier=st.sampled_from(("STO", "STO", "SF")),
    province=st.sampled_from(("广东省", "浙江省", "月球")), city=st.sampled_from(("广州市", "")),
    weight_g=st.one_of(st.none(), st.integers(1, 9000)), handed_on=_days,
    courier_g=st.one_of(st.none(), st.integers(1, 9000)), accepted=st.booleans(),
    size_mm=st.sampled_from((None, (500, 400, 150))),
    trouble=st.sampled_from(("", "", "", "damaged")), billed_in=st.sampled_from(("", "",
        "2026-10")),
)  # fmt: skip


@given(st.lists(_lines, max_size=8),
    st.lists(_parcels, max_size=4, unique_by=lambda p: p.waybill_no))
def test_every_line_gets_one_finding_and_the_money_always_adds_up(
    lines: list[StatementLine], parcels: list[Shipment]
):
    numbered = [line._replace(row=row) for row, line in enumerate(lines, 2)]
    findings = found(*numbered, sent=parcels)
    absent = [one.waybill_no for one in findings if not one.row]
    assert len(absent) == len(set(absent))
    assert {one.finding for one in findings if not one.row} <= {"missing_from_bill"}
    assert all(one.finding not in dict(one.also) for one in findings)


@given(st.lists(_lines, max_size=6),
    st.lists(_parcels, max_size=3, unique_by=lambda p: p.waybill_no))
def test_a_month_cut_by_number_is_the_same_month(
    lines: list[StatementLine], parcels: list[Shipment]
):
    numbered = [line._replace(row=row) for row, line in enumerate(lines, 2)]
    whole = sorted(match(numbered, parcels, TERMS), key=repr)
    numbers = {line.about for line in numbered} | {one.waybill_no for one in parcels}
    parts = [
        one for number in numbers for one in match(
            [line for line in numbered if line.about == number],
            [sent for sent in parcels if sent.waybill_no == number], TERMS)
    ]  # fmt: skip
    assert sorted(parts, key=repr) == whole


@given(st.integers(1, 30_000), st.sampled_from(("STO", "YTO", "EMS", "SF")),
       st.sampled_from(("浙江省", "广东省", "新疆维吾尔自治区", "西藏自治区")))
def test_a_fair_line_is_matched_at_every_weight(grams: int, carrier: str, province: str):
    price = PRICES.of(carrier, "2026-11-05", (province, "", ""), grams)
    assert price is not None
    sent = SENT._replace(carrier=carrier, province=province, city="", weight_g=grams)
    line = LINE._replace(province=province, city="", fee_fen=price.fen,
                         charged_g=price.charged_weight_g)
    assert only(line, sent=[sent], terms=Terms("2026-11", PRICES, carrier)).finding == "matched"
