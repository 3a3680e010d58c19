"""The couriers' directory, the courier's list and corrections, through their pages."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from station.db.models import Packaging, PackagingMove
from station.domain.vocabulary import CarrierCode
from station.services import consumables, couriers, handover

STROKES = [[[100, 100], [500, 400]]]
JEANS = "JN8801-黑色-32"


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.fixture
def pile(open_shop: Any, browser: Any) -> tuple[str, list[str]]:
    """An open hand-over's path and the numbers of its two scanned parcels."""
    numbers = [open_shop.seal(f"A{n}", JEANS, grams=520) for n in (1, 2)]
    path = browser.form("/handover", carrier="STO", who="老周").location
    for number in numbers:
        browser.send(f"{path}/scan", {"code": number})
    return path, numbers


def closed(shop: Any, browser: Any, pile: tuple[str, list[str]]) -> str:
    path, numbers = pile
    for number in numbers:
        browser.send(f"{path}/figures", {
            "parcel_id": shop.parcel_id(number), "weight": "520", "unit": "g", "price": "5"})
    answer = browser.send(f"{path}/close", {
        "courier": "小吴", "phone": "13700000001", "strokes": STROKES, "missing": []})
    assert "交接完成" in answer.text
    return path


# --- The directory --------------------------------------------------------------------------------


@pytest.mark.rule("D11")
def test_couriers_and_contacts_are_entered_changed_and_noted(open_shop: Any, browser: Any) -> None:
    assert "没写" in browser.text("/couriers")
    browser.form("/couriers/STO", contact="刘站长", phone="0576-8612", account="K1", note="",
                 who="陈姐")
    browser.form("/couriers/STO/people", name="小吴", phone="13700000001", active="1", who="陈姐")
    person = open_shop.read(couriers.directory)[0].couriers[0]
    browser.form("/couriers/incidents", courier=person.id, kind="late", waybill_no="7731",
                 note="<b>六点</b>", who="陈姐")
    page = browser.text("/couriers")
    assert "0576-8612" in page
    assert "来晚了 1" in text(page)
    assert "&lt;b&gt;六点" in page
    browser.form("/couriers/STO/people", courier=person.id, name="吴师傅", phone="13700000002",
                 who="陈姐")
    page = text(browser.text(f"/couriers?courier={person.id}"))
    assert "吴师傅 — 不来了" in page
    assert "13700000002" in page


@pytest.mark.rule("D10")
def test_what_came_is_counted_and_no_longer_called_for(open_shop: Any, browser: Any) -> None:
    open_shop.add(
        Packaging(code="L", name="面单", kind="label", carrier="STO", stock=500, low_at=50))
    open_shop.write(consumables.use_label, "STO", 460, parcel_id=None)
    page = text(browser.text("/couriers"))
    assert re.search("面单 L 申通 ▲ 40 .*大号快递袋 BAG1 — 90 ", page), "what runs low comes first"
    assert "面单快用完了，剩 40" in browser.text("/")
    for quantity, left in (("10", 50), ("1", 51)):
        came = browser.form("/couriers/consumables", code="L", quantity=quantity)
        assert (came.status_code, came.location) == (303, "/couriers#consumables")
        assert f" {left} 到货" in text(browser.text("/couriers"))
        assert ("面单快用完了" in browser.text("/")) == (left == 50), "what came is more than low"
    moves = open_shop.read(lambda session: session.scalars(select(PackagingMove)).all())
    assert [(move.kind, move.quantity, move.who) for move in moves] == [
        ("use", -460, ""), ("deliver", 10, "老周"), ("deliver", 1, "老周")]


@pytest.mark.parametrize(("code", "quantity"), [
    ("BAG1", "0"), ("BAG1", "-3"), ("BAG1", "1000001"), ("BAG1", "一箱"), ("NO", "3"), ("", "3")])
def test_what_cannot_have_come_is_refused(
    open_shop: Any, browser: Any, code: str, quantity: str
) -> None:
    refused = browser.form("/couriers/consumables", code=code, quantity=quantity)
    assert refused.status_code == 400
    assert "数量要 1 到 1000000" in refused.text
    assert " 90 到货" in text(browser.text("/couriers"))


def test_a_courier_needs_a_name_of_his_own(browser: Any, open_shop: Any) -> None:
    add = {"phone": "1", "active": "1", "who": "陈姐"}
    assert browser.form("/couriers/STO/people", name="小吴", **add).status_code == 303
    refused = browser.form("/couriers/STO/people", name="小吴", **add)
    assert refused.status_code == 400
    assert "同名" in refused.text


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [("/couriers/ZTO", {"phone": "1", "who": "a"}, 404),
     ("/couriers/incidents", {"courier": "99", "kind": "late", "who": "a"}, 404),
     ("/couriers/incidents", {"courier": "99", "kind": "moon", "who": "a"}, 400)],
)
def test_what_cannot_be_noted_is_refused(
    browser: Any, open_shop: Any, path: str, fields: dict[str, str], status: int
) -> None:
    assert browser.form(path, **fields).status_code == status


