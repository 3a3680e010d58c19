"""A request that is told twice is done once: idempotency keys, kept with what the request changed.

The key's row is written in the same transaction as the request's first change, so either both are
there after a power cut or neither is. The answer follows when it is made; a repeat that comes
before it, or after it was lost, is told to look at the present state, and does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from station.db.models import OnceAnswer

KEPT = timedelta(days=1)
"""How long an answer is given again."""
LARGEST_ANSWER = 1024 * 1024


class Repeated(Exception):
    """This key was used already; nothing was done. ``asked`` is what was asked with it then."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Answer:
    """What a key's request was told: ``status`` 0 while that is not known (any more)."""

    asked: str
    status: int
    kind: str
    location: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Once:
    """One request's key and the digest of what it asks."""

    key: str
    asked: str

    def mark(self, session: Session, now: datetime) -> None:
        """Write the key down beside the change. Raises Repeated if somebody was before."""
        if known(session, self.key, now=now) is not None:
            raise Repeated(self.key)
        session.execute(delete(OnceAnswer).where(OnceAnswer.at < now - KEPT))
        session.add(OnceAnswer(key=self.key, asked=self.asked, at=now))
        session.flush()


def marking(step: Callable[..., object], once: Once) -> Callable[..., object]:
    """A step that writes the key down before it does its own work, in the same transaction."""
    def marked(session: Session, *args: object, now: datetime, **facts: object) -> object:
        once.mark(session, now)
        return step(session, *args, now=now, **facts)

    return marked


def known(session: Session, key: str, *, now: datetime) -> Answer | None:
    """What became of the request with this key; None if there was none, or long ago."""
    row = session.scalar(
        select(OnceAnswer).where(OnceAnswer.key == key, OnceAnswer.at >= now - KEPT)
        .execution_options(populate_existing=True)
    )
    if row is None:
        return None
    return Answer(row.asked, row.status, row.kind, row.location, row.answer)


def answered(  # noqa: PLR0917 - one answer's parts
    session: Session, once: Once, status: int, kind: str, location: str, body: bytes, *,
    now: datetime,
) -> None:
    """Keep what the request was told; a request that changed nothing gets its row only here."""
    if known(session, once.key, now=now) is None:
        once.mark(session, now)
    session.execute(
        update(OnceAnswer).where(OnceAnswer.key == once.key)
        .values(status=status, kind=kind[:64], location=location[:200], answer=body)
    )
