"""A weight as the carrier's own system tells it: strings of grams and centimetres, and signed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from station.domain.vocabulary import CarrierCode
from station.orders.package_weight import PackageWeight, parse_package_weight


def told(**fields: Any) -> Any:
    request = {"mail_no": "773000000000011", "weight": "820", **fields}
    return parse_package_weight(json.dumps({"tms_package_weight_request": request}).encode())


def test_number_and_weight_are_enough() -> None:
    assert told() == PackageWeight("773000000000011", None, 820, None, None)


def test_everything_that_may_be_told_is_taken() -> None:
    assert told(
        mail_no="yt1000000001", tms_cp_code="YTO", weight="820.4", charging_weight="1000",
        throwing_weight="900", length="30", width="25.5", height="6", abnormal_type="0",
    ) == PackageWeight("YT1000000001", CarrierCode.YTO, 820, 1000, (300, 255, 60))


@pytest.mark.parametrize(("weight", "grams"), [
    ("0.5", 1), ("1", 1), ("819.4999", 819), ("819.5", 820), ("9999999", 9999999),
])
def test_grams_are_rounded_half_up(weight: str, grams: int) -> None:
    assert told(weight=weight).weight_g == grams


@pytest.mark.parametrize("weight", ["0", "0.4", "0.0000"])
def test_less_than_half_a_gram_is_no_weight(weight: str) -> None:
    (error,) = told(weight=weight)
    assert (error.path, error.what) == ("tms_package_weight_request.weight", "out_of_range")


@pytest.mark.parametrize("weight", ["", "-1", "+1", "1e3", "1.23456", "12345678", "٣", "1,5"])
def test_what_is_no_decimal_is_no_weight(weight: str) -> None:
    assert [error.path for error in told(weight=weight)] == ["tms_package_weight_request.weight"]


@pytest.mark.parametrize(("charging", "throwing", "charged"), [
    ("1000", "1200", 1200), ("1200", "1000", 1200), ("", "1000.5", 1001), ("1", "", 1),
    ("0", "0", None), ("", "", None),
])
def test_the_larger_of_the_two_weights_is_charged_for(
    charging: str, throwing: str, charged: int | None
) -> None:
    assert told(charging_weight=charging, throwing_weight=throwing).charged_g == charged


@pytest.mark.parametrize(("size", "dims"), [
    (("30.04", "25.05", "0.1"), (300, 251, 1)), (("30", "25", "0"), None), (("", "25", "6"), None),
    (("30", "0.04", "6"), None), (("30", "25", ""), None),
])
def test_a_size_is_told_whole_or_not_at_all(
    size: tuple[str, str, str], dims: tuple[int, int, int] | None
) -> None:
    assert told(length=size[0], width=size[1], height=size[2]).dims_mm == dims


@pytest.mark.parametrize(("number", "is_one"), [
    ("ABC-12", True), ("ABC12", False), ("A" * 40, True), ("A" * 41, False), ("AB 1234", False),
])
def test_a_waybill_number_has_six_to_forty_characters(number: str, is_one: bool) -> None:
    assert isinstance(told(mail_no=number), PackageWeight) is is_one


def test_what_is_odd_about_a_parcel_is_told_in_sixteen_letters_at_most() -> None:
    assert told(abnormal_type="x" * 16) == told()
    assert [error.path for error in told(abnormal_type="x" * 17)] == [
        "tms_package_weight_request.abnormal_type"]
