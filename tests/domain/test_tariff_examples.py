"""The worked examples of docs/tariffs.md are computed anew."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from station.carriers import example_tariffs
from station.domain.regions import Region
from station.domain.tariffs import charge, tariff_for
from station.domain.vocabulary import CarrierCode

PAGE = (Path(__file__).parents[2] / "docs" / "tariffs.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\w+) \| (\S+) (\S+) \| (\d+) \| (\S*) \| ([\d.]+) \|", re.MULTILINE)
EXAMPLES = [
    match for match in (ROW.match(line.replace("|  |", "| |").replace("| | ", "|  | "))
                        for line in PAGE.splitlines()) if match
]


@pytest.mark.rule("S9", "D6")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda match: match[0][:40])
def test_an_example_costs_what_the_page_says(example: re.Match[str]) -> None:
    carrier, province, city, grams, size, yuan = example.groups()
    tariff = tariff_for(example_tariffs(), CarrierCode(carrier), date(2026, 11, 23))
    assert tariff is not None
    numbers = tuple(map(int, size.split("×"))) if size else None
    dims = (numbers[0], numbers[1], numbers[2]) if numbers else None
    found = charge(tariff, Region(province, city), int(grams), dims)
    assert f"{found.fen / 100:.2f}" == yuan


def test_every_example_is_read() -> None:
    assert len(EXAMPLES) == 7
