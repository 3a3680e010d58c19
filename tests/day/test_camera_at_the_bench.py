"""A camera above a bench of a real station: it opens parcels, disturbs none, and takes evidence."""

from __future__ import annotations

import contextlib
import io
import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from simulators.camera import Laid, sheet
from simulators.camera_feed import CameraFault, MjpegDoor, SimulatedCamera
from simulators.snapshots import code_dots
from station import config as configuration
from station.bootstrap import Station, build
from station.db.models import Parcel, ParcelLine, Sku, SkuBarcode, WaybillNumber
from station.domain.screen import Step
from station.services import dossier, photographs
from station.services.photographs import PhotographView

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
FIRST, SECOND = "773112345678901", "773112345678902"
BARCODE = "6901234567892"
SETTINGS = """
[station]
database = "{database}"
[[bench]]
name = "1"
[bench.camera]
port = "{camera}"
looks_per_second = 20
cpu_percent = 90
budget_ms = 200
leave_ms = 200
{more}
"""


@dataclass
class Place:
    """The station, the camera above its bench, and a door to put things under it."""

    station: Station
    camera: SimulatedCamera

    def lay(self, kind: str, text: str, **where: float) -> int:
        at = Laid(**{"x": 0.5, "y": 0.5, "scale": 0.5, **where})
        return self.camera.put(sheet(code_dots(kind, text)), at)

    @property
    def bench(self) -> Any:
        return self.station.benches["1"]

    def look(self, pictures: int = 5) -> None:
        """Let the camera see so many new pictures."""
        stream = self.station.cameras["1"]._stream
        seen = stream.frames + pictures
        self.wait_for(lambda: stream.frames >= seen)

    def wait_for(self, true: Callable[[], Any], seconds: float = 60.0) -> Any:
        """What ``true`` returns once it is that; the camera's thread works meanwhile."""
        end = time.monotonic() + seconds
        with self.station.hub.listen() as heard:
            while not (found := true()):
                assert time.monotonic() < end, self.bench.view()
                with contextlib.suppress(queue.Empty):
                    heard.get(timeout=0.05)
        return found

    def pictures(self) -> tuple[PhotographView, ...]:
        def look(session: Any) -> tuple[PhotographView, ...]:
            return tuple(shot for key in session.scalars(select(Parcel.id))
                         for shot in photographs.of_parcel(session, key))

        return self.station.read(look)


def stock(session: Any, *, now: datetime) -> None:
    """Two printed parcels of one shirt each."""
    sku = Sku(code="TS-W-M", item_no="TS1103", color="白色", size="M", on_hand=9, reserved=2,
              defect=0, weight_g=160, location="B-01")
    session.add(sku)
    session.flush()
    session.add(SkuBarcode(barcode=BARCODE, sku_id=sku.id))
    for number in (FIRST, SECOND):
        parcel = Parcel(
            state="printed", carrier="STO", waybill_no=number, merge_key=number, name="林小满",
            phone="13900000101", province="浙江省", city="台州市", district="温岭市",
            street="试验路1号", paid_at=NOW, deadline=NOW, created_at=NOW, copies=1)
        session.add(parcel)
        session.flush()
        session.add(ParcelLine(parcel_id=parcel.id, sku_id=sku.id, quantity=1, reserved=1,
                               measured_mm=[]))
        session.add(WaybillNumber(carrier="STO", number=number, state="printed",
                                  parcel_id=parcel.id, received_at=NOW))


@pytest.fixture
def build_place(sqlite_url: str, tmp_path: Path) -> Iterator[Callable[..., Place]]:
    made: list[tuple[Station, MjpegDoor]] = []

    def place(more: str = "") -> Place:
        camera = SimulatedCamera(size=(640, 360), seed=3)
        door = MjpegDoor(camera, fps=25)
        door.start()
        text = SETTINGS.format(database=sqlite_url, camera=door.url, more=more)
        station = build(configuration.parse(text, tmp_path), now=lambda: NOW)
        made.append((station, door))
        station.write(stock)
        station.start()
        return Place(station, camera)

    yield place
    for station, door in made:
        station.stop()
        door.stop()


def state(place: Place) -> str:
    (camera,) = [device for device in place.bench.view().devices if device.kind == "camera"]
    return str(camera.state)


@pytest.mark.rule("D4")
def test_a_label_under_the_camera_opens_its_parcel_and_disturbs_no_open_one(build_place: Any):
    place = build_place()
    place.wait_for(lambda: state(place) == "ready")
    place.lay("code128", "STRANGER-1", y=0.2)
    place.lay("code128", FIRST, y=0.5)
    view = place.wait_for(lambda: place.bench.view() if place.bench.view().parcel else None)
    assert view.parcel.waybill_no == FIRST
    place.lay("code128", SECOND, y=0.8)
    place.lay("ean13", BARCODE, x=0.2, y=0.2, scale=0.3)
    place.look(20)
    view = place.bench.view()
    assert (view.parcel.waybill_no, view.locked, view.verdict.message.code) == (
        FIRST, False, "waybill.opened")
    assert view.parcel.items[0].packed == 0


@pytest.mark.rule("D8")
def test_the_last_item_is_photographed_and_kept_with_its_hash(build_place: Any):
    place = build_place('role = "witness"\nphoto_kb = 30')
    place.wait_for(lambda: state(place) == "ready")
    place.lay("code128", FIRST)
    place.look()
    place.bench.scan(FIRST)
    place.bench.scan(BARCODE)
    (shot,) = place.wait_for(place.pictures)
    assert (shot.moment, shot.camera, shot.bench) == ("open", "1-camera", "1")
    assert 1000 < shot.size <= 30_000
    told = place.station.read(dossier.dossier, FIRST)
    assert told.photographs == (shot,)
    (row,) = [row for row in told.history if row.kind == "photographed"]
    assert row.data["sha256"] == shot.sha256
    with Image.open(io.BytesIO(place.station.read(photographs.jpeg, shot.id))) as picture:
        assert picture.size == (640, 360)
        assert np.asarray(picture.convert("L")).std() > 20


def test_a_witness_reads_no_codes(build_place: Any):
    place = build_place('role = "witness"')
    place.lay("code128", FIRST)
    place.wait_for(lambda: state(place) == "ready")
    place.look(10)
    assert place.bench.view().parcel is None


def test_a_camera_that_is_set_to_read_goods_counts_them_in(build_place: Any):
    place = build_place('codes = "all"')
    place.wait_for(lambda: state(place) == "ready")
    place.bench.scan(FIRST)
    place.lay("ean13", BARCODE)
    view = place.wait_for(
        lambda: place.bench.view() if place.bench.view().step is not Step.ITEMS else None)
    assert view.parcel.items[0].packed == 1
    assert place.wait_for(place.pictures)[0].moment == "open"


def test_a_camera_that_is_gone_hinders_no_packing_and_the_gap_is_on_record(build_place: Any):
    place = build_place()
    place.wait_for(lambda: state(place) == "ready")
    place.camera.set_fault(CameraFault.GONE, on=True)
    place.wait_for(lambda: state(place) == "gone")
    place.bench.scan(FIRST)
    place.bench.scan(BARCODE)

    def kinds() -> list[str]:
        return [row.kind for row in place.station.read(dossier.dossier, FIRST).history]

    place.wait_for(lambda: "photograph_missing" in kinds())
    assert place.pictures() == ()
    place.camera.set_fault(CameraFault.GONE, on=False)
    place.wait_for(lambda: state(place) == "ready")
