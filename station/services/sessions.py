"""Who is signed in: people's sessions in a browser, and the keys of programs.

A session's id and a program's key are random, and only their digests are kept. An id is made new at
every sign-in, so one that was planted before is worth nothing; a session ends when nobody touched
it for a while, when its shift is over, when its person signs out (here or everywhere), and when its
person is given another role, badge or PIN.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from station.db.models import ProgramKey, SignIn, Staff
from station.domain.refusals import Code, Refusal
from station.domain.rights import RIGHTS, SEAT, Right, Role
from station.services.history import record

KEY_PREFIX = "pbkey_"
"""Programs' keys begin with it, so that one left in a file or a log is found."""

PROGRAM_ROLES = (Role.PACKER, Role.KEEPER, Role.COURIER, Role.SERVICE)
"""What a program may be. Nothing that asks for a manager is done by a program alone."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who asks, and what he may do. ``role`` None: nobody who said who he is.

    ``sign_in`` is the session's row, 0 where there is none; ``seen_at`` its last sign of life.
    """

    name: str = ""
    role: Role | None = None
    rights: frozenset[Right] = frozenset()
    staff_id: int = 0
    sign_in: int = 0
    since: datetime | None = None
    seen_at: datetime | None = None

    def may(self, right: Right) -> bool:
        """True if he holds this right."""
        return right in self.rights


NOBODY = Somebody()
AT_THE_SEAT = Somebody(rights=SEAT)
"""Nobody, but at the bench's own computer."""


def somebody(staff_id: int, name: str, role: Role) -> Somebody:
    """One of the staff who named himself without signing in, as by a badge at the bench."""
    return Somebody(name, role, RIGHTS[role], staff_id)


@dataclass(frozen=True, slots=True)
class Life:
    """How long a session lives: without a touch, and at all."""

    idle: timedelta = timedelta(minutes=15)
    shift: timedelta = timedelta(hours=12)

    def is_over(self, since: datetime, seen_at: datetime, now: datetime) -> bool:
        """True if the session has ended by itself, or was begun by a clock that was wrong."""
        ahead = max(since, seen_at) - now
        return now - seen_at > self.idle or now - since > self.shift or ahead > self.idle


def digest_of(token: str) -> str:
    """What is kept of a token or a key."""
    return sha256(token.encode()).hexdigest()


def begin(
    session: Session, staff_id: int, *, place: str, before: str = "", now: datetime
) -> str:
    """Sign somebody in: a new token. ``before`` is the token of the browser's session until now."""
    token = secrets.token_urlsafe(32)
    if before:
        _end(session, SignIn.digest == digest_of(before), "again", now)
    session.add(SignIn(
        digest=digest_of(token), staff_id=staff_id, place=place[:64], at=now, seen_at=now
    ))
    record(session, f"staff:{staff_id}", "signed_in", {"place": place[:64]}, now=now)
    return token


def look(session: Session, token: str) -> Somebody | None:
    """Whose open session this is; None for none. Whether it is over by itself is not judged."""
    row = session.execute(
        select(SignIn.id, SignIn.at, SignIn.seen_at, Staff.id, Staff.name, Staff.role)
        .join(Staff, Staff.id == SignIn.staff_id)
        .where(SignIn.digest == digest_of(token), SignIn.ended_at.is_(None), Staff.active)
    ).one_or_none()
    if row is None:
        return None
    sign_in, since, seen_at, staff_id, name, role = row
    known = Role(role)
    return Somebody(name, known, RIGHTS[known], staff_id, sign_in, since, seen_at)


def touch(session: Session, sign_in: int, *, seen_at: datetime, now: datetime) -> None:  # noqa: ARG001 - every step knows the time
    """Note that a session was used."""
    session.execute(update(SignIn).where(SignIn.id == sign_in).values(seen_at=seen_at))


