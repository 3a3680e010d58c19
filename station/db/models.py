"""The tables. Times are UTC; money is fen, weight grams, length millimetres.

Locking rules: on SQLite every write transaction is alone. On PostgreSQL a step takes its rows
``FOR UPDATE`` in one order: hand-over, order, parcel, goods by ascending id, number, print job,
packaging, the head of a history chain. Several orders or parcels are taken by ascending id where
they are known beforehand. Where they are not (orders that arrive together join parcels as they
come) the server may find a circle; the whole step is then run again (see ``db.session``). A
parcel's ``version`` is compared at every change, so that a step which forgot to lock fails and is
run again, too.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored as UTC; a naive one is refused. SQLite keeps no zone, so we add it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Refuse naive times; bring the rest to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Hand out aware UTC times."""
        if value is not None and value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value


class Base(DeclarativeBase):
    """The root of all tables, with one way of naming constraints for both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way to say it
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


class Sku(Base):
    """One article in one colour and size (商品), with its stock.

    available = on_hand - reserved; defect pieces lie on their own shelf and are never available.
    """

    __tablename__ = "sku"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)  # 商家编码
    item_no: Mapped[str] = mapped_column(String(64), index=True)  # 货号
    color: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[str] = mapped_column(String(64), default="")
    title: Mapped[str] = mapped_column(String(200), default="")
    category: Mapped[str] = mapped_column(String(64), default="")
    measure_waist: Mapped[bool] = mapped_column(default=False)
    weight_g: Mapped[int | None]  # of one piece as it is packed; None while nobody weighed one
    location: Mapped[str] = mapped_column(String(32), default="")  # I3: its coded place
    picture: Mapped[str] = mapped_column(String(200), default="")
    batch_note: Mapped[str] = mapped_column(String(200), default="")  # P4, shown when packed
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    defect: Mapped[int] = mapped_column(default=0)

    barcodes: Mapped[list[SkuBarcode]] = relationship(back_populates="sku")

    @property
    def available(self) -> int:
        """Pieces that can still be promised."""
        return self.on_hand - self.reserved


class SkuBarcode(Base):
    """A barcode that stands for one piece of a SKU; the code itself always does too."""

    __tablename__ = "sku_barcode"

    barcode: Mapped[str] = mapped_column(String(128), primary_key=True)
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"), index=True)

    sku: Mapped[Sku] = relationship(back_populates="barcodes")


class StockMove(Base):
    """One change of stock, append-only: the sum of a SKU's moves is its stock (I7).

    ``kind``: receive, reserve, release, ship, defect, adjust. ``quantity`` is signed for adjust,
    else positive.
    """

    __tablename__ = "stock_move"

    id: Mapped[int] = mapped_column(primary_key=True)
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    quantity: Mapped[int]
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True)
    waybill_no: Mapped[str] = mapped_column(String(40), default="")
    who: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime]


class ShopOrder(Base):
    """One order of the shop platform: told any number of times, kept once.

    ``refund`` is the last word about money going back for the whole order ("" while none).
    ``refund_at`` is when it was told, so that older news is known for old. ``seen`` holds a digest
    of each content and address that was told, so that a person is asked once about each.
    """

    __tablename__ = "shop_order"
    __table_args__ = (UniqueConstraint("platform", "order_no"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(String(32))
    order_no: Mapped[str] = mapped_column(String(64))
    buyer: Mapped[str] = mapped_column(Text)
    shop: Mapped[str] = mapped_column(Text, default="")
    paid_at: Mapped[datetime | None]  # None: a refund was told before the payment was
    ship_after: Mapped[datetime | None]
    name: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(Text, default="")
    company: Mapped[str] = mapped_column(Text, default="")
    province: Mapped[str] = mapped_column(Text, default="")
    city: Mapped[str] = mapped_column(Text, default="")
    district: Mapped[str] = mapped_column(Text, default="")
    street: Mapped[str] = mapped_column(Text, default="")
    postcode: Mapped[str] = mapped_column(String(16), default="")
    buyer_message: Mapped[str] = mapped_column(Text, default="")
    seller_memo: Mapped[str] = mapped_column(Text, default="")
    shipping_wish: Mapped[str] = mapped_column(Text, default="")
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


class Parcel(Base):
    """One parcel (包裹): the unit that is printed, packed, weighed, signed and handed over."""

    __tablename__ = "parcel"
    __table_args__ = (
        Index("ix_parcel_state_deadline", "state", "deadline"),
        Index("ix_parcel_carrier_state", "carrier", "state"),
        Index("ix_parcel_merge_key_state", "merge_key", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)
    carrier: Mapped[str] = mapped_column(String(8))
    carrier_reason: Mapped[str] = mapped_column(String(32), default="")
    waybill_no: Mapped[str | None] = mapped_column(String(40), unique=True)
    merge_key: Mapped[str] = mapped_column(String(64))  # digest of buyer and address
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text)
    company: Mapped[str] = mapped_column(Text, default="")
    province: Mapped[str] = mapped_column(Text)
    city: Mapped[str] = mapped_column(Text)
    district: Mapped[str] = mapped_column(Text)
    street: Mapped[str] = mapped_column(Text)
    postcode: Mapped[str] = mapped_column(String(16), default="")
    note: Mapped[str] = mapped_column(Text, default="")  # memo and message, shown big (S10)
    flag: Mapped[int] = mapped_column(default=0)
    note_read_by: Mapped[str] = mapped_column(String(64), default="")
    paid_at: Mapped[datetime]
    deadline: Mapped[datetime]
    created_at: Mapped[datetime]
    held_since: Mapped[datetime | None]  # since when the promise's clock stands still
    split: Mapped[bool] = mapped_column(default=False)  # taken apart by hand: never merged again
    bench: Mapped[str] = mapped_column(String(32), default="")  # "" or where it is open
    copies: Mapped[int] = mapped_column(default=0)  # labels asked for under the present number
    packaging_id: Mapped[int | None] = mapped_column(ForeignKey("packaging.id"))
    checklist_by: Mapped[str] = mapped_column(String(64), default="")
    expected_g: Mapped[int | None]
    weight_g: Mapped[int | None]
    packer: Mapped[str] = mapped_column(String(64), default="")
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    packed_at: Mapped[datetime | None]
    weighed_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    intercept: Mapped[str] = mapped_column(String(24), default="")  # told after the hand-over
    intercept_acknowledged_by: Mapped[str] = mapped_column(String(64), default="")

    lines: Mapped[list[ParcelLine]] = relationship(
        back_populates="parcel", order_by="ParcelLine.id"
    )
    orders: Mapped[list[ShopOrder]] = relationship(
        back_populates="parcel", order_by="ShopOrder.id"
    )
    __mapper_args__ = {  # noqa: RUF012 - SQLAlchemy's own way to say it
        "version_id_col": version, "version_id_generator": False,
    }

    holds: Mapped[list[Hold]] = relationship(back_populates="parcel", order_by="Hold.id")
    packaging: Mapped[Packaging | None] = relationship()


class ParcelLine(Base):
    """What belongs into a parcel: ``quantity`` pieces of a SKU, ``packed`` of them scanned in.

    Two order lines of one SKU with different waists stay two lines.
    """

    __tablename__ = "parcel_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), index=True)
    order_line_id: Mapped[int | None] = mapped_column(
        ForeignKey("shop_order_line.id"), index=True
    )
    sku_id: Mapped[int | None] = mapped_column(ForeignKey("sku.id"), index=True)
    quantity: Mapped[int]
    packed: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)  # pieces set aside for this line
    waist_mm: Mapped[int | None]  # what the buyer confirmed
    measured_mm: Mapped[list[Any]] = mapped_column(default=list)  # one value per packed piece

    parcel: Mapped[Parcel] = relationship(back_populates="lines")
    sku: Mapped[Sku | None] = relationship()
    order_line: Mapped[ShopOrderLine | None] = relationship()


class Hold(Base):
    """One reason why a parcel may not go on (扣留): open until ``released_at``. Stops the clock."""

    __tablename__ = "hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    since: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64), default="")
    released_at: Mapped[datetime | None] = mapped_column(index=True)
    released_by: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(String(200), default="")

    parcel: Mapped[Parcel] = relationship(back_populates="holds")


class WaybillNumber(Base):
    """One number received from a carrier; bound to its parcel for ever once taken.

    ``state``: unused, taken, printed, voided; received = unused + taken + printed + voided.
    """

    __tablename__ = "waybill_number"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_waybill_number_carrier_state_id", "carrier", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(8))
    number: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(8), default="unused")
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True)
    batch: Mapped[str] = mapped_column(String(64), default="")
    received_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class PrintJob(Base):
    """Paper that must come out. ``state``: waiting, sending, sent, confirmed, in_doubt, void.

    A crash or a lost link after the first byte leaves it in doubt; nothing in doubt prints again
    by itself. ``copy`` 0 is the first label, n is 补打 n. ``pages_sent`` counts whole pages.
    """

    __tablename__ = "print_job"
    __table_args__ = (Index("ix_print_job_state_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # waybill, stub, manifest, sheet
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True)
    handover_id: Mapped[int | None] = mapped_column(ForeignKey("handover.id"), index=True)
    waybill_no: Mapped[str] = mapped_column(String(40), default="", index=True)
    bench: Mapped[str] = mapped_column(String(32), default="")  # "" = whichever printer is free
    printer: Mapped[str] = mapped_column(String(64), default="")
    copy: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(200), default="")
    who: Mapped[str] = mapped_column(String(64), default="")
    pages: Mapped[int] = mapped_column(default=0)
    pages_sent: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    proof: Mapped[str] = mapped_column(String(16), default="")
    trouble: Mapped[str] = mapped_column(String(40), default="")  # why it is not on paper yet
    created_at: Mapped[datetime]
    sending_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str] = mapped_column(String(64), default="")

    parcel: Mapped[Parcel | None] = relationship()
    images: Mapped[list[PageImage]] = relationship(order_by="PageImage.page")


class PageImage(Base):
    """One printed page as PNG, kept so that the label can be shown and proven."""

    __tablename__ = "page_image"
    __table_args__ = (UniqueConstraint("job_id", "page"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("print_job.id"))
    page: Mapped[int]
    png: Mapped[bytes] = mapped_column(LargeBinary)


class Weighing(Base):
    """One weight taken of one parcel, with the scale's raw frames as they came."""

    __tablename__ = "weighing"

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), index=True)
    grams: Mapped[int]
    expected_g: Mapped[int | None]
    tolerance_g: Mapped[int | None]
    agrees: Mapped[bool]
    frames: Mapped[list[Any]]  # hex of each raw frame in the window
    scale: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    accepted_by: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(String(200), default="")


