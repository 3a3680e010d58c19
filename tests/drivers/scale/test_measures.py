"""Units are exact or unknown, and a number is a whole field or none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.scale.measures import (
    GRAMS,
    is_known,
    number,
    pounds_and_ounces,
    reading,
    unit_named,
)


@pytest.mark.parametrize(("unit", "grams"), [
    ("g", "1"), ("kg", "1000"), ("lb", "453.59237"), ("oz", "28.349523125"), ("斤", "500"),
    ("两", "50"), ("ct", "0.2"), ("mg", "0.001"), ("ozt", "31.1034768"), ("gr", "0.06479891"),
])
def test_each_unit_is_exact(unit: str, grams: str) -> None:
    assert reading(Decimal(1), b"", unit=unit).grams == Decimal(grams)


def test_sixteen_ounces_are_a_pound_and_ten_liang_a_jin() -> None:
    assert GRAMS["oz"] * 16 == GRAMS["lb"]
    assert GRAMS["两"] * 10 == GRAMS["斤"]


@pytest.mark.parametrize(("field", "name"), [
    (b"kg", "kg"), (b" KG ", "kg"), (b"Kg", "kg"), (b"lb.", "lb"), (b"lbs", "lb"), (b"PC", "pcs"),
    ("公斤".encode(), "kg"), ("市斤".encode("gb18030"), "斤"), (b"hkg", "hkg"),
    (b"jin", "斤"), (b"JIN", "斤"), ("市两".encode("gb18030"), "两"), (b" %", "%"),
    (b"tj", "tj"), (b"", None), (b"  ", None), (b"k g", None), (b"k9", None), (b"grams", None),
    (b"\xff", None),
])
def test_a_unit_is_named_in_one_spelling_or_not_at_all(field: bytes, name: str | None) -> None:
    assert unit_named(field) == name


@pytest.mark.parametrize(("unit", "known"), [
    ("kg", True), ("pcs", True), (None, True), ("hkg", False), ("tael", False),
])
def test_only_units_in_the_table_are_known(unit: str | None, known: bool) -> None:
    assert is_known(unit) is known


@pytest.mark.parametrize(("field", "value"), [
    (b"+001.230", "1.230"), (b"-  1.640", "-1.640"), (b"   12", "12"), (b"000000.", "0"),
    (b".5", "0.5"), (b"12.5  ", "12.5"), (b"-0.0", "0.0"),
])
def test_a_field_is_one_number(field: bytes, value: str) -> None:
    assert str(number(field)) == value


@pytest.mark.parametrize("field", [
    b"", b" ", b".", b"+", b"1.2.3", b"1 2", b"1e3", b"+-1", b"1-", b"0x1", b"nan", b"1,5", b"1_0",
    "１".encode(),
])
def test_anything_else_is_no_number(field: bytes) -> None:
    assert number(field) is None


def test_no_grams_without_a_number_or_without_a_unit() -> None:
    assert reading(None, b"", unit="kg").grams is None
    assert reading(Decimal(1), b"").grams is None
    assert reading(Decimal(1), b"", unit="pcs").grams is None


def test_percent_and_pieces_are_numbers_and_no_weights() -> None:
    assert [reading(Decimal(1), b"", unit=unit).grams for unit in ("%", "pcs")] == [None, None]


@pytest.mark.parametrize(("field", "ounces"), [
    (b"2lb 3.5oz", "35.5"), (b"- 0LB 03.5OZ", "-3.5"), (b" 12 lb 0.0 oz ", "192.0"),
    (b"+  1LB15.99OZ", "31.99"),
])
def test_pounds_and_ounces_are_one_number_of_ounces(field: bytes, ounces: str) -> None:
    found = pounds_and_ounces(field)
    assert found == Decimal(ounces)
    assert reading(found, b"", unit="oz").grams == Decimal(ounces) * Decimal("28.349523125")


@pytest.mark.parametrize("field", [
    b"", b"2lb", b"3.5oz", b"2lb 16oz", b"2.5lb 3oz", b"2lb -3oz", b"2kg 3oz", b"2lb 3.5oz x",
])
def test_what_is_no_pounds_and_ounces_is_nothing(field: bytes) -> None:
    assert pounds_and_ounces(field) is None


def test_a_conversion_is_exact_and_never_rounded() -> None:
    assert reading(Decimal("2.5"), b"", unit="lb").grams == Decimal("1133.980925")
    assert reading(Decimal("0.01"), b"", unit="gr").grams == Decimal("0.0006479891")


@pytest.mark.parametrize(("field", "name"), [
    (b"tael", "tael"), (b"grain", None), (b"gms.", "g"), (b"kg..", "kg"), (b"k.g", None),
])
def test_a_units_name_has_four_letters_at_most(field: bytes, name: str | None) -> None:
    assert unit_named(field) == name
