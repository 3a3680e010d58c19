"""A planted customer, asked for on every page in every role: nobody meets him without a record."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from pypdf import PdfReader

from drivers.interfaces import Photograph
from station.db.models import History, Review, Signature
from station.domain.cases import CaseKind
from station.domain.orders import Consignee, RefundKind, RefundNotice
from station.domain.rights import Role
from station.services import cases, intake, photographs, refunds, screens
from tests.web.test_pages import pages

pytestmark = pytest.mark.fault("F27")

WHO = Consignee("张测试甲", "13912345678", "浙江省", "台州市", "温岭市", "新华路88号9幢", "317500")
WORDS = "张测试甲收，139 1234 5678，放新华路88号门口"
CANARY = ("张测试甲", "13912345678", "139 1234 5678", "新华路88", "9幢", "tb_canary")
SHIRT = "TS1103-白色-M"
JPEG = b"\xff\xd8\xff\xe0canary\xff\xd9"
LABEL = b"\x89PNG\r\n\x1a\n"
MOVED = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture
def planted(open_shop: Any) -> Any:
    """His parcels in every state, with notes, holds, pictures, strokes, a case and a review row."""
    shop = open_shop
    his = {"consignee": WHO, "buyer_message": WORDS, "seller_memo": WORDS}
    shop.number = shop.printed("C1", "JN8801-黑色-32", **his, buyer="tb_canary1")
    away = shop.seal("C2", SHIRT, **his, buyer="tb_canary2")
    stopped = shop.printed("C3", "JN8801-黑色-33", **his, buyer="tb_canary3")
    held = shop.pay("C4", "JN8801-黑色-32", **his, buyer="tb_canary4", flag=2)
    shop.write(intake.hold_by_hand, held.parcel_id, who="小李", reason=WORDS)
    shop.write(pictures, shop.parcel_id(away))
    shop.hand_over(away)
    shop.away = away
    case = shop.write(cases.begin, shop.parcel_id(away), CaseKind.LOST, shop.station.rules,
                      who="小李", note=WORDS)
    shop.case = case.id
    notice = RefundNotice("taobao", "C3", RefundKind.REFUNDED, shop.clock.now, None)
    shop.write(refunds.tell_refund, notice, shop.station.rules)
    assert stopped in str(shop.read(screens.order_queue, tab="stopped", now=shop.clock.now))
    shop.add(Review(code="bad_number", source="订单.csv", place="row 7", digest="d" * 64,
                    facts={"value": "13912345678"}, at=shop.clock.now))
    return shop


def pictures(session: Any, parcel_id: int, *, now: Any) -> None:
    picture = Photograph(JPEG, 64, 36, 0.0)
    photographs.keep(session, parcel_id, "open", picture, camera="1-camera", now=now)
    session.add(Signature(parcel_id=parcel_id, role="packer", who="阿明", how="drawn",
                          strokes=[[[123, 456], [789, 321]]], signed_hash="0" * 64, at=now))


def told(answer: Any) -> str:
    """What an answer says, PDF or not."""
    if answer.mimetype == "application/pdf":
        reader = PdfReader(io.BytesIO(answer.data))
        assert not [image for page in reader.pages for image in page.images]
        return "\n".join(page.extract_text() for page in reader.pages)
    return str(answer.get_data().decode("utf-8", "replace"))


def everywhere(shop: Any, app: Any) -> list[str]:
    tabs = [f"/orders?tab={tab}" for tab in screens.TABS]
    found = [f"/stubs?q={shop.away}", f"/parcels/{shop.away}", "/parcels/C3", "/parcels/C4"]
    return sorted({*pages(app, shop.number), *tabs, *found})


@pytest.mark.parametrize("role", [*Role, "nobody"])
def test_no_page_shows_the_buyer_to_anybody(
    planted: Any, app: Any, browser_of: Any, stranger: Any, role: str
) -> None:
    one = stranger if role == "nobody" else browser_of(role)
    seen, answered = {}, 0
    for path in everywhere(planted, app):
        with one.get(path) as answer:
            said, answered = told(answer), answered + (answer.status_code == 200)
        if hits := [word for word in CANARY if word in said]:
            seen[path] = hits
        assert "789,321" not in said, (path, "a stroke of what left")
        assert JPEG.decode("latin-1") not in said
    assert seen == {}
    assert answered >= 4, "there was something to look at"


def test_the_bench_reads_the_note_out_without_the_buyer(planted: Any, browser: Any) -> None:
    shown = [browser.scan("PBID-7"), browser.scan(planted.number), browser.scan("PBCMD-OK"),
             browser.scan("JN8801-黑色-33"), browser.text("/bench/1")]
    assert "***收" in shown[1]
    assert not [word for word in CANARY for page in shown if word in page]


@pytest.mark.parametrize("role", Role)
def test_pictures_of_what_left_are_refused_in_words_to_everybody(
    planted: Any, browser_of: Any, role: str
) -> None:
    one = browser_of(role)
    job = planted.read(job_of, planted.parcel_id(planted.away))
    for path in (f"/parcels/labels/{job}/1.png", "/parcels/photographs/1.jpg"):
        answer = one.get(path)
        assert answer.status_code == 403, path
        words = "图片不再直接显示" if role in ("service", "manager") else "您不能做这一步"
        assert words in answer.text, path


def job_of(session: Any, parcel_id: int) -> int:
    from station.db.models import PrintJob  # noqa: PLC0415 - one use

    return int(session.query(PrintJob).filter_by(parcel_id=parcel_id, kind="waybill").one().id)


def test_a_packer_sees_the_label_while_he_packs_and_the_office_needs_a_reason(
    planted: Any, browser_of: Any
) -> None:
    job = planted.read(job_of, planted.parcel_id(planted.number))
    path = f"/parcels/labels/{job}/1.png"
    assert browser_of("packer").get(path).data.startswith(LABEL)
    assert path in browser_of("packer").text(f"/parcels/{planted.number}")
    assert browser_of("service").get(path).status_code == 403
    assert path not in browser_of("service").text(f"/parcels/{planted.number}")


def revealed(shop: Any) -> list[tuple[str, str]]:
    return shop.read(lambda session: [(row.chain, row.who) for row in session.query(History)
                                      .filter_by(kind="revealed").order_by(History.id)])


@pytest.mark.parametrize("role", ["service", "manager"])
def test_who_may_reveals_by_a_click_with_a_reason_and_everybody_sees_that_he_did(
    planted: Any, browser_of: Any, role: str
) -> None:
    one, parcel_id = browser_of(role), planted.parcel_id(planted.away)
    page = one.text(f"/parcels/{planted.away}")
    action = re.search(r'action="(/parcels/\d+/reveal)"', page)
    assert action
    shown = one.form(action[1], why="claim")
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "no-store"
    for word in ("张测试甲", "13912345678", "新华路88号9幢", "tb_canary", "789,321", MOVED,
                 "data:image/jpeg;base64,", "向快递索赔"):
        assert word in shown.text, word
    assert revealed(planted) == [(f"parcel:{parcel_id}", f"某{role}")]
    after = one.text(f"/parcels/{planted.away}")
    assert "看了买家信息（包裹）：向快递索赔" in after
    assert "张测试甲" not in after


@pytest.mark.parametrize("role", ["packer", "keeper", "courier"])
def test_others_cannot_and_are_not_asked_to(planted: Any, browser_of: Any, role: str) -> None:
    one, path = browser_of(role), f"/parcels/{planted.parcel_id(planted.away)}/reveal"
    assert one.form(path, why="claim").status_code == 403
    if role != "courier":
        assert "/reveal" not in one.text(f"/parcels/{planted.away}")
    assert revealed(planted) == []


def test_a_reveal_needs_a_reason_of_the_list_a_token_and_a_post(
    planted: Any, browser: Any
) -> None:
    path = f"/parcels/{planted.parcel_id(planted.away)}/reveal"
    assert browser.get(path).status_code == 405
    for fields in ({}, {"why": ""}, {"why": "curious"}):
        answer = browser.form(path, **fields)
        assert answer.status_code == 400
        assert "请选原因" in answer.text
    bare = browser.client.post(path, data={"why": "claim"}, headers=browser.headers())
    assert bare.status_code == 403
    assert browser.form("/parcels/4711/reveal", why="claim").status_code == 404
    assert revealed(planted) == []


def test_a_programs_key_reveals_nothing(planted: Any, app: Any) -> None:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {planted.key_of('crm', 'service')}"
    path = f"/parcels/{planted.parcel_id(planted.away)}/reveal"
    assert client.post(path, json={"why": "claim"}).status_code == 400
    token = re.search(r'name="packbench-token" content="([^"]+)"', client.get("/orders").text)
    assert token
    answer = client.post(path, data={"why": "claim", "token": token[1]})
    assert answer.status_code == 403
    assert "程序不行" in answer.text
    assert revealed(planted) == []


def test_a_repeated_request_is_not_answered_from_a_kept_copy(planted: Any, browser: Any) -> None:
    path = f"/parcels/{planted.parcel_id(planted.away)}/reveal"
    assert browser.form(path, why="claim", once="k1").status_code == 200
    again = browser.form(path, why="claim", once="k1")
    assert again.status_code == 409
    assert "张测试甲" not in again.text
    kept = planted.read(lambda session: [row.answer for row in session.query(once_answers())])
    assert kept == [b""]


def once_answers() -> Any:
    from station.db.models import OnceAnswer  # noqa: PLC0415 - one use

    return OnceAnswer


def test_who_looks_too_often_is_told_of_to_the_manager_and_cannot_take_it_away(
    planted: Any, browser_of: Any, browser: Any
) -> None:
    service, path = browser_of("service"), f"/parcels/{planted.parcel_id(planted.away)}/reveal"
    token = service.token()
    for _ in range(21):
        service.client.post(path, data={"why": "call", "token": token},
                            headers=service.headers())
    home = browser.text("/")
    assert "某service 一小时内看了 21 次买家信息（超过 20 次）" in home
    (alarm,) = [each for each in planted.read(screens.alarms) if each.code == "reveals_many"]
    assert service.form(f"/alarms/{alarm.id}").status_code == 403
    assert "packbench_reveals_last_hour 21.0" in browser.text("/metrics")
    assert browser.form(f"/alarms/{alarm.id}").status_code == 303
    assert "买家信息" not in browser.text("/")
