"""归档: on the fifteenth day a day's stubs are sealed into a file and given to the manager (D7).

One file per carrier and day; a parcel with an open case stays out, and follows in a further part
when its case is closed. The file is written first and entered then, in one transaction: what a
crash leaves is a file that nobody knows, and it is written again under the same name. Nothing is
deleted here (services/erasure.py does that, when the retention ends).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from station.archives.container import Written, as_json, new_key, seal
from station.db.models import (
    Archive,
    ArchivedStub,
    Case,
    HandoverLine,
    History,
    PageImage,
    Parcel,
    Photograph,
    PrintJob,
    Signature,
    Stub,
    Weighing,
)
from station.db.session import notice
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import SHOP_ZONE
from station.services.alarms import close_alarm, raise_alarm
from station.services.history import record

FORMAT = "packbench-archive-1"
TOPIC = "archives"
WAITING = "archive_waiting"
"""The alarm of an archive that no manager has signed for."""
ABOUT = "说明 README.txt"
INDEX = "index.json"

_WORDS = """\
底单归档。index.json 是目录；stubs/ 里每个运单一个文件夹：record.json 是记录，
.sealed 是加密的个人信息。核对：station archive verify 本文件，或解压后 sha256sum -c SHA256SUMS。

Sealed stubs. index.json lists them; each waybill has a folder in stubs/ with its record.json;
what is personal is encrypted (.sealed). To verify: station archive verify FILE, or unpack it and
run sha256sum -c SHA256SUMS.
"""


@dataclass(frozen=True, slots=True)
class Due:
    """A carrier's stubs of one day that are to be archived now."""

    carrier: str
    day: str
    parcels: tuple[int, ...]
    left_out: tuple[int, ...]
    part: int

    @property
    def file(self) -> str:
        """Where the archive lies below the archives' folder: "2026-11/STO-2026-11-23-1.zip"."""
        return f"{self.day[:7]}/{self.carrier}-{self.day}-{self.part}.zip"


def due(session: Session, after_days: int, *, now: datetime) -> list[Due]:
    """What is to be archived today, oldest day first; days on which every stub waits are not."""
    today = now.astimezone(SHOP_ZONE).date()
    last = (today - timedelta(days=after_days)).isoformat()
    found = session.execute(
        select(Stub.carrier, Stub.day)
        .where(Stub.day <= last, ~_archived().exists())
        .distinct().order_by(Stub.day, Stub.carrier)
    ).all()
    days = [due_of(session, carrier, day) for carrier, day in found]
    return [one for one in days if one.parcels]


def due_of(session: Session, carrier: str, day: str) -> Due:
    """The stubs of this carrier and day that no archive holds yet, and those with an open case."""
    open_case = select(Case.id).where(Case.parcel_id == Stub.parcel_id, Case.closed_at.is_(None))
    rows = session.execute(
        select(Stub.parcel_id, open_case.exists())
        .where(Stub.carrier == carrier, Stub.day == day, ~_archived().exists())
        .order_by(Stub.parcel_id)
    ).all()
    part = session.scalar(
        select(func.max(Archive.part)).where(Archive.carrier == carrier, Archive.day == day)
    )
    return Due(
        carrier, day, tuple(key for key, waits in rows if not waits),
        tuple(key for key, waits in rows if waits), (part or 0) + 1,
    )


def _archived() -> Any:
    return select(ArchivedStub.parcel_id).where(ArchivedStub.parcel_id == Stub.parcel_id)


# --- What goes in ---------------------------------------------------------------------------------


def new_keys(due: Due) -> dict[int, bytes]:
    """A fresh key for each parcel."""
    return {parcel_id: new_key() for parcel_id in due.parcels}


def members(
    session: Session, due: Due, keys: dict[int, bytes], *, shop: str, now: datetime
) -> Iterator[tuple[str, bytes]]:
    """Every member of the archive, one parcel in memory at a time."""
    yield ABOUT, _WORDS.encode()
    listed = []
    for parcel_id in due.parcels:
        parcel = session.get_one(Parcel, parcel_id)
        files = []
        for name, content in _of_parcel(session, parcel, keys[parcel_id]):
            files.append({"name": name, "sha256": sha256(content).hexdigest()})
            yield name, content
        listed.append({"waybill_no": parcel.waybill_no, "parcel": parcel_id, "files": files})
        session.expunge_all()
    yield INDEX, as_json({
        "format": FORMAT, "shop": shop, "carrier": due.carrier, "day": due.day, "part": due.part,
        "made_at": _time(now), "stubs": listed,
        "left_out_for_open_cases": [
            session.get_one(Parcel, parcel_id).waybill_no for parcel_id in due.left_out
        ],
    })


