"""The shop platform: buyers who pay, a platform that tells the station, and what it is told back.

Orders are told by a signed webhook after the Standard Webhooks convention (id, timestamp and body
under HMAC-SHA256), some twice, some out of order, some refunded later. The platform counts every
"shipped" call, so that a second one for the same order shows.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Literal
from urllib.parse import urlsplit

from simulators.buyers import Consignee, consignee
from simulators.catalogue import Item

SHANGHAI = timezone(timedelta(hours=8))
RefundKind = Literal["refund_requested", "refund_closed", "refunded", "cancelled"]
MESSAGES = (
    "", "", "", "", "腰围要实量82cm，不要按尺码", "请发圆通", "麻烦发顺丰，谢谢", "送人，包好一点",
)  # fmt: skip
MEMOS = ("", "", "", "", "", "红旗：尺码已确认")
REFUND_KINDS: tuple[RefundKind, ...] = ("refund_requested", "refunded", "cancelled")


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of an order."""

    line_no: str
    item: Item
    quantity: int

    def as_json(self) -> dict[str, object]:
        """The line as the webhook carries it."""
        item = self.item
        return {
            "line_no": self.line_no, "sku": item.sku, "item_no": item.item_no,
            "title": item.title, "color": item.colour, "size": item.size,
            "quantity": self.quantity, "price_fen": item.price_fen,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """A paid order; ``paid_at`` is aware."""

    order_no: str
    buyer: str
    paid_at: datetime
    consignee: Consignee
    lines: tuple[OrderLine, ...]
    buyer_message: str = ""
    seller_memo: str = ""
    flag: int = 0
    shipping_wish: str = ""

    @property
    def grams(self) -> int:
        """What the goods weigh."""
        return sum(line.item.grams * line.quantity for line in self.lines)

    @property
    def total_fen(self) -> int:
        """What the buyer paid."""
        return sum(line.item.price_fen * line.quantity for line in self.lines)

    def as_json(self) -> dict[str, object]:
        """The body of ``orders/paid``."""
        return {
            "platform": "taobao",
            "order_no": self.order_no,
            "buyer": self.buyer,
            "paid_at": self.paid_at.isoformat(),
            "consignee": self.consignee.as_json(),
            "lines": [line.as_json() for line in self.lines],
            "buyer_message": self.buyer_message,
            "seller_memo": self.seller_memo,
            "flag": self.flag,
            "shipping_wish": self.shipping_wish,
        }


@dataclass(frozen=True, slots=True)
class Event:
    """Something told to the station: where, under which id, and the exact bytes."""

    webhook_id: str
    path: str
    body: bytes


def key_of(secret: str) -> bytes:
    """The signing key in ``whsec_<base64>``. ValueError if it is not one."""
    prefix, _, encoded = secret.partition("_")
    if prefix != "whsec":
        raise ValueError("a webhook secret is written whsec_<base64>")
    return base64.b64decode(encoded, validate=True)


def signed_headers(event: Event, secret: str, timestamp: int) -> dict[str, str]:
    """The three Standard Webhooks headers, and the content type."""
    content = f"{event.webhook_id}.{timestamp}.".encode() + event.body
    digest = hmac.new(key_of(secret), content, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": event.webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def make_orders(
    items: list[Item], count: int, first_paid: datetime, *, seed: int = 0, every: float = 60.0
) -> list[Order]:
    """So many paid orders, ``every`` seconds apart on average; some buyers buy twice."""
    chance = random.Random(seed)
    orders: list[Order] = []
    paid_at = first_paid
    for number in range(count):
        again = orders and chance.random() < 0.08
        earlier = chance.choice(orders) if again else None
        order_no = f"{2450000000000000000 + seed * 10**9 + number * 1117 + 11}"
        orders.append(
            Order(
                order_no=order_no,
                buyer=earlier.buyer if earlier else f"tb_{seed}_{number:05d}",
                paid_at=paid_at,
                consignee=earlier.consignee if earlier else consignee(number, chance),
                lines=_lines(order_no, items, chance),
                buyer_message=chance.choice(MESSAGES),
                seller_memo=chance.choice(MEMOS),
            )
        )
        paid_at += timedelta(seconds=round(chance.expovariate(1 / every)))
    return orders


def _lines(order_no: str, items: list[Item], chance: random.Random) -> tuple[OrderLine, ...]:
    count = chance.choices((1, 2, 3, 8), (70, 20, 9, 1))[0]
    chosen = chance.sample(items, min(count, len(items)))
    return tuple(
        OrderLine(
            # One line only: Taobao gives it the order's own number.
            line_no=order_no if count == 1 else str(int(order_no) + place + 1),
            item=item,
            quantity=2 if chance.random() < 0.08 else 1,
        )
        for place, item in enumerate(chosen)
    )


def paid_event(order: Order, telling: int = 1) -> Event:
    """The order told; another telling has another id, a repeated delivery keeps its id."""
    body = json.dumps(order.as_json(), ensure_ascii=False).encode()
    return Event(f"msg_paid_{order.order_no}_{telling}", "/api/v1/orders/paid", body)


def refund_event(
    order: Order, kind: RefundKind, at: datetime, line_no: str | None = None
) -> Event:
    """A refund or cancellation told, of one line or (None) the whole order."""
    return refund_of(order.order_no, kind, at, line_no)


def refund_of(
    order_no: str, kind: RefundKind, at: datetime, line_no: str | None = None
) -> Event:
    """The same for an order of which only the number is at hand."""
    body = {
        "platform": "taobao", "order_no": order_no, "line_no": line_no, "kind": kind,
        "at": at.isoformat(),
    }  # fmt: skip
    suffix = f"{order_no}_{line_no or 'all'}_{kind}"
    return Event(f"msg_refund_{suffix}", "/api/v1/orders/refunded", json.dumps(body).encode())


def deliver(
    event: Event, station: str, secret: str, timestamp: int, *, timeout: float = 10.0
) -> tuple[int, bytes]:
    """POST one event to the station; return status and answer. OSError if unreachable."""
    where = urlsplit(station)
    connection = http.client.HTTPConnection(
        where.hostname or "127.0.0.1", where.port, timeout=timeout
    )
    try:
        headers = signed_headers(event, secret, timestamp)
        connection.request("POST", where.path.rstrip("/") + event.path, event.body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


LONGEST_MEMO = 1000


@dataclass
class Platform:
    """The receiving side: "shipped" calls and notes, counted, sometimes answered badly.

    ``errors`` is the chance of a 500, ``lost_answers`` that of taking the call and hanging up.
    """

    errors: float = 0.0
    lost_answers: float = 0.0
    seed: int = 0
    shipped: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    contradictions: list[str] = field(default_factory=list)
    memos: dict[str, dict[str, object]] = field(default_factory=dict)
    _keys: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def take_shipped(self, body: dict[str, object]) -> tuple[int, dict[str, object]]:
        """A "shipped" call: status and answer; status 0 means hang up without one.

        A repeated idempotency key is answered as before. The same order under another key is a
        duplicate, and with another number a contradiction.
        """
        wanted = ("order_no", "carrier", "waybill_no", "idempotency_key")
        told = {name: str(body.get(name) or "") for name in wanted}
        missing = [name for name, value in told.items() if not value]
        if missing:
            return 422, {"error": f"missing: {', '.join(missing)}"}
        self.calls[told["order_no"]] += 1
        if self._chance.random() < self.errors:
            return 500, {"error": "the platform is busy"}
        self._note(told)
        if self._chance.random() < self.lost_answers:
            return 0, {}
        return 200, {"ok": True, "order_no": told["order_no"]}

    def take_memo(self, body: dict[str, object]) -> tuple[int, dict[str, object]]:
        """A seller's note and flag, which replace what stood there; at most 1000 bytes of it."""
        order_no, memo, flag = body.get("order_no"), body.get("memo"), body.get("flag")
        if not order_no or not isinstance(memo, str) or not body.get("idempotency_key"):
            return 422, {"error": "missing: order_no, memo or idempotency_key"}
        if len(memo.encode()) > LONGEST_MEMO or flag not in range(6):
            return 422, {"error": "the memo is too long, or there is no such flag"}
        if self._chance.random() < self.errors:
            return 500, {"error": "the platform is busy"}
        self.memos[str(order_no)] = {"memo": memo, "flag": flag}
        if self._chance.random() < self.lost_answers:
            return 0, {}
        return 200, {"ok": True, "order_no": order_no}

    def state(self) -> dict[str, object]:
        """Counts for the control door."""
        return {
            "shipped": len(self.shipped),
            "calls": sum(self.calls.values()),
            "duplicates": self.duplicates,
            "contradictions": list(self.contradictions),
        }

    def _note(self, told: dict[str, str]) -> None:
        key, order_no = told["idempotency_key"], told["order_no"]
        if key in self._keys:
            return
        self._keys.add(key)
        earlier = self.shipped.get(order_no)
        if earlier is None:
            self.shipped[order_no] = told
            return
        self.duplicates += 1
        if earlier["waybill_no"] != told["waybill_no"]:
            self.contradictions.append(order_no)
