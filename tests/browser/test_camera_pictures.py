"""Pictures in a real browser: the live one is renewed, and a parcel's photographs are drawn."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from drivers.interfaces import DeviceState, Health, Photograph
from station.services import photographs

pytestmark = pytest.mark.browser


def jpeg(grey: int) -> Photograph:
    file = io.BytesIO()
    Image.new("L", (160, 90), grey).save(file, "JPEG")
    return Photograph(file.getvalue(), 160, 90, 0.1)


def test_the_live_picture_is_renewed_while_somebody_looks(
    page: Any, server: Any, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def shoot() -> Photograph:
        asked.append(len(asked))
        return jpeg(40 * (len(asked) % 6))

    monkeypatch.setitem(shop.station.cameras, "1", SimpleNamespace(photograph=shoot))
    shop.station.benches["1"].post(Health("1-camera", "camera", DeviceState.READY, "0"))
    page.goto(f"{server.url}devices")
    live = page.locator("[data-live]")
    live.wait_for()
    page.wait_for_selector("[data-live][src*='?']")
    assert live.evaluate("(picture) => picture.naturalWidth") == 160
    assert len(asked) >= 2


def test_a_parcels_photographs_are_drawn_with_moment_and_hash(
    page: Any, server: Any, open_shop: Any
) -> None:
    number = open_shop.seal("P1", "JN8801-黑色-32")
    parcel_id = open_shop.parcel_id(number)
    for moment in ("open", "weighed"):
        open_shop.write(photographs.keep, parcel_id, moment, jpeg(128), camera="1-camera",
                        bench="1", who="阿明")
    page.goto(f"{server.url}parcels/{number}")
    shots = page.locator("figure.photograph img")
    assert shots.count() == 2
    for shot in shots.all():
        shot.evaluate("(picture) => picture.decode()")
        assert shot.evaluate("(picture) => picture.naturalWidth") == 160
    assert page.get_by_text("装齐未封").first.is_visible()
