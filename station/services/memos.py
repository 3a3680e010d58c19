"""Flags and notes that the station writes on the platform's orders (S21): one road, the outbox.

The platform's call replaces the whole note and takes a thousand bytes of it, so the note is told
whole: what stood there, and the new words behind. The order keeps what was told, and an order that
is told again with the same words is no news.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Outbox, ShopOrder
from station.db.session import notice
from station.domain.vocabulary import Flag
from station.services.rules import Rules

LONGEST = 1000
"""Bytes that the platform keeps of a note."""
MEMO = "memo"
"""The kind of the call."""


def write_memo(
    session: Session, orders: Iterable[ShopOrder], words: str, rules: Rules, *,
    flag: Flag = Flag.NONE, now: datetime,
) -> None:
    """Add ``words`` to each order's note and set its flag, NONE leaving it; nothing twice."""
    for order in orders:
        memo = joined(order.seller_memo, words)
        color = int(flag) or order.flag
        if (memo, color) == (order.seller_memo, order.flag):
            continue
        order.seller_memo, order.flag = memo, color
        if rules.platform_url:
            _tell(session, order, now)


def joined(before: str, words: str) -> str:
    """The note with the words behind it; of one that grows too long the former end is cut."""
    if words in before:
        return before
    room = LONGEST - len(words.encode()) - 1
    if room <= 0:
        return words.encode()[:LONGEST].decode(errors="ignore")
    if len(before.encode()) > room:
        before = before.encode()[: room - 3].decode(errors="ignore") + "…"
    return f"{before}\n{words}" if before else words


def _tell(session: Session, order: ShopOrder, now: datetime) -> None:
    """Write the call; one for the same order that nobody made yet is overtaken by it."""
    waiting = session.scalars(
        select(Outbox).where(
            Outbox.order_id == order.id, Outbox.kind == MEMO, Outbox.state == "waiting",
        ).with_for_update(key_share=True)
    )
    for row in waiting:
        row.state = "withdrawn"
    digest = sha256(f"{order.seller_memo}\0{order.flag}".encode()).hexdigest()[:24]
    key = f"{MEMO}:{order.platform}:{order.order_no}:{digest}:{now.isoformat()}"
    session.add(
        Outbox(
            key=key[:200], kind=MEMO, order_id=order.id, created_at=now, due_at=now,
            payload={"platform": order.platform, "order_no": order.order_no,
                     "memo": order.seller_memo, "flag": order.flag},
        )
    )
    notice(session, "outbox")
