"""The bills' pages: brought, mapped, looked through, disputed, closed."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from station.services import bill_import, bill_reports, billing, bills, handover
from web import charts

pytestmark = pytest.mark.rule("D12")
STROKES = [[[100, 100], [500, 400]], [[200, 500], [700, 500]]]
HEADER = "业务时间,运单号,订单目的省份,订单目的城市,结算重量,运费,备注\n"
PIN = "246810"


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


class Office:
    """The bills' pages of one shop, and the work behind them."""

    def __init__(self, shop: Any, browser: Any) -> None:
        self.shop, self.browser = shop, browser
        self.folder = shop.station.config.data_dir / "bills"

    def hand_over(self, *orders: str) -> list[str]:
        numbers = [self.shop.seal(order, "JN8801-黑色-32") for order in orders]

        def whole(session: Any, *, now: Any) -> None:
            pile = handover.open_session(session, "STO", who="仓管", now=now).id
            rules = self.shop.station.rules
            for number in numbers:
                handover.scan(session, pile, number, who="仓管", now=now)
                parcel = session.query(handover.Parcel).filter_by(waybill_no=number).one()
                handover.enter_figures(session, pile, parcel.id, weight_g=620, price_fen=500,
                                       rules=rules, who="仓管", now=now)
            handover.close(session, pile, courier="王师傅", strokes=STROKES, who="仓管",
                           rules=rules, now=now)

        self.shop.write(whole)
        return numbers

    def bring(self, data: str | bytes, name: str = "申通2026年11月.csv", **fields: str) -> Any:
        raw = data.encode() if isinstance(data, str) else data
        fields = {"who": "王姐", **fields}
        return self.browser.form("/bills", files=(io.BytesIO(raw), name), **fields)

    def work(self) -> None:
        station, now = self.shop.station, self.shop.clock
        bill_id = self.shop.read(bills.next_bill, now=now())
        assert self.shop.write(bills.claim, bill_id)
        asked = billing.Asked(station.rules.tariffs)
        bill_import.Importer(
            station.db, self.folder, asked, now, lambda _stage, _done: None).work(bill_id)

    def take(self, data: str | bytes, **fields: str) -> str:
        """Bring a file and work on it; the path of its page."""
        answer = self.bring(data, **fields)
        assert answer.status_code == 303, answer.text
        self.work()
        return str(answer.location)


@pytest.fixture
def office(open_shop: Any, browser: Any) -> Office:
    return Office(open_shop, browser)


def line(number: str, weight: str = "1", fee: str = "5", remark: str = "") -> str:
    return f"2026-11-23 18:00:00,{number},浙江省,台州市,{weight},{fee},{remark}\n"


@pytest.fixture
def heavy(office: Office) -> str:
    """A bill of three parcels, one of them charged two steps too heavy; its page."""
    numbers = office.hand_over("A1", "A2", "A3")
    return office.take(HEADER + line(numbers[0]) + line(numbers[1], "3", "7") + "合计,,,,,12\n")


def test_a_brought_bill_waits_then_tells_its_report(office: Office) -> None:
    (number,) = office.hand_over("A1")
    answer = office.bring(HEADER + line(number, "3", "7"))
    page = office.browser.text(answer.location)
    assert "排队等着" in page
    assert 'data-topics="bills"' in page
    office.shop.write(bills.claim, 1)
    office.shop.write(bills.progress, 1, "matched", 123456)
    assert "逐件核对 Matching 123456" in text(office.browser.text("/bills"))
    office.shop.write(bills.put_back, 1)
    office.work()
    page = text(office.browser.text(answer.location))
    assert "计费重量偏高" in page
    assert "+¥2.00" in page
    assert "重量 账单 3.000 kg / 我方 600 g" in page
    assert "快递员 王师傅 签收，打包 阿明" in page


def test_a_difference_leads_to_its_parcel(office: Office, heavy: str) -> None:
    page = office.browser.text(heavy)
    (number,) = re.findall(r'href="(/parcels/\d+)"', office.browser.text(
        f"{heavy}?finding=heavier_step"))
    assert office.browser.get(number).status_code == 200
    assert "分毫不差" in page


