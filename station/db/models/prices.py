"""What the carriers charge: each version of a tariff, whole, as it was taken."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from station.db.models.base import Base


class TariffVersion(Base):
    """One carrier's (or price class's) prices from a day on, until the next version's day.

    ``document`` is one entry of a tariff table (station/domain/tariff_table.py). Days are written
    2026-01-31; ``valid_until`` is "" where the version has no end of its own.
    """

    __tablename__ = "tariff_version"
    __table_args__ = (UniqueConstraint("carrier", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(8))
    valid_from: Mapped[str] = mapped_column(String(10))
    valid_until: Mapped[str] = mapped_column(String(10), default="")
    name: Mapped[str] = mapped_column(String(100), default="")
    document: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(200), default="")
    entered_at: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(String(64), default="")
