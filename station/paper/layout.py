"""Text into boxes: where a line may break, which size fits, and what is left over.

Nothing is ever dropped: the lines and the rest together are the text, character by character.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice

Measure = Callable[[str, int], int]  # a text's width in dots at a size

_OPENING = "（【《〈「『“‘〔"
_CLOSING = "，。、；：！？）】》〉」』”’〕…·"
_WIDE = "\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U0001f000-\U0003ffff"
_TOKEN = re.compile(
    rf"\s+|[{_OPENING}]*(?:[^\s{_OPENING}{_CLOSING}{_WIDE}]+|\S)[{_CLOSING}]*", re.DOTALL
)


def tokens(text: str) -> tuple[str, ...]:
    """The parts between which a line may break; joined they are the text.

    Chinese breaks between any two characters, but not before a closing mark or after an opening
    one. A run of letters and digits stays together.
    """
    return tuple(_TOKEN.findall(text))


def pitch(size: int) -> int:
    """The distance in dots from one line to the next at a size."""
    return size + max(2, size // 6)


@dataclass(frozen=True, slots=True)
class Fitting:
    """How a text sits in a box: its size in dots, its lines, and the parts that found no room."""

    size: int
    lines: tuple[str, ...]
    rest: tuple[str, ...]

    @property
    def height(self) -> int:
        """The height in dots that the lines take."""
        return pitch(self.size) * len(self.lines)


def wrap(parts: Iterable[str], width: int, measure: Callable[[str], int]) -> list[tuple[str, ...]]:
    """The parts of each line, greedily. A part wider than a line breaks between its characters.

    White space at the end of a line stays with it and hangs over the edge, unseen.
    """
    return list(_wrapped(parts, width, measure))


def _wrapped(
    parts: Iterable[str], width: int, measure: Callable[[str], int]
) -> Iterator[tuple[str, ...]]:
    measure = cache(measure)  # most parts are one character, and each is asked for three times
    line: list[str] = []
    used = 0
    for part in _no_wider_than(parts, width, measure):
        if line and used + measure(part.rstrip()) > width and not part.isspace():
            yield tuple(line)
            line, used = [], 0
        line.append(part)
        used += measure(part)
    if line:
        yield tuple(line)


def _no_wider_than(
    parts: Iterable[str], width: int, measure: Callable[[str], int]
) -> Iterable[str]:
    """The parts, with those that are wider than a line split: first by token, then by character."""
    for part in parts:
        if measure(part.rstrip()) <= width:
            yield part
            continue
        for token in tokens(part):
            if measure(token.rstrip()) <= width:
                yield token
            else:
                yield from token


def fit(
    parts: Sequence[str], width: int, height: int, sizes: Sequence[int], measure: Measure
) -> Fitting:
    """The largest of ``sizes`` (largest first) at which the parts fit a box of width by height.

    At the smallest size what does not fit is handed back as ``rest``.
    """
    if not parts:
        return Fitting(sizes[0], (), ())
    for size in sizes:
        room = max(0, height // pitch(size))
        lines = _wrapped(parts, width, partial(_at_size, measure, size))
        fitting = list(islice(lines, room))
        over = list(islice(lines, 1))
        if not over:
            return Fitting(size, _joined(fitting), ())
    rest = tuple(part for line in (*over, *lines) for part in line)
    return Fitting(sizes[-1], _joined(fitting), rest)


def _at_size(measure: Measure, size: int, text: str) -> int:
    return measure(text, size)


def _joined(lines: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple("".join(line) for line in lines)
