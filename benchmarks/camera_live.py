"""A live camera at 1280x720 beside a working bench: pictures a second, processor, and scans' delay.

``python benchmarks/camera_live.py [--seconds N] [--json FILE]``: a whole station on SQLite with one
bench; a second process plays the camera over HTTP (MJPEG, 25 pictures a second, drawn beforehand).
Scans that write one durable row each are put to the bench twenty times a second, without a camera,
over a bench at rest, over a bench where something always moves and nothing can be read (the dearest
case), and with labels that come and go.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - the script runs from anywhere

from simulators.camera import HD, Laid, Optics, jpeg, picture, sheet, wooden  # noqa: E402
from simulators.camera_feed import CameraFault, MjpegDoor  # noqa: E402
from simulators.snapshots import code_dots  # noqa: E402

FPS, SCANS_PER_SECOND, FRAMES = 25.0, 20.0, 16
SCENES = ("rest", "moving", "labels")
WAYBILL = "77311234567890{}"


class Reel:
    """Plays pictures that were drawn beforehand, so that playing costs next to nothing."""

    def __init__(self, scene: str) -> None:
        self._shots = [jpeg(seen) for seen in drawn(scene)]
        self._at = 0
        self.faults: set[CameraFault] = set()

    def has(self, fault: CameraFault) -> bool:
        return fault in self.faults

    def shot_bytes(self) -> bytes:
        self._at += 1
        step = self._at // (1 if len(self._shots) == FRAMES else 40)
        return self._shots[step % len(self._shots)]


def drawn(scene: str) -> list[Any]:
    table = wooden(HD, np.random.default_rng(1))

    def shot(laid: list[Any], seed: int) -> Any:
        return picture(laid, Optics(noise=3), size=HD, seed=seed, table=table)

    if scene == "rest":
        return [shot([], seed) for seed in range(FRAMES)]
    if scene == "moving":  # stripes that are no code
        stripes = code_dots("code128", WAYBILL.format(1))[:, ::3]
        return [shot([(sheet(stripes), Laid(0.3 + n / 40, 0.5, 1.5, 17.0 * n))], n)
                for n in range(FRAMES)]
    return [shot([(sheet(code_dots("code128", WAYBILL.format(n))), Laid(0.5, 0.5, 1.2))]
                 if n % 2 else [], n) for n in range(FRAMES - 2)]


def play(scene: str) -> int:
    """The other process: serve until standard input ends."""
    door = MjpegDoor(Reel(scene), fps=FPS)  # type: ignore[arg-type]
    print(door.start(), flush=True)
    sys.stdin.read()
    door.stop()
    return 0


def measured(scene: str, seconds: float) -> dict[str, float]:
    from station import config as configuration  # noqa: PLC0415 - the child needs none of it
    from station.bootstrap import build  # noqa: PLC0415
    from station.db import schema  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as home:
        text, child = '[[bench]]\nname = "1"\n', None
        if scene:
            child = subprocess.Popen([sys.executable, __file__, "--play", scene], text=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert child.stdout is not None
            text += f'[bench.camera]\nport = "{child.stdout.readline().strip()}"\n'
        config = configuration.parse(text, Path(home))
        schema.upgrade(config.database_url)
        station = build(config)
        station.start()
        try:
            return figures(station, seconds)
        finally:
            station.stop()
            if child is not None and child.stdin is not None:
                child.stdin.close()
                child.wait(10)


def figures(station: Any, seconds: float) -> dict[str, float]:
    camera = station.cameras.get("1")
    stream = camera._stream if camera is not None else None  # noqa: SLF001 - its counts
    time.sleep(2.0)
    delays: list[float] = []
    begun, cpu = time.monotonic(), time.process_time()
    before = (stream.frames, stream.looks) if stream is not None else (0, 0)
    tick = threading.Event()
    while time.monotonic() - begun < seconds:
        at = time.perf_counter()
        station.benches["1"].scan(f"PBCMD-NOTHING-{len(delays)}")
        delays.append((time.perf_counter() - at) * 1000)
        tick.wait(1 / SCANS_PER_SECOND)
    wall, used = time.monotonic() - begun, time.process_time() - cpu
    delays.sort()
    found = {
        "cpu_percent": used / wall * 100, "scan_p50_ms": statistics.median(delays),
        "scan_p99_ms": delays[int(len(delays) * 0.99)],
    }
    if stream is not None:
        found["pictures_per_s"] = (stream.frames - before[0]) / wall
        found["looks_per_s"] = (stream.looks - before[1]) / wall
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--play", choices=SCENES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.play:
        return play(options.play)
    found = {scene or "no camera": measured(scene, options.seconds) for scene in ("", *SCENES)}
    for scene, row in found.items():
        print(f"{scene:<12}" + "".join(f"{name:>16}{value:8.2f}" for name, value in row.items()))
    if options.json:
        options.json.write_text(json.dumps({"camera_live": found}, indent=2), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