class Signature(Base):
    """A signature of a packer, a courier or a keeper, bound to what was signed by its digest."""

    __tablename__ = "signature"

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True)
    handover_id: Mapped[int | None] = mapped_column(ForeignKey("handover.id"), index=True)
    role: Mapped[str] = mapped_column(String(16))  # packer, courier, keeper, manager
    who: Mapped[str] = mapped_column(String(64))
    how: Mapped[str] = mapped_column(String(16))  # drawn, badge
    strokes: Mapped[list[Any]] = mapped_column(default=list)
    signed_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class Staff(Base):
    """Somebody who works here. ``badge`` is the code on the badge; the PIN is kept as argon2."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))  # packer, keeper, service, manager
    badge: Mapped[str] = mapped_column(String(64), unique=True)
    pin_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)


class Courier(Base):
    """A courier of a carrier (D11)."""

    __tablename__ = "courier"

    id: Mapped[int] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(8), index=True)
    name: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(String(64), default="")


class Packaging(Base):
    """A consumable (耗材): bags and boxes chosen per parcel, and rolls that run low (D5, D10)."""

    __tablename__ = "packaging"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))  # bag, box, label, tape
    weight_g: Mapped[int] = mapped_column(default=0)
    stock: Mapped[int] = mapped_column(default=0)
    low_at: Mapped[int] = mapped_column(default=0)
    carrier: Mapped[str] = mapped_column(String(8), default="")
    contact: Mapped[str] = mapped_column(String(64), default="")
    phone: Mapped[str] = mapped_column(String(64), default="")
    checklist: Mapped[list[Any]] = mapped_column(default=list)  # sentences to tick, 中文


class PackagingMove(Base):
    """One change of a consumable's stock, append-only. ``quantity`` is signed."""

    __tablename__ = "packaging_move"

    id: Mapped[int] = mapped_column(primary_key=True)
    packaging_id: Mapped[int] = mapped_column(ForeignKey("packaging.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))  # use, deliver, return, adjust
    quantity: Mapped[int]
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True)
    who: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]


