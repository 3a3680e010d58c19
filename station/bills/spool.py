"""Rows put aside on disk while they wait, so that a million of them need little memory.

A join of two large lists is cut into parts by a hash of the number that joins them: each part fits
into memory, and no number's rows are in two parts. What stays small never reaches the disk.
"""

from __future__ import annotations

import io
import marshal
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

PARTS = 32
_TOGETHER = 500

Row = tuple[Any, ...]
"""Text, whole numbers, True, False, None, and tuples of them."""


class Spool:
    """Numbered parts of rows; use it in a ``with``, then its files are gone afterwards."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._waiting: list[list[Row]] = [[] for _ in range(PARTS)]
        self._files: list[IO[bytes] | None] = [None] * PARTS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        for part in range(PARTS):
            self.drop(part)
        if self._folder is not None:
            self._folder.cleanup()

    def extend(self, part: int, rows: Iterable[Row]) -> None:
        """Put rows behind the others of their part."""
        waiting = self._waiting[part]
        waiting.extend(rows)
        if len(waiting) >= _TOGETHER:
            self._write(part)

    def rows(self, part: int) -> Iterator[Row]:
        """The rows of a part in their order. Nothing may be added to it meanwhile."""
        file = self._files[part]
        if file is not None:
            file.seek(0)
            while length := int.from_bytes(file.read(8), "little"):
                yield from marshal.loads(file.read(length))  # noqa: S302 - written by us just now
        yield from self._waiting[part]

    def prepare(self) -> None:
        """Make the folder, so that another process may write there."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="station-spool-")

    def settle(self) -> None:
        """Write everything down: for the process that takes over."""
        for part in range(PARTS):
            if self._waiting[part]:
                self._write(part)
            if (file := self._files[part]) is not None:
                file.flush()

    def take_over(self) -> None:
        """Find what another process has settled in the prepared folder."""
        self.prepare()
        for part in range(PARTS):
            path = Path(self._folder_name()) / f"{part}"
            if self._files[part] is None and path.exists():
                self._files[part] = file = path.open("r+b")
                file.seek(0, io.SEEK_END)

    def absorb(self, other: Spool) -> None:
        """Put the rows of another spool, all of them written down, behind those of this one."""
        self.settle()
        for part, file in enumerate(other._files):
            if file is not None:
                file.seek(0)
                shutil.copyfileobj(file, self._file(part))

    def drop(self, part: int) -> None:
        """Forget a part and give its space back."""
        self._waiting[part] = []
        file, self._files[part] = self._files[part], None
        if file is not None:
            file.close()
            Path(file.name).unlink(missing_ok=True)  # another process may have been faster

    def _folder_name(self) -> str:
        self.prepare()
        assert self._folder is not None  # noqa: S101 - prepared just now
        return self._folder.name

    def _file(self, part: int) -> IO[bytes]:
        """The file of a part, at its end."""
        file = self._files[part]
        if file is None:
            path = Path(self._folder_name()) / f"{part}"
            file = self._files[part] = path.open("w+b")
        file.seek(0, io.SEEK_END)
        return file

    def _write(self, part: int) -> None:
        file = self._file(part)
        packed = marshal.dumps(list(map(tuple, self._waiting[part])))  # named tuples as plain ones
        file.write(len(packed).to_bytes(8, "little"))
        file.write(packed)
        self._waiting[part] = []
