"""The station put together from its settings: which device's words go where."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from sqlalchemy import select

from station import config as configuration
from station.bootstrap import build
from station.db.models import HandoverLine

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop


def test_a_scanner_at_the_door_feeds_the_hand_over(open_shop: Shop, tmp_path: Path) -> None:
    parcel = open_shop.seal("2450000000000005001", "JN8801-黑色-32")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        config = configuration.parse(
            f"""
            [station]
            database = "{open_shop.db.url}"
            [[bench]]
            name = "1"
            [[bench.scanner]]
            role = "handover"
            suffix = "cr"
            port = "socket://127.0.0.1:{listener.getsockname()[1]}"
            """,
            tmp_path,
        )
        station = build(config)
        with station.hub.listen() as heard:
            station.start()
            scanner, _ = listener.accept()
            with scanner:
                scanner.sendall(f"{parcel.waybill_no}\r".encode())
                while heard.get(timeout=60) != "handovers":
                    pass
        station.stop()
    taken = open_shop.read(lambda s: s.scalars(select(HandoverLine.parcel_id)).all())
    assert taken == [parcel.id]


def test_a_station_is_put_together_and_taken_apart_without_being_started(tmp_path: Path) -> None:
    text = '[[bench]]\nname = "1"\n[bench.printer]\nport = "loop://"'
    config = configuration.parse(text, tmp_path)
    station = build(config)
    assert list(station.benches) == ["1"]
    station.stop()