class Handover(Base):
    """One hand-over session (交接单) of a carrier. ``state``: open, closed."""

    __tablename__ = "handover"
    __table_args__ = (
        Index("ix_handover_carrier_opened_at", "carrier", "opened_at"),
        Index(  # one open hand-over per carrier, however many tablets ask for it at once
            "uq_handover_open", "carrier", unique=True,
            sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    carrier: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8), default="open")
    version: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(64), default="")
    closed_at: Mapped[datetime | None]
    courier: Mapped[str] = mapped_column(String(64), default="")
    courier_phone: Mapped[str] = mapped_column(String(64), default="")

    lines: Mapped[list[HandoverLine]] = relationship(
        back_populates="handover", order_by="HandoverLine.id"
    )


class HandoverLine(Base):
    """One parcel of a hand-over. ``state``: scanned, agreed, differs, accepted, missing."""

    __tablename__ = "handover_line"
    __table_args__ = (UniqueConstraint("handover_id", "parcel_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    handover_id: Mapped[int] = mapped_column(ForeignKey("handover.id"))
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), index=True)
    state: Mapped[str] = mapped_column(String(12), default="scanned")
    scanned_at: Mapped[datetime | None]
    courier_weight_g: Mapped[int | None]
    courier_price_fen: Mapped[int | None]
    our_fee_fen: Mapped[int | None]
    finding: Mapped[str] = mapped_column(String(40), default="")
    accepted_by: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(String(200), default="")

    handover: Mapped[Handover] = relationship(back_populates="lines")
    parcel: Mapped[Parcel] = relationship()


