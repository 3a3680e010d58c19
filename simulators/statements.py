"""A carrier's month, with every mistake planted by a seed and written down as the truth.

Prices are counted here once more, from the example contract (S9): STO = YTO by whole kilograms,
EMS = SF by halves. A line of the month has at most one mistake, so that the truth has one answer.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

MISTAKES = (
    "not_ours", "missing_from_bill", "billed_twice", "heavier_step", "lighter_step",
    "price_not_by_tariff", "other_destination", "other_month", "lost_but_billed",
    "damaged_but_billed", "unreachable_but_billed", "returned_but_billed", "insurance_line",
    "credit", "total_differs",
)  # fmt: skip
HARMLESS = ("split", "accepted", "spared", "near_edge")
"""What looks like a mistake and is none: a price in two lines, a weight that was accepted at the
hand-over, a lost parcel that is rightly not charged, a weight just below a step's edge."""

PLACES = (
    ("上海", "上海市"), ("江苏省", "苏州市"), ("江苏省", "南京市"), ("浙江省", "杭州市"),
    ("安徽省", "合肥市"), ("广东省", "广州市"), ("广东省", "深圳市"), ("四川省", "成都市"),
    ("北京", "北京市"), ("山东省", "青岛市"), ("湖北省", "武汉市"), ("吉林省", "吉林市"),
    ("福建省", "厦门市"), ("新疆维吾尔自治区", "乌鲁木齐市"), ("内蒙古自治区", "呼和浩特市"),
    ("云南省", "大理白族自治州"), ("海南省", "海口市"), ("西藏自治区", "拉萨市"),
)  # fmt: skip
_STO_NEAR = ("上海", "江苏", "浙江", "安徽")
_EMS_NEAR = (*_STO_NEAR, "江西", "福建")
_EMS_FAR = (
    "新疆", "西藏", "青海", "甘肃", "宁夏", "内蒙古", "海南", "云南", "贵州",
)  # fmt: skip
_NUMBERS = {"STO": "773", "YTO": "YT8", "EMS": "981", "SF": "SF1"}
_WIDTH = {"STO": 15, "YTO": 15, "EMS": 13, "SF": 15}
_REMARKS = {
    "lost_but_billed": "丢件", "damaged_but_billed": "破损", "unreachable_but_billed": "无法送达",
    "returned_but_billed": "退回件",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """A parcel as the shop handed it over."""

    waybill: str
    carrier: str
    province: str
    city: str
    grams: int
    handed_at: datetime
    trouble: str = ""
    courier_grams: int | None = None
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Billed:
    """One line of the statement. ``kind``: "" freight, insurance, credit, surcharge."""

    waybill: str
    at: datetime
    province: str
    city: str
    charged_g: int | None
    fen: int
    remark: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """What must be found about one line; ``line`` counts from 0, None for what has no line."""

    line: int | None
    waybill: str
    finding: str
    ours: int
    theirs: int

    @property
    def fen(self) -> int:
        """What is asked for beyond what is owed."""
        return self.theirs - self.ours


@dataclass(slots=True)
class Month:
    """One carrier's month: what was sent, what is billed, what is wrong with it."""

    carrier: str
    month: str
    sent: list[Sent] = field(default_factory=list)
    billed: list[Billed] = field(default_factory=list)
    truth: list[Truth] = field(default_factory=list)
    stated_fen: int = 0


def price(carrier: str, province: str, grams: int) -> int:
    """Fen for a parcel by the example contract of that carrier."""
    if carrier in ("STO", "YTO"):
        first_fen, step_fen = (500, 100) if province.startswith(_STO_NEAR) else (800, 500)
        return first_fen + step_fen * steps(carrier, grams)
    step_fen = 900
    if province.startswith(_EMS_NEAR):
        step_fen = 600
    elif province.startswith(_EMS_FAR):
        step_fen = 1500
    return 2000 + step_fen * steps(carrier, grams)


def steps(carrier: str, grams: int) -> int:
    """Begun steps beyond the first weight."""
    step = _step(carrier)
    return max(0, -(-(grams - step) // step))


def _step(carrier: str) -> int:
    return 1000 if carrier in ("STO", "YTO") else 500


def make_month(
    carrier: str, month: str, parcels: int, *, seed: int, mistakes: Mapping[str, int],
    after: int = 0,
) -> Month:
    """A month of that many billed parcels beside the mistakes, which count per name.

    ``after`` is the last number that another part of the same month has used.
    """
    return _Maker(carrier, month, seed, after).make(parcels, mistakes)


class _Maker:
    """Makes one month; every choice comes from the seed."""

    def __init__(self, carrier: str, month: str, seed: int, after: int) -> None:
        self.chance = random.Random(f"{carrier} {month} {seed}")
        self.made = Month(carrier, month)
        self.first = datetime.fromisoformat(f"{month}-01T17:00:00")
        self.days = ((self.first + timedelta(days=31)).replace(day=1) - self.first).days
        self.count = after
        self._lines: list[tuple[Billed, str, int]] = []
        self._behind: list[tuple[Billed, str, int]] = []

    def make(self, parcels: int, mistakes: Mapping[str, int]) -> Month:
        for _ in range(parcels):
            self._right()
        for name, count in mistakes.items():
            for _ in range(count):
                getattr(self, f"_{name}")()
        self._shuffle()
        self.made.stated_fen = sum(line.fen for line in self.made.billed)
        if mistakes.get("total_differs"):
            self._state_another_total()
        return self.made

    # --- what is right --------------------------------------------------------------------------

    def _right(self) -> None:
        sent = self._send()
        self._bill(self._line(sent), "matched", self._owed(sent))

    def _send(self, *, grams: int = 0) -> Sent:
        self.count += 1
        province, city = self.chance.choice(PLACES)
        sent = Sent(
            self._number(), self.made.carrier, province, city,
            grams or self.chance.randint(50, 4 * _step(self.made.carrier)),
            self.first + timedelta(
                days=self.chance.randrange(self.days), minutes=self.chance.randrange(120)),
        )  # fmt: skip
        self.made.sent.append(sent)
        return sent

    def _number(self) -> str:
        start, width = _NUMBERS[self.made.carrier], _WIDTH[self.made.carrier]
        return f"{start}{self.count:0{width - len(start)}d}"

    def _line(self, sent: Sent, grams: int = 0) -> Billed:
        """The line as the carrier writes it: the weight rounded up to its step."""
        step = _step(self.made.carrier)
        charged = max(1, -(-(grams or sent.grams) // step)) * step
        fen = price(self.made.carrier, sent.province, charged)
        at = sent.handed_at + timedelta(hours=1)
        return Billed(sent.waybill, at, sent.province, sent.city, charged, fen)

    def _owed(self, sent: Sent) -> int:
        return price(self.made.carrier, sent.province, sent.grams)

    def _bill(self, line: Billed, finding: str, ours: int) -> None:
        self._lines.append((line, finding, ours))

    def _change(self, sent: Sent, **facts: object) -> Sent:
        """The parcel with other facts, in the shop's list too."""
        changed = replace(sent, **facts)  # type: ignore[arg-type]
        self.made.sent[self.made.sent.index(sent)] = changed
        return changed

    def _split(self) -> None:
        step = _step(self.made.carrier)
        sent = self._send(grams=self.chance.randint(2 * step + 1, 3 * step))
        line = self._line(sent)
        part = price(self.made.carrier, sent.province, 1)
        if 2 * part == line.fen:
            part -= 100
        for fen in (part, line.fen - part):
            self._bill(replace(line, fen=fen), "matched", fen)

    def _accepted(self) -> None:
        step = _step(self.made.carrier)
        sent = self._send(grams=step - self.chance.randint(1, 30))
        courier = step + self.chance.randint(1, 30)
        self._change(sent, courier_grams=courier, accepted=True)
        line = self._line(sent, courier)
        self._bill(line, "matched", line.fen)

    def _spared(self) -> None:
        self._change(self._send(), trouble="lost")

    def _near_edge(self) -> None:
        sent = self._send(grams=_step(self.made.carrier) - self.chance.randint(0, 5))
        self._bill(self._line(sent), "matched", self._owed(sent))

    # --- what is wrong --------------------------------------------------------------------------

    def _not_ours(self) -> None:
        sent = self._send()
        self.made.sent.remove(sent)
        self._bill(self._line(sent), "not_ours", 0)

    def _missing_from_bill(self) -> None:
        sent = self._send()
        self.made.truth.append(
            Truth(None, sent.waybill, "missing_from_bill", self._owed(sent), 0))

    def _billed_twice(self) -> None:
        sent = self._send()
        line = self._line(sent)
        self._bill(line, "matched", self._owed(sent))
        if self.chance.random() < 0.3:
            line = self._line(sent, sent.grams + _step(self.made.carrier))
        self._behind.append((line, "billed_twice", 0))

    def _heavier_step(self) -> None:
        sent = self._send()
        more = self.chance.randint(1, 2) * _step(self.made.carrier)
        self._bill(self._line(sent, sent.grams + more), "heavier_step", self._owed(sent))

    def _lighter_step(self) -> None:
        step = _step(self.made.carrier)
        sent = self._send(grams=self.chance.randint(step + 1, 4 * step))
        self._bill(self._line(sent, sent.grams - step), "lighter_step", self._owed(sent))

    def _price_not_by_tariff(self) -> None:
        sent = self._send()
        line = self._line(sent)
        over = self.chance.choice((-150, -100, 1, 30, 50, 200, 1700))
        self._bill(replace(line, fen=line.fen + over), "price_not_by_tariff", self._owed(sent))

    def _other_destination(self) -> None:
        sent = self._send()
        others = [one for one in PLACES if one[0] != sent.province]
        province, city = self.chance.choice(others)
        line = replace(self._line(sent), province=province, city=city)
        if self.chance.random() < 0.7:
            line = replace(line, fen=price(self.made.carrier, province, sent.grams))
        self._bill(line, "other_destination", self._owed(sent))

    def _other_month(self) -> None:
        sent = self._send()
        before = self.first - timedelta(days=self.chance.randint(1, 20))
        sent = self._change(sent, handed_at=before)
        self._bill(self._line(sent), "other_month", 0)

    def _lost_but_billed(self) -> None:
        self._troubled("lost")

    def _damaged_but_billed(self) -> None:
        self._troubled("damaged")

    def _unreachable_but_billed(self) -> None:
        self._troubled("unreachable")

    def _returned_but_billed(self) -> None:
        self._troubled("returned")

    def _troubled(self, trouble: str) -> None:
        """Known to the shop, or written into the statement's own remark, or both."""
        finding = f"{trouble}_but_billed"
        sent = self._send()
        line = self._line(sent)
        knows = self.chance.random()
        if knows < 0.7:
            self._change(sent, trouble=trouble)
        if knows > 0.4:
            line = replace(line, remark=_REMARKS[finding])
        self._bill(line, finding, 0)

    def _insurance_line(self) -> None:
        sent = self._send()
        line = self._line(sent)
        self._bill(line, "matched", self._owed(sent))
        fen = self.chance.choice((100, 200, 350))
        extra = replace(line, fen=fen, charged_g=None, kind="insurance", remark="保价")
        self._behind.append((extra, "insurance_line", 0))

    def _credit(self) -> None:
        fen = -self.chance.randint(1, 90) * 10
        last = self.first + timedelta(days=self.days - 1)
        nobody = Billed("", last, "", "", None, fen, "优惠返点", "credit")
        self._behind.append((nobody, "credit", 0))

    def _total_differs(self) -> None:
        """Planted when the sum is known."""

    def _state_another_total(self) -> None:
        true = self.made.stated_fen
        self.made.stated_fen = true + self.chance.choice((-500, -1, 1, 10, 2000))
        self.made.truth.append(Truth(None, "", "total_differs", true, self.made.stated_fen))

    def _shuffle(self) -> None:
        """The order of the statement: by chance, with second lines behind their first."""
        self.chance.shuffle(self._lines)
        self.chance.shuffle(self._behind)
        order = self._lines + self._behind
        for number, (line, finding, ours) in enumerate(order):
            self.made.billed.append(line)
            self.made.truth.append(Truth(number, line.waybill, finding, ours, line.fen))


def shipments(month: Month) -> Iterator[dict[str, object]]:
    """The shop's list of what it handed over, as `station reconcile --shipments` reads it."""
    for sent in month.sent:
        told: dict[str, object] = {
            "waybill": sent.waybill, "carrier": sent.carrier, "province": sent.province,
            "city": sent.city, "station_g": sent.grams,
            "handed_at": sent.handed_at.strftime("%Y-%m-%d %H:%M:%S"),
        }  # fmt: skip
        if sent.trouble:
            told["trouble"] = sent.trouble
        if sent.accepted:
            told |= {"courier_g": sent.courier_grams, "accepted": True}
        yield told
