"""The stub (底单): the shop's kept proof of one parcel, with the packer's signature (D5, D6)."""

from __future__ import annotations

from drivers.interfaces import Bitmap
from station.domain.labels import StubLabel
from station.domain.record_codes import STUB_PREFIX
from station.paper.fonts import Fonts
from station.paper.masking import masked_name, masked_phone
from station.paper.record_page import coded_number, finish, grams, record, yuan
from station.paper.sheet import LabelSize, Sheet, Style
from station.paper.waybill import goods_parts, shop_time

_SECONDS = "%Y-%m-%d %H:%M:%S"


def render_stub(stub: StubLabel, size: LabelSize, fonts: Fonts) -> list[Bitmap]:
    """The pages of a stub. Its barcode is STUB_PREFIX and the waybill number."""
    return [sheet.bitmap() for sheet in lay_out_stub(stub, size, fonts)]


def lay_out_stub(stub: StubLabel, size: LabelSize, fonts: Fonts) -> list[Sheet]:
    """As render_stub, with the record of what was drawn where."""
    document = record("底单 Stub", fonts.marked(stub.carrier_name), size, fonts)
    coded_number(document, STUB_PREFIX + stub.waybill_no, stub.waybill_no)
    document.heading("收件 To")
    document.paragraph("consignee", fonts.marked(_consignee(stub)), Style(28, 28, bold=True))
    document.heading(f"内件 Goods · 共 {sum(line.quantity for line in stub.goods)} 件")
    goods = [fonts.marked(part) + " " for part in goods_parts(stub.goods)]
    document.paragraph("goods", goods, Style(28, 28, bold=True))
    document.heading("称重包装 Weight and packing")
    document.facts("facts", ((name, fonts.marked(value)) for name, value in _facts(stub)))
    signer = f"打包员签名 Packer: {stub.packer}  {shop_time(stub.signed_at, _SECONDS)}"
    document.facts("seal", [("封印 Seal", fonts.marked(stub.content_hash))], size=18)
    document.signatures([(fonts.marked(signer), stub.signature)], size.height // 6)
    return finish(document)


def _consignee(stub: StubLabel) -> str:
    to = stub.consignee
    name = masked_name(to.name) if stub.masked else to.name
    phone = masked_phone(to.phone) if stub.masked else to.phone
    return "  ".join(filter(None, (name, phone, to.company, to.address, to.postcode)))


def _facts(stub: StubLabel) -> list[tuple[str, str]]:
    known = stub.courier_weight_g is not None or stub.courier_price_fen is not None
    courier = f"{grams(stub.courier_weight_g)} g  {yuan(stub.courier_price_fen)} 元"
    handed = shop_time(stub.handed_over_at, _SECONDS) if stub.handed_over_at else ""
    return [
        ("包裹 Parcel", stub.parcel_no),
        ("重量 Weight", f"{stub.weight_g} g"),
        ("包装 Packaging", stub.packaging),
        ("快递员 Courier", courier if known else ""),
        ("交接 Handed over", handed),
    ]
