"""Signing in, what each role may open, and what becomes of the rest."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from station.db.models import History, SignIn
from station.domain.rights import RIGHTS, SEAT, Right, Role
from station.services import overrides, sessions
from web import signin

PIN = "246810"
COOKIE = "packbench-session-80"


def cookie(answer: Any) -> str:
    """The session's cookie as an answer sets it."""
    found = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith(COOKIE)]
    return found[-1] if found else ""


def enter(browser: Any, badge: str = "PBID-1", pin: str = PIN, to: str = "") -> Any:
    page = browser.client.get("/sign-in").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    return browser.client.post("/sign-in", headers=browser.headers(), data={
        "token": token[1], "badge": badge, "pin": pin, "to": to,
    })


# --- In and out ---------------------------------------------------------------------------------


def test_badge_and_pin_open_a_session_and_the_page_that_was_asked_for(
    open_shop: Any, stranger: Any
) -> None:
    led = stranger.get("/orders?tab=late", headers={"Accept": "text/html"})
    assert led.status_code == 302
    assert led.location == "/sign-in?to=/orders?tab%3Dlate"
    answer = enter(stranger, to="/orders?tab=late")
    assert (answer.status_code, answer.location) == (303, "/orders?tab=late")
    assert "陈姐" in stranger.text("/orders")


@pytest.mark.fault("F25")
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    open_shop: Any, stranger: Any
) -> None:
    said = cookie(enter(stranger))
    assert "HttpOnly" in said
    assert "SameSite=Strict" in said
    assert "Path=/" in said
    assert "Domain" not in said
    assert "Secure" not in said  # this was plain HTTP on this computer


@pytest.mark.fault("F25")
def test_under_tls_the_cookies_are_for_tls_alone(open_shop: Any, stranger: Any) -> None:
    answer = stranger.client.get("/sign-in", base_url="https://localhost")
    (said,) = answer.headers.getlist("Set-Cookie")
    assert said.startswith("__Host-packbench-443=")
    assert "Secure" in said


@pytest.mark.fault("F25")
def test_a_planted_session_id_is_worth_nothing_before_and_after(
    open_shop: Any, stranger: Any, app: Any
) -> None:
    planted = "A" * 43
    stranger.client.set_cookie(COOKIE, planted)
    answer = enter(stranger)
    fresh = re.match(rf"{COOKIE}=([^;]+)", cookie(answer))
    assert fresh
    assert fresh[1] != planted
    attacker = app.test_client()
    attacker.set_cookie(COOKIE, planted)
    assert attacker.get("/orders").status_code == 401


@pytest.mark.fault("F25")
def test_the_id_is_another_one_at_every_sign_in_and_the_old_one_is_dead(
    open_shop: Any, stranger: Any, app: Any
) -> None:
    first = re.match(rf"{COOKIE}=([^;]+)", cookie(enter(stranger)))
    second = re.match(rf"{COOKIE}=([^;]+)", cookie(enter(stranger, "PBID-7")))
    assert first
    assert second
    assert first[1] != second[1]
    thief = app.test_client()
    thief.set_cookie(COOKIE, first[1])
    assert thief.get("/orders").status_code == 401


def test_the_form_s_token_changes_with_the_session(open_shop: Any, stranger: Any) -> None:
    before = stranger.client.get_cookie("packbench-80")
    enter(stranger)
    after = stranger.client.get_cookie("packbench-80")
    assert before is None or before.value != after.value


@pytest.mark.parametrize(("badge", "pin", "words"), [
    ("PBID-1", "000000", "PIN 不对"), ("PBID-1", "", "PIN 不对"),
    ("PBID-99", PIN, "不认识这个工牌"),
    ("", "", "不认识这个工牌"), ("x" * 500, "9" * 500, "不认识这个工牌"),
])
def test_a_wrong_sign_in_is_told_in_words(
    open_shop: Any, stranger: Any, badge: str, pin: str, words: str
) -> None:
    answer = enter(stranger, badge, pin)
    assert words in answer.text
    assert not cookie(answer)


