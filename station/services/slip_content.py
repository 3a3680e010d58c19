"""What the shop's slips say, by their subject: ``handover:3``, ``supplier:7``, ``day:2026-11-28``.

A slip is made from the records each time it is printed. None names a buyer: a slip lies about, and
goes out of the house with couriers and suppliers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from station.carriers import CARRIERS
from station.db.models import (
    Alarm,
    Archive,
    Case,
    Handover,
    HandoverLine,
    Parcel,
    PrintJob,
    Signature,
    Staff,
    Stub,
)
from station.domain import cases, supplier_lists
from station.domain.labels import ManifestRow
from station.domain.parcel import ParcelState
from station.domain.record_codes import record_code
from station.domain.vocabulary import SHOP_ZONE, CarrierCode
from station.paper.document import Column
from station.paper.record_page import grams, yuan
from station.paper.slip import Slip
from station.paper.waybill import shop_time
from station.services import corrections, returns, stock_slips, stubs, suppliers
from station.services.supplier_paper import COPIES

_SECONDS = "%Y-%m-%d %H:%M:%S"
_VERDICTS = {
    "good": "完好 good", "defective": "次品 defect", "wrong": "不符 wrong", "": "未验 open",
}
_MOST_DIGITS = 9  # of a key: what a database's integer holds


def slip_of(session: Session, about: str, *, now: datetime) -> Slip | None:
    """The slip of a subject; None where there is no such thing, or nothing to tell of it yet."""
    kind, _, key = about.partition(":")
    make = _MAKES.get(kind)
    slip = make(session, key, now) if make is not None else None
    return replace(slip, code=record_code(about)) if slip is not None else None


def kinds() -> tuple[str, ...]:
    """Every kind of subject."""
    return tuple(_MAKES)


def _number(key: str) -> int:
    """A row's key; 0, which no row has, for what is none."""
    plain = key.isascii() and key.isdigit() and len(key) <= _MOST_DIGITS
    return int(key) if plain else 0


# --- The hand-over (D6) ---------------------------------------------------------------------------


_PILE = (
    Column("#", 7, "right"), Column("运单号 Waybill", 27), Column("目的地 To", 17),
    Column("我方 g", 12, "right"), Column("快递 g", 12, "right"), Column("运费 元", 13, "right"),
    Column("备注 Note", 12),
)


def _handover(session: Session, key: str, _now: datetime) -> Slip | None:
    """The list that the courier signed, with the head of its history: his own copy."""
    row = session.get(Handover, _number(key))
    if row is None or row.state != "closed":
        return None
    told = stubs.manifest(session, row.id)
    gone = [_pile_row(str(number), each) for number, each in enumerate(told.rows, 1)]
    missing = [
        _pile_row("-", replace(each, remark=f"未交 {each.remark}")) for each in told.missing]
    facts = [
        ("快递 Carrier", told.carrier_name), ("快递员 Courier", told.courier),
        ("开始 Opened", shop_time(told.opened_at, _SECONDS)),
        ("结束 Closed", shop_time(told.closed_at, _SECONDS)),
    ]
    totals = [
        ("合计 Total", f"{len(told.rows)} 件 parcels"),
        ("我方 Ours", f"{sum(each.our_weight_g for each in told.rows)} g"),
        ("快递 Courier", _his_figures(told.rows)),
        ("未交 Missing", f"{len(told.missing)} 件" if told.missing else ""),
        ("已签名 Signed", f"{told.courier} {shop_time(told.closed_at, _SECONDS)}"),
        ("链 Chain", told.chain_head), ("签 Head", told.signed_head),
    ]
    return Slip(
        "交接单 Hand-over", told.number, told.closed_at, _PILE, (*gone, *missing), tuple(facts),
        tuple(totals), (f"仓管 Keeper {told.keeper}".strip(),))


def _pile_row(number: str, row: ManifestRow) -> tuple[str, ...]:
    return (
        number, row.waybill_no, row.destination, grams(row.our_weight_g),
        grams(row.courier_weight_g), yuan(row.courier_price_fen), row.remark,
    )


