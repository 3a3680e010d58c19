"""The bill that a carrier writes over the parcels of a day, with planted mistakes and the truth.

The parcels are those that the station says the courier took; the prices are counted here from the
simulated house's own contract.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from simulators.courier import Tariff
from simulators.household import TARIFFS
from simulators.statement_files import write_all
from simulators.statements import Billed, Month, Sent, Truth

PLANTED = (
    "heavier_step", "billed_twice", "price_not_by_tariff", "missing_from_bill", "insurance_line",
    "other_destination",
)
"""Mistakes that need a parcel, in the order in which they are dealt, one to each parcel."""
_ELSEWHERE = (("广东省", "广州市"), ("四川省", "成都市"))


def parcels(told: Sequence[dict[str, Any]]) -> list[Sent]:
    """Parcels out of a station's list of what was handed over."""
    return [
        Sent(one["waybill"], one["carrier"], one["province"], one["city"], int(one["station_g"]),
             datetime.fromisoformat(one["handed_at"]), "", one["courier_g"], one["accepted"])
        for one in told
    ]


def bill_of(carrier: str, sent: Sequence[Sent], *, seed: int) -> Month:
    """The carrier's bill over its parcels. A number that is nobody's, and money back, are in it."""
    chance = random.Random(f"{carrier} {seed}")
    month = Month(carrier, sent[0].handed_at.strftime("%Y-%m"), sent=list(sent))
    lines: list[tuple[Billed, str, int]] = []
    waiting = list(PLANTED)
    for one in sent:
        # What was accepted at the door is charged as the courier wrote it, and that is right.
        mistake = waiting.pop(0) if waiting and not one.accepted else ""
        lines += _billed(one, mistake, TARIFFS[carrier], month, chance)
    last = lines[-1][0] if lines else Billed("", sent[0].handed_at, "", "", None, 0)
    nobody = f"{sent[0].waybill[:-6]}999999"
    stranger = replace(last, waybill=nobody, fen=TARIFFS[carrier].first_fen)
    back = Billed("", last.at, "", "", None, -100 * chance.randint(1, 5), "优惠返点", "credit")
    lines += [(stranger, "not_ours", 0), (back, "credit", 0)]
    for number, (line, finding, ours) in enumerate(lines):
        month.billed.append(line)
        month.truth.append(Truth(number, line.waybill, finding, ours, line.fen))
    month.stated_fen = sum(line.fen for line in month.billed)
    return month


def _billed(
    one: Sent, mistake: str, tariff: Tariff, month: Month, chance: random.Random
) -> list[tuple[Billed, str, int]]:
    """A parcel's lines, each with what must be found and what is owed for it."""
    grams = one.courier_grams or one.grams if one.accepted else one.grams
    owed = tariff.price(grams)
    right = Billed(
        one.waybill, one.handed_at + timedelta(hours=1), one.province, one.city,
        _step(tariff, grams), owed,
    )
    if mistake == "missing_from_bill":
        month.truth.append(Truth(None, one.waybill, mistake, owed, 0))
        return []
    if mistake == "heavier_step":
        more = one.grams + tariff.step_grams
        heavy = replace(right, charged_g=_step(tariff, more), fen=tariff.price(more))
        return [(heavy, mistake, owed)]
    if mistake == "price_not_by_tariff":
        return [(replace(right, fen=owed + chance.choice((50, 100, 180))), mistake, owed)]
    if mistake == "other_destination":
        province, city = next(place for place in _ELSEWHERE if place[0] != one.province)
        return [(replace(right, province=province, city=city), mistake, owed)]
    lines = [(right, "matched", owed)]
    if mistake == "billed_twice":
        lines.append((right, mistake, 0))
    if mistake == "insurance_line":
        extra = replace(right, charged_g=None, fen=100, remark="保价", kind="insurance")
        lines.append((extra, mistake, 0))
    return lines


def _step(tariff: Tariff, grams: int) -> int:
    """The end of the charging step in which a weight lies: what the carrier writes down."""
    over = max(0, grams - tariff.first_grams)
    return tariff.first_grams + -(-over // tariff.step_grams) * tariff.step_grams


def write_bills(told: Path, folder: Path, *, seed: int) -> list[dict[str, str]]:
    """Write each carrier's bill over the parcels in ``told``, with its truth; where they are."""
    sent = parcels(json.loads(told.read_text("utf-8")))
    written = []
    for carrier in dict.fromkeys(one.carrier for one in sent):
        month = bill_of(carrier, [one for one in sent if one.carrier == carrier], seed=seed)
        path = write_all(folder, month, carrier, seed=seed, spreadsheet=True)
        truth = path.with_name(f"{path.stem}-truth.json")
        written.append({"carrier": carrier, "statement": str(path), "truth": str(truth)})
    return written
