"""商品图片: taken, named, drawn, marked when sold out, and kept twice (M2, M6, M11, M14).

A picture is a row that says what is asked of its files; station/picture_jobs.py draws and copies
what lags behind, so that nothing is lost when the station stops in between. What the stock says of
a picture is compared with what its file says, whichever step changed the stock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from station.db.models import ProductPicture, Sku
from station.db.session import notice
from station.domain.refusals import Code, Refusal
from station.paper import picture_files
from station.services.alarms import close_alarm, raise_alarm
from station.services.history import record
from station.services.items import is_article

TOPIC = "pictures"
TABLE = 0
"""The running number of an article's size table."""
MOST = 99
"""Pictures of one article."""

UPLOADED = "upload"
_AS_LONG_AS_A_WAYBILL = 10
_FAILED, _NOT_COPIED = "picture_failed", "pictures_not_copied"
_SOLD_OUT = ["*"]
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture that was looked at: the hash of its bytes, its suffix, and the codes in it."""

    sha256: str
    suffix: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """An item number on the overview: a SKU that leads to it, and how far its pictures are."""

    item_no: str
    sku_id: int
    title: str
    pictures: int
    first: ProductPicture | None


def subject(picture_id: int) -> str:
    """The chain of one picture's history, and what its alarms are about."""
    return f"picture:{picture_id}"


# --- What people do -------------------------------------------------------------------------------


def enter(
    session: Session, sku_id: int, shot: Shot, *, source: str, who: str, now: datetime
) -> ProductPicture | Refusal:
    """Give a staged picture of this SKU its name: item number and running number (M11)."""
    sku = _alone(session, sku_id)
    if sku is None:
        return Refusal(Code.PICTURE_NO_ARTICLE)
    known = refused(session, sku.item_no, shot)
    if known is not None:
        return known
    number, file = next_name(session, sku.item_no)
    picture = _add(session, sku, number, file, shot, source=source, who=who, now=now)
    facts = {"file": file, "sku": sku.code, "source": source, "sha256": shot.sha256}
    record(session, subject(picture.id), "picture_taken", facts, now=now, who=who)
    return picture


def refused(session: Session, item_no: str, shot: Shot) -> Refusal | None:
    """Why an article gets no such picture: it is one already, there are too many, or it shows a
    waybill. What the shop shows to everybody names no buyer: so long a code is an article's or it
    is a waybill's.
    """
    if any(len(code) >= _AS_LONG_AS_A_WAYBILL and not is_article(session, code)
           for code in shot.codes):
        return Refusal(Code.PICTURE_WAYBILL)
    if next_name(session, item_no)[0] > MOST:
        return Refusal(Code.PICTURE_MANY, {"most": MOST})
    known = session.scalar(select(ProductPicture.file).where(
        ProductPicture.sha256 == shot.sha256, ProductPicture.withdrawn_at.is_(None)).limit(1))
    return None if known is None else Refusal(Code.PICTURE_KNOWN, {"file": known})


def ask_table(session: Session, sku: Sku, *, who: str, now: datetime) -> None:
    """Let the article's size table be drawn with what was measured now (M6)."""
    table = session.scalar(select(ProductPicture).where(
        ProductPicture.item_no == sku.item_no, ProductPicture.number == TABLE))
    if table is None:
        file = picture_files.name(sku.item_no, TABLE)
        _add(session, sku, TABLE, file, Shot("", ""), source="", who=who, now=now, color="")
    else:
        _ask(session, table)


def redraw(
    session: Session, picture_id: int, *, who: str, now: datetime
) -> ProductPicture | Refusal:
    """Make the JPEG anew, from the edited picture as it lies there now."""
    picture = _standing(session, picture_id)
    if isinstance(picture, ProductPicture):
        _ask(session, picture)
        facts = {"file": picture.file}
        record(session, subject(picture_id), "picture_redrawn", facts, now=now, who=who)
    return picture


def withdraw(
    session: Session, picture_id: int, *, who: str, now: datetime
) -> ProductPicture | Refusal:
    """Take a bad picture out of the shop's folder; its original stays, its number is not reused."""
    picture = _standing(session, picture_id)
    if isinstance(picture, ProductPicture):
        picture.withdrawn_at = now
        _ask(session, picture)
        facts = {"file": picture.file}
        record(session, subject(picture_id), "picture_withdrawn", facts, now=now, who=who)
    return picture