def _of_parcel(session: Session, parcel: Parcel, key: bytes) -> Iterator[tuple[str, bytes]]:
    folder = f"stubs/{parcel.waybill_no}"
    yield f"{folder}/record.json", as_json(_record(session, parcel))
    for name, clear in _personal(session, parcel):
        sealed = f"{folder}/{name}.sealed"
        yield sealed, seal(key, sealed, clear)


def _record(session: Session, parcel: Parcel) -> dict[str, Any]:
    """What is proof and names nobody but those who worked on it."""
    return {
        "waybill_no": parcel.waybill_no, "carrier": parcel.carrier, "parcel": parcel.id,
        "to": f"{parcel.province} {parcel.city}".strip(),
        "paid_at": _time(parcel.paid_at), "signed_at": _time(parcel.signed_at),
        "handed_over_at": _time(parcel.handed_over_at), "packer": parcel.packer,
        "weight_g": parcel.weight_g, "content_sha256": parcel.content_hash,
        "orders": [order.order_no for order in parcel.orders],
        "goods": [
            {"sku": line.sku.code if line.sku else "", "pieces": line.packed,
             "measured_mm": list(line.measured_mm)}
            for line in parcel.lines if line.quantity
        ],
        "weighings": [_weighing(row) for row in _rows(session, Weighing, parcel.id)],
        "handover": [_handed_over(row) for row in _rows(session, HandoverLine, parcel.id)],
        "signatures": [
            {"role": row.role, "who": row.who, "how": row.how, "at": _time(row.at),
             "signed_sha256": row.signed_hash}
            for row in _rows(session, Signature, parcel.id)
        ],
        "photographs": [
            {"id": row.id, "moment": row.moment, "taken_at": _time(row.taken_at),
             "sha256": row.sha256}
            for row in _rows(session, Photograph, parcel.id)
        ],
        "history": _chain(session, f"parcel:{parcel.id}"),
    }


def _weighing(row: Weighing) -> dict[str, Any]:
    return {
        "grams": row.grams, "expected_g": row.expected_g, "agrees": row.agrees, "scale": row.scale,
        "at": _time(row.at), "frames": list(row.frames), "accepted_by": row.accepted_by,
    }


def _handed_over(row: HandoverLine) -> dict[str, Any]:
    return {
        "handover": row.handover.number, "courier": row.handover.courier, "state": row.state,
        "courier_weight_g": row.courier_weight_g, "courier_price_fen": row.courier_price_fen,
        "accepted_by": row.accepted_by,
    }


def _chain(session: Session, chain: str) -> list[dict[str, Any]]:
    rows = session.scalars(select(History).where(History.chain == chain).order_by(History.seq))
    return [
        {"chain": row.chain, "seq": row.seq, "kind": row.kind, "at": _time(row.at),
         "who": row.who, "bench": row.bench, "data": row.data, "previous": row.previous,
         "hash": row.hash}
        for row in rows
    ]


def _personal(session: Session, parcel: Parcel) -> Iterator[tuple[str, bytes]]:
    """What names the buyer: the address, signatures as drawn, labels and photographs."""
    drawn = [{"role": row.role, "strokes": row.strokes}
             for row in _rows(session, Signature, parcel.id)]
    yield "consignee.json", as_json({
        "name": parcel.name, "phone": parcel.phone, "company": parcel.company,
        "province": parcel.province, "city": parcel.city, "district": parcel.district,
        "street": parcel.street, "postcode": parcel.postcode, "note": parcel.note,
        "buyers": [order.buyer for order in parcel.orders], "signatures": drawn,
    })
    pages = session.execute(
        select(PrintJob.kind, PrintJob.id, PageImage.page, PageImage.png)
        .join(PageImage, PageImage.job_id == PrintJob.id)
        .where(PrintJob.parcel_id == parcel.id).order_by(PrintJob.id, PageImage.page)
    )
    for kind, job_id, page, png in pages:
        yield f"{kind}-{job_id}-{page}.png", png
    for shot in _rows(session, Photograph, parcel.id):
        if shot.jpeg:
            yield f"photograph-{shot.id}.jpg", shot.jpeg


def _rows(session: Session, table: Any, parcel_id: int) -> Sequence[Any]:
    return session.scalars(
        select(table).where(table.parcel_id == parcel_id).order_by(table.id)
    ).all()


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


# --- Entered, and signed for ----------------------------------------------------------------------


def enter(
    session: Session, due: Due, keys: dict[int, bytes], written: Written, *, now: datetime
) -> int | None:
    """Put the finished file on the books; its id. None if another station was faster."""
    again = due_of(session, due.carrier, due.day)
    if again.part != due.part or not set(due.parcels) <= {*again.parcels, *again.left_out}:
        return None
    archive = Archive(
        carrier=due.carrier, day=due.day, part=due.part, file=due.file, sha256=written.sha256,
        size=written.size, parcels=len(due.parcels), made_at=now,
    )
    session.add(archive)
    session.flush()
    session.add_all(
        ArchivedStub(parcel_id=parcel_id, archive_id=archive.id, key=keys[parcel_id])
        for parcel_id in due.parcels
    )
    facts = {"carrier": due.carrier, "day": due.day, "part": due.part, "parcels": len(due.parcels),
             "sha256": written.sha256}
    record(session, subject(archive.id), "archived", facts, now=now, who="station")
    raise_alarm(
        session, WAITING, subject(archive.id),
        {"carrier": due.carrier, "day": due.day, "parcels": len(due.parcels)}, now=now,
    )
    notice(session, TOPIC)
    return archive.id


