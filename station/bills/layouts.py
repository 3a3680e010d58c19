"""Which column means what: a statement's header recognised by its names, or told by a mapping.

Carriers name the same thing in many ways, break lines inside a header, put units in brackets and
merge a heading over two columns. Names are compared without all that.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from station.bills.cells import clean
from station.bills.guesses import guessed
from station.bills.trouble import StatementError
from station.domain.vocabulary import FURTHER, CarrierCode, Grams

Record = Sequence[str]

_NAMES = {
    "waybill": "运单号 运单号码 运单编号 快递单号 快递编号 面单号 面单号码 电子面单号 物流单号 "
    "物流运单号 物流编号 快件单号 快件编号 邮件号 邮件号码 邮件编号 单号 waybillid waybillno "
    "waybillnumber waybill trackingno trackingnumber awb mailno",
    "day": "业务时间 业务日期 扫描时间 扫描日期 揽收时间 揽收日期 揽件时间 揽件日期 收件时间 "
    "收件日期 收寄时间 收寄日期 寄件时间 寄件日期 发货时间 发货日期 发件时间 发件日期 交寄时间 "
    "交寄日期 出库时间 下单时间 结算日期 日期 时间 date shipdate",
    "province": "订单目的省份 目的省份 目的省 目的地省份 目的地省名 目的地省 收件省份 收件省 "
    "收件人省份 收货省份 收货省 到达省份 寄达省 省份 省 province",
    "city": "订单目的城市 目的城市 目的市 目的地城市 目的地城市名 目的地市 收件城市 收件市 "
    "收件人城市 收货城市 收货市 到达城市 寄达市 城市 市 city",
    "place": "目的地 对方地区 到达地 寄达地 寄达局 目的地区 收件地区 收货地区 destination",
    "charged": "结算重量 计费重量 计费重 结算重 收费重量 计费公斤 计重 重量 weight chargedweight "
    "billedweight",
    "actual": "实际重量 称重重量 称重 实重 实际重 actualweight",
    "total": "应付金额 应收费用 应收金额 应付费用 应付运费 应付总额 应收运费 应付合计 应收合计 "
    "合计应付 合计应收 应付款 应收款 应收 应付 结算金额 结算费用 结算运费 结算总额 总邮资 总费用 "
    "总运费 总金额 总价 合计费用 合计金额 费用合计 合计 折后金额 折后费用 "
    "折后运费 实收金额 实收运费 实收费用 实收邮资 实付金额 实收 运费合计 "
    "总计 小计 总额 金额 amount total totalfee payable",
    "fee": "运费 快递费 快递费用 标准运费 基础运费 标准资费 资费 邮资 费用 运费金额 中转费 派费 "
    "fee freight price",
    "fee_part": "首重费 首重费用 首重金额 首重运费 续重费 续重费用 续重金额 续重运费",
    "insurance": "保价费 保价费用 保费 保价服务费 保价金额费 保险费 insurance",
    "surcharge": "附加费 偏远附加费 偏远费 超区费 包装费 包装服务费 操作费 签回单费 燃油附加费 "
    "旺季附加费 增值费 增值服务费 增值费用 其他费用 其它费用 其他费 加收费 surcharge",
    "deduction": "理赔金额 赔付金额 理赔费 理赔款 理赔 赔付 赔款 退款金额 返款金额 扣款金额 扣款",
    "kind": "费用类型 费用名称 费用项目 收费类型 收费项目 计费类型 feetype",
    "product": "产品类型 业务类型 服务类型 产品名称 服务名称 服务",
    "remark": "备注 说明 备注说明 异常说明 异常原因 remark note",
    "size": "轻抛尺寸 尺寸 体积尺寸 长宽高 size",
    "return_of": "退回件关联原运单号 原运单号 原单号 关联原单号 原快递单号",
}
FIELDS: dict[str, tuple[str, ...]] = {name: tuple(text.split()) for name, text in _NAMES.items()}
"""The meanings a column can have, each with its known names, the surest first."""

# What may stand in several columns.
MANY = frozenset({"fee_part", "insurance", "surcharge", "deduction"})
_FIELD_OF = {name: meaning for meaning, names in FIELDS.items() for name in names}
_RANK = {name: rank for names in FIELDS.values() for rank, name in enumerate(names)}
_BRACKETS = re.compile(r"[(\[【{<](.*?)[)\]】}>]")
_UNIT_BEHIND = re.compile(r"[/_-]?(?:kgs?|公斤|千克|斤|g|克|元|rmb|cny)$")
_FOREIGN = re.compile(r"^[a-z./_-]{2,}|[a-z./_-]{2,}$")
_SIDES = {"省": "省", "省名": "省", "省份": "省", "市": "市", "城市": "市", "市名": "市"}
_GRAM_UNITS = {"g": 1, "克": 1, "kg": 1000, "公斤": 1000, "千克": 1000, "斤": 500}
_CARRIER_WORDS = (
    (CarrierCode.STO, re.compile(r"申通|(?<![a-z])sto(?![a-z])|shentong", re.IGNORECASE)),
    (CarrierCode.YTO, re.compile(r"圆通|(?<![a-z])yto(?![a-z])|yuantong", re.IGNORECASE)),
    (CarrierCode.SF, re.compile(r"顺丰|(?<![a-z])sf(?![a-z])|shunfeng", re.IGNORECASE)),
    (CarrierCode.EMS, re.compile(r"邮政|(?<![a-z])ems(?![a-z])|chinapost", re.IGNORECASE)),
)
_STRANGERS = re.compile(r"中通|韵达|极兔|百世|德邦|丰网|天天快递|优速|京东(?:快递|物流)|跨越速运")
_SIGNS: tuple[tuple[CarrierCode, frozenset[str]], ...] = (
    (CarrierCode.STO, frozenset({"业务时间", "运单号"})),
    (CarrierCode.STO, frozenset({"订单目的省份"})),
    (CarrierCode.SF, frozenset({"运单号码", "对方地区"})),
    (CarrierCode.SF, frozenset({"运单号码", "轻抛尺寸"})),
    (CarrierCode.SF, frozenset({"运单号码", "月结账号"})),
    (CarrierCode.EMS, frozenset({"邮件号"})),
    (CarrierCode.EMS, frozenset({"邮件号码"})),
    (CarrierCode.EMS, frozenset({"寄达局"})),
)
_SHOWN = 12
_WIDEST = 500  # columns: nobody prints wider blocks side by side
_FEWEST_BELOW = 2  # names that a header below a table has at least


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each meaning stands in a row. ``columns`` are the header's names as they were read.

    ``unit_g`` is what a bare number in the weight columns counts in, 0 where no name tells.
    ``height`` is the number of rows that the header takes. ``carrier`` is "" where the names do not
    tell. ``rounded`` says that a spreadsheet has cut the column of numbers.
    ``block`` is the number of columns behind which the same names begin again, 0 where none do.
    """

    at: Mapping[str, int]
    many: Mapping[str, tuple[int, ...]]
    columns: tuple[str, ...]
    carrier: str = ""
    unit_g: Grams = 0
    height: int = 1
    rounded: bool = False
    block: int = 0

    @property
    def tells_prices(self) -> bool:
        """Whether there is any column with money that is charged or given back."""
        return ("total" in self.at or "fee" in self.at or "fee_part" in self.many
                or self.only_beside)

    @property
    def only_beside(self) -> bool:
        """Whether amounts stand there that are no freight (理赔金额, 包装费), and no weight."""
        return bool(self.many) and not (
            "fee_part" in self.many or self.at.keys() & {"total", "fee", "charged", "actual"})

    def weighed(self, unit_g: Grams) -> Layout:
        """This layout with a unit for bare weights where no name tells it; 0 means kilograms."""
        return self if self.unit_g else replace(self, unit_g=unit_g or 1000)

    def name(self, meaning: str) -> str:
        """The name of the column with this meaning, "" where there is none."""
        places = self.many.get(meaning) or ((self.at[meaning],) if meaning in self.at else ())
        return self.columns[places[0]] if places else ""


