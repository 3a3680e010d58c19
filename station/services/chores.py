"""Work on the database's own files: a row until it is done, because somebody may stand in its way.

``EMPTY_LOG``: what was destroyed lingers in SQLite's log until the log is emptied, which whoever
still reads an older state of the records prevents. ``WRITE_ANEW``: an upgrade sealed what stood in
clear, and the tables were not written anew since; `station db upgrade` does it.
"""

from __future__ import annotations

import logging
import sqlite3
from datetime import datetime
from functools import partial

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from station.db.models import Chore
from station.db.models.records import EMPTY_LOG, WRITE_ANEW
from station.db.session import Database

logger = logging.getLogger(__name__)

__all__ = ["EMPTY_LOG", "WRITE_ANEW", "ask", "empty_log", "oldest", "waiting"]


def ask(session: Session, name: str, *, now: datetime) -> None:
    """Let a chore be done after this transaction, and until it succeeds."""
    row = session.get(Chore, name, with_for_update=True)
    if row is None:
        session.add(Chore(name=name, since=now, asked=1))
    else:
        row.asked += 1


def waiting(session: Session) -> frozenset[str]:
    """The chores that are not done."""
    return frozenset(session.scalars(select(Chore.name)))


def oldest(session: Session) -> datetime | None:
    """Since when the chore waits that waits longest."""
    return session.scalar(select(func.min(Chore.since)))


def empty_log(db: Database) -> bool:
    """Empty SQLite's log if that is asked for; False if it must be tried again."""
    asked = db.read(_asked)
    if asked is None:
        return True
    try:
        done = db.empty_log()
    except sqlite3.Error as error:
        logger.warning("the database's log cannot be emptied: %s", type(error).__name__)
        return False
    if done:
        db.write(partial(_done, asked=asked))
    return done


def _asked(session: Session) -> int | None:
    return session.scalar(select(Chore.asked).where(Chore.name == EMPTY_LOG))


def _done(session: Session, asked: int) -> None:
    """Strike it off, unless it was asked for again meanwhile."""
    session.execute(delete(Chore).where(Chore.name == EMPTY_LOG, Chore.asked == asked))
