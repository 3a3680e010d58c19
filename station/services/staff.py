"""Who works here: badges, roles, and PINs that are hashed to be slow (argon2).

Checking a PIN takes a tenth of a second on purpose, so it happens between two transactions, never
inside one: ``find`` reads, ``pin_fits`` computes, ``note_pin`` writes what came of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from station.db.models import History, Staff
from station.domain.commands import BADGE_PREFIX
from station.domain.refusals import Code, Refusal
from station.services.alarms import raise_alarm
from station.services.history import record

TRIES = 5
"""Wrong PINs in ``LOCKED_FOR`` after which no PIN of this badge is looked at."""
LOCKED_FOR = timedelta(minutes=15)

_HASHER = PasswordHasher()
_PIN = re.compile(r"[0-9]{4,12}")


class Role(StrEnum):
    """What somebody may do. A manager may do everything."""

    PACKER = "packer"
    KEEPER = "keeper"
    SERVICE = "service"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the staff, as values; ``wrong_pins`` counts those of the last minutes."""

    id: int
    name: str
    role: Role
    badge: str
    pin_hash: str
    wrong_pins: int = 0


def hash_pin(pin: str) -> str:
    """The hash of a PIN of 4 to 12 digits; ValueError for anything else. Slow on purpose."""
    if not _PIN.fullmatch(pin):
        raise ValueError("a PIN is 4 to 12 digits / PIN 码是 4 到 12 位数字")
    return _HASHER.hash(pin)


def pin_fits(person: Person, pin: str) -> bool:
    """True if ``pin`` is this person's. Slow on purpose: call it outside any transaction."""
    try:
        return _HASHER.verify(person.pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False


def add_staff(
    session: Session, name: str, role: Role, badge: str, pin_hash: str, *, now: datetime,
    who: str = "",
) -> Staff:
    """Take somebody in. ``badge`` is what the badge's barcode says, with or without its prefix."""
    row = Staff(name=name, role=str(role), badge=_full(badge), pin_hash=pin_hash, active=True)
    session.add(row)
    session.flush()
    record(session, f"staff:{row.id}", "added", {"role": str(role)}, now=now, who=who)
    return row


def change_staff(
    session: Session, row: Staff, role: Role, badge: str, pin_hash: str, *, now: datetime,
    who: str = "",
) -> None:
    """Give somebody a new role, badge and PIN."""
    row.role, row.badge, row.pin_hash, row.active = str(role), _full(badge), pin_hash, True
    record(session, f"staff:{row.id}", "changed", {"role": str(role)}, now=now, who=who)


def find(session: Session, badge: str, *, now: datetime) -> Person | Refusal:
    """The person who carries this badge; refused if nobody does, or somebody who has left."""
    row = session.scalar(select(Staff).where(Staff.badge == _full(badge), Staff.active))
    if row is None:
        return Refusal(Code.SIGN_UNKNOWN_BADGE)
    wrong = _wrong_pins(session, row.id, now)
    return Person(row.id, row.name, Role(row.role), row.badge, row.pin_hash, wrong)


def _full(badge: str) -> str:
    return badge if badge.startswith(BADGE_PREFIX) else BADGE_PREFIX + badge


def _wrong_pins(session: Session, staff_id: int, now: datetime) -> int:
    """Wrong PINs since the last right one, of the last minutes; kept in the records, not memory."""
    chain = History.chain == f"staff:{staff_id}"
    right = select(func.max(History.seq)).where(chain, History.kind == "pin_right")
    wrong = select(func.count()).select_from(History).where(
        chain, History.kind == "pin_wrong", History.at > now - LOCKED_FOR,
        History.seq > func.coalesce(right.scalar_subquery(), 0),
    )
    return session.scalar(wrong) or 0


def is_locked(person: Person) -> bool:
    """True while too many PINs were wrong: no further one is looked at, right or not."""
    return person.wrong_pins >= TRIES


def note_pin(
    session: Session, person: Person, *, right: bool, bench: str, now: datetime
) -> Refusal | None:
    """Keep what came of a PIN; the refusal says how many tries are left."""
    if right:
        if person.wrong_pins:
            record(session, f"staff:{person.id}", "pin_right", {}, now=now, bench=bench)
        return None
    record(session, f"staff:{person.id}", "pin_wrong", {}, now=now, bench=bench)
    left = max(0, TRIES - 1 - person.wrong_pins)
    if left == 0:
        facts: dict[str, str | int] = {"bench": bench, "minutes": LOCKED_FOR.seconds // 60}
        raise_alarm(session, "pin_locked", f"staff:{person.id}", facts, now=now)
    return Refusal(Code.SIGN_WRONG_PIN, {"left": left, "minutes": LOCKED_FOR.seconds // 60})
