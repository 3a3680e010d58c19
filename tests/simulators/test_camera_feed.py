"""A simulated camera: pages come and go, faults are seen, and it is watched in two ways."""

from __future__ import annotations

import queue
import re
import socket
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from drivers.camera import camera_worker
from drivers.interfaces import Health, Scan
from simulators.camera import Laid, sheet
from simulators.camera_feed import (
    SENTENCES,
    VARIANTS,
    CameraFault,
    MjpegDoor,
    SimulatedCamera,
)
from simulators.snapshots import code_dots

SMALL = (320, 240)
WAYBILL = "773112345678901"


def camera(**options: Any) -> SimulatedCamera:
    return SimulatedCamera(size=SMALL, **options)


def white() -> Any:
    return sheet(np.zeros((120, 160), bool))


def waybill() -> Any:
    return sheet(code_dots("code128", WAYBILL))


# --- what lies there ----------------------------------------------------------------------------


def test_a_page_is_seen_until_it_is_taken_away() -> None:
    ours = camera()
    number = ours.put(white(), Laid(scale=1))
    assert ours.shot()[120, 160] > 200
    ours.take(number)
    assert ours.shot()[120, 160] < 180


def test_another_page_in_the_place_of_the_first_is_what_is_seen() -> None:
    ours = camera(noise=0)
    ours.put(sheet(np.ones((120, 160), bool)), Laid(scale=1))
    black = [int(ours.shot()[120, 160]) for _ in range(2 * VARIANTS)]
    ours.clear()
    ours.put(white(), Laid(scale=1))
    paper = [int(ours.shot()[120, 160]) for _ in range(2 * VARIANTS)]
    assert max(black) < 100
    assert min(paper) > 200


def test_a_page_can_be_moved() -> None:
    ours = camera()
    number = ours.put(white(), Laid(scale=0.5))
    ours.move(number, x=0.1, y=0.1)
    seen = ours.shot()
    assert seen[120, 160] < 180
    assert seen[24, 32] > 200


def test_everything_can_be_cleared() -> None:
    ours = camera()
    for _ in range(3):
        ours.put(white(), Laid(scale=1))
    ours.clear()
    assert ours.shot().max() < 200


def test_a_page_that_is_not_there_cannot_be_taken() -> None:
    with pytest.raises(KeyError):
        camera().take(1)


def test_pictures_differ_by_their_noise_only() -> None:
    ours = camera(noise=2.0)
    first, *others = [ours.shot().astype(int) for _ in range(VARIANTS + 1)]
    assert (others[0] != first).any()
    assert np.abs(others[0] - first).max() < 25
    assert (others[-1] == first).all(), "there are so many variants and no more"


def test_equal_seeds_see_equal_benches() -> None:
    one, two, other = camera(seed=1), camera(seed=1), camera(seed=2)
    assert (one.shot() == two.shot()).all()
    assert (one.shot() != other.shot()).any()


# --- faults -------------------------------------------------------------------------------------


def test_there_are_at_least_twenty_five_faults_each_with_its_sentence() -> None:
    assert len(CameraFault) >= 25
    assert SENTENCES.keys() == set(CameraFault)
    for fault in CameraFault:
        assert re.fullmatch(r"\S+ · .+", fault.sentence)


def test_an_unknown_fault_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no camera fault 'tired'; known are dark, dusk"):
        camera().set_fault("tired", on=True)


def seen_with(fault: CameraFault, *, shots: int = 1) -> tuple[Any, Any]:
    """The last of so many pictures without the fault, and with it."""
    plain, faulty = camera(seed=3), camera(seed=3)
    faulty.set_fault(fault, on=True)
    pair = []
    for ours in (plain, faulty):
        ours.put(waybill(), Laid(scale=0.4, x=0.45))
        for _ in range(shots):
            seen = ours.shot()
        pair.append(seen.astype(int))
    return pair[0], pair[1]