@dataclass(frozen=True, slots=True)
class ToldLayout:
    """A layout told by a person: header name to meaning, with whose statement it is."""

    columns: Mapping[str, str]
    carrier: str = ""
    unit_g: Grams = 0


def plain(name: str) -> str:
    """A header cell as it is compared: narrow, small, on one line, without unit and blanks."""
    text = "".join(clean(name).lower().replace("_x000d_", "").split())
    inside = "".join(_SIDES.get(part, "") for part in _BRACKETS.findall(text))
    bare = _BRACKETS.sub("", text).strip(":：*") + inside
    if bare in _FIELD_OF:
        return bare
    without = _UNIT_BEHIND.sub("", bare)
    if without in _FIELD_OF:
        return without
    chinese = _FOREIGN.sub("", bare)  # 运单号 Waybill No.
    return chinese if chinese in _FIELD_OF else bare


def carrier_in(text: str) -> str:
    """The carrier that a title or a file's name speaks of, "" where none or several are named."""
    found = [code for code, words in _CARRIER_WORDS if words.search(text)]
    found += [code for code, one in FURTHER.items() if _speaks_of(text, one.names)]
    return str(found[0]) if len(found) == 1 else ""


def stranger_in(text: str) -> str:
    """A carrier that a title speaks of and that the shop does not ship with, "" where none is."""
    own = [name for one in FURTHER.values() for name in one.names]
    found = (match[0] for match in _STRANGERS.finditer(text))
    return next((name for name in found if not (
        _speaks_of(name, own) or any(name in one for one in own))), "")


