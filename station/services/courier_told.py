"""What the courier's list says, taken into a hand-over: each row gets its own answer (D6).

A list is taken whole or not at all: one cell that cannot be read, or one number with two weights,
and nothing of it is taken, so that nobody has to remember which half was. Numbers that are not of
this pile are no mistake of the list: they are named, and the rest is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from station.db.models import Handover, HandoverLine, ImportedFile, Parcel
from station.domain.handover import implausible
from station.domain.refusals import Code, Refusal
from station.domain.tariffs import Dimensions
from station.domain.vocabulary import SHOP_ZONE
from station.services import figures, handover
from station.services.courier_list import CellFault, ListRow
from station.services.history import record
from station.services.rules import Rules

KIND = "courier_list"
_TOGETHER = 500


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What became of one row: "list.agreed", "list.differs", "list.waits", or why it was not."""

    row: int
    waybill_no: str
    code: str
    facts: dict[str, str | int] = field(default_factory=dict)
    faults: tuple[CellFault, ...] = ()


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """What became of a list. ``refusal`` says why nothing of it was taken."""

    name: str
    rows: tuple[RowAnswer, ...]
    refusal: Refusal | None = None

    def count(self, *codes: str) -> int:
        """Rows with any of these answers."""
        return sum(row.code in codes for row in self.rows)


def digest(content: bytes) -> str:
    """What tells that a file or text is the same as one before."""
    return sha256(content).hexdigest()


def take_list(
    session: Session, handover_id: int, rows: Sequence[ListRow], *, name: str, sha256: str,
    again: bool = False, rules: Rules, who: str, now: datetime,
) -> ListAnswer:
    """Take a list into the open hand-over; ``again`` takes one that was taken before."""
    pile = handover.locked(session, handover_id)
    refusal = _why_not(session, pile, rows, sha256, again=again)
    if refusal is not None:
        return ListAnswer(name, (), refusal)
    taking = _Taking(session, pile, name, rules, who, now)
    wrong = taking.wrong_rows(rows)
    if wrong:
        told = tuple(wrong.get(row.row) or RowAnswer(row.row, row.waybill_no, "list.held_back")
                     for row in rows)
        return ListAnswer(name, told, Refusal(Code.LIST_UNREADABLE, {"count": len(wrong)}))
    answers = tuple(taking.answers(rows))
    _remember(session, pile, name, sha256, answers, who=who, now=now)
    return ListAnswer(name, answers)


def _why_not(
    session: Session, pile: Handover, rows: Sequence[ListRow], sha256: str, *, again: bool
) -> Refusal | None:
    if pile.state != "open":
        return Refusal(Code.HANDOVER_CLOSED, {"number": pile.number})
    if not rows:
        return Refusal(Code.LIST_EMPTY)
    known = session.get(ImportedFile, sha256)
    if known is not None and not again:
        at = known.at.astimezone(SHOP_ZONE).strftime("%Y-%m-%d %H:%M")
        return Refusal(Code.LIST_TOLD_BEFORE, {"at": at})
    return None


