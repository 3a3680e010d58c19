"""Talk to one scale or scanner without the station: ``python -m drivers --help``."""

from __future__ import annotations

import argparse
import json
import queue
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from drivers.interfaces import DeviceError, DeviceEvent, Health, NoRead, Reading, Scan
from drivers.port import Port, found_ports, open_port
from drivers.registry import (
    SCALE_SETTINGS,
    SCALES,
    SCANNER_SETTINGS,
    SettingsError,
    scale_worker,
    scanner_worker,
)
from drivers.scale.find import Outcome
from drivers.scale.search import Search, report
from drivers.scanner.aim import symbology
from drivers.scanner.learning import SCANS, NotLearned, learn, scans_from
from drivers.worker import DeviceWorker

PAUSE = 0.3
"""Seconds of quiet between two scans; a scanner sends a code in much less."""

EXAMPLES = """examples:
  python -m drivers ports
  python -m drivers find
  python -m drivers learn-scanner --port COM3
  python -m drivers scale --protocol st-gs --port /dev/serial/by-id/usb-…
  python -m drivers scale --protocol toledo-8217 --port socket://192.168.1.50:4001 --set unit=kg
  python -m drivers scanner --port COM3 --set suffix=cr --record scans.jsonl
"""


class RecordingPort(Port):
    """A port that writes down what passes through it: one JSON line for each read and write."""

    def __init__(self, inner: Port, book: TextIO, clock: Callable[[], float]) -> None:
        super().__init__(inner.url, inner.device)
        self._inner, self._book, self._clock = inner, book, clock

    def cancel(self) -> None:
        """Wake a blocked read."""
        self._inner.cancel()

    def _read(self) -> bytes:
        data = self._inner.read_some()
        if data:
            self._note("in", data)
        return data

    def _send(self, data: bytes) -> Iterator[int]:
        self._note("out", data)
        self._inner.write(data)
        yield len(data)

    def _release(self) -> None:
        self._inner.close()

    def _note(self, direction: str, data: bytes) -> None:
        self._book.write(json.dumps({"at": round(self._clock(), 4), direction: data.hex()}) + "\n")
        self._book.flush()


def arguments() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    parser = argparse.ArgumentParser(
        prog="python -m drivers",
        description="与单个设备对话 · Talk to one device without the station.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("ports", help="列出串口及其固定名称 · list serial ports by lasting names")
    commands.add_parser("protocols", help="列出秤协议 · list the scale protocols")
    find = commands.add_parser("find", help="找秤 · listen and ask, and name the scale's protocol")
    find.add_argument("--port", metavar="URL", help="only this port (else all of this computer)")
    learning = commands.add_parser(
        "learn-scanner", help="扫三次，学会前缀和结尾 · learn suffix and prefix from three scans")
    _add_port(learning)
    learning.add_argument(
        "--code", action="append", default=[], metavar="TEXT", dest="known",
        help="what the three barcodes hold, in order, where it is known; given three times")
    scale = commands.add_parser("scale", help="读秤 · show what a scale says")
    scale.add_argument("--protocol", required=True, metavar="NAME", help="one of `protocols`")
    scanner = commands.add_parser("scanner", help="读扫码枪 · show what a scanner reads")
    for device in (scale, scanner):
        _add_port(device)
    scale.epilog = f"settings: {', '.join(sorted(SCALE_SETTINGS))}, and unit where none is sent"
    scanner.epilog = f"settings: {', '.join(sorted(SCANNER_SETTINGS))}"
    return parser


def _add_port(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", required=True, metavar="URL",
        help="/dev/serial/by-id/…, COM3, socket://host:port or rfc2217://host:port")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
        help="a setting as in station.toml, such as baudrate=1200 or unit=kg; may be repeated")
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="append every byte to FILE, as JSON lines")
    parser.add_argument(
        "--seconds", type=float, metavar="N", help="stop after N seconds (else at Ctrl-C)")


