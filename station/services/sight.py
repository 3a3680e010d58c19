"""What is shown of a buyer without a reveal: words masked by what is known of him, and pictures
for as long as his parcel is packed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import PageImage, Parcel, Photograph, PrintJob, ShopOrder
from station.domain.parcel import ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.rights import Right
from station.domain.sight import Known, masked_words, may_see_pictures


def known_of(parcel: Parcel) -> Known:
    """Who the parcel and its orders say the buyer is."""
    rows: tuple[Parcel | ShopOrder, ...] = (parcel, *parcel.orders)
    names = [text for row in rows for text in (row.name, row.phone, row.company)]
    return Known.of(
        [*names, *(order.buyer for order in parcel.orders)], [row.street for row in rows])


def masked(parcel: Parcel, text: str) -> str:
    """Somebody's words about a parcel, as a screen may show them."""
    return masked_words(text, known_of(parcel)) if text else text


def masked_facts(parcel: Parcel, facts: Mapping[str, str | int]) -> Mapping[str, str | int]:
    """The same of a hold's facts, of which some are a person's words."""
    if not any(isinstance(value, str) and value for value in facts.values()):
        return facts
    known = known_of(parcel)
    return {name: masked_words(value, known) if isinstance(value, str) else value
            for name, value in facts.items()}


# --- Pictures -------------------------------------------------------------------------------------


def label(
    session: Session, job_id: int, page: int, rights: Collection[Right]
) -> bytes | Refusal | None:
    """One printed page as PNG; None if it is not kept. Paper of no parcel names no buyer."""
    found = session.execute(
        select(PageImage.id, Parcel.state)
        .join(PrintJob, PrintJob.id == PageImage.job_id)
        .outerjoin(Parcel, Parcel.id == PrintJob.parcel_id)
        .where(PageImage.job_id == job_id, PageImage.page == page)
    ).one_or_none()
    if found is None:
        return None
    if found.state is not None and not may_see_pictures(rights, ParcelState(found.state)):
        return Refusal(Code.PRIVACY_PICTURE)
    return session.scalar(select(PageImage.png).where(PageImage.id == found.id))


def photograph(
    session: Session, photograph_id: int, rights: Collection[Right]
) -> bytes | Refusal | None:
    """One picture of the camera as JPEG; None if there is none, or it was removed."""
    state = session.scalar(
        select(Parcel.state).join(Photograph, Photograph.parcel_id == Parcel.id)
        .where(Photograph.id == photograph_id, Photograph.removed_at.is_(None)))
    if state is None:
        return None
    if not may_see_pictures(rights, ParcelState(state)):
        return Refusal(Code.PRIVACY_PICTURE)
    return session.scalar(select(Photograph.jpeg).where(Photograph.id == photograph_id))
