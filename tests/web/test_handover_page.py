"""The hand-over's page: the pile, the courier's figures beside ours, what blocks, who signs."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest

from station.services import courier_desk
from web.views import handover

STROKES = [[[10, 10], [900, 900]]]


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


class Desk:
    """One open hand-over of STO, driven through its page."""

    def __init__(self, shop: Any, browser: Any) -> None:
        self.shop, self.browser = shop, browser
        answer = browser.form("/handover", carrier="STO", who="老周")
        assert answer.status_code == 303
        self.path = answer.location

    def send(self, action: str, **body: Any) -> str:
        answer = self.browser.send(f"{self.path}/{action}", body)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def look(self, line: int | None = None) -> str:
        return str(self.browser.text(f"{self.path}/panel" + (f"?line={line}" if line else "")))

    def figures(self, number: str, weight: str, price: str, unit: str = "g") -> str:
        return self.send("figures", parcel_id=self.shop.parcel_id(number), weight=weight,
                         unit=unit, price=price)


@pytest.fixture
def desk(open_shop: Any, browser: Any) -> Desk:
    return Desk(open_shop, browser)


def sealed(shop: Any, order_no: str, grams: int = 520) -> str:
    return str(shop.seal(order_no, "JN8801-黑色-32", grams=grams))


def our_price(shop: Any, number: str) -> str:
    found = shop.read(courier_desk.desk, 1, shop.station.rules, now=shop.clock.now)
    line = next(each for each in (*found.lines, *found.absent) if each.waybill_no == number)
    return str(Decimal(line.our_fen) / 100)


@pytest.mark.rule("D6")
def test_the_carriers_piles_are_listed(open_shop: Any, browser: Any) -> None:
    sealed(open_shop, "A1")
    page = text(browser.text("/handover"))
    assert "申通 1 个包裹等交接" in page
    assert "顺丰 0 个包裹等交接" in page


def test_an_open_hand_over_is_gone_on_with(desk: Desk) -> None:
    again = desk.browser.form("/handover", carrier="STO", who="别人")
    assert again.location == desk.path
    assert "继续 STO-20261123-01" in desk.browser.text("/handover")


def test_no_other_carrier_can_be_named(browser: Any, open_shop: Any) -> None:
    assert browser.form("/handover", carrier="UPS").status_code == 400


@pytest.mark.rule("D6")
def test_the_pile_is_shown_before_it_is_scanned(desk: Desk) -> None:
    number = sealed(desk.shop, "A1")
    page = text(desk.look())
    assert "应交 3" not in page
    assert number in page
    assert "没扫到" in page


@pytest.mark.rule("D6")
def test_a_scanned_parcel_asks_for_the_couriers_figures(desk: Desk) -> None:
    number = sealed(desk.shop, "A1")
    panel = desk.send("scan", code=number)
    assert f"已收：{number}" in panel
    assert "快递员重量" in panel
    assert 'data-sound="good"' in panel
    assert "扫过了" in desk.send("scan", code=number)


def test_a_parcel_that_may_not_go_is_refused_loudly(desk: Desk) -> None:
    number = desk.shop.printed("A1", "JN8801-黑色-32")
    assert "还没封好（等装箱）" in desk.send("scan", code=number)
    assert "没有这个单号" in desk.send("scan", code="7799")


@pytest.mark.rule("D6")
def test_figures_that_agree_are_green(desk: Desk) -> None:
    number = sealed(desk.shop, "A1")
    desk.send("scan", code=number)
    panel = desk.figures(number, "0.53", our_price(desk.shop, number), "kg")
    assert "row-good" in panel
    assert "相符" in text(panel)
    assert "+10 g" in panel


@pytest.mark.rule("D6")
def test_another_step_is_red_until_corrected(desk: Desk) -> None:
    number = sealed(desk.shop, "A1")
    desk.send("scan", code=number)
    panel = desk.figures(number, "2500", "18.5")
    assert "重量差一档" in panel
    assert "row-bad" in panel
    assert "¥18.50" in panel
    assert "还没核对好" in close(desk)
    desk.figures(number, "530", our_price(desk.shop, number))
    assert "交接完成" in close(desk)


def close(desk: Desk, **facts: Any) -> str:
    body: dict[str, Any] = {"courier": "小吴", "phone": "13700000001", "strokes": STROKES,
                            "missing": [], **facts}
    return desk.send("close", **body)


@pytest.mark.rule("D6")
def test_a_manager_accepts_with_badge_pin_and_reason(desk: Desk) -> None:
    number = sealed(desk.shop, "A1")
    desk.send("scan", code=number)
    desk.figures(number, "2500", "18.5")
    about = {"parcel_id": desk.shop.parcel_id(number), "reason": "快递按体积算"}
    assert "不认识这个工牌" in desk.send("accept", badge="99", pin="246810", **about)
    assert "PIN 不对，还可以试 4 次" in desk.send("accept", badge="PBID-1", pin="000000", **about)
    assert "要管理员来确认" in desk.send("accept", badge="PBID-7", pin="246810", **about)
    assert "要写原因" in desk.send(
        "accept", badge="PBID-1", pin="246810", parcel_id=about["parcel_id"], reason=" ")
    panel = desk.send("accept", badge="PBID-1", pin="246810", **about)
    assert "陈姐：快递按体积算" in panel
    assert "交接完成" in close(desk)


@pytest.mark.fault("F26")
def test_too_many_wrong_pins_lock_the_badge(desk: Desk) -> None:
    for _ in range(5):
        desk.send("accept", badge="PBID-1", pin="000000", parcel_id=1, reason="x")
    answer = desk.send("accept", badge="PBID-1", pin="246810", parcel_id=1, reason="x")
    assert "PIN 错得太多" in answer
    assert "工牌已锁" in desk.browser.text("/")


def test_a_parcel_can_be_taken_back_from_the_pile(desk: Desk) -> None:
    number = sealed(desk.shop, "A1")
    desk.send("scan", code=number)
    panel = desk.send("back", parcel_id=desk.shop.parcel_id(number))
    assert "已拿出来" in panel
    assert "没扫到" in text(panel)


@pytest.mark.rule("D6")
def test_it_closes_only_when_every_parcel_is_scanned_or_named(desk: Desk) -> None:
    here, gone = sealed(desk.shop, "A1"), sealed(desk.shop, "A2")
    desk.send("scan", code=here)
    desk.figures(here, "520", our_price(desk.shop, here))
    assert f"还有 1 个没扫：{gone}" in close(desk)
    missing = [{"parcel_id": desk.shop.parcel_id(gone), "reason": "仓库里没找到"}]
    assert "还没有写名字或签名" in close(desk, missing=missing, strokes=[])
    assert "还没有写名字或签名" in close(desk, missing=missing, courier=" ")
    panel = close(desk, missing=missing)
    assert "交接完成" in panel
    assert "仓库里没找到" in panel
    assert "sigview" in panel
    assert "polyline" in panel


@pytest.mark.rule("D6")
def test_a_closed_hand_over_files_stubs_that_are_found(desk: Desk) -> None:
    number = sealed(desk.shop, "A1")
    desk.send("scan", code=number)
    desk.figures(number, "520", our_price(desk.shop, number))
    desk.shop.clock.later(minutes=1)
    close(desk)
    browser = desk.browser
    for query in (f"number={number[-5:]}", "carrier=STO", "day=2026-11-23", ""):
        assert number in browser.text(f"/stubs?{query}"), query
    for query in ("number=99999", "carrier=SF", "day=2026-11-22", "number=%25"):
        assert number not in browser.text(f"/stubs?{query}"), query
    assert "小吴" in browser.text("/handover")
    page = browser.text(desk.path)
    assert "✓ 交接完成" in page
    assert "1 件已交给快递员" in page
    assert "扫下一个" not in page
    assert "请快递员签名" not in page
    told = browser.text(f"/parcels/{number}")
    assert "STO-20261123-01" in told
    said = ("交接时扫到", "快递员的数：520 g", "☺ 快递员 <small", "交接 STO")
    places = [told.index(words) for words in said[:2]] + [told.index(said[3])]
    assert places == sorted(places)
    assert said[2] in told
    assert "交接开始" not in told  # of the hand-over, not of this parcel
    assert "交接单已经关了" in desk.send("scan", code=number)


def test_a_line_can_be_chosen_to_be_corrected(desk: Desk) -> None:
    first, second = sealed(desk.shop, "A1"), sealed(desk.shop, "A2")
    for number in (first, second):
        desk.send("scan", code=number)
    assert chosen(desk.look()) == desk.shop.parcel_id(second)
    assert chosen(desk.look(desk.shop.parcel_id(first))) == desk.shop.parcel_id(first)
    assert chosen(desk.look(4711)) == desk.shop.parcel_id(second)


def chosen(panel: str) -> int:
    found = re.search(r'data-line="(\d+)"', panel)
    assert found
    return int(found[1])


def test_a_verdict_is_heard_once_and_a_re_read_brings_none(desk: Desk) -> None:
    number = sealed(desk.shop, "A1")
    seqs = {re.search(r'data-seq="(\d+)"', desk.send("scan", code=number))[1] for _ in range(3)}  # type: ignore[index]
    assert len(seqs) == 3
    assert "data-seq" not in desk.look()


@pytest.mark.parametrize(("action", "body"), [
    ("figures", {"parcel_id": "1", "weight": "1", "unit": "kg", "price": "1"}),
    ("figures", {"parcel_id": True, "weight": "1", "unit": "kg", "price": "1"}),
    ("figures", {"parcel_id": 1, "weight": 1, "unit": "kg", "price": "1"}),
    ("figures", {"parcel_id": 1, "weight": "1", "unit": "lb", "price": "1"}),
    ("figures", {"parcel_id": 1, "weight": "", "unit": "kg", "price": "1"}),
    ("figures", {"parcel_id": 1, "weight": "1", "unit": "kg", "price": "1.234"}),
    ("figures", []),
    ("close", {"strokes": STROKES, "missing": [1]}),
    ("close", {"strokes": STROKES, "missing": None}),
    ("close", {"strokes": "x", "missing": []}),
    ("close", {"strokes": STROKES, "missing": [], "courier": 7}),
    ("close", {"strokes": STROKES, "missing": [], "courier": "a\0b"}),
    ("accept", {"parcel_id": 1, "badge": ["x"]}),
    ("back", {}),
])
def test_a_wrong_body_is_refused(desk: Desk, action: str, body: Any) -> None:
    assert desk.browser.send(f"{desk.path}/{action}", body).status_code == 400


def test_an_unknown_hand_over_is_not_there(open_shop: Any, browser: Any) -> None:
    assert browser.get("/handover/77").status_code == 404
    assert browser.send("/handover/77/scan", {"code": "x"}).status_code == 404


# --- Figures as typed ---------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "unit", "value"), [
    ("1.25", "kg", 1250), ("1250", "g", 1250), ("0.5", "kg", 500), (".5", "kg", 500),
    ("2", "kg", 2000), ("0", "g", 0),
])
def test_a_weight_is_whole_grams(typed: str, unit: str, value: int) -> None:
    assert handover.grams(typed, unit) == value


@pytest.mark.parametrize("typed", [
    "", "1,5", "-1", "1e3x", "NaN", "Infinity", "1.2345", "9" * 13, "１", " ", None, 5, "0x10",
    "1000000",
])
def test_what_is_no_weight_is_refused(typed: Any) -> None:
    if typed == "１":
        assert handover.grams(typed, "kg") == 1000  # full-width digits are digits
        return
    with pytest.raises(BadRequest):
        handover.grams(typed, "kg")


@given(st.integers(0, 99_999_999))
def test_every_price_in_fen_comes_back(fen: int) -> None:
    assert handover.fen(f"{fen // 100}.{fen % 100:02d}") == fen


@given(st.text(max_size=14))
def test_no_text_becomes_a_wrong_number(typed: str) -> None:
    try:
        value = handover.fen(typed)
    except BadRequest:
        return
    assert value == Decimal(typed) * 100
