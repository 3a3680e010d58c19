"""Per-model settings of a printer: typed, ranged, and refused with the nearest known name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, TypeVar

Settings = TypeVar("Settings")
Check = Mapping[str, Any]


class SettingError(ValueError):
    """A printer's setting is unknown or out of range; the message says which and what to write."""


def number(default: Any, low: Any, high: Any, *, whole: bool = False) -> Any:
    """A dataclass field holding a number of the default's type between ``low`` and ``high``.

    ``whole`` refuses fractions where the type would allow them.
    """
    return field(default=default, metadata={"low": low, "high": high, "whole": whole})


def choice(default: str | int, *others: str | int) -> Any:
    """A dataclass field holding one of a few words or numbers."""
    return field(default=default, metadata={"choices": (default, *others)})


@dataclass(frozen=True, slots=True)
class Delivery:
    """How bytes travel to a printer, whatever its language.

    A page is written in pieces of ``chunk_bytes``, with ``pause_ms`` after each block of the
    language (cheap printers drop bytes of a fast sender). ``answer_seconds`` bounds one status
    question, ``proof_seconds`` the wait for the page to come out, ``write_seconds`` one write, and
    ``page_seconds`` all writes of a page, from the baud rate where it is not given. The last four
    matter on a serial line only.
    """

    chunk_bytes: int = number(4096, 64, 1 << 20)
    pause_ms: int = number(0, 0, 2000)
    answer_seconds: float = number(1.0, 0.05, 10.0)
    proof_seconds: float = number(10.0, 0.0, 120.0)
    write_seconds: float = number(5.0, 0.1, 60.0)
    page_seconds: float = number(60.0, 1.0, 600.0)
    baudrate: int = number(9600, 50, 4_000_000)
    bytesize: int = choice(8, 7)
    parity: str = choice("N", "E", "O")
    stopbits: int = choice(1, 2)


ROUTE: Any = choice("auto", "whole", "inked", "native")
"""How a page travels: as one bitmap, only what is black, or as text and numbers where that can be.

"auto" goes by the line's speed.
"""
NO_FONT = "none"

Routed = TypeVar(
    "Routed", bound="EscPosSettings | TsplSettings | ZplSettings | CpclSettings | EplSettings"
)


def at_pace(settings: Routed, *, slow: bool) -> Routed:
    """Return the settings for a page on a line that was found to be slow, or not."""
    if not slow or settings.route != "auto":
        return settings
    return replace(settings, route=slow_route(getattr(settings, "font", NO_FONT)))


def slow_route(font: object) -> str:
    """The route of a slow line: in the printer's own Chinese font if it is known to have one."""
    return "inked" if font == NO_FONT else "native"


@dataclass(frozen=True, slots=True)
class EscPosSettings:
    """How one ESC/POS printer wants its pages.

    ``chunk_rows``: rows per raster command (many clones hold 4 kB, some garble above 1000 rows).
    ``feed``: "label" ends a page by a form feed to the next gap, "dots" by ``feed_dots`` of paper.
    ``cut``: after the feed. ``status``: "dle_eot", or "none" for printers that never answer.
    ``proof``: "process_id" asks for GS ( H, "barrier" for GS r, "none" asks nothing; no proof is
    asked of a printer that did not answer its status. ``head_dots``: width of the head, 0 unknown.
    ``route``: see ROUTE. ``characters``: which Chinese ones its own type has, for slips;
    ``barcodes``: "own" tells a slip's code by GS k, "drawn" sends its dots.
    """

    chunk_rows: int = number(240, 1, 4095)
    feed: str = choice("label", "dots")
    feed_dots: int = number(0, 0, 255)
    cut: str = choice("none", "full", "partial", "feed")
    status: str = choice("dle_eot", "none")
    proof: str = choice("process_id", "barrier", "none")
    head_dots: int = number(0, 0, 8160)
    route: str = choice("auto", "whole", "inked")
    characters: str = choice("gb18030", "gb2312")
    barcodes: str = choice("own", "drawn")


