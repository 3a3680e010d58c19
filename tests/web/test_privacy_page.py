"""A buyer asks what is kept of him, or to be forgotten: the manager's page, and its records."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from station.db.models import History
from station.domain.cases import CaseKind
from station.domain.orders import Consignee
from station.services import cases, erasure, photographs

pytestmark = pytest.mark.fault("F27")

WHO = Consignee("张测试甲", "13912345678", "浙江省", "台州市", "温岭市", "新华路88号9幢", "317500")
SAME_NAME = Consignee("张测试甲", "13800000001", "浙江省", "杭州市", "西湖区", "别处路1号", "3")
CLEAR = ("张测试甲", "13912345678", "新华路88", "tb_canary", "13800000001")


@pytest.fixture
def his(open_shop: Any) -> Any:
    open_shop.number = open_shop.seal("C1", "TS1103-白色-M", consignee=WHO, buyer="tb_canary",
                                      buyer_message="张测试甲收，加急")
    open_shop.hand_over(open_shop.number)
    open_shop.id = open_shop.parcel_id(open_shop.number)
    return open_shop


def later(shop: Any) -> None:
    shop.clock.later(days=erasure.RETENTION.days + 1)


def kept(shop: Any, kind: str) -> list[tuple[str, str]]:
    return shop.read(lambda session: [(row.chain, row.who) for row in session.query(History)
                                      .filter_by(kind=kind).order_by(History.id)])


def ticked(page: str) -> list[str]:
    return re.findall(r'name="parcel" value="(\d+)" checked', page)


@pytest.mark.parametrize("asked", [
    {"phone": "+86 139-1234-5678"}, {"name": "张测试甲"}, {"order_no": "C1"},
])
def test_he_is_found_by_what_he_can_name_and_shown_as_counts(
    his: Any, browser: Any, asked: dict[str, str]
) -> None:
    page = browser.form("/privacy", **asked)
    assert page.status_code == 200
    assert ticked(page.text) == [str(his.id)]
    for told in (his.number, "C1", "张** 浙江 台州", "面单 1", "法律要求保存到 2029-11-23"):
        assert told in page.text, told
    assert not [word for word in CLEAR if word in page.text]


def test_who_is_not_known_is_said_and_an_empty_question_is_refused(
    his: Any, browser: Any
) -> None:
    answer = browser.form("/privacy", phone="13000000000")
    assert answer.status_code == 404
    assert "没有找到这个人的包裹" in answer.text
    empty = browser.form("/privacy", phone=" ")
    assert empty.status_code == 400
    assert "请写电话、姓名或订单号" in empty.text


def test_two_people_of_one_name_are_told_apart_and_none_is_ticked(
    his: Any, browser: Any
) -> None:
    his.pay("D1", "JN8801-黑色-32", consignee=SAME_NAME)
    page = browser.form("/privacy", name="张测试甲").text
    assert "2 个不同的电话" in page
    assert ticked(page) == []
    assert not [word for word in CLEAR if word in page]


def test_his_file_holds_everything_and_that_it_was_made_is_recorded(
    his: Any, browser: Any
) -> None:
    answer = browser.form("/privacy/export", parcel=str(his.id), once="k")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="personal-data.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    (told,) = json.loads(answer.data)["parcels"]
    assert (told["name"], told["phone"], told["orders"][0]["buyer"]) == (
        "张测试甲", "13912345678", "tb_canary")
    assert kept(his, "exported") == [(f"parcel:{his.id}", "老周"), ("privacy", "老周")]
    assert "个人信息已导出给本人" in browser.text(f"/parcels/{his.number}")
    assert browser.form("/privacy/export", parcel="4711").status_code == 404


def test_what_stands_against_erasing_is_said_and_nothing_is_destroyed(
    his: Any, browser: Any
) -> None:
    early = browser.form("/privacy/erase", parcel=str(his.id), why="asked")
    assert early.status_code == 409
    assert "法律要求保存到" in early.text
    later(his)
    case = his.write(cases.begin, his.id, CaseKind.LOST, his.station.rules, who="小李", note="丢")
    assert case.id
    disputed = browser.form("/privacy/erase", parcel=str(his.id), why="asked")
    assert "有未结的售后" in disputed.text
    assert his.read(erasure.parcels_of, phone=WHO.phone) == [his.id]


def test_he_is_forgotten_with_a_record_that_everybody_who_answers_for_it_sees(
    his: Any, browser: Any
) -> None:
    his.write(photographs.note_missing, his.id, "open", camera="c")
    later(his)
    done = browser.form("/privacy/erase", parcel=str(his.id), why="asked")
    assert done.status_code == 200
    assert "已销毁，销毁记录 1 号：包裹 1，订单 1，面单图 1" in done.text
    assert "本人要求" in done.text
    assert browser.form("/privacy", phone=WHO.phone).status_code == 404
    again = browser.form("/privacy", order_no="C1").text
    assert "已销毁" in again
    assert kept(his, "erased") == [(f"parcel:{his.id}", "老周"), ("privacy", "老周")]


@pytest.mark.parametrize(("path", "fields", "words"), [
    ("/privacy/erase", {"parcel": "1"}, "请选原因"),
    ("/privacy/erase", {"parcel": "1", "why": "because"}, "请选原因"),
    ("/privacy/erase", {"why": "asked"}, "请勾选包裹"),
    ("/privacy/export", {}, "请勾选包裹"),
    ("/privacy/export", {"parcel": "1 OR 1=1"}, "请勾选包裹"),
    ("/privacy/export", {"parcel": "99999999999999999999"}, "请勾选包裹"),
    ("/privacy/export", {"parcel": "²"}, "请勾选包裹"),
])
def test_what_is_missing_or_odd_is_said(
    his: Any, browser: Any, path: str, fields: dict[str, str], words: str
) -> None:
    answer = browser.form(path, **fields)
    assert answer.status_code == 400
    assert words in answer.text


@pytest.mark.parametrize("role", ["packer", "keeper", "courier", "service"])
def test_only_managers_come_in_and_only_they_are_shown_the_door(
    his: Any, browser_of: Any, role: str
) -> None:
    one = browser_of(role)
    assert one.get("/privacy").status_code == 403
    for path in ("/privacy", "/privacy/export", "/privacy/erase"):
        assert one.form(path, phone=WHO.phone, parcel=str(his.id), why="asked").status_code == 403
    assert 'href="/privacy"' not in one.text("/")
    assert kept(his, "exported") == []


def test_the_page_says_what_fades_when_and_who_looked(his: Any, browser: Any) -> None:
    browser.form(f"/parcels/{his.id}/reveal", why="authority")
    page = browser.text("/privacy")
    assert 'href="/privacy"' in browser.text("/")
    for told in ("交接后 3 年", "180 天", "30 天", "最多约 14 天", "平台或主管部门要求", his.number,
                 "老周", "超过 20 次会报警"):
        assert told in page, told


def test_he_is_asked_for_by_post_alone(his: Any, browser: Any) -> None:
    page = browser.text(f"/privacy?phone={WHO.phone}&order_no=C1")
    assert his.number not in page
    bare = browser.client.post("/privacy/erase", data={"parcel": his.id, "why": "asked"},
                               headers=browser.headers())
    assert bare.status_code == 403
