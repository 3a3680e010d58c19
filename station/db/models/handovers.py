"""What went into the courier's hands, and the copies that were kept."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from station.db.models.base import Base
from station.db.sealed import SealedText

if TYPE_CHECKING:
    from station.db.models.parcels import Parcel

class Handover(Base):
    """One hand-over session (交接单) of a carrier. ``state``: open, closed."""

    __tablename__ = "handover"
    __table_args__ = (
        Index("ix_handover_carrier_opened_at", "carrier", "opened_at"),
        Index(  # one open hand-over per carrier, however many tablets ask for it at once
            "uq_handover_open", "carrier", unique=True,
            sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    carrier: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8), default="open")
    version: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(64), default="")
    closed_at: Mapped[datetime | None]
    courier: Mapped[str] = mapped_column(String(64), default="")
    courier_phone: Mapped[str] = mapped_column(SealedText("handover.courier_phone"), default="")
    courier_id: Mapped[int | None] = mapped_column(ForeignKey("courier.id"))

    lines: Mapped[list[HandoverLine]] = relationship(
        back_populates="handover", order_by="HandoverLine.id"
    )


class HandoverLine(Base):
    """One parcel of a hand-over. ``state``: scanned, agreed, differs, accepted, missing."""

    __tablename__ = "handover_line"
    __table_args__ = (UniqueConstraint("handover_id", "parcel_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    handover_id: Mapped[int] = mapped_column(ForeignKey("handover.id"))
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), index=True)
    state: Mapped[str] = mapped_column(String(12), default="scanned")
    scanned_at: Mapped[datetime | None]
    courier_weight_g: Mapped[int | None]
    courier_price_fen: Mapped[int | None]
    courier_charged_g: Mapped[int | None]  # what he charges for, where he says it beside it
    our_fee_fen: Mapped[int | None]
    tariff_id: Mapped[int | None] = mapped_column(ForeignKey("tariff_version.id"), index=True)
    finding: Mapped[str] = mapped_column(String(40), default="")
    accepted_by: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(SealedText("handover_line.reason"), default="")

    handover: Mapped[Handover] = relationship(back_populates="lines")
    parcel: Mapped[Parcel] = relationship()


class CourierFigure(Base):
    """One weight, and perhaps a price, that a courier gave; append-only.

    ``source``: touch, list, webhook. ``before_*`` are the figures that it replaced. Those of a
    parcel that nobody has scanned yet wait here for its scan.
    """

    __tablename__ = "courier_figure"

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), index=True)
    handover_id: Mapped[int | None] = mapped_column(ForeignKey("handover.id"), index=True)
    weight_g: Mapped[int]
    charged_g: Mapped[int | None]
    price_fen: Mapped[int | None]
    before_weight_g: Mapped[int | None]
    before_price_fen: Mapped[int | None]
    length_mm: Mapped[int | None]
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(12))
    list_name: Mapped[str] = mapped_column(String(200), default="")
    row: Mapped[int | None]
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64), default="")


class HandoverCorrection(Base):
    """Figures of a parcel put right after the hand-over was closed: a signed record of its own.

    The line keeps what the courier signed for at the door.
    """

    __tablename__ = "handover_correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    handover_id: Mapped[int] = mapped_column(ForeignKey("handover.id"), index=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), index=True)
    weight_g: Mapped[int]
    price_fen: Mapped[int | None]
    before_weight_g: Mapped[int | None]
    before_price_fen: Mapped[int | None]
    reason: Mapped[str] = mapped_column(SealedText("handover_correction.reason"))
    courier: Mapped[str] = mapped_column(String(64), default="")
    who: Mapped[str] = mapped_column(String(64), default="")
    signature_id: Mapped[int] = mapped_column(ForeignKey("signature.id"))
    at: Mapped[datetime]

    parcel: Mapped[Parcel] = relationship()


class Stub(Base):
    """The kept copy (底单) of a parcel handed over: filed by carrier and day (D6)."""

    __tablename__ = "stub"
    __table_args__ = (
        Index("ix_stub_day", "day"),
        Index("ix_stub_carrier_day", "carrier", "day"),
        Index("ix_stub_packer_day", "packer", "day"),
        Index("ix_stub_courier_day", "courier", "day"),
    )

    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), primary_key=True)
    handover_id: Mapped[int] = mapped_column(ForeignKey("handover.id"), index=True)
    carrier: Mapped[str] = mapped_column(String(8))
    day: Mapped[str] = mapped_column(String(10))  # 2026-11-23, in the shop's zone
    waybill_no: Mapped[str] = mapped_column(String(40), index=True)
    backwards: Mapped[str] = mapped_column(String(40), index=True)  # found by its last digits
    packer: Mapped[str] = mapped_column(String(64))
    courier: Mapped[str] = mapped_column(String(64))
    filed_at: Mapped[datetime]
