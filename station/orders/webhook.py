"""Paid orders and refunds told over HTTP: signed after Standard Webhooks, read strictly.

https://www.standardwebhooks.com: ``webhook-id``, ``webhook-timestamp`` (Unix seconds) and
``webhook-signature`` ("v1," and base64 of HMAC-SHA256 over "id.timestamp.body", several separated
by blanks while a secret changes). The body is checked as the bytes that came, before it is parsed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NoReturn, cast

from station.domain.orders import Consignee, OrderLine, PaidOrder, RefundKind, RefundNotice
from station.domain.vocabulary import Flag
from station.domain.waists import with_waists
from station.orders.attributes import item_no_of
from station.orders.fields import (
    Choice,
    FieldError,
    Many,
    Moment,
    Record,
    Text,
    Whole,
    YesNo,
)

LARGEST_BODY = 262_144
WINDOW = timedelta(minutes=5)
SECRET_PREFIX = "whsec_"  # noqa: S105 - the convention's public prefix, not a secret
MOST_SIGNATURES = 10

_CODE = r"[A-Za-z0-9][A-Za-z0-9._:-]*"
_ORDER_NO = Text(64, 1, pattern=_CODE, about="A string: as a number it would lose digits.")
_PLATFORM = Text(32, 1, pattern=r"[a-z][a-z0-9_]*")

CONSIGNEE = Record(
    needed={
        "name": Text(64, 1, may_be_masked=False),
        "phone": Text(40, 5, pattern=r"[0-9+() /,;转#xX-]+", may_be_masked=False),
        "province": Text(40, 1),
        "street": Text(300, 1, may_be_masked=False),
    },
    optional={
        "city": Text(40),
        "district": Text(40),
        "postcode": Text(12, pattern=r"[0-9A-Za-z -]*"),
        "company": Text(100),
    },
)
LINE = Record(
    needed={
        "line_no": Text(64, 1, pattern=_CODE),
        "quantity": Whole(1, 9999),
    },
    optional={
        "sku": Text(64),
        "item_no": Text(64),
        "title": Text(200),
        "color": Text(64),
        "size": Text(64),
        "price_fen": Whole(0, 10**9, about="Price of one piece in fen."),
        "waist_mm": Whole(300, 2000, about="The waist the buyer confirmed, in millimetres."),
        "refunded": YesNo(),
    },
)
PAID_ORDER = Record(
    needed={
        "platform": _PLATFORM,
        "order_no": _ORDER_NO,
        "paid_at": Moment(),
        "consignee": CONSIGNEE,
        "lines": Many(LINE, 200),
    },
    optional={
        "buyer": Text(128),
        "buyer_message": Text(2000, lines=True),
        "seller_memo": Text(2000, lines=True),
        "flag": Whole(0, 5, about="0 none, 1 red, 2 yellow, 3 green, 4 blue, 5 purple."),
        "shipping_wish": Text(100),
        "shop": Text(100),
        "ship_after": Moment(about="A presale's promised day."),
    },
)
REFUND = Record(
    needed={
        "platform": _PLATFORM,
        "order_no": _ORDER_NO,
        "kind": Choice(tuple(RefundKind)),
        "at": Moment(),
    },
    optional={"line_no": Text(64, 1, pattern=_CODE, about="null: the whole order.")},
)


class SignatureCheck(StrEnum):
    """Whether a message is believed, and if not why."""

    OK = "ok"
    MISSING_HEADER = "missing_header"
    BAD_TIMESTAMP = "bad_timestamp"
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"
    NO_MATCH = "no_match"


def verify_signature(
    secret: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> SignatureCheck:
    """Whether the message is signed with the secret and at most five minutes from ``now``.

    Header names may be in any case. Raises ValueError if the secret is not ``whsec_<base64>``.
    """
    key = secret_key(secret)
    given = {name.lower(): value for name, value in headers.items()}
    message_id = given.get("webhook-id", "")
    stamp, signatures = given.get("webhook-timestamp", ""), given.get("webhook-signature", "")
    if not (message_id and stamp and signatures):
        return SignatureCheck.MISSING_HEADER
    if not re.fullmatch(r"[0-9]{1,12}", stamp):
        return SignatureCheck.BAD_TIMESTAMP
    age = int(now.timestamp()) - int(stamp)  # the stamp has whole seconds, so both sides do
    if abs(age) > WINDOW.total_seconds():
        return SignatureCheck.TOO_OLD if age > 0 else SignatureCheck.TOO_NEW
    expected = sign(key, message_id, int(stamp), body).encode()
    offered = [one.encode("utf-8", "replace") for one in signatures.split()[:MOST_SIGNATURES]]
    # Every signature is compared, so that the time taken tells nothing about which one fitted.
    matches = [hmac.compare_digest(expected, one) for one in offered]
    return SignatureCheck.OK if any(matches) else SignatureCheck.NO_MATCH


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of a message: "v1," and base64 of HMAC-SHA256 over "id.timestamp.body"."""
    content = f"{message_id}.{timestamp}.".encode("utf-8", "surrogateescape") + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def secret_key(secret: str) -> bytes:
    """The key inside ``whsec_<base64>``; raises ValueError that does not repeat the secret."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("the webhook secret must be whsec_ and base64")
    return key


def parse_paid(body: bytes) -> PaidOrder | tuple[FieldError, ...]:
    """The paid order in a body, or everything that is wrong with it."""
    found, errors = read_body(PAID_ORDER, body)
    _check_lines(found, errors)
    return tuple(errors) if errors else _paid_order(found)


def parse_refunded(body: bytes) -> RefundNotice | tuple[FieldError, ...]:
    """The refund notice in a body, or everything that is wrong with it."""
    found, errors = read_body(REFUND, body)
    if errors:
        return tuple(errors)
    return RefundNotice(**{**found, "kind": RefundKind(found["kind"])})


def read_body(description: Record, body: bytes) -> tuple[dict[str, Any], list[FieldError]]:
    """What a body says by its description, and everything that is wrong with it."""
    errors: list[FieldError] = []
    value = _json(body, errors)
    found = {} if errors else description.read(value, "", errors)
    return found, errors


def _json(body: bytes, errors: list[FieldError]) -> object:
    """The body as JSON in UTF-8, without repeated keys, NaN or infinities."""
    if len(body) > LARGEST_BODY:
        errors.append(FieldError(".", "too_large", {"most": str(LARGEST_BODY)}))
        return None
    try:
        return cast(
            "object",
            json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_no_constant),
        )
    except _RepeatedKey as repeated:
        errors.append(FieldError(repeated.args[0], "repeated_key"))
    except (ValueError, RecursionError):
        errors.append(FieldError(".", "not_json"))
    return None


class _RepeatedKey(Exception):
    """A JSON object names one key twice, so that readers would disagree about it."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKey(key[:64])
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check_lines(found: dict[str, Any], errors: list[FieldError]) -> None:
    """No two lines of one number, and in every line something that names the piece."""
    seen: set[str] = set()
    for index, line in enumerate(found.get("lines", ())):
        number = line.get("line_no")
        if number in seen:
            errors.append(FieldError(f"lines[{index}].line_no", "twice"))
        seen.add(number)
        if line and not (line.get("sku") or line.get("item_no")):
            errors.append(FieldError(f"lines[{index}]", "names_no_piece"))


def _paid_order(found: dict[str, Any]) -> PaidOrder:
    lines = tuple(_line(line) for line in found["lines"])
    memo, message = found.get("seller_memo", ""), found.get("buyer_message", "")
    return PaidOrder(
        platform=found["platform"],
        order_no=found["order_no"],
        buyer=found.get("buyer", ""),
        paid_at=found["paid_at"],
        consignee=Consignee(**{"city": "", "district": "", **found["consignee"]}),
        lines=with_waists(lines, memo, message),
        buyer_message=message,
        seller_memo=memo,
        flag=Flag(found.get("flag", 0)),
        shipping_wish=found.get("shipping_wish", ""),
        shop=found.get("shop", ""),
        ship_after=found.get("ship_after"),
    )


def _line(found: dict[str, Any]) -> OrderLine:
    empty = dict.fromkeys(("sku", "title", "item_no", "color", "size"), "")
    line = OrderLine(**(empty | found))
    return line if line.item_no else replace(line, item_no=item_no_of(line.sku))
