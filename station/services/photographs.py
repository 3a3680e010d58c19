"""照片: what the camera saw of a parcel, kept as evidence (D8, S22) and removed when it is due.

The bytes lie in the database beside their SHA-256; the same hash stands in the parcel's history,
so a picture that was exchanged shows. When the retention rule removes a picture its row and the
history keep what it was: moment, camera, time and hash. A case that needs a parcel's pictures
holds them, and then they stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, undefer

from drivers.interfaces import Photograph as Picture
from station.db.models import History, Photograph
from station.db.session import notice
from station.services.history import record

MOST_BYTES = 5_000_000
"""The largest file that is kept: what a camera's setting may ask for at most."""

REMOVED_AT_ONCE = 200
_JPEG, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"


class Moment(StrEnum):
    """When the bench takes a picture by itself. Cases may use words of their own."""

    OPEN = "open"  # the last item went in, the parcel is not closed yet
    WEIGHED = "weighed"  # its weight was accepted
    DAMAGE = "damage"  # it came back, and somebody asked for a picture


@dataclass(frozen=True, slots=True)
class PhotographView:
    """One picture without its bytes; ``removed_at`` is set when those are gone."""

    id: int
    parcel_id: int
    moment: str
    camera: str
    bench: str
    who: str
    taken_at: datetime
    width: int
    height: int
    size: int
    sha256: str
    kept_for: str
    removed_at: datetime | None


def keep(
    session: Session,
    parcel_id: int,
    moment: str,
    picture: Picture,
    *,
    camera: str,
    now: datetime,
    bench: str = "",
    who: str = "",
) -> PhotographView:
    """Keep a picture with its parcel. Raises ValueError for what is no JPEG file or too large."""
    if not picture.jpeg.startswith(_JPEG) or not picture.jpeg.endswith(_JPEG_END):
        raise ValueError("a photograph must be a whole JPEG file")
    if len(picture.jpeg) > MOST_BYTES:
        raise ValueError(f"a photograph of {len(picture.jpeg)} bytes is too large")
    row = Photograph(
        parcel_id=parcel_id, moment=moment, camera=camera, bench=bench, who=who,
        taken_at=now - timedelta(seconds=picture.age), width=picture.width,
        height=picture.height, size=len(picture.jpeg),
        sha256=sha256(picture.jpeg).hexdigest(), jpeg=picture.jpeg, kept_for="",
    )
    session.add(row)
    session.flush()
    record(
        session, f"parcel:{parcel_id}", "photographed",
        {"photograph": row.id, "moment": moment, "camera": camera, "sha256": row.sha256,
         "bytes": row.size},
        now=now, who=who, bench=bench,
    )
    notice(session, "parcels")
    return _view(row)


def note_missing(
    session: Session,
    parcel_id: int,
    moment: str,
    *,
    camera: str,
    now: datetime,
    bench: str = "",
    who: str = "",
) -> None:
    """Put on record that there is no picture of this moment, because the camera had none."""
    record(
        session, f"parcel:{parcel_id}", "photograph_missing",
        {"moment": moment, "camera": camera}, now=now, who=who, bench=bench,
    )


def of_parcel(session: Session, parcel_id: int) -> tuple[PhotographView, ...]:
    """All pictures of a parcel, oldest first, those that were removed too."""
    rows = session.scalars(
        select(Photograph).where(Photograph.parcel_id == parcel_id).order_by(Photograph.id)
    )
    return tuple(_view(row) for row in rows)


def jpeg(session: Session, photograph_id: int) -> bytes | None:
    """The file of one picture; None if there is none, or it was removed."""
    return session.scalar(select(Photograph.jpeg).where(Photograph.id == photograph_id))


def hold(session: Session, parcel_id: int, why: str) -> int:
    """Let no rule remove this parcel's pictures while ``why`` ("claim:12") needs them; how many."""
    return _keep_for(session, parcel_id, "", why)


def release(session: Session, parcel_id: int, why: str) -> int:
    """End a hold: from now on the retention rule counts again. How many pictures it was."""
    return _keep_for(session, parcel_id, why, "")


def _keep_for(session: Session, parcel_id: int, before: str, after: str) -> int:
    rows = session.scalars(
        select(Photograph).where(Photograph.parcel_id == parcel_id, Photograph.kept_for == before)
    ).all()
    for row in rows:
        row.kept_for = after
    return len(rows)


def is_due(session: Session, keep_for: timedelta, *, now: datetime) -> bool:
    """True if the rule would remove a picture now."""
    return session.scalar(_due(keep_for, now).limit(1)) is not None


def remove_due(
    session: Session, keep_for: timedelta, *, now: datetime, most: int = REMOVED_AT_ONCE
) -> int:
    """Remove up to ``most`` pictures that are older than the rule, each with a record; how many."""
    due = session.execute(
        select(Photograph.id, Photograph.parcel_id, Photograph.sha256, Photograph.moment)
        .where(Photograph.id.in_(_due(keep_for, now).limit(most)))
        .order_by(Photograph.parcel_id, Photograph.id)
    ).all()
    removed = 0
    for photograph_id, parcel_id, digest, moment in due:
        gone = session.scalar(
            update(Photograph)
            .where(Photograph.id == photograph_id, Photograph.removed_at.is_(None))
            .values(jpeg=None, removed_at=now).returning(Photograph.id)
        )
        if gone is None:
            continue  # another station's clock was faster
        removed += 1
        record(
            session, f"parcel:{parcel_id}", "photograph_removed",
            {"photograph": photograph_id, "moment": moment, "sha256": digest,
             "days": keep_for.days},
            now=now,
        )
    return removed


def _due(keep_for: timedelta, now: datetime) -> Select[int]:
    return (
        select(Photograph.id)
        .where(
            Photograph.removed_at.is_(None), Photograph.taken_at < now - keep_for,
            Photograph.kept_for == "",
        )
        .order_by(Photograph.taken_at)
    )


def damaged(session: Session) -> Iterator[PhotographView]:
    """The pictures that are not what was taken: changed, exchanged, or lost without a record."""
    rows = session.scalars(
        select(Photograph).options(undefer(Photograph.jpeg))
        .where(Photograph.removed_at.is_(None)).order_by(Photograph.id)
        .execution_options(yield_per=50)
    )
    for row in rows:
        found = sha256(row.jpeg or b"").hexdigest()
        if not found == row.sha256 == _recorded(session, row):
            yield _view(row)
        session.expunge(row)


def _recorded(session: Session, row: Photograph) -> str:
    """The hash that the parcel's history has of this picture, "" if it tells of none."""
    told = session.scalars(
        select(History.data)
        .where(History.chain == f"parcel:{row.parcel_id}", History.kind == "photographed")
    )
    facts = (json.loads(data) for data in told)
    return next((str(each["sha256"]) for each in facts if each["photograph"] == row.id), "")


def _view(row: Photograph) -> PhotographView:
    return PhotographView(
        row.id, row.parcel_id, row.moment, row.camera, row.bench, row.who, row.taken_at,
        row.width, row.height, row.size, row.sha256, row.kept_for, row.removed_at,
    )
