"""The courier's lists, in every form he sends them, read by the station."""

from __future__ import annotations

import json

import pytest

from simulators.courier import Courier, Parcel
from simulators.courier_lists import CourierList, ListMistake
from station.orders.package_weight import PackageWeight, parse_package_weight
from station.services.courier_list import ListRow, read_file, read_pasted

SLIPS = Courier(seed=3).write([Parcel(f"77300000000{n:04d}", 300 + 170 * n) for n in range(9)])
WRITTEN = [(slip.waybill_no, slip.grams, slip.fen) for slip in SLIPS]


def read_all(made: CourierList) -> list[tuple[ListRow, ...]]:
    return [
        read_file("清单.csv", made.as_csv()), read_file("清单.csv", made.as_csv("utf-8-sig")),
        read_file("清单.xlsx", made.as_workbook()), read_pasted(made.as_message()),
    ]


@pytest.mark.rule("D6")
def test_every_form_says_the_same() -> None:
    for rows in read_all(CourierList(SLIPS)):
        assert [(row.waybill_no, row.weight_g, row.price_fen) for row in rows] == WRITTEN
        assert not [row for row in rows if row.faults]


@pytest.mark.parametrize("seed", range(5))
def test_planted_mistakes_are_where_the_truth_says(seed: int) -> None:
    made = CourierList(SLIPS, seed=seed, mistakes=tuple(ListMistake))
    wrong = [one.waybill_no for one in made.entries if one.mistake == ListMistake.UNREADABLE]
    for rows in read_all(made):
        assert len(rows) == len(SLIPS) + 2
        assert [row.waybill_no for row in rows if row.faults] == wrong
    assert made.as_csv() == CourierList(SLIPS, seed=seed, mistakes=tuple(ListMistake)).as_csv()


def test_his_companys_system_tells_the_same_weights() -> None:
    told = [parse_package_weight(body) for body in CourierList(SLIPS).as_calls("STO")]
    assert [(one.waybill_no, one.weight_g) for one in told if isinstance(one, PackageWeight)] == [
        (number, grams) for number, grams, _ in WRITTEN]
    assert json.loads(CourierList(SLIPS).as_calls("STO")[0])