def copy_again(session: Session, *, who: str, now: datetime) -> None:
    """Compare every second copy anew: the other disk was changed, or somebody deleted there."""
    session.execute(update(ProductPicture).values(copied=0))
    record(session, "pictures", "pictures_copied_again", {}, now=now, who=who)
    notice(session, TOPIC)


def next_name(session: Session, item_no: str) -> tuple[int, str]:
    """The running number and the files' name that the article's next picture gets."""
    last = session.scalar(select(func.max(ProductPicture.number)).where(
        ProductPicture.item_no == item_no)) or 0
    while True:
        last += 1
        file = picture_files.name(item_no, last)
        taken = select(ProductPicture.id).where(ProductPicture.file_key == file.casefold())
        if session.scalar(taken) is None:
            return last, file


def _alone(session: Session, sku_id: int) -> Sku | None:
    """The SKU, if it has an item number; nobody else names a picture of its article meanwhile."""
    sku = article(session, sku_id)
    if sku is None:
        return None
    session.execute(
        select(Sku.id).where(Sku.item_no == sku.item_no).order_by(Sku.id).limit(1)
        .with_for_update(key_share=True))
    return sku


def _add(
    session: Session, sku: Sku, number: int, file: str, shot: Shot, *, source: str, who: str,
    now: datetime, color: str | None = None,
) -> ProductPicture:
    picture = ProductPicture(
        item_no=sku.item_no, color=sku.color if color is None else color, number=number,
        file=file, file_key=file.casefold(), suffix=shot.suffix, sha256=shot.sha256,
        source=source, taken_at=now, taken_by=who, marked=[])
    session.add(picture)
    session.flush()
    notice(session, TOPIC)
    return picture


def _standing(session: Session, picture_id: int) -> ProductPicture | Refusal:
    picture = session.get(ProductPicture, picture_id, with_for_update={"key_share": True})
    if picture is None or picture.withdrawn_at is not None or picture.number == TABLE:
        return Refusal(Code.PICTURE_NOT_NOW)
    return picture


def _ask(session: Session, picture: ProductPicture) -> None:
    picture.asked += 1
    notice(session, TOPIC)


# --- What the stock says (M14) --------------------------------------------------------------------


def stale(session: Session) -> dict[int, list[str]]:
    """The pictures whose files say something else of the stock than it is, with what is true."""
    pictures = session.scalars(
        select(ProductPicture).where(ProductPicture.withdrawn_at.is_(None))).all()
    left: dict[str, list[tuple[str, str, bool]]] = {}
    rows = select(Sku.item_no, Sku.color, Sku.size, Sku.on_hand - Sku.reserved).where(
        Sku.item_no.in_(select(ProductPicture.item_no).distinct()))
    for item_no, color, size, available in session.execute(rows):
        left.setdefault(item_no, []).append((color, size, available > 0))
    found = ((picture, _said(picture, left[picture.item_no]))
             for picture in pictures if picture.item_no in left)
    return {picture.id: said for picture, said in found if said != picture.marked}


def _said(picture: ProductPicture, skus: Iterable[tuple[str, str, bool]]) -> list[str]:
    """A picture is of a colour, or of the whole article where it names none."""
    if picture.number == TABLE:
        there = {size for _, size, is_there in skus if is_there}
        return sorted({size for _, size, _ in skus} - there)
    mine = [is_there for color, _, is_there in skus if picture.color in ("", color)]
    return _SOLD_OUT if mine and not any(mine) else []


def mark(session: Session, *, now: datetime) -> int:
    """Let every stale picture be drawn anew under its own name; how many."""
    changed = stale(session)
    for picture_id, said in sorted(changed.items()):
        picture = session.get_one(
            ProductPicture, picture_id, with_for_update={"key_share": True})
        picture.marked = said
        _ask(session, picture)
        if picture.number != TABLE:
            record(session, subject(picture_id), "picture_sold_out" if said else "picture_on_sale",
                   {"file": picture.file}, now=now)
    return len(changed)


# --- What the loop does ---------------------------------------------------------------------------


def to_draw(session: Session) -> Sequence[ProductPicture]:
    """The pictures whose files lag behind, the oldest first."""
    return session.scalars(
        select(ProductPicture).where(ProductPicture.drawn < ProductPicture.asked)
        .order_by(ProductPicture.id)).all()


