"""Goods that suppliers brought, counted before they are booked, and what was paid (I1, P6)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from station.db.models.base import Base
from station.db.models.goods import Sku


class GoodsReceipt(Base):
    """One receiving slip (入库单); its steps are the chain ``receipt:<id>``.

    ``digits`` wait for the next piece, which then counts as so many; ``last_line_id`` and
    ``last_pieces`` are what 撤销 takes back.
    """

    __tablename__ = "goods_receipt"

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(12), index=True)
    begun_at: Mapped[datetime]
    begun_by: Mapped[str] = mapped_column(String(64), default="")
    brought_by: Mapped[str] = mapped_column(String(64), default="")
    freight_fen: Mapped[int] = mapped_column(default=0)
    digits: Mapped[str] = mapped_column(String(4), default="")
    last_line_id: Mapped[int | None]
    last_pieces: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(64), default="")

    lines: Mapped[list[GoodsReceiptLine]] = relationship(
        back_populates="receipt", order_by="GoodsReceiptLine.id", cascade="all, delete-orphan")


class GoodsReceiptLine(Base):
    """So many pieces of one SKU came, ``faulty`` of them to the defect shelf.

    ``price_fen`` is what one good piece costs, None while nobody told; ``batch_note`` says how this
    batch differs from the first (P4).
    """

    __tablename__ = "goods_receipt_line"
    __table_args__ = (UniqueConstraint("receipt_id", "sku_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_id: Mapped[int] = mapped_column(ForeignKey("goods_receipt.id"), index=True)
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"), index=True)
    pieces: Mapped[int] = mapped_column(default=0)
    faulty: Mapped[int] = mapped_column(default=0)
    price_fen: Mapped[int | None]
    batch_note: Mapped[str] = mapped_column(String(200), default="")

    receipt: Mapped[GoodsReceipt] = relationship(back_populates="lines")
    sku: Mapped[Sku] = relationship()

    @property
    def amount_fen(self) -> int:
        """What the good pieces cost; faulty ones are not paid for."""
        return (self.pieces - self.faulty) * (self.price_fen or 0)


class SupplierPayment(Base):
    """Money that a supplier got, append-only; one booked by mistake is taken back by its negative.
    """

    __tablename__ = "supplier_payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier: Mapped[str] = mapped_column(String(64), index=True)
    day: Mapped[date]
    amount_fen: Mapped[int]
    note: Mapped[str] = mapped_column(String(200), default="")
    who: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]
