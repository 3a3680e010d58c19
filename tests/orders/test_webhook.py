"""The signed webhook: what is believed, what is refused and why, and what its schema says."""

from __future__ import annotations

import base64
import copy
import json
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from station.domain.orders import PaidOrder, RefundKind, RefundNotice
from station.domain.vocabulary import Flag
from station.orders.schema import PAID_ORDER_SCHEMA, REFUND_SCHEMA
from station.orders.webhook import (
    LARGEST_BODY,
    SignatureCheck,
    parse_paid,
    parse_refunded,
    secret_key,
    sign,
    verify_signature,
)

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BODY = '{"订单":"2450000000000000001"}'.encode()

PAID = {
    "platform": "taobao",
    "order_no": "2450000000000000001",
    "buyer": "tb_x",
    "paid_at": "2026-11-23T10:00:00+08:00",
    "consignee": {
        "name": "陈小明",
        "phone": "13800001111",
        "province": "浙江省",
        "city": "台州市",
        "district": "温岭市",
        "street": "城东街道万昌路8号",
        "postcode": "317500",
        "company": "",
    },
    "lines": [
        {
            "line_no": "2450000000000000101",
            "sku": "JN-8801-BK-32",
            "item_no": "JN-8801",
            "title": "直筒牛仔裤",
            "color": "黑色",
            "size": "32",
            "quantity": 1,
            "price_fen": 12800,
        }
    ],
    "buyer_message": "",
    "seller_memo": "",
    "flag": 0,
    "shipping_wish": "",
}
REFUND = {
    "platform": "taobao",
    "order_no": "2450000000000000001",
    "line_no": None,
    "kind": "refund_requested",
    "at": "2026-11-23T10:00:00Z",
}
MISSING = object()


def changed(body, path, value):
    """A copy of the body with one value replaced, or taken out with MISSING."""
    fresh = copy.deepcopy(body)
    *way, last = path
    inner = fresh
    for step in way:
        inner = inner[step]
    if value is MISSING:
        del inner[last]
    else:
        inner[last] = value
    return fresh


def paid(body):
    return parse_paid(json.dumps(body).encode())


def faults(result):
    assert isinstance(result, tuple)
    return [(error.path, error.what) for error in result]


# --- signatures ---------------------------------------------------------------------------------


def headers_for(body=BODY, at=NOW, key=KEY, message_id="msg_1"):
    stamp = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign(key, message_id, stamp, body),
    }


def test_a_signed_message_is_believed():
    assert verify_signature(SECRET, headers_for(), BODY, NOW) is SignatureCheck.OK


def test_the_secret_may_come_without_its_prefix():
    assert verify_signature(SECRET[6:], headers_for(), BODY, NOW) is SignatureCheck.OK


def test_header_names_may_be_in_any_case():
    headers = {name.title(): value for name, value in headers_for().items()}
    assert verify_signature(SECRET, headers, BODY, NOW) is SignatureCheck.OK


@given(
    body=st.text(max_size=200), message_id=st.from_regex(r"msg_[a-zA-Z0-9]{1,30}", fullmatch=True)
)
def test_another_library_signs_the_same(body, message_id):
    theirs = Webhook(SECRET).sign(message_id, NOW, body)
    assert theirs == sign(KEY, message_id, int(NOW.timestamp()), body.encode())


def test_another_library_believes_what_we_sign():
    now = datetime.now(tz=UTC)
    headers = headers_for(at=now)
    assert Webhook(SECRET).verify(BODY, headers) == json.loads(BODY)
    assert verify_signature(SECRET, headers, BODY, now) is SignatureCheck.OK


@pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
@pytest.mark.parametrize("behind", [0, 1, 999_999])
def test_within_five_minutes_on_either_side_a_message_is_fresh(seconds, behind):
    headers = headers_for(at=NOW + timedelta(seconds=seconds))
    now = NOW + timedelta(microseconds=behind)
    assert verify_signature(SECRET, headers, BODY, now) is SignatureCheck.OK


@pytest.mark.fault("F10", "F16")
@pytest.mark.parametrize("seconds", [-301, 301, -86400, 86400])
def test_beyond_five_minutes_on_either_side_a_message_is_refused(seconds):
    headers = headers_for(at=NOW + timedelta(seconds=seconds))
    check = SignatureCheck.TOO_OLD if seconds < 0 else SignatureCheck.TOO_NEW
    assert verify_signature(SECRET, headers, BODY, NOW) is check