@pytest.mark.rule("D6")
def test_a_stranger_without_a_number_is_asked_for_it(
    open_shop: Any, browser: Any, pile: tuple[str, list[str]]
) -> None:
    path, numbers = pile
    for number in numbers:
        browser.send(f"{path}/figures", {
            "parcel_id": open_shop.parcel_id(number), "weight": "520", "unit": "g", "price": "5"})
    body = {"courier": "新来的", "phone": "", "strokes": STROKES, "missing": []}
    assert "第一次来的快递员，请写电话" in browser.send(f"{path}/close", body).text
    assert "交接完成" in browser.send(f"{path}/close", {**body, "phone": "139"}).text


# --- The list -------------------------------------------------------------------------------------


@pytest.mark.rule("D6")
def test_a_pasted_list_answers_every_row(browser: Any, pile: tuple[str, list[str]]) -> None:
    path, (one, two) = pile
    page = text(browser.form(
        f"{path}/list", text=f"{one} 0.52 5\n{two} 1.3 6\n779900000001 1 5").text)
    assert "1 件相符，1 件不符，0 件等扫描，1 件不是这一堆的" in page
    assert re.search(rf"2 {two} ✗ 重量差一档", page)
    assert "没有这个单号" in page
    assert "row-bad" in browser.text(f"{path}/panel")


def test_a_file_with_a_bad_cell_takes_nothing_and_names_it(
    browser: Any, pile: tuple[str, list[str]]
) -> None:
    path, (one, two) = pile
    data = f"运单号,重量,价格\n{one},0.52,5\n{two},八百,6\n".encode("gb18030")
    answer = browser.form(f"{path}/list", file=(io.BytesIO(data), "清单.csv"))
    page = text(answer.text)
    assert "什么都没有导入" in page
    assert "B3 重量看不懂 not a weight : “八百”" in page
    assert "相符 0" in text(browser.text(f"{path}/panel"))


def test_the_same_text_twice_is_told_and_may_be_taken_again(
    browser: Any, pile: tuple[str, list[str]]
) -> None:
    path, (one, _) = pile
    said = {"text": f"{one} 0.52 5"}
    browser.form(f"{path}/list", **said)
    again = browser.form(f"{path}/list", **said).text
    assert "已经导入过" in again
    assert "还是导入" in again
    assert "1 件相符" in text(browser.form(f"{path}/list", again="1", **said).text)


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"PK\x03\x04oops"])
def test_a_file_that_is_no_table_is_explained(
    browser: Any, pile: tuple[str, list[str]], data: bytes
) -> None:
    path, _ = pile
    page = browser.form(f"{path}/list", file=(io.BytesIO(data), "list.xlsx")).text
    assert "list.xlsx" in page
    assert "✗" in page


def test_nothing_sent_is_refused(browser: Any, pile: tuple[str, list[str]]) -> None:
    path, _ = pile
    assert browser.form(f"{path}/list", text=" ").status_code == 400
    assert browser.form("/handover/99/list", text="a").status_code == 404
    assert browser.get("/handover/99/lines/1").status_code == 404


def test_a_corrected_line_leads_to_all_that_was_told(
    open_shop: Any, browser: Any, pile: tuple[str, list[str]]
) -> None:
    path, (one, _) = pile
    browser.form(f"{path}/list", text=f"{one} 5.2 5")
    key = open_shop.parcel_id(one)
    panel = browser.send(f"{path}/figures", {
        "parcel_id": key, "weight": "520", "unit": "g", "price": "5"}).text
    assert f"{path}/lines/{one}" in panel
    page = text(browser.text(f"{path}/lines/{one}"))
    assert "清单 list 粘贴 pasted · 1" in page
    assert "手输 typed 老周 5.200 kg ¥5.00 520 g ¥5.00" in page


# --- After it left --------------------------------------------------------------------------------


@pytest.mark.rule("D6")
def test_a_correction_is_signed_shown_and_printed(
    open_shop: Any, browser: Any, pile: tuple[str, list[str]]
) -> None:
    path = closed(open_shop, browser, pile)
    number = pile[1][0]
    form = {"waybill_no": number, "weight": "530", "price": "6", "reason": "看错",
            "courier": "小吴", "who": "老周", "strokes": ""}
    assert "还没有写名字或签名" in browser.form(f"{path}/correction", **form).text
    done = browser.form(f"{path}/correction", **{**form, "strokes": json.dumps(STROKES)}).text
    assert f"已更正：{number}" in done
    assert "打印更正单" in done
    assert browser.form(f"{path}/addendum", who="老周").status_code == 303
    assert "更正单去打印了" in browser.text(f"{path}/correction?printed=1")
    assert "事后更正" in browser.text(path)


