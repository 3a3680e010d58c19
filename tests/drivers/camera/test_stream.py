"""When a picture is looked at, which part of it, and what becomes of it: no decoder takes part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from drivers.camera import worker as worker_module
from drivers.camera.reader import Code, Look
from drivers.camera.settings import CameraSettings
from drivers.camera.sources import NEW, Eye
from drivers.camera.worker import CameraStream
from drivers.interfaces import Scan

WAYBILL = "773112345678901"


class Shown(Eye):
    """An eye that has whatever picture it was given."""

    def __init__(self, picture: Any) -> None:
        super().__init__("fake://", "camera")
        self.picture, self.taken = picture, 0

    def take(self) -> Any:
        self.taken += 1
        return self.picture

    def _read(self) -> bytes:
        return NEW

    def _release(self) -> None:
        """There is nothing to let go of."""


class Watcher:
    """Stands for the reader: remembers what it was shown, and finds what it was told to."""

    def __init__(self, *texts: str) -> None:
        self.texts, self.shown = texts, list[Any]()

    def look(self, grey: Any, *_: Any, **__: Any) -> Look:
        self.shown.append(grey)
        return Look([Code(text, "code128", "]C0", ((0, 0),) * 4, "quick") for text in self.texts])


def pattern(height: int = 40, width: int = 80) -> Any:
    return (np.arange(height * width).reshape(height, width) % 251).astype(np.uint8)


class Desk:
    """A stream before an eye, with a clock of its own for the thread's work."""

    def __init__(self, picture: Any, watcher: Watcher, **settings: Any) -> None:
        self.eye, self.watcher = Shown(picture), watcher
        self.worked = 0.0
        self.stream = CameraStream(
            "left", CameraSettings(**settings), reader=watcher,  # type: ignore[arg-type]
            busy=lambda: self.worked)
        self.stream.eye = self.eye
        self.stream.expected = {WAYBILL}

    def feed(self, *moments: float) -> list[int]:
        """Show a picture at each moment; how many had been taken after each."""
        taken = []
        for at in moments:
            assert isinstance(self.stream.feed(NEW, at), list)
            taken.append(self.eye.taken)
        return taken


# --- Which part of it ---------------------------------------------------------------------------


@pytest.mark.parametrize(("region", "rows", "columns"), [
    ((0.0, 0.0, 1.0, 1.0), (0, 40), (0, 80)), ((0.25, 0.5, 0.5, 0.25), (20, 30), (20, 60)),
    ((0.11, 0.23, 0.32, 0.49), (9, 29), (9, 34)), ((0.0, 0.0, 0.001, 0.001), (0, 1), (0, 1)),
    ((0.999, 0.999, 0.001, 0.001), (39, 40), (79, 80)),
])
def test_the_region_is_looked_at_to_the_pixel(
    region: tuple[float, ...], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    desk = Desk(pattern(), Watcher(), region=region)
    desk.feed(1.0)
    (seen,) = desk.watcher.shown
    assert np.array_equal(seen, pattern()[rows[0]:rows[1], columns[0]:columns[1]])


def test_a_picture_in_colour_is_looked_at_in_grey() -> None:
    blue = np.zeros((40, 80, 3), np.uint8)
    blue[:, :, 0] = 200
    desk = Desk(blue, Watcher())
    desk.feed(1.0)
    (seen,) = desk.watcher.shown
    assert seen.shape == (40, 80)
    assert set(np.unique(seen)) == {23}, "ITU-R BT.601: blue counts 0.114"


# --- When ---------------------------------------------------------------------------------------


def test_the_first_picture_is_looked_at_and_the_next_when_its_time_has_come() -> None:
    desk = Desk(pattern(), Watcher(), looks_per_second=4.0)
    assert desk.feed(100.0, 100.125, 100.25, 100.375, 100.5) == [1, 1, 2, 2, 3]


def test_a_look_is_paid_for_by_rest() -> None:
    desk = Desk(pattern(), Watcher(), looks_per_second=50.0, cpu_percent=25.0)
    desk.worked = 60.0  # whatever the thread had worked before
    desk.feed(100.0)
    desk.worked += 0.25
    assert desk.feed(100.5, 100.9375, 101.0) == [1, 1, 2]


def test_a_scene_at_rest_is_looked_at_again_only_while_something_is_awaited() -> None:
    rested = Desk(pattern(), Watcher(WAYBILL), looks_per_second=50.0)
    rested.feed(1.0)
    looks = rested.stream.looks
    rested.feed(1.125, 1.25)
    assert rested.stream.looks == looks
    awaited = Desk(pattern(), Watcher(WAYBILL), looks_per_second=50.0)
    awaited.stream.expected = None  # a first reading is to be confirmed
    awaited.feed(1.0, 1.125, 1.25)
    assert awaited.stream.looks == 2


def test_pictures_count_as_the_last_that_was_decoded() -> None:
    desk = Desk(pattern(), Watcher(), looks_per_second=2.0)
    desk.feed(1.0, 1.25)
    assert (desk.stream.frames, desk.stream.refused) == (2, 0)
    desk.eye.picture = None
    desk.feed(1.5, 1.75)
    assert (desk.stream.frames, desk.stream.refused) == (2, 2)
    desk.stream.reset()
    desk.eye.picture = pattern()
    desk.feed(1.8)
    assert (desk.stream.frames, desk.stream.refused) == (3, 2), "a break ends the waiting"


# --- What becomes of it -------------------------------------------------------------------------


def test_a_scan_keeps_sixty_four_bytes_of_its_code() -> None:
    text = "7" * 70
    desk = Desk(pattern(), Watcher(text))
    assert desk.stream.feed(NEW, 2.5) == [Scan(text, "]C0", b"7" * 64, "left", 2.5)]


@pytest.mark.parametrize(("later", "age"), [(-1.0, 0.0), (0.5, 0.5), (2.0, 2.0), (2.25, None)])
def test_a_picture_is_evidence_for_two_seconds(later: float, age: float | None) -> None:
    desk = Desk(pattern(), Watcher())
    desk.feed(100.0)
    photo = desk.stream.photograph(100.0 + later)
    assert (None if photo is None else photo.age) == age


def test_a_photograph_may_have_so_many_thousand_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(
        worker_module, "squeezed", lambda _, most: (asked.append(most), (b"", 1, 1))[1])
    desk = Desk(pattern(), Watcher(), photo_kb=10)
    desk.feed(1.0)
    assert desk.stream.photograph(1.0) is not None
    assert asked == [10_000]


def test_without_an_eye_pictures_are_only_counted() -> None:
    desk = Desk(pattern(), Watcher())
    desk.stream.eye = None
    assert desk.stream.feed(NEW, 1.0) == []
    assert (desk.stream.frames, desk.stream.photograph(1.0)) == (1, None)


@pytest.mark.parametrize(("leave_ms", "told"), [(500.0, 2), (501.0, 1)])
def test_a_code_counts_again_when_it_was_away_for_the_milliseconds_set(
    leave_ms: float, told: int
) -> None:
    desk = Desk(pattern(), Watcher(), looks_per_second=50.0, leave_ms=leave_ms)
    scans = []
    for at, texts in ((1.0, (WAYBILL,)), (1.25, ()), (1.5, ()), (1.75, ()), (2.0, (WAYBILL,))):
        desk.watcher.texts = texts
        desk.eye.picture = 255 - desk.eye.picture  # something moves in every picture
        scans += desk.stream.feed(NEW, at)
    assert len(scans) == told
