"""盘点: the goods are counted place by place, blind; differences are explained, then booked (I9).

What should lie at a place is fixed when its counting begins and looked at again when it ends: goods
that moved meanwhile are counted once more. Pieces scanned into parcels that still stand in the
house lie in those, not on the shelf. A difference is booked as so many pieces more or fewer, so
whatever moves between the count and its booking stays right. Every step is a row of the chain
``stock_take:<id>``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from station.db.models import CountLine, CountSheet, Parcel, ParcelLine, Sku, StockTake
from station.db.session import notice
from station.domain.parcel import ENDED
from station.domain.refusals import Code, Refusal
from station.domain.stock_takes import Difference, SheetState, TakeState, month_of
from station.domain.vocabulary import SHOP_ZONE
from station.services import counting, stock
from station.services.alarms import close_alarm, raise_alarm
from station.services.counting import MOST_PIECES
from station.services.history import record
from station.services.items import sku_of

TOPIC = "stock_takes"
MISSED = "stock_take_missed"
OVERSOLD = "oversold"
_SHOWN = 24


def subject(take_id: int) -> str:
    """A stock-take's name in the history."""
    return f"stock_take:{take_id}"


# --- The whole count ------------------------------------------------------------------------------


def begin(session: Session, *, who: str, now: datetime) -> StockTake | Refusal:
    """Open the month's count, with a sheet for every place that goods have."""
    # Two who begin at once wait for each other at the first article's row.
    session.execute(select(Sku.id).order_by(Sku.id).limit(1).with_for_update(key_share=True))
    going_on = open_one(session)
    if going_on is not None:
        return Refusal(Code.COUNT_ANOTHER_OPEN, {"take": going_on.id})
    places = session.scalars(select(Sku.location).distinct()).all()
    if not places:
        return Refusal(Code.COUNT_NO_GOODS)
    take = StockTake(month=month_of(now.astimezone(SHOP_ZONE).date()), state=TakeState.COUNTING,
                     begun_at=now, begun_by=who, ended_by="")
    take.sheets = [_sheet(place) for place in sorted(places)]
    session.add(take)
    session.flush()
    facts = {"take": take.id, "month": take.month, "places": len(places)}
    record(session, subject(take.id), "count_begun", facts, now=now, who=who)
    notice(session, TOPIC)
    return take


def _sheet(place: str) -> CountSheet:
    return CountSheet(location=place, state=SheetState.WAITING, digits="", last_pieces=0,
                      counted_by="")


def withdraw(session: Session, take_id: int, *, who: str, now: datetime) -> StockTake | Refusal:
    """Give the count up; no stock was changed by it."""
    take = _counting(session, take_id)
    if isinstance(take, Refusal):
        return take
    _end(take, TakeState.WITHDRAWN, who=who, now=now)
    record(session, subject(take.id), "count_withdrawn", {"take": take.id}, now=now, who=who)
    notice(session, TOPIC)
    return take


def explain(
    session: Session, take_id: int, reasons: Mapping[int, str], *, who: str, now: datetime
) -> StockTake | Refusal:
    """Why more or fewer pieces of a SKU (by id) lie there than should. Empty words change none."""
    take = _counting(session, take_id)
    if isinstance(take, Refusal):
        return take
    changed = 0
    for line in _lines(session, take_id):
        words = reasons.get(line.sku_id, "").strip()[:200]
        if words and line.reason != words:
            line.reason = words
            changed += 1
    if changed:
        facts = {"take": take.id, "reasons": changed}
        record(session, subject(take.id), "count_explained", facts, now=now, who=who)
        notice(session, TOPIC)
    return take


def book(session: Session, take_id: int, *, who: str, now: datetime) -> StockTake | Refusal:
    """Book every explained difference; the count ends with it."""
    take = _counting(session, take_id)
    if isinstance(take, Refusal):
        return take
    waiting = [sheet.location for sheet in take.sheets if sheet.state != SheetState.COUNTED]
    if waiting:
        return Refusal(Code.COUNT_NOT_DONE, {"places": len(waiting), "place": waiting[0]})
    twice = _expected_twice(session, take_id)
    if twice:
        return Refusal(Code.COUNT_MOVED, {"skus": " ".join(twice[:5]), "count": len(twice)})
    found = [one for one in differences(session, take_id) if one.pieces]
    silent = [one.sku_id for one in found if not one.reason]
    if silent:
        code = session.get_one(Sku, silent[0]).code
        return Refusal(Code.COUNT_UNEXPLAINED, {"skus": len(silent), "sku": code})
    for one in sorted(found, key=lambda each: each.sku_id):
        _book_one(session, take, one, who=who, now=now)
    _end(take, TakeState.BOOKED, who=who, now=now)
    facts = {"take": take.id, "month": take.month, "skus": len(found),
             "pieces": sum(one.pieces for one in found)}
    record(session, subject(take.id), "count_booked", facts, now=now, who=who)
    close_alarm(session, MISSED, f"month:{take.month}", now=now)
    notice(session, TOPIC)
    return take