@pytest.mark.parametrize(("fault", "most"), [
    (CameraFault.DARK, 0.1), (CameraFault.DUSK, 0.3), (CameraFault.COVERED, 0.05),
])
def test_a_lack_of_light_is_seen(fault: CameraFault, most: float) -> None:
    plain, faulty = seen_with(fault)
    assert faulty.mean() < most * plain.mean()


def test_flicker_darkens_every_other_picture() -> None:
    ours = camera()
    ours.set_fault("flicker", on=True)
    means = [ours.shot().mean() for _ in range(4)]
    assert max(means) > 2 * min(means)
    assert means[0] == pytest.approx(means[2], rel=0.05)


@pytest.mark.parametrize("fault", [CameraFault.BLURRED, CameraFault.SHAKING])
def test_unsharpness_is_seen(fault: CameraFault) -> None:
    plain, faulty = seen_with(fault)
    assert np.abs(np.diff(faulty, axis=1)).mean() < 0.8 * np.abs(np.diff(plain, axis=1)).mean()


def test_noise_glare_and_too_much_light_are_seen() -> None:
    plain, noisy = seen_with(CameraFault.NOISY)
    assert (noisy - plain).std() > 15
    plain, glared = seen_with(CameraFault.GLARE)
    assert glared.mean() > plain.mean() + 5
    _, over = seen_with(CameraFault.OVEREXPOSED)
    assert (over == 255).mean() > 0.5


def test_a_camera_may_hang_upside_down_or_mirror() -> None:
    plain, turned = seen_with(CameraFault.UPSIDE_DOWN)
    assert np.abs(turned[::-1, ::-1] - plain).mean() < 5
    plain, mirrored = seen_with(CameraFault.MIRRORED)
    assert np.abs(mirrored[:, ::-1] - plain).mean() < 5


def test_a_small_picture_is_small() -> None:
    _, small = seen_with(CameraFault.SMALL)
    assert small.shape == (180, 320)


def test_a_frozen_camera_shows_what_was() -> None:
    ours = camera()
    before = ours.shot()
    ours.set_fault("frozen", on=True)
    ours.put(white(), Laid(scale=1))
    assert (ours.shot() == before).all()
    ours.set_fault("frozen", on=False)
    assert (ours.shot() != before).any()


def test_a_torn_picture_is_half_of_the_one_before() -> None:
    ours = camera(noise=0)
    ours.set_fault("torn", on=True)
    ours.shot()
    ours.put(white(), Laid(scale=1))
    torn = ours.shot()
    assert torn[115, 160] > 200
    assert torn[125, 160] < 180


def loads(data: bytes) -> bool:
    try:
        Image.open(BytesIO(data)).load()
    except (UnidentifiedImageError, OSError, SyntaxError):
        return False
    return True


def test_a_picture_on_the_wire_is_a_jpeg() -> None:
    assert loads(camera().shot_bytes())


@pytest.mark.parametrize("fault", ["cut", "corrupt", "empty"])
def test_a_damaged_picture_cannot_be_opened(fault: str) -> None:
    ours = camera()
    ours.set_fault(fault, on=True)
    assert not loads(ours.shot_bytes())


def test_a_coarse_picture_is_short() -> None:
    ours = camera()
    ours.put(waybill(), Laid(scale=0.4))
    fine = len(ours.shot_bytes())
    ours.set_fault("coarse", on=True)
    assert len(ours.shot_bytes()) < fine / 2


# --- over HTTP ----------------------------------------------------------------------------------


@pytest.fixture
def door() -> Iterator[MjpegDoor]:
    """A camera with a waybill before it, thirty pictures a second."""
    ours = camera(seed=1)
    ours.put(waybill(), Laid(scale=0.45))
    made = MjpegDoor(ours, fps=30)
    made.start()
    yield made
    made.stop()


