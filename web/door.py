"""The station as the pages know it: a clock, benches, a hub, and two doors to the records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

from flask import abort, current_app, g

from station.config import Config
from station.domain.screen import BenchView, LessonView
from station.services.live import Hub
from station.services.photographs import Moment
from station.services.repeats import Once
from station.services.rules import Rules

T = TypeVar("T")


class BenchDoor(Protocol):
    """One bench: every call returns when its verdict is durable."""

    def scan(
        self, code: str, *, aim: str | None = None, source: str = "page",
        once: Once | None = None,
    ) -> BenchView:
        """Take one barcode; ``once`` is the request's key, if it has one."""
        ...

    def touch(self, action: str, *, once: Once | None = None, **facts: Any) -> BenchView:
        """Take what only a finger can give (a drawn signature)."""
        ...

    def view(self) -> BenchView:
        """The bench as it is now."""
        ...

    def answered(self) -> Mapping[str, int]:
        """How many answers of each mood were given since the start."""
        ...


class StationDoor(Protocol):
    """What the pages ask of the station."""

    config: Config
    hub: Hub
    rules: Rules
    db: Any
    """Handed on to services that need several transactions; the pages never look inside."""

    desk: Any
    """The devices' desk; its values and files, never a port."""
    finder: Any
    """The search for scales."""

    @property
    def benches(self) -> Mapping[str, BenchDoor]:
        """The benches by name."""
        ...

    @property
    def witnesses(self) -> Mapping[str, Callable[[Moment, int, str], None]]:
        """Who takes a picture of a parcel, by the bench that has a camera."""
        ...

    def now(self) -> datetime:
        """The time, aware."""
        ...

    def teach(self, scanner: str) -> bool:
        """Let a scanner's next three scans be a lesson; False if there is no such scanner."""
        ...

    def lessons(self) -> Mapping[str, LessonView]:
        """How far each scanner's lesson is, by the scanner's name."""
        ...

    def snapshot(self, bench: str) -> bytes | None:
        """What the bench's camera sees now, as JPEG; None without a camera or a fresh picture."""
        ...

    def read(self, fn: Callable[..., T], /, *args: Any, **facts: Any) -> T:
        """``fn(session, …)`` on a consistent view; nothing it changes is kept."""
        ...

    def write(self, fn: Callable[..., T], /, *args: Any, **facts: Any) -> T:
        """``fn(session, …, now=…)`` in one transaction, durable when this returns."""
        ...


def station() -> StationDoor:
    """The station of the present request; one with a key marks its first change (web/once.py)."""
    return cast(StationDoor, g.get("door") or current_app.extensions["station"])


def bench(name: str) -> BenchDoor:
    """The bench of that name; 404 if there is none."""
    found = station().benches.get(name)
    if found is None:
        abort(404, "bench")
    return found