@dataclass(frozen=True, slots=True)
class _Taking:
    """One list on its way into one hand-over."""

    session: Session
    pile: Handover
    name: str
    rules: Rules
    who: str
    now: datetime

    def wrong_rows(self, rows: Iterable[ListRow]) -> dict[int, RowAnswer]:
        """The rows for which nothing of the list can be taken."""
        wrong: dict[int, RowAnswer] = {}
        first: dict[str, ListRow] = {}
        for row in rows:
            before = first.setdefault(row.waybill_no, row)
            facts: dict[str, str | int] = {}
            if row.faults:
                code = str(Code.LIST_UNREADABLE)
            elif implausible(row.weight_g or 0, row.price_fen):
                code = str(Code.HANDOVER_IMPLAUSIBLE)
                facts = {"weight_g": row.weight_g or 0, "price_fen": row.price_fen or 0}
            elif _figures(before) != _figures(row):
                code, facts = str(Code.LIST_TWICE), {"first_row": before.row}
            else:
                continue
            wrong[row.row] = RowAnswer(row.row, row.waybill_no, code, facts, row.faults)
        return wrong

    def answers(self, rows: Sequence[ListRow]) -> Iterator[RowAnswer]:
        """Take what is of this pile; answer every row."""
        parcels, lines = self._known(rows)
        done: set[str] = set()
        for row in rows:
            if row.waybill_no in done:
                yield RowAnswer(row.row, row.waybill_no, "list.repeated")
                continue
            done.add(row.waybill_no)
            parcel = parcels.get(row.waybill_no)
            line = lines.get(parcel.id) if parcel is not None else None
            yield self._answer(row, parcel, line)

    def _known(
        self, rows: Sequence[ListRow]
    ) -> tuple[dict[str, Parcel], dict[int, HandoverLine]]:
        """The parcels of all rows and their lines, in a few questions for hundreds."""
        parcels: dict[str, Parcel] = {}
        numbers = sorted({row.waybill_no for row in rows})
        for start in range(0, len(numbers), _TOGETHER):
            found = self.session.scalars(
                select(Parcel).where(Parcel.waybill_no.in_(numbers[start : start + _TOGETHER]))
                .options(selectinload(Parcel.holds), joinedload(Parcel.packaging))
                .order_by(Parcel.id)
            )
            parcels |= {one.waybill_no or "": one for one in found}
        lines = self.session.scalars(
            select(HandoverLine).where(HandoverLine.handover_id == self.pile.id)
            .options(joinedload(HandoverLine.parcel))
        )
        return parcels, {line.parcel_id: line for line in lines}

    def _answer(
        self, row: ListRow, parcel: Parcel | None, line: HandoverLine | None
    ) -> RowAnswer:
        refusal = handover.why_not_in_pile(self.session, self.pile, parcel, row.waybill_no)
        if refusal is None and line is not None:
            refusal = handover.why_no_figures(line.parcel)
        if refusal is not None or parcel is None:
            refusal = refusal or Refusal(Code.WAYBILL_UNKNOWN)
            return RowAnswer(row.row, row.waybill_no, str(refusal.code), dict(refusal.facts))
        told = figures.Figures(
            row.weight_g or 0, row.price_fen, row.charged_g, row.dims_mm, "list", self.name,
            row.row,
        )
        if line is None:
            figures.keep(self.session, parcel.id, told, who=self.who, now=self.now)
            return RowAnswer(row.row, row.waybill_no, "list.waits")
        found = figures.settle(
            self.session, line, told, self.rules, who=self.who, now=self.now)
        if found.finding is None:
            return RowAnswer(row.row, row.waybill_no, "list.agreed")
        facts: dict[str, str | int] = {
            "finding": str(found.finding), "difference_g": found.difference_g}
        return RowAnswer(row.row, row.waybill_no, "list.differs", facts)


def _figures(row: ListRow) -> tuple[int | None, int | None, int | None, Dimensions | None]:
    return row.weight_g, row.price_fen, row.charged_g, row.dims_mm


def counted(answers: Sequence[RowAnswer]) -> dict[str, int]:
    """How many rows agreed, differ, wait for their scan, and are others'."""
    counts = {"agreed": 0, "differs": 0, "waits": 0, "repeated": 0, "others": 0}
    for answer in answers:
        name = answer.code.removeprefix("list.")
        counts[name if name in counts else "others"] += 1
    return counts


def _remember(
    session: Session, pile: Handover, name: str, sha256: str, answers: Sequence[RowAnswer], *,
    who: str, now: datetime,
) -> None:
    counts = counted(answers)
    if session.get(ImportedFile, sha256) is None:
        session.add(ImportedFile(
            sha256=sha256, name=name[:200], kind=KIND, at=now, counts=counts))
    record(session, f"handover:{pile.id}", "list_taken",
           {"sha256": sha256, "counts": counts}, now=now, who=who)  # fmt: skip