@pytest.mark.fault("F26")
def test_the_sign_in_page_is_locked_like_the_bench(open_shop: Any, stranger: Any) -> None:
    for _ in range(5):
        enter(stranger, pin="000000")
    assert "PIN 错得太多" in enter(stranger).text
    open_shop.clock.later(minutes=6)
    assert enter(stranger).status_code == 303


def test_out_here_and_out_everywhere(open_shop: Any, app: Any, browser_of: Any) -> None:
    one, two = browser_of("keeper"), browser_of("keeper")
    one.form("/sign-out")
    assert one.get("/orders").status_code == 401
    assert two.get("/orders").status_code == 200
    two.form("/sign-out", everywhere="yes")
    assert two.get("/orders").status_code == 401


@pytest.mark.fault("F25")
def test_a_session_that_nobody_touches_ends_and_reading_anew_is_no_touch(
    open_shop: Any, app: Any, browser: Any
) -> None:
    app.extensions["doorkeeper"].life = sessions.Life()
    by_itself = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
    open_shop.clock.later(minutes=10)
    assert browser.get("/orders").status_code == 200  # opened by a person
    open_shop.clock.later(minutes=10)
    assert browser.get("/orders", headers=by_itself).status_code == 200
    open_shop.clock.later(minutes=6)
    assert browser.get("/orders", headers=by_itself).status_code == 401
    ended = open_shop.read(lambda session: session.query(SignIn.ended_why).all())
    assert ("idle",) in ended


def test_another_process_s_sign_out_is_seen_within_two_seconds(
    open_shop: Any, browser: Any
) -> None:
    assert browser.get("/orders").status_code == 200
    open_shop.write(sessions.end_all, open_shop.staff_id("老周"))
    open_shop.clock.later(seconds=3)
    assert browser.get("/orders").status_code == 401


@pytest.mark.parametrize("to", [
    "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "orders",
    "/x\r\nSet-Cookie: a=b",
])
def test_nobody_is_led_away_after_signing_in(open_shop: Any, stranger: Any, to: str) -> None:
    assert enter(stranger, to=to).location == "/"


# --- Rights -------------------------------------------------------------------------------------


def test_every_door_opens_to_those_who_hold_its_right_and_to_nobody_else(
    open_shop: Any, app: Any, browser_of: Callable[[str], Any], stranger: Any
) -> None:
    """Each GET without arguments, asked by each role and by the seat: answered or refused."""
    browsers = {role: browser_of(role) for role in Role}
    asked = 0
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if "GET" not in rule.methods or rule.arguments or rule.endpoint == "stream.events":
            continue
        right = signin.right_of(view, "GET")
        for role, browser in browsers.items():
            with browser.get(rule.rule) as answer:
                is_open = right is None or right in RIGHTS[role]
                assert (answer.status_code not in (401, 403)) is is_open, (rule.rule, role)
                asked += 1
        with stranger.get(rule.rule) as answer:
            may = right is None or right in SEAT
            assert (answer.status_code != 401) is may or rule.rule == "/pin", rule.rule
    assert asked >= 50


def test_a_refusal_says_which_right_it_takes_and_is_kept_in_the_history(
    open_shop: Any, browser_of: Any
) -> None:
    packer = browser_of("packer")
    for _ in range(3):
        answer = packer.get("/staff")
    assert answer.status_code == 403
    assert "管员工、PIN、密钥" in answer.text
    rows = open_shop.read(lambda session: [
        row.data for row in session.query(History).filter_by(kind="refused")
    ])
    assert rows == ['{"door":"GET /staff","right":"staff","role":"packer"}']  # once a minute


def test_a_packer_changes_nothing_of_the_shop(open_shop: Any, browser_of: Any) -> None:
    packer = browser_of("packer")
    number = open_shop.printed("A1", "JN8801-黑色-32")
    for path in ("/handover", "/staff", f"/orders/{open_shop.parcel_id(number)}/release",
                 "/orders/review/1", "/import"):
        packer.client.get("/")
        token = packer.client.get_cookie("packbench-80").value
        answer = packer.client.post(path, data={"token": token}, headers=packer.headers())
        assert answer.status_code == 403, path


