"""Code 128 as exact module widths (ISO/IEC 15417), with the fewest symbols for the data.

A symbol is six widths, bar first, eleven modules together; the stop symbol has seven widths and
thirteen modules. Nothing here knows millimetres: the caller draws a module as a whole number of
dots, so every bar is an exact multiple of it.
"""

from __future__ import annotations

from functools import lru_cache

START = {"A": 103, "B": 104, "C": 105}
STOP = 106
QUIET_MODULES = 10  # white beside the code, on each side, at least
_SWITCH = {"A": 101, "B": 100, "C": 99}  # the symbol that latches into a set from any other
_SHIFT = 98  # the next character alone comes from the other one of A and B
_SETS = "CBA"  # the order of preference between codes of equal length

_WIDTHS = (  # the widths of each symbol's elements, written as one number
    212222, 222122, 222221, 121223, 121322, 131222, 122213, 122312, 132212, 221213, 221312, 231212,
    112232, 122132, 122231, 113222, 123122, 123221, 223211, 221132, 221231, 213212, 223112, 312131,
    311222, 321122, 321221, 312212, 322112, 322211, 212123, 212321, 232121, 111323, 131123, 131321,
    112313, 132113, 132311, 211313, 231113, 231311, 112133, 112331, 132131, 113123, 113321, 133121,
    313121, 211331, 231131, 213113, 213311, 213131, 311123, 311321, 331121, 312113, 312311, 332111,
    314111, 221411, 431111, 111224, 111422, 121124, 121421, 141122, 141221, 112214, 112412, 122114,
    122411, 142112, 142211, 241211, 221114, 413111, 241112, 134111, 111242, 121142, 121241, 114212,
    124112, 124211, 411212, 421112, 421211, 212141, 214121, 412121, 111143, 111341, 131141, 114113,
    114311, 411113, 411311, 113141, 114131, 311141, 411131, 211412, 211214, 211232, 2331112,
)


class Unencodable(ValueError):
    """Code 128 carries ASCII only, and at least one character of it."""


def _value(data: str, at: int, code_set: str) -> tuple[int, int] | None:
    """The symbol value of the data at ``at`` in a set and how many characters it eats, or None."""
    char = ord(data[at])
    if code_set == "C":
        pair = data[at : at + 2]
        return (int(pair), 2) if len(pair) == 2 and pair.isdigit() else None
    if code_set == "A" and char < 96:
        return (char - 32 if char >= 32 else char + 64), 1
    if code_set == "B" and char >= 32:
        return char - 32, 1
    return None


def _shifted(data: str, at: int, code_set: str) -> tuple[int, int] | None:
    """As _value, for one character taken from the other of A and B by the shift symbol."""
    return _value(data, at, {"A": "B", "B": "A"}[code_set]) if code_set in "AB" else None


def _shortest_tail(data: str) -> list[dict[str, tuple[int, list[int]]]]:
    """For every position and code set: the fewest symbols from there on, and the next symbols.

    Worked from the end backwards, so that each step looks at solved tails only. The next symbols
    are the ones to write now; how many characters they eat is found again by ``_walk``.
    """
    end = len(data)
    tails: list[dict[str, tuple[int, list[int]]]] = [{} for _ in range(end + 1)]
    tails[end] = {code_set: (0, []) for code_set in _SETS}
    for at in range(end - 1, -1, -1):
        stay = {code_set: _staying(data, at, code_set, tails) for code_set in _SETS}
        for code_set in _SETS:
            moves = [stay[code_set]] + [
                (stay[other][0] + 1, [_SWITCH[other], *stay[other][1]])
                for other in _SETS if other != code_set
            ]
            tails[at][code_set] = min(moves, key=lambda move: move[0])
    return tails


def _staying(
    data: str, at: int, code_set: str, tails: list[dict[str, tuple[int, list[int]]]]
) -> tuple[int, list[int]]:
    """The best way on from ``at`` without leaving ``code_set``."""
    if found := _value(data, at, code_set):
        value, eaten = found
        cost, symbols = tails[at + eaten][code_set]
        return cost + 1, [value, *symbols]
    if found := _shifted(data, at, code_set):
        value, eaten = found
        cost, symbols = tails[at + eaten][code_set]
        return cost + 2, [_SHIFT, value, *symbols]
    return len(data) * 4, []


def symbols(data: str) -> list[int]:
    """The symbol values for ASCII ``data``: start, data, check (weighted sum modulo 103), stop.

    Raises Unencodable for an empty text or a character outside ASCII.
    """
    if not data or not data.isascii():
        raise Unencodable("a barcode needs at least one character and ASCII only")
    first = _shortest_tail(data)[0]
    code_set = min(_SETS, key=lambda each: first[each][0] + _starts_with_a_switch(first[each][1]))
    values = [START[code_set], *first[code_set][1]]
    check = (values[0] + sum(at * value for at, value in enumerate(values[1:], 1))) % 103
    return [*values, check, STOP]


def _starts_with_a_switch(values: list[int]) -> bool:
    """True for a tail that leaves its set at once: no better than starting in the other set."""
    return values[0] in (99, 100, 101)


@lru_cache(maxsize=512)
def values(data: str) -> tuple[int, ...]:
    """As ``symbols``, kept for the next time: a number is on its label twice, and printed again."""
    return tuple(symbols(data))


@lru_cache(maxsize=512)
def widths(data: str) -> tuple[int, ...]:
    """The widths in modules, bar and space in turn, a bar first and last. Raises Unencodable."""
    return tuple(int(width) for value in values(data) for width in str(_WIDTHS[value]))


def modules(data: str) -> int:
    """How many modules the code is wide, without its quiet zones. Raises Unencodable."""
    return sum(widths(data))
