"""Scanners that are learning what they send around each code, from three scans."""

from __future__ import annotations

from collections.abc import Callable

from drivers.registry import ScannerWorker
from drivers.scanner.learning import SCANS, Lesson, NotLearned, learn
from station.devices.desk import DeviceDesk
from station.domain.screen import LessonView


class Lessons:
    """The lessons that were begun since the start, by scanner. ``tell`` is called at each step."""

    def __init__(self, desk: DeviceDesk, *, tell: Callable[[], object]) -> None:
        self._desk, self._tell = desk, tell
        self._begun: dict[str, Lesson] = {}

    def teach(self, scanner: str) -> bool:
        """Let a scanner's next three scans be a lesson; False if there is no such scanner."""
        place = self._desk.places.get(scanner)
        worker = place.worker if place is not None else None
        if not isinstance(worker, ScannerWorker):
            return False
        self._begun[scanner] = lesson = Lesson()
        worker.teach(lesson, self._tell)
        self._tell()
        return True

    def views(self) -> dict[str, LessonView]:
        """How far each lesson is."""
        return {
            name: _shown(lesson, self._desk.places[name].about.port)
            for name, lesson in self._begun.items()
        }


def _shown(lesson: Lesson, port: str) -> LessonView:
    """How many scans there were, and what they show once there are enough."""
    if not lesson.is_over:
        return LessonView(len(lesson.scans), SCANS)
    try:
        rows = tuple(learn(lesson.scans).rows(port))
    except NotLearned as trouble:
        return LessonView(SCANS, SCANS, trouble=str(trouble))
    return LessonView(SCANS, SCANS, rows)
