"""Label printers: ``build_printer`` makes one from its configured name, address and settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from drivers.port import open_port
from drivers.printer.escpos_transport import answers, is_escpos_url, open_escpos
from drivers.printer.label_printer import LabelPrinter
from drivers.printer.languages import EscPos, Language, Tspl
from drivers.printer.settings import (
    Delivery,
    EscPosSettings,
    SettingError,
    TsplSettings,
    read_settings,
)
from drivers.printer.wire import Clock, OpenWire, Pause, Wire

__all__ = ["PRINTERS", "LabelPrinter", "SettingError", "build_printer"]

READ_SECONDS = 0.005
"""The longest silence before a question is asked: it is what draining an idle port costs."""

Build = Callable[[str, Mapping[str, object], Pause], tuple[Delivery, Language]]


def _escpos(name: str, given: Mapping[str, object], _pause: Pause) -> tuple[Delivery, Language]:
    delivery, settings = read_settings(name, given, Delivery, EscPosSettings)
    return delivery, EscPos(settings)


def _tspl(name: str, given: Mapping[str, object], pause: Pause) -> tuple[Delivery, Language]:
    delivery, settings = read_settings(name, given, Delivery, TsplSettings)
    return delivery, Tspl(settings, pause)


PRINTERS: Mapping[str, Build] = {"escpos": _escpos, "tspl": _tspl}
"""Language name in the configuration to what builds its settings and conversation."""


def build_printer(
    name: str,
    url: str,
    language: str,
    settings: Mapping[str, object],
    *,
    clock: Clock = time.monotonic,
    pause: Pause = time.sleep,
) -> LabelPrinter:
    """Make a printer without opening it.

    ``url`` is an address of ``drivers.port.open_port`` or of ``escpos_transport``; ``settings``
    are those of ``Delivery`` and of the language. Raises SettingError on an unknown language,
    setting or value.
    """
    if language not in PRINTERS:
        near = get_close_matches(language, PRINTERS, 1) or list(PRINTERS)
        raise SettingError(
            f"打印机 printer {name}: 未知语言 unknown language {language!r}; try {', '.join(near)}"
        )
    if is_escpos_url(url) and not answers(url):
        # Nothing can be read there, so nothing is asked and nothing awaited.
        settings = {**settings, "status": "none", "proof": "none"}
    delivery, spoken = PRINTERS[language](name, settings, pause)
    return LabelPrinter(
        name,
        url,
        spoken,
        open_wire=wire_opener(name, url, delivery),
        delivery=delivery,
        clock=clock,
        pause=pause,
    )


def wire_opener(name: str, url: str, delivery: Delivery) -> OpenWire:
    """Return what opens the printer's port each time it is needed."""

    def opened() -> Wire:
        if is_escpos_url(url):
            return open_escpos(url, device=name, delivery=delivery)
        return open_port(
            url,
            device=name,
            baudrate=delivery.baudrate,
            bytesize=delivery.bytesize,
            parity=delivery.parity,
            stopbits=delivery.stopbits,
            read_timeout=READ_SECONDS,
            write_timeout=delivery.write_seconds,
        )

    return opened
