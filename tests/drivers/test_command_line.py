"""``python -m drivers``: one device without the station."""

from __future__ import annotations

import contextlib
import io
import json
import queue
import socket
import threading
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from drivers import __main__ as command_line
from drivers.__main__ import RecordingPort, listen, main, sentence, setting
from drivers.interfaces import (
    DeviceEvent,
    DeviceState,
    Health,
    NoRead,
    Reading,
    ReadingStatus,
    Scan,
    WeighingMode,
)
from drivers.port import FoundPort, Port
from drivers.registry import SCALES, SettingsError
from tests.drivers.conftest import SetClock


@contextlib.contextmanager
def device(says: bytes, hears: int = 0) -> Iterator[str]:
    """Serve one connection: hear so many bytes, say these, and keep the line until the end."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            line, _ = server.accept()
            with line:
                line.settimeout(10)
                if hears:
                    line.recv(hears)
                line.sendall(says)
                over.wait(60)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"socket://127.0.0.1:{server.getsockname()[1]}"
        over.set()
        thread.join()


def press_ctrl_c_after(kind: type[object], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Press Ctrl-C when the first event of this kind is about to be shown; return all lines."""
    lines: list[str] = []

    def watched(event: DeviceEvent) -> str:
        lines.append(sentence(event))
        if isinstance(event, kind):
            raise KeyboardInterrupt
        return lines[-1]

    monkeypatch.setattr(command_line, "sentence", watched)
    return lines


def test_a_scale_is_read_and_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = press_ctrl_c_after(Reading, monkeypatch)
    record = tmp_path / "bench.jsonl"
    with device(b"\x0201.230\r", hears=1) as url:
        code = main(["scale", "--protocol", "toledo-8217", "--port", url, "--set", "unit=kg",
                     "--record", str(record)])
    assert code == 0
    assert "1.230 kg  ok  stable  gross" in lines[-1]
    assert lines[0].startswith("state   scale")
    entries = [json.loads(line) for line in record.read_text().splitlines()]
    assert {"57", "0230312e3233300d"} <= {e.get("in") or e.get("out") for e in entries}
    assert all(isinstance(entry["at"], float) for entry in entries)


def test_a_scanner_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = press_ctrl_c_after(NoRead, monkeypatch)
    with device(b"]C0773001234567890\r\nNR\r\n") as url:
        assert main(["scanner", "--port", url, "--set", "suffix=crlf"]) == 0
    assert lines[-2:] == ["scan    '773001234567890'  ]C0 Code 128", "no scan no_read [4e 52]"]


def test_it_ends_by_itself_after_the_seconds_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with device(b"") as url:
        assert main(["scanner", "--port", url, "--seconds", "0.05"]) == 0
    assert capsys.readouterr().err == ""


def test_a_refused_port_ends_it_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scanner", "--port", "socket://nowhere"]) == 0
    assert "misconfigured  port_refused" in capsys.readouterr().out


def test_the_protocols_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["protocols"]) == 0
    shown = capsys.readouterr().out
    assert all(f"{name} " in shown for name in SCALES)


def test_the_ports_are_listed_by_lasting_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [FoundPort("/dev/serial/by-id/usb-A1", "/dev/ttyUSB0", "CH340")]
    monkeypatch.setattr(command_line, "found_ports", lambda: found)
    assert main(["ports"]) == 0
    assert capsys.readouterr().out == "/dev/serial/by-id/usb-A1  (/dev/ttyUSB0, CH340)\n"


def test_a_scale_is_looked_for_on_the_port_named(capsys: pytest.CaptureFixture[str]) -> None:
    with device(b"ST,GS,+001.230kg\r\n" * 200) as url:
        assert main(["find", "--port", url]) == 0
    shown = capsys.readouterr()
    assert 'protocol = "st-gs"' in shown.out
    assert url in shown.err


def test_every_port_is_looked_at_and_none_at_all_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "found_ports", list)
    assert main(["find"]) == 1
    assert "there is no serial port" in capsys.readouterr().out