GAP_MM: Any = number(Decimal(2), 0, 25)
SPEED: Any = number(Decimal(4), 1, 18)
ZPL_SPEED: Any = number(Decimal(4), 1, 14, whole=True)
CPCL_SPEED: Any = number(Decimal(3), 0, 5, whole=True)
EPL_SPEED: Any = number(Decimal(3), 1, 6, whole=True)


@dataclass(frozen=True, slots=True)
class TsplSettings:
    """How one TSPL printer wants its pages.

    ``media`` with ``gap_mm``: labels with gaps of that height, black marks, or continuous paper.
    ``density`` 0 to 15, ``speed`` in inches per second, ``direction``: 1 turns the page.
    ``reference_x``/``reference_y``: shift in dots. ``ending``: what follows a page.
    ``dialect`` "kuaimai" writes sizes without a blank. ``status``: "byte" (ESC !?), "frame"
    (ESC !S), "readsta" (快麦) or "none". ``proof`` "none" never waits. ``head_dots``: width of the
    head in dots, 0 unknown. ``route``: see ROUTE. ``font``: the printer's Chinese fonts, "tss24"
    (TSS16.BF2 and TSS24.BF2) or "tss32" (TSS32.BF2, too).
    """

    media: str = choice("gap", "mark", "continuous")
    gap_mm: Decimal = GAP_MM
    density: int = number(8, 0, 15)
    speed: Decimal = SPEED
    direction: int = choice(0, 1)
    reference_x: int = number(0, 0, 2000)
    reference_y: int = number(0, 0, 2000)
    ending: str = choice("tear", "peel", "cut", "none")
    dialect: str = choice("tsc", "kuaimai")
    status: str = choice("byte", "frame", "readsta", "none")
    proof: str = choice("status", "none")
    head_dots: int = number(0, 0, 8160)
    route: str = ROUTE
    font: str = choice(NO_FONT, "tss24", "tss32")


@dataclass(frozen=True, slots=True)
class ZplSettings:
    """How one ZPL II printer wants its pages.

    ``media``: labels with gaps, black marks, or continuous paper; the printer measures the gap.
    ``density`` 0 to 30, ``speed`` in whole inches per second, ``direction``: 1 turns the page.
    ``reference_x``/``reference_y``: shift in dots. ``ending``: what follows a page. ``status``:
    "hqes" (~HQES, then ~HS), "hs" (~HS alone) or "none". ``proof`` "none" never waits.
    ``head_dots``: width of the head in dots, 0 unknown. ``route``: see ROUTE; the bitmap is always
    compressed, and "inked" is the same. ``font``: "simsun" is the Chinese font E:SIMSUN.FNT.
    """

    media: str = choice("gap", "mark", "continuous")
    density: int = number(15, 0, 30)
    speed: Decimal = ZPL_SPEED
    direction: int = choice(0, 1)
    reference_x: int = number(0, 0, 2000)
    reference_y: int = number(0, 0, 2000)
    ending: str = choice("tear", "peel", "cut")
    status: str = choice("hqes", "hs", "none")
    proof: str = choice("status", "none")
    head_dots: int = number(0, 0, 8160)
    route: str = ROUTE
    font: str = choice(NO_FONT, "simsun")


@dataclass(frozen=True, slots=True)
class CpclSettings:
    """How one CPCL printer wants its pages.

    ``media``: labels with gaps, black marks, or continuous paper. ``density`` 0 to 200 (TONE),
    ``speed`` 0 to 5, ``direction``: 1 turns the page. ``reference_x``/``reference_y``: shift in
    dots. ``status``: "esc_h", "esc_hi" (asks ESC i too, for low paper) or "none". ``proof`` "none"
    never waits. ``head_dots``: width of the head in dots, 0 unknown. ``route``: see ROUTE.
    ``font``: the printer's Chinese fonts, "hprt" (by the numbers 55, 3, 8, 28 and 4) or "gbunsg"
    (GBUNSG16.CPF and GBUNSG24.CPF).
    """

    media: str = choice("gap", "mark", "continuous")
    density: int = number(0, 0, 200)
    speed: Decimal = CPCL_SPEED
    direction: int = choice(0, 1)
    reference_x: int = number(0, 0, 2000)
    reference_y: int = number(0, 0, 2000)
    status: str = choice("esc_h", "esc_hi", "none")
    proof: str = choice("status", "none")
    head_dots: int = number(0, 0, 8160)
    route: str = ROUTE
    font: str = choice(NO_FONT, "hprt", "gbunsg")