def test_findings_are_filtered_and_found_by_number(office: Office, heavy: str) -> None:
    matched = text(office.browser.text(f"{heavy}?finding=matched"))
    assert "相符 matched" in matched
    assert "账单漏记 missing" in text(office.browser.text(f"{heavy}?finding=missing_from_bill"))
    assert "这里没有" in office.browser.text(f"{heavy}?number=99999999") or "empty" in (
        office.browser.text(f"{heavy}?number=99999999"))


def test_the_layout_that_was_recognised_is_shown(office: Office, heavy: str) -> None:
    assert "结算重量 → 计费重量" in text(office.browser.text(heavy))


def test_the_same_file_twice_is_told(office: Office, heavy: str) -> None:
    first = office.bring(HEADER + line("773999999999999"))
    assert first.status_code == 303
    again = office.bring(HEADER + line("773999999999999"), name="副本.csv")
    assert again.status_code == 200
    assert "这份账单已经带来过：申通2026年11月.csv" in again.text


def test_no_file_and_a_wrong_carrier_are_refused(office: Office) -> None:
    assert office.browser.form("/bills", who="王姐").status_code == 400
    assert office.bring(HEADER, carrier="UPS").status_code == 400


@pytest.mark.parametrize(("data", "said"), [
    (b"%PDF-1.7", "不是表格"), (b"", "文件是空的"), (HEADER.encode(), "没有账单行"),
    (HEADER.encode() + b'"unclosed,773\n', "引号不成对"), (b"\xff\xfe\x00\xd8", "不是 UTF-8"),
])
def test_a_wrong_file_says_why_in_both_languages(office: Office, data: bytes, said: str) -> None:
    page = office.browser.text(office.take(data, name="坏.csv"))
    assert said in page
    assert "再试一次" in page


def test_names_from_a_bill_are_text_and_nothing_else(office: Office) -> None:
    evil = "<script>alert(1)</script>"
    path = office.take(HEADER + line("773999999999999", remark=evil), name=f"{evil}.csv")
    page = office.browser.text(path)
    assert evil not in page
    assert "&lt;script&gt;" in page


ODD = "哪天,单子,去哪,几公斤,多少钱\n2026-11-23,{number},浙江省,1,5\n"


def test_an_unknown_layout_is_mapped_on_its_page_once(office: Office) -> None:
    first, second = office.hand_over("A1", "A2")
    path = office.take(ODD.format(number=first), name="a.csv")
    page = text(office.browser.text(path))
    assert "第一次见" in page
    assert first in page
    refused = office.browser.form(f"{path}/columns", header="0", carrier="STO")
    assert "请指明运单号" in refused.text
    mapped = office.browser.form(f"{path}/columns", **{
        "header": "0", "carrier": "STO", "unit_g": "1000", "column-0": "day",
        "column-1": "waybill", "column-2": "province", "column-3": "charged", "column-4": "total",
    })
    assert mapped.status_code == 303
    office.work()
    assert "账单漏记" in office.browser.text(path)
    later = office.take(ODD.format(number=second), name="b.csv")
    assert "相符" in text(office.browser.text(f"{later}?finding=matched"))


# --- Papers ---------------------------------------------------------------------------------------


def test_the_xlsx_is_what_a_clerk_can_act_on(office: Office, heavy: str) -> None:
    answer = office.browser.get(f"{heavy}/report.xlsx")
    assert "STO-2026-11-1.xlsx" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    sheet = book["差异 differences"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][:7] == ["行 row", "运单号 waybill", "差异 finding", "账单金额 billed 元",
                           "应付金额 owed 元", "差额 difference 元", "原因 reason"]
    assert rows[1][2:6] == ["计费重量偏高", 7, 5, 2]
    answer.close()


