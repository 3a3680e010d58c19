"""What a healthy bench never does: each branch is taken once, and its answer is looked at."""

from __future__ import annotations

import os
import socket
import struct
import threading
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace as Box
from typing import Any

import pytest

from drivers import flight, port
from drivers.camera import mjpeg, sources, steps
from drivers.flight import About, FlightRecorder, Moment, RecordedPort
from drivers.hidraw_port import HidrawPort, devices
from drivers.interfaces import DeviceEvent, DeviceGone, DeviceState, Health
from drivers.port import FilePort, SerialPort, open_port
from drivers.printer import escpos_transport
from drivers.printer.escpos_transport import EscposWire
from drivers.scale.proof import Proven
from drivers.scale.st_gs import StGsDecoder
from drivers.scale.stream import ScaleStream
from drivers.worker import UNREADABLE_HINT, DeviceWorker, Identity


class Line(port.Port):
    """A port that says what it is told to, and remembers what was done to it."""

    def __init__(self, *says: bytes) -> None:
        super().__init__("fake://", "fake")
        self.says, self.took, self.done = list(says), b"", list[str]()

    def cancel(self) -> None:
        self.done.append("cancel")

    def _read(self) -> bytes:
        return self.says.pop(0) if self.says else b""

    def _send(self, data: bytes) -> Any:
        self.took += data
        yield len(data)

    def _release(self) -> None:
        self.done.append("release")


# --- Ports --------------------------------------------------------------------------------------


def test_a_serial_port_that_cannot_be_woken_is_left_to_its_timeout() -> None:
    SerialPort("x", "scale", object(), 1.0).cancel()


def test_a_file_that_was_ready_and_is_empty_after_all_gives_nothing() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    line = FilePort("file:///x", "printer", reader, readable=True, read_timeout=0.01,
                    write_timeout=0.01)
    try:
        assert line._read_ready() == b""
        assert line.read_some() == b""
    finally:
        line.close()
        os.close(writer)


