"""What the records show of the station's health, as plain numbers for a metrics page.

Every label comes from a list of ours (a state, a kind): nothing that grows, and nothing personal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from station.db.models import Alarm, Base, History, Outbox, Parcel, PrintJob, SignedHead
from station.domain.parcel import ENDED, ParcelState
from station.services import printing, reveals


@dataclass(frozen=True, slots=True)
class Gauges:
    """Counts, ages in seconds (0 where nothing waits) and bytes."""

    print_jobs: Mapping[str, int]
    print_wait_s: float
    outbox: Mapping[str, int]
    outbox_wait_s: float
    parcels: Mapping[str, int]
    alarms: int
    history_rows: int
    signed_heads: int
    database_bytes: int
    reveals: int


def measure(session: Session, *, now: datetime) -> Gauges:
    """Look at the records as they are now."""
    under_way = [str(state) for state in ParcelState if state not in ENDED]
    return Gauges(
        print_jobs=_by_state(session, PrintJob, ["waiting", "sending", "sent", "in_doubt"]),
        print_wait_s=_age(printing.oldest_due(session), now),
        outbox=_by_state(session, Outbox, ["waiting", "given_up"]),
        outbox_wait_s=_age(session.scalar(
            select(func.min(Outbox.created_at)).where(Outbox.state == "waiting")), now),
        parcels=_by_state(session, Parcel, under_way),
        alarms=session.scalar(
            select(func.count(Alarm.id)).where(Alarm.acknowledged_at.is_(None))) or 0,
        history_rows=session.scalar(select(func.max(History.id))) or 0,
        signed_heads=session.scalar(select(func.max(SignedHead.seq))) or 0,
        database_bytes=_bytes(session),
        reveals=reveals.lately(session, now=now),
    )


def rows_of_tables(session: Session) -> dict[str, int]:
    """How many rows each table has."""
    return {name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in sorted(Base.metadata.tables.items())}


def _by_state(
    session: Session, model: type[PrintJob | Outbox | Parcel], states: list[str]
) -> dict[str, int]:
    """Rows in each of these states, 0 where there are none; the ended ones are not counted."""
    rows = session.execute(
        select(model.state, func.count()).where(model.state.in_(states)).group_by(model.state))
    return dict.fromkeys(states, 0) | {row[0]: row[1] for row in rows}


def _age(oldest: datetime | None, now: datetime) -> float:
    return max(0.0, (now - oldest).total_seconds()) if oldest is not None else 0.0


def _bytes(session: Session) -> int:
    if session.connection().dialect.name == "sqlite":
        pages, size = (session.scalar(text(f"PRAGMA {name}")) or 0
                       for name in ("page_count", "page_size"))
        return int(pages * size)
    return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
