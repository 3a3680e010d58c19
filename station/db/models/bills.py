"""Carriers' monthly statements, what was found in them, and what became of it (D12)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from station.db.models.base import Base
from station.db.sealed import SealedJson, SealedText


class Bill(Base):
    """One statement's file. ``state``: waiting, working, unknown, failed, done, withdrawn.

    ``stage`` and ``done`` say how far the work is. Its lines count only while it is done: one that
    is being worked on has some of them, or none. ``code`` and ``facts`` say why it failed,
    ``columns`` is the layout as it was recognised, and ``preview`` the first rows of one that was
    not, kept until it is mapped.
    """

    __tablename__ = "bill"
    __table_args__ = (
        Index("ix_bill_carrier_month", "carrier", "month"),
        Index("ix_bill_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    carrier: Mapped[str] = mapped_column(String(8), default="")
    month: Mapped[str] = mapped_column(String(7), default="")
    asked_carrier: Mapped[str] = mapped_column(String(8), default="")
    asked_month: Mapped[str] = mapped_column(String(7), default="")
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    version: Mapped[int] = mapped_column(default=1)
    stage: Mapped[str] = mapped_column(String(12), default="")
    done: Mapped[int] = mapped_column(default=0)
    code: Mapped[str] = mapped_column(String(40), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seen_at: Mapped[datetime | None]  # when whoever works on it last said so
    columns: Mapped[list[Any]] = mapped_column(default=list)
    preview: Mapped[list[Any]] = mapped_column(  # may name whoever the carrier served
        SealedJson("bill.preview"), default=list
    )
    totals: Mapped[dict[str, Any]] = mapped_column(default=dict)
    review: Mapped[list[Any]] = mapped_column(default=list)
    brought_at: Mapped[datetime]
    brought_by: Mapped[str] = mapped_column(String(64), default="")
    done_at: Mapped[datetime | None]


class BillFinding(Base):
    """What was found about one line of a bill, or about a parcel that no line is about.

    ``evidence`` is what both sides say of the parcel; a line that is simply right has none.
    """

    __tablename__ = "bill_finding"
    __table_args__ = (
        Index("ix_bill_finding_bill_id_finding", "bill_id", "finding", "id"),
        Index("ix_bill_finding_waybill_no", "waybill_no"),
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True
    )
    bill_id: Mapped[int] = mapped_column(ForeignKey("bill.id"))
    row: Mapped[int]
    waybill_no: Mapped[str] = mapped_column(String(40))
    finding: Mapped[str] = mapped_column(String(24))
    ours: Mapped[int | None] = mapped_column(BigInteger)
    theirs: Mapped[int | None] = mapped_column(BigInteger)
    fen: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(24), default="")
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)


class BillLayout(Base):
    """A layout that a person mapped once: what each column of a header means.

    ``fingerprint`` is the SHA-256 of the header's names as they are compared.
    """

    __tablename__ = "bill_layout"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    carrier: Mapped[str] = mapped_column(String(8), default="")
    columns: Mapped[dict[str, Any]] = mapped_column(default=dict)
    unit_g: Mapped[int] = mapped_column(default=0)
    mapped_at: Mapped[datetime]
    mapped_by: Mapped[str] = mapped_column(String(64), default="")


class BillDispute(Base):
    """A difference that the carrier is asked to give back.

    ``state``: open, told (to the carrier), credited, dropped.
    ``credited_fen`` is what later bills gave back for it, ``credited_in`` the last of them.
    """

    __tablename__ = "bill_dispute"
    __table_args__ = (Index("ix_bill_dispute_carrier_state", "carrier", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[int] = mapped_column(ForeignKey("bill_finding.id"), unique=True)
    bill_id: Mapped[int] = mapped_column(ForeignKey("bill.id"), index=True)
    carrier: Mapped[str] = mapped_column(String(8))
    month: Mapped[str] = mapped_column(String(7))
    waybill_no: Mapped[str] = mapped_column(String(40), index=True)
    finding: Mapped[str] = mapped_column(String(24))
    fen: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(12), default="open")
    credited_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    credited_in: Mapped[int | None] = mapped_column(ForeignKey("bill.id"))
    reason: Mapped[str] = mapped_column(SealedText("bill_dispute.reason"), default="")
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(64), default="")
    told_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(String(64), default="")


class BillClosing(Base):
    """A carrier's month closed by a manager's signature; one that was reopened stays as a trace.

    ``signed_hash`` is the SHA-256 of what was signed: the month's bills, totals and disputes.
    """

    __tablename__ = "bill_closing"
    __table_args__ = (
        Index(  # one closing of a month holds at a time
            "uq_bill_closing_held", "carrier", "month", unique=True,
            sqlite_where=text("reopened_at IS NULL"),
            postgresql_where=text("reopened_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(8))
    month: Mapped[str] = mapped_column(String(7))
    totals: Mapped[dict[str, Any]] = mapped_column(default=dict)
    closed_at: Mapped[datetime]
    closed_by: Mapped[str] = mapped_column(String(64))
    how: Mapped[str] = mapped_column(String(16))  # drawn, badge
    strokes: Mapped[list[Any]] = mapped_column(SealedJson("bill_closing.strokes"), default=list)
    signed_hash: Mapped[str] = mapped_column(String(64))
    reopened_at: Mapped[datetime | None]
    reopened_by: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(SealedText("bill_closing.reason"), default="")
