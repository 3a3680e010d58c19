"""A person's eyes and hands at a packing bench: read the screen, scan, put things on the scale.

The eyes use the station's API; the hands use the control door of the simulated devices, so that
every scan and every weight reaches the station as bytes on a wire.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulators.caller import Caller, until

SAME_CODE_AFTER_S = 0.36
"""A scanner's bounce guard takes the same code within 0.3 s for one scan; a hand is slower."""
Stroke = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Screen:
    """The bench's screen at one moment, as the station's API tells it."""

    facts: dict[str, Any]

    @property
    def step(self) -> str:
        """What has to be done now."""
        return str(self.facts["step"])

    @property
    def verdict(self) -> str:
        """The code of what was said last; empty while nothing is said."""
        said = self.facts["verdict"]
        return str(said["message"]["code"]) if said else ""

    @property
    def seq(self) -> int:
        """The number of what was said last."""
        said = self.facts["verdict"]
        return int(said["seq"]) if said else -1

    @property
    def locked(self) -> bool:
        """True while a mistake waits to be acknowledged."""
        return bool(self.facts["locked"])

    @property
    def prompt(self) -> dict[str, Any]:
        """The facts in the sentence that says what to do."""
        return dict(self.facts["prompt"]["facts"])

    @property
    def parcel(self) -> dict[str, Any]:
        """The open parcel. ValueError if none is open."""
        found = self.facts["parcel"]
        if found is None:
            raise ValueError("no parcel is open")
        return dict(found)

    @property
    def items(self) -> list[dict[str, Any]]:
        """The lines of the open parcel."""
        return list(self.parcel["items"])

    @property
    def weight(self) -> str:
        """How the scale is: "ok", "settling", or why there is no weight."""
        return str(self.facts["weight"]["state"])

    def device(self, kind: str) -> tuple[str, str]:
        """State and detail of the device of this kind."""
        found = next(one for one in self.facts["devices"] if one["kind"] == kind)
        return str(found["state"]), str(found["detail"])


class Hands:
    """What one person does at one bench. ``station`` and ``control`` are URLs."""

    def __init__(self, station: str, control: str, bench: str = "1") -> None:
        self.station, self.control = Caller(station), Caller(control)
        self._bench = f"/api/v1/bench/{bench}"
        self._scanned: dict[str, float] = {}

    def look(self) -> Screen:
        """The screen now."""
        return Screen(self.station.get(self._bench))

    def scan(self, code: str) -> Screen:
        """Pull the trigger on a code and wait until the station has said something new."""
        return self._scanning(code, "scanner/scan", {"code": code})

    def scan_page(self, number: int, code: str) -> Screen:
        """Point the scanner at a printed page; ``code`` is what can be read on it."""
        return self._scanning(code, "scanner/page", {"number": number})

    def digits(self, number: int | str) -> Screen:
        """Scan the digits of a number from the command sheet, then the code for done."""
        for digit in str(number):
            self.scan(f"PBCMD-{digit}")
        return self.scan("PBCMD-DONE")

    def put(self, item: str, grams: int) -> None:
        """Lay something on the pan, once the station has seen the pan empty."""
        until(lambda: self.look().weight == "weight.empty", "an empty pan on the screen")
        self.control.post("/scale/put", {"item": item, "grams": grams})

    def clear(self) -> None:
        """Take everything off the pan."""
        self.control.post("/scale/clear")

    def shown_grams(self) -> int:
        """What the scale's own display says."""
        return round(float(self.control.get("/state")["scale"]["shown_grams"] or 0))

    def draw(self, strokes: Sequence[Stroke]) -> Screen:
        """Sign with the pen."""
        plain = [[list(point) for point in stroke] for stroke in strokes]
        return Screen(self.station.post(f"{self._bench}/sign", {"strokes": plain}))

    def wait_for(self, *steps: str, seconds: float = 60.0) -> Screen:
        """Wait until the screen asks for one of these steps."""
        def there() -> Screen | None:
            screen = self.look()
            return screen if screen.step in steps else None

        return until(there, f"the step {' or '.join(steps)}", seconds)

    def _scanning(self, code: str, action: str, body: dict[str, object]) -> Screen:
        self._pause_before(code)
        before = self.look()
        self.control.post(f"/{action}", body)

        def answered() -> Screen | None:
            screen = self.look()
            news = (screen.seq, screen.step) != (before.seq, before.step)
            return screen if news else None

        screen = until(answered, f"an answer to a scan at the step {before.step}")
        self._scanned[code] = time.monotonic()  # not before: the bytes may have been slow
        return screen

    def _pause_before(self, code: str) -> None:
        """A hand does not scan one code twice within the guard's time."""
        since = time.monotonic() - self._scanned.get(code, float("-inf"))
        if since < SAME_CODE_AFTER_S:
            time.sleep(SAME_CODE_AFTER_S - since)


def pen_strokes(name: str, height: int = 400) -> list[list[list[int]]]:
    """A scribble in the box of 1000 by 1000, another one for another name."""
    turns = [ord(character) % 7 + 2 for character in name] or [3]
    strokes = []
    for place, turn in enumerate(turns[:6]):
        left = 80 + place * 150
        strokes.append(
            [[left + step * 12, 300 + (step * turn * 37) % height] for step in range(10)]
        )
    return strokes
