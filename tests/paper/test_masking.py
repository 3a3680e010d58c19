"""Names and numbers on paper: enough for the courier, too little for a stranger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.paper.masking import masked_name, masked_phone


@pytest.mark.parametrize(("name", "shown"), [
    ("张小明", "张**"), ("张", "张**"), ("欧阳样样", "欧**"), ("𠮷野", "𠮷**"), ("", ""),
    ("Ann Lee", "A**"),
])
def test_a_name_keeps_its_first_character_and_not_its_length(name: str, shown: str) -> None:
    assert masked_name(name) == shown


@pytest.mark.parametrize(("phone", "shown"), [
    ("13900000011", "139****0011"),
    ("+8613900000011", "+861******0011"),
    ("+86 139 0000 0011", "+86 1** **** 0011"),
    ("0576-80001234", "057*-****1234"),
    ("80001234", "****1234"),
    ("13900000011-1234", "139****0011-1234"),
    ("13900000011转123", "139****0011转123"),
    ("13900000011 ext. 5", "139****0011 ext. 5"),
    ("1234", "****"),
    ("", ""),
])
def test_a_phone_keeps_its_ends(phone: str, shown: str) -> None:
    assert masked_phone(phone) == shown


def test_an_extension_of_a_privacy_number_stays_readable() -> None:
    assert masked_phone("17000000011-0987").endswith("-0987")


def test_two_numbers_do_not_leave_the_first_one_open() -> None:
    assert "00000011" not in masked_phone("13900000011/13900000022")


@given(st.text("0123456789", min_size=7, max_size=20))
def test_no_long_number_shows_more_than_seven_digits(phone: str) -> None:
    shown = masked_phone(phone)
    assert len(shown) == len(phone)
    assert sum(char.isdigit() for char in shown) <= 7
    assert shown.endswith(phone[-4:])


@given(st.text("0123456789 -()+/", max_size=30))
def test_only_digits_are_ever_starred(phone: str) -> None:
    for shown, given_char in zip(masked_phone(phone), phone, strict=True):
        assert shown == given_char or (shown == "*" and given_char.isdigit())
