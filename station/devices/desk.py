"""The devices' desk: every device with its owner thread, its flight recorder and its commands.

A device may be given another owner while the station runs: its port can be lent to a search, and a
scale that was found takes the place of the old one without a restart.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from drivers.flight import About, FlightRecorder, Moment, write_flight
from drivers.interfaces import DeviceEvent, DeviceState, Emit, Health
from drivers.port import Port, open_port, shown
from drivers.registry import scale_worker, scanner_worker
from drivers.scale.commands import Word, command
from drivers.scanner import commands as scanner_commands
from drivers.worker import DeviceWorker
from station import config as configuration
from station.domain.vocabulary import SHOP_ZONE

logger = logging.getLogger(__name__)

FOLDER = "flights"
FILES_KEPT = 40
BETWEEN_SAVES = timedelta(minutes=10)
"""A device in trouble is saved by itself once in so long: a loose plug must not fill the disk."""

_TROUBLES = (DeviceState.GONE, DeviceState.MISCONFIGURED)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}\.jsonl")

Make = Callable[[Emit, Callable[..., Port]], DeviceWorker]


@dataclass
class Place:
    """One device's place: what it is, its recorder, and what makes its owner thread (no printer's).

    ``about`` names port, protocol and settings as they are now.
    """

    about: About
    recorder: FlightRecorder
    make: Make | None = None
    emit: Emit = field(default=lambda _: None)
    worker: DeviceWorker | None = None
    saved_at: datetime | None = None

    @property
    def words(self) -> frozenset[str]:
        """What the device can be told: "zero", "tare"."""
        if self.about.kind != "scale":
            return frozenset()
        return frozenset(str(word) for word in Word if command(self.about.protocol, word))

    def tells(self, moment: Moment) -> bool:
        """True if a moment is worth a recording: bytes, and of a camera what became of it."""
        return bool(moment.size) or self.about.kind == "camera"


@dataclass(frozen=True, slots=True)
class SavedFlight:
    """A recording that lies in the folder."""

    name: str
    size: int
    at: datetime


class DeviceDesk:
    """All devices of a station. Calls come from any thread."""

    def __init__(
        self, folder: Path, *, now: Callable[[], datetime],
        opener: Callable[..., Port] = open_port, clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = folder / FOLDER
        self.now, self._opener, self._clock = now, opener, clock
        self.places: dict[str, Place] = {}
        self._makes: dict[str, str] = {}  # of the scanners that beep when they are told
        self._running = False
        self._lock = threading.RLock()
        self._saving = threading.Lock()  # taken by owner threads, which the other one waits for

    # --- Taking in ------------------------------------------------------------------------------

    def add_scale(self, name: str, scale: configuration.Scale, emit: Emit) -> None:
        """Take in a scale, not opened yet. Raises SettingsError."""
        about = About(name, "scale", scale.port, scale.protocol, scale.settings())
        self._add(about, _scale_maker(about), emit)

    def add_scanner(self, name: str, scanner: configuration.Scanner, emit: Emit) -> None:
        """Take in a scanner, not opened yet. Raises SettingsError."""
        about = About(name, "scanner", scanner.port, "", scanner.settings())
        self._makes[name] = scanner.beeps or ""

        def make(told: Emit, opener: Callable[..., Port]) -> DeviceWorker:
            return scanner_worker(
                name, about.port, settings=about.settings, emit=told, opener=opener)

        self._add(about, make, emit)

    def add_printer(
        self, name: str, language: str, port: str, settings: Mapping[str, Any]
    ) -> FlightRecorder:
        """Take in a printer, which its print loop owns; return its recorder."""
        about = About(name, "printer", port, language, dict(settings))
        self.places[name] = place = Place(about, self._recorder(about))
        return place.recorder

    def add_camera(
        self, name: str, port: str, settings: Mapping[str, Any], emit: Emit
    ) -> tuple[FlightRecorder, Emit]:
        """Take in a camera, which the station owns; return its recorder, and whom it tells."""
        about = About(name, "camera", shown(port), "", dict(settings))
        self.places[name] = place = Place(about, self._recorder(about), emit=emit)
        return place.recorder, self._heard(place)

    def _add(self, about: About, make: Make, emit: Emit) -> None:
        place = Place(about, self._recorder(about), make, emit)
        place.worker = make(self._heard(place), place.recorder.open)
        self.places[about.device] = place

    def _recorder(self, about: About) -> FlightRecorder:
        return FlightRecorder(
            about, opener=self._opener, clock=self._clock,
            keeps_output=about.kind != "printer")

    def _heard(self, place: Place) -> Emit:
        """What the place's owner tells goes on, and trouble is put on record."""
        def told(event: DeviceEvent) -> None:
            if isinstance(event, Health):
                self.note_health(event)
            place.emit(event)

        return told

    # --- Running --------------------------------------------------------------------------------

    def start(self) -> None:
        """Start every owner thread."""
        with self._lock:
            self._running = True
            for place in self.places.values():
                if place.worker is not None:
                    place.worker.start()

    def stop(self) -> None:
        """Stop every owner thread and wait for it."""
        with self._lock:
            self._running = False
            workers = [place.worker for place in self.places.values() if place.worker is not None]
            for worker in workers:
                worker.request_stop()
        for worker in workers:
            worker.stop()

    def beep(self, name: str) -> bool:
        """Let a scanner beep by itself; False if it has no such command or is not ready."""
        place = self.places.get(name)
        if place is None or place.worker is None or place.about.kind != "scanner":
            return False
        said = scanner_commands.command(self._makes[name], scanner_commands.Word.BEEP)
        return said is not None and place.worker.say(said)

    def tell(self, name: str, word: str) -> bool:
        """Tell a scale "zero" or "tare"; False if it has no such command or is not ready."""
        place = self.places.get(name)
        if place is None or place.worker is None or word not in place.words:
            return False
        said = command(place.about.protocol, Word(word))
        return said is not None and place.worker.say(said)

    # --- Lending and replacing ------------------------------------------------------------------

    def owner_of(self, port: str) -> Place | None:
        """The device that is set to this port."""
        return next((one for one in self.places.values() if one.about.port == port), None)

    def lend(self, place: Place) -> bool:
        """Let go of a device's port for somebody else; the screens are told why it is away.

        False for a printer, since a page may be on its way, and for a camera.
        """
        with self._lock:
            worker = place.worker
            if worker is None:
                return False
            worker.stop()
            place.worker = None
        about = place.about
        place.emit(Health(
            about.device, about.kind, DeviceState.BUSY, about.port, "searching", {}, self.now()))
        return True

    def take_back(self, place: Place) -> None:
        """Own a lent device's port again, with a new thread."""
        with self._lock:
            if place.make is None or place.worker is not None:
                return
            place.worker = place.make(self._heard(place), place.recorder.open)
            if self._running:
                place.worker.start()

    def replace_scale(self, name: str, scale: configuration.Scale) -> bool:
        """Put another scale in the place of one; False if there is no such place.

        Raises SettingsError, and then the old one goes on.
        """
        place = self.places.get(name)
        if place is None:
            return False
        about = About(name, "scale", scale.port, scale.protocol, scale.settings())
        make = _scale_maker(about)
        make(lambda _: None, place.recorder.open)  # refuses settings that cannot be
        self.lend(place)
        place.about, place.make = about, make
        place.recorder.about = about
        self.take_back(place)
        return True

    # --- Recordings -----------------------------------------------------------------------------

    def note_health(self, health: Health) -> None:
        """Save the recording of a device that has just got into trouble, now and then."""
        place = self.places.get(health.device)
        if place is None or health.state not in _TROUBLES:
            return
        now = self.now()
        with self._saving:
            recent = place.saved_at is not None and now - place.saved_at < BETWEEN_SAVES
            if recent or not any(map(place.tells, place.recorder.moments())):
                return
            place.saved_at = now
        try:
            self.save(health.device, why=f"{health.state} {health.detail}".strip())
        except OSError as error:
            logger.warning("%s: its recording could not be saved: %s",
                           health.device, type(error).__name__)

    def save(self, name: str, *, why: str = "", with_content: bool = False) -> Path:
        """Put a device's recording into the folder. Raises KeyError or OSError.

        What a scanner read is left out unless ``with_content``; of what a printer was sent nothing
        but lengths and digests is ever kept.
        """
        place, now = self.places[name], self.now()
        self.folder.mkdir(parents=True, exist_ok=True)
        stamp = now.astimezone(SHOP_ZONE)
        path = self.folder / f"{_UNSAFE.sub('_', name)}-{stamp:%Y%m%d-%H%M%S}.jsonl"
        write_flight(
            path, place.about, place.recorder.moments(), saved_at=stamp.isoformat(" ", "seconds"),
            why=why, with_content=with_content or place.about.kind != "scanner",
        )
        self._tidy()
        return path

    def flights(self) -> list[SavedFlight]:
        """The recordings in the folder, newest first."""
        found = [
            SavedFlight(path.name, stat.st_size, datetime.fromtimestamp(stat.st_mtime, SHOP_ZONE))
            for path in self._files() if (stat := path.stat()).st_size
        ]
        return sorted(found, key=lambda one: (one.at, one.name), reverse=True)

    def flight(self, name: str) -> Path | None:
        """The recording of that name; None if there is none, or the name is no file's."""
        path = self.folder / name
        return path if _NAME.fullmatch(name) and path.is_file() else None

    def _files(self) -> Iterable[Path]:
        return self.folder.glob("*.jsonl") if self.folder.is_dir() else ()

    def _tidy(self) -> None:
        for old in self.flights()[FILES_KEPT:]:
            (self.folder / old.name).unlink(missing_ok=True)


def _scale_maker(about: About) -> Make:
    def make(told: Emit, opener: Callable[..., Port]) -> DeviceWorker:
        return scale_worker(
            about.device, about.protocol, about.port, settings=about.settings, emit=told,
            opener=opener)

    return make


def changed(scale: configuration.Scale | None, **settings: Any) -> configuration.Scale:
    """The bench's scale with other settings; what says nothing of line or protocol stays."""
    base = scale if scale is not None else configuration.Scale(port="?")
    line = dict.fromkeys(key for key in configuration.SCALE_KEYS if key not in {"protocol", "port"})
    return replace(base, **{**line, **settings})
