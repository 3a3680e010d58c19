"""``/dev/usb/lp0`` that goes away in the middle of a label: the system's words at its own door."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path
from typing import Any

import pytest

from drivers.interfaces import Bitmap, DeviceError, DeviceGone, MaybeSent, NotSent, Proof
from drivers.printer import build_printer

PAGE = Bitmap(96, 64, random.Random(1).randbytes(12 * 64))
SETTINGS = {"status": "none", "proof": "none", "chunk_bytes": 64}


class Unplugged:
    """The system's write: takes ``after`` bytes of one file, then the device is gone."""

    def __init__(self, path: Path, after: int, number: int) -> None:
        self.path, self.after, self.number = path, after, number
        self._real = os.write

    def __call__(self, fd: int, data: Any) -> int:
        if Path(f"/proc/self/fd/{fd}").readlink() != self.path:
            return self._real(fd, data)
        if self.after <= 0:
            raise OSError(self.number, os.strerror(self.number))
        taken = self._real(fd, bytes(data)[: self.after])
        self.after -= taken
        return taken


@pytest.fixture
def lp0(tmp_path: Path) -> Path:
    path = tmp_path / "lp0"
    path.touch()
    return path


@pytest.mark.fault("F8")
@pytest.mark.parametrize("language", ["escpos", "tspl", "zpl", "cpcl", "epl"])
@pytest.mark.parametrize("number", [errno.ENODEV, errno.EIO, errno.ENXIO, errno.EPIPE])
@pytest.mark.parametrize("after", [0, 1, 64, 65, 100])
def test_a_printer_unplugged_after_any_byte_ends_honestly_and_says_the_cable(
    language: str, number: int, after: int, lp0: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer = build_printer("front", f"file://{lp0}", language, SETTINGS)
    monkeypatch.setattr(os, "write", Unplugged(lp0, after, number))
    with pytest.raises(MaybeSent if after else NotSent) as ended:
        printer.print_page(PAGE, job_id=1)
    assert "cable" in ended.value.reason or number == errno.EPIPE
    assert len(lp0.read_bytes()) == after, "nothing is sent after the loss"
    monkeypatch.undo()
    lp0.unlink()  # the node is gone with the cable
    with pytest.raises(DeviceGone):
        printer.status()
    lp0.touch()  # and comes back
    try:
        assert printer.print_page(PAGE, job_id=2) is Proof.NONE
    except DeviceError as error:
        pytest.fail(f"it does not come back: {error}")
    finally:
        printer.close()
