"""The staff as the manager keeps it: the first manager, who is taken in, who leaves, new PINs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from station.db.models import Staff
from station.domain.commands import BADGE_PREFIX
from station.domain.refusals import Code, Refusal
from station.domain.rights import Role
from station.services import pins, sessions, staff
from station.services.history import record


@dataclass(frozen=True, slots=True)
class Listed:
    """One of the staff as the manager's page shows him; ``locked_until`` while PINs must wait."""

    id: int
    name: str
    role: Role
    badge: str
    active: bool
    locked_until: datetime | None


def listed(session: Session, *, now: datetime) -> list[Listed]:
    """Everybody, those who have left last."""
    locked = pins.locked(session, now=now)
    rows = session.scalars(select(Staff).order_by(Staff.active.desc(), Staff.id))
    return [
        Listed(row.id, row.name, Role(row.role), row.badge.removeprefix(BADGE_PREFIX), row.active,
               locked.get(row.id))
        for row in rows
    ]


def has_manager(session: Session) -> bool:
    """True once somebody can manage this station."""
    return _managers(session) > 0


def _managers(session: Session) -> int:
    query = select(func.count()).select_from(Staff)
    return session.scalar(query.where(Staff.role == str(Role.MANAGER), Staff.active)) or 0


def first_manager(
    session: Session, name: str, badge: str, pin_hash: str, *, now: datetime
) -> int | Refusal:
    """The first start: the manager names himself; refused once there is one."""
    # Written first: of two browsers that do this at once, one waits here and then sees the other.
    record(session, "door", "first_start", {}, now=now)
    if has_manager(session):
        return Refusal(Code.SIGN_NOT_NEW)
    return hire(session, name, Role.MANAGER, badge, pin_hash, now=now)


def hire(
    session: Session, name: str, role: Role, badge: str, pin_hash: str, *, now: datetime,
    who: str = "",
) -> int | Refusal:
    """Take somebody in; refused if the name or the badge is somebody's already."""
    try:
        with session.begin_nested():
            row = staff.add_staff(session, name, role, badge, pin_hash, now=now, who=who)
    except IntegrityError:
        return Refusal(Code.SIGN_TAKEN)
    return row.id


def give_role(
    session: Session, staff_id: int, role: Role, *, now: datetime, who: str = ""
) -> Refusal | None:
    """Another role; whoever was signed in as him is signed out. The last manager stays one."""
    row = _locked(session, staff_id)
    if row is None or (role is not Role.MANAGER and _is_last(session, row)):
        return Refusal(Code.SIGN_LAST_MANAGER)
    row.role = str(role)
    sessions.end_all(session, staff_id, now=now, who=who)
    record(session, f"staff:{staff_id}", "changed", {"role": str(role)}, now=now, who=who)
    return None


def give_pin(
    session: Session, staff_id: int, pin_hash: str, *, now: datetime, who: str = ""
) -> None:
    """A new PIN; whoever was signed in as him is signed out, and old tries are forgiven."""
    row = _locked(session, staff_id)
    if row is not None:
        row.pin_hash = pin_hash
        sessions.end_all(session, staff_id, now=now, who=who)
        pins.unlock(session, staff_id, now=now, who=who)
        record(session, f"staff:{staff_id}", "pin_changed", {}, now=now, who=who)


def leave(session: Session, staff_id: int, *, now: datetime, who: str = "") -> Refusal | None:
    """Somebody does not work here any more: no badge, no PIN, no session of his counts."""
    row = _locked(session, staff_id)
    if row is None or _is_last(session, row):
        return Refusal(Code.SIGN_LAST_MANAGER)
    row.active = False
    sessions.end_all(session, staff_id, now=now, who=who)
    record(session, f"staff:{staff_id}", "gone", {}, now=now, who=who)
    return None


def _locked(session: Session, staff_id: int) -> Staff | None:
    return session.scalar(
        select(Staff).where(Staff.id == staff_id)
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    )


def _is_last(session: Session, row: Staff) -> bool:
    return row.active and row.role == Role.MANAGER and _managers(session) == 1


def as_person(session: Session, staff_id: int) -> staff.Person:
    """One of the staff by his id, as values."""
    row = session.get_one(Staff, staff_id)
    return staff.Person(row.id, row.name, Role(row.role), row.badge, row.pin_hash)
