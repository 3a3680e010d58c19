"""From the names in the configuration to devices: protocols, their usual lines, their settings.

A mistake in the settings raises ``SettingsError``, which names the device and the nearest known
word. Nothing here opens a port; the worker's thread does.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Any

from drivers.interfaces import Emit
from drivers.port import Port, open_port
from drivers.scale.measures import ALIASES, GRAMS
from drivers.scale.protocols import SCALES, ScaleProtocol, Settings
from drivers.scale.stream import ScaleStream
from drivers.scanner.bounce import WINDOW, Bounce
from drivers.scanner.evdev_scanner import BootReports, InputEvents, KeyboardStream
from drivers.scanner.framing import CODE_IDS, ScannerFraming, Suffix
from drivers.scanner.serial_scanner import ScannerStream
from drivers.worker import DeviceWorker, Identity, Question

Clock = Callable[[], float]
PortOpener = Callable[..., Port]
"""``drivers.port.open_port``, or something that stands before it, such as a recording."""

__all__ = ["SCALES", "ScaleProtocol", "SettingsError", "scale_worker", "scanner_worker"]

SILENT_AFTER = 3.0
ASK_EVERY = 0.2
IDLE_SECONDS = 0.08
READ_SECONDS = 0.2


class SettingsError(ValueError):
    """A device's settings cannot be used: which device, which word, what is possible."""


MOST_DECIMALS = 4
ADDRESS = re.compile(r"[A-Z]")
LINE_SETTINGS = frozenset({"baudrate", "bytesize", "parity", "stopbits", "rtscts", "xonxoff"})
SCALE_SETTINGS = LINE_SETTINGS | {"silent_after", "ask_every"}
SCANNER_SETTINGS = LINE_SETTINGS | {
    "suffix", "prefix", "no_read", "code_id", "idle_ms", "bounce_ms"}


def scale_worker(
    name: str, protocol: str, port: str, *, settings: Settings, emit: Emit,
    clock: Clock = time.monotonic, opener: PortOpener = open_port,
) -> DeviceWorker:
    """Build the owner of a scale, not yet started. Raises SettingsError.

    Settings beside the serial line's own: ``unit`` where the protocol sends none, ``ask_every``
    and ``silent_after`` in seconds.
    """
    kind = _scale_kind(name, protocol, settings)
    every = _seconds(name, settings, "ask_every", ASK_EVERY)
    return DeviceWorker(
        Identity(name, "scale", port), ScaleStream(kind.build(settings)),
        _opener(opener, name, port, {**kind.line, **_line(settings)},
                min(READ_SECONDS, every) if kind.ask else READ_SECONDS),
        emit, clock=clock,
        silent_after=_seconds(name, settings, "silent_after", SILENT_AFTER),
        question=Question(kind.ask(settings), every, kind.reply) if kind.ask else None,
    )


def scale_stream(name: str, protocol: str, settings: Settings) -> ScaleStream:
    """Build what a scale's bytes are fed to, without a port. Raises SettingsError."""
    return ScaleStream(_scale_kind(name, protocol, settings).build(settings))


def _scale_kind(name: str, protocol: str, settings: Settings) -> ScaleProtocol:
    kind = SCALES.get(protocol)
    if kind is None:
        raise SettingsError(f"{name}: {_unknown('scale protocol', protocol, SCALES)}")
    _check_words(name, settings, SCALE_SETTINGS | kind.options)
    _check_unit(name, settings)
    _check_address(name, settings)
    _check_decimals(name, settings)
    return kind


def scanner_worker(
    name: str, port: str, *, settings: Settings, emit: Emit,
    clock: Clock = time.monotonic, opener: PortOpener = open_port,
) -> ScannerWorker:
    """Build the owner of a scanner, not yet started. Raises SettingsError.

    The port tells what the scanner speaks: ``evdev:`` key events, ``hid:`` and ``/dev/hidraw``
    keyboard reports, and anything else the characters themselves.

    Settings beside the serial line's own: ``suffix`` (auto, cr, lf, crlf, tab, none), ``prefix``,
    ``no_read``, ``code_id``, ``idle_ms`` of quiet that end a code without suffix, ``bounce_ms``.
    """
    idle = _seconds(name, settings, "idle_ms", IDLE_SECONDS * 1000) / 1000
    return ScannerWorker(
        Identity(name, "scanner", port), scanner_stream(name, port, settings),
        _opener(opener, name, port, _line(settings), idle), emit, clock=clock,
    )