def _speaks_of(text: str, names: Iterable[str]) -> bool:
    """Whether one of a carrier's names stands there: Chinese anywhere, Latin as a word."""
    return any(
        re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])" if name.isascii() else re.escape(name),
                  text, re.IGNORECASE)
        for name in names)


def fingerprint(record: Record) -> str:
    """The SHA-256 of a header's names as they are compared, without empty cells at its end."""
    names = [plain(cell) for cell in record]
    while names and not names[-1]:
        names.pop()
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest()


def recognise(
    record: Record, below: Record | None = None, *, guess: bool = False
) -> Layout | None:
    """The layout of a header row, with the row below it where that one parts merged headings.

    ``guess`` takes a column for the waybill number by the words in its name.
    """
    alone = _layout(record, guess=guess)
    if below is None or not _parts_headings(record, below):
        return alone
    joined = _joined(record, below)
    both = _layout(joined, height=2, guess=guess)
    if both is None or (alone is not None and _worth(both) < _worth(alone)):
        return alone
    return both


def apply(mapping: ToldLayout, record: Record) -> Layout | None:
    """The layout that a mapping gives to a header row; None if the row lacks one of its columns."""
    names = [plain(cell) for cell in record]
    at: dict[str, int] = {}
    many: dict[str, list[int]] = {}
    for name, meaning in mapping.columns.items():
        if plain(name) not in names:
            return None
        index = names.index(plain(name))
        if meaning in MANY:
            many.setdefault(meaning, []).append(index)
        else:
            at[meaning] = index
    unit = mapping.unit_g or _unit(record, at)
    return _made(at, many, record, carrier=mapping.carrier, unit_g=unit)


def read_mapping(path: Path) -> ToldLayout:
    """A mapping out of TOML or JSON: ``columns`` (header name to meaning), ``carrier``, ``unit_g``.

    Raises StatementError naming what is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        table = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (OSError, ValueError) as error:
        what = f"{type(error).__name__}: {error}"
        raise StatementError("bad_mapping", name=path.name, what=what) from None
    return checked(path.name, table)


def another_header(record: Record, above: Layout) -> Layout | None:
    """The layout of a row below a table that begins another one; None for any other row."""
    names = [clean(cell) for cell in record]
    if sum(map(bool, names)) < _FEWEST_BELOW or any(re.search(r"\d", name) for name in names):
        return None
    layout = _layout(record) or _layout(record, guess=True)
    same = layout is not None and (layout.at, layout.many) == (above.at, above.many)
    return None if same else layout


def _block(names: list[str]) -> int:
    """How many columns a header has before all its names begin again; 0 where they do not."""
    names = names[:]
    while names and not names[-1]:
        names.pop()
    if len(names) > _WIDEST:
        return 0
    for width in range(2, len(names)):
        again = names[width:]
        if again and names[0] and all(
            name == names[index % width] for index, name in enumerate(again)
        ) and any(_FIELD_OF.get(name) == "waybill" for name in again):
            return width
    return 0


def seen(records: Iterable[Record]) -> str:
    """The column names of the row that looks most like a header, for a message.

    Cells with digits are left out: a row of data names people and numbers.
    """
    best: list[str] = []
    for record in records:
        names = [clean(cell) for cell in record]
        words = [name for name in names if name and len(name) <= 20 and not re.search(r"\d", name)]
        if len(words) > len(best):
            best = words
    return "、".join(best[:_SHOWN]) + (" …" if len(best) > _SHOWN else "") or "—"


def _layout(record: Record, height: int = 1, *, guess: bool = False) -> Layout | None:
    names = [plain(cell) for cell in record]
    block = _block(names)
    if block:
        names, record = names[:block], record[:block]
    at: dict[str, int] = {}
    many: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        meaning = _FIELD_OF.get(name)
        if meaning in MANY:
            many.setdefault(meaning, []).append(index)
        elif meaning and (
            meaning not in at or _RANK[name] < _RANK[names[at[meaning]]]
        ):
            at[meaning] = index
    if guess or "waybill" in at:
        taken = {*at.values(), *(index for each in many.values() for index in each)}
        at |= guessed(names, at, taken, number_too=guess)
    carrier = _signed(frozenset(names))
    found = _made(at, many, record, carrier=carrier, unit_g=_unit(record, at), height=height)
    return replace(found, block=block) if found and block else found


def _made(
    at: dict[str, int], many: dict[str, list[int]], record: Record, *, carrier: str,
    unit_g: Grams, height: int = 1,
) -> Layout | None:
    """The layout, if it has a number and something that is charged."""
    fixed = {meaning: tuple(places) for meaning, places in many.items()}
    layout = Layout(at, fixed, tuple(clean(cell) for cell in record), carrier, unit_g, height)
    weighs = "charged" in at or "actual" in at
    return layout if "waybill" in at and (layout.tells_prices or weighs) else None


def _worth(layout: Layout) -> int:
    return len(layout.at) + len(layout.many)


def _signed(names: frozenset[str]) -> str:
    return next((str(code) for code, signs in _SIGNS if signs <= names), "")


def _unit(record: Record, at: Mapping[str, int]) -> Grams:
    """The unit that the weight's header writes; 0 where it writes none."""
    for meaning in ("charged", "actual"):
        if meaning in at:
            text = "".join(clean(record[at[meaning]]).lower().split())
            behind = re.search(r"[/_-]?(kg|公斤|千克|斤|g|克)$", text)
            for part in (*_BRACKETS.findall(text), *(behind.groups() if behind else ())):
                if part in _GRAM_UNITS:
                    return _GRAM_UNITS[part]
    return 0