def test_only_the_manager_brings_a_list_of_staff(open_shop: Any, browser_of: Any) -> None:
    import io  # noqa: PLC0415 - one use

    def bring(browser: Any) -> str:
        people = "姓名,角色,工号牌,PIN\n新来的,管理员,B77,135790\n".encode()
        return str(browser.client.post("/import", headers=browser.headers(), data={
            "token": browser.token(), "files": (io.BytesIO(people), "staff.csv"),
        }).text)

    assert "员工表只有管理员能导入" in bring(browser_of("keeper"))
    assert "员工表只有管理员能导入" not in bring(browser_of("manager"))
    assert open_shop.staff_id("新来的")


def test_the_seat_packs_and_sees_no_orders(open_shop: Any, stranger: Any, app: Any) -> None:
    assert stranger.get("/bench/1").status_code == 200
    scanned = app.test_client().post("/api/v1/bench/1/scan", json={"code": "PBID-7"})
    assert scanned.status_code == 200
    assert stranger.get("/orders").status_code == 401
    assert "/orders" not in stranger.text("/")


@pytest.mark.parametrize("address", ["192.168.1.20", "10.0.0.3", "fe80::1", "", "nonsense"])
def test_another_computer_has_no_seat(open_shop: Any, app: Any, address: str) -> None:
    far = app.test_client()
    far.environ_base["REMOTE_ADDR"] = address
    assert far.get("/bench/1").status_code == 401
    assert far.post("/api/v1/bench/1/scan", json={"code": "PBID-7"}).status_code == 401
    assert far.get("/").status_code == 401
    assert far.get("/api/v1/health").status_code == 200


def test_the_seat_can_be_closed(open_shop: Any, app: Any, program: Any) -> None:
    app.extensions["doorkeeper"]._open_seat = False
    assert app.test_client().post("/api/v1/bench/1/scan", json={"code": "x"}).status_code == 401
    assert program.post("/api/v1/bench/1/scan", json={"code": "PBID-7"}).status_code == 200


# --- Programs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [
    "Bearer wrong", "Bearer pbkey_wrong", "Bearer ", "Basic Zm9vOmJhcg==",
    "Bearer pbkey_" + "x" * 9000,
])
def test_a_wrong_key_is_nobody_s(open_shop: Any, app: Any, said: str) -> None:
    program = app.test_client()
    assert program.get("/api/v1/handover", headers={"Authorization": said}).status_code == 401


def test_a_key_opens_what_its_role_may(open_shop: Any, program: Any) -> None:
    answer = program.post("/api/v1/handover", json={"carrier": "STO"})
    assert answer.status_code == 200
    assert answer.json["desk"]["opened_by"] == "robot"
    assert program.get("/staff").status_code == 403


# --- The first start ----------------------------------------------------------------------------


def first(browser: Any, **fields: str) -> Any:
    page = browser.client.get("/first-start").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    about = {"name": "陈姐", "badge": "001", "pin": PIN, "again": PIN, **fields}
    return browser.client.post("/first-start", headers=browser.headers(), data={
        "token": token[1] if token else "", **about,
    })


def test_a_new_station_asks_for_its_manager_and_packs_all_the_same(
    shop: Any, stranger: Any
) -> None:
    led = stranger.get("/orders", headers={"Accept": "text/html"})
    assert stranger.get(led.location).location == "/first-start"
    assert stranger.get("/bench/1").status_code == 200
    answer = first(stranger)
    assert (answer.status_code, answer.location) == (303, "/")
    assert "陈姐" in stranger.text("/staff")
    assert stranger.get("/first-start").location == "/sign-in"


@pytest.mark.parametrize("fields", [
    {"pin": "123", "again": "123"}, {"pin": "12345", "again": "54321"},
    {"pin": "abcd", "again": "abcd"},
    {"name": " "}, {"badge": ""},
])
def test_no_manager_without_a_name_a_badge_and_a_pin(
    shop: Any, stranger: Any, fields: dict[str, str]
) -> None:
    assert "✗" in first(stranger, **fields).text
    assert not signin.Doorkeeper(shop.station, sessions.Life(), open_seat=True).is_claimed()


def test_nobody_else_becomes_the_first_manager(open_shop: Any, stranger: Any) -> None:
    page = stranger.client.get("/sign-in").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    answer = stranger.client.post("/first-start", headers=stranger.headers(), data={
        "token": token[1], "name": "坏人", "badge": "666", "pin": PIN, "again": PIN})
    assert "已经有管理员了" in answer.text
    assert not cookie(answer)


