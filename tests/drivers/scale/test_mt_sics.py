"""MT-SICS: answers by command, what carries a weight of the pan and what does not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scale.mt_sics import COMMANDS, MettlerPrintDecoder, MtSicsDecoder

D = Decimal


def weight(value: str, unit: str = "kg", *, stable: bool = True) -> bytes:
    return f"S {'S' if stable else 'D'} {value:>10} {unit}\r\n".encode()


@pytest.mark.parametrize("unit", ["g", "kg", "Kg", "KG", "mg", "lb", "oz", "ozt", "ct", "t"])
def test_a_weight_is_read_in_any_unit_of_the_table(unit: str) -> None:
    (reading,) = MtSicsDecoder().feed(weight("1.230", unit))
    assert (reading.value, reading.unit) == (D("1.230"), unit.lower())
    assert reading.grams is not None


@pytest.mark.parametrize("unit", ["tl", "mom", "msg", "hkg"])
def test_a_unit_outside_the_table_is_unsupported(unit: str) -> None:
    (reading,) = MtSicsDecoder().feed(weight("1.230", unit))
    assert (reading.value, reading.status) == (None, "unsupported")


def test_a_piece_count_is_no_weight() -> None:
    (reading,) = MtSicsDecoder().feed(weight("12", "PCS"))
    assert (reading.value, reading.unit, reading.grams) == (12, "pcs", None)


@pytest.mark.parametrize(("line", "status"), [
    (b"S +\r\n", "overload"), (b"S -\r\n", "underload"), (b"S X\r\n", "overload"),
    (b"S X      0.000 Kg\r\n", "overload"), (b"S L\r\n", "error"), (b"ES\r\n", "error"),
    (b"ET\r\n", "error"), (b"EL\r\n", "error"), (b"S S Error 10b\r\n", "error"),
])
def test_a_state_has_no_number(line: bytes, status: str) -> None:
    (reading,) = MtSicsDecoder().feed(line)
    assert (reading.value, reading.grams, reading.status) == (None, None, status)


@pytest.mark.parametrize("line", [
    b"S I", b"Z A", b"Z I", b"Z +", b"Z -", b"ZI S", b"ZI D", b"T I", b"T +", b"TI L", b"TAC A",
    b"TAC I", b"TA I", b"SR A", b"K A", b"D A", b"DW A", b"PWR A", b"M21 A 1", b"U A",
    b'I0 B 0 "I0"', b'I1 A "0123" "2.30" "2.22"', b'I2 A "MS6002S 6200.00 g"', b'I3 A "1.10"',
    b'I4 A "B021002593"', b'I5 A "12345678A"', b'@ A "B021002593"', b"I4 A 0123456789",
])
def test_an_answer_to_another_command_is_valid_and_no_reading(line: bytes) -> None:
    decoder = MtSicsDecoder()
    assert decoder.feed(line + b"\r\n") == []
    assert (decoder.frames, decoder.refused) == (1, 0)


@pytest.mark.parametrize("line", [
    b"T S    100.00 g", b"T A    100.00 g", b"TI S   100.00 g", b"TI D   100.00 g",
    b"TA A   100.00 g",
])
def test_a_tare_says_that_it_is_one_and_nothing_of_stability(line: bytes) -> None:
    (reading,) = MtSicsDecoder().feed(line + b"\r\n")
    assert (reading.value, reading.mode, reading.stable) == (D("100.00"), "tare", None)


@pytest.mark.parametrize("line", [
    b"S S", b"S D", b"S", b"SS 1.230 kg", b"S S1.230 kg", b"s s 1.230 kg", b"S S 1.230kg",
    b"S S 1,23.0 kg", b"S S 1.230 kg 5", b"S S -  kg", b"S S 1.230 k g", b" S S 1.230 kg",
    b"S S 1.230 kgS S 1.230 kg", b"S S S 1.230 kg", b"EX", b"S Z", b"S + 1x", b"X A",
])
def test_what_is_no_answer_is_refused(line: bytes) -> None:
    decoder = MtSicsDecoder()
    assert decoder.feed(line + b"\r\n") == []
    assert decoder.refused == 1


def test_spaces_may_be_collapsed() -> None:
    (reading,) = MtSicsDecoder().feed(b"S S 100.00 g\r\n")
    assert reading.value == D("100.00")


def test_a_repeat_streams_until_it_is_cancelled() -> None:
    stream = weight("1.230", stable=False) * 3 + weight("1.231") * 2 + b'@ A "1"\r\n'
    assert [reading.stable for reading in MtSicsDecoder().feed(stream)] == [False] * 3 + [True] * 2


def test_every_command_ends_its_line() -> None:
    assert all(command.endswith(b"\r\n") for command in COMMANDS.values())
    assert set(COMMANDS) >= {"now", "stable", "repeat", "zero", "tare", "identify"}


def test_a_configured_unit_does_not_change_what_is_sent() -> None:
    (reading,) = MtSicsDecoder(unit="g").feed(weight("1.230", "kg"))
    assert reading.grams == 1230


@given(
    grams=st.integers(-99999, 999999), stable=st.booleans(), size=st.integers(1, 30),
)
def test_whatever_is_shown_is_read_back(grams: int, stable: bool, size: int) -> None:
    stream, decoder = weight(str(D(grams) / 1000), stable=stable), MtSicsDecoder()
    read = [r for at in range(0, len(stream), size) for r in decoder.feed(stream[at:at + size])]
    assert [(reading.grams, reading.stable) for reading in read] == [(grams, stable)]


@pytest.mark.parametrize(("line", "value", "mode"), [
    (b"     N       0.3700 g   ", D("0.3700"), "net"),
    (b"     G      12.3456 g   ", D("12.3456"), "gross"),
    (b"     T       1.0000 g   ", D("1.0000"), "tare"),
    (b"             0.3700 g   ", D("0.3700"), None),
    (b"     N      -0.3700 g   ", D("-0.3700"), "net"),
])
def test_the_print_of_an_ms_balance(line: bytes, value: Decimal, mode: str | None) -> None:
    (reading,) = MettlerPrintDecoder().feed(line + b"\r\n")
    assert (reading.value, reading.mode, reading.stable) == (value, mode, None)


@pytest.mark.parametrize("line", [b"N       0.3700 g", b"     X       0.3700 g", b"     N   g"])
def test_a_damaged_print_is_refused(line: bytes) -> None:
    assert MettlerPrintDecoder().feed(line + b"\r\n") == []


@pytest.mark.parametrize("line", [b"S +", b"S + ", b"S +  12.345 kg", b"S -12.345 Kg", b"S X0.0 g"])
def test_a_weight_out_of_range_may_have_its_digits_behind_it(line: bytes) -> None:
    (reading,) = MtSicsDecoder().feed(line + b"\r\n")
    assert reading.value is None
    assert reading.status.value == ("underload" if line.startswith(b"S -") else "overload")


@pytest.mark.parametrize("line", [b"S +x", b"S + 12.345 lb", b"S  +", b"S *"])
def test_anything_else_behind_a_range_is_damage(line: bytes) -> None:
    decoder = MtSicsDecoder()
    assert not decoder.feed(line + b"\r\n")
    assert decoder.refused == 1