def scanner_stream(
    name: str, port: str, settings: Settings
) -> ScannerStream | KeyboardStream:
    """Build what a scanner's bytes are fed to, without a port. Raises SettingsError."""
    _check_words(name, settings, SCANNER_SETTINGS)
    word = str(settings.get("suffix", "auto"))
    if word.upper() not in Suffix.__members__:
        raise SettingsError(f"{name}: {_unknown('suffix', word, _lower(Suffix.__members__))}")
    make = str(settings.get("code_id", ""))
    if make and make not in CODE_IDS:
        raise SettingsError(f"{name}: {_unknown('code_id', make, CODE_IDS)}")
    framing = ScannerFraming(
        Suffix[word.upper()], prefix=str(settings.get("prefix", "")),
        no_read=str(settings.get("no_read", "NR")), code_id=make,
    )
    bounce = Bounce(_seconds(name, settings, "bounce_ms", WINDOW * 1000) / 1000)
    return _typed(port, ScannerStream(name, framing, bounce))


class ScannerWorker(DeviceWorker):
    """The owner of one scanner, whose next scans may be a lesson about its suffix and prefix."""

    def __init__(
        self, identity: Identity, stream: ScannerStream | KeyboardStream, *rest: Any, **more: Any,
    ) -> None:
        super().__init__(identity, stream, *rest, **more)
        self.teach = stream.teach


def _typed(port: str, stream: ScannerStream) -> ScannerStream | KeyboardStream:
    """Return the stream as it is, or behind the keys of a keyboard scanner."""
    if port.startswith("evdev:"):
        return KeyboardStream(InputEvents(), stream)
    if port.startswith(("hid:", "hidraw:", "file:///dev/hidraw")):
        return KeyboardStream(BootReports(), stream)
    return stream


def _opener(
    opener: PortOpener, name: str, port: str, line: Mapping[str, Any], read_timeout: float
) -> Callable[[], Port]:
    return partial(opener, port, device=name, read_timeout=read_timeout, **line)


def _line(settings: Settings) -> dict[str, Any]:
    return {word: value for word, value in settings.items() if word in LINE_SETTINGS}


def _check_words(name: str, settings: Settings, known: frozenset[str]) -> None:
    for word in settings:
        if word not in known:
            raise SettingsError(f"{name}: {_unknown('setting', word, known)}")


def _check_unit(name: str, settings: Settings) -> None:
    unit = settings.get("unit")
    known = GRAMS.keys() - ALIASES.keys()  # who writes gr may mean grams
    if unit is not None and unit not in known:
        near = ALIASES.get(str(unit).lower())
        hint = f"; write {near}" if near in GRAMS else f"; known are {', '.join(sorted(known))}"
        raise SettingsError(f"{name}: unknown unit {unit!r}{hint}")


def _check_address(name: str, settings: Settings) -> None:
    address = settings.get("address", "A")
    if not isinstance(address, str) or ADDRESS.fullmatch(address) is None:
        raise SettingsError(f"{name}: address must be one letter from A to Z, not {address!r}")


def _check_decimals(name: str, settings: Settings) -> None:
    decimals = settings.get("decimals", 0)
    if isinstance(decimals, bool) or decimals not in range(MOST_DECIMALS + 1):
        raise SettingsError(f"{name}: decimals must be from 0 to {MOST_DECIMALS}, not {decimals!r}")
    if not isinstance(settings.get("decimal_comma", False), bool):
        raise SettingsError(f"{name}: decimal_comma must be true or false")


def _seconds(name: str, settings: Settings, word: str, default: float) -> float:
    value = settings.get(word, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise SettingsError(f"{name}: {word} must be a number that is not negative, not {value!r}")
    return float(value)


def _lower(words: Mapping[str, object]) -> list[str]:
    return [word.lower() for word in words]


def _unknown(what: str, word: str, known: Any) -> str:
    near = get_close_matches(word, known)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
    return f"unknown {what} {word!r}; {hint}"