def received(door: MjpegDoor, count: int = 60_000) -> bytes:
    """The first so many bytes of its answer; fewer if it hangs up."""
    where = urlsplit(door.url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as host:
        host.sendall(b"GET /video HTTP/1.0\r\n\r\n")
        got = b""
        while len(got) < count:
            more = host.recv(65536)
            if not more:
                break
            got += more
    return got


def test_it_streams_pictures_one_after_the_other(door: MjpegDoor) -> None:
    got = received(door)
    assert got.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"multipart/x-mixed-replace" in got
    first = re.search(rb"Content-Length: (\d+)\r\n\r\n", got)
    assert first is not None
    data = got[first.end() : first.end() + int(first[1])]
    assert loads(data)
    assert Image.open(BytesIO(data)).size == SMALL


@pytest.mark.parametrize(("fault", "begins"), [
    ("login", b"HTTP/1.0 401"), ("no_camera", b"220 mail"), ("gone", b""),
])
def test_another_answer_can_be_given(door: MjpegDoor, fault: str, begins: bytes) -> None:
    door.camera.set_fault(fault, on=True)
    got = received(door)
    assert got.startswith(begins)
    assert b"\xff\xd8" not in got


def test_it_can_hang_up_after_three_pictures(door: MjpegDoor) -> None:
    door.camera.set_fault("hangs_up", on=True)
    assert received(door, 10_000_000).count(b"Content-Type: image/jpeg") == 3


def test_lengths_can_be_missing_and_garbage_come_between(door: MjpegDoor) -> None:
    door.camera.set_fault("no_length", on=True)
    door.camera.set_fault("garbage", on=True)
    got = received(door)
    assert b"Content-Length" not in got
    assert b"--simulated-camera" in got


# --- together with the driver -------------------------------------------------------------------


Watched = Callable[..., "queue.SimpleQueue[Any]"]


@pytest.fixture
def watched(door: MjpegDoor) -> Iterator[Watched]:
    """Let the driver watch the camera: gives the queue of its events."""
    workers = []

    def watch(**settings: Any) -> queue.SimpleQueue[Any]:
        events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        settings = {"cpu_percent": 100, "budget_ms": 1000, **settings}
        worker = camera_worker("c", door.url, settings=settings, emit=events.put)
        worker.expect({WAYBILL})
        workers.append(worker)
        worker.start()
        return events

    yield watch
    stopped = [worker.stop() for worker in workers]
    assert all(stopped)


def until(events: queue.SimpleQueue[Any], wanted: Callable[[Any], bool]) -> Any:
    while True:
        event = events.get(timeout=60)
        if wanted(event):
            return event


def is_scan(event: Any) -> bool:
    return isinstance(event, Scan)


def state(name: str) -> Callable[[Any], bool]:
    return lambda event: isinstance(event, Health) and event.state == name


def test_the_driver_scans_what_lies_before_the_camera(watched: Watched) -> None:
    assert until(watched(), is_scan).data == WAYBILL


@pytest.mark.parametrize("fault", [
    "no_length", "garbage", "dribble", "upside_down", "dusk", "flicker", "glare", "noisy",
])
def test_the_driver_scans_in_spite_of(door: MjpegDoor, watched: Watched, fault: str) -> None:
    door.camera.set_fault(fault, on=True)
    assert until(watched(), is_scan).data == WAYBILL


@pytest.mark.parametrize(("fault", "told"), [
    ("corrupt", "misconfigured"), ("stalled", "silent"), ("cut", "silent"), ("empty", "silent"),
    ("login", "misconfigured"), ("no_camera", "gone"), ("gone", "gone"), ("hangs_up", "gone"),
])
def test_the_driver_tells_what_is_wrong(
    door: MjpegDoor, watched: Watched, fault: str, told: str
) -> None:
    door.camera.clear()
    door.camera.set_fault(fault, on=True)
    until(watched(silent_after=0.5), state(told))


def test_the_driver_comes_back_with_the_camera(door: MjpegDoor, watched: Watched) -> None:
    events = watched()
    until(events, is_scan)
    door.camera.set_fault("gone", on=True)
    until(events, state("gone"))
    door.camera.set_fault("gone", on=False)
    until(events, state("ready"))
    assert not any(is_scan(event) for event in drained(events)), "the same parcel, not a new one"


def drained(events: queue.SimpleQueue[Any]) -> Iterator[Any]:
    while not events.empty():
        yield events.get()
