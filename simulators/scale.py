"""A simulated scale: a pan, a dialect, and the ways in which real scales mislead.

The fault menu stands in ``scale_faults``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from decimal import Decimal

from simulators.dialects import Dialect, StGs, Toledo8217, YaohuaContinuous
from simulators.pan import Face, Pan
from simulators.scale_faults import SENTENCES, SPOILERS, ScaleFault, Turn, script
from simulators.wire import Device

__all__ = ["SENTENCES", "Scale", "ScaleFault", "dialect_named"]

POWER_UP = 3.0  # seconds of silence while the indicator counts through its digits
LATE_BY = 1.5
BURST_EVERY = 3.0
RESTART_EVERY, RESTART_TAKES = 4.0, 1.2
MOST_AT_ONCE = 8  # frames; a scale does not save up what it could not say


def dialect_named(name: str) -> Dialect:
    """The dialect called toledo_8217, st_gs, st_gs_bison, st_gs_tscale or yaohua."""
    makers: dict[str, Callable[[], Dialect]] = {
        "toledo_8217": Toledo8217,
        "st_gs": StGs,
        "st_gs_bison": lambda: StGs(maker="bison"),
        "st_gs_tscale": lambda: StGs(maker="tscale", unit="g"),
        "yaohua": YaohuaContinuous,
    }
    if name not in makers:
        raise ValueError(f"no scale dialect {name!r}; known are {', '.join(makers)}")
    return makers[name]()


class Scale(Device):
    """A pan that speaks. Set ``faults`` live; every method takes the virtual second."""

    def __init__(self, pan: Pan, dialect: Dialect, *, seed: int = 0) -> None:
        super().__init__()
        self.pan, self.dialect = pan, dialect
        self.faults: set[ScaleFault] = set()
        self.frames = 0
        self._chance = random.Random(seed)
        self._next_frame = 0.0
        self._off_until = 0.0
        self._frozen: Face | None = None
        self._late: list[tuple[float, bytes]] = []
        self._script: list[Turn] = []
        self._unit = getattr(dialect, "unit", None)

    def set_fault(self, name: str, *, on: bool, now: float) -> None:
        """Switch a fault. ValueError names the known ones."""
        try:
            fault = ScaleFault(name)
        except ValueError:
            known = ", ".join(ScaleFault)
            raise ValueError(f"no scale fault {name!r}; known are {known}") from None
        if on:
            self.faults.add(fault)
        else:
            self.faults.discard(fault)
        self._take_effect(fault, on=on, now=now)

    def power_cycle(self, now: float) -> None:
        """Switch off and on: silence for three seconds, and what lies there becomes zero."""
        self._off_until = now + POWER_UP
        self.pan.power_on(now)

    def hear(self, data: bytes, now: float) -> bytes:
        """Obey the host's bytes, unless switched off."""
        self._play(now)
        if self._is_off(now):
            return b""
        answer = self.dialect.hear(data, self.pan, self.face(now), now)
        return self._delayed(self._spoilt(answer), now)

    def speak(self, now: float) -> bytes:
        """The frames due since the last call."""
        self._play(now)
        said = b"".join(frame for at, frame in self._late if at <= now)
        self._late = [(at, frame) for at, frame in self._late if at > now]
        if self._is_off(now):
            self._next_frame = now
            return b""
        return said + self._delayed(self._due(now), now)

    def face(self, now: float) -> Face:
        """What the display shows, faults included."""
        face = self.pan.face(now)
        if ScaleFault.FROZEN in self.faults:
            self._frozen = self._frozen or face
            face = self._frozen
        stable = face.stable
        if ScaleFault.LYING_STABLE in self.faults or ScaleFault.FROZEN in self.faults:
            stable = True
        if ScaleFault.NEVER_STABLE in self.faults:
            stable = False
        over = face.over or ScaleFault.OVERLOAD in self.faults
        value = None if over else self._misread(face)
        return Face(value, stable, face.net, over, face.under, face.at_zero and not over,
                    face.tare, face.division)

    def state(self, now: float) -> dict[str, object]:
        """The pan, the display and the faults, for the control door."""
        face = self.face(now)
        return {
            "items": dict(self.pan.items),
            "true_grams": self.pan.load,
            "shown_grams": None if face.value is None else str(face.value),
            "stable": face.stable,
            "net": face.net,
            "overload": face.over,
            "tare_grams": str(face.tare),
            "capacity": self.pan.capacity,
            "division": str(self.pan.division),
            "frames": self.frames,
            "faults": sorted(self.faults),
        }

    def _take_effect(self, fault: ScaleFault, *, on: bool, now: float) -> None:
        if fault is ScaleFault.FROZEN:
            self._frozen = self.pan.face(now) if on else None
        elif fault is ScaleFault.DRIFT:
            self.pan.start_drift(8.0 if on else 0.0, now)
        elif fault is ScaleFault.TARE_LEFT_ON:
            self.pan.preset_tare(Decimal(500 if on else 0))
        elif fault is ScaleFault.POUNDS and self._unit is not None:
            vars(self.dialect)["unit"] = "lb" if on else self._unit

    def _misread(self, face: Face) -> Decimal | None:
        value = face.value
        if value is None:
            return None
        if ScaleFault.HALF_WEIGHT in self.faults:
            value = Decimal(round(value / 2 / face.division)) * face.division
        if ScaleFault.NEGATIVE in self.faults:
            value -= 20 * face.division
        return abs(value) if ScaleFault.SIGN_LOST in self.faults else value

    def _due(self, now: float) -> bytes:
        if not self.dialect.rate:
            return b""
        period = 1 / self.dialect.rate
        self._next_frame = max(self._next_frame, now - MOST_AT_ONCE * period)
        said = b""
        while self._next_frame <= now:
            said += self._spoilt(self.dialect.frame(self.face(self._next_frame)))
            self._next_frame += period
        return said

    def _spoilt(self, frame: bytes) -> bytes:
        if not frame:
            return frame
        self.frames += 1
        for fault, spoil in SPOILERS.items():
            if fault in self.faults and frame:
                frame = spoil(frame, self._chance, self.frames)
        return frame

    def _delayed(self, said: bytes, now: float) -> bytes:
        wait = LATE_BY if ScaleFault.LATE in self.faults else 0.0
        if ScaleFault.BURSTS in self.faults:
            wait = BURST_EVERY - now % BURST_EVERY
        if not wait or not said:
            return said
        self._late.append((now + wait, said))
        return b""

    def _is_off(self, now: float) -> bool:
        restarting = ScaleFault.RESTARTING in self.faults and now % RESTART_EVERY < RESTART_TAKES
        return now < self._off_until or ScaleFault.SILENT in self.faults or restarting

    def begin_script(
        self, seed: int, seconds: float, now: float,
        faults: Sequence[ScaleFault] = tuple(ScaleFault),
    ) -> None:
        """Let faults come and go by a seed for so many seconds from now."""
        turns = script(seed, seconds, faults=faults)
        self._script = [Turn(now + turn.at, turn.fault, on=turn.on) for turn in turns]

    def _play(self, now: float) -> None:
        while self._script and self._script[0].at <= now:
            turn = self._script.pop(0)
            self.set_fault(turn.fault, on=turn.on, now=now)
