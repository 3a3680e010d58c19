"""PINs are guessed slowly: five tries, then a wait that doubles, kept in the records.

A try is counted before its PIN is looked at, in a transaction of its own, so that guesses side by
side, at several benches or before and after a restart, are all counted. A right PIN wipes the
person's tries away. Beside the person, the place is counted: whoever goes through all badges at one
bench or from one address is stopped as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import PinGuard
from station.db.session import Database
from station.domain.refusals import Code, Refusal
from station.services.alarms import raise_alarm
from station.services.history import record
from station.services.staff import Person, pin_fits

TRIES = 5
"""Tries in a row that cost no waiting."""
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=1)
PLACE_TRIES = 15
"""Wrong tries from one place, of whatever people, in ``PLACE_WINDOW``."""
PLACE_WINDOW = timedelta(hours=1)


def wait_after(tries: int) -> timedelta:
    """How long nothing is looked at after so many tries in a row."""
    if tries < TRIES:
        return timedelta(0)
    return min(FIRST_WAIT * int(2 ** min(tries - TRIES, 10)), LONGEST_WAIT)


def prove(
    db: Database, person: Person, pin: str, *, place: str, now: datetime
) -> Refusal | None:
    """None if ``pin`` is this person's, and its time has come. Slow on purpose."""
    refusal = admit(db, f"staff:{person.id}", place, now=now)
    if refusal is not None:
        return refusal
    right = pin_fits(person, pin)
    return db.write(lambda session: settle(session, person, place, right=right, now=now))


def admit(db: Database, subject: str, place: str, *, now: datetime) -> Refusal | None:
    """Count a try that is about to be made of a subject ("staff:3", "override").

    Refused while the subject or the place must wait; who asks again and again writes nothing.
    """
    return db.read(lambda session: waiting(session, subject, place, now=now)) or db.write(
        lambda session: take(session, subject, place, now=now)
    )


def waiting(session: Session, subject: str, place: str, *, now: datetime) -> Refusal | None:
    """The refusal of a wait that is in the history already; None where somebody must write."""
    guards = session.scalars(
        select(PinGuard).where(PinGuard.key.in_((subject, _of(place))), PinGuard.refused > 0)
    )
    for guard in guards:
        if guard.free_at is not None and guard.since <= now < guard.free_at:
            return Refusal(Code.SIGN_LOCKED, {"minutes": _minutes(guard, now)})
    return None


def take(session: Session, subject: str, place: str, *, now: datetime) -> Refusal | None:
    """Count a try, in one transaction with the look whether it may be made."""
    guards = _guard(session, subject, now), _guard(session, _of(place), now)
    for guard in guards:
        if guard.free_at is not None and now < guard.free_at:
            return _turned_away(session, guard, place, now)
    for guard in guards:
        guard.tries, guard.refused = guard.tries + 1, 0
    own, there = guards
    own.since = now
    own.free_at = now + wait_after(own.tries) if own.tries >= TRIES else None
    there.free_at = there.since + PLACE_WINDOW if there.tries >= PLACE_TRIES else None
    return None


def settle(
    session: Session, person: Person, place: str, *, right: bool, now: datetime
) -> Refusal | None:
    """Keep what came of a try; the refusal says how many are left before a wait."""
    subject = f"staff:{person.id}"
    if right:
        forgive(session, subject, place, now=now)
        return None
    record(session, subject, "pin_wrong", {"place": place}, now=now)
    guard = _guard(session, subject, now)
    left = max(0, TRIES - guard.tries)
    if left == 0:
        facts: dict[str, str | int] = {"bench": place, "minutes": _minutes(guard, now)}
        raise_alarm(session, "pin_locked", subject, facts, now=now)
    return Refusal(Code.SIGN_WRONG_PIN, {"left": left, "minutes": _minutes(guard, now)})


def forgive(session: Session, subject: str, place: str, *, now: datetime) -> None:
    """The try was right: the subject's tries are wiped away, and the place is owed one less."""
    guard = _guard(session, subject, now)
    if guard.tries > 1:
        record(session, subject, "pin_right", {"tries": guard.tries}, now=now)
    session.delete(guard)
    there = _guard(session, _of(place), now)
    there.tries = max(0, there.tries - 1)
    if there.tries < PLACE_TRIES:
        there.free_at = None


def unlock(session: Session, staff_id: int, *, now: datetime, who: str = "") -> None:
    """A manager lets somebody try again at once, wherever he is."""
    rows = session.scalars(select(PinGuard).where(
        (PinGuard.key == f"staff:{staff_id}") | PinGuard.key.startswith("place:")
    ))
    for guard in rows:
        session.delete(guard)
    record(session, f"staff:{staff_id}", "pin_unlocked", {}, now=now, who=who)


def locked(session: Session, *, now: datetime) -> dict[int, datetime]:
    """Until when each locked person must wait, by the person's id."""
    rows = session.execute(
        select(PinGuard.key, PinGuard.free_at)
        .where(PinGuard.free_at > now, PinGuard.key.startswith("staff:"))
    )
    return {int(key.partition(":")[2]): free_at for key, free_at in rows if free_at}


def _of(place: str) -> str:
    return f"place:{place}"[:96]


def _guard(session: Session, key: str, now: datetime) -> PinGuard:
    """The row of what is guarded, locked, with old tries forgotten."""
    guard = session.scalar(
        select(PinGuard).where(PinGuard.key == key)
        .with_for_update().execution_options(populate_existing=True)
    )
    if guard is None:
        guard = PinGuard(key=key, tries=0, refused=0, since=now, free_at=None)
        session.add(guard)
        session.flush()
    if guard.since > now:
        # The clock was wrong, and is back: who waits does not wait until it was right.
        ahead, guard.since = guard.since - now, now
        guard.free_at = guard.free_at - ahead if guard.free_at is not None else None
    keep = PLACE_WINDOW if key.startswith("place:") else FORGOTTEN_AFTER
    if now - guard.since > keep:
        guard.tries, guard.refused, guard.since, guard.free_at = 0, 0, now, None
    return guard


def _turned_away(
    session: Session, guard: PinGuard, place: str, now: datetime
) -> Refusal:
    """Nothing was looked at. The first one of each wait is kept in the history."""
    if not guard.refused:
        guard.refused = 1
        chain = guard.key if not guard.key.startswith("place:") else "door"
        record(session, chain, "pin_turned_away", {"place": place}, now=now)
    return Refusal(Code.SIGN_LOCKED, {"minutes": _minutes(guard, now)})


def _minutes(guard: PinGuard, now: datetime) -> int:
    """Whole minutes still to wait, rounded up."""
    left = guard.free_at - now if guard.free_at is not None else timedelta(0)
    return max(0, -(-int(left.total_seconds()) // 60))
