"""The carriers' bills over a day: every mistake on a parcel of its own, the truth beside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulators.__main__ import main
from simulators.day_bill import PLANTED, bill_of, parcels
from simulators.household import TARIFFS


def told(count: int, carrier: str = "STO", **facts: Any) -> list[dict[str, Any]]:
    start = {"STO": "7730000000", "YTO": "YT80000000", "EMS": "98100000", "SF": "SF10000000"}
    return [
        {"waybill": f"{start[carrier]}{n:05d}", "carrier": carrier, "province": "浙江省",
         "city": "台州市", "station_g": 300 + 137 * n, "handed_at": "2026-11-23 17:30:00",
         "courier_g": None, "accepted": False, **facts}
        for n in range(count)
    ]


def test_every_mistake_is_planted_once_and_the_total_is_the_sum():
    month = bill_of("STO", parcels(told(10)), seed=1)
    found = [one.finding for one in month.truth]
    for mistake in (*PLANTED, "not_ours", "credit"):
        assert found.count(mistake) == 1, mistake
    assert month.stated_fen == sum(line.fen for line in month.billed)


def test_few_parcels_get_few_mistakes():
    found = [one.finding for one in bill_of("SF", parcels(told(1, "SF")), seed=1).truth]
    assert found == ["heavier_step", "not_ours", "credit"]


def test_a_weight_that_was_accepted_at_the_door_is_charged_and_right():
    sent = parcels(told(1, station_g=980, courier_g=1030, accepted=True))
    month = bill_of("STO", sent, seed=1)
    first = month.truth[0]
    assert (first.finding, first.theirs) == ("matched", TARIFFS["STO"].price(1030))


def test_the_same_seed_writes_the_same_bill():
    sent = parcels(told(9))
    assert bill_of("STO", sent, seed=4).billed == bill_of("STO", sent, seed=4).billed


def test_the_command_writes_a_bill_for_each_carrier(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    both = tmp_path / "both.json"
    both.write_text(json.dumps(told(3) + told(2, "EMS")), encoding="utf-8")
    assert main(["bills", str(tmp_path / "bills"), "--parcels", str(both)]) == 0
    written = json.loads(capsys.readouterr().out)
    assert [one["carrier"] for one in written] == ["STO", "EMS"]
    assert all(Path(one["statement"]).is_file() for one in written)
