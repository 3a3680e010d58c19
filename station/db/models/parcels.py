"""The parcel: its content, its number, its holds, its weights."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from station.db.keys import DIGEST_LENGTH
from station.db.models.base import Base
from station.db.sealed import SealedJson, SealedText

if TYPE_CHECKING:
    from station.db.models.goods import Packaging, Sku
    from station.db.models.orders import ShopOrder, ShopOrderLine

class Parcel(Base):
    """One parcel (包裹): the unit that is printed, packed, weighed, signed and handed over."""

    __tablename__ = "parcel"
    __table_args__ = (
        Index("ix_parcel_state_deadline", "state", "deadline"),
        Index("ix_parcel_carrier_state", "carrier", "state"),
        Index("ix_parcel_merge_key_state", "merge_key", "state"),
        Index(  # a bench looks every two seconds for the few at benches among millions
            "ix_parcel_open_bench", "bench",
            sqlite_where=text("bench <> ''"), postgresql_where=text("bench <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)
    carrier: Mapped[str] = mapped_column(String(8))
    carrier_reason: Mapped[str] = mapped_column(String(32), default="")
    waybill_no: Mapped[str | None] = mapped_column(String(40), unique=True)
    merge_key: Mapped[str] = mapped_column(String(64))  # keyed digest of buyer and address
    name: Mapped[str] = mapped_column(SealedText("parcel.name"))
    phone: Mapped[str] = mapped_column(SealedText("parcel.phone"))
    company: Mapped[str] = mapped_column(SealedText("parcel.company"), default="")
    province: Mapped[str] = mapped_column(Text)
    city: Mapped[str] = mapped_column(Text)
    district: Mapped[str] = mapped_column(Text)
    street: Mapped[str] = mapped_column(SealedText("parcel.street"))
    postcode: Mapped[str] = mapped_column(String(16), default="")
    note: Mapped[str] = mapped_column(  # memo and message, shown big (S10)
        SealedText("parcel.note"), default=""
    )
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
    length_mm: Mapped[int | None]  # its own size, where it is not its packaging's
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]
    packer: Mapped[str] = mapped_column(String(64), default="")
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    packed_at: Mapped[datetime | None]
    weighed_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    intercept: Mapped[str] = mapped_column(String(24), default="")  # told after the hand-over
    intercept_acknowledged_by: Mapped[str] = mapped_column(String(64), default="")
    name_digest: Mapped[str] = mapped_column(
        String(DIGEST_LENGTH), default="", server_default="", index=True
    )
    phone_digest: Mapped[str] = mapped_column(
        String(DIGEST_LENGTH), default="", server_default="", index=True
    )
    phone4_digest: Mapped[str] = mapped_column(  # of the phone's last four digits
        String(DIGEST_LENGTH), default="", server_default="", index=True
    )

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
    __table_args__ = (  # an article's newest parcels are found without reading their lines
        Index("ix_parcel_line_sku_id_parcel_id", "sku_id", "parcel_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), index=True)
    order_line_id: Mapped[int | None] = mapped_column(
        ForeignKey("shop_order_line.id"), index=True
    )
    sku_id: Mapped[int | None] = mapped_column(ForeignKey("sku.id"))
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
    __table_args__ = (
        Index(  # the open ones are few among millions, whatever the statistics say
            "ix_hold_open", "code", "parcel_id",
            sqlite_where=text("released_at IS NULL"), postgresql_where=text("released_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    facts: Mapped[dict[str, Any]] = mapped_column(SealedJson("hold.facts"), default=dict)
    since: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64), default="")
    released_at: Mapped[datetime | None]
    released_by: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(SealedText("hold.reason"), default="")

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
    reason: Mapped[str] = mapped_column(SealedText("weighing.reason"), default="")
