"""Pictures to codes: a ladder of decoders from the cheapest to the most patient, within a budget.

A look climbs until it has an accepted code, or until its time is over. Only what the bench expects
is accepted: among several codes on a label that picks the waybill number, and it turns every
misread away (a reader that tries harder also misreads more, so trying hard needs this).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from drivers.camera.steps import AIM, LADDER, Corners, Picture, Read, Step
from drivers.camera.vision import Grey, load_all, opencv

Clock = Callable[[], float]
Expected = Callable[[str], bool] | Collection[str] | None
"""Which codes count: a test, or the codes themselves; None takes any that is plausible."""

BUDGET_MS = 40.0
MOST_PIXELS = 2_100_000
"""Pixels of full HD: a larger picture is made smaller first, so that its cost stays bounded."""

SHORTEST, LONGEST = 4, 4096
GS = "\x1d"
FORGETTING = 0.9
MOST_BUDGETS = 4
"""A step is thought no dearer than so many budgets, so that one bad moment is forgotten soon."""


@dataclass(frozen=True, slots=True)
class Code:
    """One code in a picture: its text, where it is, and the step of the ladder that read it.

    ``corners`` are four points in pixels of the picture that was given; a code of a region's
    averaged rows has the region's. ``aim`` is its AIM identifier.
    """

    text: str
    symbology: str
    aim: str
    corners: Corners
    step: str

    @property
    def middle(self) -> tuple[float, float]:
        """The mean of the corners."""
        return (
            sum(x for x, _ in self.corners) / len(self.corners),
            sum(y for _, y in self.corners) / len(self.corners),
        )


@dataclass(slots=True)
class Look:
    """What one look has found: accepted codes, and strangers that were read and not expected.

    Accepted codes are sorted, the nearest to the middle of the picture first. ``cut_short`` tells
    that a step was left out or stopped for lack of time.
    """

    codes: list[Code] = field(default_factory=list)
    strangers: list[Code] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    took_ms: float = 0.0
    cut_short: bool = False

    @property
    def best(self) -> Code | None:
        """The accepted code nearest to the middle, None if there is none."""
        return self.codes[0] if self.codes else None

    @property
    def texts(self) -> list[str]:
        """The accepted codes' texts."""
        return [code.text for code in self.codes]


class Reader:
    """Climbs the ladder. One thread uses one reader: it learns what each step costs here.

    ``budget_ms`` bounds a look: no piece of work is begun that would probably end later, judged by
    what such pieces have lately cost. A look is late by one misjudged piece at most.
    """

    def __init__(
        self, *, steps: Sequence[Step] = LADDER, budget_ms: float = BUDGET_MS,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._steps, self._budget, self._clock = tuple(steps), budget_ms, clock
        self._cost: dict[str, float] = {}

    def look(
        self, frame: Grey, expected: Expected = None, *,
        known: Collection[str] = (), budget_ms: float | None = None,
    ) -> Look:
        """Read a grey picture; raise ValueError if it is none.

        The search ends with the first accepted code that is not in ``known``: a label that lies in
        the picture must not hide the next one.
        """
        load_all()  # before the clock is read: loading is no step's cost
        grey, scale = _bounded(frame)
        search = _Search(accepts(expected), frozenset(known), scale)
        start = self._clock()
        end = start + (self._budget if budget_ms is None else budget_ms) / 1000
        picture = Picture(grey)
        for step in self._steps:
            if search.is_over:
                break
            self._climb(step, picture, search, end)
        look = search.look
        look.took_ms = (self._clock() - start) * 1000
        middle = (frame.shape[1] / 2, frame.shape[0] / 2)
        look.codes.sort(key=lambda code: _distance(code.middle, middle))
        return look

    def _climb(self, step: Step, picture: Picture, search: _Search, end: float) -> None:
        """Work through one step while there is time for its next piece."""
        pieces = step.look(picture)
        while True:
            begun = self._clock()
            likely = self._cost.get(step.name, 0.0)
            first = not search.look.steps  # is always taken: nothing would ever be read else
            if not first and (begun + likely > end or begun >= end):
                search.look.cut_short = True
                self._cost[step.name] = likely * FORGETTING  # it may have been a bad moment
                return
            reads = next(pieces, None)
            self._learn(step.name, self._clock() - begun)
            if reads is None:
                return
            search.note(step.name, reads)
            if search.is_over:
                return

    def _learn(self, name: str, took: float) -> None:
        """Remember the dearest piece of a step, and forget it slowly."""
        before = self._cost.get(name, took)
        likely = max(took, FORGETTING * before + (1 - FORGETTING) * took)
        self._cost[name] = min(likely, MOST_BUDGETS * self._budget / 1000)


class _Search:
    """What one look has found so far."""

    def __init__(
        self, accept: Callable[[str], bool], known: frozenset[str], scale: float
    ) -> None:
        self.look = Look()
        self.is_over = False
        self._accept, self._known, self._scale = accept, known, scale
        self._texts: set[str] = set()

    def note(self, step: str, reads: Iterable[Read]) -> None:
        """Take what a piece of work has read; each text counts once."""
        if step not in self.look.steps:
            self.look.steps.append(step)
        for text, symbology, aim, corners in reads:
            if text in self._texts:
                continue
            self._texts.add(text)
            placed = tuple((x * self._scale, y * self._scale) for x, y in corners)
            code = Code(text, symbology, aim or AIM[symbology], placed, step)
            if self._accept(text):
                self.look.codes.append(code)
                self.is_over = self.is_over or text not in self._known
            else:
                self.look.strangers.append(code)


def accepts(expected: Expected) -> Callable[[str], bool]:
    """The test for ``expected``; whatever it says, a damaged text is never accepted."""
    if expected is None:
        return is_plausible
    if callable(expected):
        return lambda text: is_readable(text) and expected(text)
    return lambda text: is_readable(text) and text in expected


def is_readable(text: str) -> bool:
    """True for text without control characters (but the GS1 separator) of a possible length."""
    return 0 < len(text) <= LONGEST and text.replace(GS, "").isprintable()


def is_plausible(text: str) -> bool:
    """True for what may be a code where nothing is expected: misreads are mostly very short."""
    return len(text) >= SHORTEST and is_readable(text)


def _bounded(frame: Grey) -> tuple[Grey, float]:
    """The picture, made smaller if it is larger than its budget, and by how much."""
    if frame.ndim != 2 or frame.dtype != np.uint8 or 0 in frame.shape:
        raise ValueError(f"a grey picture of bytes is wanted, not {frame.dtype} {frame.shape}")
    frame = np.ascontiguousarray(frame)
    scale = (frame.size / MOST_PIXELS) ** 0.5
    if scale <= 1:
        return frame, 1.0
    cv2 = opencv()
    small = cv2.resize(frame, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
    return small, scale


def _distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(np.hypot(one[0] - other[0], one[1] - other[1]))