def test_the_first_manager_is_not_named_from_another_computer(shop: Any, app: Any) -> None:
    far = app.test_client()
    far.environ_base["REMOTE_ADDR"] = "192.168.1.66"
    page = far.get("/first-start").text
    assert "请到打包台的电脑上" in page
    token = re.search(r'name="packbench-token" content="([^"]+)"', page)
    assert token
    answer = far.post("/first-start", headers={"Origin": "http://localhost"}, data={
        "token": token[1], "name": "坏人", "badge": "666", "pin": PIN, "again": PIN})
    assert answer.status_code == 403


# --- The staff's page ---------------------------------------------------------------------------


def test_the_manager_takes_in_changes_unlocks_and_lets_go(open_shop: Any, browser: Any) -> None:
    new = {"name": "小周", "badge": "88", "role": "keeper", "pin": "1357", "again": "1357"}
    assert browser.form("/staff", **new).status_code == 303
    assert "已有人使用" in browser.form("/staff", **new).text
    one = open_shop.staff_id("小周")
    assert browser.form(f"/staff/{one}/role", role="service").status_code == 303
    assert "两次一样" in browser.form(f"/staff/{one}/pin", pin="1111", again="2222").text
    for step, fields in (("pin", {"pin": "2468", "again": "2468"}), ("unlock", {}), ("out", {}),
                         ("leave", {})):
        assert browser.form(f"/staff/{one}/{step}", **fields).status_code == 303, step
    assert browser.form(f"/staff/{one}/nothing").status_code == 404
    assert browser.form(f"/staff/{one}/role", role="king").status_code == 400
    assert "已离开" in browser.text("/staff")


def test_one_s_own_new_pin_needs_the_old_one(open_shop: Any, stranger: Any) -> None:
    enter(stranger, "PBID-7")
    stranger.client.get("/")
    send = lambda **fields: stranger.client.post(  # noqa: E731 - one line, three uses
        "/pin", headers=stranger.headers(),
        data={"token": stranger.client.get_cookie("packbench-80").value, **fields})
    assert "PIN 不对" in send(old="000000", pin="8642", again="8642").text
    assert "两次一样" in send(old=PIN, pin="8642", again="8643").text
    assert send(old=PIN, pin="8642", again="8642").status_code == 303
    assert stranger.get("/orders").status_code == 200
    assert enter(stranger, "PBID-7", "8642").status_code == 303


# --- The one-time code --------------------------------------------------------------------------


def test_the_manager_sees_a_code_that_accepts_at_the_hand_over_once(
    open_shop: Any, browser: Any, browser_of: Any
) -> None:
    shown = open_shop.read(
        overrides.shown, open_shop.staff_id("老周"), now=open_shop.clock.now)
    page = browser.text("/override")
    assert f"{shown.code[:3]} {shown.code[3:]}" in page
    assert "data:image/svg+xml" in page
    keeper = browser_of("keeper")
    desk = keeper.form("/handover", carrier="STO").location
    body = {"badge": shown.barcode, "pin": "", "parcel_id": 1, "reason": "x"}
    told = keeper.send(f"{desk}/accept", body).text
    assert "一次性码不对" not in told  # believed; there is no such parcel to accept
    assert "用过了" in keeper.send(f"{desk}/accept", body).text
    assert keeper.get("/override").status_code == 403


def test_the_phone_s_square_is_shown_after_the_pin_only(open_shop: Any, browser: Any) -> None:
    refused = browser.form("/override/phone", pin="000000").text
    assert "otpauth" not in refused
    assert "otpauth://totp/" in browser.form("/override/phone", pin=PIN).text
    before = browser.text("/override")
    browser.form("/override/phone", pin=PIN, renew="yes")
    assert re.findall("PBOTP-[0-9]+", browser.text("/override")) != re.findall(
        "PBOTP-[0-9]+", before)


def test_a_right_that_nobody_named_is_the_manager_s(app: Any) -> None:
    assert signin.right_of(lambda: None, "POST") is Right.MANAGE
