"""Work that is done in a second process while this one goes on, where that is safe and worth it.

The second process is a fork: it has everything that this one has, and hands back only a result, so
that rows go through files and never through a pipe. Nothing is forked where threads run, because
their locks would stay locked in the child.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Generic, TypeVar, cast

T = TypeVar("T")


def may_fork() -> bool:
    """Whether a second process can be had: by fork, with a processor for it, and no threads."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return False
    return len(os.sched_getaffinity(0)) > 1 and threading.active_count() == 1


class Beside(Generic[T]):
    """A piece of work under way in a second process, or put off until it is asked for."""

    def __init__(self, work: Callable[[], T], *, apart: bool) -> None:
        self._work, self._apart = work, apart
        if not apart:
            return
        context = multiprocessing.get_context("fork")
        self._end, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=_tell, args=(work, theirs))
        self._process.start()
        theirs.close()

    def result(self) -> T:
        """What the work returned; raises what it raised, and EOFError where it was killed."""
        if not self._apart:
            return self._work()
        try:
            result = self._end.recv()
        finally:
            self._end.close()
            self._process.join()
        if isinstance(result, BaseException):
            raise result
        return cast("T", result)

    def leave(self) -> None:
        """Stop the work; its result is no longer wanted."""
        if self._apart and self._process.is_alive():
            self._process.terminate()
            self._process.join()
            self._end.close()


def _tell(work: Callable[[], object], end: Connection) -> None:
    try:
        end.send(work())
    except Exception as error:  # noqa: BLE001 - whatever went wrong is raised over there
        end.send(error)
    end.close()
