"""The pages beside the bench: what they show, what their buttons do, and what they never do."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from drivers.interfaces import DeviceState, Health, Photograph
from station.db.models import Alarm, PrintJob, Review, Sku
from station.db.session import Database
from station.domain.cases import CaseKind
from station.domain.refusals import Code
from station.services import cases, holds, intake, photographs, printing, screens

GOODS = "商家编码,货号,颜色,尺码,标题,条码,重量克,库位,类目,库存,量腰围\n"
EVIL = '"><img src=x onerror=alert(1)>{{7*7}}<script>alert(2)</script>'


ELSEWHERE = {"devices.picture", "devices.flight", "devices.camera", "stubs.download",
             "suppliers.one", "suppliers.paper", "stock_takes.take", "stock_takes.panel",
             "stock_takes.paper", "stock_takes.sheet", "stock_takes.sheet_panel",
             "receiving.one", "receiving.panel", "receiving.paper", "receiving.labels",
             "receiving.all_labels", "receiving.ledger", "pictures.jpeg"}
"""Pages of things that need more than a shop: each has a test of its own."""


def pages(app: Any, number: str) -> list[str]:
    """Every address that a GET can ask for, filled with things that exist."""
    facts = {"name": "1", "waybill_no": number, "handover_id": 1, "job_id": 1, "number": 1,
             "photograph_id": 1, "filename": "app.css", "parcel_id": 1, "case_id": 1,
             "group": "courier", "kind": "csv", "carrier": "STO", "about": "day:2026-11-23",
             "code": "PBS-H1", "sku_id": 1}
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint.startswith("bills.") and rule.arguments:
                continue  # they need a statement: tests/web/test_bills_page.py
            if "GET" in (rule.methods or ()) and rule.endpoint != "stream.events":
                if rule.endpoint in ELSEWHERE:
                    continue
                values = {argument: facts[argument] for argument in rule.arguments}
                if rule.endpoint in ("devices.checks", "devices.drift_chart"):
                    values["name"] = "1-scale"
                found.append(app.url_for(rule.endpoint, **values))
    return sorted(set(found))


@pytest.fixture
def busy_shop(open_shop: Any) -> Any:
    """Parcels in many states, a hand-over, alarms and a row to review."""
    shop = open_shop
    shop.printed("A1", "JN8801-黑色-32", seller_memo="加急", flag=1)
    shop.pay("A2", "NO-SUCH-SKU")
    shop.seal("A3", "TS1103-白色-M")
    shop.add(Review(code="damaged_order_no", source="订单.csv", place="row 7", digest="d" * 64,
                    facts={"seen": "2E+18"}, at=shop.clock.now))
    shop.add(Alarm(code="pool_low", subject="SF", facts={"carrier": "SF", "left": 3},
                   at=shop.clock.now))
    picture = Photograph(b"\xff\xd8\xff\xe0picture\xff\xd9", 64, 36, 0.0)
    shop.write(photographs.keep, 1, "open", picture, camera=EVIL[:64], who="阿明")
    shop.write(begin_case)
    return shop


def test_every_page_answers(busy_shop: Any, app: Any, browser: Any) -> None:
    browser.form("/handover", carrier="STO", who="老周")
    number = busy_shop.printed("A4", "JN8801-黑色-33")
    for path in pages(app, number):
        with browser.get(path) as answer:
            assert answer.status_code in (200, 302), (path, answer.status_code)


@pytest.mark.fault("F24")
def test_looking_never_changes_anything(
    busy_shop: Any, app: Any, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.form("/handover", carrier="STO", who="老周")
    number = busy_shop.printed("A4", "JN8801-黑色-33")

    def refuse(*_: Any) -> None:
        raise AssertionError("a GET wrote something")

    monkeypatch.setattr(Database, "write", refuse)
    for path in pages(app, number):
        with browser.get(path) as answer:
            assert answer.status_code in (200, 302), path


def test_an_unknown_page_is_said_in_words(browser: Any) -> None:
    answer = browser.get("/nowhere")
    assert answer.status_code == 404
    assert "没有这一页" in answer.text
    assert browser.get("/api/v1/nowhere").json["error"]["code"] == "http.404"
    assert browser.form("/stubs").status_code == 405


def test_a_mistake_of_ours_is_told_without_its_details(
    browser: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("张测试 13912345678")

    monkeypatch.setattr(screens, "order_queue", fail)
    answer = browser.get("/orders?number=7731")
    assert answer.status_code == 500
    assert "程序出错了" in answer.text
    assert "13912345678" not in answer.text
    assert "7731" not in caplog.text


# --- Home ---------------------------------------------------------------------------------------


def test_the_first_page_counts_and_warns(busy_shop: Any, browser: Any) -> None:
    page = browser.text("/")
    assert "顺丰单号只剩 3 个" in page
    assert "海风&lt;b&gt;小店" in page
    assert "等装箱" in page


def test_an_alarm_leaves_when_somebody_saw_it(busy_shop: Any, browser: Any) -> None:
    alarms = busy_shop.read(screens.alarms)
    for alarm in alarms:
        assert browser.form(f"/alarms/{alarm.id}").status_code == 303
    assert busy_shop.read(screens.alarms) == ()


# --- The queue ----------------------------------------------------------------------------------


@pytest.mark.rule("S9")
def test_the_queue_is_sorted_by_deadline_and_the_late_are_loud(
    open_shop: Any, browser: Any
) -> None:
    first = open_shop.printed("A1", "JN8801-黑色-32")
    open_shop.clock.later(hours=1)
    second = open_shop.printed("A2", "JN8801-黑色-33", consignee=open_shop_other())
    page = browser.text("/orders")
    assert page.index(first) < page.index(second)
    open_shop.clock.later(days=2)
    page = browser.text("/orders?tab=late")
    assert "已晚" in page
    assert "row-bad" in page
    assert first not in browser.text("/orders?tab=due")


def open_shop_other() -> Any:
    from station.domain.orders import Consignee  # noqa: PLC0415 - one use

    return Consignee("王五", "13900000202", "浙江省", "杭州市", "西湖区", "某路2号", "310000")


@pytest.mark.rule("S20")
def test_a_hold_shows_its_reason_and_is_released_by_a_named_person(
    open_shop: Any, browser: Any
) -> None:
    taken = open_shop.pay("A1", "JN8801-黑色-32", flag=2)
    page = browser.text("/orders?tab=held")
    assert "黄旗：现在不能发" in page
    path = f"/orders/{taken.parcel_id}/release"
    assert browser.form(path, code="no.such").status_code == 400
    released = browser.form(path, code="order.flag_yellow", reason="到货")
    assert released.status_code == 303
    assert "黄旗：现在不能发" not in browser.text("/orders?tab=held")
    assert open_shop.print_next()


def test_an_unclear_row_is_shown_and_settled(busy_shop: Any, browser: Any) -> None:
    page = browser.text("/orders?tab=review")
    assert "订单号被表格软件改坏了" in page
    assert "row 7" in page
    row = busy_shop.read(screens.reviews)[0]
    assert browser.form(f"/orders/review/{row.id}").status_code == 303
    assert "row 7" not in browser.text("/orders?tab=review")


def test_a_stopped_parcel_has_its_own_tab(open_shop: Any, browser: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    open_shop.write(stop, open_shop.parcel_id(number))
    assert number in browser.text("/orders?tab=stopped")
    assert number not in browser.text("/orders")


def stop(session: Any, parcel_id: int, *, now: Any) -> None:
    from station.services import issuing  # noqa: PLC0415 - one use

    issuing.stop(session, session.get(intake.Parcel, parcel_id), kind="refunded", now=now)


def test_an_unknown_tab_is_the_first_one(open_shop: Any, browser: Any) -> None:
    assert 'aria-current="page"' in browser.text("/orders?tab=<script>")


def test_a_typed_number_leads_to_its_parcel(open_shop: Any, browser: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    found = browser.get(f"/orders/find?number={number}")
    assert found.location == f"/parcels/{number}"
    assert browser.get("/orders/find?number=").location == "/orders"


# --- One parcel ---------------------------------------------------------------------------------


def test_a_parcels_page_tells_its_whole_history(open_shop: Any, browser: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    for code in ("PBID-7", number, "JN8801-黑色-33", "PBCMD-OK", "JN8801-黑色-32", "PBMAT-BAG1",
                 "PBCMD-DONE"):
        browser.scan(code)
    open_shop.put_on_scale(900)
    browser.scan("PBCMD-HELP")
    page = browser.text(f"/parcels/{number}")
    for words in ("付款：订单 A1", f"取单号 {number}", "扫描面单，打开", "尺码错", "装入一件",
                  "包装 BAG1", "已核对包装", "重量不符 900 g", "☺ 阿明", b"ST,GS".hex()):
        assert words in page, words
    assert "13900000101" not in page


def test_a_parcel_is_found_by_its_order_and_by_a_voided_number(
    open_shop: Any, browser: Any
) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    open_shop.write(reissue, open_shop.parcel_id(number), open_shop.station.rules)
    assert "已作废" in browser.text(f"/parcels/{number}") or number in browser.text(
        f"/parcels/{number}"
    )
    assert number in browser.text("/parcels/A1")
    missing = browser.get("/parcels/NOTHING")
    assert missing.status_code == 404
    assert "没有这个单号" in missing.text


def reissue(session: Any, parcel_id: int, rules: Any, *, now: Any) -> None:
    from station.services import issuing  # noqa: PLC0415 - one use

    parcel = session.get(intake.Parcel, parcel_id)
    issuing.reissue(session, parcel, rules, reason="address", now=now)


def test_a_label_is_shown_as_it_was_printed(open_shop: Any, browser: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    job = open_shop.read(lambda session: session.query(PrintJob).one().id)
    assert f"/parcels/labels/{job}/1.png" in browser.text(f"/parcels/{number}")
    picture = browser.get(f"/parcels/labels/{job}/1.png")
    assert picture.mimetype == "image/png"
    assert picture.data.startswith(b"\x89PNG")
    assert browser.get(f"/parcels/labels/{job}/9.png").status_code == 404


def test_a_label_in_doubt_is_settled_by_a_person_who_looked(open_shop: Any, browser: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    job = open_shop.read(lambda session: session.query(PrintJob).one().id)
    assert "面单出来了" in browser.text(f"/parcels/{number}")
    path = f"/orders/jobs/{job}"
    assert browser.form(path, came_out="maybe").status_code == 400
    done = browser.form(path, came_out="no", back=number)
    assert done.location == f"/parcels/{number}"
    assert "补打 1" in browser.text(f"/parcels/{number}")


# --- Import -------------------------------------------------------------------------------------


def upload(browser: Any, *files: tuple[str, bytes]) -> Any:
    fields = MultiDict([("token", browser.token())])
    for name, data in files:
        fields.add("files", (io.BytesIO(data), name))
    return browser.client.post(
        "/import", data=fields, headers=browser.headers(), content_type="multipart/form-data"
    )


def test_a_goods_list_is_brought_by_hand_and_told_in_words(shop: Any, browser: Any) -> None:
    row = "JN-1-BK-32,JN-1,黑色,32,牛仔裤,6900000000011,480,A-01,裤,5,是\n"
    answer = upload(browser, ("货品.csv", (GOODS + row).encode()))
    assert answer.status_code == 200
    assert "商品" in answer.text
    assert "新增 1" in answer.text
    assert shop.read(lambda session: session.query(Sku).one().code) == "JN-1-BK-32"
    assert "货品.csv" in browser.text("/import")


def test_a_file_nobody_knows_is_said_so(shop: Any, browser: Any) -> None:
    answer = upload(browser, ("<b>x</b>.csv", b"what,is,this\n1,2,3\n"))
    assert "不认识这种文件" in answer.text or "不认识的文件" in answer.text
    assert "<b>x</b>" not in answer.text


def test_an_upload_without_a_file_is_refused(shop: Any, browser: Any) -> None:
    assert upload(browser).status_code == 400
    assert upload(browser, *[(f"{n}.csv", b"x") for n in range(21)]).status_code == 400


def test_an_upload_may_be_larger_than_other_requests(shop: Any, browser: Any) -> None:
    rows = "".join(f"S-{n},S,黑色,{n},{'裤' * 60},,480,A-01,裤,5,否\n" for n in range(1_500))
    data = (GOODS + rows).encode()
    assert len(data) > 300_000
    assert "新增 1500" in upload(browser, ("货品.csv", data)).text


@pytest.mark.fault("F24")
def test_an_upload_from_elsewhere_is_not_read(shop: Any, browser: Any) -> None:
    files = {"files": (io.BytesIO(GOODS.encode()), "x.csv")}
    answer = browser.client.post(
        "/import", data=files, headers={"Origin": "http://evil.example"},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 403


# --- Devices, commands, stubs -------------------------------------------------------------------


def test_devices_are_shown_with_what_to_do(shop: Any, browser: Any) -> None:
    page = browser.text("/devices")
    assert "loop://" in page
    assert "等几秒" in page


@pytest.mark.fault("F23")
@pytest.mark.parametrize("name", ["../station.db", "..%2fstation.db", "/etc/passwd", "x.png"])
def test_no_picture_is_taken_from_outside_its_folder(browser: Any, name: str) -> None:
    assert browser.get(f"/devices/pictures/{name}").status_code in (308, 404)


def test_a_picture_of_an_item_is_served(shop: Any, browser: Any) -> None:
    folder = shop.station.config.data_dir / "pictures"
    folder.mkdir(parents=True)
    (folder / "JN8801.png").write_bytes(b"\x89PNG picture")
    with browser.get("/devices/pictures/JN8801.png") as answer:
        assert answer.data == b"\x89PNG picture"


def test_the_command_sheet_is_pages_of_barcodes(browser: Any) -> None:
    page = browser.text("/commands")
    assert "PBCMD-DONE" in page
    assert "PBWHY-TORN" in page
    assert browser.get("/commands/sheet-1.png").data.startswith(b"\x89PNG")
    assert browser.get("/commands/sheet-99.png").status_code == 404
    assert browser.get("/commands/sheet-0.png").status_code == 404


@pytest.mark.rule("D5")
def test_the_shops_own_bags_are_on_the_command_sheet_to_be_scanned(
    shop: Any, browser: Any
) -> None:
    before = browser.text("/commands").count("sheet-")
    lists = [f"BAG-{n:02d},大号快递袋{n},bag,STO,50" for n in range(7)]
    too_long = f"BAG-{'X' * 28},名字太长的袋子,bag,STO,50"
    table = "\n".join(("编码,名称,种类,承运商,库存", *lists, too_long))
    assert upload(browser, ("耗材.csv", table.encode())).status_code == 200
    page = browser.text("/commands")
    assert "PBMAT-BAG-03" in page
    assert "大号快递袋3" in page
    assert page.count("sheet-") > before, "the sheet grew by a page"
    last = page.count("sheet-") // 2
    assert browser.get(f"/commands/sheet-{last}.png").data.startswith(b"\x89PNG")


def test_stubs_are_empty_until_something_was_handed_over(open_shop: Any, browser: Any) -> None:
    assert "0 张" in browser.text("/stubs?carrier=STO&day=2026-11-23&number=0001")


# --- Hostile text -------------------------------------------------------------------------------


@pytest.mark.fault("F19")
def test_hostile_text_is_shown_as_text_on_every_page(
    open_shop: Any, app: Any, browser: Any
) -> None:
    shop = open_shop
    shop.stock_goods("XS1-黑色-32", title=EVIL, location=EVIL[:30], picture="", batch_note=EVIL)
    number = shop.printed("A1", "XS1-黑色-32", buyer_message=EVIL, flag=1)
    held = shop.pay("A2", "XS1-黑色-32", seller_memo=EVIL, flag=2)
    shop.write(hold_with, held.parcel_id)
    shop.add(Review(code=EVIL[:40], source=EVIL, place=EVIL[:60], facts={EVIL: EVIL},
                    digest="e" * 64, at=shop.clock.now))
    shop.add(Alarm(code="no_stock", subject="x", facts={"skus": EVIL}, at=shop.clock.now))
    shop.seal("A3", "XS1-黑色-32", seller_memo="x")
    shop.write(begin_case)
    browser.form("/handover", carrier="STO", who=EVIL[:60])
    browser.scan(number)
    browser.scan(EVIL)
    paths = pages(app, number) + [f"/orders?tab={tab}" for tab in screens.TABS] + [
        f"/stubs?number={EVIL}"]
    for path in paths:
        with browser.get(path) as answer:
            if answer.mimetype != "text/html":
                continue
            assert "<img src=x" not in answer.text, path
            assert "<script>alert" not in answer.text, path
            assert ">49<" not in answer.text


def begin_case(session: Any, *, now: Any) -> None:
    """A case of the first parcel, whose every text is hostile."""
    parcel = session.get(intake.Parcel, 1)
    case = cases.open_case(session, parcel, CaseKind.LOST, who=EVIL[:64], note=EVIL, now=now)
    case.courier = case.packer = case.ticket = EVIL[:64]
    case.return_no = EVIL[:40]


def hold_with(session: Any, parcel_id: int, *, now: Any) -> None:
    parcel = session.get(intake.Parcel, parcel_id)
    holds.hold(session, parcel, Code.ORDER_UNKNOWN_SKU, {"skus": EVIL}, now=now, who=EVIL[:60])


def test_a_number_with_signs_is_only_a_number(open_shop: Any, browser: Any) -> None:
    for odd in ("%2e%2e%2fetc", "%25", "a%20b", "<script>", "'; DROP TABLE parcel; --"):
        assert browser.get(f"/parcels/{odd}").status_code == 404
    assert open_shop.read(printing.next_due, bench="1") is None


def test_a_scanner_is_taught_on_the_devices_page(shop: Any, browser: Any) -> None:
    assert "学结尾字符" in browser.text("/devices")
    with shop.station.hub.listen() as heard:
        assert browser.form("/devices/learn/1-left").status_code == 303
        assert heard.get(timeout=60) == "devices"
        assert "已扫 0" in browser.text("/devices")
        source = shop.station.desk.places["1-left"].worker.teach.__self__
        for number, code in enumerate((b"773000111222333", b"773000444555666", b"690123456789")):
            assert source.feed(b"~" + code + b"\r\n", float(number)) == []
            source.quiet(number + 0.5)
        assert heard.get(timeout=60) == "devices"
    page = browser.text("/devices")
    assert "学会了" in page
    assert "prefix = &#34;~&#34;" in page
    assert "suffix = &#34;crlf&#34;" in page


def test_a_lesson_that_shows_nothing_says_why(shop: Any, browser: Any) -> None:
    browser.form("/devices/learn/1-left")
    source = shop.station.desk.places["1-left"].worker.teach.__self__
    for number in range(3):
        source.feed(b"<b>same</b>\r", float(number))
        source.quiet(number + 0.5)
    page = browser.text("/devices")
    assert "三次是同一个条码" in page
    assert "<b>same" not in page


def test_only_a_scanner_that_is_there_is_taught_and_only_by_post(shop: Any, browser: Any) -> None:
    assert browser.form("/devices/learn/1-right").status_code == 404
    assert browser.get("/devices/learn/1-left").status_code == 405
    assert shop.station.lessons() == {}


def test_a_camera_is_looked_through_on_the_devices_page(
    shop: Any, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser.get("/devices/1/camera.jpg").status_code == 404
    assert browser.get("/devices/9/camera.jpg").status_code == 404
    seeing = SimpleNamespace(photograph=lambda: Photograph(b"\xff\xd8\xff-now", 64, 36, 0.1))
    monkeypatch.setitem(shop.station.cameras, "1", seeing)
    health = Health("1-camera", "camera", DeviceState.READY, "http://camera.lan/video")
    shop.station.benches["1"].post(health)
    for _ in range(100):
        page = browser.text("/devices")
        if "摄像头现在看到的" in page:
            break
    assert 'data-live="/devices/1/camera.jpg"' in page
    with browser.get("/devices/1/camera.jpg") as answer:
        assert (answer.mimetype, answer.data) == ("image/jpeg", b"\xff\xd8\xff-now")
        assert answer.headers["Cache-Control"] == "no-store"
    seeing.photograph = lambda: None
    assert browser.get("/devices/1/camera.jpg").status_code == 404


def test_a_photograph_is_shown_to_nobody_from_elsewhere(busy_shop: Any, browser: Any) -> None:
    with browser.get("/parcels/photographs/1.jpg") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    client = browser.client
    assert client.get("/parcels/photographs/1.jpg", headers=elsewhere).status_code == 403
    assert browser.get("/parcels/photographs/99.jpg").status_code == 404


def test_an_alarm_says_what_to_do_and_opens_the_page_where_it_is_done(
    busy_shop: Any, browser: Any
) -> None:
    busy_shop.add(Alarm(code="no_stock", subject="A2", facts={"skus": "JN8801-黑色-32×2"},
                        at=busy_shop.clock.now))
    page = browser.text("/")
    assert "打给快递公司要单号" in page
    assert "告诉买家，可退款" in page
    assert 'href="/orders?tab=held"' in page
    assert 'href="/couriers"' in page
