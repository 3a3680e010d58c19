"""Every fault of the simulated camera: what is still read, what is told, and what is no evidence.

Docs: docs/faults.md says the same in words.
"""

from __future__ import annotations

import queue
import time
from typing import Any

import pytest

from drivers.camera import camera_worker
from drivers.camera.sources import decoded
from drivers.interfaces import DeviceEvent, Health, Scan
from simulators.camera import Laid, sheet
from simulators.camera_feed import CameraFault, MjpegDoor, SimulatedCamera
from simulators.snapshots import code_dots

WAYBILL = "773112345678901"
SIZE = (640, 360)

STILL_READ = [
    CameraFault.DUSK, CameraFault.NOISY, CameraFault.GLARE, CameraFault.UPSIDE_DOWN,
    CameraFault.FLICKER, CameraFault.COARSE, CameraFault.TORN, CameraFault.FROZEN,
    CameraFault.OVEREXPOSED, CameraFault.DARK, CameraFault.SHAKING, CameraFault.MIRRORED,
    CameraFault.SMALL,
]
"""The ladder reads it all the same."""

NOT_READ = [CameraFault.BLURRED, CameraFault.COVERED]
"""No code is told, and no other one either; the picture is still evidence of how it looked."""

DAMAGED = [CameraFault.CUT, CameraFault.CORRUPT, CameraFault.EMPTY]
"""Pictures come that are none: misconfigured, and no evidence."""

ON_THE_WIRE = {
    CameraFault.GONE: "gone", CameraFault.HANGS_UP: "gone", CameraFault.STALLED: "silent",
    CameraFault.GARBAGE: "ready", CameraFault.NO_LENGTH: "ready", CameraFault.DRIBBLE: "ready",
    CameraFault.LOGIN: "misconfigured", CameraFault.NO_CAMERA: "gone",
}


def camera_with(fault: CameraFault | None, seed: int = 2) -> SimulatedCamera:
    camera = SimulatedCamera(size=SIZE, seed=seed)
    camera.put(sheet(code_dots("code128", WAYBILL)), Laid(scale=0.75))
    if fault is not None:
        camera.set_fault(fault, on=True)
    return camera


def pictures(fault: CameraFault, count: int) -> list[Any]:
    """What the wire carries, decoded as the driver does; None for a damaged one."""
    camera = camera_with(fault)
    found = (decoded(camera.shot_bytes()) for _ in range(count))
    return [None if picture is None else picture[:, :, 0].copy() for picture in found]


def test_every_fault_has_its_answer() -> None:
    assert {*STILL_READ, *NOT_READ, *DAMAGED, *ON_THE_WIRE} == set(CameraFault)
    assert len(CameraFault) >= 25


@pytest.mark.parametrize("fault", STILL_READ)
def test_a_poor_picture_is_read_once_all_the_same(stand: Any, fault: CameraFault) -> None:
    stand.eye(*pictures(fault, 12))
    assert stand.run({WAYBILL}) == [WAYBILL]


@pytest.mark.parametrize("fault", NOT_READ)
def test_what_cannot_be_read_is_no_code_and_still_a_photograph(
    stand: Any, fault: CameraFault
) -> None:
    stand.eye(*pictures(fault, 12))
    assert stand.run({WAYBILL}) == []
    assert "ready" in stand.states
    assert stand.stream.photograph(stand.clock.now) is not None


@pytest.mark.parametrize("fault", DAMAGED)
def test_damaged_pictures_are_told_and_are_no_evidence(stand: Any, fault: CameraFault) -> None:
    stand.eye(*pictures(fault, 60))
    assert stand.run({WAYBILL}) == []
    assert "misconfigured" in stand.states
    assert "ready" not in stand.states
    assert stand.stream.photograph(stand.clock.now) is None


@pytest.mark.parametrize("fault", ON_THE_WIRE)
def test_a_fault_of_the_wire_is_told_and_ends_with_it(fault: CameraFault) -> None:
    camera = camera_with(None)
    door = MjpegDoor(camera, fps=50)
    events: queue.SimpleQueue[DeviceEvent] = queue.SimpleQueue()
    worker = camera_worker(
        "camera", door.start(), settings={"silent_after": 0.5, "budget_ms": 200.0},
        emit=events.put)
    worker.expect({WAYBILL})
    camera.set_fault(fault, on=True)
    worker.start()
    try:
        assert told_in_time(events, ON_THE_WIRE[fault])
        if ON_THE_WIRE[fault] in ("gone", "silent"):
            assert worker.photograph() is None
            camera.set_fault(fault, on=False)
            assert told_in_time(events, "ready")
    finally:
        worker.stop()
        door.stop()


def told_in_time(events: queue.SimpleQueue[DeviceEvent], state: str, seconds: float = 60) -> bool:
    """True once this state was told; nothing but the waybill was read meanwhile."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        event = events.get(timeout=left)
        assert not isinstance(event, Scan) or event.data == WAYBILL
        if isinstance(event, Health) and event.state == state:
            return True
    return False
