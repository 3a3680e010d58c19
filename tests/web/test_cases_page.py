"""The pages of cases: found by a scan, moved by forms, inspected by scanning alone."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook

from drivers.interfaces import Photograph
from station.db.models import Case, Sku
from station.domain.cases import CaseKind
from station.domain.tracking import TrackState
from station.orders.tracking import Tracked
from station.services import cases, handover, photographs, tracking

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
STROKES = [[[100, 100], [500, 400]], [[200, 500], [700, 500]]]


@pytest.fixture
def gone(open_shop: Any) -> str:
    """A parcel in the courier's hands: its number."""
    number = open_shop.seal("A1", JEANS, SHIRT)
    open_shop.hand_over(number)
    return str(number)


def begin(shop: Any, number: str, kind: CaseKind = CaseKind.RETURN) -> int:
    case = shop.write(cases.begin, shop.parcel_id(number), kind, shop.station.rules, who="小李")
    return int(case.id)


def piece(shop: Any, code: str) -> str:
    return f"69{shop.skus[code]:011d}"


def send(browser: Any, path: str, code: str) -> str:
    answer = browser.send(path, {"code": code})
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def look(shop: Any, case_id: int) -> Case:
    return shop.read(lambda session: session.get(Case, case_id))


# --- Finding --------------------------------------------------------------------------------------


def test_a_waybill_without_a_case_leads_to_the_choice_of_kinds(
    browser: Any, open_shop: Any, gone: str
):
    address = f"/cases/parcels/{open_shop.parcel_id(gone)}"
    assert f'data-go="{address}"' in send(browser, "/cases/scan", gone)
    page = browser.text(address)
    assert "无法送达" in page
    assert "林小满" not in page


def test_a_waybill_an_order_and_a_returning_number_all_lead_to_the_case(
    browser: Any, open_shop: Any, gone: str
):
    case_id = begin(open_shop, gone)
    open_shop.write(cases.expect, case_id, open_shop.station.rules, return_no="YT900", who="李")
    for number in (gone, "A1", "YT900"):
        assert f'data-go="/cases/{case_id}"' in send(browser, "/cases/scan", number)
        assert browser.get(f"/cases/find?number={number}").location == f"/cases/{case_id}"
    assert "没有这个包裹" in send(browser, "/cases/scan", "7799")
    assert browser.get("/cases/find?number=7799").status_code == 404


def test_several_open_cases_are_a_choice_and_not_a_guess(browser: Any, open_shop: Any, gone: str):
    begin(open_shop, gone)
    begin(open_shop, gone, CaseKind.LOST)
    answer = send(browser, "/cases/scan", gone)
    assert f'data-go="/cases/parcels/{open_shop.parcel_id(gone)}"' in answer


@pytest.mark.rule("D9")
def test_a_kind_can_be_opened_by_its_barcode_alone(browser: Any, open_shop: Any, gone: str):
    base = f"/cases/parcels/{open_shop.parcel_id(gone)}/scan"
    assert 'data-go="/cases/1"' in send(browser, base, "PBCASE-UNREACHABLE")
    case = look(open_shop, 1)
    assert (case.kind, case.opened_by) == ("unreachable", "老周")
    assert "data-go" not in send(browser, base, "PBID-7")
    assert "data-go" not in send(browser, base, "PBCASE-NONSENSE")


def test_the_list_is_by_deadline_and_says_in_words_what_is_overdue(
    browser: Any, open_shop: Any, gone: str
):
    begin(open_shop, gone)
    assert "已晚" not in browser.text("/cases")
    open_shop.clock.later(days=3)
    page = browser.text("/cases?tab=overdue")
    assert "■ 已晚" in page
    assert "店里" in page
    assert gone in browser.text("/cases/panel")
    assert gone not in browser.text("/cases?tab=carrier")


# --- A return by scanning alone -------------------------------------------------------------------


