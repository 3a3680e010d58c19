"""Paper that must come out, and the pictures of what did."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from station.db.models.base import Base
from station.db.sealed import SealedBytes, SealedText

if TYPE_CHECKING:
    from station.db.models.parcels import Parcel

_UNDER_WAY = "about <> '' AND state IN ('waiting', 'sending')"


class PrintJob(Base):
    """Paper that must come out. ``state``: waiting, sending, sent, confirmed, in_doubt, void.

    A crash or a lost link after the first byte leaves it in doubt; nothing in doubt prints again
    by itself. ``copy`` 0 is the first label, n is 补打 n. ``pages_sent`` counts whole pages.
    ``about`` names a slip's subject, "supplier:7".
    """

    __tablename__ = "print_job"
    __table_args__ = (
        Index("ix_print_job_state_id", "state", "id"),
        Index(  # the few slips among very many labels
            "ix_print_job_about", "about",
            sqlite_where=text("about <> ''"), postgresql_where=text("about <> ''"),
        ),
        Index(  # however many tablets ask for a slip at once, it is printed once
            "uq_print_job_about", "about", unique=True,
            sqlite_where=text(_UNDER_WAY), postgresql_where=text(_UNDER_WAY),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # waybill, stub, manifest, addendum, slip
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True)
    handover_id: Mapped[int | None] = mapped_column(ForeignKey("handover.id"), index=True)
    waybill_no: Mapped[str] = mapped_column(String(40), default="", index=True)
    about: Mapped[str] = mapped_column(String(48), default="", server_default="")
    bench: Mapped[str] = mapped_column(String(32), default="")  # "" = whichever printer is free
    printer: Mapped[str] = mapped_column(String(64), default="")
    copy: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(SealedText("print_job.reason"), default="")
    who: Mapped[str] = mapped_column(String(64), default="")
    pages: Mapped[int] = mapped_column(default=0)
    pages_sent: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    proof: Mapped[str] = mapped_column(String(16), default="")
    trouble: Mapped[str] = mapped_column(String(40), default="")  # why it is not on paper yet
    created_at: Mapped[datetime]
    sending_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str] = mapped_column(String(64), default="")

    parcel: Mapped[Parcel | None] = relationship()
    images: Mapped[list[PageImage]] = relationship(order_by="PageImage.page")


class PageImage(Base):
    """One printed page as PNG, kept so that the label can be shown and proven."""

    __tablename__ = "page_image"
    __table_args__ = (UniqueConstraint("job_id", "page"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("print_job.id"))
    page: Mapped[int]
    png: Mapped[bytes] = mapped_column(SealedBytes("page_image.png"))