def _parts_headings(above: Record, below: Record) -> bool:
    """Whether ``below`` is a second row of headings: words only, under merged or empty cells."""
    width = max(len(above), len(below)) + 1
    upper = [clean(cell) for cell in above] + [""] * (width - len(above))
    words = [clean(cell) for cell in below]
    filled = [(index, word) for index, word in enumerate(words) if word]
    headings = [cell for cell in upper if cell]
    if not filled or any(re.search(r"\d", word) for word in (*headings, *dict(filled).values())):
        return False
    if len(headings) < 2:
        return False  # a title
    # A heading over one column only has nothing below it.
    if any(upper[index] and upper[index + 1] for index, _ in filled):
        return False
    return any(_FIELD_OF.get(plain(word)) for word in _joined(above, below))


def _joined(above: Record, below: Record) -> list[str]:
    """One row of names out of two: a heading that is merged over several columns reaches right."""
    width = max(len(above), len(below))
    upper = [clean(above[index]) if index < len(above) else "" for index in range(width)]
    lower = [clean(below[index]) if index < len(below) else "" for index in range(width)]
    names, reaching = [], ""
    for index in range(width):
        reaching = upper[index] or reaching
        names.append(_name(upper[index], reaching, lower[index]))
    return names


def _name(own: str, reaching: str, part: str) -> str:
    if not part:
        return own
    tried = (reaching + part, part + reaching, part, own)
    return next((name for name in tried if plain(name) in _FIELD_OF), reaching + part)


def checked(name: str, table: Mapping[str, object]) -> ToldLayout:
    """A mapping out of a table with ``columns``, ``carrier`` and ``unit_g``.

    Raises StatementError naming what is wrong.
    """
    columns, carrier, unit = (table.get(key) for key in ("columns", "carrier", "unit_g"))
    unknown = set(table) - {"columns", "carrier", "unit_g"}
    if unknown:
        raise StatementError("bad_mapping", name=name, what=f"unknown: {', '.join(unknown)}")
    if not isinstance(columns, dict) or not columns:
        raise StatementError("bad_mapping", name=name, what="[columns] 列名 = 含义")
    wrong = [str(meaning) for meaning in columns.values() if meaning not in FIELDS]
    if wrong:
        what = f"{', '.join(wrong)}? {', '.join(FIELDS)}"
        raise StatementError("bad_mapping", name=name, what=what)
    if carrier not in (None, "", *CarrierCode):
        raise StatementError("bad_mapping", name=name, what=f"carrier {carrier}?")
    if unit is not None and (not isinstance(unit, int) or not 1 <= unit <= 10**6):
        raise StatementError("bad_mapping", name=name, what="unit_g: 1 … 1000000")
    meanings = {str(column): str(meaning) for column, meaning in columns.items()}
    if "waybill" not in meanings.values():
        raise StatementError("bad_mapping", name=name, what="waybill?")
    return ToldLayout(meanings, str(carrier or ""), unit if isinstance(unit, int) else 0)
