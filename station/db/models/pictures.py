"""Product pictures and garment measurements: what is to be drawn, what was, and its copies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from station.db.models.base import Base


class ProductPicture(Base):
    """One picture of an article (商品图片); number 0 is its size table.

    The files lie in the pictures' folder under ``file``. ``drawn`` follows ``asked``, and
    ``copied`` follows ``drawn``: what lags behind is still to be done. ``marked`` is what the
    finished picture says of the stock: ["*"] is sold out; a table names the sizes that are.
    """

    __tablename__ = "product_picture"
    __table_args__ = (UniqueConstraint("item_no", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_no: Mapped[str] = mapped_column(String(64), index=True)
    color: Mapped[str] = mapped_column(String(64), default="")
    number: Mapped[int]
    file: Mapped[str] = mapped_column(String(200))
    file_key: Mapped[str] = mapped_column(String(200), unique=True)  # some disks know no capitals
    suffix: Mapped[str] = mapped_column(String(8), default="")  # of the original
    sha256: Mapped[str] = mapped_column(String(64), default="", index=True)  # of the original
    source: Mapped[str] = mapped_column(String(64), default="")  # a bench's camera, or "upload"
    taken_at: Mapped[datetime]
    taken_by: Mapped[str] = mapped_column(String(64), default="")
    withdrawn_at: Mapped[datetime | None]
    marked: Mapped[list[Any]] = mapped_column(default=list)
    asked: Mapped[int] = mapped_column(default=1)
    drawn: Mapped[int] = mapped_column(default=0)
    copied: Mapped[int] = mapped_column(default=0)
    copied_to: Mapped[str] = mapped_column(String(500), default="")
    trouble: Mapped[str] = mapped_column(String(64), default="")


class GarmentSize(Base):
    """What one size of an article measures, in millimetres by the measure's name.

    ``digits`` are being entered for the measure at place ``at``; ``doubted`` is a value that
    disagreed with the one before it, and counts when it is entered once more.
    """

    __tablename__ = "garment_size"
    __table_args__ = (UniqueConstraint("item_no", "size"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_no: Mapped[str] = mapped_column(String(64))
    size: Mapped[str] = mapped_column(String(64))
    measures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    digits: Mapped[str] = mapped_column(String(4), default="")
    at: Mapped[int] = mapped_column(default=0)
    doubted: Mapped[int | None]
    measured_at: Mapped[datetime | None]
    measured_by: Mapped[str] = mapped_column(String(64), default="")