def test_a_connection_whose_line_cannot_be_set_is_closed_again(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"socket://127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setattr(port, "KEEPALIVE", (("NO_SUCH_OPTION", 1),))
        open_port(address, device="scale").close()  # an option that is not here is left out

        def refuse(*_: Any) -> Any:
            raise OSError("no room")

        monkeypatch.setattr(port, "TcpPort", refuse)
        with pytest.raises(DeviceGone, match="no room"):
            open_port(address, device="scale")
        for _ in range(2):
            caller, _address = listener.accept()
            assert caller.recv(1) == b""
            caller.close()


def test_device_files_are_not_opened_where_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere:
        name = "nt"

    monkeypatch.setattr(port, "os", Elsewhere)
    with pytest.raises(ValueError, match="only on Linux"):
        port._open_file("file:///dev/usb/lp0", "printer", 1, 1)


def test_what_is_written_to_a_usb_device_arrives_and_ends_with_it() -> None:
    inner = Line(b"ready")
    usb = HidrawPort("hidraw://0922:8003", inner)
    usb.write(b"zero")
    assert (inner.took, usb.read_some()) == (b"zero", b"ready")
    usb.cancel()
    usb.close()
    assert inner.done == ["cancel", "release"]


def test_a_usb_device_without_numbers_is_none_of_ours(tmp_path: Path) -> None:
    about = tmp_path / "hidraw0" / "device"
    about.mkdir(parents=True)
    (about / "uevent").write_text("HID_NAME=odd\n")
    (about / "report_descriptor").write_bytes(b"")
    assert devices(tmp_path, tmp_path) == []


# --- Recordings ---------------------------------------------------------------------------------


def recorded(inner: Line) -> tuple[RecordedPort, FlightRecorder]:
    kept = FlightRecorder(About("1-scale", "scale", "fake://", "st-gs"), keeps_output=True,
                          opener=lambda *_, **__: inner, clock=lambda: 0.0)
    return RecordedPort(inner, kept), kept


def test_a_recorded_port_does_all_that_its_port_does() -> None:
    inner = Line(b"a", b"", b"b")
    line, kept = recorded(inner)
    assert [line.read_some(), line.read_some()] == [b"a", b""]
    assert flight.Port.read_some(line) == b"b"  # as who knows ports alone asks
    flight.Port.write(line, b"c")
    assert inner.took == b"c"
    line.cancel()
    line.close()
    line.close()
    assert inner.done == ["cancel", "release"]
    said = [(moment.direction, moment.data or moment.note) for moment in kept.moments()]
    assert [note for _, note in said if note == "closed"] == ["closed"]
    assert {b"a", b"b", b"c"} <= {data for _, data in said}
    line._release()
    assert inner.done == ["cancel", "release"]


def test_a_moment_without_bytes_has_no_content_to_leave_out() -> None:
    moment = Moment(1.0, "note", b"", "lost", 0, "")
    assert moment.without_content() is moment


# --- Cameras ------------------------------------------------------------------------------------


def test_a_camera_that_breaks_off_its_answer_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def hang_up() -> None:
            caller, _ = listener.accept()
            caller.recv(4096)
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            caller.close()

        camera = threading.Thread(target=hang_up)
        camera.start()
        with pytest.raises(DeviceGone, match="broke off"):
            mjpeg.open_mjpeg(f"http://127.0.0.1:{listener.getsockname()[1]}/", "camera")
        camera.join()


def test_a_cameras_file_is_looked_at_where_cameras_are_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, away = tmp_path / "video0", tmp_path / "video1"
    there.touch()
    sources._check_device("camera", "x", str(there))
    with pytest.raises(DeviceGone, match="cable"):
        sources._check_device("camera", "x", str(away))
    monkeypatch.setattr("sys.platform", "darwin")
    sources._check_device("camera", "x", str(away))


def test_a_barcode_whose_bytes_are_no_text_is_no_read(monkeypatch: pytest.MonkeyPatch) -> None:
    kind, place = next(iter(steps.ZBAR_NAMES)), Box(left=1, top=2, width=3, height=4)

    class Reader:
        ZBarSymbol: Any = dict.fromkeys(steps.ZBAR_NAMES, 0)

        @staticmethod
        def decode(*_: Any, **__: Any) -> list[Box]:
            return [Box(data=data, type=kind, rect=place) for data in (b"\xff\xfe", b"773")]

    monkeypatch.setattr(steps, "zbar", lambda: Reader)
    monkeypatch.setattr(steps, "_zbar_symbols", list)
    ((text, _, _, corners),) = steps.read_zbar(steps.np.zeros((2, 2), "uint8"))
    assert (text, corners[0], corners[2]) == ("773", (1, 2), (4, 6))


# --- Printers and scales ------------------------------------------------------------------------


def test_a_known_weight_is_shown_as_it_was_read_and_in_grams() -> None:
    read = Proven("cas", "kg", Decimal("0.500"), Decimal(500), agrees=True)
    assert read.shown == "0.500 kg = 500 g"
    assert Proven("cas", None, Decimal(1), Decimal("453.6"), agrees=False,
                  sent_unit="lb").shown == "1 lb = 453.6 g"


def test_a_printer_that_has_no_way_back_is_not_waited_for() -> None:
    wire = EscposWire("printer", "escpos+file:///x", "file", None)  # type: ignore[arg-type]
    wire._kind = next(iter(escpos_transport.DUMB))
    assert wire.read_some() == b""


def test_select_is_not_asked_about_files_where_it_knows_sockets_only(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    EscposWire._await_writable(object(), 0)  # type: ignore[arg-type]


# --- The thread of a device ---------------------------------------------------------------------


def worker(told: list[DeviceEvent]) -> DeviceWorker:
    return DeviceWorker(Identity("1-scale", "scale", "fake://"), ScaleStream(StGsDecoder()),
                        Line, told.append)


def test_a_worker_stopped_before_it_began_opens_nothing() -> None:
    told: list[DeviceEvent] = []
    owner = worker(told)
    owner.stop()
    owner.run()
    assert len(told) == 1


def test_one_refused_frame_does_not_end_a_complaint_about_the_line() -> None:
    told: list[DeviceEvent] = []
    owner = worker(told)
    owner._tell(DeviceState.MISCONFIGURED, UNREADABLE_HINT)
    owner._judge_at_rest()
    assert [event.state for event in told if isinstance(event, Health)] == [
        DeviceState.MISCONFIGURED]
