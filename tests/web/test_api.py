"""The programs' door: the bench and the station's health as JSON, and the document about it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_spec_validator import validate

from web import openapi


def test_the_document_is_valid_openapi(program: Any) -> None:
    document = program.get("/api/openapi.json").json
    validate(document)
    assert document["info"]["title"]


def test_every_path_of_the_document_is_served_and_every_served_one_documented(app: Any) -> None:
    documented = {
        (path.replace("{", "<").replace("}", ">"), method.upper())
        for path, item in openapi.document()["paths"].items()
        for method in item if method in ("get", "post")
    }
    assert documented == served(app)


def served(app: Any) -> set[tuple[str, str]]:
    names = {"<name>": "<bench>", "<int:handover_id>": "<handover>"}
    found = set()
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for ours, theirs in names.items():
            path = path.replace(ours, theirs)
        if path.startswith("/api/"):
            found |= {(path, method) for method in rule.methods & {"GET", "POST"}}
    return found


def test_operations_have_names_of_their_own() -> None:
    names = [
        operation["operationId"] for item in openapi.document()["paths"].values()
        for method, operation in item.items() if method in ("get", "post")
    ]
    assert len(names) == len(set(names))


def test_a_program_packs_a_parcel(open_shop: Any, program: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32")

    def scan(code: str, **more: Any) -> Any:
        answer = program.post("/api/v1/bench/1/scan", json={"code": code, **more})
        assert answer.status_code == 200
        return answer.json

    assert scan("PBID-7", touch=True)["packer"] == "阿明"
    view = scan(number, aim="]C0")
    assert view["parcel"]["waybill_no"] == number
    assert view["step"] == "items"
    assert view["verdict"]["message"]["code"] == "waybill.opened"
    assert view["verdict"]["message"]["zh"] == "包裹已打开"
    assert view["parcel"]["deadline"].startswith("2026-11-23T")
    assert scan("JN8801-黑色-33")["locked"] is True
    scan("PBCMD-OK")
    scan("JN8801-黑色-32")
    scan("PBMAT-BAG1")
    assert scan("PBCMD-DONE")["step"] == "weigh"
    open_shop.put_on_scale(520)
    assert scan("PBCMD-HELP")["step"] == "sign"
    signed = program.post("/api/v1/bench/1/sign", json={"strokes": [[[0, 0], [1000, 1000]]]})
    assert signed.json["verdict"]["message"]["code"] == "sign.signed"
    assert program.get("/api/v1/bench/1").json == signed.json


def test_a_view_is_plain_json(open_shop: Any, program: Any) -> None:
    view = program.get("/api/v1/bench/1").json
    assert json.loads(json.dumps(view)) == view
    assert view["prompt"]["en"] == "Scan a waybill"


def test_health_names_the_devices_and_the_queue(open_shop: Any, program: Any) -> None:
    health = program.get("/api/v1/health").json
    assert health["status"] == "ok"
    assert health["devices"] == [
        {"bench": "1", "name": f"1-{name}", "kind": kind, "state": "starting"}
        for name, kind in (("scale", "scale"), ("left", "scanner"))
    ]
    assert set(health["queue"]) == {"due", "late", "held", "stopped", "review"}


@pytest.mark.fault("F18", "F28")
@pytest.mark.parametrize("code", [
    ";rm -rf /", "../../etc/passwd", "A\r\nB", "\x1d0104\x1d21", "x" * 512, "]C1", "'--",
    "😀", "ＡＢＣ", "%00", "{{7*7}}",
])
def test_a_malicious_barcode_is_only_an_unknown_code(
    open_shop: Any, program: Any, code: str
) -> None:
    answer = program.post("/api/v1/bench/1/scan", json={"code": code})
    assert answer.status_code == 200
    assert answer.json["verdict"]["mood"] == "bad"
    assert "{7*7}" in answer.text or "49" not in answer.json["verdict"]["message"]["zh"]


@pytest.mark.parametrize(("path", "body", "status"), [
    ("/api/v1/bench/9/scan", {"code": "x"}, 404),
    ("/api/v1/bench/1/scan", {}, 400),
    ("/api/v1/bench/1/scan", [1], 400),
    ("/api/v1/bench/1/sign", {"strokes": "x"}, 400),
    ("/api/v1/bench/1/sign", [], 400),
    ("/api/v1/handover", {"carrier": "UPS"}, 400),
    ("/api/v1/handover/77/scan", {"code": "x"}, 404),
])
def test_a_wrong_body_is_named_in_json(
    open_shop: Any, program: Any, path: str, body: Any, status: int
) -> None:
    answer = program.post(path, json=body)
    assert answer.status_code == status
    assert answer.json["error"]["zh"]


@pytest.mark.fault("F18")
@pytest.mark.parametrize("escaped", ["a\\u0000b", "\\ud800", "x\\udfffy"])
def test_what_no_database_can_keep_is_no_barcode(
    open_shop: Any, program: Any, escaped: str
) -> None:
    answer = program.post(
        "/api/v1/bench/1/scan", data=f'{{"code": "{escaped}"}}', content_type="application/json"
    )
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "http.code"


@pytest.mark.parametrize("path", ["/parcels/a%00b", "/orders?tab=%00", "/stubs?number=a%00",
                                  "/orders/find?number=%ED%A0%80%00"])
def test_no_page_hands_on_what_no_database_can_keep(program: Any, path: str) -> None:
    assert program.get(path).status_code == 400


def test_what_is_no_json_is_refused(open_shop: Any, program: Any) -> None:
    answer = program.post(
        "/api/v1/bench/1/scan", data="{", content_type="application/json"
    )
    assert answer.status_code == 400
