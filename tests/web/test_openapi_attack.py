"""Every documented door, called with what its document allows and with worse: never our mistake.

``API_CASES`` says how many calls each door gets; a nightly run takes thousands.
"""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from web import openapi

CASES = int(os.environ.get("API_CASES", "12"))
QUICK = settings(
    max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate], database=None,
)
OPERATIONS = [
    (method, path) for path, item in openapi.document()["paths"].items()
    for method in item if method in ("get", "post")
]


def test_the_document_covers_every_door_of_the_programs(app: Any) -> None:
    documented = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path)) for method, path in OPERATIONS
    }
    served = {
        (method, re.sub(r"<[^>]+>", "{}", rule.rule))
        for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served == documented


@pytest.mark.fault("F28")
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_call_makes_the_program_fail(
    open_shop: Any, app: Any, method: str, path: str
) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")
    open_shop.seal("A2", "TS1103-白色-M")
    client = app.test_client()
    key = {"Authorization": f"Bearer {open_shop.key_of('robot')}"}
    client.post("/api/v1/handover", json={"carrier": "STO"}, headers=key)
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    modes = [GenerationMode.POSITIVE]
    if method == "post":  # a GET here has nothing that could be wrong but its address
        modes.append(GenerationMode.NEGATIVE)
    for mode in modes:
        _attack(schema[path][method.upper()], mode, key)
    assert client.post("/api/v1/bench/1/scan", json={"code": number}).status_code == 200


def _attack(operation: Any, mode: GenerationMode, key: dict[str, str]) -> None:
    strategy = operation.as_strategy(generation_mode=mode)

    @QUICK
    @given(case=strategy, at_home=st.booleans())
    def attack(case: Any, at_home: bool) -> None:
        if at_home:  # half of them find the bench and the hand-over that are there
            wanted = {"bench": "1", "handover": 1}
            names = wanted.keys() & (case.path_parameters or {}).keys()
            case.path_parameters.update({name: wanted[name] for name in names})
        answer = case.call(headers=key)
        assert answer.status_code < 500, (case.method, case.path, case.body, answer.text[:300])
        assert "Traceback" not in answer.text

    attack()


DEEP = {"code": "x"}
for _ in range(300):
    DEEP = {"code": DEEP}  # type: ignore[dict-item]


DAMAGED = [
    b"", b"{", b"[]", b"null", b"0", b'"x"', b"{}", b"[" * 100_000, b'{"code": 1e400}',
    b'{"code": "\\ud800"}', b'{"code": "\\u0000"}', b'{"code": ' + b"9" * 5000 + b"}",
    '{"code": "中"}'.encode("utf-16"), b"\xff\xfe\x00", b'{"code": NaN}', b'{"a":' * 2000,
    b'{"code": "x", "code": "y"}', b'{"strokes": [[[1e999, 2]]]}', b'{"parcel_id": 99999999999999}',
    b'{"parcel_id": -1, "weight": "NaN", "unit": "kg", "price": "Infinity"}',
    b'{"parcel_id": 1, "weight": "1e5", "unit": "g", "price": "1E+3"}',
]


@pytest.mark.parametrize("path", [
    "/api/v1/bench/1/scan", "/api/v1/bench/1/sign", "/api/v1/handover", "/api/v1/handover/1/scan",
    "/api/v1/handover/1/figures", "/api/v1/handover/1/accept", "/api/v1/handover/1/close",
    "/api/v1/handover/1/back", "/api/v1/handover/99999999999999999999/scan", "/bench/1/scan",
])
def test_damaged_json_is_refused_and_nothing_else(
    open_shop: Any, program: Any, path: str
) -> None:
    for body in DAMAGED:
        answer = program.post(path, data=body, content_type="application/json")
        assert answer.status_code < 500, (body[:60], answer.text)


def test_a_deep_body_is_no_trouble(open_shop: Any, program: Any) -> None:
    assert program.post("/api/v1/bench/1/scan", json=DEEP).status_code == 400


@pytest.mark.fault("F28")
@pytest.mark.parametrize("text", [
    "' OR 1=1 --", "1; DROP TABLE parcel", "%00", "../../etc/passwd", "..%2f..%2fstation.key",
    "\\..\\..", "${jndi:ldap://x}", "{{7*7}}", "%s%s%n", "a" * 3000,
    "\r\nSet-Cookie: a=b", "中" * 500,
])
def test_odd_text_in_an_address_finds_nothing(open_shop: Any, browser: Any, text: str) -> None:
    from urllib.parse import quote  # noqa: PLC0415 - one use

    for path in ("/parcels/{}", "/bench/{}", "/api/v1/bench/{}", "/devices/pictures/{}",
                 "/orders?tab={}", "/stubs?carrier={}&day={}&number={}", "/orders/find?number={}",
                 "/handover/1?line={}", "/sign-in?to={}"):
        with browser.get(path.replace("{}", quote(text, safe=""))) as answer:
            assert answer.status_code < 500, path
            assert "Set-Cookie: a=b" not in str(answer.headers)
