"""What somebody must notice, and the history that cannot be changed unseen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from station.db.models.base import Base

EMPTY_LOG, WRITE_ANEW = "empty_log", "write_anew"
"""The chores there are: station/services/chores.py."""


class Alarm(Base):
    """Something that somebody must notice: open until acknowledged, and open once per subject."""

    __tablename__ = "alarm"
    __table_args__ = (
        Index("ix_alarm_subject_code", "subject", "code"),
        Index(
            "uq_alarm_open", "code", "subject", unique=True,
            sqlite_where=text("acknowledged_at IS NULL"),
            postgresql_where=text("acknowledged_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(64), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None] = mapped_column(index=True)
    acknowledged_by: Mapped[str] = mapped_column(String(64), default="")


class Chain(Base):
    """The head of one hash chain of the history: its length and its last hash."""

    __tablename__ = "chain"

    name: Mapped[str] = mapped_column(String(48), primary_key=True)
    length: Mapped[int] = mapped_column(Integer)
    head: Mapped[str] = mapped_column(String(64))


class History(Base):
    """One thing that happened, append-only; each row's hash covers the row before it.

    ``data`` is canonical JSON text without personal data, exactly as it was hashed.
    """

    __tablename__ = "history"
    __table_args__ = (
        UniqueConstraint("chain", "seq"),
        Index("ix_history_at", "at"),
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True
    )
    chain: Mapped[str] = mapped_column(String(48))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64), server_default=text("''"))
    bench: Mapped[str] = mapped_column(String(32), server_default=text("''"))
    data: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class SignedHead(Base):
    """What the history was at one moment, signed: every chain that moved since the head before.

    ``chains`` holds [chain, length, hash]; ``upto`` is the last history row it looked at.
    """

    __tablename__ = "signed_head"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    occasion: Mapped[str] = mapped_column(String(64), index=True)  # hour, handover:3, …
    upto: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    chains: Mapped[list[Any]]
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))
    public: Mapped[str] = mapped_column(String(64))


class Chore(Base):
    """Work on the database's own files that waits until nobody stands in its way.

    ``asked`` counts how often it was asked for: only what was asked before it began is done by it.
    """

    __tablename__ = "chore"

    name: Mapped[str] = mapped_column(String(24), primary_key=True)
    since: Mapped[datetime]
    asked: Mapped[int] = mapped_column(default=1)


class Destruction(Base):
    """A record that personal data was destroyed (销毁记录): of what, why and by whom, not whose."""

    __tablename__ = "destruction"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(200))
    parcels: Mapped[list[Any]]
    orders: Mapped[list[Any]]
    counts: Mapped[dict[str, Any]]
    hash: Mapped[str] = mapped_column(String(64))
