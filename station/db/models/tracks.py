"""Where a parcel is after it left, as its carrier tells (D8, D9)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from station.db.models.base import Base


class ParcelTrack(Base):
    """The newest that a carrier told of a parcel; its words are not kept, because they name people.

    ``state`` is "" while nothing was told. ``due_at`` is when a parcel that has not arrived counts
    as lost; None for one that has its end. ``proposal`` is the kind of case that the station
    proposes ("" none), since ``proposed_at``.
    """

    __tablename__ = "parcel_track"
    __table_args__ = (
        Index(
            "ix_parcel_track_due_at", "due_at", sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_parcel_track_proposal", "proposal", sqlite_where=text("proposal <> ''"),
            postgresql_where=text("proposal <> ''"),
        ),
        Index("ix_parcel_track_carrier_told_at", "carrier", "told_at"),
    )

    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), primary_key=True)
    carrier: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12), default="")
    at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    proposal: Mapped[str] = mapped_column(String(16), default="")
    proposed_at: Mapped[datetime | None]
