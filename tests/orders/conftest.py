"""Writes seller's exports the way the platform does, in every generation of its header."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from station.domain.orders import SourceReading
from station.orders.taobao import read_export

MONEY = ["买家应付货款", "买家应付邮费", "买家支付积分", "总金额", "返点积分", "买家实际支付金额"]
FIRST = ["订单编号", "买家会员名", "买家支付宝账号"]
MIDDLE = [
    "买家实际支付积分", "订单状态", "买家留言", "收货人姓名", "收货地址", "运送方式",
    "联系电话", "联系手机", "订单创建时间", "订单付款时间", "宝贝标题", "宝贝种类", "物流单号",
    "物流公司", "订单备注", "宝贝总数量", "店铺Id", "店铺名称", "订单关闭原因", "卖家服务费",
    "买家服务费",
]  # fmt: skip
LATER = [
    "发票抬头", "是否手机订单", "分阶段订单信息", "特权订金订单id", "是否上传合同照片",
    "是否上传小票", "是否代付", "定金排名", "修改后的sku", "修改后的收货地址", "异常信息",
    "天猫卡券抵扣", "集分宝抵扣", "是否是O2O交易",
]  # fmt: skip
RETAIL = [
    "新零售交易类型", "新零售导购门店名称", "新零售导购门店id", "新零售发货门店名称",
    "新零售发货门店id",
]  # fmt: skip
REFUND = ["退款金额", "预约门店"]
PAYOUT = ["确认收货时间", "打款商家金额", "含应开票给个人的个人红包"]
NEWEST = ["是否信用购", "体验期结束时间", "前N有礼", "配送类型", "主订单编号"]
DETAIL = [
    "订单编号", "标题", "价格", "购买数量", "外部系统编号", "商品属性", "套餐信息", "备注",
    "订单状态", "商家编码",
]  # fmt: skip
ENDS_WITH_BLANK = {"收货地址", "联系电话", "订单付款时间", "宝贝标题", "宝贝种类", "物流单号"}
PAYMENT = ["支付单号", "支付详情"]


def _blank(columns: list[str]) -> list[str]:
    return [f"{name} " if name in ENDS_WITH_BLANK else name for name in columns]


GENERATIONS: Mapping[int, list[str]] = {
    30: FIRST + MONEY + MIDDLE,
    46: _blank(FIRST + MONEY + MIDDLE + LATER + REFUND),
    56: FIRST + PAYMENT + MONEY + MIDDLE + LATER + RETAIL + REFUND + PAYOUT,
    61: _blank(FIRST + PAYMENT + MONEY + MIDDLE + LATER + RETAIL + REFUND + PAYOUT + NEWEST),
}
PAID = "买家已付款，等待卖家发货"
ORDER_CELLS = {
    "买家会员名": "tb_buyer",
    "总金额": "128.00",
    "买家实际支付金额": "128.00",
    "订单状态": PAID,
    "收货人姓名": "陈小明",
    "收货地址": "浙江省 台州市 温岭市 城东街道万昌路8号(317500)",
    "运送方式": "快递",
    "联系手机": "'13800001111",
    "订单创建时间": "2026-11-20 09:59:00",
    "订单付款时间": "2026-11-20 10:00:00",
    "宝贝种类": "1",
    "店铺名称": "牛仔小铺",
    "订单关闭原因": "订单未关闭",
    "买家服务费": "0元",
    "退款金额": "0.00",
}
LINE_CELLS = {
    "标题": "直筒牛仔裤",
    "价格": "128.00",
    "购买数量": "1",
    "外部系统编号": "JN-8801-BK-32",
    "商品属性": "颜色分类：黑色;尺码：32",
    "订单状态": PAID,
    "商家编码": "JN-8801-BK-32",
}
IDS = {"订单编号", "主订单编号", "特权订金订单id", "子订单编号"}


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def id_cell(number: str) -> str:
    """An order number as the platform wraps it, or as a spreadsheet left it."""
    return number if "E+" in number else f'="{number}"'


@dataclass
class Export:
    """A pair of lists being written: ``order`` and ``line`` add rows, ``files`` gives the bytes."""

    generation: int = 61
    encoding: str = "gb18030"
    stamp: str = "202611201630"
    order_header: list[str] = field(default_factory=list)
    detail_header: list[str] = field(default_factory=lambda: list(DETAIL))
    orders: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.order_header = self.order_header or list(GENERATIONS[self.generation])

    def order(self, number: str, **cells: str) -> Export:
        known = ORDER_CELLS | {"订单编号": number, "主订单编号": number} | cells
        self.orders.append(self._row(self.order_header, known))
        return self

    def line(self, number: str, **cells: str) -> Export:
        self.details.append(
            self._row(self.detail_header, LINE_CELLS | {"订单编号": number} | cells) + ","
        )
        return self

    def both(self, number: str, line: Mapping[str, str] | None = None, **cells: str) -> Export:
        """An order with its single line."""
        return self.order(number, **cells).line(number, **(line or {}))

    def order_file(self) -> tuple[str, bytes]:
        return self._file("ExportOrderList", self.order_header, self.orders)

    def detail_file(self) -> tuple[str, bytes]:
        return self._file("ExportOrderDetailList", self.detail_header, self.details)

    def files(self) -> list[tuple[str, bytes]]:
        return [self.order_file(), self.detail_file()]

    def _row(self, header: Sequence[str], cells: Mapping[str, str]) -> str:
        return ",".join(self._cell(name.strip(), cells) for name in header)

    @staticmethod
    def _cell(name: str, cells: Mapping[str, str]) -> str:
        value = cells.get(name, "")
        return id_cell(value) if name in IDS else quoted(value)

    def _file(self, kind: str, header: list[str], rows: list[str]) -> tuple[str, bytes]:
        text = "\r\n".join([",".join(map(quoted, header)), *rows]) + "\r\n"
        return f"{kind}{self.stamp}.csv", text.encode(self.encoding)


@pytest.fixture(scope="session")
def taobao() -> SimpleNamespace:
    """What writes exports: ``taobao.Export(generation=46)``, and the header generations."""
    return SimpleNamespace(Export=Export, GENERATIONS=GENERATIONS, DETAIL=DETAIL, PAID=PAID)


@pytest.fixture(scope="session")
def accounted() -> Callable[[SourceReading], int]:
    """Counts the rows that a reading accounts for: each must be somewhere, and nowhere twice."""

    def count(reading: SourceReading) -> int:
        lines = sum(len(order.lines) for order in reading.orders)
        rows = [entry for entry in reading.review if is_row(entry.where)]
        return len(reading.orders) + lines + len(rows) + sum(reading.ignored.values())

    def is_row(where: str) -> bool:
        return where.startswith("row ") and where != "row 1"

    return count


@pytest.fixture(scope="session")
def csv_file() -> Callable[..., bytes]:
    """A CSV file out of a header and rows, in the encoding asked for."""

    def write(header: str, *rows: str, encoding: str = "utf-8-sig") -> bytes:
        return "\n".join([header, *rows, ""]).encode(encoding)

    return write


ORDER_NO = "2450000000000000001"


@pytest.fixture
def read(taobao):
    """Reads one order with its lines; cells beside the defaults are given by name."""

    def read(*lines, **cells):
        export = taobao.Export().order(ORDER_NO, **cells)
        for line in lines or ({},):
            export.line(ORDER_NO, **line)
        return read_export(export.files())

    return read


@pytest.fixture
def take(read):
    """The one order that comes out, without any doubt."""

    def take(*lines, **cells):
        reading = read(*lines, **cells)
        assert not reading.review, reading.review
        (order,) = reading.orders
        return order

    return take
