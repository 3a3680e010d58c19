"""Text into boxes: nothing lost, nothing wider than its box, breaks where Chinese may break."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.paper.layout import fit, pitch, tokens, wrap

CHARS = st.text(st.sampled_from("温岭市样例路，。（）「ab1 -/;×…"), max_size=80)
SIZES = (30, 28, 26, 24, 22, 20)


def measure(text: str, size: int) -> int:
    """A width as a plain font has it: Chinese square, the rest half."""
    return sum(size if ord(char) > 0x2E80 else size // 2 for char in text)


def at_20(text: str) -> int:
    return measure(text, 20)


@given(st.text(max_size=60))
def test_the_tokens_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


@pytest.mark.parametrize(("text", "parts"), [
    ("温岭市", ("温", "岭", "市")),
    ("样例路100号", ("样", "例", "路", "100", "号")),
    ("你好，再见。", ("你", "好，", "再", "见。")),
    ("（急）送", ("（急）", "送")),
    ("Room 12", ("Room", " ", "12")),
    ("𠮷野A", ("𠮷", "野", "A")),
    ("（（", ("（（",)),
    ("", ()),
])
def test_a_line_may_break_between_tokens_only(text: str, parts: tuple[str, ...]) -> None:
    assert tokens(text) == parts


@given(CHARS, st.integers(20, 400))
def test_wrapping_loses_and_adds_nothing(text: str, width: int) -> None:
    lines = wrap(tokens(text), width, at_20)
    assert "".join(part for line in lines for part in line) == text


@given(CHARS, st.integers(20, 400))
def test_no_line_is_wider_than_its_box(text: str, width: int) -> None:
    for line in wrap(tokens(text), width, at_20):
        assert at_20("".join(line).rstrip()) <= width


@given(CHARS, st.integers(60, 400))
def test_a_closing_mark_never_begins_a_line_unless_the_line_is_too_narrow(
    text: str, width: int
) -> None:
    for line in wrap(tokens(text), width, at_20)[1:]:
        first = "".join(line)[:1]
        before = text[: text.find("".join(line))].rstrip()
        if first in "，。" and before and at_20(before[-1] + first) <= width:
            run = len(before) - len(before.rstrip("，。（「）…"))
            assert run > 0 or " " in text


def test_a_word_stays_whole_where_it_can() -> None:
    lines = wrap(tokens("样例路Building"), 100, at_20)
    assert [("".join(line)) for line in lines] == ["样例路", "Building"]


def test_a_word_wider_than_the_line_breaks_between_letters() -> None:
    lines = ["".join(line) for line in wrap(tokens("x" * 25), 100, at_20)]
    assert lines == ["x" * 10, "x" * 10, "x" * 5]


def test_an_unbreakable_part_moves_to_the_next_line_as_a_whole() -> None:
    parts = ("8012/蓝/31×1;", "8015/黑/L×2;")
    lines = wrap(parts, 160, at_20)
    assert lines == [(parts[0],), (parts[1],)]


def test_white_space_at_the_end_of_a_line_hangs_over_the_edge() -> None:
    lines = wrap(tokens("温岭 温岭"), 40, at_20)
    assert ["".join(line) for line in lines] == ["温岭 ", "温岭"]


def test_a_character_wider_than_the_box_still_gets_a_line() -> None:
    assert len(wrap(tokens("温岭"), 5, at_20)) == 2


@given(CHARS, st.integers(30, 400), st.integers(0, 200))
def test_lines_and_rest_are_the_whole_text(text: str, width: int, height: int) -> None:
    fitting = fit(tokens(text), width, height, SIZES, measure)
    assert "".join(fitting.lines) + "".join(fitting.rest) == text
    assert fitting.height <= height or not fitting.lines


@given(CHARS, st.integers(60, 400), st.integers(30, 200))
def test_the_largest_size_that_fits_is_taken(text: str, width: int, height: int) -> None:
    fitting = fit(tokens(text), width, height, SIZES, measure)
    for larger in (size for size in SIZES if size > fitting.size):
        lines = wrap(tokens(text), width, lambda part, size=larger: measure(part, size))
        assert pitch(larger) * len(lines) > height


def test_only_the_smallest_size_leaves_a_rest() -> None:
    fitting = fit(tokens("样" * 100), 100, 60, SIZES, measure)
    assert fitting.size == 20
    assert len("".join(fitting.rest)) == 100 - 5 * 2


def test_an_empty_text_needs_no_room() -> None:
    fitting = fit((), 100, 0, SIZES, measure)
    assert (fitting.lines, fitting.rest, fitting.height) == ((), (), 0)


def test_a_box_lower_than_a_line_hands_everything_back() -> None:
    fitting = fit(tokens("样例"), 100, 10, SIZES, measure)
    assert fitting.lines == ()
    assert "".join(fitting.rest) == "样例"


@pytest.mark.parametrize("size", [14, 20, 36, 92])
def test_lines_stand_apart_by_more_than_their_size(size: int) -> None:
    assert pitch(size) > size
