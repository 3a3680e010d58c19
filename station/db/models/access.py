"""Who is signed in, which programs have a key, whose PINs are locked, and what was answered once.

Nothing here can be used by who reads it: of tokens and keys only SHA-256 digests are kept.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from station.db.models.base import Base
from station.db.sealed import SealedBytes


class SignIn(Base):
    """Somebody's session in one browser; open until ``ended_at``. ``digest`` is its cookie's."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    place: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(String(16), default="")  # out, idle, everywhere, again


class ProgramKey(Base):
    """A program that may ask for things without a person, in the rights of ``role``."""

    __tablename__ = "program_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(64), default="")
    ended_at: Mapped[datetime | None]


class PinGuard(Base):
    """Tries that were wrong, or are not decided yet: of one person's PIN, or from one place.

    Before ``free_at`` nothing is looked at. ``refused`` is 1 once somebody was turned away.
    """

    __tablename__ = "pin_guard"

    key: Mapped[str] = mapped_column(String(96), primary_key=True)  # "staff:3", "place:bench 1"
    tries: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime]
    free_at: Mapped[datetime | None]


class Override(Base):
    """A manager's rotating code: which secret (by its ``serial``), and the last step it served."""

    __tablename__ = "override"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    serial: Mapped[int] = mapped_column(default=1)
    used_step: Mapped[int] = mapped_column(default=0)


class OnceAnswer(Base):
    """A request that carried an idempotency key: it was done, and this is what it was told.

    The row is written with what the request changed; ``status`` 0 means that the answer did not
    get as far as here.
    """

    __tablename__ = "once_answer"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # digest of sender, door and key
    asked: Mapped[str] = mapped_column(String(64))  # digest of what was asked
    status: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(64), default="")
    location: Mapped[str] = mapped_column(String(200), default="")
    answer: Mapped[bytes] = mapped_column(SealedBytes("once_answer.answer"), default=b"")
    at: Mapped[datetime] = mapped_column(index=True)