def test_the_pdf_says_the_same_in_chinese(office: Office, heavy: str) -> None:
    answer = office.browser.get(f"{heavy}/report.pdf")
    assert answer.mimetype == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.data)).pages
    said = re.sub(r"\s+", "", "".join(page.extract_text() for page in pages))
    for word in ("申通快递2026-11对账差异表", "计费重量偏高", "7.00", "重量账单3kg/我方0.6kg",
                 "账单漏记", "快递公司经办人"):
        assert word in said, said
    answer.close()


def test_the_json_has_every_line_and_adds_up(office: Office, heavy: str) -> None:
    answer = office.browser.get(f"{heavy}/report.json")
    told = json.loads(answer.data)
    answer.close()
    assert [one["finding"] for one in told["lines"]] == [
        "matched", "heavier_step", "missing_from_bill"]
    totals = told["totals"]
    assert totals["billed_fen"] - totals["owed_fen"] == sum(one["fen"] for one in told["lines"])


def test_words_in_a_bill_are_no_commands_of_the_paper(office: Office) -> None:
    evil = "#sys.inputs *强* =1+1 @SUM(A1) \\u{41} ]"
    path = office.take(HEADER + line("773999999999999", remark=evil))
    answer = office.browser.get(f"{path}/report.pdf")
    said = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
    answer.close()
    assert "#sys.inputs *强* =1+1 @SUM(A1) \\u{41} ]" in said.replace("\n", "")


def test_there_is_no_paper_of_a_bill_that_is_not_done(office: Office, heavy: str) -> None:
    office.bring(b"%PDF-1.7")
    for path in ("/bills/2/report.pdf", f"{heavy}/report.exe", "/bills/99/report.pdf"):
        assert office.browser.get(path).status_code == 404


# --- Disputes and months --------------------------------------------------------------------------


def test_ticked_differences_become_disputes_and_are_followed(office: Office, heavy: str) -> None:
    (ticked,) = re.findall(r'name="finding" value="(\d+)"', office.browser.text(heavy))
    answer = office.browser.form(f"{heavy}/disputes", finding=ticked, who="王姐")
    assert answer.status_code == 303
    assert "待告知" in office.browser.text(heavy)
    page = text(office.browser.text("/bills/disputes"))
    assert "计费重量偏高" in page
    paper = office.browser.get("/bills/disputes/STO.xlsx")
    rows = list(openpyxl.load_workbook(io.BytesIO(paper.data))["差异 differences"].values)
    paper.close()
    assert [row[5] for row in rows[1:]] == [2]
    assert office.browser.get("/bills/disputes/UPS.xlsx").status_code == 404
    office.browser.form("/bills/disputes/told", carrier="STO")
    assert "已告知 told 1" in text(office.browser.text("/bills/disputes"))
    answer = office.browser.form("/bills/disputes/1", state="credited", yuan="2", reason="微信")
    assert answer.status_code == 303
    assert "已退 ¥2.00" in text(office.browser.text(heavy))
    late = office.browser.form("/bills/disputes/1", state="dropped", reason="x")
    assert "没有可以处理的账单或争议" in late.text


def test_money_without_a_number_is_linked_to_a_dispute_by_a_person(
    office: Office, heavy: str
) -> None:
    (ticked,) = re.findall(r'name="finding" value="(\d+)"', office.browser.text(heavy))
    office.browser.form(f"{heavy}/disputes", finding=ticked)
    office.take(HEADER + ",,浙江省,台州市,,-1.50,<b>返还</b>\n", name="申通2026年12月.csv")
    page = office.browser.text("/bills/disputes")
    assert "退了 ¥1.50 元，没有单号" in text(page)
    assert "<b>返还" not in page
    (path,) = re.findall(r'action="(/bills/credits/\d+)"', page)
    assert "没有可以处理的账单或争议" in office.browser.form(path).text
    assert office.browser.form(path, dispute="1").status_code == 303
    page = office.browser.text("/bills/disputes")
    assert "没有单号" not in page
    assert "¥1.50 在这份账单" in text(page)