@dataclass(frozen=True, slots=True)
class EplSettings:
    """How one EPL2 printer wants its pages.

    ``media`` with ``gap_mm``: labels with gaps of that height, black marks, or continuous paper.
    ``density`` 0 to 15, ``speed`` 1 to 6 as the model numbers them, ``direction``: 1 turns the
    page. ``reference_x``/``reference_y``: shift in dots. ``ending``: what follows a page.
    ``status``: "ee" (^ee) or "none". ``proof`` "none" never waits. ``head_dots``: width of the
    head in dots, 0 unknown. ``route``: see ROUTE.
    """

    media: str = choice("gap", "mark", "continuous")
    gap_mm: Decimal = GAP_MM
    density: int = number(8, 0, 15)
    speed: Decimal = EPL_SPEED
    direction: int = choice(0, 1)
    reference_x: int = number(0, 0, 2000)
    reference_y: int = number(0, 0, 2000)
    ending: str = choice("tear", "peel", "cut")
    status: str = choice("ee", "none")
    proof: str = choice("status", "none")
    head_dots: int = number(0, 0, 8160)
    route: str = ROUTE


def read_settings(
    printer: str, given: Mapping[str, object], delivery: type[Delivery], language: type[Settings]
) -> tuple[Delivery, Settings]:
    """Split ``given`` into delivery and language settings; raise SettingError on the first fault.

    ``printer`` names the device in the error.
    """
    first, second = _fields(delivery), _fields(language)
    _refuse_unknown(printer, given, [*first, *second])
    return (
        delivery(**_values(printer, first, given)),
        language(**_values(printer, second, given)),
    )


def _fields(settings: type) -> dict[str, Any]:
    return {item.name: item for item in fields(settings)}


def _values(printer: str, known: Mapping[str, Any], given: Mapping[str, object]) -> dict[str, Any]:
    return {key: _value(printer, known[key], given[key]) for key in given if key in known}


def _refuse_unknown(printer: str, given: Mapping[str, object], known: list[str]) -> None:
    for key in given:
        if key not in known:
            near = get_close_matches(key, known, 1, 0.5)
            hint = f"是否想写 {near[0]} (did you mean {near[0]}?)" if near else ", ".join(known)
            where = f"打印机 printer {printer}"
            raise SettingError(f"{where}: 未知设置 unknown setting {key!r}; {hint}")


def _value(printer: str, item: Any, given: object) -> object:
    value = _of_type(type(item.default), given)
    allowed = item.metadata
    if value is None:
        ok = False
    elif "choices" in allowed:
        ok = value in allowed["choices"]
    else:
        ok = allowed["low"] <= value <= allowed["high"] and not (allowed["whole"] and value % 1)
    if not ok:
        raise SettingError(
            f"打印机 printer {printer}: {item.name} = {given!r} 无效 is not {_wanted(allowed)}"
        )
    return value


def _of_type(kind: type, given: object) -> Any:
    """Return ``given`` as the wanted type, None if it is none: True is no number, 2 is 2.0."""
    if kind is str or isinstance(given, bool):
        return given if kind is str else None  # words are choices: another type is none of them
    if kind is int:
        return given if isinstance(given, int) else None
    if not isinstance(given, int | float | Decimal | str):
        return None
    try:
        exact = Decimal(str(given))
    except InvalidOperation:
        return None
    return (float(exact) if kind is float else exact) if exact.is_finite() else None


def _wanted(allowed: Check) -> str:
    if "choices" in allowed:
        return "one of " + ", ".join(map(str, allowed["choices"]))
    whole = "a whole number " if allowed["whole"] else ""
    return f"{whole}from {allowed['low']} to {allowed['high']}"