def test_a_port_without_a_scale_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find", "--port", "socket://nowhere"]) == 1
    assert "socket://host:number" in capsys.readouterr().out


class Piped(io.StringIO):
    """An output that somebody reads as it comes: what was not flushed he has not seen."""

    seen = ""

    def flush(self) -> None:
        self.seen = self.getvalue()


class Scans(Port):
    """Three scans with pauses between them."""

    def __init__(self, *pieces: bytes) -> None:
        super().__init__("fake://", "scanner")
        self._pieces = list(pieces)

    def cancel(self) -> None:
        """Nothing is ever blocked."""

    def _read(self) -> bytes:
        return self._pieces.pop(0)

    def _send(self, data: bytes) -> Iterator[int]:
        yield len(data)

    def _release(self) -> None:
        """There is nothing to let go of."""


def test_a_scanner_is_learned_from_three_scans(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port = Scans(b"", b"#7731", b"\t", b"", b"", b"#7742\t", b"", b"#69\t", b"")
    opened: list[dict[str, object]] = []
    monkeypatch.setattr(
        command_line, "open_port", lambda *_, **line: (opened.append(line), port)[1])
    assert main(["learn-scanner", "--port", "COM4", "--set", "baudrate=115200"]) == 0
    assert opened == [{"device": "scanner", "read_timeout": 0.3, "baudrate": 115200}]
    shown = capsys.readouterr().out
    written = tomllib.loads(shown[shown.index("[["):])
    assert written == {"bench": {"scanner": [
        {"port": "COM4", "baudrate": 115200, "suffix": "tab", "prefix": "#"}]}}


def test_who_scans_is_asked_and_shown_each_scan_before_the_next(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, seen = Piped(), list[str]()

    class Watched(Scans):
        def _read(self) -> bytes:
            seen.append(pipe.seen)
            return super()._read()

    port = Watched(b"77", b"", b"78", b"", b"79", b"")
    monkeypatch.setattr("sys.stdout", pipe)
    monkeypatch.setattr(command_line, "open_port", lambda *_, **__: port)
    assert main(["learn-scanner", "--port", "COM4"]) == 0
    assert "scan 3 different labels" in seen[0]
    assert [words.splitlines()[-1] for words in seen[2::2]] == ["b'77'", "b'78'"]


def test_scans_that_do_not_agree_end_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port = Scans(b"1\r", b"", b"2\r", b"", b"3\t", b"")
    monkeypatch.setattr(command_line, "open_port", lambda *_, **__: port)
    assert main(["learn-scanner", "--port", "COM4"]) == 1
    assert "end differently" in capsys.readouterr().err


def test_known_codes_teach_a_prefix_of_letters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port = Scans(b"S1111\r", b"", b"S1222\r", b"", b"S1333\r", b"")
    monkeypatch.setattr(command_line, "open_port", lambda *_, **__: port)
    known = ["--code", "111", "--code", "222", "--code", "333"]
    assert main(["learn-scanner", "--port", "COM4", *known]) == 0
    assert 'prefix = "S1"' in capsys.readouterr().out


def test_a_scanner_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn-scanner", "--port", "file:///nowhere/at/all"]) == 2
    assert "is its cable in" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "said"), [
    (["scale", "--protocol", "st-gz", "--port", "x"], "did you mean st-gs?"),
    (["scanner", "--port", "x", "--set", "sufix=cr"], "did you mean suffix?"),
    (["scanner", "--port", "x", "--set", "suffix"], "--set wants NAME=VALUE, not 'suffix'"),
])
def test_a_mistake_is_named_and_the_code_is_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("words", "missing"), [
    ([], "COMMAND"), (["scale", "--port", "x"], "--protocol"), (["scanner"], "--port"),
    (["learn-scanner"], "--port"),
])
def test_what_is_missing_is_named(
    words: list[str], missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert f"required: {missing}" in capsys.readouterr().err


class Quiet:
    """A device that says nothing, and the queue in which it does so."""

    def __init__(self, clock: SetClock) -> None:
        self.clock, self.waited, self.is_running = clock, list[float](), False

    def start(self) -> None:
        self.is_running = True

    def stop(self) -> None:
        self.is_running = False

    def empty(self) -> bool:
        return True

    def get(self, timeout: float) -> DeviceEvent:
        self.waited.append(timeout)
        self.clock.pass_by(timeout)
        raise queue.Empty


def test_it_listens_to_the_last_moment_asked_for_and_not_longer() -> None:
    for seconds, waited in ((0.125, [0.125]), (0.45, [0.2, 0.2, pytest.approx(0.05)]), (0, [0])):
        quiet = Quiet(SetClock())
        listen(quiet, quiet, seconds, quiet.clock)  # type: ignore[arg-type]
        assert quiet.waited == waited
        assert not quiet.is_running


def test_without_seconds_it_listens_until_the_device_ends() -> None:
    quiet = Quiet(SetClock())
    ends = iter([True, True, False])
    quiet.empty = lambda: not next(ends)  # type: ignore[method-assign]
    quiet.start = lambda: None  # type: ignore[method-assign]
    listen(quiet, quiet, None, quiet.clock)  # type: ignore[arg-type]
    assert quiet.waited == [0.2, 0.2]


def test_each_event_is_seen_at_once_by_who_reads_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = Piped()
    monkeypatch.setattr("sys.stdout", pipe)
    events: queue.SimpleQueue[DeviceEvent] = queue.SimpleQueue()
    events.put(Scan("A1"))
    listen(Quiet(SetClock()), events, 0.0)  # type: ignore[arg-type]
    assert pipe.seen == "scan    'A1'\n"


def test_a_recording_has_a_line_for_each_read_and_write_at_a_tenth_of_a_millisecond() -> None:
    book = Piped()
    port = RecordingPort(Scans(b"A1", b""), book, lambda: 1.23456)
    assert (port.read_some(), port.read_some()) == (b"A1", b"")
    port.write(b"W")
    port.close()
    assert [json.loads(line) for line in book.seen.splitlines()] == [
        {"at": 1.2346, "in": "4131"}, {"at": 1.2346, "out": "57"}]


@pytest.mark.parametrize("words", [
    ["--help"], ["scale", "--help"], ["scanner", "--help"], ["find", "--help"],
    ["learn-scanner", "--help"],
])
def test_help_reads_well(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    shown = capsys.readouterr().out
    assert end.value.code == 0
    assert all(len(line) <= 100 for line in shown.splitlines())


@pytest.mark.parametrize(("text", "value"), [
    ("baudrate=1200", 1200), ("ask_every=0.5", 0.5), ("parity_bit=false", False), ("unit=kg", "kg"),
    ("prefix=", ""), ("prefix=a=b", "a=b"),
])
def test_a_setting_is_read_as_station_toml_would(text: str, value: object) -> None:
    assert setting(text) == (text.partition("=")[0], value)


def test_a_setting_without_a_name_is_a_mistake() -> None:
    with pytest.raises(SettingsError):
        setting("=5")


def test_each_event_is_one_line() -> None:
    moving = Reading(
        None, None, None, stable=False, mode=WeighingMode.NET, status=ReadingStatus.MOTION,
        raw=b"\x02?a\r")
    unknown = Reading(
        Decimal("1.2"), None, None, stable=None, mode=None, status=ReadingStatus.OK, raw=b"=")
    gone = Health("bench", "scale", DeviceState.GONE, "COM3", "gone", {"reason": "no cable"})
    assert sentence(moving) == (
        "weight                 -  motion  moving  net  [02 3f 61 0d]")
    assert "1.2 (no unit)  ok  stability unknown  mode unknown" in sentence(unknown)
    assert sentence(Scan("A1")) == "scan    'A1'"
    assert sentence(NoRead("too_long", b"99")) == "no scan too_long [39 39]"
    assert sentence(gone) == "state   bench (COM3) gone  gone  reason: no cable"