def test_all_of_a_kind_are_disputed_at_once(office: Office) -> None:
    rows = "".join(line(f"7739{n:011d}") for n in range(120))
    path = office.take(HEADER + rows)
    office.browser.form(f"{path}/disputes", kind="not_ours")
    assert office.shop.read(bill_reports.dispute_sums) == {"open": (120, 60000, 0)}
    assert "后 100 条" in office.browser.text(path)


def test_a_manager_closes_the_month_and_opens_it_only_with_a_reason(
    office: Office, heavy: str
) -> None:
    month = "/bills/months/STO/2026-11"
    assert "签字，关账" in office.browser.text(month)
    packer = office.browser.form(f"{month}/close", badge="7", pin=PIN)
    assert "管理员" in packer.text
    wrong = office.browser.form(f"{month}/close", badge="1", pin="1111")
    assert wrong.status_code == 200
    closed = office.browser.form(
        f"{month}/close", badge="1", pin=PIN, strokes=json.dumps(STROKES))
    assert closed.status_code == 303
    page = office.browser.text(month)
    assert "已关账" in page
    assert "陈姐" in page
    assert "<polyline" in page
    assert "与签字时相同" in page
    refused = office.browser.form(f"{heavy}/withdraw", reason="x")
    assert "已经关了" in refused.text
    unsaid = office.browser.form(f"{month}/reopen", badge="1", pin=PIN, reason=" ")
    assert "请写原因" in unsaid.text
    office.browser.form(f"{month}/reopen", badge="1", pin=PIN, reason="补账单")
    page = text(office.browser.text(month))
    assert "打开：补账单" in page
    assert "未关账" in page
    assert "重新打开：补账单" in page


@pytest.mark.fault("F22")
@pytest.mark.parametrize("drawn", ["[[", "[" * 60_000], ids=["broken", "nested"])
def test_strokes_that_are_none_are_refused(office: Office, heavy: str, drawn: str) -> None:
    month = "/bills/months/STO/2026-11"
    answer = office.browser.form(f"{month}/close", badge="1", pin=PIN, strokes=drawn)
    assert answer.status_code == 400


@pytest.mark.parametrize("path", [
    "/bills/7", "/bills/months/STO/2026-11", "/bills/months/XX/x", "/bills/7/report.xlsx"])
def test_what_is_not_there_is_said_so(office: Office, path: str) -> None:
    assert office.browser.get(path).status_code == 404


def test_nothing_changes_without_the_pages_token(office: Office, heavy: str) -> None:
    for path in ("/bills", "/bills/1/again", "/bills/1/withdraw", "/bills/1/columns",
                 "/bills/1/disputes", "/bills/disputes/told", "/bills/disputes/1",
                 "/bills/credits/1", "/bills/months/STO/2026-11/close",
                 "/bills/months/STO/2026-11/reopen"):
        answer = office.browser.client.post(path, data={}, headers=office.browser.headers())
        assert answer.status_code == 403, path


# --- Charts ---------------------------------------------------------------------------------------


def test_lying_bars_share_one_scale_on_both_sides_of_zero() -> None:
    chart = charts.lying([("a", "甲", 300), ("b", "乙", -100), ("c", "丙", 0)])
    more, less, none = chart.bars
    assert more.width == 3 * less.width
    assert less.x + less.width == chart.zero == more.x
    assert none.width == 2
    assert chart.height > more.y + 2 * more.height


def test_standing_bars_stand_on_one_line_and_the_highest_fills_the_room() -> None:
    chart = charts.standing([("申通 26-10", 1000, 900), ("申通 26-11", 500, 500)])
    assert {bar.y + bar.height for bar in chart.bars} == {chart.zero}
    assert max(bar.height for bar in chart.bars) == chart.bars[0].height
    assert charts.standing([]).bars == ()


def test_the_files_of_a_bill_stay_under_their_digest(office: Office, heavy: str) -> None:
    names = [path.name for path in Path(office.folder).iterdir()]
    assert len(names) == 1
    assert re.fullmatch(r"[0-9a-f]{64}", names[0])
