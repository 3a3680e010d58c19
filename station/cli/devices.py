"""`station devices`: ports by lasting names, finding a scale, and reading a recording again."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from drivers.flight import Flight, Moment, NotAFlight, read_flight
from drivers.hidraw_port import found_hid_scales
from drivers.interfaces import DeviceError, DeviceEvent, NoRead, Reading, Scan
from drivers.port import FoundPort, found_ports, open_port, shown
from drivers.replay import NothingToDecode, replay
from drivers.scale.search import Search, report
from drivers.scanner.learning import SCANS, NotLearned, learn, scans_from
from station.cli.command import (
    FOUND,
    OK,
    Command,
    Misuse,
    Problem,
    settings_of,
    takes_config,
)
from station.config import Bench, Config

_STEADY = {True: "稳 steady", False: "动 moving", None: "稳否不知 steadiness unknown"}
_BYTES_SHOWN = 48
_PAUSE_S = 0.3  # of quiet between two scans; a scanner sends a code in much less


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "step", nargs="?", choices=("find", "learn", "replay"),
        help="find: 找秤的协议 · listen and ask, and name a scale's protocol;"
             " learn: 学扫码枪的结尾字符 · learn a scanner's suffix and prefix;"
             " replay: 再看一份通信记录 · decode a saved recording again")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE",
                        help="replay 的记录文件 · the recording to replay")
    parser.add_argument("--port", metavar="URL", help="只看这个端口 · find on this port only")
    parser.add_argument("--bytes", action="store_true",
                        help="replay 时也显示字节 · show every byte of the recording too")
    takes_config(parser)


def _devices(options: argparse.Namespace) -> int:
    if options.step == "find":
        return _find(options.port)
    if options.step == "learn":
        return _learn(options.port)
    if options.step == "replay":
        return _replay(options.file, with_bytes=options.bytes)
    for port in _ports():
        print(f"{port.stable}  ({port.system})  {port.words}")
    config = settings_of(options) if options.config.exists() else Config()
    for bench in config.benches:
        for line in _configured(bench):
            print(f"[{bench.name}] {line}")
    return OK


def _ports() -> list[FoundPort]:
    return [*found_ports(), *found_hid_scales()]


def _find(only: str | None) -> int:
    """Look for scales; held ports say so. The pages of a running station can lend its own."""
    ports = [only] if only else [port.stable for port in _ports()]
    outcome = FOUND
    for found in map(Search().look, ports):
        print("\n".join(report(found)), flush=True)
        outcome = OK if found.verdict.matches else outcome
    return outcome


def _learn(port: str | None) -> int:
    """Take three scans of a scanner and print its lines for station.toml."""
    if port is None:
        raise Misuse("learn 需要 --port / learn wants --port")
    print(f"请扫 {SCANS} 个不同的条码 scan {SCANS} different labels", flush=True)
    try:
        with closing(open_port(port, device="scanner", read_timeout=_PAUSE_S)) as opened:
            learned = learn(list(scans_from(opened)))
    except (NotLearned, DeviceError) as trouble:
        raise Problem(str(trouble)) from trouble
    print("\n".join(learned.rows(port)))
    return OK


def _replay(path: Path | None, *, with_bytes: bool) -> int:
    """Print what a recording's bytes say; 1 if they say nothing."""
    if path is None:
        raise Misuse("要写记录文件 / name the recording: station devices replay FILE")
    try:
        flight = read_flight(path)
    except (OSError, NotAFlight) as problem:
        print(f"读不了 cannot be read: {problem}")
        return FOUND
    about = flight.about
    print(f"{about.device} {about.kind} {about.protocol} {about.port}  {flight.saved_at}  "
          f"{flight.why}".rstrip())
    said = 0
    for line, is_event in _told(flight, with_bytes=with_bytes):
        said += is_event
        print(line)
    return OK if said or about.kind in ("printer", "camera") else FOUND


def _told(flight: Flight, *, with_bytes: bool) -> Iterator[tuple[str, bool]]:
    """The lines of a replay, and whether each is something that the device said."""
    try:
        for moment, events in replay(flight):
            if with_bytes or moment.note or moment.left_out:
                yield _moment(moment), False
            for event in events:
                yield f"{moment.at:9.3f}  {_event(event)}", True
    except NothingToDecode:
        for moment in flight.moments:
            yield _moment(moment), False
    except ValueError as wrong:  # the drivers' errors about the settings in the file
        yield str(wrong), False


def _moment(moment: Moment) -> str:
    if moment.note:
        return f"{moment.at:9.3f}  -- {moment.note}"
    arrow = "<-" if moment.direction == "in" else "->"
    if moment.left_out:
        return f"{moment.at:9.3f}  {arrow} {moment.left_out} 字节未保存 bytes left out"
    more = " …" if len(moment.data) > _BYTES_SHOWN else ""
    return f"{moment.at:9.3f}  {arrow} {moment.data[:_BYTES_SHOWN].hex(' ')}{more}"


def _event(event: DeviceEvent) -> str:
    if isinstance(event, Reading):
        value = "–" if event.value is None else f"{event.value} {event.unit or '(无单位 no unit)'}"
        grams = "" if event.grams is None else f" = {event.grams.normalize():f} g"
        what = f"{value}{grams}  {event.status}  {_STEADY[event.stable]}"
        return f"{what}  {event.mode or ''}".rstrip()
    if isinstance(event, Scan):
        return f"条码 code {event.data!r}"
    return f"扫不出 no read: {event.reason}" if isinstance(event, NoRead) else str(event)


def _configured(bench: Bench) -> Iterator[str]:
    if bench.scale:
        yield f"秤 scale  {bench.scale.protocol}  {bench.scale.port}"
    for scanner in bench.scanners:
        yield f"扫码枪 scanner {scanner.name}  {scanner.port}"
    if bench.camera:
        yield f"摄像头 camera  {shown(bench.camera.port)}"
    if bench.printer:
        yield f"打印机 printer  {bench.printer.language}  {bench.printer.port}"
    if bench.slip_printer:
        slips = bench.slip_printer
        yield f"小票打印机 slip printer  {slips.paper_mm} mm  {slips.characters}  {slips.port}"


COMMANDS = (
    Command("devices", "列出串口和已设置的设备；找秤；再看通信记录"
            " · list ports and configured devices; find a scale; read a recording again",
            _arguments, _devices,
            "station devices find          找秤 · name the protocol of a scale, with the evidence\n"
            "station devices learn --port /dev/serial/by-id/…   三次扫描学会扫码枪的设置"
            " · a scanner's settings from three scans\n"
            "station devices replay FILE   再看一份通信记录 · decode a saved recording again"),
)