def end(session: Session, who: Somebody, why: str, *, now: datetime) -> None:
    """End one session: "out" by its person, "idle" by itself."""
    if _end(session, SignIn.id == who.sign_in, why, now):
        record(session, f"staff:{who.staff_id}", "signed_out", {"why": why}, now=now)


def end_all(session: Session, staff_id: int, *, now: datetime, who: str = "") -> int:
    """Sign somebody out everywhere; how many sessions that were."""
    ended = _end(session, SignIn.staff_id == staff_id, "everywhere", now)
    if ended:
        facts = {"why": "everywhere", "sessions": ended}
        record(session, f"staff:{staff_id}", "signed_out", facts, now=now, who=who)
    return ended


def _end(session: Session, which: object, why: str, now: datetime) -> int:
    rows = session.scalars(
        update(SignIn).where(which, SignIn.ended_at.is_(None))  # type: ignore[arg-type]
        .values(ended_at=now, ended_why=why).returning(SignIn.id)
    )
    return len(rows.all())


# --- Programs -----------------------------------------------------------------------------------


def make_key(
    session: Session, name: str, role: Role, *, now: datetime, who: str = ""
) -> str | Refusal:
    """A new key for a program of this name; the old one of that name is worth nothing from now."""
    if role not in PROGRAM_ROLES:
        return Refusal(Code.SIGN_NOT_ALLOWED, {"right": str(Right.STAFF)})
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    row = session.scalar(select(ProgramKey).where(ProgramKey.name == name))
    if row is None:
        row = ProgramKey(name=name, digest="", role="", made_at=now)
        session.add(row)
    row.digest, row.role, row.made_at, row.made_by = digest_of(key), str(role), now, who
    row.ended_at = None
    session.flush()
    record(session, f"key:{row.id}", "made", {"role": str(role)}, now=now, who=who)
    return key


def end_key(session: Session, name: str, *, now: datetime, who: str = "") -> bool:
    """Make a program's key worthless; False if there is none of this name."""
    row = session.scalar(
        select(ProgramKey).where(ProgramKey.name == name, ProgramKey.ended_at.is_(None))
    )
    if row is None:
        return False
    row.ended_at = now
    record(session, f"key:{row.id}", "ended", {}, now=now, who=who)
    return True


def key_owner(session: Session, key: str) -> Somebody | None:
    """The program whose key this is; None for none."""
    row = session.scalar(
        select(ProgramKey)
        .where(ProgramKey.digest == digest_of(key), ProgramKey.ended_at.is_(None))
    )
    if row is None:
        return None
    role = Role(row.role)
    return Somebody(row.name, role, RIGHTS[role])


def keys(session: Session) -> list[tuple[str, str, datetime]]:
    """The programs that have a key: name, role, since when."""
    rows = session.execute(
        select(ProgramKey.name, ProgramKey.role, ProgramKey.made_at)
        .where(ProgramKey.ended_at.is_(None)).order_by(ProgramKey.name)
    )
    return [(name, role, at) for name, role, at in rows]


def note_bench(
    session: Session, staff_id: int, kind: str, *, why: str = "", now: datetime, who: str = "",
    bench: str = "",
) -> None:
    """Keep that a badge signed somebody in at a bench ("signed_in") or out ("signed_out")."""
    facts = {"why": why} if why else {"place": f"bench {bench}"}
    record(session, f"staff:{staff_id}", kind, facts, now=now, who=who, bench=bench)


# --- Refusals -----------------------------------------------------------------------------------


def note_refused(
    session: Session, turned_away: Somebody, right: Right, door: str, *, now: datetime,
    who: str = "", bench: str = "",
) -> None:
    """Keep that somebody was turned away: what he asked for, and the right that it takes."""
    chain = f"staff:{turned_away.staff_id}" if turned_away.staff_id else "door"
    facts = {"right": str(right), "door": door[:80], "role": str(turned_away.role or "")}
    record(session, chain, "refused", facts, now=now, who=who or turned_away.name, bench=bench)
