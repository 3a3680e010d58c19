"""小票 on the pages: a button on each paper's page, its picture, and what became of it."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from drivers.interfaces import DeviceState, Health
from station.config import Printer, SlipPrinter
from station.db.models import PrintJob
from station.domain.cases import CaseKind
from station.services import (
    cases,
    corrections,
    printing,
    slip_content,
    slips,
    stock,
    suppliers,
)
from web.views import slips as views

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
STROKES = [[[100, 600], [200, 200], [300, 700]], [[420, 300], [600, 300]]]


def buttons(page: str) -> set[str]:
    """What the slip buttons of a page would print: "case:1"."""
    forms = re.findall(r'<form[^>]*action="/slips">(.*?)</form>', page, re.DOTALL)
    return {":".join(re.search(rf'name="{name}"[^>]* value="([^"]*)"', form)[1]  # type: ignore[index]
                     for name in ("kind", "key")) for form in forms}


def jobs(shop: Any) -> list[PrintJob]:
    return shop.read(lambda s: s.query(PrintJob).filter_by(kind="slip").order_by("id").all())


@pytest.fixture
def busy(open_shop: Any) -> Any:
    """A hand-over that was put right, a case of its parcel, and a list for a supplier."""
    shop = open_shop
    number = shop.seal("A1", JEANS)
    shop.hand_over(number)
    shop.write(corrections.correct, 1, number, weight_g=700, price_fen=800, reason="看错秤",
               courier="小吴", strokes=STROKES, who="老周")
    shop.write(cases.begin, shop.parcel_id(number), CaseKind.RETURN, shop.station.rules, who="客服")

    def spoil(session: Any, *, now: Any) -> None:
        stock.to_defect(session, shop.skus[SHIRT], parcel_id=None, who="仓管", note="", now=now)

    shop.write(spoil)
    shop.write(suppliers.make, "<b>针织厂", {SHIRT: 1}, shop.station.rules, reason="开线",
               who="仓管")
    return shop


def test_every_paper_s_page_has_its_button(busy: Any, browser: Any) -> None:
    day = slips.today(busy.clock.now)
    assert buttons(browser.text("/handover/1")) == {"handover:1"}
    assert buttons(browser.text("/suppliers/1")) == {"supplier:1"}
    assert buttons(browser.text("/cases/1")) == {"case:1"}
    assert buttons(browser.text("/stubs")) == {day}
    assert buttons(browser.text("/handover/1/correction")) == {"addendum:1"}


@pytest.mark.parametrize("about", ["handover:1", "addendum:1", "supplier:1", "case:1"])
def test_a_button_prints_and_leads_to_the_slip(busy: Any, browser: Any, about: str) -> None:
    kind, key = about.split(":")
    answer = browser.form("/slips", kind=kind, key=key)
    assert answer.status_code == 303
    page = browser.text(answer.location)
    assert "等打印" in page
    assert "没有打印机" in page
    assert [(job.about, job.state) for job in jobs(busy)] == [(about, "waiting")]
    assert "<b>针织厂" not in page


def test_a_second_press_is_refused_in_words_and_prints_nothing_more(
    busy: Any, browser: Any
) -> None:
    browser.form("/slips", kind="case", key="1")
    again = browser.form("/slips", kind="case", key="1")
    assert again.status_code == 409
    assert "已经在打" in again.text
    assert len(jobs(busy)) == 1


def test_the_slip_is_shown_as_it_will_come_out(busy: Any, browser: Any) -> None:
    page = browser.text("/slips/supplier:1")
    pictures = re.findall(r'src="(/slips/supplier:1/\d+\.png)"', page)
    assert len(pictures) == 2
    assert "一式 2 联" in page
    for path in pictures:
        picture = Image.open(BytesIO(browser.get(path).data))
        assert picture.size == (800, 1200), "no slip printer is set: it is drawn on a label"
    assert browser.get("/slips/supplier:1/3.png").status_code == 404


@pytest.mark.parametrize("about", ["supplier:9", "case:x", "waybill:1", "handover:2", "day:x", "x"])
def test_what_has_no_slip_has_no_page(busy: Any, browser: Any, about: str) -> None:
    assert browser.get(f"/slips/{about}").status_code == 404
    assert browser.get(f"/slips/{about}/1.png").status_code == 404
    kind, _, key = about.partition(":")
    assert browser.form("/slips", kind=kind, key=key).status_code in (404, 409)
    assert jobs(busy) == []


def test_every_slip_has_somebody_who_may_see_it() -> None:
    assert set(views.RIGHTS) == set(slip_content.kinds())


def sent_in_doubt(shop: Any) -> int:
    due = shop.read(printing.next_due, bench="1", slips=True)
    shop.write(printing.start_sending, due, printer="1-slips", sha256="0" * 64, pages=[b"png"])
    shop.write(printing.maybe_sent, due.job_id, trouble="paper_out")
    return int(due.job_id)


@pytest.mark.pain("6")
def test_a_slip_in_doubt_is_told_at_home_and_settled_on_its_page(busy: Any, browser: Any) -> None:
    browser.form("/slips", kind="case", key="1")
    job_id = sent_in_doubt(busy)
    home = browser.text("/")
    assert "不知道小票打全了没有：售后单" in home
    assert 'href="/slips/case:1"' in home
    page = browser.text("/slips/case:1")
    assert "没纸了" in page
    assert browser.form(f"/slips/jobs/{job_id}", came_out="maybe").status_code == 400
    assert browser.form(f"/slips/jobs/{job_id}", came_out="no").status_code == 303
    assert [job.state for job in jobs(busy)] == ["void", "waiting"]
    assert "补打 1" in browser.text("/slips/case:1")


def test_a_slip_that_came_out_is_confirmed_by_a_person(busy: Any, browser: Any) -> None:
    browser.form("/slips", kind="case", key="1")
    job_id = sent_in_doubt(busy)
    assert browser.form(f"/slips/jobs/{job_id}", came_out="yes").status_code == 303
    assert [job.state for job in jobs(busy)] == ["confirmed"]


def test_the_slips_door_settles_no_label(busy: Any, browser: Any) -> None:
    busy.pay("A9", JEANS)
    label = busy.read(lambda s: s.query(PrintJob).filter_by(kind="waybill").all())[-1]
    assert browser.form(f"/slips/jobs/{label.id}", came_out="yes").status_code == 404


@pytest.mark.parametrize(("role", "about", "status"), [
    ("packer", "day:2026-11-23", 403), ("packer", "case:1", 403), ("packer", "handover:1", 403),
    ("courier", "handover:1", 403), ("keeper", "handover:1", 200), ("keeper", "archive:1", 404),
    ("service", "case:1", 200), ("service", "handover:1", 403), ("service", "day:2026-11-23", 200),
])
def test_a_slip_is_for_whoever_may_see_what_it_tells(
    busy: Any, browser_of: Any, role: str, about: str, status: int
) -> None:
    visitor = browser_of(role)
    assert visitor.get(f"/slips/{about}").status_code == status
    if status == 403:
        kind, _, key = about.partition(":")
        assert visitor.form("/slips", kind=kind, key=key).status_code == 403
        assert visitor.get(f"/slips/{about}/1.png").status_code == 403
        assert jobs(busy) == []


@pytest.mark.parametrize(
    ("code", "place"),
    [("PBS-H1", "/handover/1"), ("PBS-A1", "/handover/1"), ("PBS-S1", "/suppliers/1"),
     ("PBS-C1", "/cases/1"), ("PBS-R4", "/receiving/4"), ("PBS-N7", "/stock-takes/places/7"),
     ("PBS-F1", "/stubs/archives"), ("PBS-D261123", "/stubs"), ("DD:773", "/parcels/773")])
def test_a_paper_s_code_opens_what_it_tells_of(
    busy: Any, browser: Any, code: str, place: str
) -> None:
    answer = browser.get(f"/slips/codes/{code}")
    assert (answer.status_code, answer.location) == (302, place)


@pytest.mark.parametrize("code", ["PBS-X1", "PBS-H", "773000000000017", "%22%3E%3Cb%3E", "PBS-H1x"])
def test_another_code_opens_nothing(busy: Any, browser: Any, code: str) -> None:
    assert browser.get(f"/slips/codes/{code}").status_code == 404


def test_a_stub_at_the_desk_of_cases_opens_its_parcel_s_case(busy: Any, browser: Any) -> None:
    number = busy.read(lambda s: s.query(PrintJob).filter_by(kind="waybill").first().waybill_no)
    answer = browser.send("/cases/scan", {"code": f"DD:{number}"})
    assert "/cases/1" in answer.text


def test_the_bench_offers_the_way_to_what_a_paper_tells_of(busy: Any, browser: Any) -> None:
    panel = browser.send("/bench/1/scan", {"code": "PBS-H1"}).text
    assert 'href="/slips/codes/PBS-H1"' in panel
    assert "这是交接单（1）的条码" in panel
    assert "/slips/codes/" not in browser.send("/bench/1/scan", {"code": "PBCMD-HELP"}).text



@pytest.fixture
def with_printers(busy: Any) -> Any:
    """As if the first bench had a label printer and a receipt printer, which is out of order."""
    first, *others = busy.station.config.benches
    first = replace(first, printer=Printer(language="tspl", port="loop://"),
                    slip_printer=SlipPrinter(port="loop://slips", paper_mm=58))
    busy.station.config = replace(busy.station.config, benches=(first, *others))
    return busy


@pytest.mark.pain("4")
def test_a_slip_that_waits_is_moved_to_the_label_printer_with_one_touch(
    with_printers: Any, browser: Any
) -> None:
    browser.form("/slips", kind="case", key="1")
    page = browser.text("/slips/case:1")
    (path,) = re.findall(r'action="(/slips/jobs/\d+/label)"', page)
    assert "改用面单打印机打" in page
    assert browser.form(path).status_code == 303
    assert [job.state for job in jobs(with_printers)] == ["void"]
    page = browser.text("/slips/case:1")
    assert "已作废" in page
    assert "等打印" in page
    assert "/label" not in page, "what waits for the label printer is not moved again"
    again = browser.form(path)
    assert again.status_code == 409
    assert "已经不在等了" in again.text


def test_nothing_is_moved_where_there_is_no_other_printer(busy: Any, browser: Any) -> None:
    browser.form("/slips", kind="case", key="1")
    (job,) = jobs(busy)
    assert "/label" not in browser.text("/slips/case:1")
    assert browser.form(f"/slips/jobs/{job.id}/label").status_code == 404
    assert [job.state for job in jobs(busy)] == ["waiting"]


def test_the_page_says_what_is_wrong_with_the_receipt_printer(
    with_printers: Any, browser: Any
) -> None:
    health = Health("1-slips", "slip_printer", DeviceState.GONE, "loop://slips", "gone")
    bench = with_printers.station.benches["1"]
    bench.post(health)
    bench.scan("PBCMD-HELP")  # answered after what came before it
    page = browser.text("/slips/case:1")
    assert "小票打印机" in page
    assert 'mood-warn' in page
