"""What most decoders share: a field of digits, a field of its unit, and the stream's shape."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from drivers.interfaces import Reading, ReadingStatus
from drivers.scale.fields import FieldDecoder, signed
from drivers.scale.framing import FIRM, Lines


class Plain(FieldDecoder):
    """A make whose lines are ``digits;unit``."""

    def __init__(self, unit: str | None = None) -> None:
        super().__init__(Lines(), unit=unit)

    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        digits, _, unit = frame.partition(b";")
        return self.weight(frame, digits, unit, stable=True)


def read(*lines: bytes, unit: str | None = None) -> list[Decimal | None]:
    return [one.value for one in Plain(unit).feed(b"\n".join([*lines, b""]))]


@pytest.mark.parametrize(("digits", "decimals", "minus", "written"), [
    (b"01234", 3, False, "1.234"), (b"01234", 0, False, "1234"), (b"12", -2, False, "1200"),
    (b"01234", 1, True, "-123.4"), (b"0000", 2, True, "0.00"), (b"7", -1, True, "-70"),
])
def test_bare_digits_and_a_place_are_a_number_without_an_exponent(
    digits: bytes, decimals: int, minus: bool, written: str
) -> None:
    assert str(signed(digits, decimals, minus=minus)) == written


@pytest.mark.parametrize(
    "line", [b"1.234;k9", b"1.234;grammes", b"1.234;\xff", b" ;kg", b";", b"-;g"])
def test_a_field_that_cannot_be_what_it_should_be_is_damage(line: bytes) -> None:
    decoder = Plain()
    assert not decoder.feed(line + b"\n")
    assert (decoder.frames, decoder.refused) == (0, 1)


def test_digits_without_a_unit_have_the_one_of_the_settings() -> None:
    assert [one.unit for one in Plain("kg").feed(b"1.234;\n")] == ["kg"]
    assert [one.unit for one in Plain("kg").feed(b"1.234;g\n")] == ["g"]
    assert [one.grams for one in Plain().feed(b"1.234;\n")] == [None]


def test_an_unknown_unit_is_named_and_makes_no_weight_but_needs_digits_too() -> None:
    (one,) = Plain().feed(b"1.234;hkg\n")
    assert (one.value, one.unit, one.stable, one.status) == (
        None, "hkg", True, ReadingStatus.UNSUPPORTED)
    assert not Plain().feed(b"---;hkg\n")


@pytest.mark.parametrize("odd", [b"12.34;kg", b"1.2345;kg", b"12.345;kg", b"1234;kg"])
def test_one_frame_with_another_width_or_point_is_damage(odd: bytes) -> None:
    assert read(b"1.234;kg", odd, b"1.235;kg") == [Decimal("1.234"), Decimal("1.235")]


def test_one_frame_with_another_unit_is_damage_and_one_without_a_unit_is_none() -> None:
    assert read(b"1.234;kg", b"1.235;g", b"1.236;", b"1.237;kg") == [
        Decimal("1.234"), Decimal("1.236"), Decimal("1.237")]


def test_blanks_behind_the_number_move_its_width_and_not_its_point() -> None:
    assert read(b"1.23 ;kg", b"1.24 ;kg", b" 1.25;kg") == [Decimal("1.23"), Decimal("1.24")]


def test_a_new_unit_is_believed_when_it_was_shown_as_often_as_the_old_one() -> None:
    long = [b"1.234;kg"] * 30
    changed = [b"1234.;g "] * FIRM
    assert len(read(*long, *changed[:-1])) == 30
    decoder = Plain()
    decoder.feed(b"\n".join([*long, b""]))
    decoder.reset()
    assert len(decoder.feed(b"1234.;g\n")) == 1  # after a reconnect it may be another scale
