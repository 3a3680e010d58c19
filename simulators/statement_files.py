"""A month written down as each carrier does it, with all the dirt that such files have.

STO: a title, one header row. YTO: headings merged over two rows. EMS: grams and few columns. SF:
48 columns with line breaks in their names, or the short form with insurance beside the freight.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulators.sheets import Cell, xlsx
from simulators.statements import Billed, Month, shipments

SF_FULL = (
    "序号", "日期", "订单号码", "运单号码", "寄件地区", "寄件公司名称", "对方地区", "对方客户名称",
    "计费重量\n(公斤)", "付款方式", "费用\n（元）", "单票折扣", "应收费用", "产品类型", "费用类型",
    "订单类型", "订单来源", "始发地(省名)", "寄件人联系手机号", "寄件人联系座机号", "寄件地址",
    "收件员工号", "客户网络代码", "客户网络名称", "客户发货仓库", "托寄物名称", "托寄物数量",
    "声明价值", "件数", "轻抛尺寸\n（长×宽×高）", "目的地省名", "目的地城市名", "客户区域代码",
    "邮政编码", "收件人", "收件人联系手机号", "收件人联系座机号", "收件地址", "派件员工号",
    "实际重量", "签回单单号", "回单签收人", "签收人", "签收时间", "退件名称",
    "退回件关联原运单号", "退件签收人", "备注",
)  # fmt: skip
SF_SHORT = (
    "批次号", "日期", "运单号码", "对方地区", "对方公司名称", "计费重量", "产品类型", "付款方式",
    "费用(元)", "保费", "委托取件/逆向物流", "三星项目", "易碎件", "应付金额", "经手人", "原寄地",
    "备注",
)  # fmt: skip
LAYOUTS = ("STO", "YTO", "EMS", "SF", "SF_SHORT")


@dataclass(frozen=True, slots=True)
class Written:
    """A statement file. ``rows`` is the row of each line, counted as a spreadsheet does."""

    name: str
    data: bytes
    rows: tuple[int, ...]


@dataclass(slots=True)
class _Form:
    """How one layout writes: rows above the lines, one line, the row of the total."""

    above: list[list[Cell]]
    line: Callable[[int, Billed], list[Cell]]
    total: Callable[[str], list[Cell]]
    merged: tuple[str, ...] = ()


def write(
    month: Month, layout: str, *, seed: int = 0, spreadsheet: bool = False, clean: bool = False,
    encoding: str = "gb18030", states_total: bool = True,
) -> Written:
    """The month in a layout of ``LAYOUTS``, as CSV or XLSX; ``clean`` leaves the dirt out."""
    pen = _Pen(random.Random(f"{layout} {seed}"), spreadsheet=spreadsheet, clean=clean)
    form = _FORMS[layout](month, pen)
    table: list[list[Cell]] = list(form.above)
    rows = []
    for number, line in enumerate(month.billed):
        table += pen.between(form.above)
        table.append(form.line(number, line))
        rows.append(len(table))
    if states_total:
        table += [[], form.total(yuan(month.stated_fen))]
    name = f"{layout.partition('_')[0]}-{month.month}.{'xlsx' if spreadsheet else 'csv'}"
    if spreadsheet:
        return Written(name, xlsx([("明细", table, form.merged)]), tuple(rows))
    return Written(name, as_csv(table).encode(encoding), tuple(rows))


def write_all(folder: Path, month: Month, layout: str, *, seed: int, spreadsheet: bool) -> Path:
    """Write statement, shipments and truth into a folder; the statement's path."""
    written = write(month, layout, seed=seed, spreadsheet=spreadsheet)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / written.name
    path.write_bytes(written.data)
    for name, told in (("shipments", list(shipments(month))), ("truth", truth(month, written))):
        text = json.dumps(told, ensure_ascii=False, indent=1)
        path.with_name(f"{path.stem}-{name}.json").write_text(text, encoding="utf-8")
    return path


