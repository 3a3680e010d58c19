"""A code in the picture is one scan: it counts again only after it has been seen to be away.

Pictures are many and hands are slow. That a code was not read once says nothing: a finger passed
over it, or the picture was blurred. It has left when it was missing in several looks over some
time. Time without any look, such as while the cable was out, proves nothing and does not count.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

LOOKS_MISSED = 3


@dataclass(slots=True)
class _Stay:
    """A code that has been seen: how often, and since when and how often it has been missing."""

    seen: int = 1
    missed: int = 0
    missing_since: float = 0.0
    told: bool = False


class Presence:
    """Turns what each look has read into arrivals.

    ``leave`` is the seconds that a code must be missing. ``confirm`` is how many looks must have
    read it before it is told: two where any code counts, because a misread seldom repeats itself.
    """

    def __init__(self, leave: float) -> None:
        self._leave = leave
        self._stays: dict[str, _Stay] = {}

    @property
    def told(self) -> frozenset[str]:
        """The codes that are in the picture and have been told."""
        return frozenset(text for text, stay in self._stays.items() if stay.told)

    @property
    def waits(self) -> bool:
        """True if another look is wanted soon: to confirm a code, or to see that one has left."""
        return any(stay.missed or not stay.told for stay in self._stays.values())

    def note(self, texts: Collection[str], at: float, *, confirm: int = 1) -> list[str]:
        """Take what a look at monotonic second ``at`` has read; return what has newly arrived."""
        arrived = []
        for text in texts:
            stay = self._stays.get(text)
            if stay is None:
                stay = self._stays[text] = _Stay(seen=0)
            stay.seen += 1
            stay.missed = 0
            if not stay.told and stay.seen >= confirm:
                stay.told = True
                arrived.append(text)
        self._miss(texts, at)
        return arrived

    def broken(self) -> None:
        """Take note that looks were interrupted: absences begin anew, stays do not."""
        for stay in self._stays.values():
            stay.missed = 0

    def _miss(self, texts: Collection[str], at: float) -> None:
        for text in [text for text in self._stays if text not in texts]:
            stay = self._stays[text]
            if stay.missed == 0:
                stay.missing_since = at
            stay.missed += 1
            long_enough = at - stay.missing_since >= self._leave
            if stay.missed >= LOOKS_MISSED and long_enough:
                del self._stays[text]
