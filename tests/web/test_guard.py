"""The guard: no page from elsewhere can read or drive this station."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.config import parse
from web import guard

FOREIGN = ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.7", "",
           "evil@127.0.0.1", "127.0.0.1/..", "[::1", "127.0.0.1:port", "bench.shop.lan.evil")


@pytest.mark.fault("F24")
@pytest.mark.parametrize("path", ["/", "/api/v1/health", "/static/app.css", "/nowhere", "/events"])
def test_a_foreign_host_name_gets_nothing(program: Any, path: str) -> None:
    for host in FOREIGN:
        answer = program.get(path, headers={"Host": host})
        assert answer.status_code == 421, host
        assert "海风" not in answer.text or path != "/api/v1/health"


@pytest.mark.parametrize("host", [
    "127.0.0.1", "127.0.0.1:8321", "localhost", "LOCALHOST:1", "localhost.", "[::1]:8321",
    "bench.shop.lan", "Bench.Shop.Lan:80",
])
def test_our_own_names_are_answered(program: Any, host: str) -> None:
    assert program.get("/api/v1/health", headers={"Host": host}).status_code == 200


def test_an_address_for_all_interfaces_is_no_name(tmp_path: Any) -> None:
    config = parse('[web]\nhost = "0.0.0.0"\nallowed_hosts = ["[fe80::1]"]', tmp_path)
    assert guard.allowed_hosts(config) == {"127.0.0.1", "localhost", "::1", "fe80::1"}


@pytest.mark.fault("F24")
@pytest.mark.parametrize("headers", [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:9999"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "file://localhost"},
    {"Origin": "http://[broken"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
])
def test_a_foreign_origin_changes_nothing(
    open_shop: Any, browser: Any, headers: dict[str, str]
) -> None:
    headers = {**headers, "X-Packbench-Token": browser.token()}
    answer = browser.client.post("/bench/1/scan", json={"code": "PBID-7"}, headers=headers)
    assert answer.status_code == 403
    assert open_shop.station.benches["1"].view().packer == ""


@pytest.mark.fault("F24")
def test_a_browser_without_the_token_changes_nothing(open_shop: Any, browser: Any) -> None:
    browser.token()
    for token in ("", "x" * 43, "é" * 43):
        headers = {**browser.headers(), "X-Packbench-Token": token}
        answer = browser.client.post("/bench/1/scan", json={"code": "PBID-7"}, headers=headers)
        assert answer.status_code == 403
        assert "页面太旧了" in answer.text
    assert open_shop.station.benches["1"].view().packer == ""


def test_a_token_without_its_cookie_is_worth_nothing(app: Any, browser: Any) -> None:
    token = browser.token()
    stranger = app.test_client()
    headers = {**browser.headers(), "X-Packbench-Token": token}
    answer = stranger.post("/bench/1/scan", json={"code": "x"}, headers=headers)
    assert answer.status_code == 403


def test_a_form_without_origin_needs_its_token(open_shop: Any, program: Any) -> None:
    answer = program.post("/handover", data={"carrier": "STO", "who": "x"})
    assert answer.status_code == 403
    assert not program.post("/handover", data="carrier=STO", content_type="text/plain").location


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(program: Any) -> None:
    cookie = program.get("/import").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert cookie.startswith("packbench-80=")
    other = program.get("/import", headers={"Host": "localhost:8321"}).headers["Set-Cookie"]
    assert other.startswith("packbench-8321=")


def test_the_token_stays_the_same_from_page_to_page(browser: Any) -> None:
    assert browser.token() == browser.token()


def test_a_local_program_scans_without_cookie_or_token(open_shop: Any, program: Any) -> None:
    answer = program.post("/api/v1/bench/1/scan", json={"code": "PBID-7"})
    assert answer.status_code == 200
    assert answer.json["packer"] == "阿明"


@pytest.mark.fault("F24")
def test_a_program_must_say_json_which_no_foreign_page_can(open_shop: Any, program: Any) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = program.post(
            "/api/v1/bench/1/scan", data='{"code": "PBID-7"}', content_type=kind
        )
        assert answer.status_code in (400, 403), kind
    assert open_shop.station.benches["1"].view().packer == ""


def test_nobody_is_allowed_across_origins(program: Any) -> None:
    answer = program.options("/api/v1/bench/1/scan", headers={
        "Origin": "http://evil.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    })
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_may_link_to_us_but_not_use_our_answers(program: Any, site: str) -> None:
    inside = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert program.get("/commands/sheet-1.png", headers=inside).status_code == 403
    link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert program.get("/", headers=link).status_code == 200


@pytest.mark.fault("F19")
@pytest.mark.parametrize("path", ["/", "/bench/1", "/static/app.css", "/nowhere", "/api/v1/health"])
def test_every_answer_carries_the_strict_headers(program: Any, path: str) -> None:
    with program.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_named_page_may_frame_us() -> None:
    headers = guard.security_headers(("http://127.0.0.1:8322",))
    assert "frame-ancestors http://127.0.0.1:8322" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers


def test_no_page_carries_inline_script_or_style(open_shop: Any, browser: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    for path in ("/", "/bench/1", "/orders", "/import", "/handover", "/stubs", "/devices",
                 "/commands", f"/parcels/{number}"):
        page = browser.text(path)
        assert "style=" not in page
        assert "onclick" not in page
        assert "<script>" not in page


def test_a_body_that_is_too_large_is_refused_before_it_is_read(browser: Any) -> None:
    answer = browser.send("/bench/1/scan", {"code": "x" * (guard.MAX_BODY + 1)})
    assert answer.status_code == 413
    assert "文件太大" in answer.text


def test_pages_are_not_kept_by_caches(program: Any) -> None:
    assert program.get("/bench/1").headers["Cache-Control"] == "no-store"
    with program.get("/static/app.css") as answer:
        assert answer.headers["Cache-Control"] != "no-store"


def test_every_changing_view_is_guarded_or_signed(app: Any) -> None:
    exempt = {
        rule.rule for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "signed_by_sender", False)
    }
    assert exempt == {"/api/v1/orders/paid", "/api/v1/orders/refunded",
                      "/api/v1/carriers/packageweight", "/api/v1/carriers/tracking"}


@given(st.text(max_size=60))
def test_any_host_header_gives_a_name_or_nothing(host: str) -> None:
    name = guard.host_name(host)
    assert name.isascii() or name not in ("localhost", "127.0.0.1")
    assert "/" not in name
    assert "@" not in host or name == ""
