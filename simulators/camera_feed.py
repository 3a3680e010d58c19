"""A simulated camera above the bench: what lies there, its faults, and the way to watch it.

``SimulatedCamera`` is the thing: pages are put before it and taken away. ``MjpegDoor`` shows it
over HTTP as network cameras do.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image

from simulators.camera import HD, Grey, Laid, Optics, Page, jpeg, paper_of, picture, wooden

BOUNDARY = "simulated-camera"
VARIANTS = 4  # pictures with different noise that are drawn of one scene


class CameraFault(StrEnum):
    """What can be wrong with the camera, its picture or its wire."""

    DARK = "dark"
    DUSK = "dusk"
    BLURRED = "blurred"
    SHAKING = "shaking"
    NOISY = "noisy"
    GLARE = "glare"
    COVERED = "covered"
    UPSIDE_DOWN = "upside_down"
    MIRRORED = "mirrored"
    OVEREXPOSED = "overexposed"
    FLICKER = "flicker"
    SMALL = "small"
    COARSE = "coarse"
    TORN = "torn"
    FROZEN = "frozen"
    GONE = "gone"
    HANGS_UP = "hangs_up"
    STALLED = "stalled"
    CUT = "cut"
    CORRUPT = "corrupt"
    EMPTY = "empty"
    GARBAGE = "garbage"
    NO_LENGTH = "no_length"
    DRIBBLE = "dribble"
    LOGIN = "login"
    NO_CAMERA = "no_camera"

    @property
    def sentence(self) -> str:
        """What it means, in the shop's words."""
        return SENTENCES[self]


SENTENCES = {
    CameraFault.DARK: "没开灯 · the lamp is off, a twentieth of the light is left",
    CameraFault.DUSK: "光线暗 · a fifth of the light, and the sensor's noise",
    CameraFault.BLURRED: "没对焦 · the lens is out of focus",
    CameraFault.SHAKING: "手抖 · whatever lies there is being moved",
    CameraFault.NOISY: "噪点多 · a cheap sensor with its gain up",
    CameraFault.GLARE: "反光 · a lamp is mirrored in the film",
    CameraFault.COVERED: "镜头被挡 · something stands before the lens",
    CameraFault.UPSIDE_DOWN: "倒装 · the camera hangs upside down",
    CameraFault.MIRRORED: "镜像 · the driver mirrors the picture, no code can be read",
    CameraFault.OVEREXPOSED: "过曝 · everything bright is white",
    CameraFault.FLICKER: "灯光闪烁 · every other picture is much darker",
    CameraFault.SMALL: "分辨率低 · pictures of 320 x 180",
    CameraFault.COARSE: "压缩过度 · JPEG quality 5",
    CameraFault.TORN: "画面撕裂 · the lower half is of the picture before",
    CameraFault.FROZEN: "画面定格 · the same picture again and again",
    CameraFault.GONE: "断开 · its cable is out",
    CameraFault.HANGS_UP: "总掉线 · it closes the connection after three pictures",
    CameraFault.STALLED: "不出图 · the connection stays, nothing comes",
    CameraFault.CUT: "图只有一半 · every picture ends in its middle",
    CameraFault.CORRUPT: "图像损坏 · bytes are flipped",
    CameraFault.EMPTY: "空图 · pictures of no bytes",
    CameraFault.GARBAGE: "乱码 · random bytes between the pictures",
    CameraFault.NO_LENGTH: "没有长度 · no Content-Length is sent",
    CameraFault.DRIBBLE: "网络慢 · a picture comes in many small pieces",
    CameraFault.LOGIN: "要密码 · it wants a user and password",
    CameraFault.NO_CAMERA: "不是摄像头 · something else answers at its address",
}

SEEN: dict[CameraFault, Optics] = {
    CameraFault.DARK: Optics(light=0.05, noise=2), CameraFault.DUSK: Optics(light=0.2, noise=6),
    CameraFault.BLURRED: Optics(blur=4), CameraFault.SHAKING: Optics(motion=12, heading=20),
    CameraFault.NOISY: Optics(noise=30), CameraFault.GLARE: Optics(glare=0.8),
    CameraFault.COVERED: Optics(light=0.01), CameraFault.OVEREXPOSED: Optics(light=4),
}  # fmt: skip
"""Faults that are seen through the lens."""


