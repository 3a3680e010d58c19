"""What a scanner sees on a printed page: Code 128, read from the dots themselves, and drawn.

The simulated scanner can be pointed at a page of the simulated printer, so that what is scanned is
what is on the paper, torn and blank labels included, and a printer that is told a number draws it.
Written from the symbology's table (ISO/IEC 15417): six bar and space widths of eleven modules each,
a weighted check symbol modulo 103.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from simulators.mechanism import Page

_TABLE = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 "
    "122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 "
    "321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 "
    "211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 "
    "213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 "
    "121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 "
    "241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 "
    "412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 "
    "211214 211232"
)
PATTERNS = _TABLE.split()
SYMBOL = {tuple(int(width) for width in pattern): value for value, pattern in enumerate(PATTERNS)}
STOP = (2, 3, 3, 1, 1, 1, 2)
START = {103: "A", 104: "B", 105: "C"}
SWITCH = {"A": {99: "C", 100: "B"}, "B": {99: "C", 101: "A"}, "C": {100: "B", 101: "A"}}
ROW_STEP = 8  # a millimetre: no bar that a laser could hit is lower


def read_codes(page: Page) -> list[str]:
    """Every Code 128 number on the page, from top to bottom, each once; upright ones only."""
    found: dict[str, None] = {}
    stride = (page.width + 7) // 8
    dots = np.unpackbits(np.frombuffer(page.rows, np.uint8).reshape(-1, stride), axis=1)
    for row in dots[::ROW_STEP]:
        for code in read_row(row):
            found.setdefault(code)
    return list(found)


def read_row(row: NDArray[np.uint8]) -> Iterator[str]:
    """Every number that one row of dots spells."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], row, [0])).astype(np.int8)))
    widths = np.diff(edges).tolist()
    first = 0
    while first + 19 <= len(widths):
        code, used = _symbols(widths, first)
        if code:
            yield code
        first += used


def _symbols(widths: list[int], first: int) -> tuple[str, int]:
    """Try to read a symbol that starts at this bar: its text, and how many runs it took."""
    module = sum(widths[first : first + 6]) / 11
    values: list[int] = []
    for place in range(first, len(widths) - 6, 6):
        if values and _modules(widths[place : place + 7], module) == STOP:
            return _text(values), place + 7 - first + 1
        value = SYMBOL.get(_modules(widths[place : place + 6], module))
        if value is None or (not values and value not in START):
            break
        values.append(value)
    return "", 2


def _modules(widths: list[int], module: float) -> tuple[int, ...]:
    return tuple(round(width / module) for width in widths)


def _text(values: list[int]) -> str:
    """The text of start, data and check symbols; empty if the check is wrong."""
    *data, check = values
    weighted = data[0] + sum(place * value for place, value in enumerate(data))
    if weighted % 103 != check or len(data) < 2:
        return ""
    code_set, text = START[data[0]], ""
    shifted = ""
    for value in data[1:]:
        using, shifted = shifted or code_set, ""
        if value in SWITCH[using]:
            code_set = SWITCH[using][value]
        elif value == 98 and using != "C":
            shifted = "B" if using == "A" else "A"
        else:
            text += _character(using, value)
    return text


def _character(code_set: str, value: int) -> str:
    if code_set == "C":
        return f"{value:02d}" if value < 100 else "\x1d" * (value == 102)
    if value >= 96:
        return "\x1d" * (value == 102)
    if code_set == "A" and value >= 64:
        return chr(value - 64)
    return chr(value + 32)


def spelled(runs: Sequence[tuple[str, str]]) -> list[int]:
    """The symbol values of runs of (code set, text), from start to stop; ValueError if none has."""
    using = runs[0][0]
    values = [next(value for value, name in START.items() if name == using)]
    for code_set, text in runs:
        if code_set != using:
            values += [value for value, name in SWITCH[using].items() if name == code_set]
            using = code_set
        values += _pairs(text) if using == "C" else [_single(using, letter) for letter in text]
    check = values[0] + sum(place * value for place, value in enumerate(values))
    return [*values, check % 103, len(PATTERNS) - 1]


def drawn(values: Sequence[int], module: int, height: int) -> tuple[bytes, int, int]:
    """The bars as dot rows, 1 = black, with the bytes per row and the dots across."""
    widths = [int(width) * module for value in values[:-1] for width in PATTERNS[value]]
    widths += [width * module for width in STOP]
    across = sum(widths)
    dots = np.concatenate([np.full(width, place % 2 == 0) for place, width in enumerate(widths)])
    row = np.packbits(dots).tobytes()
    return row * height, len(row), across


def _pairs(text: str) -> list[int]:
    if len(text) % 2 or not text.isdigit():
        raise ValueError(f"code set C takes pairs of digits, not {text!r}")
    return [int(text[place : place + 2]) for place in range(0, len(text), 2)]


def _single(code_set: str, letter: str) -> int:
    value = ord(letter) - 32
    if not 0 <= value < (64 if code_set == "A" else 96):
        raise ValueError(f"code set {code_set} has no {letter!r}")
    return value
