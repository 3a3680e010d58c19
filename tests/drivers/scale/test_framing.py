"""Cutting streams: bounded, and on its feet again after anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scale.framing import (
    FIRM,
    Envelopes,
    FixedLengths,
    HeadlessLines,
    Lines,
    SteadyShape,
    Windows,
)


def test_lines_end_at_either_byte_and_empty_ones_do_not_count() -> None:
    assert Lines().feed(b"a\r\nb\rc\n\r\n\nd") == [b"a", b"b", b"c"]


def test_a_line_arrives_whole_whatever_the_chunks() -> None:
    lines, found = Lines(), []
    for byte in b"abc\r\nde\r\n":
        found += lines.feed(bytes([byte]))
    assert found == [b"abc", b"de"]


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_a_line_longer_than_the_limit_is_dropped_whole(size: int) -> None:
    lines, stream = Lines(limit=8), b"x" * 100 + b"\r\n" + b"12345678\r\n"
    found = []
    for at in range(0, len(stream), size):
        found += lines.feed(stream[at:at + size])
    assert found == [b"12345678"]


def test_a_reset_forgets_half_a_line_and_that_it_was_too_long() -> None:
    lines = Lines(limit=4)
    lines.feed(b"123456")
    lines.reset()
    assert lines.feed(b"ab\n") == [b"ab"]


def test_an_envelope_starts_anew_at_each_start_byte() -> None:
    assert Envelopes(b"\x02", b"\x03", 9).feed(b"x\x03\x02ab\x02cd\x03ef\x03") == [b"\x02cd\x03"]


def test_an_envelope_without_end_is_given_up_at_its_limit() -> None:
    cutter = Envelopes(b"\x02", b"\x03", 5)
    assert cutter.feed(b"\x02abcdefgh\x03") == []
    assert cutter.feed(b"\x02abc\x03") == [b"\x02abc\x03"]


def test_a_fixed_length_is_complete_without_an_end_byte() -> None:
    cutter = FixedLengths(b"=", 4)
    assert cutter.feed(b"12=345") == [b"=345"]
    assert cutter.feed(b"67=8=90") == []
    assert cutter.feed(b"1") == [b"=901"]


@given(stream=st.binary(max_size=120), cuts=st.lists(st.integers(1, 9), min_size=1))
def test_no_cutter_depends_on_the_chunks(stream: bytes, cuts: list[int]) -> None:
    for build in (lambda: Lines(9), lambda: Envelopes(b"\x02=", b"\x03", 9),
                  lambda: FixedLengths(b"=", 5), lambda: Lines(9, ends=b"\x03"),
                  lambda: HeadlessLines(9), lambda: Windows(b"=", 4, lambda it: it[3] > 9)):
        whole, cutter, at, pieces = build().feed(stream), build(), 0, []
        while at < len(stream):
            size = cuts[at % len(cuts)]
            pieces += cutter.feed(stream[at:at + size])
            at += size
        assert pieces == whole


def test_lines_may_end_at_other_bytes() -> None:
    assert Lines(ends=b"\x03]").feed(b"a\r\n\x03b]c") == [b"a\r\n", b"b"]


def test_a_headless_line_is_whole_until_a_reset_says_that_it_may_not_be() -> None:
    lines = HeadlessLines()
    assert lines.feed(b"ab\r\ncd\r\n") == [b"ab", b"cd"]
    lines.reset()
    assert lines.feed(b"b\r") == []
    assert lines.feed(b"\ncd\r\n") == [b"cd"]


def test_quiet_after_a_reset_says_that_the_next_line_is_whole() -> None:
    lines = HeadlessLines()
    lines.reset()
    lines.quiet()
    assert lines.feed(b"ab\r\n") == [b"ab"]


def fits(frame: bytes) -> bool:
    return frame.endswith(b"!")


def test_a_window_gives_up_one_byte_when_it_does_not_fit() -> None:
    cutter = Windows(b"=", 4, fits)
    assert [frame for frame in cutter.feed(b"x=a=bc!=de!") if fits(frame)] == [b"=bc!", b"=de!"]


def test_a_window_may_hold_its_own_start_byte() -> None:
    cutter = Windows(b"=", 4, fits)
    assert [frame for piece in (b"==", b"=!==", b"=!") for frame in cutter.feed(piece)] == [
        b"===!", b"===!"]


def test_a_reset_forgets_half_a_window() -> None:
    cutter = Windows(b"=", 4, fits)
    cutter.feed(b"=ab")
    cutter.reset()
    assert cutter.feed(b"!=cd!") == [b"=cd!"]


def test_the_first_shape_is_believed_at_once() -> None:
    assert SteadyShape().admits(18)


def test_one_frame_of_another_shape_is_damage() -> None:
    shape = SteadyShape()
    assert [shape.admits(length) for length in (18, 18, 17, 18, 19, 18)] == [
        True, True, False, True, False, True]


def test_two_damaged_frames_of_the_same_length_do_not_unseat_a_firm_shape() -> None:
    shape = SteadyShape()
    for _ in range(FIRM):
        shape.admits(18)
    assert not any(shape.admits(17) for _ in range(FIRM - 1))
    assert shape.admits(18)
    assert not shape.admits(17)


def test_damage_of_several_lengths_never_adds_up() -> None:
    shape = SteadyShape()
    shape.admits(18)
    assert not any(shape.admits(length) for length in (17, 16, 17, 16, 17, 16))


def test_a_wrong_first_frame_is_overruled_by_two() -> None:
    shape = SteadyShape()
    assert [shape.admits(length) for length in (17, 18, 18, 18, 17)] == [
        True, False, True, True, False]


def test_after_a_reconnect_any_shape_may_come() -> None:
    shape = SteadyShape()
    for _ in range(50):
        shape.admits(18)
    shape.forget()
    assert shape.admits(17)


def test_after_a_reset_only_the_first_tail_is_dropped() -> None:
    cutter = HeadlessLines()
    cutter.reset()
    assert cutter.feed(b"tail\r\nfir") == []
    assert cutter.feed(b"st\r\nsecond\r\n") == [b"first", b"second"]


def test_a_window_that_begins_with_two_start_bytes_begins_at_the_second() -> None:
    assert [frame for frame in Windows(b"=", 4, fits).feed(b"==ab!") if fits(frame)] == [b"=ab!"]


def test_a_shape_grows_firm_with_the_frames_that_show_it_and_not_before() -> None:
    """As many frames overrule a shape as have shown it, at least two and at most ten."""
    for shown in (1, 2, 3, 9, 10, 11, 40):
        shape = SteadyShape()
        for again in (False, True):
            if again:
                shape.forget()
            assert all(shape.admits(18) for _ in range(shown))
            needed = min(max(shown, 2), 10)
            assert [shape.admits(17) for _ in range(needed)] == [False] * (needed - 1) + [True]
        assert not shape.admits(18)  # the new shape is as firm as the frames that brought it


def test_a_rival_begins_anew_when_the_own_shape_comes_between() -> None:
    shape = SteadyShape()
    assert [shape.admits(length) for length in (18, 18, 18, 17, 17, 18, 17, 17, 17)] == [
        True, True, True, False, False, True, False, False, False]


@pytest.mark.parametrize("limit", [5, 64])
def test_an_envelope_may_have_its_limit_and_no_byte_more(limit: int) -> None:
    inside = b"a" * (limit - 2)
    assert Envelopes(b"<", b">", limit).feed(b"<" + inside + b">") == [b"<" + inside + b">"]
    assert Envelopes(b"<", b">", limit).feed(b"<a" + inside + b">") == []


def test_a_line_may_have_its_limit_and_no_byte_more() -> None:
    assert Lines(6).feed(b"123456\n1234567\n123\n") == [b"123456", b"123"]
    cutter = Lines(6)
    assert cutter.feed(b"1234") + cutter.feed(b"56\n1234") + cutter.feed(b"567\n") == [b"123456"]
