"""A code in the picture is one scan until it has been seen to be away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.presence import LOOKS_MISSED, Presence

A, B = "773000000000001", "773000000000002"


def run(presence: Presence, looks: str, *, confirm: int = 1, every: float = 0.125) -> list[int]:
    """The numbers of the looks at which A was told; ``looks`` has A where it is read."""
    return [
        number for number, seen in enumerate(looks)
        if presence.note([A] if seen == "A" else [], number * every, confirm=confirm)
    ]


def test_a_code_that_stays_is_told_once() -> None:
    assert run(Presence(1.0), "A" * 100) == [0]


def test_a_code_that_has_left_counts_again() -> None:
    assert run(Presence(1.0), "AA" + "." * 10 + "AA") == [0, 12]


def test_a_finger_over_the_code_is_no_leaving() -> None:
    assert run(Presence(1.0), "AA.A..AA.......AA") == [0]


def test_a_short_absence_never_counts_up_to_a_long_one() -> None:
    assert run(Presence(1.0), "A....." * 10) == [0]


def test_three_looks_at_least_must_have_missed_it() -> None:
    slow = Presence(1.0)
    slow.note([A], 0.0)
    assert slow.note([], 1.0) == []
    assert slow.note([], 9.0) == []
    assert slow.note([A], 10.0) == [], "two looks are no proof, however long between them"
    assert LOOKS_MISSED == 3


def test_time_without_looks_does_not_count() -> None:
    presence = Presence(1.0)
    presence.note([A], 0.0)
    presence.note([], 0.1)
    presence.note([], 0.2)
    presence.broken()
    assert presence.note([], 500.0) == []
    assert presence.note([A], 500.1) == [], "the cable was out, the parcel has not moved"


def test_an_absence_begins_anew_with_a_break() -> None:
    presence = Presence(1.0)
    presence.note([A], 0.0)
    presence.note([], 0.1)
    presence.broken()
    for at in (500.0, 500.1):
        presence.note([], at)
    assert presence.note([A], 500.2) == [], "0.1 s of absence were seen, and 500 s were not"


def test_an_absence_of_exactly_the_leave_is_one() -> None:
    presence = Presence(1.0)
    presence.note([A], 0.0)
    for at in (0.5, 1.0, 1.5):
        presence.note([], at)
    assert presence.note([A], 2.0) == [A]


def test_after_a_break_a_leaving_is_seen_as_ever() -> None:
    presence = Presence(1.0)
    presence.note([A], 0.0)
    presence.broken()
    for number in range(12):
        presence.note([], 100 + number / 8)
    assert presence.note([A], 102.0) == [A]


def test_codes_come_and_go_by_themselves() -> None:
    presence = Presence(0.5)
    assert presence.note([A], 0.0) == [A]
    assert presence.note([A, B], 0.1) == [B]
    for number in range(2, 9):
        assert presence.note([B], number / 10) == []
    assert presence.note([A, B], 1.0) == [A]


def test_a_code_that_wants_confirming_is_told_at_the_second_look() -> None:
    assert run(Presence(1.0), "AAAA", confirm=2) == [1]


def test_a_misread_that_does_not_repeat_is_never_told() -> None:
    assert run(Presence(0.2), ("A" + "." * 8) * 5, confirm=2) == []


def test_it_says_what_is_there_and_when_it_wants_another_look() -> None:
    presence = Presence(0.2)
    assert not presence.waits
    presence.note([A], 0.0, confirm=2)
    assert presence.waits, "A is to be confirmed"
    assert presence.told == frozenset()
    presence.note([A], 0.1, confirm=2)
    assert not presence.waits
    assert presence.told == {A}
    presence.note([], 0.2)
    assert presence.waits, "has A left?"
    presence.note([], 0.3)
    presence.note([], 0.5)
    assert not presence.waits
    assert presence.told == frozenset()


@given(st.lists(st.sets(st.sampled_from([A, B])), max_size=200), st.floats(0, 3))
def test_between_two_arrivals_there_is_always_a_proven_absence(
    looks: list[set[str]], leave: float
) -> None:
    presence = Presence(leave)
    last: dict[str, int] = {}
    for number, texts in enumerate(looks):
        for text in presence.note(sorted(texts), number / 8):
            if text in last:
                absent = longest_absence(looks[last[text] : number], text)
                assert absent >= LOOKS_MISSED
                assert (absent - 1) / 8 >= leave - 1e-9
            last[text] = number


def longest_absence(looks: list[set[str]], text: str) -> int:
    longest = run_of = 0
    for texts in looks:
        run_of = 0 if text in texts else run_of + 1
        longest = max(longest, run_of)
    return longest


@given(st.lists(st.text(min_size=1), max_size=30))
def test_what_has_left_is_forgotten(texts: list[str]) -> None:
    presence = Presence(0.0)
    presence.note(texts, 0.0)
    for number in range(LOOKS_MISSED):
        presence.note([], 1.0 + number)
    assert presence.told == frozenset()
    assert not presence.waits


@pytest.mark.parametrize("leave", [0.0, 0.5, 5.0])
def test_however_short_the_leave_a_code_that_stays_is_one_scan(leave: float) -> None:
    assert run(Presence(leave), "A" * 50) == [0]
