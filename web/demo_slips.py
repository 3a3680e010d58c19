"""The demo's slips: the day's report and every hand-over, printed as text and read from the roll.

What a simulated receipt printer set is compared, line by line, with what the records say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from station.bootstrap import Station
from station.paper.slip_text import Roll, slip_lines
from station.services import courier_desk, slip_content, slips

Lines = tuple[str, ...]
ROLL = Roll(576, "gb18030")
"""The demo's receipt paper: 80 mm wide."""

_PATIENCE_S = 30.0
_MOMENT = "时间 Time:"  # the report's own line differs by the minute in which it was printed


@dataclass(frozen=True, slots=True)
class Printed:
    """How many slips stand on the roll word for word, and what is wrong with the others."""

    whole: int
    wrong: tuple[str, ...]


def print_slips(station: Station, roll: Callable[[], Sequence[Lines]]) -> Printed:
    """Print them all and look at what came out; ``roll`` gives the lines of each piece of paper."""
    subjects = [slips.today(station.now()), *(
        f"handover:{closed.id}" for closed in station.read(courier_desk.closed))]
    for about in subjects:
        station.write(slips.request, about, who="demo")
    _await(station, subjects)
    pieces = [_timeless(lines) for lines in roll()]
    wrong = [about for about in subjects if pieces.count(_expected(station, about)) != 1]
    return Printed(len(subjects) - len(wrong), tuple(f"{about}: 小票不对 slip" for about in wrong))


def _await(station: Station, subjects: Sequence[str]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while any(station.read(slips.under_way, about) for about in subjects):
        if time.monotonic() > end:
            return
        time.sleep(0.1)


def _expected(station: Station, about: str) -> Lines:
    found = station.read(slip_content.slip_of, about, now=station.now())
    if found is None:
        return ()
    (copy,) = slip_lines(found, ROLL, shop=station.config.station.shop)
    return _timeless([line.text for line in copy if line.text])


def _timeless(lines: Sequence[str]) -> Lines:
    return tuple(line for line in lines if not line.startswith(_MOMENT))
