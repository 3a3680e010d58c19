"""What the shop platform told us, and what it must be told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from station.db.keys import DIGEST_LENGTH
from station.db.models.base import Base
from station.db.sealed import SealedJson, SealedText

if TYPE_CHECKING:
    from station.db.models.parcels import Parcel

class ShopOrder(Base):
    """One order of the shop platform: told any number of times, kept once.

    ``refund`` is the last word about money going back for the whole order ("" while none).
    ``refund_at`` is when it was told, so that older news is known for old. ``seen`` holds a digest
    of each content and address that was told, so that a person is asked once about each.
    Province, city, district and postcode stay clear: reach, sorting and tariff are asked of them.
    """

    __tablename__ = "shop_order"
    __table_args__ = (UniqueConstraint("platform", "order_no"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(String(32))
    order_no: Mapped[str] = mapped_column(String(64))
    buyer: Mapped[str] = mapped_column(SealedText("shop_order.buyer"))
    shop: Mapped[str] = mapped_column(Text, default="")
    paid_at: Mapped[datetime | None]  # None: a refund was told before the payment was
    ship_after: Mapped[datetime | None]
    name: Mapped[str] = mapped_column(SealedText("shop_order.name"), default="")
    phone: Mapped[str] = mapped_column(SealedText("shop_order.phone"), default="")
    company: Mapped[str] = mapped_column(SealedText("shop_order.company"), default="")
    province: Mapped[str] = mapped_column(Text, default="")
    city: Mapped[str] = mapped_column(Text, default="")
    district: Mapped[str] = mapped_column(Text, default="")
    street: Mapped[str] = mapped_column(SealedText("shop_order.street"), default="")
    postcode: Mapped[str] = mapped_column(String(16), default="")
    buyer_message: Mapped[str] = mapped_column(SealedText("shop_order.buyer_message"), default="")
    seller_memo: Mapped[str] = mapped_column(SealedText("shop_order.seller_memo"), default="")
    shipping_wish: Mapped[str] = mapped_column(SealedText("shop_order.shipping_wish"), default="")
    buyer_digest: Mapped[str] = mapped_column(
        String(DIGEST_LENGTH), default="", server_default="", index=True
    )
    phone_digest: Mapped[str] = mapped_column(
        String(DIGEST_LENGTH), default="", server_default="", index=True
    )
    flag: Mapped[int] = mapped_column(default=0)
    refund: Mapped[str] = mapped_column(String(24), default="")
    refund_at: Mapped[datetime | None]
    seen: Mapped[list[Any]] = mapped_column(default=list)
    source: Mapped[str] = mapped_column(String(32), default="")
    told: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime]
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True)

    lines: Mapped[list[ShopOrderLine]] = relationship(
        back_populates="order", order_by="ShopOrderLine.id"
    )
    parcel: Mapped[Parcel | None] = relationship(back_populates="orders")


class ShopOrderLine(Base):
    """One line of an order as the platform told it.

    A line of 0 pieces is the shadow of a refund: its number is in no telling of the order.
    """

    __tablename__ = "shop_order_line"
    __table_args__ = (UniqueConstraint("order_id", "line_no"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"))
    line_no: Mapped[str] = mapped_column(String(64))
    sku_code: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, default="")
    item_no: Mapped[str] = mapped_column(Text, default="")
    color: Mapped[str] = mapped_column(Text, default="")
    size: Mapped[str] = mapped_column(Text, default="")
    quantity: Mapped[int]
    price_fen: Mapped[int] = mapped_column(default=0)
    waist_mm: Mapped[int | None]
    refund: Mapped[str] = mapped_column(String(24), default="")
    refund_at: Mapped[datetime | None]

    order: Mapped[ShopOrder] = relationship(back_populates="lines")


class Review(Base):
    """Something in a source that a person must look at: never guessed, never dropped."""

    __tablename__ = "review"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(200))
    place: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(SealedJson("review.facts"), default=dict)
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # the same row told twice is one
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None] = mapped_column(index=True)
    settled_by: Mapped[str] = mapped_column(String(64), default="")


class ImportedFile(Base):
    """A file that was read, by its digest: the same file twice is told, and harmless."""

    __tablename__ = "imported_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class WebhookEvent(Base):
    """An event id that was taken: the same id again is answered from here and changes nothing."""

    __tablename__ = "webhook_event"

    event_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    body_sha256: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]


class Outbox(Base):
    """A call to the shop platform that must happen (D3): retried, never told twice.

    ``state``: waiting, done, given_up, withdrawn. ``key`` is the idempotency key of the call.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state_due_at", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(24))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("shop_order.id"), index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(SealedJson("outbox.payload"))
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