def setting(text: str) -> tuple[str, Any]:
    """Split NAME=VALUE; numbers and true/false become what station.toml would make of them."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise SettingsError(f"--set wants NAME=VALUE, not {text!r}")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def sentence(event: DeviceEvent) -> str:
    """Put an event into one line for people."""
    if isinstance(event, Reading):
        return _weight(event)
    if isinstance(event, Scan):
        aim = f"  {event.aim} {symbology(event.aim)}".rstrip() if event.aim else ""
        return f"scan    {event.data!r}{aim}"
    if isinstance(event, NoRead):
        return f"no scan {event.reason} [{event.raw.hex(' ')}]"
    return _state(event)


def _weight(reading: Reading) -> str:
    value = "-" if reading.value is None else f"{reading.value} {reading.unit or '(no unit)'}"
    steady = {True: "stable", False: "moving", None: "stability unknown"}[reading.stable]
    return (
        f"weight  {value:>16}  {reading.status}  {steady}  {reading.mode or 'mode unknown'}"
        f"  [{reading.raw.hex(' ')}]"
    )


def _state(health: Health) -> str:
    facts = "  ".join(f"{name}: {value}" for name, value in health.facts.items())
    where = f"{health.device} ({health.port})"
    return f"state   {where} {health.state}  {health.detail}  {facts}".rstrip()


def listen(
    worker: DeviceWorker, events: queue.SimpleQueue[DeviceEvent], seconds: float | None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Print what the device says until the time is over or a key stops it."""
    end = None if seconds is None else clock() + seconds
    worker.start()
    try:
        while worker.is_running or not events.empty():
            try:
                left = 0.2 if end is None else min(0.2, end - clock())
                print(sentence(events.get(timeout=max(0.0, left))), flush=True)
            except queue.Empty:
                pass
            if end is not None and clock() >= end:
                return
    except KeyboardInterrupt:
        return
    finally:
        worker.stop()


def talk(options: argparse.Namespace) -> None:
    """Build the device of the command line and listen to it."""
    events: queue.SimpleQueue[DeviceEvent] = queue.SimpleQueue()
    settings = dict(setting(text) for text in options.settings)
    with ExitStack() as stack:
        opener: Callable[..., Port] = open_port
        if options.record:
            book = stack.enter_context(options.record.open("a", encoding="utf-8"))
            opener = partial(_open_recording, book)
        if options.command == "scale":
            worker = scale_worker(
                "scale", options.protocol, options.port,
                settings=settings, emit=events.put, opener=opener)
        else:
            worker = scanner_worker(
                "scanner", options.port, settings=settings, emit=events.put, opener=opener)
        listen(worker, events, options.seconds)


def _open_recording(book: TextIO, url: str, **line: Any) -> Port:
    return RecordingPort(open_port(url, **line), book, time.monotonic)


def look_for_scales(ports: Sequence[str], search: Search, tell: Callable[[str], None]) -> int:
    """Look on every port and tell what was found; 1 if there was nothing at all."""
    found = [search.look(port) for port in ports]
    for one in found:
        for row in report(one):
            tell(row)
    if not ports:
        tell("没有串口 there is no serial port")
    heard = any(one.verdict.outcome is not Outcome.SILENT for one in found)
    return 0 if heard else 1


def learn_scanner(options: argparse.Namespace) -> int:
    """Take three scans and print the settings that they show; 1 if they show none."""
    line = dict(setting(text) for text in options.settings)
    print(f"请扫 {SCANS} 个不同的条码 scan {SCANS} different labels", flush=True)
    with closing(open_port(options.port, device="scanner", read_timeout=PAUSE, **line)) as port:
        scans = []
        for scan in scans_from(port):
            print(repr(scan), flush=True)
            scans.append(scan)
    try:
        learned = learn(scans, options.known)
    except NotLearned as trouble:
        print(trouble, file=sys.stderr)
        return 1
    print("\n".join(learned.rows(options.port, **line)))
    return 0


def main(words: list[str] | None = None) -> int:
    """Run the command line; 2 for a mistake in it."""
    options = arguments().parse_args(words)
    try:
        return COMMANDS.get(options.command, _talk)(options)
    except (SettingsError, DeviceError) as mistake:
        print(mistake, file=sys.stderr)
        return 2


def _talk(options: argparse.Namespace) -> int:
    talk(options)
    return 0


def _list_ports(_: argparse.Namespace) -> int:
    for found in found_ports():
        print(f"{found.stable}  ({found.system}, {found.words})")
    return 0


def _list_protocols(_: argparse.Namespace) -> int:
    for name, protocol in SCALES.items():
        print(f"{name:24} {protocol.words}")
    return 0


def _find(options: argparse.Namespace) -> int:
    ports = [options.port] if options.port else [found.stable for found in found_ports()]
    return look_for_scales(ports, Search(tell=_progress), print)


def _progress(words: str) -> None:
    print(f"… {words}", file=sys.stderr)


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "ports": _list_ports, "protocols": _list_protocols, "find": _find,
    "learn-scanner": learn_scanner,
}


if __name__ == "__main__":
    sys.exit(main())
