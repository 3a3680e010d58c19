"""GS1 element strings: the piece's own number is found in them, and nothing else is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from station.domain.element_strings import GS, gtin_in

EAN = "6901234567892"


def check_digit(digits: str) -> str:
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


@pytest.mark.parametrize("code", [
    f"010{EAN}",
    f"{GS}010{EAN}",
    f"010{EAN}10LOT7",
    f"010{EAN}10LOT7{GS}21SERIAL",
    f"010{EAN}17261231",
    f"10LOT7{GS}010{EAN}",
    f"21SERIAL{GS}010{EAN}10LOT7",
    f"https://id.gs1.org/01/0{EAN}",
    f"https://shop.example/01/0{EAN}/10/LOT7",
    f"HTTPS://ID.GS1.ORG/01/0{EAN}/10/LOT7",
    f"17261231010{EAN}10LOT7",
    f"1126010117261231010{EAN}",
    f"(01)0{EAN}",
    f"(01)0{EAN}(17)261231(10)LOT7",
    f"(17)261231(01)0{EAN}",
])
def test_the_article_number_is_found_wherever_it_stands(code: str):
    assert gtin_in(code) == EAN


@pytest.mark.parametrize("code", [
    "", EAN, "773112345678901", "SF1234567890123", "0100000", f"010{EAN[:-1]}3", GS, f"{GS}{GS}",
    "00123456789012345675", "JN8801-黑色-32", f"10{EAN}", "https://shop.example/01/x",
    f"(01)0{EAN[:-1]}3", "(10)LOT7", "(黑色)01", "01" + "9" * 14 + "\x00",
])
def test_what_names_no_piece_is_left_alone(code: str):
    assert gtin_in(code) is None


def test_a_carton_is_not_the_piece_in_it():
    carton = "1" + EAN[:-1]
    assert gtin_in(f"01{carton}{check_digit(carton)}") is None


@given(st.integers(0, 10**12 - 1), st.text("ABC123", max_size=10))
def test_every_piece_with_a_right_check_digit_is_found(number: int, lot: str):
    digits = f"{number:012d}"
    ean = digits + check_digit(digits)
    printed = ean[5:] if ean.startswith("00000") else ean  # an EAN-8
    assert gtin_in(f"010{ean}" + (f"10{lot}" if lot else "")) == printed


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60) | st.text("01\x1d", max_size=60))
@example("01" * 30)
@example(f"0102{GS}0100000000000000")
def test_no_code_breaks_it(code: str):
    found = gtin_in(code)
    assert found is None or (len(found) == 13 and found.isdigit())


def test_a_short_number_comes_out_as_it_is_printed() -> None:
    assert gtin_in("0100000096385074") == gtin_in("(01)00000096385074") == "96385074"
