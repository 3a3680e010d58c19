"""Sample pages for the documentation: ``python -m station.paper.samples docs/`` writes them.

All names, numbers and addresses are made up.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drivers.interfaces import Bitmap
from station.domain.labels import (
    CommandCode,
    GoodsLine,
    Manifest,
    ManifestRow,
    Sender,
    StubLabel,
    WaybillLabel,
)
from station.domain.orders import Consignee
from station.domain.record_codes import record_code
from station.domain.vocabulary import CarrierCode
from station.paper.command_sheet import render_command_sheet
from station.paper.fonts import Fonts
from station.paper.manifest import render_manifest
from station.paper.png import to_png
from station.paper.sheet import LabelSize
from station.paper.stub import render_stub
from station.paper.waybill import render_waybill

_PAID = datetime(2026, 11, 23, 3, 2, tzinfo=UTC)
_NUMBER = "773000000000017"
_CONSIGNEE = Consignee(
    name="样小姐", phone="13900000011", province="浙江省", city="杭州市", district="样例区",
    street="虚构路100号示范小区8幢2单元301室", postcode="310000", company="样例科技有限公司",
)
_GOODS = (
    GoodsLine("8012", "深蓝", "31", 1, "A-03-2"),
    GoodsLine("8015", "黑色", "L", 2, "B-01-1"),
    GoodsLine("6620", "米白", "均码", 1, "C-11-4"),
)


def sample_waybill() -> WaybillLabel:
    """A waybill of three merged orders."""
    return WaybillLabel(
        carrier=CarrierCode.STO, carrier_name="申通快递 STO", waybill_no=_NUMBER,
        sorting_code="310-03A 021", consignee=_CONSIGNEE,
        sender=Sender("样衣铺", "0576-80000000", "浙江省 台州市 温岭市 示范街道虚构路1号"),
        goods=_GOODS, note="要系带，尺码不要发错。共3笔一起发！",
        deadline=datetime(2026, 11, 23, 10, 0, tzinfo=UTC), job="J-000123", orders=3,
        parcel_no="P-000045", printed_at=_PAID + timedelta(seconds=8),
    )


def sample_signature() -> tuple[tuple[tuple[int, int], ...], ...]:
    """A scribble that looks like a signature."""
    first = tuple(
        (80 + at * 8, round(500 - 330 * math.sin(at / 9) * math.exp(-at / 90))) for at in range(100)
    )
    return first, ((180, 700), (500, 620), (930, 640))


def sample_stub() -> StubLabel:
    """The stub of the sample waybill, after the courier has taken the parcel."""
    return StubLabel(
        carrier=CarrierCode.STO, carrier_name="申通快递 STO", waybill_no=_NUMBER,
        parcel_no="P-000045", consignee=_CONSIGNEE, goods=_GOODS, weight_g=1260,
        packaging="STO 快递袋 M", packer="小样", signed_at=_PAID + timedelta(minutes=31),
        content_hash="5f0c" * 16, signature=sample_signature(), courier_weight_g=1260,
        courier_price_fen=850, handed_over_at=_PAID + timedelta(hours=6),
    )


def sample_manifest() -> Manifest:
    """A hand-over of eleven parcels and a missing one."""
    towns = (
        "杭州", "上海", "北京朝阳", "广州", "成都", "哈尔滨", "西安", "厦门", "昆明", "济南",
        "武汉",
    )
    rows = tuple(
        ManifestRow(str(int(_NUMBER) + at), town, 400 + 37 * at, 400 + 37 * at, 600 + 50 * (at % 3))
        for at, town in enumerate(towns)
    )
    missing = (ManifestRow("773000000000099", "苏州", 520, None, None, "改次日 next day"),)
    return Manifest(
        carrier=CarrierCode.STO, carrier_name="申通快递 STO", number="HO-20261123-STO-1",
        opened_at=_PAID + timedelta(hours=6), closed_at=_PAID + timedelta(hours=6, minutes=9),
        rows=rows, missing=missing, courier="样师傅", keeper="样仓管", chain_head="a7e1" * 16,
        signature=sample_signature(), code=record_code("handover:1"),
    )


def sample_commands() -> tuple[CommandCode, ...]:
    """Some commands of the bench, with made-up codes."""
    words = (("完成", "done"), ("撤销", "undo"), ("取消", "cancel"), ("补打", "reprint"),
             ("称重", "weigh"), ("下一步", "next"))
    return tuple(CommandCode(f"%PB-{en.upper()}%", zh, en) for zh, en in words)


def pages(fonts: Fonts) -> dict[str, Bitmap]:
    """Every sample page by its file name."""
    found: dict[str, Bitmap] = {}
    for size in LabelSize:
        sheets: dict[str, Sequence[Bitmap]] = {
            "waybill": render_waybill(sample_waybill(), size, fonts),
            "stub": render_stub(sample_stub(), size, fonts),
            "manifest": render_manifest(sample_manifest(), size, fonts),
            "commands": render_command_sheet(sample_commands(), size, fonts),
        }
        found |= {f"{name}-{size.value}.png": each[0] for name, each in sheets.items()}
    return found


def write(folder: Path) -> list[Path]:
    """Write all samples into a folder; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, page in pages(Fonts.find()).items():
        (folder / name).write_bytes(to_png(page))
        files.append(folder / name)
    return files


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
