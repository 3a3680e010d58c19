"""The tables. Times are UTC; money is fen, weight grams, length millimetres.

Locking rules: on SQLite every write transaction is alone. On PostgreSQL a step takes its rows
``FOR NO KEY UPDATE`` (``FOR UPDATE`` would wait for every row that refers to them, and two steps
that book pieces of one article would wait for each other) in one order: hand-over, order, parcel,
case, goods by ascending id, number, print job, packaging, the head of a history chain. Several
orders or parcels are taken by ascending id where they are known beforehand. Where they are not
(orders that arrive together join parcels as they come) the server may find a circle; the whole step
is then run again (see ``db.session``). A parcel's ``version`` is compared at every change, so that
a step which forgot to lock fails and is run again, too. A row that is locked is read anew.
"""

from __future__ import annotations

from station.db.models import findable, typed
from station.db.models.access import OnceAnswer, Override, PinGuard, ProgramKey, SignIn
from station.db.models.archives import Archive, ArchivedStub
from station.db.models.base import Base, UtcDateTime
from station.db.models.bills import Bill, BillClosing, BillDispute, BillFinding, BillLayout
from station.db.models.cases import Case, CasePayment, CasePiece
from station.db.models.devices import ScaleCheck
from station.db.models.goods import Packaging, PackagingMove, Sku, SkuBarcode, StockMove
from station.db.models.goods_receipts import GoodsReceipt, GoodsReceiptLine, SupplierPayment
from station.db.models.handovers import (
    CourierFigure,
    Handover,
    HandoverCorrection,
    HandoverLine,
    Stub,
)
from station.db.models.orders import (
    ImportedFile,
    Outbox,
    Review,
    ShopOrder,
    ShopOrderLine,
    WebhookEvent,
)
from station.db.models.paper import PageImage, PrintJob
from station.db.models.parcels import Hold, Parcel, ParcelLine, WaybillNumber, Weighing
from station.db.models.people import (
    CarrierContact,
    Courier,
    CourierIncident,
    Signature,
    Staff,
)
from station.db.models.photographs import Photograph
from station.db.models.pictures import GarmentSize, ProductPicture
from station.db.models.prices import TariffVersion
from station.db.models.records import Alarm, Chain, Chore, Destruction, History, SignedHead
from station.db.models.stock_takes import CountLine, CountSheet, StockTake
from station.db.models.suppliers import SupplierLine, SupplierList
from station.db.models.tracks import ParcelTrack

findable.fill_digests()
typed.mask_typed_words()

__all__ = [
    "Alarm",
    "Archive",
    "ArchivedStub",
    "Base",
    "Bill",
    "BillClosing",
    "BillDispute",
    "BillFinding",
    "BillLayout",
    "CarrierContact",
    "Case",
    "CasePayment",
    "CasePiece",
    "Chain",
    "Chore",
    "CountLine",
    "CountSheet",
    "Courier",
    "CourierFigure",
    "CourierIncident",
    "Destruction",
    "GarmentSize",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "Handover",
    "HandoverCorrection",
    "HandoverLine",
    "History",
    "Hold",
    "ImportedFile",
    "OnceAnswer",
    "Outbox",
    "Override",
    "Packaging",
    "PackagingMove",
    "PageImage",
    "Parcel",
    "ParcelLine",
    "ParcelTrack",
    "Photograph",
    "PinGuard",
    "PrintJob",
    "ProductPicture",
    "ProgramKey",
    "Review",
    "ScaleCheck",
    "ShopOrder",
    "ShopOrderLine",
    "SignIn",
    "Signature",
    "SignedHead",
    "Sku",
    "SkuBarcode",
    "Staff",
    "StockMove",
    "StockTake",
    "Stub",
    "SupplierLine",
    "SupplierList",
    "SupplierPayment",
    "TariffVersion",
    "UtcDateTime",
    "WaybillNumber",
    "WebhookEvent",
    "Weighing",
]
