"""Check digits of postal numbers. The vectors follow the UPU's formula, computed by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.s10 import check_digit, fault, is_s10, number_after

SERIALS = st.from_regex(r"[0-9]{8}", fullmatch=True)


@pytest.mark.parametrize(
    ("serial", "digit"),
    [
        ("47312482", "9"),  # 4·8+7·6+3·4+1·2+2·3+4·5+8·9+2·7 = 200, 200 mod 11 = 2, 11−2
        ("12345678", "5"),  # 204 mod 11 = 6
        ("00000000", "5"),  # rest 0 stands as 5
        ("00000001", "4"),
        ("00000010", "2"),
        ("99999999", "5"),
        ("87654321", "6"),
    ],
)
def test_the_check_digit_follows_the_formula(serial, digit):
    assert check_digit(serial) == digit


def test_a_rest_of_one_stands_as_zero():
    (serial,) = [f"{n:08d}" for n in range(12) if (7 * n) % 11 == 1][:1]
    assert check_digit(serial) == "0"


@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        ("EA123456785CN", None),
        ("EA123456786CN", "check_digit"),
        ("EB000000005CN", None),
        ("LX473124829CN", None),
        ("LX473124820CN", "check_digit"),
        ("RB123456785GB", None),
        ("RB123456785XX", "country"),
        ("EA12345678CN", "shape"),
        ("ea123456785cn", "shape"),
        ("1234567890123", "shape"),
        ("", "shape"),
        ("EA12345678５CN", "shape"),
    ],
)
def test_a_faulty_number_says_where(number, wrong):
    assert fault(number) == wrong


@given(serial=SERIALS, position=st.integers(0, 7), change=st.integers(1, 9))
def test_almost_every_single_wrong_digit_is_caught(serial, position, change):
    wrong = list(serial)
    wrong[position] = str((int(serial[position]) + change) % 10)
    other = "".join(wrong)
    # Rests 0 and 6 both give 5, so the two serials may share that one digit and no other.
    assert check_digit(other) != check_digit(serial) or check_digit(serial) == "5"


@given(serial=SERIALS, steps=st.integers(0, 1000))
def test_a_later_number_is_whole_again(serial, steps):
    number = f"EA{serial}{check_digit(serial)}CN"
    if int(serial) + steps < 10**8:
        later = number_after(number, steps)
        assert fault(later) is None
        assert int(later[2:10]) == int(serial) + steps


def test_a_serial_that_runs_over_is_refused():
    with pytest.raises(ValueError, match="runs over"):
        number_after("EA999999995CN")


def test_only_s10_numbers_have_a_next():
    assert not is_s10("1234567890123")
    with pytest.raises(ValueError, match="not an S10"):
        number_after("1234567890123")
