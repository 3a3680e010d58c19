"""Tariffs edited cell by cell: what goes into cells comes out again, and mistakes stay beside them.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.carriers import example_tariffs
from station.domain.tariff_table import load_tariffs
from station.domain.tariffs import Tariff
from station.domain.vocabulary import CarrierCode
from station.services import tariff_form

pytestmark = pytest.mark.rule("D6")
RICH = {
    "carrier": "STO", "valid_from": "2026-12-01", "valid_until": "2027-05-31", "name": "十二月",
    "rounding": "up_jiao",
    "zones": [
        {"name": "近", "places": ["上海", "江苏 苏州"], "first_g": 1000, "first_fen": 450,
         "bands": [{"step_g": 500, "step_fen": 55, "upto_g": 3000},
                   {"step_g": 1000, "step_fen": 100, "steps": "nearest"}],
         "minimum_fen": 300, "volume_divisor": 8000,
         "average": [{"upto_g": 500, "fen": 280}, {"upto_g": 1000, "fen": 320}]},
        {"places": ["*"], "first_g": 1000, "first_fen": 800,
         "bands": [{"step_g": 1000, "step_fen": 500}]},
    ],
    "surcharges": [
        {"name": "偏远", "basis": "parcel", "rate": 300, "places": ["新疆", "西藏"]},
        {"name": "保价", "basis": "value", "rate": 50, "above_g": 100, "minimum_fen": 100},
    ],
}  # fmt: skip


def rich() -> Tariff:
    """A tariff with everything that a tariff can have."""
    (tariff,) = load_tariffs({"tariff": [RICH]})
    return tariff


@pytest.mark.parametrize("tariff", [rich(), *example_tariffs()], ids=lambda one: one.name)
def test_a_tariff_comes_out_of_its_cells_as_it_went_in(tariff: Tariff):
    form = tariff_form.read(tariff.carrier, tariff_form.cells_of(tariff))
    assert form.faults == {}
    assert form.tariff == tariff


def test_money_stands_in_yuan_and_shares_in_percent():
    cells = tariff_form.cells_of(rich())
    assert cells["zones.0.first_fen"] == "4.50"
    assert cells["surcharges.1.rate"] == "0.50"
    assert cells["zones.0.places"] == "上海、江苏 苏州"


@pytest.mark.parametrize(("cell", "text", "named", "code"), [
    ("zones.0.first_fen", "4,5o", "zones.0.first_fen", "bad_money"),
    ("zones.0.first_fen", "4.505", "zones.0.first_fen", "bad_money"),
    ("zones.0.first_fen", "", "zones.0.first_fen", "missing"),
    ("zones.1.first_fen", "-1", "zones.1.first_fen", "out_of_range"),
    ("zones.1.first_g", "1kg", "zones.1.first_g", "bad_number"),
    ("zones.1.first_g", "0", "zones.1.first_g", "out_of_range"),
    ("zones.0.places", "上海、月球", "zones.0.places", "bad_place"),
    ("zones.1.places", "*、上海", "zones.1.places", "place_twice"),
    ("zones.0.bands.0.upto_g", "", "zones.0.bands.0.upto_g", "band_needs_end"),
    ("zones.0.bands.0.upto_g", "3100", "zones.0.bands.0.upto_g", "uneven_band"),
    ("zones.0.bands.1.upto_g", "9000", "zones.0.bands.1.upto_g", "last_band_open"),
    ("zones.0.bands.1.steps", "down", "zones.0.bands.1.steps", "unknown_choice"),
    ("zones.0.average.1.upto_g", "400", "zones.0.average.1.upto_g", "not_rising"),
    ("valid_from", "12月1日", "valid_from", "bad_day"), ("valid_from", "", "valid_from", "missing"),
    ("valid_until", "2026-11-01", "valid_until", "ends_before"),
    ("surcharges.0.name", "", "surcharges.0.name", "missing"),
    ("surcharges.1.basis", "moon", "surcharges.1.basis", "unknown_choice"),
])
def test_a_mistake_is_named_by_its_cell(cell: str, text: str, named: str, code: str):
    cells = tariff_form.cells_of(rich()) | {cell: text}
    form = tariff_form.read(CarrierCode.STO, cells)
    assert form.tariff is None
    assert form.faults == {named: code}
    assert form.cells[cell] == text


def test_every_mistake_is_named_at_once():
    cells = tariff_form.cells_of(rich()) | {
        "zones.0.first_fen": "x", "zones.1.bands.0.step_g": "0", "surcharges.0.rate": ""}
    assert tariff_form.read(CarrierCode.STO, cells).faults == {
        "zones.0.first_fen": "bad_money", "zones.1.bands.0.step_g": "out_of_range",
        "surcharges.0.rate": "missing"}


def test_an_emptied_row_is_dropped_and_mistakes_behind_it_keep_their_cells():
    cells = tariff_form.cells_of(rich())
    cells = {name: "" if name.startswith("zones.0.") else text for name, text in cells.items()}
    form = tariff_form.read(CarrierCode.STO, cells)
    assert form.tariff == replace(rich(), zones=rich().zones[1:])
    form = tariff_form.read(CarrierCode.STO, cells | {"zones.1.bands.0.step_fen": "-5"})
    assert form.faults == {"zones.1.bands.0.step_fen": "out_of_range"}


def test_an_empty_row_with_a_choice_is_still_empty():
    cells = tariff_form.cells_of(rich()) | {
        "zones.2.bands.0.steps": "up", "zones.2.places": "", "surcharges.2.basis": "parcel"}
    assert tariff_form.read(CarrierCode.STO, cells).tariff == rich()


def test_a_form_with_nothing_in_it_asks_for_zones():
    form = tariff_form.read(CarrierCode.STO, {"valid_from": "2026-12-01"})
    assert form.faults == {"zones": "missing"}


def test_rows_have_empty_ones_behind_them_where_asked():
    form = tariff_form.Form(tariff_form.cells_of(rich()))
    assert form.rows("zones", spare=2) == [0, 1, 2, 3]
    assert form.rows("zones.0.bands") == [0, 1]
    assert form.rows("zones.1.average", spare=1) == [0]


NAMES = st.sampled_from([*tariff_form.cells_of(rich()), "zones.7.places", "zones.x.first_g", "",
                         "zones..bands", "surcharges.0.rate.9", "zones.0.bands.99999.step_g"])


@given(st.dictionaries(NAMES, st.text(max_size=20), max_size=12))
def test_no_cells_break_the_reader(cells: dict[str, str]):
    form = tariff_form.read(CarrierCode.STO, tariff_form.cells_of(rich()) | cells)
    assert (form.tariff is None) == bool(form.faults)