def subject(archive_id: int) -> str:
    """The archive's name in history and alarms."""
    return f"archive:{archive_id}"


def receive(
    session: Session, archive_id: int, sha256_seen: str, *, who: str, how: str = "badge",
    strokes: Sequence[Sequence[Sequence[int]]] = (), now: datetime,
) -> Refusal | None:
    """The manager signs for the archive with this digest; refused if it is another file's."""
    archive = session.scalar(
        select(Archive).where(Archive.id == archive_id).with_for_update(key_share=True)
    )
    if archive is None or archive.received_at is not None:
        return Refusal(Code.ARCHIVE_NOT_WAITING)
    if archive.sha256 != sha256_seen:
        return Refusal(Code.ARCHIVE_OTHER_FILE, {"file": archive.file})
    kept = [[[int(x), int(y)] for x, y, *_ in stroke] for stroke in strokes]
    signature = Signature(
        role="manager", who=who, how=how, strokes=kept, signed_hash=archive.sha256, at=now
    )
    session.add(signature)
    session.flush()
    archive.signature_id, archive.received_at, archive.received_by = signature.id, now, who
    record(session, subject(archive.id), "received", {"sha256": archive.sha256}, now=now, who=who)
    close_alarm(session, WAITING, subject(archive.id), now=now)
    notice(session, TOPIC)
    return None


@dataclass(frozen=True, slots=True)
class ArchiveRow:
    """One archive for the page; ``shredded`` counts parcels whose personal part is gone."""

    id: int
    carrier: str
    day: str
    part: int
    file: str
    sha256: str
    size: int
    parcels: int
    shredded: int
    made_at: datetime
    received_at: datetime | None
    received_by: str


def listed(session: Session, *, carrier: str = "", month: str = "") -> tuple[ArchiveRow, ...]:
    """The newest 400 archives, of one carrier or month ("2026-11") where asked."""
    query = select(Archive).order_by(Archive.day.desc(), Archive.carrier, Archive.part).limit(400)
    if carrier:
        query = query.where(Archive.carrier == carrier)
    if month:
        query = query.where(Archive.day.startswith(month, autoescape=True))
    return _listed(session, query)


def _listed(session: Session, query: Any) -> tuple[ArchiveRow, ...]:
    shredded = {row[0]: row[1] for row in session.execute(
        select(ArchivedStub.archive_id, func.count())
        .where(ArchivedStub.shredded_at.is_not(None)).group_by(ArchivedStub.archive_id)
    )}
    return tuple(
        ArchiveRow(
            row.id, row.carrier, row.day, row.part, row.file, row.sha256, row.size, row.parcels,
            shredded.get(row.id, 0), row.made_at, row.received_at, row.received_by,
        )
        for row in session.scalars(query)
    )


def one(session: Session, archive_id: int) -> ArchiveRow | None:
    """One archive; None if there is none of that id."""
    return next((row for row in _listed(session, select(Archive).where(
        Archive.id == archive_id))), None)


def waiting_days(session: Session, after_days: int, *, now: datetime) -> list[tuple[str, date]]:
    """Days that are due and still hold stubs with open cases: carrier and day, for the page."""
    today = now.astimezone(SHOP_ZONE).date()
    last = (today - timedelta(days=after_days)).isoformat()
    rows = session.execute(
        select(Stub.carrier, Stub.day).where(Stub.day <= last, ~_archived().exists())
        .distinct().order_by(Stub.day, Stub.carrier)
    )
    return [(carrier, date.fromisoformat(day)) for carrier, day in rows]


# --- Proven again ---------------------------------------------------------------------------------


def take_out(
    session: Session, archive_sha256: str, waybill_no: str, *, who: str, now: datetime
) -> bytes | None:
    """The key of what is personal of one stub, and a record of who asked for it.

    None if it is shredded, or another station's.
    """
    found = session.execute(
        select(ArchivedStub.archive_id, ArchivedStub.key)
        .join(Archive, Archive.id == ArchivedStub.archive_id)
        .join(Stub, Stub.parcel_id == ArchivedStub.parcel_id)
        .where(Archive.sha256 == archive_sha256, Stub.waybill_no == waybill_no)
    ).first()
    if found is None or found.key is None:
        return None
    record(session, subject(found.archive_id), "taken_out", {"waybill_no": waybill_no}, now=now,
           who=who)
    key: bytes = found.key
    return key