def _his_figures(rows: tuple[ManifestRow, ...]) -> str:
    """The sums of what the courier wrote, and how many parcels lack his weight or his price."""
    weights = [row.courier_weight_g for row in rows if row.courier_weight_g is not None]
    prices = [row.courier_price_fen for row in rows if row.courier_price_fen is not None]
    unknown = sum(None in (row.courier_weight_g, row.courier_price_fen) for row in rows)
    told = f"{sum(weights)} g {yuan(sum(prices))} 元"
    return f"{told}，{unknown} 件没有数 without" if unknown else told


_CORRECTED = (
    Column("#", 6, "right"), Column("运单号 Waybill", 25), Column("原来 Before", 19, "right"),
    Column("更正 After", 19, "right"), Column("原因 Why", 20), Column("签字 Signed", 11),
)


def _addendum(session: Session, key: str, _now: datetime) -> Slip | None:
    """What was put right after the hand-over was closed."""
    rows = corrections.of_handover(session, _number(key))
    if not rows:
        return None
    told = stubs.addendum(session, _number(key))
    table = [
        (str(number), row.waybill_no, _figures(row.before_weight_g, row.before_price_fen),
         _figures(row.weight_g, row.price_fen), row.reason,
         f"{row.courier} {shop_time(row.at)}".strip())
        for number, row in enumerate(told.rows, 1)
    ]
    facts = (("快递 Carrier", told.carrier_name),
             ("交接于 Closed", shop_time(told.closed_at, _SECONDS)))
    return Slip(
        "更正单 Addendum", told.number, rows[-1].at, _CORRECTED, tuple(table), facts,
        (("链 Chain", told.chain_head),), (f"仓管 Keeper {told.keeper}".strip(),))


def _figures(weight_g: int | None, price_fen: int | None) -> str:
    return f"{grams(weight_g)} g {yuan(price_fen)}"


# --- Goods for a supplier (I2, P7) ----------------------------------------------------------------


_GOODS = (
    Column("货号 Item", 22), Column("颜色尺码 Look", 24), Column("件 Pcs", 10, "right"),
    Column("毛病 Reason", 44),
)


def _supplier(session: Session, key: str, _now: datetime) -> Slip | None:
    """The list that goes with the goods, in two copies, each marked with whose it is."""
    found = suppliers.one(session, _number(key))
    if found is None:
        return None
    rows = [
        (line.sku.item_no or line.sku.code, f"{line.sku.color} {line.sku.size}".strip(),
         str(line.quantity), line.reason)
        for line in found.lines
    ]
    state = supplier_lists.STATES[supplier_lists.ListState(found.state)]
    facts = [("供应商 Supplier", found.supplier), ("状态 State", state.zh),
             ("列单 Listed by", found.listed_by), ("交给 Goes with", found.handed_to),
             ("退货 Return", str(found.case_id or ""))]
    pieces = sum(line.quantity for line in found.lines)
    return Slip(
        "退换清单 Exchange", str(found.id), found.listed_at, _GOODS, tuple(rows), tuple(facts),
        (("合计 Total", f"{pieces} 件 pieces"),),
        (f"仓管 Keeper {found.listed_by}".strip(), f"接收 Taken by {found.handed_to}".strip()),
        holders=COPIES)


# --- What came back (I8, S22, D8) -----------------------------------------------------------------


_PIECES = (
    Column("货号 Item", 24), Column("颜色尺码 Look", 30), Column("验收 Verdict", 28),
    Column("腰围 cm", 18, "right"),
)


def _case(session: Session, key: str, _now: datetime) -> Slip | None:
    """A case's record: what came back and what it is, and how far a claim has come."""
    case = session.get(Case, _number(key))
    if case is None:
        return None
    rows = [
        (piece.sku.item_no or piece.sku.code, f"{piece.sku.color} {piece.sku.size}".strip(),
         _VERDICTS[piece.verdict], f"{piece.waist_mm / 10:g}" if piece.waist_mm else "")
        for piece in case.pieces
    ]
    return Slip(
        "售后单 After-sale", str(case.id), case.opened_at, _PIECES, tuple(rows),
        tuple(_case_facts(case)), tuple(_case_totals(session, case)),
        (*_who_brought(session, case), "验收 Inspected by"))


