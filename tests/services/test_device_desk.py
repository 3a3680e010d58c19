"""The devices' desk: recordings saved by themselves, ports lent and taken back, scales replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from drivers.flight import read_flight
from drivers.interfaces import DeviceEvent, DeviceGone, DeviceState, Health, Reading
from drivers.port import Port
from drivers.registry import SettingsError
from drivers.replay import readings
from drivers.scale.find import Outcome, Verdict, judge
from drivers.scale.search import Found
from station import config as configuration
from station.devices import DeviceDesk, Finder
from station.devices.desk import FILES_KEPT

MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
FRAME = b"ST,GS,+000.820kg\r\n"
SCALE = configuration.Scale(port="/dev/scale", protocol="st-gs")


class FramePort(Port):
    """Says one frame, then waits until it is woken."""

    def __init__(self, url: str, frame: bytes = FRAME) -> None:
        super().__init__(url, "x")
        self.frame, self.written, self.is_open = frame, [], True

    def cancel(self) -> None:
        self.frame = b""

    def _read(self) -> bytes:
        return self.frame

    def _send(self, data: bytes) -> Iterator[int]:
        self.written.append(data)
        yield len(data)

    def _release(self) -> None:
        self.is_open = False


@dataclass
class Room:
    """A desk whose clock and ports are set."""

    desk: DeviceDesk
    told: list[DeviceEvent] = field(default_factory=list)
    ports: list[FramePort] = field(default_factory=list)
    now: datetime = MORNING

    def states(self) -> list[tuple[str, str]]:
        return [(str(one.state), one.detail) for one in self.told if isinstance(one, Health)]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made: list[Room] = []

    def opener(url: str, **_line: Any) -> Port:
        port = FramePort(url)
        made[0].ports.append(port)
        return port

    desk = DeviceDesk(tmp_path, now=lambda: made[0].now, opener=opener)
    made.append(Room(desk))
    yield made[0]
    desk.stop()


def trouble(state: DeviceState = DeviceState.GONE, name: str = "1-scale") -> Health:
    return Health(name, "scale", state, "/dev/scale", "gone")


# --- Recordings ---------------------------------------------------------------------------------


def test_a_device_in_trouble_is_saved_by_itself_and_not_again_at_once(room: Room) -> None:
    room.desk.add_scale("1-scale", SCALE, room.told.append)
    room.desk.places["1-scale"].recorder.heard(FRAME)
    for minutes, files in ((0, 1), (9, 1), (11, 2)):
        room.now = MORNING + timedelta(minutes=minutes)
        room.desk.note_health(trouble())
        assert len(room.desk.flights()) == files
    flight = read_flight(room.desk.folder / room.desk.flights()[0].name)
    assert flight.why == "gone gone"
    assert [one.grams for one in readings(flight) if isinstance(one, Reading)] == [820]


@pytest.mark.parametrize("state", [
    DeviceState.READY, DeviceState.STARTING, DeviceState.BUSY, DeviceState.SILENT,
])
def test_what_is_no_fault_of_the_line_is_not_saved(room: Room, state: DeviceState) -> None:
    room.desk.add_scale("1-scale", SCALE, room.told.append)
    room.desk.places["1-scale"].recorder.heard(FRAME)
    room.desk.note_health(trouble(state))
    assert room.desk.flights() == []


def test_a_device_that_never_said_a_byte_leaves_no_file(room: Room) -> None:
    room.desk.add_scale("1-scale", SCALE, room.told.append)
    room.desk.note_health(trouble())
    room.desk.note_health(trouble(name="9-scale"))
    assert room.desk.flights() == []


def test_a_full_disk_is_logged_and_the_device_goes_on(
    room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:
    room.desk.add_scale("1-scale", SCALE, room.told.append)
    room.desk.places["1-scale"].recorder.heard(FRAME)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr("station.devices.desk.write_flight", full)
    room.desk.note_health(trouble())
    assert "could not be saved" in caplog.text


def test_only_the_newest_recordings_are_kept(room: Room) -> None:
    room.desk.add_scale("1-scale", SCALE, room.told.append)
    for minute in range(FILES_KEPT + 3):
        room.now = MORNING + timedelta(minutes=minute)
        room.desk.save("1-scale")
    assert len(room.desk.flights()) == FILES_KEPT


def test_a_bench_name_in_chinese_makes_a_file_name_that_every_system_takes(room: Room) -> None:
    room.desk.add_scale("北台-scale", SCALE, room.told.append)
    path = room.desk.save("北台-scale")
    assert room.desk.flight(path.name) == path
    assert path.name.isascii()


def test_a_printers_recording_holds_no_page(room: Room) -> None:
    recorder = room.desk.add_printer("1-printer", "tspl", "file:///dev/usb/lp0", {})
    port = recorder.open("file:///dev/usb/lp0", device="1-printer")
    port.write("TEXT 林小满 浙江省台州市".encode())
    text = room.desk.save("1-printer", with_content=True).read_text("utf-8")
    assert "林小满".encode().hex() not in text
    assert '"sha256"' in text


def test_a_scanners_recording_leaves_codes_out_unless_they_are_asked_for(room: Room) -> None:
    room.desk.add_scanner("1-gun", configuration.Scanner(port="COM3"), room.told.append)
    room.desk.places["1-gun"].recorder.heard("林小满\r".encode())
    hidden = room.desk.save("1-gun").read_text("utf-8")
    shown = room.desk.save("1-gun", with_content=True).read_text("utf-8")
    assert ("林小满".encode().hex() in hidden, "林小满".encode().hex() in shown) == (False, True)


def test_a_camera_that_goes_away_leaves_a_recording_of_its_events_alone(room: Room) -> None:
    """What the camera saw is never in it, nor the password in its address."""
    recorder, told = room.desk.add_camera(
        "1-camera", "rtsp://packer:secret@10.0.0.9/1", {"reads": True}, room.told.append)
    recorder.note("opened")
    recorder.note("14.9 pictures a second")
    recorder.note("lost: DeviceGone")
    gone = Health("1-camera", "camera", DeviceState.GONE, "rtsp://10.0.0.9/1", "gone")
    told(gone)
    assert room.told == [gone]
    (saved,) = room.desk.flights()
    flight = read_flight(room.desk.folder / saved.name)
    assert [moment.note for moment in flight.moments] == [
        "opened", "14.9 pictures a second", "lost: DeviceGone"]
    assert "secret" not in (room.desk.folder / saved.name).read_text("utf-8")
    assert not room.desk.lend(room.desk.places["1-camera"])


# --- Lending and replacing ----------------------------------------------------------------------


def until(look: Callable[[], Any]) -> Any:
    """What ``look`` finds; it waits for a thread, ten seconds at most."""
    import threading  # noqa: PLC0415

    for _ in range(1000):
        if found := look():
            return found
        threading.Event().wait(0.01)
    raise AssertionError("it never came")


def test_a_lent_port_is_closed_and_owned_again_when_it_is_given_back(room: Room) -> None:
    room.desk.add_scale("1-scale", SCALE, room.told.append)
    room.desk.start()
    until(lambda: ("ready", "") in room.states())
    place = room.desk.owner_of("/dev/scale")
    assert place is not None
    assert room.desk.lend(place)
    assert (room.ports[0].is_open, room.states()[-1]) == (False, ("busy", "searching"))
    assert not room.desk.lend(place)  # it cannot be lent twice
    room.told.clear()
    room.desk.take_back(place)
    until(lambda: any(isinstance(one, Reading) for one in room.told))
    assert len(room.ports) == 2


def test_a_printers_port_is_never_lent(room: Room) -> None:
    room.desk.add_printer("1-printer", "tspl", "COM9", {})
    assert not room.desk.lend(room.desk.places["1-printer"])


def test_another_scale_takes_the_place_of_the_old_one(room: Room) -> None:
    room.desk.add_scale("1-scale", SCALE, room.told.append)
    room.desk.start()
    until(lambda: room.ports)
    other = configuration.Scale(port="/dev/other", protocol="mt-sics", ask_every=None)
    assert room.desk.replace_scale("1-scale", other)
    until(lambda: len(room.ports) > 1)
    assert [port.url for port in room.ports] == ["/dev/scale", "/dev/other"]
    assert room.desk.places["1-scale"].about.protocol == "mt-sics"
    assert room.desk.places["1-scale"].words == {"zero", "tare"}
    assert room.desk.places["1-scale"].recorder.about.port == "/dev/other"


def test_settings_that_cannot_be_leave_the_old_scale_at_work(room: Room) -> None:
    room.desk.add_scale("1-scale", SCALE, room.told.append)
    room.desk.start()
    until(lambda: room.ports)
    with pytest.raises(SettingsError):
        room.desk.replace_scale("1-scale", configuration.Scale(port="x", protocol="no-such"))
    assert room.ports[0].is_open
    assert not room.desk.replace_scale("9-scale", SCALE)


def test_a_ready_scale_is_told_to_zero_in_its_own_words(room: Room) -> None:
    sics = configuration.Scale(port="/dev/s", protocol="mt-sics")
    room.desk.add_scale("1-scale", sics, room.told.append)
    assert not room.desk.tell("1-scale", "zero")  # not ready yet
    room.desk.start()
    until(lambda: room.ports).__getitem__(0).frame = b"S S      0.820 kg\r\n"
    until(lambda: ("ready", "") in room.states())
    assert room.desk.tell("1-scale", "zero")
    until(lambda: b"Z\r\n" in room.ports[0].written)
    assert not room.desk.tell("1-scale", "dance")
    assert not room.desk.tell("9-scale", "zero")


# --- The search ---------------------------------------------------------------------------------


class FakeSearch:
    """A search that needs no seconds: what it finds is given."""

    verdicts: ClassVar[dict[str, Verdict]] = {}

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        self.tell = tell

    def look(self, port: str) -> Found:
        self.tell(f"{port} 9600 8N1")
        return Found(port, self.verdicts.get(port, Verdict(Outcome.SILENT)))

    def sample(self, found: Found, _seconds: float) -> bytes:
        if found.port == "/dev/gone":
            raise DeviceGone("find", found.port, "its cable is out")
        return b"ST,GS,+  1,500kg\r\n" * 5 if found.port == "/dev/comma" else b"=0000.500" * 5


@pytest.fixture
def finder(room: Room) -> Finder:
    room.desk.add_scale("1-scale", SCALE, room.told.append)
    room.desk.add_printer("1-printer", "tspl", "/dev/lp", {})
    twins = judge(b"=0000.500" * 20)
    FakeSearch.verdicts = {"/dev/scale": twins, "/dev/gone": twins}
    ports = [("/dev/scale", "CH340"), ("/dev/lp", "printer"), ("/dev/gone", "")]
    return Finder(room.desk, search=FakeSearch, ports=lambda: ports)


def test_the_ports_are_shown_with_whose_they_are_before_any_search(finder: Finder) -> None:
    assert [(one.port, one.holder, one.outcome) for one in finder.findings] == [
        ("/dev/scale", "1-scale", "waiting"), ("/dev/lp", "1-printer", "waiting"),
        ("/dev/gone", "", "waiting")]


def test_a_search_borrows_our_own_scale_and_leaves_the_printer_alone(
    finder: Finder, room: Room
) -> None:
    assert finder.start([])
    assert finder.wait(60)
    assert [one.outcome for one in finder.findings] == ["ambiguous", "trouble", "ambiguous"]
    assert finder.findings[1].found.trouble == "printer"
    assert ("busy", "searching") in room.states()
    assert room.desk.places["1-scale"].worker is not None


def test_the_known_weight_picks_one_of_the_twins_and_only_that_may_be_written(
    finder: Finder
) -> None:
    finder.start(["/dev/scale"])
    finder.wait(60)
    proven = finder.prove(0, 500)
    assert proven is not None
    assert [(one.protocol, one.agrees) for one in proven.proven] == [
        ("yaohua-equals", True), ("yaohua-equals-reversed", False)]
    scale = finder.settings_of(0, "yaohua-equals")
    assert scale is not None
    assert (scale.protocol, scale.unit, scale.baudrate) == ("yaohua-equals", "kg", None)
    assert finder.settings_of(0, "yaohua-equals-reversed") is None
    assert finder.settings_of(5, "yaohua-equals") is None


def test_the_known_weight_tells_what_a_comma_is_and_it_is_written_down(room: Room) -> None:
    FakeSearch.verdicts = {"/dev/comma": judge(b"ST,GS,+  1,500kg\r\n" * 20)}
    finder = Finder(room.desk, search=FakeSearch, ports=lambda: [("/dev/comma", "")])
    finder.start([])
    finder.wait(60)
    assert "where its point is" in finder.findings[0].found.verdict.doubts[0]
    finder.prove(0, 1500)
    scale = finder.settings_of(0, "st-gs")
    assert scale is not None
    assert scale.settings() == {"decimal_comma": True}


def test_a_port_pulled_while_the_weight_is_read_says_so(finder: Finder) -> None:
    finder.start(["/dev/gone"])
    finder.wait(60)
    proven = finder.prove(0, 500)
    assert proven is not None
    assert proven.outcome == "trouble"
    assert proven.trouble == "没有这个端口，或者线没插好 · its cable is out"


def test_what_answers_nothing_cannot_be_proven(finder: Finder) -> None:
    finder.start(["/dev/nothing"])
    finder.wait(60)
    assert finder.findings[0].outcome == "silent"
    assert finder.prove(0, 500) is None


def test_a_station_that_stops_ends_the_search_and_gives_the_port_back(
    finder: Finder, room: Room
) -> None:
    class Slow(FakeSearch):
        def look(self, port: str) -> Found:
            finder._stopping.set()
            return super().look(port)

    finder._search = Slow
    finder.start([])
    assert finder.wait(60)
    assert finder.progress == ""
    assert finder.findings[0].outcome == "waiting"
    assert room.desk.places["1-scale"].worker is not None
