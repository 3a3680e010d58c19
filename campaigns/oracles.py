"""What must be true after every step of a simulated day, asked of the records and of the truth."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from metal import Bag, Paper
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from station.db.models import History, Parcel, ParcelLine, PrintJob, Sku, StockMove, Weighing
from station.domain.parcel import ParcelState
from station.services import history, numbers, signing

LIVE = ("waiting", "reserved", "printed", "packing", "packed", "weighed", "signed", "stopped")
SCALE_ERROR_G = 5


class Violation(Exception):
    """Something that must never be was seen."""


def must(held: object, said: str) -> None:
    """Raise Violation with these words unless it held."""
    if not held:
        raise Violation(said)


class Ears(logging.Handler):
    """Hears every line of the log, and whether a customer is named in it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines = 0
        self.planted: set[str] = set()
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Look for every name, phone and street of the day."""
        self.lines += 1
        said = self.format(record)
        self.told += [f"{word} in: {said[:200]}" for word in self.planted if word in said]


@dataclass
class Watch:
    """What was seen so far, so that only what is new is looked at again."""

    received: Counter[str] = field(default_factory=Counter)
    pool: int = 0
    history_id: int = 0
    weighing_id: int = 0
    asked_again: Counter[int] = field(default_factory=Counter)  # 补打 a person asked for, by parcel
    heard: dict[str, dict[str, str]] = field(default_factory=dict)  # platform: order -> key -> no.
    gone: set[str] = field(default_factory=set)  # orders whose money is known to be back
    left: set[int] = field(default_factory=set)  # parcels that the courier has

    def look(
        self, session: Session, papers: Sequence[Paper], pans: dict[str, Bag | None],
        weights: dict[str, int],
    ) -> None:
        """Everything, after one step. Raises Violation."""
        self._numbers(session)
        self._goods(session)
        self._papers(session, papers)
        self._weights(session, pans, weights)
        self._parcels(session)
        self._platform(session)
        self._history(session)

    def _numbers(self, session: Session) -> None:
        ledger = numbers.ledger(session).values()
        must(sum(one["received"] for one in ledger) == self.pool, "numbers: received")
        for one in ledger:
            total = one["unused"] + one["taken"] + one["printed"] + one["voided"]
            must(one["received"] == total, "numbers: received = unused + taken + printed + voided")
        wrong = session.execute(text(
            "SELECT p.id FROM parcel p LEFT JOIN waybill_number w ON w.number = p.waybill_no "
            "WHERE p.waybill_no IS NOT NULL AND p.state != 'void' AND "
            "(w.parcel_id IS NOT p.id OR w.state NOT IN ('taken', 'printed'))")).all()
        must(not wrong, f"numbers: parcels without their number {wrong}")

    def _goods(self, session: Session) -> None:
        moves: dict[int, Counter[str]] = defaultdict(Counter)
        for sku_id, kind, pieces in session.execute(
            select(StockMove.sku_id, StockMove.kind, func.sum(StockMove.quantity))
            .group_by(StockMove.sku_id, StockMove.kind)
        ):
            moves[sku_id][kind] = pieces
        held = dict(session.execute(
            select(ParcelLine.sku_id, func.sum(ParcelLine.reserved)).group_by(ParcelLine.sku_id)
        ).all())
        for sku in session.scalars(select(Sku)):
            shipped = moves[sku.id]["ship"]
            must(sku.on_hand + shipped + sku.defect == self.received[sku.code],
                 f"stock of {sku.code}: {sku.on_hand} + {shipped} + {sku.defect}"
                 f" != {self.received[sku.code]}")
            must(sku.on_hand >= sku.reserved >= 0, f"stock of {sku.code}: more reserved than there")
            must(sku.reserved == held.get(sku.id, 0), f"stock of {sku.code}: reserved by nobody")

    def _papers(self, session: Session, papers: Sequence[Paper]) -> None:
        whole = Counter((one.job_id, one.page) for one in papers if one.whole)
        must(max(whole.values(), default=0) <= 1, "paper: one page of one job came out twice")
        labels: Counter[int] = Counter()
        for job in session.scalars(select(PrintJob).where(PrintJob.kind == "waybill")):
            came = sum(whole[job.id, page] for page in range(1, max(job.pages, 1) + 1))
            begun = sum(one.job_id == job.id for one in papers)
            must(job.state != "waiting" or begun == 0, f"paper: job {job.id} waits and is out")
            claims = job.state in ("sent", "confirmed")
            must(not claims or came == job.pages, f"paper: job {job.id} {job.state}, {came} pages")
            must(job.state != "sending", f"paper: job {job.id} is left sending")
            torn = all(one.destroyed for one in papers if one.job_id == job.id)
            labels[job.parcel_id or 0] += bool(came and job.state != "void" and not torn)
            must(job.copy == 0 or self.asked_again[job.parcel_id or 0] >= job.copy,
                 f"paper: copy {job.copy} of parcel {job.parcel_id} that nobody asked for")
        most = labels.most_common(1)
        must(not most or most[0][1] <= 1, f"paper: parcel and its live labels {most}")

    def _weights(
        self, session: Session, pans: dict[str, Bag | None], weights: dict[str, int]
    ) -> None:
        fresh = select(Weighing).where(Weighing.id > self.weighing_id).order_by(Weighing.id)
        for row in session.scalars(fresh):
            self.weighing_id = row.id
            bag = pans.get(row.scale)
            must(bag is not None and bag.parcel_id == row.parcel_id,
                 f"weight: {row.grams} g of parcel {row.parcel_id}, but on the pan lay "
                 f"{bag and bag.parcel_id}")
            true = bag.grams(weights) if bag else 0
            must(abs(true - row.grams) <= SCALE_ERROR_G, f"weight: {row.grams} g is {true} g")

    def _parcels(self, session: Session) -> None:
        for parcel in session.scalars(select(Parcel).where(Parcel.state.in_(("signed",
                                                                             "handed_over")))):
            must(all(line.packed == line.quantity for line in parcel.lines),
                 f"parcel {parcel.id} is {parcel.state} and not full")
            must(signing.content_hash(session, parcel) == parcel.content_hash,
                 f"parcel {parcel.id}: its seal does not hold")
            if parcel.state == ParcelState.HANDED_OVER and parcel.id not in self.left:
                self.left.add(parcel.id)
                self._no_refunded(parcel)
        open_at = Counter(session.scalars(
            select(Parcel.bench).where(Parcel.state == "packing", Parcel.bench != "")))
        must(max(open_at.values(), default=0) <= 1, f"two parcels open at one bench {open_at}")

    def _no_refunded(self, parcel: Parcel) -> None:
        for line in parcel.lines:
            order = line.order_line.order if line.order_line else None
            must(not line.quantity or order is None or order.order_no not in self.gone,
                 f"parcel {parcel.id} left with goods that were paid back")

    def _platform(self, session: Session) -> None:
        for order_no, keys in self.heard.items():
            first = [key for key in keys if keys[key] == "shipped"]
            must(len(first) <= 1, f"platform: {order_no} heard shipped as {first}")
        twice = session.execute(text(
            "SELECT order_id FROM outbox WHERE kind = 'shipped' AND state != 'withdrawn' "
            "GROUP BY order_id HAVING count(*) > 1")).all()
        must(not twice, f"platform: {twice} to be told twice")

    def _history(self, session: Session) -> None:
        fresh = session.execute(
            select(History.chain, func.max(History.id)).where(History.id > self.history_id)
            .group_by(History.chain)).all()
        for chain, last in fresh:
            self.history_id = max(self.history_id, last)
            must(not list(history.verify(session, chain)), f"history: {chain} is broken")


def whole_history(session: Session) -> None:
    """Every chain from its beginning."""
    broken = list(history.verify(session))
    must(not broken, f"history: {broken[:3]}")