def truth(month: Month, written: Written) -> list[dict[str, object]]:
    """What must be found, with the row of each line in this file."""
    return [
        {
            "row": None if one.line is None else written.rows[one.line], "waybill": one.waybill,
            "finding": one.finding, "ours": one.ours, "theirs": one.theirs, "fen": one.fen,
        }
        for one in month.truth
    ]  # fmt: skip


def as_csv(table: Sequence[Sequence[Cell]]) -> str:
    """The table as a spreadsheet saves it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table)
    return text.getvalue()


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals: -650 is -6.50."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


class _Pen:
    """Writes single cells, cleanly or the way people and exports leave them."""

    def __init__(self, chance: random.Random, *, spreadsheet: bool, clean: bool) -> None:
        self.chance, self.spreadsheet, self.clean = chance, spreadsheet, clean

    def _pick(self, usual: Cell, *odd: Cell) -> Cell:
        return usual if self.clean or self.chance.random() < 0.6 else self.chance.choice(odd)

    def number(self, number: str) -> Cell:
        if self.spreadsheet:
            typed = float(number) if number.isdigit() and len(number) <= 15 else number
            return self._pick(number, f"  {number} ", typed, f"{number}\t")
        return self._pick(number, f"  {number} ", f'="{number}"', f"'{number}", f"\t{number}")

    def money(self, fen: int) -> Cell:
        text = yuan(fen)
        usual: Cell = fen / 100 if self.spreadsheet else text
        return self._pick(usual, f"¥{text}", f"{text}元", f" {text} ", _wide(text))

    def weight(self, grams: int | None) -> Cell:
        if grams is None:
            return ""
        kilos = grams / 1000
        usual: Cell = kilos if self.spreadsheet else f"{kilos:g}"
        return self._pick(usual, f"{kilos:g}kg", f"{kilos:g} KG", f"{kilos:.2f}", f"{grams}g")

    def moment(self, line: Billed) -> Cell:
        at = line.at
        usual: Cell = at if self.spreadsheet else at.strftime("%Y-%m-%d %H:%M:%S")
        return self._pick(
            usual, at.strftime("%Y/%m/%d %H:%M"), at.strftime("%Y%m%d"),
            at.strftime("%Y年%m月%d日"), f"{at.year}-{at.month}-{at.day}",
        )  # fmt: skip

    def province(self, name: str) -> Cell:
        short = name
        for end in ("维吾尔自治区", "自治区", "省"):
            short = short.removesuffix(end)
        return self._pick(name, short, f" {name}")

    def city(self, name: str) -> Cell:
        return self._pick(name, name.removesuffix("市"), f"{name} ")

    def both(self, line: Billed) -> Cell:
        """Province and city in one cell."""
        if not line.province or line.city.startswith(line.province):
            return line.city or line.province
        return self._pick(line.province + line.city, f"{line.province} {line.city}")

    def between(self, above: list[list[Cell]]) -> Iterator[list[Cell]]:
        """A blank row, or the header once more, where a page of the export begins."""
        if self.clean or self.chance.random() > 0.05:
            return
        again = above[-1] if len(above[-1]) < 40 else []
        rows: list[list[Cell]] = [[], ["", "", ""], again]
        yield self.chance.choice(rows)


def _wide(text: str) -> str:
    return text.translate({ord(narrow): ord(narrow) + 0xFEE0 for narrow in "0123456789."})


def _sto(month: Month, pen: _Pen) -> _Form:
    year, number = month.month.split("-")
    title = f"申通快递 试验公司 {year}年{number}月 客户对账单"
    header = ["业务时间", "运单号", "订单目的省份", "订单目的城市", "结算重量", "运费", "备注"]

    def line(_number: int, billed: Billed) -> list[Cell]:
        return [
            pen.moment(billed), pen.number(billed.waybill) if billed.waybill else "",
            pen.province(billed.province), pen.city(billed.city), pen.weight(billed.charged_g),
            pen.money(billed.fen), billed.remark,
        ]  # fmt: skip

    above: list[list[Cell]] = [[title], [], list(header)]
    return _Form(above, line, lambda total: ["合计", "", "", "", "", total])


def _yto(month: Month, pen: _Pen) -> _Form:
    upper: list[Cell] = ["揽收时间", "快递单号", "目的地", "", "重量", "", "费用", "", "", "备注"]
    lower: list[Cell] = ["", "", "省", "市", "计费", "实际", "运费", "附加费", "合计", ""]

    def line(_number: int, billed: Billed) -> list[Cell]:
        fee = pen.money(billed.fen)
        return [
            pen.moment(billed), pen.number(billed.waybill) if billed.waybill else "",
            pen.province(billed.province), pen.city(billed.city), pen.weight(billed.charged_g), "",
            fee, "", fee, billed.remark,
        ]  # fmt: skip

    above: list[list[Cell]] = [[f"圆通速递 {month.month} 月结账单"], upper, lower]
    merged = ("C2:D2", "E2:F2", "G2:I2", "A2:A3", "B2:B3", "J2:J3")
    return _Form(above, line, lambda total: ["总计：", "", "", "", "", "", "", "", total], merged)


def _ems(month: Month, pen: _Pen) -> _Form:
    header: list[Cell] = ["收寄日期", "邮件号", "寄达地", "重量(克)", "总邮资(元)", "备注"]

    def line(_number: int, billed: Billed) -> list[Cell]:
        grams: Cell = "" if billed.charged_g is None else billed.charged_g
        return [
            pen.moment(billed), pen.number(billed.waybill) if billed.waybill else "",
            pen.both(billed), grams, pen.money(billed.fen), billed.remark,
        ]  # fmt: skip

    above: list[list[Cell]] = [header]
    count = len(month.billed)
    return _Form(above, line, lambda total: [f"合计：{count}件", "", "", "", total])


def _sf(month: Month, pen: _Pen) -> _Form:
    def line(number: int, billed: Billed) -> list[Cell]:
        fee = pen.money(billed.fen)
        filled: dict[str, Cell] = {
            "序号": number + 1, "日期": pen.moment(billed), "对方地区": billed.city,
            "运单号码": pen.number(billed.waybill) if billed.waybill else "",
            "计费重量\n(公斤)": pen.weight(billed.charged_g), "付款方式": "寄付月结",
            "费用\n（元）": fee, "应收费用": fee, "产品类型": "顺丰标快",
            "费用类型": "保价" if billed.kind == "insurance" else "",
            "目的地省名": pen.province(billed.province), "目的地城市名": billed.city,
            "收件人": "测试", "备注": "" if billed.kind == "insurance" else billed.remark,
        }  # fmt: skip
        return [filled.get(name, "") for name in SF_FULL]

    def total(amount: str) -> list[Cell]:
        return ["合计", *("" for _ in range(9)), amount, "", amount]

    above: list[list[Cell]] = [[f"{month.month} 顺丰速运对账单"], list(SF_FULL)]
    return _Form(above, line, total)


def _sf_short(month: Month, pen: _Pen) -> _Form:
    def line(_number: int, billed: Billed) -> list[Cell]:
        fee = pen.money(billed.fen)
        insured = billed.kind == "insurance"
        filled: dict[str, Cell] = {
            "批次号": f"B{month.month.replace('-', '')}", "日期": pen.moment(billed),
            "运单号码": pen.number(billed.waybill) if billed.waybill else "",
            "对方地区": pen.both(billed), "计费重量": pen.weight(billed.charged_g),
            "付款方式": "寄付月结", "费用(元)": "" if insured else fee,
            "保费": fee if insured else "", "应付金额": fee, "备注": billed.remark,
        }  # fmt: skip
        return [filled.get(name, "") for name in SF_SHORT]

    above: list[list[Cell]] = [list(SF_SHORT)]
    return _Form(above, line, lambda amount: ["合计", *("" for _ in range(12)), amount])


_FORMS: dict[str, Callable[[Month, _Pen], _Form]] = {
    "STO": _sto, "YTO": _yto, "EMS": _ems, "SF": _sf, "SF_SHORT": _sf_short,
}  # fmt: skip
