"""What is known of the devices themselves: what each scale showed of a known weight."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from station.db.models.base import Base


class ScaleCheck(Base):
    """One known weight put on a scale, and what the scale showed; never changed afterwards.

    ``day`` is the shop's date, so that "today" is one equality on every database.
    """

    __tablename__ = "scale_check"
    __table_args__ = (Index("ix_scale_check_scale_day", "scale", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scale: Mapped[str] = mapped_column(String(64))
    day: Mapped[str] = mapped_column(String(10))
    known_g: Mapped[int]
    shown_g: Mapped[int]
    tolerance_g: Mapped[int]
    passed: Mapped[bool]
    frames: Mapped[list[Any]]  # hex of each raw frame in the window
    bench: Mapped[str] = mapped_column(String(32))
    who: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
