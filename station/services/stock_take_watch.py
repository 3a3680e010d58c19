"""The month's stock-take that nobody made is loud on the 1st (I9): the clock asks, not a person."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Alarm, StockMove, StockTake
from station.db.session import Database
from station.domain.stock_takes import TakeState, is_due, month_before
from station.domain.vocabulary import SHOP_ZONE
from station.services.alarms import raise_alarm
from station.services.stock_takes import MISSED


def reminder(session: Session, *, now: datetime) -> str:
    """The month whose window is open and that nobody has booked yet, "" if there is none."""
    today = now.astimezone(SHOP_ZONE).date()
    month = f"{today:%Y-%m}"
    return month if is_due(today) and not _is_booked(session, month) else ""


def watch(db: Database, *, now: datetime) -> bool:
    """Say that the month before went by without a stock-take; once. True if there was news."""
    month = db.read(partial(missed, now=now))
    if not month:
        return False
    db.write(partial(_say, month=month, now=now))
    return True


def missed(session: Session, *, now: datetime) -> str:
    """The month before, if goods lay in the shop then, nobody counted, and nobody was told."""
    today = now.astimezone(SHOP_ZONE).date()
    month = month_before(today)
    if _is_booked(session, month) or not _had_goods(session, today):
        return ""
    told = select(Alarm.id).where(Alarm.code == MISSED, Alarm.subject == _subject(month)).limit(1)
    return "" if session.scalar(told) else month


def _say(session: Session, *, month: str, now: datetime) -> None:
    raise_alarm(session, MISSED, _subject(month), {"month": month}, now=now)


def _subject(month: str) -> str:
    return f"month:{month}"


def _is_booked(session: Session, month: str) -> bool:
    booked = select(StockTake.id).where(
        StockTake.month == month, StockTake.state == TakeState.BOOKED).limit(1)
    return session.scalar(booked) is not None


def _had_goods(session: Session, today: date) -> bool:
    """Whether anything was booked before this month began."""
    begin = datetime.combine(today.replace(day=1), time(), SHOP_ZONE)
    first = session.scalar(select(StockMove.at).order_by(StockMove.id).limit(1))
    return first is not None and first < begin
