"""Find my scale, the pure half: what captured bytes prove, and what they leave open."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import Reading
from drivers.scale.find import LIKELY, Match, Outcome, Verdict, judge, match
from drivers.scale.measures import reading
from drivers.scale.protocols import SCALES, ScaleProtocol

ENCODERS: dict[str, tuple[str, bool, Callable[[int], bytes]]] = runpy.run_path(
    str(Path(__file__).parents[3] / "benchmarks" / "fuzz_scale.py"))["ENCODERS"]
WEIGHTS = (12340, 12340, 12340, 12345, 12351, 12363, 12362, 12362, 12362, 12362)


def captured(maker: str) -> bytes:
    """What a stream sounds like when one begins and ends listening in mid frame."""
    return b"".join(ENCODERS[maker][2](weight) for weight in WEIGHTS)[3:-2]


@pytest.mark.parametrize("maker", ENCODERS)
def test_every_stream_is_found_or_its_true_protocol_is_among_the_possible(maker: str) -> None:
    verdict = judge(captured(maker))
    named = {found.protocol for found in verdict.matches} | set(verdict.same)
    assert ENCODERS[maker][0] in named
    assert verdict.outcome in (Outcome.FOUND, Outcome.AMBIGUOUS)


@pytest.mark.parametrize("maker", [
    "excell", "a&d", "a&d-csv", "8217-parity", "toledo", "toledo-plain", "sics", "yaohua",
    "yaohua-asked", "yaohua-ww", "yaohua-wg", "scp01", "sma", "cas-ap1", "cas-22", "dibal",
    "defender", "sbi22", "rinstrum", "bcd", "ticket", "dollar", "p05", "sterling",
])
def test_a_protocol_with_a_face_of_its_own_is_found(maker: str) -> None:
    verdict = judge(captured(maker))
    assert verdict.outcome is Outcome.FOUND
    assert verdict.best is not None
    assert ENCODERS[maker][0] in {verdict.best.protocol, *verdict.same}


@pytest.mark.parametrize("stream", [b"=0012.340" * 9, b"=0000.000" * 9, b"=043.2100" * 9])
def test_straight_and_reversed_equals_are_both_named_and_none_is_chosen(stream: bytes) -> None:
    verdict = judge(stream)
    assert (verdict.outcome, verdict.best) == (Outcome.AMBIGUOUS, None)
    assert {found.protocol for found in verdict.matches} == {
        "yaohua-equals", "yaohua-equals-reversed"}
    assert "known load" in verdict.doubts[0] or "same weight" in verdict.doubts[0]


def test_a_reversed_minus_tells_the_formats_apart() -> None:
    verdict = judge(b"=00.1000-" * 9)
    assert verdict.best is not None
    assert verdict.best.protocol == "yaohua-equals-reversed"


def test_the_doubt_names_both_weights() -> None:
    (doubt,) = judge(b"=0012.340" * 9).doubts
    assert "12.340" in doubt
    assert "43.2100" in doubt


def test_a_unit_that_is_not_sent_must_be_proven_by_a_known_load() -> None:
    verdict = judge(b"\x0201.230\r" * 8)
    assert verdict.best is not None
    assert any("unit is not sent" in doubt for doubt in verdict.doubts)


def test_a_unit_that_is_sent_leaves_no_doubt() -> None:
    assert judge(b"ST,GS,+001.230kg\r\n" * 8).doubts == ()


def test_a_scale_that_only_tells_its_state_is_found_and_asked_to_weigh() -> None:
    verdict = judge(b"OL,GS,+            \r\n" * 8)
    assert verdict.best is not None
    assert "put something on the pan" in verdict.doubts[0]


def test_protocols_that_differ_in_stability_alone_are_not_chosen_between() -> None:
    verdict = judge(b"         1.230 kg\r\n" * 9)
    if verdict.outcome is Outcome.AMBIGUOUS:
        assert "stability" in verdict.doubts[0]
    assert verdict.outcome in (Outcome.AMBIGUOUS, Outcome.UNREADABLE)


def test_a_checked_frame_counts_for_more_than_an_unchecked_one() -> None:
    checked, bare = judge(captured("toledo")).matches[:2]
    assert (checked.protocol, bare.protocol) == ("toledo-continuous", "toledo-continuous-plain")
    assert checked.confidence > bare.confidence


def test_more_frames_are_more_confidence() -> None:
    line = b"ST,GS,+001.230kg\r\n"
    grown = [match("st-gs", SCALES["st-gs"], line * times).confidence for times in (1, 2, 4, 8)]
    assert grown == sorted(grown)
    assert grown[0] < LIKELY < grown[-1]


def test_a_single_frame_proves_nothing() -> None:
    assert judge(b"$001230\r").outcome is Outcome.UNREADABLE


@pytest.mark.parametrize(("data", "outcome"), [
    (b"", Outcome.SILENT), (b"\x00" * 200, Outcome.UNREADABLE),
    (b"hello, world\r\n" * 20, Outcome.UNREADABLE),
    (b"690123456789\r\n" * 5, Outcome.UNREADABLE), (b"\xf8\x9c\xe6" * 90, Outcome.UNREADABLE),
])
def test_what_no_protocol_explains_is_told_as_such(data: bytes, outcome: Outcome) -> None:
    verdict = judge(data)
    assert (verdict.outcome, verdict.best) == (outcome, None)


def test_the_evidence_is_in_words() -> None:
    best = judge(captured("yaohua")).best
    assert best is not None
    assert "frames, every check right, " in best.evidence
    assert "% of the bytes" in best.evidence
    assert "12.362 (no unit)" in best.evidence


def test_the_evidence_without_a_weight_says_its_state() -> None:
    best = judge(b"OL,GS,+            \r\n" * 8).best
    assert best is not None
    assert best.evidence.endswith("last: overload")


def test_usb_reports_are_not_looked_for_on_a_serial_line() -> None:
    verdict = judge(b"\x03\x04\x02\x00\x4d\x03" * 20)
    assert "hid-pos" not in {found.protocol for found in verdict.matches}


@given(st.binary(max_size=300))
def test_noise_is_never_taken_for_a_scale_for_certain(noise: bytes) -> None:
    verdict = judge(noise)
    assert verdict.best is None or verdict.best.confidence < 0.95


# --- How sure ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("frames", "covered", "checked", "confidence"), [
    (0, 0.0, False, 0.0), (1, 1.0, False, 0.5), (4, 1.0, False, 0.8), (9, 1.0, False, 0.9),
    (9, 0.5, False, 0.45), (9, 1.0, True, 0.95), (4, 0.8, True, 0.82), (0, 0.0, True, 0.0),
    (9, 0.6, True, 0.54),  # a check is worth nothing while hardly more than half is explained
])
def test_confidence_is_what_is_explained_by_many_frames_and_a_check_halves_the_doubt(
    frames: int, covered: float, checked: bool, confidence: float
) -> None:
    found = Match("any", frames, 0, covered, checked, ())
    assert found.confidence == pytest.approx(confidence)


def test_the_share_of_the_bytes_is_measured_without_line_ends() -> None:
    line = b"ST,GS,+001.230kg\r\n"
    its = SCALES["st-gs"]
    assert match("st-gs", its, line * 4, is_answer=True).covered == 1.0
    half = match("st-gs", its, (line + b"?" * 16 + b"\r\n") * 4, is_answer=True)
    assert (half.covered, half.frames, half.refused) == (0.5, 4, 4)
    empty = match("st-gs", its, b"\r\n\x02\x03", is_answer=True)
    assert (empty.covered, empty.frames, empty.confidence) == (0.0, 0, 0.0)


def test_one_reading_shows_up_once_in_the_evidence_and_the_last_three_at_most() -> None:
    lines = b"".join(b"ST,GS,+00%d.230kg\r\n" % number for number in (1, 2, 3, 4, 4))
    found = match("st-gs", SCALES["st-gs"], lines, is_answer=True)
    assert found.evidence == "5 frames, 100% of the bytes, 0 refused; last: 3.230 kg, 4.230 kg"
    assert match("st-gs", SCALES["st-gs"], b"", is_answer=True).evidence == (
        "0 frames, 0% of the bytes, 0 refused; last: no weight")


class Reads:
    """A decoder that reads what it is told, whatever comes."""

    def __init__(self, value: str, frames: int, size: int = 8) -> None:
        self._made = [reading(Decimal(value), b"%0*d" % (size, n), unit="kg")
                      for n in range(frames)]
        self.frames, self.refused = frames, 0

    def feed(self, _: bytes) -> list[Reading]:
        return self._made

    def reset(self) -> None:
        """Nothing is held."""


def reading_as(value: str, frames: int = 4, size: int = 8, **facts: str) -> ScaleProtocol:
    return ScaleProtocol("a make", lambda _: Reads(value, frames, size), **facts)  # type: ignore[arg-type]


ANY = b"0123456789" * 4


def test_of_two_that_read_alike_one_is_found_and_the_other_is_named() -> None:
    verdict = judge(ANY, {"a": reading_as("1.5"), "b": reading_as("1.5")})
    assert verdict.best is not None
    assert (verdict.outcome, verdict.best.protocol, verdict.same) == (Outcome.FOUND, "a", ("b",))


def test_twins_are_never_the_same_even_where_they_read_alike() -> None:
    verdict = judge(ANY, {"a": reading_as("1.5", twin="b"), "b": reading_as("1.5", twin="a")})
    assert (verdict.outcome, verdict.same) == (Outcome.AMBIGUOUS, ())
    assert [found.protocol for found in verdict.matches] == ["a", "b"]
    assert "same weight" in verdict.doubts[0]


def test_two_that_read_another_weight_are_ambiguous_while_they_are_as_sure() -> None:
    both = {"a": reading_as("1.5"), "b": reading_as("5.1")}
    verdict = judge(ANY, both)
    assert (verdict.outcome, verdict.best) == (Outcome.AMBIGUOUS, None)
    assert verdict.doubts == (
        "the bytes do not tell which: a reads 1.5 kg; b reads 5.1 kg. "
        "Put a known load on and take the one that agrees",)


def test_one_that_is_surer_by_more_than_a_tenth_is_found_and_the_other_only_named() -> None:
    verdict = judge(ANY, {"b": reading_as("5.1", 4), "a": reading_as("1.5", 5)})  # 0.64, 0.83
    assert verdict.best is not None
    assert (verdict.outcome, verdict.same, verdict.doubts) == (Outcome.FOUND, (), ())
    assert [found.protocol for found in verdict.matches] == ["a", "b"]


def test_what_explains_less_than_six_tenths_is_not_even_named() -> None:
    verdict = judge(ANY, {"a": reading_as("1.5", 5), "b": reading_as("5.1", 3)})  # 0.83, 0.45
    assert [found.protocol for found in verdict.matches] == ["a"]
    assert judge(ANY, {"b": reading_as("5.1", 3)}).outcome is Outcome.UNREADABLE


def test_what_is_exactly_as_sure_as_it_must_be_is_named() -> None:
    two_of_nine_bytes = reading_as("1.5", 2, 9)  # nine tenths of twenty, and two frames: 0.6
    assert judge(ANY[:20], {"a": two_of_nine_bytes}).outcome is Outcome.FOUND


@pytest.mark.parametrize(("sample", "legible", "shown"), [
    (b"", 0.0, ""), (b"6901\r\n", 1.0, "6901\\r\\n"), (b"AB\x80\x81", 0.5, "41 42 80 81"),
    (b" ~\x1f\x7f", 0.5, "20 7e 1f 7f"), (b"ABC\xf8", 0.75, "ABC\\xf8"),
])
def test_a_sample_is_shown_as_text_where_most_of_it_is_some(
    sample: bytes, legible: float, shown: str
) -> None:
    verdict = Verdict(Outcome.UNREADABLE, sample=sample)
    assert (verdict.legible, verdict.shown) == (legible, shown)


@pytest.mark.parametrize(("stream", "guess"), [
    (bytes(byte | byte.bit_count() % 2 << 7 for byte in b"ST,+0000.500 kg\r\n" * 20), "parity"),
    (b"\x00" * 200, "still"), (b"ITEM   PRICE\r\n  1.234   5.00\r\n" * 9, "protocol"), (b"", None),
])
def test_what_nothing_explains_is_told_apart_by_its_bits(stream: bytes, guess: str | None) -> None:
    assert judge(stream).guess == guess


def test_no_protocol_explains_more_than_all_bytes() -> None:
    assert match("a", reading_as("1.5", 6), ANY).covered == 1.0
