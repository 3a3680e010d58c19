"""A manager's word from afar: a code that rotates every half minute and works once.

It stands for the manager's badge and PIN wherever an acceptance is asked: shown on the manager's
page as a barcode that the bench's scanner reads, or on his phone. The secret lies nowhere: it is
derived from the station's own key file, and a new serial makes another one. A code is counted as a
guess before it is compared, for all managers together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import History, Override, Staff
from station.db.sealed import keys_for
from station.db.session import Database
from station.domain.commands import ONE_TIME_PREFIX
from station.domain.one_time import DIGITS, STEP_S, matching_step, otpauth_uri, step_at, totp
from station.domain.refusals import Code, Refusal
from station.domain.rights import Right, Role, holders
from station.services import pins
from station.services.history import record
from station.services.staff import Person

SUBJECT = "override"
"""What is guarded against guessing, and the chain of what was tried."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The present code as the manager's page shows it; ``left_s`` seconds until the next."""

    code: str
    barcode: str
    left_s: int


def shown(session: Session, staff_id: int, *, now: datetime) -> Shown:
    """The code of this person now."""
    code = totp(_secret(session, staff_id), now)
    return Shown(code, ONE_TIME_PREFIX + code, STEP_S - int(now.timestamp()) % STEP_S)


def phone_uri(session: Session, staff_id: int, shop: str) -> str:
    """What an authenticator on the manager's phone scans; who has it can accept in his name."""
    name = session.get_one(Staff, staff_id).name
    return otpauth_uri(_secret(session, staff_id), name, f"Packbench {shop}")


def renew(session: Session, staff_id: int, *, now: datetime, who: str = "") -> None:
    """Another secret, after a phone was lost: no code of the old one works from now."""
    row = _row(session, staff_id)
    row.serial, row.used_step = row.serial + 1, step_at(now)
    record(session, f"staff:{staff_id}", "override_renewed", {}, now=now, who=who)


def is_code(text: str) -> bool:
    """True for what is scanned or typed as a one-time code, right or not."""
    code = text.removeprefix(ONE_TIME_PREFIX)
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def redeem(db: Database, text: str, *, place: str, now: datetime) -> Person | Refusal:
    """The person whose code this is; it is used up by that."""
    refusal = pins.admit(db, SUBJECT, place, now=now)
    if refusal is not None:
        return refusal
    code = text.removeprefix(ONE_TIME_PREFIX)
    return db.write(lambda session: _redeemed(session, code, place, now=now))


def _redeemed(session: Session, code: str, place: str, *, now: datetime) -> Person | Refusal:
    why = Code.SIGN_WRONG_CODE
    for row in _managers(session):
        step = matching_step(_secret(session, row.id), code, now) if is_code(code) else None
        if step is None:
            continue
        used = _row(session, row.id)
        if step > _spent(used, now) and not _used_before(session, row.id, step):
            used.used_step = step
            pins.forgive(session, SUBJECT, place, now=now)
            record(session, f"staff:{row.id}", "override", {"place": place, "step": step},
                   now=now, who=row.name)
            return Person(row.id, row.name, Role(row.role), row.badge, row.pin_hash)
        why = Code.SIGN_USED_CODE
    record(session, SUBJECT, "override_refused", {"place": place, "why": str(why)}, now=now)
    return Refusal(why)


def _spent(used: Override, now: datetime) -> int:
    """The last step whose code is worth nothing any more.

    One from the future was used while the clock was wrong: then the present one alone counts, once.
    """
    present = step_at(now)
    return used.used_step if used.used_step <= present + 1 else present - 1


def _used_before(session: Session, staff_id: int, step: int) -> bool:
    """Whether the history knows the step's code as used: a clock that jumped back shows it again.
    """
    return session.scalar(
        select(History.id).where(
            History.chain == f"staff:{staff_id}", History.kind == "override",
            History.data.endswith(f'"step":{step}}}')).limit(1)) is not None


def _managers(session: Session) -> list[Staff]:
    """Everybody who may accept."""
    roles = [str(role) for role in holders(Right.ACCEPT)]
    query = select(Staff).where(Staff.role.in_(roles), Staff.active).order_by(Staff.id)
    return list(session.scalars(query))


def _secret(session: Session, staff_id: int) -> bytes:
    row = session.get(Override, staff_id)
    serial = row.serial if row is not None else 1
    return bytes.fromhex(keys_for(session).digest("override", f"{staff_id}:{serial}"))


def _row(session: Session, staff_id: int) -> Override:
    """The person's row, locked: of two benches that scan one code, one is the second."""
    row = session.scalar(
        select(Override).where(Override.staff_id == staff_id)
        .with_for_update().execution_options(populate_existing=True)
    )
    if row is None:
        row = Override(staff_id=staff_id, serial=1, used_step=0)
        session.add(row)
        session.flush()
    return row