@dataclass(frozen=True)
class _State:
    """What determines a picture, but for its noise."""

    laid: tuple[tuple[int, Laid], ...]
    faults: frozenset[CameraFault]


class SimulatedCamera:
    """Looks down on a bench. Every action and picture is safe from any thread."""

    def __init__(self, *, size: tuple[int, int] = HD, noise: float = 2.0, seed: int = 0) -> None:
        self.size, self.noise = size, noise
        self.lock = threading.RLock()
        self.faults: set[CameraFault] = set()
        self._seed, self._chance = seed, random.Random(seed)
        self._papers: dict[int, tuple[Image.Image, Laid]] = {}
        self._drawn: dict[tuple[_State, int], Grey] = {}
        self._shots = self._number = 0
        self._last: Grey | None = None

    def put(self, page: Page | Image.Image, laid: Laid | None = None) -> int:
        """Lay a page down, on top of what is there; its number, by which it is taken away."""
        paper = page if isinstance(page, Image.Image) else paper_of(page)
        with self.lock:
            self._number += 1  # never again: what was drawn is remembered by it
            self._papers[self._number] = paper, laid or Laid()
            return self._number

    def move(self, number: int, **to: float) -> None:
        """Move a page: any of Laid's values. KeyError if it is not there."""
        with self.lock:
            paper, laid = self._papers[number]
            self._papers[number] = paper, replace(laid, **to)

    def take(self, number: int) -> None:
        """Take a page away. KeyError if it is not there."""
        with self.lock:
            del self._papers[number]

    def clear(self) -> None:
        """Take everything away."""
        with self.lock:
            self._papers.clear()

    def set_fault(self, name: str, *, on: bool) -> None:
        """Switch a fault. ValueError names the known ones."""
        try:
            fault = CameraFault(name)
        except ValueError:
            known = ", ".join(CameraFault)
            raise ValueError(f"no camera fault {name!r}; known are {known}") from None
        with self.lock:
            (self.faults.add if on else self.faults.discard)(fault)

    def has(self, fault: CameraFault) -> bool:
        """True while the fault is on."""
        return fault in self.faults

    def shot(self) -> Grey:
        """The next picture."""
        with self.lock:
            self._shots += 1
            if self.has(CameraFault.FROZEN) and self._last is not None:
                return self._last
            before, seen = self._last, self._seen()
            if self.has(CameraFault.TORN) and before is not None and before.shape == seen.shape:
                middle = len(seen) // 2
                seen = np.concatenate([seen[:middle], before[middle:]])
            self._last = seen
            return seen

    def shot_bytes(self) -> bytes:
        """The next picture as its wire carries it: a JPEG file, or what a fault makes of one."""
        with self.lock:
            data = jpeg(self.shot(), quality=5 if self.has(CameraFault.COARSE) else 85)
            if self.has(CameraFault.EMPTY):
                return b""
            if self.has(CameraFault.CUT):
                return data[: len(data) // 2]
            return self._flipped(data) if self.has(CameraFault.CORRUPT) else data

    def _flipped(self, data: bytes) -> bytes:
        """Damage a JPEG file so that no decoder takes it: in its head, and here and there."""
        damaged = bytearray(data)
        damaged[2:20] = self._chance.randbytes(18)
        for _ in range(len(data) // 200):
            damaged[self._chance.randrange(20, len(data))] ^= 1 << self._chance.randrange(8)
        return bytes(damaged)

    def _seen(self) -> Grey:
        laid = tuple((number, where) for number, (_, where) in self._papers.items())
        key = _State(laid, frozenset(self.faults)), self._shots % VARIANTS
        if key not in self._drawn:
            if len(self._drawn) >= 2 * VARIANTS:
                self._drawn.clear()
            self._drawn[key] = self._draw(key[1])
        return self._drawn[key]

    def _draw(self, variant: int) -> Grey:
        seen = picture(
            list(self._papers.values()), self._optics(variant), size=self.size,
            seed=self._seed * VARIANTS + variant, table=self._table())
        if self.has(CameraFault.UPSIDE_DOWN):
            seen = seen[::-1, ::-1]
        if self.has(CameraFault.MIRRORED):
            seen = seen[:, ::-1]
        if self.has(CameraFault.SMALL):
            return np.asarray(Image.fromarray(seen).resize((320, 180), Image.Resampling.BOX))
        return np.ascontiguousarray(seen)

    def _table(self) -> Grey:
        """The bench itself: the same grain in every picture."""
        return wooden(self.size, np.random.default_rng(self._seed))

    def _optics(self, variant: int) -> Optics:
        optics = Optics(noise=self.noise)
        for fault, seen in SEEN.items():
            if self.has(fault):
                changed = {
                    name: value for name, value in vars(seen).items()
                    if value != getattr(Optics(), name)}
                optics = replace(optics, **changed)
        if self.has(CameraFault.FLICKER) and variant % 2:
            optics = replace(optics, light=optics.light * 0.4)
        return optics


class _Server(ThreadingHTTPServer):
    """Threads are joined at the end, so that none outlives the camera."""

    daemon_threads = False
    block_on_close = True
    allow_reuse_address = True
    door: MjpegDoor


class MjpegDoor:
    """Shows the camera at ``url`` as an endless stream of JPEG pictures, ``fps`` a second."""

    def __init__(self, camera: SimulatedCamera, *, port: int = 0, fps: float = 15.0) -> None:
        self.camera, self.fps = camera, fps
        self.stopping = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.door = self
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """What a driver opens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/video"

    def start(self) -> str:
        """Serve from a thread; return the url."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="simulated-camera", daemon=True)
        self._thread.start()
        return self.url

    def stop(self) -> None:
        """Hang up on everybody, join every thread, close the port."""
        self.stopping.set()
        if self._thread:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def parts(self) -> Iterator[bytes]:
        """The stream's pieces until it is to end; b"" while there is nothing to send."""
        shots = 0
        while not self.stopping.is_set() and not self.camera.has(CameraFault.GONE):
            if self.camera.has(CameraFault.HANGS_UP) and shots >= 3:
                return
            if self.camera.has(CameraFault.STALLED):
                yield b""
                continue
            shots += 1
            yield self._part(self.camera.shot_bytes())

    def _part(self, data: bytes) -> bytes:
        length = f"Content-Length: {len(data)}\r\n"
        if self.camera.has(CameraFault.NO_LENGTH):
            length = ""
        noise = random.Random(len(data)).randbytes(300).replace(b"\xff", b"\xfe")
        garbage = noise if self.camera.has(CameraFault.GARBAGE) else b""
        head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n{length}\r\n".encode()
        return garbage + head + data + b"\r\n"


class _Handler(BaseHTTPRequestHandler):
    """One watcher."""

    server: _Server
    timeout = 5

    def do_GET(self) -> None:
        """Answer with the stream, or as the fault says."""
        door = self.server.door
        if door.camera.has(CameraFault.LOGIN):
            self.send_error(401)
        elif door.camera.has(CameraFault.NO_CAMERA):
            self.wfile.write(b"220 mail.example.invalid ready\r\n\r\n")
        elif not door.camera.has(CameraFault.GONE):
            with contextlib.suppress(OSError):
                self._stream(door)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: a test's output is for the test."""

    def _stream(self, door: MjpegDoor) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        self.end_headers()
        for part in door.parts():
            for piece in self._pieces(part):
                self.wfile.write(piece)
            door.stopping.wait(1 / door.fps)

    def _pieces(self, part: bytes) -> Iterator[bytes]:
        if not self.server.door.camera.has(CameraFault.DRIBBLE):
            yield part
            return
        for at in range(0, len(part), 1000):
            yield part[at : at + 1000]
