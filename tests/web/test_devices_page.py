"""The devices page: what is wrong, in words; recordings, commands to scales, and their checks."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drivers.interfaces import DeviceState, Health
from station.domain.weights import TakenWeight
from station.services import scale_checks
from web.drift import Off, chart

DAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def check(shop: Any, grams: int, now: datetime) -> None:
    taken = TakenWeight(grams, (b"raw",), "1-scale")
    shop.station.db.write(lambda session: scale_checks.book(
        session, 500, taken, rules=shop.station.rules.scale_checks, bench="1", who="阿明<b>",
        now=now))


def tell(shop: Any, state: DeviceState, detail: str, **facts: str) -> None:
    shop.station.benches["1"].post(
        Health("1-scale", "scale", state, "/dev/scale", detail, facts))
    shop.station.benches["1"].scan("PBCMD-HELP")  # served in order: the health is in by now


@pytest.mark.parametrize(("guess", "words"), [
    ("parity", "bytesize = 7"), ("speed", "波特率不对"), ("protocol", "别的协议"),
    ("still", "线接错"),
])
def test_a_line_set_wrongly_is_told_with_what_to_change(
    shop: Any, browser: Any, guess: str, words: str
) -> None:
    tell(shop, DeviceState.MISCONFIGURED, "unreadable", guess=guess)
    page = browser.text("/devices")
    assert "数据看不懂" in page
    assert words in page.replace("&#34;", '"')


def test_one_click_saves_a_recording_that_can_be_taken_home(shop: Any, browser: Any) -> None:
    shop.station.desk.places["1-scale"].recorder.heard(b"ST,GS,+000.820kg\r\n")
    answer = browser.form("/devices/1-scale/save")
    assert (answer.status_code, answer.location) == (303, "/devices#flights")
    (name,) = re.findall(r'href="/devices/flights/([^"]+)"', browser.text("/devices"))
    with browser.get(f"/devices/flights/{name}") as file:
        assert b'"kind": "scale"' in file.data
        assert b"ST,GS,+000.820kg\r\n".hex().encode() in file.data
        assert "attachment" in file.headers["Content-Disposition"]


def test_what_a_scanner_read_is_in_the_file_only_by_choice(shop: Any, browser: Any) -> None:
    code = "收件人林小满\r".encode()
    shop.station.desk.places["1-left"].recorder.heard(code)
    assert "含条码内容" in browser.text("/devices")
    for choice, is_in in (({}, False), ({"content": "yes"}, True)):
        browser.form("/devices/1-left/save", **choice)
        newest = shop.station.desk.flights()[0].name
        assert (code.hex() in (shop.station.desk.folder / newest).read_text("utf-8")) is is_in


@pytest.mark.parametrize("name", ["nothing.jsonl", "..%2fpackbench.db", "..jsonl", "%00.jsonl"])
def test_no_other_file_can_be_had_in_place_of_a_recording(browser: Any, name: str) -> None:
    assert browser.get(f"/devices/flights/{name}").status_code in (400, 404)


def test_saving_or_telling_a_device_that_is_not_there_is_no_page(browser: Any) -> None:
    assert browser.form("/devices/9-scale/save").status_code == 404
    assert browser.form("/devices/9-scale/tell", word="zero").status_code == 404
    assert browser.form("/devices/1-scale/tell", word="format").status_code == 404
    assert browser.get("/devices/9-scale/checks").status_code == 404


def test_a_scale_without_a_command_names_its_own_key(browser: Any) -> None:
    answer = browser.form("/devices/1-scale/tell", word="zero")
    assert answer.location == "/devices?told=no_command"
    assert "请按秤上的键" in browser.text(answer.location)


def test_nothing_is_saved_or_told_without_the_pages_token(app: Any, shop: Any) -> None:
    stranger = app.test_client()
    for path in ("/devices/1-scale/save", "/devices/1-scale/tell", "/devices/find",
                 "/devices/find/0/prove", "/devices/find/0/adopt"):
        assert stranger.post(path, data={"word": "zero"}).status_code == 403
    assert shop.station.desk.flights() == []


def test_the_page_says_how_each_scale_stands_today(shop: Any, browser: Any) -> None:
    assert "今天还没校秤" in browser.text("/devices")
    check(shop, 540, shop.clock.now)
    assert "今天校秤没有通过" in browser.text("/devices")
    check(shop, 500, shop.clock.now)
    assert "今天校秤通过" in browser.text("/devices")


def test_the_checks_are_listed_newest_first_with_their_chart(shop: Any, browser: Any) -> None:
    for days, grams in ((2, 499), (1, 512), (0, 501)):
        check(shop, grams, shop.clock.now - timedelta(days=days))
    page = browser.text("/devices/1-scale/checks")
    assert re.findall(r"([+-]\d+) g</td>", page) == ["+1", "+12", "-1"]
    assert "阿明&lt;b&gt;" in page
    answer = browser.get("/devices/1-scale/drift.svg")
    assert answer.mimetype == "image/svg+xml"
    drawn = ET.fromstring(answer.text)  # noqa: S314 - our own picture
    tags = [node.tag.rpartition("}")[2] for node in drawn.iter()]
    assert (tags.count("circle"), tags.count("path")) == (2, 1)
    assert "style" not in answer.text


def test_a_scale_without_checks_has_an_empty_chart(browser: Any) -> None:
    ET.fromstring(browser.get("/devices/1-scale/drift.svg").text)  # noqa: S314
    assert "polyline" not in browser.get("/devices/1-scale/drift.svg").text


def test_the_chart_puts_time_to_the_right_and_heavy_up() -> None:
    points = [
        Off(DAY + timedelta(days=n), off, 5, abs(off) <= 5) for n, off in enumerate((-4, 0, 9))]
    drawn = chart(points)
    assert [mark.x for mark in drawn.marks] == [90.0, 485.0, 880.0]
    light, right, heavy = (mark.y for mark in drawn.marks)
    assert heavy < drawn.upper_y < drawn.zero_y == right < light < drawn.lower_y
    assert [mark.passed for mark in drawn.marks] == [True, True, False]


def test_a_check_far_off_stands_at_the_edge_and_does_not_flatten_the_others() -> None:
    points = [Off(DAY, 4, 5, passed=True), Off(DAY + timedelta(days=1), -250, 5, passed=False)]
    drawn = chart(points)
    assert drawn.lower_y - drawn.upper_y > 30
    assert drawn.marks[1].y < 320 - 44
    assert drawn.marks[1].off_g == -250


def test_one_check_stands_in_the_middle_and_none_is_no_error() -> None:
    assert chart([Off(DAY, 0, 0, passed=True)]).marks[0].x == 485.0
    assert chart([]).marks == ()
