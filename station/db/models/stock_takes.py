"""Stock-takes: the goods counted place by place, blind, and what was found (I9)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from station.db.models.base import Base
from station.db.models.goods import Sku


class StockTake(Base):
    """One count of all goods (盘点) for a month; its steps are the chain ``stock_take:<id>``."""

    __tablename__ = "stock_take"

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), index=True)  # "2026-11"
    state: Mapped[str] = mapped_column(String(12), index=True)
    begun_at: Mapped[datetime]
    begun_by: Mapped[str] = mapped_column(String(64), default="")
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(64), default="")

    sheets: Mapped[list[CountSheet]] = relationship(
        back_populates="take", order_by="CountSheet.location")


class CountSheet(Base):
    """The count of one coded place; "" is where goods without a place lie.

    ``digits`` wait for the next piece, which then counts as so many; ``last_line_id`` and
    ``last_pieces`` are what 撤销 takes back.
    """

    __tablename__ = "count_sheet"
    __table_args__ = (UniqueConstraint("take_id", "location"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    take_id: Mapped[int] = mapped_column(ForeignKey("stock_take.id"), index=True)
    location: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(12))
    digits: Mapped[str] = mapped_column(String(4), default="")
    last_line_id: Mapped[int | None]
    last_pieces: Mapped[int] = mapped_column(default=0)
    counted_at: Mapped[datetime | None]
    counted_by: Mapped[str] = mapped_column(String(64), default="")

    take: Mapped[StockTake] = relationship(back_populates="sheets")
    lines: Mapped[list[CountLine]] = relationship(
        back_populates="sheet", order_by="CountLine.id", cascade="all, delete-orphan")


class CountLine(Base):
    """So many pieces of one SKU were found at one place.

    ``expected`` is what should lie there, fixed when the counting begins; None for goods whose
    place is another. ``reason`` explains the SKU's difference over all places.
    """

    __tablename__ = "count_line"
    __table_args__ = (UniqueConstraint("sheet_id", "sku_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("count_sheet.id"), index=True)
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"), index=True)
    counted: Mapped[int] = mapped_column(default=0)
    expected: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(200), default="")

    sheet: Mapped[CountSheet] = relationship(back_populates="lines")
    sku: Mapped[Sku] = relationship()
