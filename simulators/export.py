"""The seller centre's order export: a list and a detail file with all their habits.

61 columns, GBK (GB18030 where a name needs it), ids as ``="…"`` outside quotes, phones behind an
apostrophe, six header cells that end with a blank, and detail rows one comma longer than their
header.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.shop import SHANGHAI, Order

LIST_COLUMNS = (
    "订单编号", "买家会员名", "买家支付宝账号", "支付单号", "支付详情", "买家应付货款",
    "买家应付邮费", "买家支付积分", "总金额", "返点积分", "买家实际支付金额", "买家实际支付积分",
    "订单状态", "买家留言", "收货人姓名", "收货地址 ", "运送方式", "联系电话 ", "联系手机",
    "订单创建时间", "订单付款时间 ", "宝贝标题 ", "宝贝种类 ", "物流单号 ", "物流公司",
    "订单备注", "宝贝总数量", "店铺Id", "店铺名称", "订单关闭原因", "卖家服务费", "买家服务费",
    "发票抬头", "是否手机订单", "分阶段订单信息", "特权订金订单id", "是否上传合同照片",
    "是否上传小票", "是否代付", "定金排名", "修改后的sku", "修改后的收货地址", "异常信息",
    "天猫卡券抵扣", "集分宝抵扣", "是否是O2O交易", "新零售交易类型", "新零售导购门店名称",
    "新零售导购门店id", "新零售发货门店名称", "新零售发货门店id", "退款金额", "预约门店",
    "确认收货时间", "打款商家金额", "含应开票给个人的个人红包", "是否信用购", "体验期结束时间",
    "前N有礼", "配送类型", "主订单编号",
)  # fmt: skip
DETAIL_COLUMNS = (
    "订单编号", "标题", "价格", "购买数量", "外部系统编号", "商品属性", "套餐信息", "备注",
    "订单状态", "商家编码",
)  # fmt: skip
PAID = "买家已付款，等待卖家发货"
UNPAID = "等待买家付款"
CLOSED = "交易关闭"
ENCODING = "gb18030"  # the same bytes as GBK wherever GBK has the character


@dataclass(frozen=True, slots=True)
class Export:
    """The two files, under the names that the seller centre gives them."""

    list_name: str
    list_bytes: bytes
    detail_name: str
    detail_bytes: bytes


def seller_export(
    orders: list[Order],
    at: datetime,
    *,
    unpaid: frozenset[str] = frozenset(),
    closed: frozenset[str] = frozenset(),
    damaged: frozenset[str] = frozenset(),
) -> Export:
    """Write the pair. Order numbers in ``damaged`` went through Excel and became 2.45E+18."""
    stamp = at.astimezone(SHANGHAI).strftime("%Y%m%d%H%M")
    status = {**dict.fromkeys(unpaid, UNPAID), **dict.fromkeys(closed, CLOSED)}
    lists = [_quoted_row(LIST_COLUMNS)]
    details = [_quoted_row(DETAIL_COLUMNS)]
    for order in orders:
        said = status.get(order.order_no, PAID)
        shown = f"{int(order.order_no):.2E}" if order.order_no in damaged else None
        lists.append(_list_row(order, said, shown))
        details += [f"{row}," for row in _detail_rows(order, said, shown)]
    return Export(
        f"ExportOrderList{stamp}.csv",
        ("\r\n".join(lists) + "\r\n").encode(ENCODING),
        f"ExportOrderDetailList{stamp}.csv",
        ("\r\n".join(details) + "\r\n").encode(ENCODING),
    )


def _list_row(order: Order, status: str, shown: str | None) -> str:
    yuan = f"{order.total_fen / 100:.2f}"
    paid = order.paid_at.astimezone(SHANGHAI)
    paid_text = "" if status == UNPAID else paid.strftime("%Y-%m-%d %H:%M:%S")
    values = {
        "买家会员名": order.buyer, "买家应付货款": yuan, "买家应付邮费": "0.00",
        "买家支付积分": "0",
        "总金额": yuan, "返点积分": "0", "买家实际支付金额": yuan, "买家实际支付积分": "0",
        "订单状态": status, "买家留言": order.buyer_message, "收货人姓名": order.consignee.name,
        "收货地址 ": order.consignee.one_line(), "运送方式": order.shipping_wish or "快递",
        "联系手机": f"'{order.consignee.phone}", "订单付款时间 ": paid_text,
        "订单创建时间": (paid - timedelta(seconds=8)).strftime("%Y-%m-%d %H:%M:%S"),
        "宝贝标题 ": order.lines[0].item.title.replace(",", "，"),
        "宝贝种类 ": str(len(order.lines)), "订单备注": order.seller_memo,
        "宝贝总数量": str(sum(line.quantity for line in order.lines)), "店铺Id": "0",
        "店铺名称": "测试牛仔店", "卖家服务费": "0", "买家服务费": "0元", "是否手机订单": "",
        "订单关闭原因": "买家未付款" if status == CLOSED else "订单未关闭", "是否上传小票": "否",
        "是否上传合同照片": "否", "是否代付": "否", "退款金额": "0.00", "打款商家金额": "0.00元",
        "是否信用购": "否",
    }  # fmt: skip
    cells = []
    for column in LIST_COLUMNS:
        if column in ("订单编号", "主订单编号"):
            cells.append(shown or f'="{order.order_no}"')
        elif column == "特权订金订单id":
            cells.append('=""')
        else:
            cells.append(_quoted(values.get(column, "")))
    return ",".join(cells)


def _detail_rows(order: Order, status: str, shown: str | None) -> list[str]:
    rows = []
    for line in order.lines:
        item = line.item
        cells = [
            _quoted(item.title), _quoted(f"{item.price_fen / 100:.2f}"),
            _quoted(str(line.quantity)), _quoted(item.sku),
            _quoted(f"颜色分类：{item.colour};尺码：{item.size}"), _quoted(""), _quoted(""),
            _quoted(status), _quoted(item.sku),
        ]  # fmt: skip
        rows.append(",".join([shown or f'="{order.order_no}"', *cells]))
    return rows


def _quoted_row(cells: tuple[str, ...]) -> str:
    return ",".join(_quoted(cell) for cell in cells)


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