def _case_facts(case: Case) -> list[tuple[str, str]]:
    kind = cases.KINDS[cases.CaseKind(case.kind)]
    return [
        ("类型 Kind", f"{kind.zh} {kind.en}"),
        ("状态 State", cases.STATES[cases.CaseState(case.state)].zh),
        ("快递 Carrier", CARRIERS[CarrierCode(case.carrier)].name),
        ("运单号 Waybill", case.waybill_no), ("退回单号 Came by", case.return_no),
        ("打包 Packer", case.packer), ("快递员 Courier", case.courier),
        ("到货 Arrived", shop_time(case.arrived_at, _SECONDS) if case.arrived_at else ""),
    ]


def _case_totals(session: Session, case: Case) -> list[tuple[str, str]]:
    left = sum(returns.shipped(session, case.parcel_id).values())
    counts = Counter(piece.verdict for piece in case.pieces)
    found = " ".join(f"{_VERDICTS[verdict]} {count}" for verdict, count in sorted(counts.items()))
    claimed = bool(case.claimed_fen)
    return [
        ("发出 Left", f"{left} 件 pieces"), ("退回 Came back", found),
        ("索赔 Claimed", f"{yuan(case.claimed_fen)} 元" if claimed else ""),
        ("工单 Ticket", case.ticket),
        ("到账 Paid", f"{yuan(case.paid_fen)} 元" if claimed else ""),
    ]


def _who_brought(session: Session, case: Case) -> list[str]:
    """The courier's line, where he is to sign for damage (S22), or that he did on the screen."""
    if cases.CaseKind(case.kind) not in cases.BY_CARRIER:
        return []
    signed = session.scalar(
        select(Signature).where(Signature.case_id == case.id)
        .order_by(Signature.id.desc()).limit(1))
    if signed is None:
        return [f"快递员 Courier {case.courier}".strip()]
    return [f"快递员 Courier {signed.who}，已在屏幕签 signed {shop_time(signed.at)}"]


# --- Archives (D7) --------------------------------------------------------------------------------


def _archive(session: Session, key: str, _now: datetime) -> Slip | None:
    """The receipt of a sealed archive, for the manager who takes it."""
    row = session.get(Archive, _number(key))
    if row is None:
        return None
    received = shop_time(row.received_at, _SECONDS) if row.received_at else ""
    facts = [
        ("快递 Carrier", CARRIERS[CarrierCode(row.carrier)].name), ("日期 Day", row.day),
        ("底单 Stubs", f"{row.parcels} 张"), ("文件 File", row.file),
        ("大小 Size", f"{row.size} B"), ("SHA-256", row.sha256),
        ("封存 Sealed", shop_time(row.made_at, _SECONDS)),
        ("签收 Signed for", f"{row.received_by} {received}".strip()),
    ]
    number = f"{row.carrier}-{row.day}" + (f"-{row.part}" if row.part > 1 else "")
    return Slip("归档单 Archive", number, row.made_at, (), (), tuple(facts), (),
                ("仓管 Keeper", "管理人员 Manager"))


# --- The day, and one packer's --------------------------------------------------------------------


_DAY = (
    Column("快递 Carrier", 28), Column("件 Pcs", 14, "right"), Column("我方 g", 20, "right"),
    Column("快递 g", 20, "right"), Column("运费 元", 18, "right"),
)


def _day(session: Session, key: str, now: datetime) -> Slip | None:
    """The day's report: what left with whom, who packed it, and what is not settled."""
    day = _date(key)
    if day is None:
        return None
    totals = [
        *_packers(session, day), ("等交接 Waiting", _waiting(session)),
        ("面单不明 Labels in doubt", _count(session, PrintJob.id, PrintJob.state == "in_doubt")),
        ("售后未结 Open cases", _count(session, Case.id, Case.closed_at.is_(None))),
        ("警报 Alarms", _count(session, Alarm.id, Alarm.acknowledged_at.is_(None))),
    ]
    return Slip(
        "日报 Day report", str(day), now, _DAY, tuple(_left(session, day)),
        (("交出 Left", f"{_gone(session, day)} 件 parcels"),), tuple(totals), ("仓管 Keeper",))


def _date(key: str) -> date | None:
    try:
        day = date.fromisoformat(key)
    except ValueError:
        return None
    return day if str(day) == key else None


