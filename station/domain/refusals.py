"""Every "no" that the station can say: a code, the facts, and its place in one tree.

::

    Refusal
    ├── waybill.*    the scanned waybill cannot be opened
    ├── item.*       the scanned item does not belong here
    ├── measure.*    a measured value is missing or off
    ├── parcel.*     the parcel is not ready for the step that was asked for
    ├── weight.*     no weight can be taken, or it does not agree
    ├── scale.*      the scale itself may not weigh, or does not do what it was told
    ├── sign.*       the signature cannot be given
    ├── handover.*   the parcel or the manifest cannot be handed over
    ├── list.*       a row of the courier's list, or the whole list, cannot be taken
    ├── tariff.*     a version of a tariff cannot be taken
    ├── print.*      no label can be printed
    ├── slip.*       no slip can be printed of this, or it is being printed already
    ├── case.*       the case cannot take this step, or the piece cannot come back
    ├── supplier.*   goods cannot be listed for their supplier, or come back from it
    ├── count.*      the stock-take cannot take this step
    ├── receipt.*    goods cannot be received so, or a supplier cannot be paid
    ├── picture.*    a product picture or a garment's measure cannot be taken
    ├── bill.*       a carrier's statement, or its month, cannot be changed so
    ├── order.*      the order cannot become a parcel yet (reasons of holds)
    └── bench.*      the scan or command means nothing here and now

The web gives each code its words, colour and sound (web/translations); a code without words fails
a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Code(StrEnum):
    """The codes, grouped as the tree above."""

    WAYBILL_UNKNOWN = "waybill.unknown"
    WAYBILL_VOID = "waybill.void"
    WAYBILL_OPEN_ELSEWHERE = "waybill.open_elsewhere"
    WAYBILL_SEALED = "waybill.sealed"
    WAYBILL_SHIPPED = "waybill.shipped"
    WAYBILL_HELD = "waybill.held"
    WAYBILL_STOPPED = "waybill.stopped"
    WAYBILL_NOT_PRINTED = "waybill.not_printed"
    WAYBILL_OTHER_OPEN = "waybill.other_open"

    ITEM_WRONG = "item.wrong"
    ITEM_WRONG_COLOR = "item.wrong_color"
    ITEM_WRONG_SIZE = "item.wrong_size"
    ITEM_TOO_MANY = "item.too_many"
    ITEM_UNKNOWN = "item.unknown"
    ITEM_REFUNDED = "item.refunded"
    ITEM_DEFECT = "item.defect"

    MEASURE_NEEDED = "measure.needed"
    MEASURE_OFF = "measure.off"
    MEASURE_IMPLAUSIBLE = "measure.implausible"

    PARCEL_INCOMPLETE = "parcel.incomplete"
    PARCEL_NOTE_UNREAD = "parcel.note_unread"
    PARCEL_NO_MATERIAL = "parcel.no_material"
    PARCEL_WRONG_MATERIAL = "parcel.wrong_material"
    PARCEL_CHANGED = "parcel.changed"
    PARCEL_NOT_WEIGHED = "parcel.not_weighed"
    PARCEL_NOT_PACKED = "parcel.not_packed"
    PARCEL_NONE_OPEN = "parcel.none_open"

    WEIGHT_SILENT = "weight.silent"
    WEIGHT_STALE = "weight.stale"
    WEIGHT_MOTION = "weight.motion"
    WEIGHT_OVERLOAD = "weight.overload"
    WEIGHT_NEGATIVE = "weight.negative"
    WEIGHT_TARE = "weight.tare"
    WEIGHT_NET = "weight.net"
    WEIGHT_UNIT = "weight.unit"
    WEIGHT_AMBIGUOUS = "weight.ambiguous"
    WEIGHT_EMPTY = "weight.empty"
    WEIGHT_NOT_CLEARED = "weight.not_cleared"
    WEIGHT_ERROR = "weight.error"
    WEIGHT_OFF = "weight.off"

    SCALE_FAILED = "scale.failed"
    SCALE_UNCHECKED = "scale.unchecked"
    SCALE_NO_COMMAND = "scale.no_command"

    SIGN_UNKNOWN_BADGE = "sign.unknown_badge"
    SIGN_WRONG_PIN = "sign.wrong_pin"
    SIGN_NOBODY = "sign.nobody"
    SIGN_EMPTY = "sign.empty"
    SIGN_MANAGER_NEEDED = "sign.manager_needed"
    SIGN_REASON_NEEDED = "sign.reason_needed"
    SIGN_NOT_ALLOWED = "sign.not_allowed"
    SIGN_LOCKED = "sign.locked"
    SIGN_WRONG_CODE = "sign.wrong_code"
    SIGN_USED_CODE = "sign.used_code"
    SIGN_TAKEN = "sign.taken"
    SIGN_BAD_PIN = "sign.bad_pin"
    SIGN_LAST_MANAGER = "sign.last_manager"
    SIGN_NOT_NEW = "sign.not_new"

    HANDOVER_NOT_SEALED = "handover.not_sealed"
    HANDOVER_OTHER_CARRIER = "handover.other_carrier"
    HANDOVER_TWICE = "handover.twice"
    HANDOVER_STOPPED = "handover.stopped"
    HANDOVER_STEP_DIFFERS = "handover.step_differs"
    HANDOVER_WEIGHT_DIFFERS = "handover.weight_differs"
    HANDOVER_PRICE_DIFFERS = "handover.price_differs"
    HANDOVER_NOT_WEIGHED = "handover.not_weighed"
    HANDOVER_MISSING = "handover.missing"
    HANDOVER_UNRESOLVED = "handover.unresolved"
    HANDOVER_NO_SIGNATURE = "handover.no_signature"
    HANDOVER_CLOSED = "handover.closed"
    HANDOVER_COURIER_LEFT = "handover.courier_left"
    HANDOVER_COURIER_UNKNOWN = "handover.courier_unknown"
    HANDOVER_NO_CORRECTION = "handover.no_correction"
    HANDOVER_IMPLAUSIBLE = "handover.implausible"

    LIST_EMPTY = "list.empty"
    LIST_TOLD_BEFORE = "list.told_before"
    LIST_UNREADABLE = "list.unreadable"
    LIST_TWICE = "list.twice"
    LIST_NOT_IN_PILE = "list.not_in_pile"

    TARIFF_OVERLAPS = "tariff.overlaps"
    TARIFF_IN_USE = "tariff.in_use"

    PRINT_REASON_NEEDED = "print.reason_needed"
    PRINT_UNPRINTABLE = "print.unprintable"
    PRINT_NOTHING = "print.nothing"

    SLIP_NOTHING = "slip.nothing"
    SLIP_UNDER_WAY = "slip.under_way"
    SLIP_NOT_WAITING = "slip.not_waiting"

    BILL_KNOWN = "bill.known"
    BILL_CLOSED = "bill.closed"
    BILL_NOT_DONE = "bill.not_done"
    BILL_NONE = "bill.none"
    BILL_DISPUTED = "bill.disputed"
    BILL_UNMAPPED = "bill.unmapped"
    BILL_REASON_NEEDED = "bill.reason_needed"

    ORDER_NO_STOCK = "order.no_stock"
    ORDER_UNKNOWN_SKU = "order.unknown_sku"
    ORDER_POOL_EMPTY = "order.pool_empty"
    ORDER_BUNDLE_INCOMPLETE = "order.bundle_incomplete"
    ORDER_NONE_REACHES = "order.none_reaches"
    ORDER_PRESALE = "order.presale"
    ORDER_FLAG_YELLOW = "order.flag_yellow"
    ORDER_REFUND_ASKED = "order.refund_asked"
    ORDER_MASKED = "order.masked_consignee"
    ORDER_TOLD_DIFFERENTLY = "order.told_differently"
    ORDER_BY_HAND = "order.by_hand"

    PRIVACY_NOBODY = "privacy.nobody"
    PRIVACY_UNDER_WAY = "privacy.under_way"
    PRIVACY_CASE_OPEN = "privacy.case_open"
    PRIVACY_RETENTION = "privacy.retention"
    PRIVACY_PICTURE = "privacy.picture"

    ARCHIVE_NOT_WAITING = "archive.not_waiting"
    ARCHIVE_OTHER_FILE = "archive.other_file"
    CASE_NO_PARCEL = "case.no_parcel"
    CASE_NOT_GONE = "case.not_gone"
    CASE_NOT_NOW = "case.not_now"
    CASE_ANOTHER_OPEN = "case.another_open"
    CASE_AMOUNT = "case.amount"
    CASE_NOT_CLAIMED = "case.not_claimed"
    CASE_NO_SIGNATURE = "case.no_signature"
    CASE_NOT_IN_PARCEL = "case.not_in_parcel"
    CASE_TOO_MANY_BACK = "case.too_many_back"
    CASE_PIECE_PENDING = "case.piece_pending"
    CASE_NO_PIECE = "case.no_piece"
    CASE_PIECE_SOLD = "case.piece_sold"
    CASE_REPLACED = "case.replaced"
    CASE_NO_GOODS = "case.no_goods"

    SUPPLIER_NOTHING = "supplier.nothing"
    SUPPLIER_TOO_MANY = "supplier.too_many"
    SUPPLIER_NOT_NOW = "supplier.not_now"

    RECEIPT_NOTHING = "receipt.nothing"
    RECEIPT_NOT_NOW = "receipt.not_now"
    RECEIPT_UNKNOWN = "receipt.unknown"
    RECEIPT_KNOWN = "receipt.known"
    RECEIPT_NUMBERS = "receipt.numbers"
    RECEIPT_NOBODY = "receipt.nobody"
    RECEIPT_NO_SUPPLIER = "receipt.no_supplier"

    PICTURE_NO_ARTICLE = "picture.no_article"
    PICTURE_KNOWN = "picture.known"
    PICTURE_MANY = "picture.many"
    PICTURE_NOT_NOW = "picture.not_now"
    PICTURE_NO_CAMERA = "picture.no_camera"
    PICTURE_WHICH_CAMERA = "picture.which_camera"
    PICTURE_UNREADABLE = "picture.unreadable"
    PICTURE_TOO_LARGE = "picture.too_large"
    PICTURE_TOO_SMALL = "picture.too_small"
    PICTURE_STRIP = "picture.strip"
    PICTURE_WAYBILL = "picture.waybill"
    PICTURE_IMPLAUSIBLE = "picture.implausible"
    PICTURE_MEASURE_DIFFERS = "picture.measure_differs"

    COUNT_NOT_NOW = "count.not_now"
    COUNT_ANOTHER_OPEN = "count.another_open"
    COUNT_NO_GOODS = "count.no_goods"
    COUNT_MOVED = "count.moved"
    COUNT_TOO_MANY = "count.too_many"
    COUNT_NOT_DONE = "count.not_done"
    COUNT_UNEXPLAINED = "count.unexplained"

    BENCH_UNKNOWN_CODE = "bench.unknown_code"
    BENCH_NOT_NOW = "bench.not_now"
    BENCH_ACKNOWLEDGE_FIRST = "bench.acknowledge_first"
    BENCH_NO_READ = "bench.no_read"
    BENCH_SEVERAL_LABELS = "bench.several_labels"
    BENCH_ITEMS_ONLY = "bench.items_only"
    BENCH_WAYBILLS_ONLY = "bench.waybills_only"
    BENCH_UNKNOWN_COMMAND = "bench.unknown_command"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One "no": which, and the facts its sentence needs. Facts hold no name, phone or address."""

    code: Code
    facts: Mapping[str, str | int] = field(default_factory=dict)