def _book_one(
    session: Session, take: StockTake, found: Difference, *, who: str, now: datetime
) -> None:
    sku = stock.adjust(session, found.sku_id, found.pieces, who=who, note=subject(take.id), now=now)
    facts = {"sku": sku.code, "counted": found.counted, "expected": found.expected,
             "reason": found.reason}
    record(session, subject(take.id), "count_difference", facts, now=now, who=who)
    if sku.available < 0:
        raise_alarm(session, OVERSOLD, f"sku:{sku.id}",
                    {"sku": sku.code, "pieces": -sku.available}, now=now)


def _end(take: StockTake, state: TakeState, *, who: str, now: datetime) -> None:
    take.state, take.ended_at, take.ended_by = state, now, who


def _counting(session: Session, take_id: int) -> StockTake | Refusal:
    """The locked stock-take, if it is still being counted."""
    take = session.scalar(
        select(StockTake).where(StockTake.id == take_id)
        .with_for_update(key_share=True).execution_options(populate_existing=True))
    if take is None or take.state != TakeState.COUNTING:
        return Refusal(Code.COUNT_NOT_NOW)
    return take


# --- The count of one place -----------------------------------------------------------------------


def open_place(
    session: Session, take_id: int, place: str, *, who: str, now: datetime
) -> CountSheet | Refusal:
    """Begin to count a place, or go on with it; one that got its first goods only now, too.

    A place that was counted is counted anew, from nothing and as blind as the first time.
    """
    take = _counting(session, take_id)
    if isinstance(take, Refusal):
        return take
    sheet = next((one for one in take.sheets if one.location == place), None)
    if sheet is None:
        if not is_place(session, place):
            return Refusal(Code.COUNT_NOT_NOW)
        sheet = _sheet(place)
        take.sheets.append(sheet)
    if sheet.state != SheetState.COUNTING:
        _start(session, sheet)
        session.flush()
        facts = {"place": place}
        record(session, subject(take_id), "count_place_begun", facts, now=now, who=who)
    notice(session, TOPIC)
    return sheet


def _start(session: Session, sheet: CountSheet) -> None:
    """An empty sheet with what should lie there now."""
    sheet.lines.clear()
    session.flush()
    here = session.scalars(select(Sku.id).where(Sku.location == sheet.location)).all()
    expected = on_shelf(session, here)
    sheet.lines = [
        CountLine(sku_id=key, counted=0, expected=pieces, reason="")
        for key, pieces in sorted(expected.items()) if pieces
    ]
    sheet.state, sheet.counted_by, sheet.counted_at = SheetState.COUNTING, "", None
    counting.remember(sheet)


def type_digit(session: Session, sheet_id: int, digit: str) -> CountSheet | Refusal:
    """One more digit of how many pieces the next scan stands for."""
    sheet = _going_on(session, sheet_id)
    if isinstance(sheet, Refusal):
        return sheet
    return counting.type_digit(sheet, digit) or sheet


def count(session: Session, sheet_id: int, code: str) -> CountLine | Refusal:
    """One piece lies here, or as many as the digits before it say."""
    sheet = _going_on(session, sheet_id)
    if isinstance(sheet, Refusal):
        return sheet
    sku = sku_of(session, code)
    if sku is None:
        return Refusal(Code.ITEM_UNKNOWN, {"code": code[:64]})
    line = _line_of(session, sheet, sku)
    pieces = counting.next_pieces(sheet, line.counted)
    if isinstance(pieces, Refusal):
        return pieces
    line.counted += pieces
    session.flush()
    counting.remember(sheet, line.id, pieces)
    notice(session, TOPIC)
    return line