@pytest.mark.parametrize("stamp", ["", "jetzt", "-5", "1e9", "1.5", "１７", "9" * 30, " 1 "])
def test_a_time_that_is_none_is_refused(stamp):
    headers = headers_for() | {"webhook-timestamp": stamp}
    wanted = SignatureCheck.BAD_TIMESTAMP if stamp else SignatureCheck.MISSING_HEADER
    assert verify_signature(SECRET, headers, BODY, NOW) is wanted


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_told(name):
    headers = headers_for()
    del headers[name]
    assert verify_signature(SECRET, headers, BODY, NOW) is SignatureCheck.MISSING_HEADER


def test_one_fitting_signature_among_several_is_enough():
    old, new = headers_for(key=b"old key"), headers_for()
    both = f"{old['webhook-signature']} v2,abc nonsense {new['webhook-signature']}"
    headers = new | {"webhook-signature": both}
    assert verify_signature(SECRET, headers, BODY, NOW) is SignatureCheck.OK


def test_a_thousand_signatures_are_not_all_tried():
    flood = " ".join(["v1,AAAA"] * 1000 + [headers_for()["webhook-signature"]])
    headers = headers_for() | {"webhook-signature": flood}
    assert verify_signature(SECRET, headers, BODY, NOW) is SignatureCheck.NO_MATCH


@pytest.mark.parametrize("signature", ["v1,", "v1", ",", "v1,日本", "v1a,AAAA", "AAAA", "v1,é"])
def test_a_signature_of_no_sense_is_refused(signature):
    headers = headers_for() | {"webhook-signature": signature}
    assert verify_signature(SECRET, headers, BODY, NOW) is SignatureCheck.NO_MATCH


@given(position=st.integers(0, len(BODY) - 1), flip=st.integers(1, 255))
def test_one_changed_byte_of_the_body_is_noticed(position, flip):
    tampered = bytearray(BODY)
    tampered[position] ^= flip
    check = verify_signature(SECRET, headers_for(), bytes(tampered), NOW)
    assert check is SignatureCheck.NO_MATCH


@pytest.mark.parametrize("change", [{"webhook-id": "msg_2"}, {"webhook-timestamp": "1795399201"}])
def test_id_and_time_are_signed_too(change):
    assert verify_signature(SECRET, headers_for() | change, BODY, NOW) is SignatureCheck.NO_MATCH


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_###", "whsec_é", "not base64!"])
def test_a_secret_that_is_none_is_refused_without_repeating_it(secret):
    with pytest.raises(ValueError, match="whsec_ and base64") as raised:
        secret_key(secret)
    assert "###" not in str(raised.value)


# --- paid orders --------------------------------------------------------------------------------


def test_a_paid_order_is_read_whole():
    order = paid(PAID)
    assert isinstance(order, PaidOrder)
    assert order.order_no == "2450000000000000001"
    assert order.paid_at == datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    assert order.consignee.address == "浙江省 台州市 温岭市 城东街道万昌路8号"
    assert order.lines[0].price_fen == 12800
    assert order.flag is Flag.NONE


def test_only_what_a_parcel_needs_must_be_there():
    body = {
        "platform": "own_shop",
        "order_no": "A-1",
        "paid_at": "2026-11-23T02:00:00Z",
        "consignee": {
            "name": "陈",
            "phone": "0576-8620",
            "province": "浙江",
            "street": "万昌路8号",
        },
        "lines": [{"line_no": "1", "sku": "JN-8801-BK-32", "quantity": 2}],
    }
    order = paid(body)
    assert isinstance(order, PaidOrder)
    assert order.lines[0].item_no == "JN-8801"
    assert (order.buyer_message, order.consignee.city, order.ship_after) == ("", "", None)


@pytest.mark.rule("S8")
def test_the_waist_is_taken_from_the_line_or_else_from_the_words():
    said = paid(changed(PAID, ["buyer_message"], "腰围82"))
    assert said.lines[0].waist_mm == 820
    body = changed(PAID, ["lines", 0, "waist_mm"], 833)
    assert paid(changed(body, ["buyer_message"], "腰围82")).lines[0].waist_mm == 833


@pytest.mark.parametrize("name", ["buyer", "buyer_message", "seller_memo", "flag", "shop"])
def test_null_and_absent_are_the_same_for_what_is_optional(name):
    body = copy.deepcopy(PAID)
    body.pop(name, None)
    assert paid(body) == paid(body | {name: None})


def test_unknown_fields_are_ignored_because_platforms_grow():
    assert paid(PAID | {"currency": "CNY", "risk": {"score": 2**60}}) == paid(PAID)


