"""`station devices`: ports, and a saved recording read again offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drivers.flight import About, Moment, write_flight
from drivers.port import FoundPort
from station.cli.command import FOUND, OK, USAGE

FLIGHT = Path(__file__).parents[1] / "drivers" / "flights" / "tare-then-parcel.jsonl"


def saved(tmp_path: Path, about: About, *moments: Moment, **how: Any) -> Path:
    path = tmp_path / "x.jsonl"
    write_flight(path, about, moments, saved_at="2026-11-28 10:00", why="gone", **how)
    return path


def test_a_recording_is_read_again_as_the_weights_that_were(station: Any) -> None:
    code, said = station("devices", "replay", FLIGHT)
    assert code == OK
    lines = said.splitlines()
    assert lines[0].startswith("1-scale scale st-gs /dev/serial/by-id/usb-scale")
    assert "-- opened" in lines[1]
    assert "-0.250 kg = -250 g  ok  稳 steady  net" in said
    assert lines[-2].endswith("0.820 kg = 820 g  ok  稳 steady  gross")
    assert lines[-1].endswith("-- lost: DeviceGone")


def test_every_byte_is_shown_when_asked_for(station: Any) -> None:
    assert "-> 4d 5a" in station("devices", "replay", FLIGHT, "--bytes")[1]
    assert "-> 4d 5a" not in station("devices", "replay", FLIGHT)[1]


def test_scans_that_were_left_out_are_counted_and_not_shown(station: Any, tmp_path: Path) -> None:
    path = saved(tmp_path, About("gun", "scanner", "COM3"), Moment(1, "in", b"6901\r"),
                 with_content=False)
    code, said = station("devices", "replay", path)
    assert (code, "5 字节未保存" in said) == (FOUND, True)
    path = saved(tmp_path, About("gun", "scanner", "COM3"), Moment(1, "in", b"6901\r"))
    assert "条码 code '6901'" in station("devices", "replay", path)[1]


def test_a_printers_recording_is_shown_and_not_decoded(station: Any, tmp_path: Path) -> None:
    path = saved(tmp_path, About("p", "printer", "COM9", "tspl"), Moment(1, "out", b"\x1b!?"),
                 Moment(2, "out", left_out=4096, digest="ab"), Moment(3, "in", b"\x00"))
    code, said = station("devices", "replay", path)
    assert code == OK
    assert "-> 1b 21 3f" in said
    assert "-> 4096 字节未保存" in said
    assert "<- 00" in said


@pytest.mark.parametrize(("text", "words"), [
    ("nonsense", "line 1"), ('{"flight": 1, "kind": "scale", "protocol": "no-such"}',
                             "unknown scale protocol"),
])
def test_what_cannot_be_read_says_why(
    station: Any, tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(text + "\n")
    code, said = station("devices", "replay", path)
    assert (code, words in said) == (FOUND, True)


def test_a_file_that_is_not_there_or_not_named_is_told(station: Any, tmp_path: Path) -> None:
    assert station("devices", "replay", tmp_path / "no.jsonl")[0] == FOUND
    assert station("devices", "replay")[0] == USAGE


def test_usb_scales_stand_beside_the_serial_ports(
    station: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usb = FoundPort("hidraw://0922:8003", "/dev/hidraw0", "USB 秤 scale DYMO M10")
    monkeypatch.setattr("station.cli.devices.found_hid_scales", lambda: [usb])
    said = station("devices", "-c", tmp_path / "none.toml")[1]
    assert "hidraw://0922:8003  (/dev/hidraw0)  USB 秤 scale DYMO M10" in said


def test_the_recording_in_the_repository_is_one_json_object_a_line() -> None:
    for line in FLIGHT.read_text("utf-8").splitlines():
        assert isinstance(json.loads(line), dict)
