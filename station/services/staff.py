"""Who works here: badges, roles, and PINs that are hashed to be slow (argon2).

Checking a PIN takes a tenth of a second on purpose, so it happens between two transactions, never
inside one; who may try, and how often, is in services/pins.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Staff
from station.domain import rights
from station.domain.commands import BADGE_PREFIX
from station.domain.refusals import Code, Refusal
from station.services import sessions
from station.services.history import record

_HASHER = PasswordHasher()
_PIN = re.compile(r"[0-9]{4,12}")


Role = rights.Role
"""What somebody may do; the table is station/domain/rights.py."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the staff, as values."""

    id: int
    name: str
    role: Role
    badge: str
    pin_hash: str

    def may(self, right: rights.Right) -> bool:
        """True if his role holds this right."""
        return rights.may(self.role, right)


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
    """Give somebody a new role, badge and PIN; whoever was signed in as him is signed out."""
    row.role, row.badge, row.pin_hash, row.active = str(role), _full(badge), pin_hash, True
    sessions.end_all(session, row.id, now=now, who=who)
    record(session, f"staff:{row.id}", "changed", {"role": str(role)}, now=now, who=who)


def find(session: Session, badge: str) -> Person | Refusal:
    """The person who carries this badge; refused if nobody does, or somebody who has left."""
    row = session.scalar(select(Staff).where(Staff.badge == _full(badge), Staff.active))
    if row is None:
        return Refusal(Code.SIGN_UNKNOWN_BADGE)
    return Person(row.id, row.name, Role(row.role), row.badge, row.pin_hash)


def _full(badge: str) -> str:
    return badge if badge.startswith(BADGE_PREFIX) else BADGE_PREFIX + badge