def drawn(session: Session, picture_id: int, asked: int, *, now: datetime) -> None:
    """The files are as they were asked for when the drawing began."""
    _show_at_the_bench(session, session.get_one(ProductPicture, picture_id))
    picture = session.get_one(ProductPicture, picture_id, with_for_update={"key_share": True})
    picture.drawn, picture.trouble = asked, ""
    close_alarm(session, _FAILED, subject(picture_id), now=now)
    notice(session, TOPIC)


def _show_at_the_bench(session: Session, picture: ProductPicture) -> None:
    """The packer sees the first picture of a colour, without marks, where it had none."""
    if picture.number == TABLE:
        return
    place = f"{picture_files.EDITED}/{picture.file}.png"
    is_gone = picture.withdrawn_at is not None
    skus = select(Sku).where(Sku.item_no == picture.item_no, Sku.picture == (
        place if is_gone else "")).order_by(Sku.id)
    for sku in session.scalars(skus.with_for_update(key_share=True)):
        if picture.color in ("", sku.color):
            sku.picture = "" if is_gone else place


def failed(session: Session, picture_id: int, trouble: str, *, now: datetime) -> None:
    """It could not be drawn; it is tried again, and somebody hears of it."""
    picture = session.get_one(ProductPicture, picture_id, with_for_update={"key_share": True})
    if picture.trouble != trouble:
        picture.trouble = trouble
        facts = {"file": picture.file, "trouble": trouble}
        raise_alarm(session, _FAILED, subject(picture_id), facts, now=now)
        notice(session, TOPIC)


def to_copy(session: Session, folder: str) -> Sequence[ProductPicture]:
    """The pictures whose second copy in this folder lags behind."""
    return session.scalars(
        select(ProductPicture)
        .where(ProductPicture.drawn > 0, or_(
            ProductPicture.copied < ProductPicture.drawn, ProductPicture.copied_to != folder))
        .order_by(ProductPicture.id)).all()


def copied(session: Session, done: Sequence[tuple[int, int]], folder: str) -> None:
    """The second copies of these pictures (id, version) were written and read again."""
    for picture_id, version in done:
        picture = session.get_one(ProductPicture, picture_id, with_for_update={"key_share": True})
        picture.copied, picture.copied_to = version, folder
    notice(session, TOPIC)


def copies_stand(session: Session, trouble: str, *, now: datetime) -> None:
    """Whether the second copies could be made: an alarm until they can."""
    if trouble:
        raise_alarm(session, _NOT_COPIED, "pictures", {"trouble": trouble}, now=now)
    else:
        close_alarm(session, _NOT_COPIED, "pictures", now=now)


# --- What pages show ------------------------------------------------------------------------------


def one(session: Session, picture_id: int) -> ProductPicture | None:
    """One picture by its id."""
    return session.get(ProductPicture, picture_id)


def article(session: Session, sku_id: int) -> Sku | None:
    """A SKU whose article can have pictures."""
    sku = session.get(Sku, sku_id)
    return sku if sku is not None and sku.item_no else None


def of_item(session: Session, item_no: str) -> Sequence[ProductPicture]:
    """An article's pictures that count, the size table first."""
    return session.scalars(
        select(ProductPicture)
        .where(ProductPicture.item_no == item_no, ProductPicture.withdrawn_at.is_(None))
        .order_by(ProductPicture.number)).all()


def articles(session: Session) -> list[Article]:
    """The newest articles, those without a picture first: they are what is left to do."""
    counts = dict(session.execute(
        select(ProductPicture.item_no, func.count())
        .where(ProductPicture.withdrawn_at.is_(None), ProductPicture.number != TABLE)
        .group_by(ProductPicture.item_no)).all())
    rows = session.execute(
        select(Sku.item_no, func.min(Sku.id), func.max(Sku.title)).where(Sku.item_no != "")
        .group_by(Sku.item_no).order_by(func.max(Sku.id).desc())).all()
    ordered = sorted(rows, key=lambda row: row[0] in counts)[:_SHOWN]
    first = _firsts(session, [row[0] for row in ordered])
    return [Article(item_no, sku_id, title, counts.get(item_no, 0), first.get(item_no))
            for item_no, sku_id, title in ordered]


def _firsts(session: Session, items: Sequence[str]) -> dict[str, ProductPicture]:
    """The first picture of each article that is drawn."""
    rows = session.scalars(
        select(ProductPicture)
        .where(ProductPicture.item_no.in_(items), ProductPicture.number != TABLE,
               ProductPicture.drawn > 0, ProductPicture.withdrawn_at.is_(None))
        .order_by(ProductPicture.number.desc()))
    return {row.item_no: row for row in rows}
