"""交接: the pile goes to the courier, and nothing leaves unseen (D6).

One open session per carrier: each parcel is scanned, the courier's weight and price are entered
and compared at once; what differs blocks its parcel until the courier corrects it or a manager
accepts it with a reason. It closes only when every expected parcel is scanned or named missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from station.db.models import Handover, HandoverLine, Parcel, Signature
from station.db.session import notice
from station.domain.handover import Compared, implausible
from station.domain.parcel import Move, ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import SHOP_ZONE, CarrierCode, Fen, Grams
from station.services import couriers, figures, heads, stock, stubs
from station.services.alarms import raise_alarm
from station.services.history import canonical, record
from station.services.holds import open_holds, tell
from station.services.issuing import move, number_owner
from station.services.outbox import tell_platform
from station.services.printing import request_manifest
from station.services.replacements import replacements_left
from station.services.rules import Rules

DONE = frozenset({"agreed", "accepted"})


@dataclass(frozen=True, slots=True)
class Missing:
    """An expected parcel that was not scanned, with the reason a named person gave."""

    parcel_id: int
    reason: str


def open_session(
    session: Session, carrier: CarrierCode, *, who: str, now: datetime
) -> Handover:
    """The carrier's open hand-over, opened now if there is none."""
    found = session.scalar(
        select(Handover).where(Handover.carrier == str(carrier), Handover.state == "open")
    )
    if found is not None:
        return found
    day = now.astimezone(SHOP_ZONE).strftime("%Y%m%d")
    before = session.scalar(
        select(func.count()).select_from(Handover).where(
            Handover.number.startswith(f"{carrier}-{day}-")
        )
    )
    handover = Handover(
        number=f"{carrier}-{day}-{(before or 0) + 1:02d}", carrier=str(carrier), state="open",
        opened_at=now, opened_by=who, courier="", courier_phone="", version=1,
    )
    session.add(handover)
    session.flush()
    _note(session, handover, "opened", {"carrier": str(carrier)}, who=who, now=now)
    return handover