def _left(session: Session, day: date) -> list[tuple[str, ...]]:
    """The day's parcels by carrier: their number, our weight, the courier's weight and price."""
    rows = session.execute(
        select(Stub.carrier, func.count(), func.sum(Parcel.weight_g),
               func.sum(HandoverLine.courier_weight_g), func.sum(HandoverLine.courier_price_fen))
        .join(Parcel, Parcel.id == Stub.parcel_id)
        .outerjoin(HandoverLine, (HandoverLine.parcel_id == Stub.parcel_id)
                   & (HandoverLine.handover_id == Stub.handover_id))
        .where(Stub.day == str(day)).group_by(Stub.carrier).order_by(Stub.carrier))
    return [
        (CARRIERS[CarrierCode(carrier)].name, str(count), grams(_whole(ours)),
         grams(_whole(theirs)), yuan(_whole(price)))
        for carrier, count, ours, theirs, price in rows
    ]


def _whole(total: object) -> int | None:
    """A sum as PostgreSQL and SQLite give it."""
    return None if total is None else int(str(total))


def _gone(session: Session, day: date) -> int:
    return session.scalar(
        select(func.count()).select_from(Stub).where(Stub.day == str(day))) or 0


def _packers(session: Session, day: date) -> list[tuple[str, str]]:
    rows = session.execute(
        select(Stub.packer, func.count()).where(Stub.day == str(day))
        .group_by(Stub.packer).order_by(Stub.packer))
    return [(f"打包 {name or '—'}", f"{count} 件") for name, count in rows]


def _waiting(session: Session) -> str:
    """The parcels that are signed and not handed over, carrier by carrier."""
    rows = session.execute(
        select(Parcel.carrier, func.count()).where(Parcel.state == str(ParcelState.SIGNED))
        .group_by(Parcel.carrier).order_by(Parcel.carrier))
    return "，".join(f"{carrier} {count}" for carrier, count in rows) or "0"


def _count(
    session: Session, what: InstrumentedAttribute[int], condition: ColumnElement[bool]
) -> str:
    return str(session.scalar(select(func.count(what)).where(condition)))


_SHIFT = (
    Column("快递 Carrier", 40), Column("已交接 Left", 30, "right"),
    Column("等交接 Waiting", 30, "right"),
)


def _shift(session: Session, key: str, now: datetime) -> Slip | None:
    """One packer's day: how many parcels he signed that left, and how many wait for the courier."""
    told_day, _, staff_id = key.partition(":")
    day, packer = _date(told_day), session.get(Staff, _number(staff_id))
    if day is None or packer is None:
        return None
    taken = session.execute(
        select(Stub.carrier, func.count()).where(Stub.packer == packer.name, Stub.day == str(day))
        .group_by(Stub.carrier))
    left = {carrier: int(count) for carrier, count in taken}
    waits = _signed_on(session, packer.name, day)
    rows = [(CARRIERS[code].name, str(left.get(code, 0)), str(waits[code]))
            for code in CarrierCode if left.get(code) or waits[code]]
    total = sum(left.values()) + waits.total()
    return Slip(
        "交班单 Shift", str(day), now, _SHIFT, tuple(rows), (("打包员 Packer", packer.name),),
        (("合计 Total", f"{total} 件 parcels"),), (f"打包员 Packer {packer.name}",))


def _signed_on(session: Session, packer: str, day: date) -> Counter[str]:
    """What a packer signed that day and no courier has taken yet, by carrier."""
    rows = session.execute(
        select(Parcel.carrier, Parcel.signed_at)
        .where(Parcel.state == str(ParcelState.SIGNED), Parcel.packer == packer))
    return Counter(
        carrier for carrier, at in rows if at and at.astimezone(SHOP_ZONE).date() == day)


_MAKES: Mapping[str, Callable[[Session, str, datetime], Slip | None]] = {
    "handover": _handover, "addendum": _addendum, "supplier": _supplier, "case": _case,
    "archive": _archive, "day": _day, "shift": _shift,
    "receipt": lambda session, key, now: stock_slips.receipt(session, _number(key), now),
    "count": lambda session, key, now: stock_slips.count(session, _number(key), now),
}
