"""The camera over the simulated bench: what is scanned lies under it, and its faults."""

from __future__ import annotations

from simulators.camera import Laid
from simulators.camera_feed import CameraFault, MjpegDoor, SimulatedCamera
from simulators.mechanism import Page

SIZE, FPS = (960, 540), 8.0
FITS = 0.42  # of a waybill's dots, so that the whole label is in the picture


class BenchCamera:
    """A camera with an MJPEG door. One label at a time lies under it."""

    def __init__(self, *, port: int = 0, seed: int = 0) -> None:
        self.camera = SimulatedCamera(size=SIZE, seed=seed)
        self.door: MjpegDoor | None = None
        self._port = port
        self.lying: int | None = None

    def start(self) -> str:
        """Show the bench; return the url that a driver opens."""
        self.door = MjpegDoor(self.camera, port=self._port, fps=FPS)
        return self.door.start()

    def stop(self) -> None:
        """Hang up."""
        if self.door is not None:
            self.door.stop()

    def lay(self, page: Page) -> None:
        """Put this page under the camera instead of what lies there."""
        if page.number == self.lying:
            return
        with self.camera.lock:
            self.camera.clear()
            self.camera.put(page, Laid(scale=FITS, turn=4.0))
            self.lying = page.number

    def clear(self) -> None:
        """Take everything away."""
        with self.camera.lock:
            self.camera.clear()
            self.lying = None

    def set_fault(self, name: str, *, on: bool) -> list[str]:
        """Switch a fault; those that are on. ValueError names the known ones."""
        self.camera.set_fault(name, on=on)
        return sorted(self.camera.faults)

    def mend(self) -> None:
        """Switch every fault off."""
        for fault in list(self.camera.faults):
            self.camera.set_fault(fault, on=False)

    def state(self) -> dict[str, object]:
        """What lies there and what is wrong, for the control door."""
        return {
            "url": self.door.url if self.door else "", "lying": self.lying,
            "faults": sorted(self.camera.faults),
        }


MENU = {fault.value: fault.sentence for fault in CameraFault}
