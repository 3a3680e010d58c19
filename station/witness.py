"""The camera at a bench: which of the codes it sees count, and the pictures it takes as evidence.

The camera's own thread reads codes and asks ``Expectation`` about each; ``Witness`` is the thread
that turns a moment at the bench into a photograph in the records, so that no scan waits for one.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from drivers.interfaces import SEVERAL, DeviceEvent, NoRead, Photograph, Scan
from station.db.session import Database
from station.domain.screen import BenchView
from station.jobs import Loop
from station.services import photographs, sightings
from station.services.photographs import Moment

logger = logging.getLogger(__name__)

REMEMBERED_S = 1.0
AT_ONCE_S = 0.5
"""Waybills seen within this time came together: the bench has hardly opened the first."""
_REMEMBERED = 256
NEXT_PICTURE_S = 1.0
"""How long a picture that is younger than its parcel is waited for."""


class Camera(Protocol):
    """What a witness needs of a camera."""

    @property
    def name(self) -> str:
        """The device's name."""
        ...

    def photograph(self) -> Photograph | None:
        """The newest picture, None if there is no fresh one."""
        ...


class Expectation:
    """Whether a code that the camera sees is one to tell. Called in the camera's thread.

    The records are asked; for a second the answer is remembered, because what lies in the picture
    is seen eight times in it.
    """

    def __init__(
        self, db: Database, *, with_items: bool, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._db, self._with_items, self._monotonic = db, with_items, monotonic
        self._known: dict[str, tuple[bool, float]] = {}

    def __call__(self, code: str) -> bool:
        """True if the code counts now; a database that does not answer says no."""
        now = self._monotonic()
        known = self._known.get(code)
        if known is not None and now < known[1]:
            return known[0]
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        look = partial(sightings.is_expected, code=code, with_items=self._with_items)
        try:
            counts = self._db.read(look)
        except SQLAlchemyError:
            return False
        self._known[code] = counts, now + REMEMBERED_S
        return counts


class SeenBench(Protocol):
    """What a camera's words need of a bench."""

    def post(self, event: DeviceEvent) -> None:
        """Take what a device says."""
        ...

    def view(self) -> BenchView:
        """The bench as it is now."""
        ...


class Sight:
    """Hands on what a camera tells: a waybill that comes into sight opens a parcel, disturbs none.

    A scanner is pointed at something; a camera sees a whole stack of labels beside the parcel. So a
    waybill counts only while no parcel is open. Of several that come into sight together none
    does: which of them the packer means is not guessed, and an old label under the new one shows.
    """

    def __init__(self, bench: Callable[[], SeenBench], *, with_items: bool) -> None:
        self._bench, self._with_items = bench, with_items
        self._last = float("-inf")

    def __call__(self, event: DeviceEvent) -> None:
        """Post the event to the bench unless it is such a waybill. The camera's thread calls."""
        bench = self._bench()
        if isinstance(event, Scan) and not self._with_items:
            if bench.view().parcel is not None or event.at - self._last < AT_ONCE_S:
                return
            self._last = event.at
            if event.beside:
                bench.post(NoRead(SEVERAL, device=event.device, at=event.at))
                return
        bench.post(event)


@dataclass(frozen=True, slots=True)
class _Asked:
    moment: Moment
    parcel_id: int
    who: str
    at: float
    since: float | None


class Witness(Loop):
    """Photographs what a bench asks for, in its own thread.

    A picture from before the parcel was opened shows another one, and so may a picture from after
    the next was: neither is evidence. A moment that passed unseen (the camera was gone, or no
    picture was of this parcel) is put on record too.
    """

    def __init__(
        self, camera: Camera, db: Database, *, bench: str, now: Callable[[], datetime],
        view: Callable[[], BenchView], every: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        super().__init__(f"witness {camera.name}", every=every)
        self._view, self._monotonic, self._wait = view, monotonic, wait
        self._camera, self._db, self._bench, self._now = camera, db, bench, now
        self._asked: queue.SimpleQueue[_Asked] = queue.SimpleQueue()

    def see(
        self, moment: Moment, parcel_id: int, who: str, *, since: float | None = None
    ) -> None:
        """Take a picture of this parcel now; returns at once. Any thread may ask.

        ``since`` is the monotonic second at which it was opened at the bench, if it was.
        """
        self._asked.put(_Asked(moment, parcel_id, who, self._monotonic(), since))
        self.wake()

    def stop(self) -> None:
        """End; what was asked before is still done."""
        super().stop()
        while self.step():
            pass

    def step(self) -> bool:
        """Take one picture that was asked for."""
        try:
            asked = self._asked.get_nowait()
        except queue.Empty:
            return False
        picture = self._picture(asked)
        keep: Callable[..., object] = photographs.note_missing
        if picture is not None:
            keep = partial(photographs.keep, picture=picture)
        self._db.write(partial(
            keep, parcel_id=asked.parcel_id, moment=str(asked.moment), camera=self._camera.name,
            bench=self._bench, who=asked.who, now=self._now(),
        ))
        return True

    def _picture(self, asked: _Asked) -> Photograph | None:
        """The newest picture; where it is older than the parcel, the next one is waited for."""
        while True:
            now = self._monotonic()
            picture = self._newest()
            taken = now - picture.age if picture is not None else now
            if picture is None or asked.since is None:
                return picture
            if taken >= asked.since:
                return picture if taken <= asked.at or self._still_here(asked) else None
            if now - asked.at > NEXT_PICTURE_S:
                return None
            self._wait(NEXT_PICTURE_S / 20)

    def _still_here(self, asked: _Asked) -> bool:
        """Whether no other parcel has been opened at the bench meanwhile."""
        parcel = self._view().parcel
        return parcel is None or parcel.id == asked.parcel_id

    def _newest(self) -> Photograph | None:
        try:
            return self._camera.photograph()
        except ValueError as error:  # not even a stamp of it fits into what is allowed
            logger.warning("%s: %s", self._camera.name, error)
            return None
