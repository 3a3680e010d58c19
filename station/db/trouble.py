"""What is wrong with a database that fails, told apart by what a person can do about it.

```
FULL      no room on its disk: make room, nothing was lost
IO        the disk itself fails: stop, look at it, restore if need be
DAMAGED   the file is not what was written: stop, restore the last backup
LOCKED    another program holds it: close that
GONE      it cannot be reached or opened: cable, server, file
OTHER     a mistake of the program
```
"""

from __future__ import annotations

import sqlite3
from enum import StrEnum

from sqlalchemy import exc


class Trouble(StrEnum):
    """The kinds, as in the table above."""

    FULL = "full"
    IO = "io"
    DAMAGED = "damaged"
    LOCKED = "locked"
    GONE = "gone"
    OTHER = "other"


LASTING = frozenset({Trouble.IO, Trouble.DAMAGED})
"""After these nothing more is written: a disk that said no once may lose what it takes next."""

_SQLITE = {
    sqlite3.SQLITE_FULL: Trouble.FULL, sqlite3.SQLITE_IOERR: Trouble.IO,
    sqlite3.SQLITE_CORRUPT: Trouble.DAMAGED, sqlite3.SQLITE_NOTADB: Trouble.DAMAGED,
    sqlite3.SQLITE_BUSY: Trouble.LOCKED, sqlite3.SQLITE_LOCKED: Trouble.LOCKED,
    sqlite3.SQLITE_CANTOPEN: Trouble.GONE, sqlite3.SQLITE_READONLY: Trouble.GONE,
    sqlite3.SQLITE_PERM: Trouble.GONE,
}
_NO_ROOM = frozenset({sqlite3.SQLITE_IOERR_SHMSIZE})
"""What a full disk is called where the file that could not grow is no record, but SQLite's index of
its log: nothing of it is ever lost, and the next write makes it anew."""
_POSTGRESQL = {
    "53100": Trouble.FULL, "58030": Trouble.IO, "XX001": Trouble.DAMAGED, "XX002": Trouble.DAMAGED,
    "55P03": Trouble.LOCKED, "57P01": Trouble.GONE, "57P02": Trouble.GONE, "57P03": Trouble.GONE,
}


class WritesStoppedError(RuntimeError):
    """The disk or the file failed before: nothing is written until a person has looked at it."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"nothing is written any more: {trouble}")
        self.trouble = trouble


def trouble_of(error: BaseException) -> Trouble:
    """The kind of trouble that an error out of the database tells of."""
    if isinstance(error, WritesStoppedError):
        return error.trouble
    lost = isinstance(error, exc.DBAPIError) and error.connection_invalidated
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(getattr(cause, "sqlite_errorcode", 0))
    state = getattr(cause, "sqlstate", None)
    if lost or (isinstance(error, exc.OperationalError) and not state):
        return Trouble.GONE
    state = str(state or "")
    return Trouble.GONE if state.startswith("08") else _POSTGRESQL.get(state, Trouble.OTHER)


def _of_sqlite(code: int) -> Trouble:
    return Trouble.FULL if code in _NO_ROOM else _SQLITE.get(code & 0xFF, Trouble.OTHER)