@pytest.mark.parametrize("strokes", ["no json", '[["a"]]', "{}", "[" * 60_000])
def test_a_signature_that_is_none_is_refused(
    open_shop: Any, browser: Any, pile: tuple[str, list[str]], strokes: str
) -> None:
    path = closed(open_shop, browser, pile)
    answer = browser.form(f"{path}/correction", waybill_no="1", weight="1", reason="x",
                          courier="小吴", who="老周", strokes=strokes)
    assert answer.status_code in (200, 400)
    assert "已更正" not in answer.text


# --- A long pile ----------------------------------------------------------------------------------


def test_a_long_pile_is_not_drawn_whole_for_every_scan(
    open_shop: Any, browser: Any
) -> None:
    numbers = [open_shop.seal(f"L{n}", "TS1103-白色-M", grams=300) for n in range(9)]
    numbers += [open_shop.seal(f"M{n}", JEANS, grams=520) for n in range(9)]
    path = browser.form("/handover", carrier="STO", who="老周").location
    for number in numbers[:-1]:
        browser.send(f"{path}/scan", {"code": number})
        panel = browser.send(f"{path}/figures", {
            "parcel_id": open_shop.parcel_id(number), "weight": "520", "unit": "g",
            "price": "5"}).text if number in numbers[9:] else browser.send(f"{path}/figures", {
                "parcel_id": open_shop.parcel_id(number), "weight": "300", "unit": "g",
                "price": "5"}).text
    assert panel.count("data-pick") == 12
    assert "全部看" in panel
    assert "应交 18" in text(panel)
    assert browser.text(f"{path}?all=1").count("data-pick") == 17


# --- The carriers' own systems --------------------------------------------------------------------


@pytest.fixture
def weigh(open_shop: Any, program: Any) -> Callable[..., Any]:
    """A weight told as a carrier's system does."""
    secret = open_shop.station.config.webhook.secret

    def send(number: str, grams: str, *, event: str = "w1", signed: str | None = None) -> Any:
        body = json.dumps({"tms_package_weight_request": {
            "mail_no": number, "tms_cp_code": "STO", "weight": grams, "charging_weight": "",
            "length": "", "width": "", "height": ""}})
        at = open_shop.clock.now
        return program.post(
            "/api/v1/carriers/packageweight", data=body.encode(), content_type="application/json",
            headers={"webhook-id": event, "webhook-timestamp": str(int(at.timestamp())),
                     "webhook-signature": signed or Webhook(secret).sign(event, at, body)})

    return send


@pytest.mark.rule("D6")
def test_a_signed_weight_is_taken_once_and_compared(
    weigh: Any, browser: Any, pile: tuple[str, list[str]]
) -> None:
    path, (one, two) = pile
    answers = [weigh(one, "530").json for _ in range(2)]
    assert [answer["outcome"] for answer in answers] == ["taken", "known"]
    assert answers[0]["result"] == {"waybill_no": one, "outcome": "agreed"}
    assert weigh(two, "1530", event="w2").json["result"]["outcome"] == "handover.step_differs"
    assert "不符 1" in text(browser.text(f"{path}/panel"))


def test_an_unsigned_weight_is_not_believed(weigh: Any, pile: tuple[str, list[str]]) -> None:
    assert weigh(pile[1][0], "530", signed="v1,AAAA").status_code == 401
    assert weigh(pile[1][0], "heavy").status_code == 400


def test_an_open_hand_over_survives_a_new_process(
    open_shop: Any, browser: Any, pile: tuple[str, list[str]], settings: Any
) -> None:
    from station.bootstrap import build  # noqa: PLC0415 - a second station, as after a restart
    from web.app import create_app  # noqa: PLC0415

    path, (one, _) = pile
    browser.form(f"{path}/list", text=f"{one} 0.52 5")
    again = build(settings, now=open_shop.clock)
    try:
        client = create_app(again).test_client()
        client.set_cookie("packbench-session-80", open_shop.session_of("老周", "manager"))
        page = client.get(path).text
    finally:
        again.db.close()
    assert "相符 1" in text(page)
    assert "已扫 2" in text(page)
    assert again.rules.tariffs == open_shop.station.rules.tariffs
    found = open_shop.read(lambda s: handover.open_session(
        s, CarrierCode.STO, who="", now=open_shop.clock.now).opened_by)
    assert found == "老周"