def test_order_numbers_stay_the_strings_they_are():
    assert paid(changed(PAID, ["order_no"], "9007199254740993")).order_no == "9007199254740993"


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        (["platform"], MISSING, "missing"),
        (["platform"], "Tao Bao", "wrong_form"),
        (["platform"], "", "empty"),
        (["order_no"], MISSING, "missing"),
        (["order_no"], None, "missing"),
        (["order_no"], 2450000000000000001, "not_a_string"),
        (["order_no"], 7, "not_a_string"),
        (["order_no"], "", "empty"),
        (["order_no"], "  ", "empty"),
        (["order_no"], "1" * 65, "too_long"),
        (["order_no"], "24 50", "wrong_form"),
        (["order_no"], "2450\n", None),
        (["order_no"], "24\n50", "control_character"),
        (["order_no"], "../etc", "wrong_form"),
        (["paid_at"], MISSING, "missing"),
        (["paid_at"], 1795399200, "not_a_string"),
        (["paid_at"], "2026-11-23T10:00:00", "time_without_zone"),
        (["paid_at"], "gestern", "not_a_time"),
        (["paid_at"], "2026-02-30T10:00:00Z", "not_a_time"),
        (["paid_at"], "0001-01-01T00:00:00+14:00", "not_a_time"),
        (["paid_at"], "1999-01-01T00:00:00Z", "out_of_range"),
        (["paid_at"], "2999-01-01T00:00:00Z", "out_of_range"),
        (["consignee"], MISSING, "missing"),
        (["consignee"], [], "not_an_object"),
        (["consignee", "name"], "", "empty"),
        (["consignee", "name"], "张\u0007三", "control_character"),
        (["consignee", "name"], "张\n三", "control_character"),
        (["consignee", "name"], "张\u202e三", "control_character"),
        (["consignee", "name"], "张\ud800三", "control_character"),
        (["consignee", "name"], "张**", "masked"),
        (["consignee", "name"], "张*", "masked"),
        (["consignee", "name"], "*三", "masked"),
        (["consignee", "name"], "张" * 65, "too_long"),
        (["consignee", "phone"], "138****1111", "masked"),
        (["consignee", "phone"], "no phone", "wrong_form"),
        (["consignee", "phone"], 13800001111, "not_a_string"),
        (["consignee", "street"], "文三路***", "masked"),
        (["consignee", "street"], "路" * 301, "too_long"),
        (["consignee", "province"], MISSING, "missing"),
        (["consignee", "postcode"], "邮编", "wrong_form"),
        (["consignee", "postcode"], 317500, "not_a_string"),
        (["lines"], MISSING, "missing"),
        (["lines"], [], "empty"),
        (["lines"], {}, "not_a_list"),
        (["lines", 0], "JN-8801", "not_an_object"),
        (["lines", 0, "line_no"], 101, "not_a_string"),
        (["lines", 0, "quantity"], 0, "out_of_range"),
        (["lines", 0, "quantity"], 10000, "out_of_range"),
        (["lines", 0, "quantity"], 1.0, "not_a_whole_number"),
        (["lines", 0, "quantity"], "1", "not_a_whole_number"),
        (["lines", 0, "quantity"], True, "not_a_whole_number"),
        (["lines", 0, "quantity"], MISSING, "missing"),
        (["lines", 0, "price_fen"], 2**53, "number_too_large"),
        (["lines", 0, "price_fen"], -(2**60), "number_too_large"),
        (["lines", 0, "price_fen"], -1, "out_of_range"),
        (["lines", 0, "price_fen"], 128.5, "not_a_whole_number"),
        (["lines", 0, "waist_mm"], 82, "out_of_range"),
        (["lines", 0, "refunded"], 1, "not_true_or_false"),
        (["lines", 0, "sku"], "x" * 65, "too_long"),
        (["buyer_message"], "字" * 2001, "too_long"),
        (["buyer_message"], "两行\n可以", None),
        (["buyer_message"], "响\u0007", "control_character"),
        (["flag"], 6, "out_of_range"),
        (["flag"], "red", "not_a_whole_number"),
    ],
)
def test_each_wrong_field_is_named_with_its_path_and_what_is_wrong(path, value, what):
    result = paid(changed(PAID, path, value))
    name = ""
    for step in path:
        name += f"[{step}]" if isinstance(step, int) else f".{step}"
    if what is None:
        assert isinstance(result, PaidOrder)
    else:
        assert faults(result) == [(name.lstrip("."), what)]


def test_all_faults_are_told_at_once():
    body = changed(changed(PAID, ["order_no"], 1), ["lines", 0, "quantity"], 0)
    assert faults(paid(body)) == [
        ("order_no", "not_a_string"),
        ("lines[0].quantity", "out_of_range"),
    ]


def test_two_lines_of_one_number_are_refused():
    body = PAID | {"lines": PAID["lines"] * 2}
    assert faults(paid(body)) == [("lines[1].line_no", "twice")]


