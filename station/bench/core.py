"""What the bench's flow stands on: the database's doors, verdicts, and looking again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from sqlalchemy.orm import Session

from station.bench.settings import BenchSettings
from station.bench.shown import parcel_step, step_of
from station.bench.standing import Standing
from station.db.session import Database
from station.domain.commands import ONE_TIME_PREFIX
from station.domain.parcel import OPENED, ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.screen import Mood, Step, Verdict
from station.domain.vocabulary import Message
from station.domain.weights import PanWatch
from station.services import contents, items, repeats, weighing
from station.services.contents import OpenParcel
from station.services.photographs import Moment
from station.services.repeats import Once
from station.services.rules import Rules

P = ParamSpec("P")
R = TypeVar("R")

_ALARMS = frozenset({Code.WAYBILL_STOPPED})
_QUIET = ("measure.needed", "measure.implausible", "parcel.", "weight.", "sign.", "print.",
          "scale.", "bench.not_now", "bench.no_read", "bench.several_labels",
          "bench.unknown_command", "bench.items_only", "bench.waybills_only")
_LOUD = frozenset({
    Code.SCALE_FAILED, Code.PARCEL_WRONG_MATERIAL, Code.PARCEL_CHANGED, Code.WEIGHT_OFF,
})
_HOLDING = frozenset({Mood.BAD, Mood.ALARM})


def mood_of(code: Code) -> Mood:
    """How grave a "no" is: a mistake with goods or paper is bad, a step out of turn a warning."""
    if code in _ALARMS:
        return Mood.ALARM
    if code in _LOUD or not code.startswith(_QUIET):
        return Mood.BAD
    return Mood.WARN


class Witness(Protocol):
    """What is told of a moment worth a picture."""

    def __call__(
        self, moment: Moment, parcel_id: int, who: str, *, since: float | None = None
    ) -> None:
        """Take note: ``since`` is the monotonic second at which the parcel was opened."""
        ...


def unseen(moment: Moment, parcel_id: int, who: str, *, since: float | None = None) -> None:
    """A bench without a camera."""


class Core:
    """The bench's memory and its way to the records. Used by one thread at a time."""

    def __init__(
        self,
        name: str,
        db: Database,
        rules: Rules,
        settings: BenchSettings,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        witness: Witness = unseen,
    ) -> None:
        self.name = name
        self._witness = witness
        self.monotonic = monotonic  # the clock that readings are stamped with
        self.rules = rules
        self.settings = settings
        self.standing = Standing(devices={view.name: view for view in settings.devices})
        self.pan = PanWatch(settings.pan, scale=settings.scale) if settings.scale else None
        self.tell_scale: Callable[[str], bool] = lambda _: False
        self._db = db
        self._clock = clock
        self._seq = 0
        self.answered: Counter[Mood] = Counter(dict.fromkeys(Mood, 0))
        """How many answers of each kind were given since the start."""
        self.once: Once | None = None
        """The key of the request that is being served, until a change has carried it."""

    @property
    def parcel(self) -> OpenParcel | None:
        """The parcel that is open here, as it was when its last step was answered."""
        return self.standing.parcel

    @property
    def step(self) -> Step:
        """What the packer has to do now."""
        return step_of(self.standing)

    def resume(self) -> None:
        """After a start: find the parcel that is open here, and the last weight of the scale."""
        if self.settings.scale:
            last_g = self.read(weighing.last_weight, self.settings.scale)
            self.pan = PanWatch(self.settings.pan, scale=self.settings.scale, last_g=last_g)
        self._adopt(self.read(contents.open_at, self.name))

    # --- The records ----------------------------------------------------------------------------

    def read(
        self, look: Callable[Concatenate[Session, P], R], *args: P.args, **facts: P.kwargs
    ) -> R:
        """Run ``look(session, …)`` on a consistent view."""
        return self._db.read(lambda session: look(session, *args, **facts))

    def step_with(self, service: Callable[..., R], *args: object, **facts: object) -> R:
        """Run one service step as this bench and its packer, now; durable when this returns."""
        facts = {"bench": self.name, "who": self.standing.who, "now": self._clock(), **facts}
        once, self.once = self.once, None
        if once is not None:  # the request's key goes with its first change
            service = cast("Callable[..., R]", repeats.marking(service, once))
        return self._db.write(partial(_called, service=service, args=args, facts=facts))

    def is_repeat(self, once: Once) -> bool:
        """True if a request with this key was served before."""
        return self.read(repeats.known, once.key, now=self.now()) is not None

    def witnessed(self, moment: Moment, parcel_id: int) -> None:
        """Have the camera take a picture of the parcel, if there is one; waits for nothing."""
        self._witness(moment, parcel_id, self.standing.who, since=self.standing.opened_at)

    def now(self) -> datetime:
        """The time, aware."""
        return self._clock()

    # --- Answers --------------------------------------------------------------------------------

    def answer(
        self, mood: Mood, code: str, facts: dict[str, str | int] | None = None, *,
        locks: bool | None = None,
    ) -> None:
        """Show and say this; bad news and alarms lock the screen unless ``locks`` is given."""
        self._seq += 1
        self.answered[mood] += 1
        verdict = Verdict(mood, Message(str(code), facts), self._seq)
        self.standing.verdict = verdict
        if not code.startswith("entry."):  # single digits would push out all that matters
            self.standing.recent.appendleft(verdict)
        if mood in _HOLDING if locks is None else locks:
            self.standing.locked = True
            if code != Code.BENCH_ACKNOWLEDGE_FIRST:  # that one only points at the first
                self.standing.held = verdict

    def refuse(self, refusal: Refusal) -> None:
        """Say no; if the records are not what the bench thought, look at them again."""
        mood = mood_of(refusal.code)
        if refusal.code is Code.WAYBILL_HELD and self.parcel is not None:
            mood = Mood.ALARM
        locks = refusal.code is not Code.WEIGHT_OFF and mood in _HOLDING
        self.answer(mood, refusal.code, dict(refusal.facts), locks=locks)
        if refusal.code in _LOOK_AGAIN and self.parcel is not None:
            self.look_again(aloud=refusal.code is Code.PARCEL_NONE_OPEN)

    def refuse_scan(self, code: str, why: Code) -> None:
        """Say no to a scan that means nothing here and now, and keep it in the history.

        A digit of a PIN is not kept, nor a one-time code.
        """
        parcel_id = self.parcel.id if self.parcel is not None else None
        self.step_with(items.note_scan, parcel_id, _without_digit(code), why)
        facts: dict[str, str | int] = {"code": code[:64]}
        self.refuse(Refusal(why, facts))

    # --- Looking again --------------------------------------------------------------------------

    def look_again(self, *, aloud: bool = True) -> None:
        """Somebody else may have changed the parcel: refunded, held, reprinted, taken away."""
        before = self.parcel
        if before is None:
            self._adopt(self.read(contents.open_at, self.name))
            return
        fresh = self.read(contents.read, before.id)
        if fresh is None or fresh.bench != self.name or not _belongs_here(fresh):
            self.drop()
            if aloud:
                self.answer(Mood.BAD, "parcel.changed_elsewhere",
                            {"waybill_no": before.waybill_no})
            return
        news = (fresh.state, fresh.held) != (before.state, before.held)
        self.standing.parcel = fresh
        if parcel_step(fresh) is not parcel_step(before):
            self.standing.forget()
        if aloud and news:
            self._look_at(fresh)

    def _adopt(self, parcel: OpenParcel | None) -> None:
        """Take up a parcel that the records say is open here, as after a restart."""
        self.standing.parcel, self.standing.opened_at = parcel, self.monotonic()
        self._explain()
        if parcel is not None:
            self._look_at(parcel)

    def _look_at(self, parcel: OpenParcel) -> None:
        """Shout if the open parcel must not go on."""
        facts: dict[str, str | int] = {"waybill_no": parcel.waybill_no}
        if parcel.state is ParcelState.STOPPED:
            self.answer(Mood.ALARM, Code.WAYBILL_STOPPED, facts)
        elif parcel.held:
            why = self.read(contents.why_held, parcel.id)
            self.answer(Mood.ALARM, Code.WAYBILL_HELD, {**facts, "why": why})

    def drop(self) -> None:
        """The bench is free; nothing that was begun counts any more."""
        self.standing.forget()
        self.standing.parcel = None
        self.standing.explanation = ()

    def _explain(self) -> None:
        parcel = self.parcel
        if parcel is None or parcel.off is None:
            self.standing.explanation = ()
            return
        self.standing.explanation = self.read(weighing.explanations, parcel, self.rules)


_LOOK_AGAIN = frozenset({Code.WAYBILL_STOPPED, Code.WAYBILL_HELD, Code.PARCEL_NONE_OPEN})


def _called(
    session: Session, *, service: Callable[..., R], args: tuple[object, ...],
    facts: dict[str, object],
) -> R:
    return service(session, *args, **facts)


def _belongs_here(parcel: OpenParcel) -> bool:
    return parcel.state in OPENED or parcel.state is ParcelState.STOPPED


def _without_digit(code: str) -> str:
    if code.startswith(ONE_TIME_PREFIX):
        return f"{ONE_TIME_PREFIX}#"
    return f"{code[:-1]}#" if code[:-1] == "PBCMD-" and code[-1].isdigit() else code
