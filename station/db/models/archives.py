"""Sealed archives of stubs, and the keys that open what is personal in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from station.db.models.base import Base
from station.db.models.people import Signature
from station.db.sealed import SealedBytes


class Archive(Base):
    """One sealed file: a carrier's stubs of one day (D7). ``part`` 2 holds what came free later.

    ``signature`` is the manager's receipt.
    """

    __tablename__ = "archive"
    __table_args__ = (UniqueConstraint("carrier", "day", "part"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(8))
    day: Mapped[str] = mapped_column(String(10))  # of the hand-over, in the shop's zone
    part: Mapped[int] = mapped_column(default=1)
    file: Mapped[str] = mapped_column(String(120))  # below the archives' folder
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    parcels: Mapped[int]
    made_at: Mapped[datetime]
    received_at: Mapped[datetime | None] = mapped_column(index=True)
    received_by: Mapped[str] = mapped_column(String(64), default="")
    signature_id: Mapped[int | None] = mapped_column(ForeignKey("signature.id"))

    signature: Mapped[Signature | None] = relationship()


class ArchivedStub(Base):
    """A stub that lies in an archive. ``key`` opens what is personal of it; gone, nothing does."""

    __tablename__ = "archived_stub"
    __table_args__ = (
        Index(  # those that still open, archive by archive
            "ix_archived_stub_opens", "archive_id",
            sqlite_where=text("shredded_at IS NULL"),
            postgresql_where=text("shredded_at IS NULL"),
        ),
    )

    parcel_id: Mapped[int] = mapped_column(ForeignKey("stub.parcel_id"), primary_key=True)
    archive_id: Mapped[int] = mapped_column(ForeignKey("archive.id"), index=True)
    key: Mapped[bytes | None] = mapped_column(SealedBytes("archived_stub.key"), deferred=True)
    shredded_at: Mapped[datetime | None]

    archive: Mapped[Archive] = relationship()
