"""Label printers: ``build_printer`` makes one from its configured name, address and settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from drivers.flight import FlightRecorder
from drivers.port import Port, open_port
from drivers.printer.cpcl import Cpcl
from drivers.printer.epl import Epl
from drivers.printer.escpos_transport import SCHEME, answers, is_escpos_url, open_escpos
from drivers.printer.label_printer import LabelPrinter
from drivers.printer.languages import EscPos, Language, Tspl
from drivers.printer.lp_spool import is_queue_url, open_queue
from drivers.printer.models import MODELS
from drivers.printer.recorded import recorded
from drivers.printer.settings import (
    NO_FONT,
    CpclSettings,
    Delivery,
    EplSettings,
    EscPosSettings,
    SettingError,
    TsplSettings,
    ZplSettings,
    read_settings,
    slow_route,
)
from drivers.printer.wire import Clock, OpenWire, Pause, Wire
from drivers.printer.zpl import Zpl

__all__ = [
    "MODELS", "PRINTERS", "LabelPrinter", "SettingError", "build_printer", "for_line", "of_model",
]

READ_SECONDS = 0.005
"""The longest silence before a question is asked: it is what draining an idle port costs."""

SLOW_BAUD = 38_400
"""Up to this speed a page of raw dots takes more than half a minute, and what is black a third."""
USUAL = Delivery()
NOT_SERIAL = frozenset(("socket", "file", "lp"))
LONG_PAGE_BYTES = 144_000
"""A raw page of 100x180 mm."""
HESITATION = 1.25
"""How much longer than the line needs a page may take: printers stop the line now and then."""

Build = Callable[[str, Mapping[str, object], Pause], tuple[Delivery, Language]]
Settings = TypeVar("Settings")
PortOpener = Callable[..., Port]
"""``drivers.port.open_port``, or what stands before it."""


def _family(kind: type[Settings], made: Callable[[Settings, Pause], Language]) -> Build:
    """Return what reads a language's settings and makes its conversation."""

    def build(name: str, given: Mapping[str, object], pause: Pause) -> tuple[Delivery, Language]:
        delivery, settings = read_settings(name, given, Delivery, kind)
        return delivery, made(settings, pause)

    return build


PRINTERS: Mapping[str, Build] = {
    "escpos": _family(EscPosSettings, lambda settings, _pause: EscPos(settings)),
    "tspl": _family(TsplSettings, Tspl),
    "zpl": _family(ZplSettings, Zpl),
    "cpcl": _family(CpclSettings, Cpcl),
    "epl": _family(EplSettings, Epl),
}
"""Language name in the configuration to what builds its settings and conversation."""


def build_printer(
    name: str,
    url: str,
    language: str,
    settings: Mapping[str, object],
    *,
    clock: Clock = time.monotonic,
    pause: Pause = time.sleep,
    opener: PortOpener = open_port,
    recorder: FlightRecorder | None = None,
) -> LabelPrinter:
    """Make a printer without opening it.

    ``url`` is an address of ``drivers.port.open_port`` or of ``escpos_transport``; ``settings``
    are those of ``Delivery`` and of the language, completed by their ``model`` and ``for_line``.
    ``opener`` opens ports, ``recorder`` stands before whatever road is taken. Raises SettingError
    on an unknown language, model, setting or value.
    """
    if language not in PRINTERS:
        near = get_close_matches(language, PRINTERS, 1) or list(PRINTERS)
        raise SettingError(
            f"打印机 printer {name}: 未知语言 unknown language {language!r}; try {', '.join(near)}"
        )
    settings = of_model(name, language, settings)
    if is_mute(url):
        # Nothing can be read there, so nothing is asked and nothing awaited.
        settings = {**settings, "status": "none", "proof": "none"}
    delivery, spoken = PRINTERS[language](name, for_line(url, language, settings), pause)
    return LabelPrinter(
        name,
        url,
        spoken,
        open_wire=wire_opener(name, url, delivery, opener, recorder),
        delivery=delivery,
        clock=clock,
        pause=pause,
    )


def of_model(name: str, language: str, given: Mapping[str, object]) -> dict[str, object]:
    """Complete settings by those of the ``model`` they name; raises SettingError."""
    settings = dict(given)
    word = settings.pop("model", None)
    if word is None:
        return settings
    model = MODELS.get(str(word))
    if model is None:
        near = get_close_matches(str(word), MODELS, 1) or list(MODELS)
        raise SettingError(
            f"打印机 printer {name}: 未知型号 unknown model {word!r}; try {', '.join(near)}"
        )
    if model.language != language:
        raise SettingError(
            f"打印机 printer {name}: 型号 model {word} 不用 does not speak {language}:"
            f' language = "{model.language}"'
        )
    return {**model.settings, **settings}


def is_mute(url: str) -> bool:
    """True for an address at which nothing can be read."""
    return is_queue_url(url) or (is_escpos_url(url) and not answers(url))


def is_serial(url: str) -> bool:
    """True for an address behind which bytes travel at a baud rate."""
    scheme = urlsplit(url).scheme.lower()
    return scheme == SCHEME + "serial" or not (is_escpos_url(url) or scheme in NOT_SERIAL)


def for_line(url: str, language: str, given: Mapping[str, object]) -> dict[str, object]:
    """Complete settings by what the line's speed asks for; what was given stays.

    A slow line gets text where the printer has the font for it, or else only what is black on a
    page (ZPL is small as it is), and any serial line the time that a page needs there.
    """
    settings = dict(given)
    if settings.get("route") == "auto":
        del settings["route"]
    baudrate = settings.get("baudrate", USUAL.baudrate)
    if not is_serial(url) or not isinstance(baudrate, int) or baudrate <= 0:
        return settings  # a wrong baud rate is refused by its name, later
    slowly = slow_route(settings.get("font", NO_FONT))
    if baudrate <= SLOW_BAUD and (language != "zpl" or slowly != "inked"):
        settings.setdefault("route", slowly)
    settings.setdefault("page_seconds", page_seconds(baudrate))
    return settings


def page_seconds(baudrate: int) -> float:
    """Return how long a raw page may take at ``baudrate``, within what the setting allows.

    A byte on the line is 10 bits.
    """
    needed = LONG_PAGE_BYTES * 10 / baudrate * HESITATION
    return min(600.0, max(USUAL.page_seconds, needed))


def wire_opener(
    name: str, url: str, delivery: Delivery, opener: PortOpener = open_port,
    recorder: FlightRecorder | None = None,
) -> OpenWire:
    """Return what opens the printer's port each time it is needed.

    ``opener`` is ``open_port`` or what stands before it; ``recorder`` is the flight recorder, if
    there is one.
    """

    def opened() -> Wire:
        if is_queue_url(url):
            return open_queue(url, device=name, delivery=delivery)
        if is_escpos_url(url):
            return open_escpos(url, device=name, delivery=delivery)
        return opener(
            url,
            device=name,
            baudrate=delivery.baudrate,
            bytesize=delivery.bytesize,
            parity=delivery.parity,
            stopbits=delivery.stopbits,
            read_timeout=READ_SECONDS,
            write_timeout=delivery.write_seconds,
        )

    return opened if recorder is None else partial(recorded, opened, recorder)