def count_typed(
    session: Session, sheet_id: int, counted: Mapping[int, int], *, who: str, now: datetime
) -> CountSheet | Refusal:
    """What somebody counted on paper, by SKU id; these numbers stand in place of former ones."""
    sheet = _going_on(session, sheet_id)
    if isinstance(sheet, Refusal):
        return sheet
    if any(not 0 <= pieces <= MOST_PIECES for pieces in counted.values()):
        return Refusal(Code.COUNT_TOO_MANY, {"most": MOST_PIECES})
    for line in sheet.lines:
        line.counted = counted.get(line.sku_id, line.counted)
    counting.remember(sheet)
    facts = {"place": sheet.location, "skus": len(counted)}
    record(session, subject(sheet.take_id), "count_typed", facts, now=now, who=who)
    notice(session, TOPIC)
    return sheet


def undo(session: Session, sheet_id: int) -> CountSheet | Refusal:
    """Take the digits back, or else what was counted last."""
    sheet = _going_on(session, sheet_id)
    if isinstance(sheet, Refusal):
        return sheet
    if sheet.digits:
        sheet.digits = sheet.digits[:-1]
        return sheet
    line = next((one for one in sheet.lines if one.id == sheet.last_line_id), None)
    if line is None:
        return Refusal(Code.COUNT_NOT_NOW)
    line.counted = max(line.counted - sheet.last_pieces, 0)
    counting.remember(sheet)
    notice(session, TOPIC)
    return sheet


def finish(
    session: Session, sheet_id: int, *, who: str, now: datetime
) -> CountSheet | Refusal:
    """Everything here is counted. Goods that moved meanwhile begin again, and the sheet goes on."""
    sheet = _going_on(session, sheet_id)
    if isinstance(sheet, Refusal):
        return sheet
    moved = _moved(session, sheet)
    facts: dict[str, str | int]
    if moved:
        counting.remember(sheet)
        facts = {"place": sheet.location, "skus": " ".join(line.sku.code for line in moved[:5]),
                 "count": len(moved)}
        record(session, subject(sheet.take_id), "count_moved", facts, now=now, who=who)
        notice(session, TOPIC)
        return Refusal(Code.COUNT_MOVED, facts)
    sheet.state, sheet.counted_at, sheet.counted_by = SheetState.COUNTED, now, who
    facts = {"place": sheet.location, "pieces": sum(line.counted for line in sheet.lines)}
    record(session, subject(sheet.take_id), "count_place_done", facts, now=now, who=who)
    notice(session, TOPIC)
    return sheet


def _moved(session: Session, sheet: CountSheet) -> list[CountLine]:
    """The lines of goods that came or went since the counting began, each begun again."""
    known = {line.sku_id: line for line in sheet.lines if line.expected is not None}
    here = session.scalars(select(Sku.id).where(Sku.location == sheet.location)).all()
    should = on_shelf(session, {*here, *known})
    moved = []
    for key, pieces in sorted(should.items()):
        line = known.get(key)
        if pieces == (0 if line is None else line.expected):
            continue
        line = line or _line_of(session, sheet, session.get_one(Sku, key))
        line.counted, line.expected = 0, pieces
        moved.append(line)
    return moved


def _going_on(session: Session, sheet_id: int) -> CountSheet | Refusal:
    """The sheet, if it is being counted; its stock-take is locked with it."""
    sheet = session.get(CountSheet, sheet_id)
    if sheet is None or isinstance(_counting(session, sheet.take_id), Refusal):
        return Refusal(Code.COUNT_NOT_NOW)
    session.refresh(sheet)  # somebody else may have counted until the lock was ours
    return sheet if sheet.state == SheetState.COUNTING else Refusal(Code.COUNT_NOT_NOW)


def _line_of(session: Session, sheet: CountSheet, sku: Sku) -> CountLine:
    """The sheet's line of a SKU; goods that should lie elsewhere get one without expectation."""
    line = next((one for one in sheet.lines if one.sku_id == sku.id), None)
    if line is None:
        at_home = sku.location == sheet.location
        expected = on_shelf(session, [sku.id])[sku.id] if at_home else None
        line = CountLine(sku_id=sku.id, sku=sku, counted=0, expected=expected, reason="")
        sheet.lines.append(line)
    return line


# --- What should be there, and what was found -----------------------------------------------------