class Stub(Base):
    """The kept copy (底单) of a parcel handed over: filed by carrier and day (D6)."""

    __tablename__ = "stub"
    __table_args__ = (Index("ix_stub_carrier_day", "carrier", "day"),)

    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), primary_key=True)
    handover_id: Mapped[int] = mapped_column(ForeignKey("handover.id"), index=True)
    carrier: Mapped[str] = mapped_column(String(8))
    day: Mapped[str] = mapped_column(String(10))  # 2026-11-23, in the shop's zone
    waybill_no: Mapped[str] = mapped_column(String(40), index=True)
    filed_at: Mapped[datetime]


class Review(Base):
    """Something in a source that a person must look at: never guessed, never dropped."""

    __tablename__ = "review"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(200))
    place: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
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
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Alarm(Base):
    """Something that somebody must notice: open until acknowledged, and open once per subject."""

    __tablename__ = "alarm"
    __table_args__ = (
        Index("ix_alarm_subject_code", "subject", "code"),
        Index(
            "uq_alarm_open", "code", "subject", unique=True,
            sqlite_where=text("acknowledged_at IS NULL"),
            postgresql_where=text("acknowledged_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(64), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None] = mapped_column(index=True)
    acknowledged_by: Mapped[str] = mapped_column(String(64), default="")


class Chain(Base):
    """The head of one hash chain of the history: its length and its last hash."""

    __tablename__ = "chain"

    name: Mapped[str] = mapped_column(String(48), primary_key=True)
    length: Mapped[int] = mapped_column(Integer)
    head: Mapped[str] = mapped_column(String(64))


class History(Base):
    """One thing that happened, append-only; each row's hash covers the row before it.

    ``data`` is canonical JSON text without personal data, exactly as it was hashed.
    """

    __tablename__ = "history"
    __table_args__ = (
        UniqueConstraint("chain", "seq"),
        Index("ix_history_at", "at"),
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True
    )
    chain: Mapped[str] = mapped_column(String(48))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64), server_default=text("''"))
    bench: Mapped[str] = mapped_column(String(32), server_default=text("''"))
    data: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
