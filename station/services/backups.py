"""The clock's copies of the database: when one is due, and who hears that none could be made."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from station.db import backup
from station.db.session import Database
from station.services.alarms import close_alarm, raise_alarm

logger = logging.getLogger(__name__)

_FAILED = "backup_failed"


@dataclass(frozen=True, slots=True)
class Plan:
    """Where copies go, how old the newest may be, and how many are kept."""

    folder: Path
    every: timedelta
    keep: int

    def is_due(self, now: datetime) -> bool:
        """True if there is no fresh copy; one from the future tells of a clock that was wrong."""
        made = backup.copies(self.folder, kind=backup.SCHEDULED)
        return not made or not timedelta(0) <= now - made[0].at < self.every


def keep_copies(db: Database, plan: Plan, *, now: datetime) -> bool:
    """Make a copy if one is due, clear old ones away, and tell loudly if it fails. True if made."""
    if not plan.is_due(now):
        return False
    try:
        backup.make(db.url, plan.folder, now=now)
    except (backup.BackupError, OSError, sqlite3.Error, SQLAlchemyError) as error:
        logger.error("no backup could be made: %s", type(error).__name__)
        said = str(error) if isinstance(error, backup.BackupError) else type(error).__name__
        db.write(partial(
            raise_alarm, code=_FAILED, subject="backup", facts={"trouble": said[:200]}, now=now))
        return False
    backup.prune(plan.folder, plan.keep)
    db.write(partial(close_alarm, code=_FAILED, subject="backup", now=now))
    return True
