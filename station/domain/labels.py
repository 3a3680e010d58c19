"""What goes on paper, as facts without layout: station/paper turns each into 1-bit pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from station.domain.orders import Consignee
from station.domain.vocabulary import CarrierCode, Fen, Grams


@dataclass(frozen=True, slots=True)
class GoodsLine:
    """One position of the goods field (D1), printed as 货号/颜色/尺码×n, with its place."""

    item_no: str
    color: str
    size: str
    quantity: int
    location: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Our own address panel (寄件人)."""

    name: str
    phone: str
    address: str
    company: str = ""


@dataclass(frozen=True, slots=True)
class WaybillLabel:
    """Everything on one waybill (快递单). ``copy`` 0 is the first print, n is 补打 n.

    ``job`` is the print job's mark, printed small; ``orders`` how many orders are merged in it.
    """

    carrier: CarrierCode
    carrier_name: str
    waybill_no: str
    sorting_code: str
    consignee: Consignee
    sender: Sender
    goods: tuple[GoodsLine, ...]
    note: str
    deadline: datetime
    job: str
    copy: int = 0
    orders: int = 1
    parcel_no: str = ""
    printed_at: datetime | None = None
    masked: bool = True


@dataclass(frozen=True, slots=True)
class StubLabel:
    """The kept copy (底单): who packed, what it weighs, and the packer's signature."""

    carrier: CarrierCode
    carrier_name: str
    waybill_no: str
    parcel_no: str
    consignee: Consignee
    goods: tuple[GoodsLine, ...]
    weight_g: Grams
    packaging: str
    packer: str
    signed_at: datetime
    content_hash: str
    signature: tuple[tuple[tuple[int, int], ...], ...] = ()  # strokes of (x, y) in 0..1000
    courier_weight_g: Grams | None = None
    courier_price_fen: Fen | None = None
    handed_over_at: datetime | None = None
    masked: bool = True


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One parcel of a hand-over list (交接单)."""

    waybill_no: str
    destination: str
    our_weight_g: Grams
    courier_weight_g: Grams | None
    courier_price_fen: Fen | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The hand-over list of one carrier and day, signed once by the courier."""

    carrier: CarrierCode
    carrier_name: str
    number: str
    opened_at: datetime
    closed_at: datetime
    rows: tuple[ManifestRow, ...]
    missing: tuple[ManifestRow, ...]
    courier: str
    keeper: str
    chain_head: str
    signature: tuple[tuple[tuple[int, int], ...], ...] = ()
    courier_phone: str = ""
    signed_head: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class AddendumRow:
    """Figures of one parcel before and after they were put right, and why."""

    waybill_no: str
    before_weight_g: Grams | None
    before_price_fen: Fen | None
    weight_g: Grams
    price_fen: Fen | None
    reason: str
    courier: str
    at: datetime
    signature: tuple[tuple[tuple[int, int], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Addendum:
    """What was put right after a hand-over was closed (更正单), each row signed by the courier."""

    carrier: CarrierCode
    carrier_name: str
    number: str
    closed_at: datetime
    rows: tuple[AddendumRow, ...]
    keeper: str
    chain_head: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class CommandCode:
    """One barcode of the command sheet: what to scan, and what it does, in both languages."""

    code: str
    zh: str
    en: str
