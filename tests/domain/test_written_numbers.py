"""Numbers of parts of a shipment, and digits that a spreadsheet lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.written_numbers import are_rounded, lost_digits, mother

pytestmark = pytest.mark.rule("D12")


@pytest.mark.parametrize(("number", "whole"), [
    ("773100000001230-1", "773100000001230"), ("773100000001230-002", "773100000001230"),
    ("SF1410000012340-12", "SF1410000012340"), ("JDX012345678901-1-2-", "JDX012345678901"),
    ("773100000001230", "773100000001230"), ("773-1", "773-1"),
    ("773100000001230-1234", "773100000001230-1234"), ("", ""),
    ("180831-123456789", "180831-123456789"),
])
def test_a_part_of_a_shipment_belongs_to_its_mother(number: str, whole: str):
    assert mother(number) == whole


@pytest.mark.parametrize(("number", "lost"), [
    ("810012345678901111", 0), ("810012345678901000", 3), ("8100123456789010", 1),
    ("773100000001230", 0), ("773123000000000", 9), ("773000000000000", 9), ("7731230000", 0),
    ("YT5500000000000", 0),
])
def test_zeros_behind_the_digits_that_a_spreadsheet_keeps_are_lost_digits(number: str, lost: int):
    assert lost_digits(number) == lost


@given(st.integers(10**15, 10**20 - 1))
def test_what_a_spreadsheet_rounded_is_seen_to_be_rounded(number: int):
    digits = str(number)
    kept = digits[:15] + "0" * (len(digits) - 15)
    assert lost_digits(kept) >= len(digits) - 15


@given(st.lists(st.integers(10**11, 10**18).map(str), max_size=20))
def test_a_column_with_one_whole_number_is_not_rounded(numbers: list[str]):
    assert not are_rounded([*numbers, "773100000001231"])


def test_a_column_is_rounded_only_where_chance_cannot_have_done_it():
    assert are_rounded(["810012345678901000", "810012345678902000"])
    assert not are_rounded(["810012345678901000"])  # one of a thousand ends like that
    assert not are_rounded(["8100123456789010", "8100123456789020"])
    assert not are_rounded([])
