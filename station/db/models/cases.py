"""What came after the hand-over: cases, the money they brought, the pieces that came back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from station.db.models.base import Base
from station.db.sealed import SealedText

if TYPE_CHECKING:
    from station.db.models.goods import Sku
    from station.db.models.parcels import Parcel


class Case(Base):
    """One case (售后) of one parcel; its steps are the history's chain ``case:<id>``.

    Open until ``closed_at``: one open case per parcel and kind. ``deadline`` is when the next step
    is due, ``place`` the box in which the stub lies apart, ``arrived_at`` when goods came back.
    """

    __tablename__ = "after_sale"
    __table_args__ = (
        Index(
            "uq_after_sale_open", "parcel_id", "kind", unique=True,
            sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "ix_after_sale_due", "deadline",
            sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_after_sale_opened_at", "opened_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), index=True)
    carrier: Mapped[str] = mapped_column(String(8))
    waybill_no: Mapped[str] = mapped_column(String(40), index=True)
    return_no: Mapped[str] = mapped_column(String(40), default="", index=True)
    courier: Mapped[str] = mapped_column(String(64), default="")
    packer: Mapped[str] = mapped_column(String(64), default="")
    place: Mapped[str] = mapped_column(String(16), default="")
    note: Mapped[str] = mapped_column(  # free words, which may name a buyer
        SealedText("after_sale.note"), default=""
    )
    ticket: Mapped[str] = mapped_column(String(64), default="")  # the carrier's complaint number
    claimed_fen: Mapped[int] = mapped_column(default=0)
    promised_fen: Mapped[int | None]
    paid_fen: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(64), default="")
    claimed_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    deadline: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    replacement_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True)

    parcel: Mapped[Parcel] = relationship(foreign_keys=[parcel_id])
    replacement: Mapped[Parcel | None] = relationship(foreign_keys=[replacement_id])
    pieces: Mapped[list[CasePiece]] = relationship(
        back_populates="case", order_by="CasePiece.id"
    )
    payments: Mapped[list[CasePayment]] = relationship(order_by="CasePayment.id")
    __mapper_args__ = {  # noqa: RUF012 - SQLAlchemy's own way to say it
        "version_id_col": version, "version_id_generator": False,
    }


class CasePayment(Base):
    """Money that arrived for a case: whole fen, and how it came (transfer, the bill's credit)."""

    __tablename__ = "after_sale_payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("after_sale.id"), index=True)
    fen: Mapped[int]
    how: Mapped[str] = mapped_column(SealedText("after_sale_payment.how"), default="")
    who: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]


class CasePiece(Base):
    """One piece that came back. ``verdict``: "" while it lies on the table, then good, defective,
    wrong. ``entry`` holds the digits of its waist that were scanned so far.
    """

    __tablename__ = "after_sale_piece"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("after_sale.id"), index=True)
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"), index=True)
    verdict: Mapped[str] = mapped_column(String(12), default="")
    entry: Mapped[str] = mapped_column(String(8), default="")
    waist_mm: Mapped[int | None]
    who: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]

    case: Mapped[Case] = relationship(back_populates="pieces")
    sku: Mapped[Sku] = relationship()