def on_shelf(session: Session, sku_ids: Collection[int]) -> dict[int, int]:
    """How many good pieces of each SKU should lie on the shelf now.

    What is packed into a parcel that still stands in the house lies in that parcel.
    """
    rows = session.execute(select(Sku.id, Sku.on_hand).where(Sku.id.in_(sku_ids)))
    stocked = {row.id: row.on_hand for row in rows}
    in_parcels = session.execute(
        select(ParcelLine.sku_id, func.sum(ParcelLine.packed))
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(ParcelLine.sku_id.in_(sku_ids), ParcelLine.packed > 0,
               Parcel.state.not_in([str(state) for state in ENDED]))
        .group_by(ParcelLine.sku_id))
    for key, packed in in_parcels:
        if key is not None:
            stocked[key] -= int(packed)
    return stocked


def differences(session: Session, take_id: int) -> list[Difference]:
    """Each SKU that was counted or expected, over all places, in the order of its id."""
    counted: dict[int, int] = defaultdict(int)
    expected: dict[int, int] = defaultdict(int)
    reasons: dict[int, str] = {}
    for line in _lines(session, take_id):
        counted[line.sku_id] += line.counted
        expected[line.sku_id] += line.expected or 0
        reasons[line.sku_id] = line.reason or reasons.get(line.sku_id, "")
    return [
        Difference(key, counted[key], expected[key], reasons[key]) for key in sorted(counted)
    ]


def _expected_twice(session: Session, take_id: int) -> list[str]:
    """Goods that were given another place between two counts: both sheets expect all of them.

    The former place is to be counted again; then only the present one does.
    """
    return list(session.scalars(
        select(Sku.code).join(CountLine, CountLine.sku_id == Sku.id).join(CountSheet)
        .where(CountSheet.take_id == take_id, CountLine.expected.is_not(None))
        .group_by(Sku.id, Sku.code).having(func.count() > 1).order_by(Sku.code)))


def _lines(session: Session, take_id: int) -> Sequence[CountLine]:
    return session.scalars(
        select(CountLine).join(CountSheet).where(CountSheet.take_id == take_id)
        .order_by(CountLine.id)).all()


def is_place(session: Session, place: str) -> bool:
    """Whether goods have this coded place (I3)."""
    return session.scalar(select(Sku.id).where(Sku.location == place).limit(1)) is not None


# --- What pages show ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """A SKU whose count differs, with the places where it was found."""

    sku: Sku
    difference: Difference
    places: tuple[tuple[str, int], ...]


def open_one(session: Session) -> StockTake | None:
    """The stock-take that is being counted."""
    return session.scalar(select(StockTake).where(StockTake.state == TakeState.COUNTING))


def one(session: Session, take_id: int) -> StockTake | None:
    """A stock-take with its sheets and their lines."""
    return session.scalar(
        select(StockTake).where(StockTake.id == take_id)
        .options(selectinload(StockTake.sheets).selectinload(CountSheet.lines)))


def sheet_of(session: Session, sheet_id: int) -> CountSheet | None:
    """One place's sheet with its lines and goods."""
    return session.scalar(
        select(CountSheet).where(CountSheet.id == sheet_id)
        .options(selectinload(CountSheet.lines).joinedload(CountLine.sku),
                 selectinload(CountSheet.take)))


def newest(session: Session) -> Sequence[StockTake]:
    """The latest stock-takes, the newest first."""
    return session.scalars(
        select(StockTake).order_by(StockTake.id.desc()).limit(_SHOWN)
        .options(selectinload(StockTake.sheets))).all()


def found(session: Session, take_id: int) -> list[Found]:
    """What differs, by SKU code, with where its pieces lay."""
    differing = {one.sku_id: one for one in differences(session, take_id) if one.pieces}
    places: dict[int, list[tuple[str, int]]] = defaultdict(list)
    query = (
        select(CountLine.sku_id, CountSheet.location, CountLine.counted).join(CountSheet)
        .where(CountSheet.take_id == take_id, CountLine.counted > 0)
        .order_by(CountSheet.location))
    for key, place, pieces in session.execute(query):
        places[key].append((place, pieces))
    skus = session.scalars(
        select(Sku).where(Sku.id.in_(differing)).order_by(Sku.code)).all()
    return [Found(sku, differing[sku.id], tuple(places[sku.id])) for sku in skus]
