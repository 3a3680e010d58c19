"""One station for each data folder: a second would take the first one's jobs for left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from station.cli.command import Problem

_NAME = "station.lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder for as long as a station runs; whatever ends the process lets go of it.

    Raises Problem if another station holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _hold(descriptor)
        except OSError:
            raise Problem(f"{folder} 已有打包台在运行，请用那一个，或给这一个另一个 data_dir"
                          " / another station is running there: use that one, or give this one"
                          " another data_dir") from None
        yield
    finally:
        os.close(descriptor)


def _hold(descriptor: int) -> None:
    """Take the file for this process, or raise OSError at once."""
    try:
        import fcntl  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        import msvcrt  # noqa: PLC0415 - only there

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
