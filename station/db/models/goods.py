"""What lies on the shelves: goods and consumables, each with the ledger of its moves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from station.db.models.base import Base


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

    ``kind``: receive, reserve, release, ship, return, defect, adjust, to_supplier (off the defect
    shelf), exchanged (new ones for old, in again). ``quantity`` is signed for adjust, and negative
    for a return or a defect that was taken back, and for what a supplier refused; else positive.
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
    length_mm: Mapped[int | None]  # outer size of the packed parcel, where it is known
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]


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