def locked(session: Session, handover_id: int) -> Handover:
    """The hand-over, locked: who closes it and who still scans wait for each other."""
    return session.scalars(
        select(Handover).where(Handover.id == handover_id)
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one()


def expected(session: Session, carrier: str) -> list[Parcel]:
    """The pile: every sealed parcel of the carrier, oldest deadline first."""
    query = select(Parcel).where(
        Parcel.carrier == carrier, Parcel.state == str(ParcelState.SIGNED)
    )
    return list(session.scalars(query.order_by(Parcel.deadline, Parcel.id)))


def scan(
    session: Session, handover_id: int, waybill_no: str, *, rules: Rules | None = None,
    who: str, now: datetime,
) -> HandoverLine | Refusal:
    """Take one scanned parcel of the pile up, or say why it does not go.

    Figures that the courier's list or company told before the scan are compared at once, if
    ``rules`` say how.
    """
    handover = locked(session, handover_id)
    if handover.state != "open":
        return Refusal(Code.HANDOVER_CLOSED, {"number": handover.number})
    parcel = session.scalar(
        select(Parcel).where(Parcel.waybill_no == waybill_no)
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    refusal = why_not(session, handover, parcel, waybill_no)
    if refusal is not None or parcel is None:
        refusal = refusal or Refusal(Code.WAYBILL_UNKNOWN, {"code": waybill_no})
        _note(
            session, handover, "refused",
            {"waybill_no": waybill_no[:64], "code": str(refusal.code)}, who=who, now=now,
        )
        if refusal.code is Code.WAYBILL_SHIPPED and parcel is not None:
            # Its parcel has left with this number: what lies here bears a second label.
            raise_alarm(session, "duplicate_label", f"parcel:{parcel.id}",
                        {"waybill_no": parcel.waybill_no or ""}, now=now)
        return refusal
    line = HandoverLine(
        handover_id=handover_id, parcel_id=parcel.id, state="scanned", scanned_at=now
    )
    session.add(line)
    handover.version += 1
    session.flush()
    _note(session, handover, "scanned", {"waybill_no": waybill_no}, who=who, now=now)
    if rules is not None:
        figures.pick_up(session, line, rules, now=now)
    return line


def why_not(
    session: Session, handover: Handover, parcel: Parcel | None, waybill_no: str
) -> Refusal | None:
    """Why a parcel cannot be taken up into this pile; None if it can."""
    facts = {"waybill_no": waybill_no}
    if parcel is not None and line_of(session, handover.id, parcel.id) is not None:
        return Refusal(Code.HANDOVER_TWICE, facts)
    return why_not_in_pile(session, handover, parcel, waybill_no)


def why_not_in_pile(
    session: Session, handover: Handover, parcel: Parcel | None, waybill_no: str
) -> Refusal | None:
    """Why a parcel does not belong to the pile of this hand-over; None if it does."""
    facts = {"waybill_no": waybill_no}
    if parcel is None:
        voided = number_owner(session, waybill_no) is not None
        return Refusal(Code.WAYBILL_VOID if voided else Code.WAYBILL_UNKNOWN, facts)
    if parcel.state == ParcelState.HANDED_OVER:
        return Refusal(Code.WAYBILL_SHIPPED, facts)
    if parcel.carrier != handover.carrier:
        return Refusal(Code.HANDOVER_OTHER_CARRIER, {**facts, "carrier": parcel.carrier})
    if parcel.state in (ParcelState.STOPPED, ParcelState.VOID):
        return Refusal(Code.HANDOVER_STOPPED, facts)
    return _not_ready(parcel, facts)


def _not_ready(parcel: Parcel, facts: dict[str, str]) -> Refusal | None:
    holds = open_holds(parcel)
    if holds:
        return Refusal(Code.WAYBILL_HELD, {**facts, "why": holds[0].code})
    if parcel.state != ParcelState.SIGNED:
        return Refusal(Code.HANDOVER_NOT_SEALED, {**facts, "state": parcel.state})
    if parcel.weight_g is None:
        return Refusal(Code.HANDOVER_NOT_WEIGHED, facts)
    return None


def enter_figures(
    session: Session,
    handover_id: int,
    parcel_id: int,
    *,
    weight_g: Grams,
    price_fen: Fen | None,
    rules: Rules,
    who: str,
    now: datetime,
) -> Compared | Refusal:
    """Enter or correct what the courier wrote on the waybill; compare it at once.

    A correction keeps the old figures, who changed them and when.
    """
    told = figures.Figures(weight_g, price_fen)
    return take_figures(session, handover_id, parcel_id, told, rules=rules, who=who, now=now)


def take_figures(
    session: Session, handover_id: int, parcel_id: int, told: figures.Figures, *, rules: Rules,
    who: str, now: datetime,
) -> Compared | Refusal:
    """Figures of one scanned parcel, however they came."""
    handover = locked(session, handover_id)
    line = line_of(session, handover_id, parcel_id)
    if handover.state != "open" or line is None:
        return Refusal(Code.HANDOVER_CLOSED, {"number": handover.number})
    refusal = why_no_figures(line.parcel)
    if refusal is not None:
        return refusal
    if implausible(told.weight_g, told.price_fen):
        return Refusal(
            Code.HANDOVER_IMPLAUSIBLE,
            {"weight_g": told.weight_g, "price_fen": told.price_fen or 0},
        )
    return figures.settle(session, line, told, rules, who=who, now=now)


def why_no_figures(parcel: Parcel) -> Refusal | None:
    """Why nothing can be compared for this parcel: it does not leave, or was never weighed."""
    facts = {"waybill_no": parcel.waybill_no or ""}
    if parcel.state in (ParcelState.STOPPED, ParcelState.VOID):
        return Refusal(Code.HANDOVER_STOPPED, facts)
    return _not_ready(parcel, facts)


def line_of(session: Session, handover_id: int, parcel_id: int) -> HandoverLine | None:
    """One line by its key: a pile may hold hundreds."""
    return session.scalar(
        select(HandoverLine).where(
            HandoverLine.handover_id == handover_id, HandoverLine.parcel_id == parcel_id
        )
    )


def accept(
    session: Session, handover_id: int, parcel_id: int, *, manager: str, reason: str, now: datetime
) -> Refusal | None:
    """A manager lets a parcel go although its figures differ; the reason is kept."""
    handover = locked(session, handover_id)
    line = line_of(session, handover_id, parcel_id)
    if handover.state != "open" or line is None or line.state != "differs":
        return Refusal(Code.HANDOVER_CLOSED, {"number": handover.number})
    if not reason.strip():
        return Refusal(Code.SIGN_REASON_NEEDED)
    line.state, line.accepted_by, line.reason = "accepted", manager, reason.strip()[:200]
    _note(
        session, handover, "accepted",
        {"waybill_no": line.parcel.waybill_no or "", "finding": line.finding,
         "reason": line.reason}, who=manager, now=now,
    )
    return None


def take_back(
    session: Session, handover_id: int, parcel_id: int, *, who: str, now: datetime
) -> None:
    """Take a scanned parcel out of the pile again: it stays in the house."""
    handover = locked(session, handover_id)
    line = line_of(session, handover_id, parcel_id)
    if handover.state == "open" and line is not None:
        waybill_no = line.parcel.waybill_no or ""
        session.delete(line)
        handover.version += 1
        _note(session, handover, "taken_back", {"waybill_no": waybill_no}, who=who, now=now)
        record(session, f"parcel:{parcel_id}", "out_of_handover", {"handover": handover.number},
               now=now, who=who)


def close(
    session: Session,
    handover_id: int,
    *,
    courier: str,
    courier_phone: str = "",
    strokes: Sequence[Sequence[Sequence[int]]],
    missing: Sequence[Missing] = (),
    needs_phone: bool = False,
    rules: Rules,
    who: str,
    bench: str = "",
    now: datetime,
) -> Handover | Refusal:
    """The courier signs once for all; every parcel is looked at once more before it goes.

    ``needs_phone`` refuses a courier whom nobody could call afterwards.
    """
    handover = session.scalar(
        select(Handover).where(Handover.id == handover_id)
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if handover is None or handover.state != "open":
        return Refusal(Code.HANDOVER_CLOSED)
    _lock_parcels(session, handover_id)
    phone = courier_phone.strip() or (None if needs_phone else "")
    refusal = _why_open(session, handover, missing) or _why_unsigned(
        session, handover, courier, strokes, phone=phone)
    if refusal is not None:
        return refusal
    gone = [line for line in handover.lines if line.state in DONE]
    _sign(session, handover, courier, courier_phone, strokes, gone, now=now)
    stock.ship(session, [_leaving(line.parcel) for line in gone], now=now)
    for line in gone:
        _hand_over(session, handover, line, rules, now=now)
    replacements_left(session, [line.parcel for line in gone], rules, now=now)
    _name_missing(session, handover, missing, who=who, now=now)
    heads.sign(session, f"handover:{handover.id}", now=now)
    request_manifest(session, handover, bench=bench, now=now)
    return handover


def _lock_parcels(session: Session, handover_id: int) -> None:
    """Every parcel of the pile with all that its closing needs, in a few statements for hundreds.

    A refund that comes now waits until the pile has gone, and becomes an intercept.
    """
    pile = select(HandoverLine.parcel_id).where(HandoverLine.handover_id == handover_id)
    parcels = session.scalars(
        select(Parcel).where(Parcel.id.in_(pile)).order_by(Parcel.id)
        .options(
            selectinload(Parcel.lines), selectinload(Parcel.holds), selectinload(Parcel.orders)
        )
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    ).all()
    stock.locked(session, {
        line.sku_id for parcel in parcels for line in parcel.lines if line.sku_id is not None
    })


def _why_open(
    session: Session, handover: Handover, missing: Sequence[Missing]
) -> Refusal | None:
    """Why the pile cannot leave yet: what is not settled, and what nobody has seen or named."""
    for line in handover.lines:
        refusal = _line_blocks(line)
        if refusal is not None:
            return refusal
    pile = expected(session, handover.carrier)
    known = {line.parcel_id for line in handover.lines}
    known |= {absent.parcel_id for absent in missing if absent.reason.strip()}
    absent = [parcel for parcel in pile if parcel.id not in known]
    if absent or not pile:
        numbers = ", ".join(parcel.waybill_no or "" for parcel in absent[:10])
        return Refusal(Code.HANDOVER_MISSING, {"count": len(absent), "numbers": numbers})
    return None


def _why_unsigned(
    session: Session, handover: Handover, courier: str,
    strokes: Sequence[Sequence[Sequence[int]]], *, phone: str | None,
) -> Refusal | None:
    """Why the courier has not signed; ``phone`` is None where he must leave it and did not."""
    if not courier.strip() or not strokes:
        return Refusal(Code.HANDOVER_NO_SIGNATURE)
    if couriers.has_left(session, handover.carrier, courier):
        return Refusal(Code.HANDOVER_COURIER_LEFT)
    if phone is None and not couriers.phone_known(session, handover.carrier, courier):
        return Refusal(Code.HANDOVER_COURIER_UNKNOWN)
    return None


def _line_blocks(line: HandoverLine) -> Refusal | None:
    """Why this scanned parcel may not leave: stopped meanwhile, or its figures are not settled."""
    facts = {"waybill_no": line.parcel.waybill_no or ""}
    if line.parcel.state in (ParcelState.STOPPED, ParcelState.VOID):
        return Refusal(Code.HANDOVER_STOPPED, facts)
    refusal = _not_ready(line.parcel, facts)
    if refusal is not None:
        return refusal
    if line.state not in DONE:
        return Refusal(Code.HANDOVER_UNRESOLVED, facts)
    return None


def _sign(  # noqa: PLR0917 - private, all of them the one closing's facts
    session: Session,
    handover: Handover,
    courier: str,
    phone: str,
    strokes: Sequence[Sequence[Sequence[int]]],
    gone: list[HandoverLine],
    *,
    now: datetime,
) -> None:
    content = canonical({"number": handover.number, "parcels": [_facts_of(line) for line in gone]})
    digest = sha256(content.encode()).hexdigest()
    handover.state, handover.closed_at = "closed", now
    person = couriers.at_the_door(session, handover.carrier, courier, phone)
    handover.courier_id = person.id
    handover.courier, handover.courier_phone = person.name, phone.strip()[:64] or person.phone
    handover.version += 1
    session.add(
        Signature(
            handover_id=handover.id, role="courier", who=handover.courier, how="drawn",
            strokes=[[list(point) for point in stroke] for stroke in strokes],
            signed_hash=digest, at=now,
        )
    )
    _note(
        session, handover, "closed", {"parcels": len(gone), "signed": digest}, who="courier",
        now=now,
    )


def _facts_of(line: HandoverLine) -> dict[str, object]:
    return {
        "waybill_no": line.parcel.waybill_no, "ours_g": line.parcel.weight_g,
        "courier_g": line.courier_weight_g, "price_fen": line.courier_price_fen,
    }


def _hand_over(
    session: Session, handover: Handover, line: HandoverLine, rules: Rules, *, now: datetime
) -> None:
    parcel = line.parcel
    move(parcel, Move.HAND_OVER)
    parcel.handed_over_at = now
    for row in parcel.lines:
        row.reserved = 0
    stubs.file(session, parcel, handover, now=now)
    tell_platform(session, parcel, "handed_over", rules, now=now)
    record(
        session, f"parcel:{parcel.id}", "handed_over",
        {"handover": handover.number, "courier_g": line.courier_weight_g,
         "price_fen": line.courier_price_fen}, now=now, who="courier",
    )
    tell(session, parcel)


def _leaving(parcel: Parcel) -> stock.Leaving:
    pieces: dict[int, int] = {}
    set_aside: dict[int, int] = {}
    for row in parcel.lines:
        if row.sku_id is not None and row.quantity:
            pieces[row.sku_id] = pieces.get(row.sku_id, 0) + row.quantity
            set_aside[row.sku_id] = set_aside.get(row.sku_id, 0) + row.reserved
    return stock.Leaving(parcel.id, parcel.waybill_no or "", pieces, set_aside)


def _name_missing(
    session: Session, handover: Handover, missing: Sequence[Missing], *, who: str, now: datetime
) -> None:
    """Note the parcels that were expected and not scanned; other names mean nothing here."""
    reasons = {absent.parcel_id: absent.reason.strip()[:200] for absent in missing}
    scanned = {line.parcel_id for line in handover.lines}
    for parcel in expected(session, handover.carrier):
        if parcel.id in scanned or not reasons.get(parcel.id):
            continue
        facts = {"waybill_no": parcel.waybill_no or "", "reason": reasons[parcel.id]}
        session.add(
            HandoverLine(
                handover_id=handover.id, parcel_id=parcel.id, state="missing",
                reason=reasons[parcel.id],
            )
        )
        _note(session, handover, "missing", facts, who=who, now=now)


def _note(
    session: Session, handover: Handover, kind: str, facts: Mapping[str, object], *, who: str,
    now: datetime,
) -> None:
    record(session, f"handover:{handover.id}", kind, facts, now=now, who=who)
    notice(session, f"handover:{handover.id}")
    notice(session, "handovers")
