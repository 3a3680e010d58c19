"""What a paid order says, whichever road it came by: the common form of every order source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from station.domain.vocabulary import Fen, Flag, Millimetres


@dataclass(frozen=True, slots=True)
class Consignee:
    """Whom the parcel goes to (收件人). City and district may be empty for some places."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    street: str
    postcode: str = ""
    company: str = ""

    @property
    def address(self) -> str:
        """The address in one line, as it is written on the waybill, without the postcode."""
        parts = (self.province, self.city, self.district, self.street)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One bought article: ``sku`` is the merchant's code (商家编码), "" where the order has none.

    ``waist_mm`` is the waist the buyer confirmed for this line, or None.
    ``refunded`` lines are never packed.
    """

    line_no: str
    sku: str
    title: str
    item_no: str
    color: str
    size: str
    quantity: int
    price_fen: Fen = 0
    waist_mm: Millimetres | None = None
    refunded: bool = False


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """An order whose money has arrived. ``order_no`` stays a string: it exceeds 2**53."""

    platform: str
    order_no: str
    buyer: str
    paid_at: datetime
    consignee: Consignee
    lines: tuple[OrderLine, ...]
    buyer_message: str = ""
    seller_memo: str = ""
    flag: Flag = Flag.NONE
    shipping_wish: str = ""  # what the shipping line or the buyer's choice names, free text
    shop: str = ""
    ship_after: datetime | None = None  # a presale's promised day


class RefundKind(StrEnum):
    """What the platform tells about money going back. All but REFUND_CLOSED stop the parcel."""

    REFUND_REQUESTED = "refund_requested"
    REFUND_CLOSED = "refund_closed"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RefundNotice:
    """A refund or cancellation of a whole order (``line_no`` None) or of one of its lines."""

    platform: str
    order_no: str
    kind: RefundKind
    at: datetime
    line_no: str | None = None


@dataclass(frozen=True, slots=True)
class NeedsReview:
    """Something in a source that must not be guessed: shown to a person, with where it stands.

    ``code`` is a word code such as "damaged_order_no"; ``where`` is "file row 7" in the source's
    own terms; ``facts`` hold no personal data.
    """

    code: str
    source: str
    where: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What one source file or message says: orders to take, refunds, and what needs a person.

    ``ignored`` counts rows by reason (not yet paid, already shipped, closed long ago).
    """

    orders: tuple[PaidOrder, ...] = ()
    refunds: tuple[RefundNotice, ...] = ()
    review: tuple[NeedsReview, ...] = ()
    ignored: Mapping[str, int] = field(default_factory=dict)
