"""A known weight on the pan tells the protocol and the unit, or says that it does not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from drivers.scale.commands import COMMANDS, Word, command
from drivers.scale.proof import near, prove
from drivers.scale.protocols import SCALES

TWINS = ("yaohua-equals", "yaohua-equals-reversed")


def facts(proofs: Any) -> list[tuple[str, str | None, bool]]:
    return [(one.protocol, one.unit, one.agrees) for one in proofs]


def test_a_known_weight_tells_straight_from_reversed() -> None:
    assert facts(prove(b"=0000.500" * 5, TWINS, 500))[0] == ("yaohua-equals", "kg", True)
    assert facts(prove(b"=005.0000" * 5, TWINS, 500))[0] == ("yaohua-equals-reversed", "kg", True)


def test_a_weight_that_reads_alike_both_ways_leaves_the_choice_to_a_person() -> None:
    """10.010 read from behind is 10.010: two agree, and the page asks which."""
    proofs = prove(b"=0010.010" * 5, TWINS, 10010)
    assert [one.agrees for one in proofs] == [True, True]


@pytest.mark.parametrize(("line", "unit"), [
    (b"\x0200.500\r", "kg"), (b"\x0201.000\r", "斤"), (b"\x0201.102\r", "lb"),
    (b"\x0217.637\r", "oz"),
])
def test_the_unit_that_is_not_sent_is_the_one_that_makes_it_true(line: bytes, unit: str) -> None:
    (proof,) = prove(line * 4, ["toledo-8217"], 500, is_answer=True)
    assert (proof.unit, proof.agrees) == (unit, True)
    assert near(proof.grams, 500)


@pytest.mark.parametrize(("name", "line", "known", "unit", "point"), [
    ("st-gs", b"ST,GS,+  1,500kg\r\n", 1500, None, {"decimal_comma": True}),
    ("st-gs", b"ST,GS,+  0,500kg\r\n", 500, None, {"decimal_comma": True}),
    ("st-gs", b"ST,GS,+  0.500kg\r\n", 500, None, {}),
    ("kern", b"       1,500 kg \r\n", 1500, None, {"decimal_comma": True}),
    ("toledo-8217", b"\x0200500\r", 500, "kg", {"decimals": 3}),
    ("toledo-8217", b"\x0200110\r", 500, "lb", {"decimals": 2}),
    ("toledo-8217", b"\x0200.500\r", 500, "kg", {}),
])
def test_where_the_point_is_that_is_not_told_the_known_weight_tells(
    name: str, line: bytes, known: int, unit: str | None, point: dict[str, object]
) -> None:
    (proof,) = prove(b"\r\n" + line * 4, [name], known)
    assert (proof.agrees, proof.unit, proof.point) == (True, unit, point)


def test_a_unit_that_is_sent_is_not_set() -> None:
    (proof,) = prove(b"ST,GS,+000.501kg\r\n" * 4, ["st-gs"], 500)
    assert (proof.unit, proof.value, proof.grams, proof.agrees) == (
        None, Decimal("0.501"), Decimal("501"), True)


def test_a_weight_that_no_unit_makes_true_does_not_agree() -> None:
    (proof,) = prove(b"\x0207.777\r" * 4, ["toledo-8217"], 500, is_answer=True)
    assert not proof.agrees


@pytest.mark.parametrize("stream", [
    b"", b"ST,GS,+000.500kg\r\n", b"US,GS,+000.500kg\r\n" * 5, b"OL,GS,+999.999kg\r\n" * 5,
    b"ST,GS,+000.499kg\r\nST,GS,+000.500kg\r\n", b"ST,GS,+    500PCS\r\n" * 5,
    b"ST,GS,+0.500hkg\r\n" * 5,
])
def test_what_is_not_steady_or_no_weight_proves_nothing(stream: bytes) -> None:
    assert [one for one in prove(stream, ["st-gs"], 500) if one.agrees] == []


@pytest.mark.parametrize(("grams", "known", "fits"), [
    ("485", 500, True), ("484", 500, False), ("515", 500, True), ("0", 10, True),
    ("2060", 2000, True), ("2061", 2000, False), ("110", 100, True), ("110.5", 100, False),
])
def test_three_percent_or_ten_grams_may_be_off(grams: str, known: int, fits: bool) -> None:
    assert near(Decimal(grams), known) is fits


def test_every_command_belongs_to_a_protocol_and_asks_for_no_weight() -> None:
    assert set(COMMANDS) <= set(SCALES)
    for name, words in COMMANDS.items():
        ask = SCALES[name].ask
        assert ask is None or ask({}) not in words.values()


@pytest.mark.parametrize(("name", "zero", "tare"), [
    ("mt-sics", b"Z\r\n", b"T\r\n"), ("toledo-8217", b"Z", b"T"), ("nci-scp01", b"Z\r", b"T\r"),
    ("elicom", b"\xcc", None), ("kern", None, b"t"), ("keli-asked", b"D", b"E"),
    ("sartorius-sbi22", None, b"\x1bT"), ("shuangjie", None, b"\x1bt"), ("hid-pos", None, None),
    ("st-gs", None, None), ("sma", b"\nZ\r", b"\nT\r"), ("and-standard", b"Z\r\n", b"T\r\n"),
])
def test_zero_and_tare_are_the_makers_own(
    name: str, zero: bytes | None, tare: bytes | None
) -> None:
    assert (command(name, Word.ZERO), command(name, Word.TARE)) == (zero, tare)


@pytest.mark.parametrize(("name", "answer"), [
    ("mt-sics", b"Z A\r\n"), ("mt-sics", b"Z I\r\n"), ("mt-sics", b"T S      0.250 kg\r\n"),
    ("mt-sics", b"ZI S\r\n"),
])
def test_the_answer_to_a_command_is_no_weight_of_the_pan(name: str, answer: bytes) -> None:
    decoder = SCALES[name].build({})
    assert [one.mode for one in decoder.feed(answer) if one.mode != "tare"] == []
    assert (decoder.frames, decoder.refused) == (1, 0)


@pytest.mark.parametrize(("line", "name", "shown"), [
    (b"ST,GS,+000.500kg\r\n", "st-gs", "0.500 kg = 500 g"),
    (b"\x0200.500\r", "toledo-8217", "00.500 kg = 500 g"),
    (b"\x0201.102\r", "toledo-8217", "1.102 lb = 499.85879174 g"),
])
def test_what_was_read_of_the_known_weight_is_shown_with_its_unit(
    line: bytes, name: str, shown: str
) -> None:
    (proof,) = prove(line * 4, [name], 500, is_answer=True)
    assert proof.shown == shown.replace("00.500", "0.500")


def test_of_an_answer_the_first_line_counts_and_of_a_stream_it_may_be_a_tail() -> None:
    lines = b"         500 g  \r\n" * 2
    assert [one.agrees for one in prove(lines, ["kern"], 500, is_answer=True)] == [True]
    assert prove(lines, ["kern"], 500) == ()


def test_who_agrees_comes_first() -> None:
    for names in (TWINS, TWINS[::-1]):
        assert [one.agrees for one in prove(b"=0000.500" * 5, names, 500)] == [True, False]


def test_where_no_unit_fits_the_usual_one_is_named() -> None:
    (proof,) = prove(b"\x0207.777\r" * 4, ["toledo-8217"], 500, is_answer=True)
    assert (proof.unit, proof.grams) == ("kg", Decimal(7777))


@pytest.mark.parametrize("stream", [
    b"ST,GS,+000.500kg\r\n" * 2, b"ST,GS,+000.100kg\r\n" + b"ST,GS,+000.500kg\r\n" * 2,
    b"ST,GS,+000.500kg\r\nOL,GS,+         \r\nST,GS,+000.500kg\r\n",
])
def test_the_last_two_weights_must_be_the_same_and_at_rest(stream: bytes) -> None:
    assert [one.agrees for one in prove(stream, ["st-gs"], 500)] == [True]


@pytest.mark.parametrize("stream", [
    b"ST,GS,+000.500kg\r\nUS,GS,+000.500kg\r\n", b"US,GS,+000.500kg\r\nST,GS,+000.500kg\r\n",
    b"ST,GS,+000.500kg\r\nST,GS,+000.500 g\r\n", b"ST,GS,+000.500kg\r\nST,GS,+000.505kg\r\n",
])
def test_one_of_the_last_two_that_moves_or_differs_proves_nothing(stream: bytes) -> None:
    assert prove(stream, ["st-gs"], 500) == ()