@pytest.mark.rule("I8")
def test_a_return_is_inspected_by_scanning_alone(browser: Any, open_shop: Any, gone: str):
    case_id = begin(open_shop, gone)
    base = f"/cases/{case_id}/scan"
    before = open_shop.read(lambda session: session.get(
        handover.stock.Sku, open_shop.skus[JEANS]).on_hand)
    assert "桌上：JN8801" in send(browser, base, piece(open_shop, JEANS))
    assert "完好" in send(browser, base, "PBCMD-GOOD")
    assert "桌上：TS1103" in send(browser, base, piece(open_shop, SHIRT))
    assert "次品" in send(browser, base, "PBCMD-DEFECT")
    told = send(browser, base, piece(open_shop, JEANS))
    assert "mood-alarm" in told
    assert "都已退回" in told
    assert "已撤回" in send(browser, base, "PBCMD-UNDO")
    assert "验收完成" in send(browser, base, "PBCMD-DONE")
    assert look(open_shop, case_id).state == "inspected"
    after = open_shop.read(lambda session: session.get(
        handover.stock.Sku, open_shop.skus[JEANS]).on_hand)
    assert after == before + 1
    assert "¥256.00" in browser.text(f"/cases/{case_id}")


@pytest.mark.parametrize(("code", "words"), [
    ("PBCMD-GOOD", "先扫退回的货品"), ("PBCMD-REPRINT", "现在"), ("PBCMD-XYZ", "命令"),
    ("6900000000000", "不认识这个条码"), ("PBCMD-DONE", "现在不能")])
def test_a_scan_that_means_nothing_here_is_answered_in_words(
    browser: Any, open_shop: Any, gone: str, code: str, words: str
):
    case_id = begin(open_shop, gone)
    told = send(browser, f"/cases/{case_id}/scan", code)
    assert words in told
    assert "mood-bad" in told


def test_another_parcels_number_leads_away_from_a_case(browser: Any, open_shop: Any, gone: str):
    other = open_shop.seal("A2", JEANS)
    open_shop.hand_over(other)
    case_id = begin(open_shop, gone)
    told = send(browser, f"/cases/{case_id}/scan", other)
    assert f'data-go="/cases/parcels/{open_shop.parcel_id(other)}"' in told
    assert "data-go" not in send(browser, f"/cases/{case_id}/scan", gone)


# --- Forms ----------------------------------------------------------------------------------------


@pytest.mark.rule("D8")
def test_a_claim_goes_from_form_to_form_until_it_is_paid(browser: Any, open_shop: Any, gone: str):
    parcel_id = open_shop.parcel_id(gone)
    opened = browser.form(f"/cases/parcels/{parcel_id}", kind="lost", note="没有物流")
    assert opened.location == "/cases/1"
    step = "/cases/1/step"
    browser.form(step, move="claim", amount="256.50", ticket="T-1")
    browser.form(step, move="answer", amount="200")
    browser.form(step, move="paid", amount="80", how="转账")
    page = browser.text("/cases/1")
    assert "¥256.50" in page
    assert "¥80.00" in page
    browser.form(step, move="paid", amount="120.00")
    assert look(open_shop, 1).state == "settled"
    assert "重新打开" in browser.text("/cases/1")


def test_the_usual_step_after_a_loss_comes_first_and_is_marked(
    browser: Any, open_shop: Any, gone: str
):
    page = browser.text(f"/cases/{begin(open_shop, gone, CaseKind.LOST)}")
    steps = page[page.index('data-part="steps"'):]
    assert steps.index('value="claim"') < steps.index('value="expect"')
    assert steps.count('<button class="primary">') == 1
    later = browser.text(f"/cases/{begin(open_shop, gone)}")
    assert 'value="claim"' not in later


def test_a_waist_on_the_table_is_shown_in_its_unit(
    browser: Any, open_shop: Any, gone: str
):
    open_shop.write(lambda session, **_: session.query(Sku).filter_by(code=JEANS).update(
        {"measure_waist": True}))
    case_id = begin(open_shop, gone)
    open_shop.write(cases.expect, case_id, open_shop.station.rules, return_no="YT900", who="李")
    path = f"/cases/{case_id}/scan"
    send(browser, path, piece(open_shop, JEANS))
    for digit, shown in zip("825", ("8 cm", "82 cm", "825 mm"), strict=True):
        assert f"<b>{shown}</b>" in send(browser, path, f"PBCMD-{digit}")


def test_a_refused_step_shows_the_page_with_its_words_and_changes_nothing(
    browser: Any, open_shop: Any, gone: str
):
    case_id = begin(open_shop, gone)
    answer = browser.form(f"/cases/{case_id}/step", move="claim", amount="5")
    assert answer.status_code == 409
    assert "现在不能" in answer.text
    inside = open_shop.printed("A9", JEANS)
    answer = browser.form(f"/cases/parcels/{open_shop.parcel_id(inside)}", kind="lost")
    assert (answer.status_code, "还没交给快递" in answer.text) == (409, True)


