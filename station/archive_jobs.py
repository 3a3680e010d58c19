"""The loop that seals stubs into archives when they are due (D7), and ends their retention."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from station.archives.container import Written, write
from station.db.sealed import keys_for
from station.db.session import Database
from station.jobs import Clock, Loop
from station.services import archiving, chores, erasure

logger = logging.getLogger(__name__)


class ArchiveLoop(Loop):
    """Looks every hour which days are due, and seals one after the other."""

    def __init__(
        self, db: Database, folder: Path, *, shop: str, after_days: int, now: Clock,
        every: float = 3600.0,
    ) -> None:
        super().__init__("archive", every=every)
        self._db, self._folder, self._now = db, folder, now
        self._shop, self._after_days = shop, after_days

    def step(self) -> bool:
        """Seal what is due, and let go of what has been kept long enough."""
        now = self._now()
        archive_due(self._db, self._folder, shop=self._shop, after_days=self._after_days, now=now)
        if not self._db.read(partial(erasure.is_due, now=now)):
            return False
        gone = self._db.write(partial(erasure.fade, now=now))
        chores.empty_log(self._db)  # if not now, the clock tries again
        return gone == erasure.TOGETHER


def archive_due(
    db: Database, folder: Path, *, shop: str, after_days: int, now: datetime
) -> list[int]:
    """Seal every carrier's day that is due; the ids of the archives that were made."""
    made = []
    for due in db.read(partial(archiving.due, after_days=after_days, now=now)):
        keys = archiving.new_keys(due)
        written = db.read(partial(_write, due=due, keys=keys, folder=folder, shop=shop, now=now))
        archive_id = db.write(
            partial(archiving.enter, due=due, keys=keys, written=written, now=now)
        )
        if archive_id is None:
            logger.warning("%s was archived by another station meanwhile", due.file)
            continue
        made.append(archive_id)
    return made


def _write(
    session: Session, *, due: archiving.Due, keys: dict[int, bytes], folder: Path, shop: str,
    now: datetime,
) -> Written:
    members = archiving.members(session, due, keys, shop=shop, now=now)
    return write(folder / due.file, members, keys_for(session).signer)
