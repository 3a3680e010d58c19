"""A USB scale by its numbers: found again under another /dev/hidraw, and never another one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers import hidraw_port
from drivers.hidraw_port import devices, found_hid_scales
from drivers.interfaces import DeviceGone, PortRefused
from drivers.port import open_port

SCALE = bytes.fromhex("058d0920a101")
KEYBOARD = bytes.fromhex("05010906a101")
Plug = Callable[..., Path]


@pytest.fixture
def plug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plug:
    """Plug in USB devices of a made-up computer; its /dev holds named pipes."""
    sys_class, dev = tmp_path / "class", tmp_path / "dev"
    sys_class.mkdir()
    dev.mkdir()
    monkeypatch.setattr(hidraw_port, "CLASS", sys_class)
    monkeypatch.setattr(hidraw_port, "DEVICES", dev)

    def plugged(
        number: int, ids: str = "0922:8003", *, serial: str = "", socket: str = "1-1",
        descriptor: bytes = SCALE,
    ) -> Path:
        vendor, product = ids.split(":")
        real = tmp_path / "bus" / socket / f"{socket}:1.0" / f"0003:{ids}.{number:04}"
        real.mkdir(parents=True)
        (real / "uevent").write_text(
            f"HID_ID=0003:0000{vendor}:0000{product}\nHID_NAME=DYMO M10\nHID_UNIQ={serial}\n")
        (real / "report_descriptor").write_bytes(descriptor)
        entry = sys_class / f"hidraw{number}"
        entry.mkdir()
        (entry / "device").symlink_to(real)
        node = dev / f"hidraw{number}"
        os.mkfifo(node)
        return node

    return plugged


def test_a_scale_is_listed_by_its_numbers_and_a_keyboard_is_not(plug: Plug) -> None:
    plug(0, "04d9:1203", descriptor=KEYBOARD)
    plug(3)
    assert [(one.stable, one.words) for one in found_hid_scales()] == [
        ("hidraw://0922:8003", "USB 秤 scale DYMO M10")]


def test_a_usage_page_written_in_two_bytes_is_known_too(plug: Plug) -> None:
    plug(0, descriptor=bytes.fromhex("068d000920"))
    assert [one.is_scale for one in devices()] == [True]


def test_two_alike_are_told_apart_by_serial_number_or_by_socket(plug: Plug) -> None:
    plug(0, serial="A1", socket="1-1")
    plug(1, serial="B2", socket="1-2")
    assert [one.stable for one in found_hid_scales()] == [
        "hidraw://0922:8003/A1", "hidraw://0922:8003/B2"]


def test_one_with_a_serial_number_goes_by_it_though_it_is_alone(plug: Plug) -> None:
    plug(0, serial="A 1")
    assert [one.stable for one in found_hid_scales()] == ["hidraw://0922:8003/A%201"]


def test_a_serial_number_that_two_share_names_neither(plug: Plug) -> None:
    for number, serial in enumerate(("A1", "A1", "B2")):
        plug(number, serial=serial, socket=f"1-{number}")
    assert [one.stable for one in found_hid_scales()] == [
        "hidraw://0922:8003/@1-0", "hidraw://0922:8003/@1-1", "hidraw://0922:8003/B2"]


def test_two_without_serial_numbers_are_told_apart_by_socket(plug: Plug) -> None:
    plug(0, socket="1-1")
    plug(1, socket="1-2.4")
    assert [one.stable for one in found_hid_scales()] == [
        "hidraw://0922:8003/@1-1", "hidraw://0922:8003/@1-2.4"]


def test_a_scale_is_read_under_its_lasting_name(plug: Plug) -> None:
    node = plug(5)
    port = open_port("hidraw://0922:8003", device="scale")
    writer = os.open(node, os.O_WRONLY)
    os.write(writer, bytes.fromhex("030402004d03"))
    assert port.read_some() == bytes.fromhex("030402004d03")
    port.cancel()
    assert port.read_some() == b""
    port.close()
    os.close(writer)


def test_after_a_replug_it_is_found_under_its_new_number(plug: Plug, tmp_path: Path) -> None:
    old = plug(0, serial="A1")
    old.unlink()
    (tmp_path / "class" / "hidraw0" / "device").unlink()
    (tmp_path / "class" / "hidraw0").rmdir()
    with pytest.raises(DeviceGone, match="no such port; is its cable in"):
        open_port("hidraw://0922:8003/A1", device="scale")
    plug(7, serial="A1", socket="1-9")
    open_port("hidraw://0922:8003/A1", device="scale").close()


def test_two_alike_are_never_guessed_between(plug: Plug) -> None:
    plug(0, socket="1-1")
    plug(1, socket="1-2")
    with pytest.raises(PortRefused, match="@1-1, @1-2"):
        open_port("hidraw://0922:8003", device="scale")
    open_port("hidraw://0922:8003/@1-2", device="scale").close()


@pytest.mark.parametrize("url", ["hidraw://dymo", "hidraw://0922", "hidraw://"])
def test_a_port_written_wrongly_is_refused(url: str) -> None:
    with pytest.raises(PortRefused, match="vendor:product"):
        open_port(url, device="scale")


def test_a_device_that_vanishes_while_it_is_looked_at_is_not_there(
    plug: Plug, tmp_path: Path
) -> None:
    plug(0)
    (tmp_path / "class" / "hidraw0" / "device").unlink()
    assert devices() == []


def test_without_linux_there_is_nothing(tmp_path: Path) -> None:
    assert devices(tmp_path / "no") == []