@pytest.mark.parametrize("fields", [
    {"move": "nonsense"}, {"move": "claim", "amount": "1.234"}, {"move": "claim"},
    {"move": "paid", "amount": "-5"}])
def test_a_form_that_lacks_something_is_a_bad_request(
    browser: Any, open_shop: Any, gone: str, fields: dict[str, str]
):
    case_id = begin(open_shop, gone, CaseKind.LOST)
    assert browser.form(f"/cases/{case_id}/step", **fields).status_code == 400
    assert look(open_shop, case_id).state == "open"


@pytest.mark.rule("S21")
def test_goods_to_send_again_are_written_with_count_and_waist(
    browser: Any, open_shop: Any, gone: str
):
    case_id = begin(open_shop, gone, CaseKind.EXCHANGE)
    answer = browser.form(
        f"/cases/{case_id}/replace", goods=f"{JEANS}*2@820； {SHIRT}")
    assert answer.status_code == 303
    sent = look(open_shop, case_id).replacement_id
    lines = open_shop.read(lambda session: [
        (line.sku.code, line.quantity, line.waist_mm)
        for line in session.get(handover.Parcel, sent).lines])
    assert lines == [(JEANS, 2, 820), (SHIRT, 1, None)]
    again = browser.form(f"/cases/{case_id}/replace", goods=SHIRT)
    assert "已经补发过了" in again.text


@pytest.mark.rule("S22")
def test_the_courier_signs_on_the_cases_page(browser: Any, open_shop: Any, gone: str):
    case_id = begin(open_shop, gone, CaseKind.CARRIER_DAMAGE)
    body = {"courier": "小郑", "strokes": STROKES}
    assert "快递员已签字" in browser.send(f"/cases/{case_id}/sign", body).text
    empty = browser.send(f"/cases/{case_id}/sign", {**body, "strokes": []})
    assert "快递员要先签字" in empty.text
    assert browser.send(f"/cases/{case_id}/sign", {**body, "courier": 5}).status_code == 400
    assert "sigview" in browser.text(f"/cases/{case_id}")


def test_text_from_people_stays_text(browser: Any, open_shop: Any, gone: str):
    evil = "<script>alert(1)</script>"
    browser.form(f"/cases/parcels/{open_shop.parcel_id(gone)}", kind="return", note=evil)
    for path in ("/cases", "/cases/1", f"/cases/parcels/{open_shop.parcel_id(gone)}"):
        assert "<script>alert" not in browser.text(path)


@pytest.mark.parametrize("path", ["/cases/99", "/cases/99/panel", "/cases/parcels/99",
                                  "/cases/99/evidence.pdf", "/cases/statistics/shop.csv"])
def test_what_is_not_there_is_not_found(browser: Any, open_shop: Any, path: str):
    assert browser.get(path).status_code == 404


def test_nothing_moves_by_looking(browser: Any, open_shop: Any, gone: str):
    case_id = begin(open_shop, gone)
    for path in ("step", "scan", "sign", "replace"):
        assert browser.get(f"/cases/{case_id}/{path}").status_code == 405


# --- Statistics -----------------------------------------------------------------------------------


@pytest.mark.rule("D11", "S22")
def test_cases_are_counted_per_carrier_courier_packer_and_article(
    browser: Any, open_shop: Any, gone: str
):
    begin(open_shop, gone, CaseKind.LOST)
    begin(open_shop, gone, CaseKind.PACKING_DAMAGE)
    page = browser.text("/cases/statistics")
    assert "2000.0" in page  # two cases of the carrier's one parcel
    assert 'class="bar bar-k0"' in page
    for group, name, count in (("courier", "小吴", "1"), ("packer", "阿明", "1"),
                               ("carrier", "STO", "2"), ("sku", JEANS, "2")):
        text = browser.get(f"/cases/statistics/{group}.csv").data.decode("utf-8-sig")
        header, *rows = list(csv.reader(io.StringIO(text)))
        row = next(dict(zip(header, row, strict=True)) for row in rows if row[0] == name)
        assert row["合计 cases"] == count, group


