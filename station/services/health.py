"""Whether the station is well, in codes that anybody may read: no names, no numbers of parcels.

A database that cannot be read or written, a disk that fills up, work that has waited too long. The
devices are known to the benches and looked at there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from station.db.models import Outbox
from station.db.session import Database
from station.services import chores, printing

LITTLE_ROOM = 512 * 2**20
"""Bytes; a day's labels and copies fit into that."""

_TOO_LONG = timedelta(minutes=15)


def late(session: Session, *, now: datetime) -> tuple[str, ...]:
    """What has waited for more than a quarter of an hour: labels, calls, chores."""
    waiting = {
        "print_late": printing.oldest_due(session),
        "platform_late": session.scalar(
            select(func.min(Outbox.created_at)).where(Outbox.state == "waiting")),
        "traces_left": chores.oldest(session),
    }
    return tuple(code for code, since in waiting.items()
                 if since is not None and now - since > _TOO_LONG)


def pen(db: Database) -> None:
    """Raise what a change would raise now; changes nothing."""
    db.probe()


def free_bytes(places: Iterable[Path]) -> int:
    """The room that is left where the station writes, on the disk that has the least."""
    return min(shutil.disk_usage(_nearest(place)).free for place in places)


def _nearest(place: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    return next(folder for folder in (place, *place.absolute().parents) if folder.exists())
