"""Paid orders and refunds told by the platform: believed only if signed, taken once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from station.db.models import Parcel, ShopOrder, WebhookEvent

PAID = {
    "platform": "taobao", "order_no": "2450000000000000001", "buyer": "tb_x",
    "paid_at": "2026-11-23T09:30:00+08:00",
    "consignee": {"name": "张测试", "phone": "13912345678", "province": "浙江省", "city": "台州市",
                  "district": "温岭市", "street": "样例路1号"},
    "lines": [{"line_no": "1", "sku": "JN8801-黑色-32", "quantity": 1, "price_fen": 12800}],
}
REFUND = {
    "platform": "taobao", "order_no": "2450000000000000001", "kind": "refunded",
    "at": "2026-11-23T10:30:00+08:00",
}


@pytest.fixture
def tell(open_shop: Any, program: Any) -> Callable[..., Any]:
    """Tell an event as the platform does; facts bend one thing at a time."""
    secret = open_shop.station.config.webhook.secret

    def send(
        body: Any, path: str = "paid", *, event: str = "evt_1", sent: Any = None,
        sign_over: str | None = None, signature: str | None = None,
        kind: str = "application/json", **headers: str,
    ) -> Any:
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        at = sent or open_shop.clock.now
        signed = signature or Webhook(secret).sign(event, at, sign_over or text)
        facts = {
            "webhook-id": event, "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signed, **headers,
        }
        return program.post(
            path if path.startswith("/") else f"/api/v1/orders/{path}",
            data=text.encode(), content_type=kind,
            headers={name: value for name, value in facts.items() if value},
        )

    return send


def parcels(shop: Any) -> int:
    return int(shop.read(lambda session: session.query(Parcel).count()))


@pytest.mark.rule("D2")
def test_a_signed_paid_order_becomes_a_parcel_at_once(open_shop: Any, tell: Any) -> None:
    answer = tell(PAID)
    assert answer.status_code == 200
    assert answer.json["outcome"] == "taken"
    assert answer.json["result"]["waybill_no"].startswith("7731")
    assert open_shop.print_next() == answer.json["result"]["waybill_no"]


def test_an_event_told_ten_times_is_one(open_shop: Any, tell: Any) -> None:
    answers = [tell(PAID) for _ in range(10)]
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json["outcome"] for answer in answers] == ["taken", *["known"] * 9]
    assert len({json.dumps(answer.json["result"]) for answer in answers}) == 1
    assert parcels(open_shop) == 1


def test_the_same_order_by_another_event_is_still_one_parcel(open_shop: Any, tell: Any) -> None:
    tell(PAID)
    again = tell(PAID, event="evt_2")
    assert again.json["result"]["outcome"] == "known"
    assert parcels(open_shop) == 1


@pytest.mark.fault("F16")
def test_an_event_id_used_for_another_body_is_a_conflict(open_shop: Any, tell: Any) -> None:
    tell(PAID)
    other = {**PAID, "order_no": "2450000000000000002"}
    assert tell(other).status_code == 409
    assert parcels(open_shop) == 1


@pytest.mark.fault("F16")
@pytest.mark.parametrize(("bent", "status"), [
    ({"signature": "v1,AAAA"}, 401),
    ({"signature": "v2,AAAA"}, 401),
    ({"sign_over": "{}"}, 401),
    ({"webhook-signature": ""}, 401),
    ({"webhook-id": ""}, 401),
    ({"webhook-timestamp": ""}, 401),
    ({"webhook-timestamp": "soon"}, 401),
    ({"webhook-id": "evt_other"}, 401),
    ({"kind": "text/plain"}, 415),
    ({"kind": "application/x-www-form-urlencoded"}, 415),
])
def test_what_is_not_signed_over_exactly_this_changes_nothing(
    open_shop: Any, tell: Any, bent: dict[str, Any], status: int
) -> None:
    answer = tell(PAID, **bent)
    assert answer.status_code == status
    assert parcels(open_shop) == 0
    assert open_shop.read(lambda session: session.query(WebhookEvent).count()) == 0


@pytest.mark.fault("F16")
@pytest.mark.parametrize(("off", "status"), [
    (timedelta(minutes=-4, seconds=-59), 200), (timedelta(minutes=4, seconds=59), 200),
    (timedelta(minutes=-6), 401), (timedelta(minutes=6), 401), (timedelta(days=365), 401),
])
def test_the_window_is_two_sided(
    open_shop: Any, tell: Any, off: timedelta, status: int
) -> None:
    assert tell(PAID, sent=open_shop.clock.now + off).status_code == status


def test_one_changed_byte_after_signing_is_noticed(open_shop: Any, tell: Any) -> None:
    text = json.dumps(PAID)
    for at in range(0, len(text), 29):
        changed = f"{text[:at]}{'x' if text[at] != 'x' else 'y'}{text[at + 1:]}"
        assert tell(changed, sign_over=text).status_code == 401
    assert parcels(open_shop) == 0


def test_a_browser_cannot_forge_an_event(open_shop: Any, tell: Any) -> None:
    answer = tell(PAID, signature="v1,AAAA", Origin="http://evil.example")
    assert answer.status_code == 401


@pytest.mark.fault("F24")
def test_a_platform_needs_the_right_host_name_too(open_shop: Any, tell: Any) -> None:
    assert tell(PAID, Host="evil.example").status_code == 421


@pytest.mark.parametrize("body", [
    "", "[]", "null", "{", '{"order_no": 1}', {**PAID, "order_no": 2450000000000000001},
    {**PAID, "lines": []}, {**PAID, "paid_at": "yesterday"},
])
def test_every_mistake_of_a_body_is_named_without_repeating_persons(
    open_shop: Any, tell: Any, body: Any
) -> None:
    answer = tell(body)
    assert answer.status_code == 400
    assert answer.json["errors"][0]["what"]
    assert "13912345678" not in answer.text
    assert parcels(open_shop) == 0


def test_a_refund_stops_the_parcel(open_shop: Any, tell: Any) -> None:
    number = tell(PAID).json["result"]["waybill_no"]
    open_shop.print_next()
    answer = tell(REFUND, "refunded", event="evt_9")
    assert answer.json == {
        "outcome": "taken",
        "result": {"order_no": "2450000000000000001", "outcome": "refunded"},
    }
    state = open_shop.read(
        lambda session: session.query(Parcel).filter_by(waybill_no=number).one().state)
    assert state == "stopped"
    assert tell(REFUND, "refunded", event="evt_9").json["outcome"] == "known"


def test_a_refund_before_its_payment_is_remembered(open_shop: Any, tell: Any) -> None:
    tell(REFUND, "refunded", event="evt_9")
    assert tell(PAID).json["result"]["outcome"] == "refunded"
    assert parcels(open_shop) == 0
    assert open_shop.read(lambda session: session.query(ShopOrder).count()) == 1


def test_a_wrong_refund_is_named(open_shop: Any, tell: Any) -> None:
    answer = tell({**REFUND, "kind": "perhaps"}, "refunded")
    assert answer.status_code == 400
    assert answer.json["errors"][0]["path"] == "kind"


def test_without_a_secret_nothing_is_believed(
    open_shop: Any, tell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.views.webhook.webhook_secret", lambda _: "")
    assert tell(PAID).status_code == 503


def test_a_body_that_is_too_large_is_not_read(open_shop: Any, tell: Any) -> None:
    assert tell("x" * 300_000).status_code in (401, 413)


# --- Where parcels are ----------------------------------------------------------------------------


@pytest.mark.rule("D8")
def test_tracking_is_believed_only_if_signed_and_taken_once(open_shop: Any, tell: Any) -> None:
    number = tell(PAID).json["result"]["waybill_no"]
    body = {"waybill_no": number, "state": "moving", "at": "2026-11-23T10:00:00+08:00"}
    path = "/api/v1/carriers/tracking"
    assert tell(body, path, event="t1", signature="v1,AAAA").status_code == 401
    first, again = (tell(body, path, event="t1") for _ in range(2))
    assert (first.json["outcome"], again.json["outcome"]) == ("taken", "known")
    assert first.json["result"] == {"waybill_no": number, "outcome": "case.not_gone"}
    assert tell({**body, "state": "eaten"}, path, event="t2").status_code == 400


@pytest.mark.parametrize("secret", [None, "no secret at all", "whsec_!"])
def test_a_secret_file_that_is_gone_or_damaged_while_serving_refuses_and_does_not_fall(
    open_shop: Any, tell: Any, tmp_path: Any, secret: str | None
) -> None:
    station = open_shop.station
    if secret is not None:
        (tmp_path / "secret").write_text(secret, encoding="ascii")
        (tmp_path / "secret").chmod(0o600)
    hook = replace(station.config.webhook, secret_file=str(tmp_path / "secret"))
    signature = "v1," + "A" * 43 + "="
    station.config = replace(station.config, webhook=hook)
    answer = tell(PAID, signature=signature)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "webhook_not_configured")
    assert parcels(open_shop) == 0


@pytest.mark.fault("F16")
def test_after_the_secret_was_changed_the_old_one_signs_nothing_and_a_known_event_stays_known(
    open_shop: Any, tell: Any, tmp_path: Any
) -> None:
    station, file = open_shop.station, tmp_path / "secret"
    old, new = (station.config.webhook.secret, "whsec_" + "QUJD" * 10 + "QUI=")
    file.write_text(old, encoding="ascii")
    file.chmod(0o600)
    hook = replace(station.config.webhook, secret="", secret_file=str(file))
    station.config = replace(station.config, webhook=hook)
    text, at = json.dumps(PAID, ensure_ascii=False), open_shop.clock.now
    assert tell(text).status_code == 200
    file.write_text(new, encoding="ascii")
    both = f"{Webhook(old).sign('evt_3', at, text)} v1,{'A' * 43}="
    assert [tell(text).status_code, tell(text, event="evt_2").status_code,
            tell(text, event="evt_3", signature=both).status_code] == [401] * 3
    again = tell(text, signature=Webhook(new).sign("evt_1", at, text))
    assert (again.status_code, again.json["outcome"]) == (200, "known")
    two = f"{Webhook(old).sign('evt_4', at, text)} {Webhook(new).sign('evt_4', at, text)}"
    assert tell(text, event="evt_4", signature=two).json["result"]["outcome"] == "known"
    assert parcels(open_shop) == 1