def test_the_workbook_has_a_sheet_for_each_group_and_no_formula(
    browser: Any, open_shop: Any, gone: str
):
    case_id = begin(open_shop, gone, CaseKind.CARRIER_DAMAGE)
    open_shop.write(cases.sign_damage, case_id, courier="=1+1", strokes=STROKES, who="老周")
    open_shop.write(cases.claim, case_id, open_shop.station.rules, fen=12_345, who="李")
    book = load_workbook(io.BytesIO(browser.get("/cases/statistics/all.xlsx").data))
    assert book.sheetnames == ["按快递公司", "按快递员", "按打包员", "按商品"]
    sheet = book["按快递员"]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("=1+1", "s")
    assert 123.45 in [cell.value for cell in sheet[2]]
    text = browser.get("/cases/statistics/courier.csv").data.decode("utf-8-sig")
    assert "'=1+1" in text


def test_withdrawn_cases_and_other_days_do_not_count(browser: Any, open_shop: Any, gone: str):
    case_id = begin(open_shop, gone, CaseKind.LOST)
    assert "小吴" in browser.text("/cases/statistics")
    assert "小吴" not in browser.text("/cases/statistics?from=2026-01-01&until=2026-01-31")
    open_shop.write(cases.go_on, case_id, cases.CaseMove.WITHDRAW, open_shop.station.rules,
                    who="李")
    assert "小吴" not in browser.text("/cases/statistics")


@pytest.mark.parametrize("days", ["from=x", "from=2026-12-31&until=2026-01-01", "from=1990-01-01"])
def test_days_that_are_none_are_a_bad_request(browser: Any, open_shop: Any, days: str):
    assert browser.get(f"/cases/statistics?{days}").status_code == 400


@pytest.mark.rule("S22")
def test_a_camera_of_a_bench_takes_the_picture_of_what_came_back(
    browser: Any, open_shop: Any, gone: str
):
    case_id = begin(open_shop, gone, CaseKind.CARRIER_DAMAGE)
    assert "拍照" not in browser.text(f"/cases/{case_id}")
    asked: list[Any] = []
    open_shop.station.witnesses["1"] = lambda *facts: asked.append(facts)
    assert "拍照" in browser.text(f"/cases/{case_id}")
    path = f"/cases/{case_id}/photograph"
    assert browser.form(path, bench="1").status_code == 303
    assert asked == [("damage", open_shop.parcel_id(gone), "老周")]
    assert browser.form(path, bench="2").status_code == 404


def test_pictures_of_the_parcel_are_named_with_its_case_and_shown_by_a_reveal(
    browser: Any, open_shop: Any, gone: str
):
    case_id = begin(open_shop, gone, CaseKind.CARRIER_DAMAGE)
    jpeg = b"\xff\xd8\xff picture \xff\xd9"
    open_shop.write(photographs.keep, open_shop.parcel_id(gone), "damage",
                    Photograph(jpeg, 4, 3, 0.0), camera="1-camera", who="老周")
    page = browser.text(f"/cases/{case_id}")
    assert "◉ 退回时" in page
    assert "photographs/1.jpg" not in page, "a label may lie in sight: it takes a reveal"
    shown = browser.form(f"/parcels/{open_shop.parcel_id(gone)}/reveal", why="return").text
    assert 'alt="退回时' in shown


def test_a_packer_has_no_business_with_cases(browser_of: Any, open_shop: Any, gone: str):
    for role, answered in (("packer", 403), ("keeper", 200), ("service", 200)):
        one = browser_of(role)
        assert one.get("/cases").status_code == answered, role
        assert ("证据单" in one.text(f"/parcels/{gone}")) == (answered == 200), role


# --- What the carriers' tracking says -------------------------------------------------------------


@pytest.fixture
def returning(open_shop: Any, gone: str) -> str:
    """A parcel of which its carrier says that it comes back: its number."""
    told = Tracked(gone, None, TrackState.RETURNING, open_shop.clock.now)
    open_shop.write(tracking.tell, told, open_shop.station.rules)
    return gone


@pytest.mark.rule("D9")
def test_a_proposed_case_is_opened_by_one_click(browser: Any, open_shop: Any, returning: str):
    page = browser.text("/cases")
    assert "可能要开售后" in page
    assert "正在退回" in page
    path = f"/cases/parcels/{open_shop.parcel_id(returning)}"
    assert browser.form(path, kind="unreachable").status_code == 303
    assert "可能要开售后" not in browser.text("/cases")


def test_a_proposal_is_dismissed_by_one_click(browser: Any, open_shop: Any, returning: str):
    path = f"/cases/parcels/{open_shop.parcel_id(returning)}/dismiss"
    assert browser.form(path).status_code == 303
    assert "可能要开售后" not in browser.text("/cases")
    answer = browser.client.post(path, data={}, headers=browser.headers())
    assert answer.status_code == 403
