"""Goods that went to a supplier to be exchanged, piece by piece (I2, P7)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from station.db.models.base import Base
from station.db.models.goods import Sku


class SupplierList(Base):
    """One list (退换清单), printed in two copies; its steps are the chain ``supplier:<id>``.

    ``case_id`` is the return that its pieces came from, where it was made for one.
    """

    __tablename__ = "supplier_list"

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(12), index=True)
    version: Mapped[int] = mapped_column(default=1)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("after_sale.id"), index=True)
    listed_at: Mapped[datetime]
    listed_by: Mapped[str] = mapped_column(String(64), default="")
    handed_at: Mapped[datetime | None]
    handed_to: Mapped[str] = mapped_column(String(64), default="")
    settled_at: Mapped[datetime | None]

    lines: Mapped[list[SupplierLine]] = relationship(
        back_populates="list", order_by="SupplierLine.id")


class SupplierLine(Base):
    """So many pieces of one SKU on a list, and what became of them."""

    __tablename__ = "supplier_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("supplier_list.id"), index=True)
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"), index=True)
    quantity: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200), default="")
    exchanged: Mapped[int] = mapped_column(default=0)
    credited: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    credited_fen: Mapped[int] = mapped_column(default=0)

    list: Mapped[SupplierList] = relationship(back_populates="lines")
    sku: Mapped[Sku] = relationship()

    @property
    def left(self) -> int:
        """Pieces that the supplier still has to exchange."""
        return self.quantity - self.exchanged - self.credited - self.refused