def test_a_line_that_names_no_piece_is_refused():
    line = {"line_no": "1", "quantity": 1, "title": "裤子"}
    assert faults(paid(PAID | {"lines": [line]})) == [("lines[0]", "names_no_piece")]


def test_more_lines_than_any_parcel_holds_are_refused():
    lines = [PAID["lines"][0] | {"line_no": str(n)} for n in range(201)]
    assert faults(paid(PAID | {"lines": lines})) == [("lines", "too_many")]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"price": NaN}', "not_json"),
        (b'{"price": -Infinity}', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"9" * 5000, "not_json"),
        (b"null", "not_an_object"),
        (b"[]", "not_an_object"),
        (b'"2450"', "not_an_object"),
        (b" " * (LARGEST_BODY + 1), "too_large"),
    ],
)
def test_a_body_that_is_no_object_is_refused(body, what):
    assert faults(parse_paid(body)) == [(".", what)]
    assert faults(parse_refunded(body)) == [(".", what)]


def test_a_key_named_twice_is_refused_because_readers_would_disagree():
    body = json.dumps(PAID).replace('"flag": 0', '"flag": 0, "flag": 2').encode()
    assert faults(parse_paid(body)) == [("flag", "repeated_key")]


@pytest.mark.fault("F27")
def test_faults_hold_no_personal_data():
    body = changed(PAID, ["consignee", "name"], "欧阳**")
    assert "欧阳" not in repr(paid(changed(body, ["consignee", "phone"], "139****0000")))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=10,
)
PATHS = (
    [[name] for name in PAID]
    + [["consignee", name] for name in PAID["consignee"]]
    + [["lines", 0, n] for n in PAID["lines"][0]]
)


@given(path=st.sampled_from(PATHS), value=JSON)
def test_whatever_stands_in_a_field_gives_an_order_or_faults(path, value):
    result = paid(changed(PAID, path, value))
    assert isinstance(result, PaidOrder) or all(error.path for error in result)


@given(body=st.binary(max_size=200))
def test_no_bytes_make_the_reader_fall(body):
    assert isinstance(parse_paid(body), tuple)
    assert isinstance(parse_refunded(body), tuple)


# --- refunds ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(RefundKind))
@pytest.mark.parametrize("line_no", [None, "2450000000000000101"])
def test_a_refund_notice_is_read(kind, line_no):
    body = REFUND | {"kind": str(kind), "line_no": line_no}
    assert parse_refunded(json.dumps(body).encode()) == RefundNotice(
        platform="taobao",
        order_no="2450000000000000001",
        kind=kind,
        at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
        line_no=line_no,
    )


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        (["kind"], "maybe", "unknown_choice"),
        (["kind"], 1, "not_a_string"),
        (["kind"], MISSING, "missing"),
        (["at"], "2026-11-23", "time_without_zone"),
        (["line_no"], 5, "not_a_string"),
        (["line_no"], "", "empty"),
        (["order_no"], 2450000000000000001, "not_a_string"),
    ],
)
def test_each_wrong_field_of_a_refund_is_named(path, value, what):
    result = parse_refunded(json.dumps(changed(REFUND, path, value)).encode())
    assert faults(result) == [(path[0], what)]


def test_an_unknown_kind_of_refund_is_answered_with_those_that_exist():
    (error,) = parse_refunded(json.dumps(REFUND | {"kind": "x"}).encode())
    assert "refund_requested" in error.facts["known"]


# --- the schema ---------------------------------------------------------------------------------


def test_the_schema_accepts_what_the_reader_accepts():
    jsonschema.validate(PAID, PAID_ORDER_SCHEMA)
    jsonschema.validate(PAID | {"ship_after": None, "flag": None}, PAID_ORDER_SCHEMA)
    jsonschema.validate(REFUND, REFUND_SCHEMA)


@given(path=st.sampled_from(PATHS), value=JSON)
def test_the_schema_never_refuses_an_order_that_the_reader_takes(path, value):
    body = changed(PAID, path, value.strip() if isinstance(value, str) else value)
    if isinstance(paid(body), PaidOrder):
        jsonschema.validate(body, PAID_ORDER_SCHEMA)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["order_no"], 2450000000000000001),
        (["order_no"], "../etc"),
        (["lines"], []),
        (["lines", 0, "quantity"], 0),
        (["lines", 0, "quantity"], "1"),
        (["consignee", "name"], ""),
        (["consignee"], MISSING),
        (["flag"], 9),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(path, value):
    body = changed(PAID, path, value)
    assert isinstance(paid(body), tuple)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, PAID_ORDER_SCHEMA)
