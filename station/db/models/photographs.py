"""Pictures that a camera took of a parcel, kept as evidence for as long as the rule says."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from station.db.models.base import Base
from station.db.sealed import SealedBytes


class Photograph(Base):
    """One picture of one parcel (照片): a JPEG file with its hash, and who was there.

    The row outlives its picture: when that is removed, ``jpeg`` is NULL and ``removed_at`` says
    since when. ``kept_for`` names what still needs it ("" if nothing does); then it stays.
    """

    __tablename__ = "photograph"
    __table_args__ = (
        Index(  # what the retention rule looks at: pictures that are still there, oldest first
            "ix_photograph_kept", "taken_at",
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), index=True)
    moment: Mapped[str] = mapped_column(String(16))  # open, weighed, or what a case calls it
    camera: Mapped[str] = mapped_column(String(64))
    bench: Mapped[str] = mapped_column(String(32), default="")
    who: Mapped[str] = mapped_column(String(64), default="")
    taken_at: Mapped[datetime]
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]  # bytes
    sha256: Mapped[str] = mapped_column(String(64))
    jpeg: Mapped[bytes | None] = mapped_column(SealedBytes("photograph.jpeg"), deferred=True)
    kept_for: Mapped[str] = mapped_column(String(64), default="")
    removed_at: Mapped[datetime | None]
