"""When a number on the scale is a parcel's weight, and when it is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from station.domain.refusals import Code, Refusal
from station.domain.weights import PanRules, PanWatch, TakenWeight


@dataclass(frozen=True)
class Frame:
    """One reading, as a scale's decoder would hand it over."""

    grams: Decimal | None
    at: float
    stable: bool | None = True
    mode: str | None = "gross"
    status: str = "ok"
    raw: bytes = b"?"


def frame(grams: float | str | None, at: float, **facts: object) -> Frame:
    value = None if grams is None else Decimal(str(grams))
    return replace(Frame(value, at, raw=f"{grams}@{at:.1f}".encode()), **facts)


@dataclass
class Scale:
    """Feeds a watch ten frames a second; time stands still between calls."""

    watch: PanWatch
    at: float = 100.0
    rate: float = 0.1

    def says(self, grams: float | str | None, seconds: float = 2.0, **facts: object) -> Scale:
        for _ in range(round(seconds / self.rate)):
            self.at = round(self.at + self.rate, 6)
            self.watch.feed(frame(grams, self.at, **facts))
        return self

    def follows(self, values: Iterable[float], **facts: object) -> Scale:
        for value in values:
            self.says(value, self.rate, **facts)
        return self

    def verdict(self, later: float = 0.0) -> TakenWeight | Refusal:
        return self.watch.verdict(self.at + later)

    def grams(self, later: float = 0.0) -> int | str:
        """The weight, or the refusal's code."""
        verdict = self.verdict(later)
        return verdict.grams if isinstance(verdict, TakenWeight) else str(verdict.code)

    def take(self) -> int:
        verdict = self.verdict()
        assert isinstance(verdict, TakenWeight), verdict
        self.watch.taken(verdict)
        return verdict.grams


def fresh(*, last_g: int | None = None, **rules: object) -> Scale:
    return Scale(PanWatch(PanRules(**rules), scale="1-scale", last_g=last_g))

# --- What is accepted ---------------------------------------------------------------------------


@pytest.mark.rule("D6")
def test_a_stable_steady_fresh_load_on_an_empty_pan_is_taken() -> None:
    scale = fresh().says(0, 1).says(820, 1.5)
    assert scale.grams() == 820


def test_the_raw_frames_of_the_settling_time_are_kept_as_proof() -> None:
    scale = fresh().says(0, 1).follows([300, 600], stable=False).says(820, 1.5)
    verdict = scale.verdict()
    assert isinstance(verdict, TakenWeight)
    assert 10 <= len(verdict.frames) <= 13
    assert all(raw.startswith(b"820@") for raw in verdict.frames)
    assert verdict.scale == "1-scale"


def test_no_more_frames_are_kept_than_prove_the_weight() -> None:
    scale = fresh().says(0, 1)
    scale.rate = 0.01
    verdict = scale.says(820, 3).verdict()
    assert isinstance(verdict, TakenWeight)
    assert len(verdict.frames) == 64


@pytest.mark.parametrize(
    ("shown", "whole"), [("820.4", 820), ("820.5", 821), ("820.49", 820), ("15.5", 16)]
)
def test_grams_are_rounded_half_up(shown: str, whole: int) -> None:
    scale = fresh(division_g=Decimal("0.1")).says(0, 1).says(shown, 1.5)
    assert scale.grams() == whole


def test_a_load_may_wander_by_one_division_and_the_last_value_counts() -> None:
    scale = fresh().says(0, 1).follows([820, 825] * 8)
    assert scale.grams() == 825


def test_a_stable_flag_does_not_excuse_a_creeping_load() -> None:
    scale = fresh(division_g=Decimal(1)).says(0, 1)
    scale.follows([round(820 - 0.3 * n, 1) for n in range(30)])
    assert scale.grams() == Code.WEIGHT_MOTION


def test_a_load_that_is_steady_but_not_long_enough_is_still_settling() -> None:
    scale = fresh().says(0, 1).says(820, 0.9)
    assert scale.grams() == Code.WEIGHT_MOTION
    assert scale.says(820, 0.3).grams() == 820


def test_one_frame_in_motion_starts_the_settling_anew() -> None:
    scale = fresh().says(0, 1).says(820, 0.8).says(820, 0.1, stable=False).says(820, 0.8)
    assert scale.grams() == Code.WEIGHT_MOTION
    assert scale.says(820, 0.5).grams() == 820


def test_a_gap_longer_than_a_second_starts_the_settling_anew() -> None:
    scale = fresh().says(0, 1).says(820, 0.8)
    scale.at += 1.1
    assert scale.says(820, 0.5).grams() == Code.WEIGHT_MOTION
    assert scale.says(820, 0.7).grams() == 820


def test_a_scale_that_polls_slowly_is_understood_too() -> None:
    scale = fresh()
    scale.rate = 0.5
    assert scale.says(0, 1).says(1250, 2).grams() == 1250


def test_frames_that_came_in_one_piece_belong_together() -> None:
    """A read brings several frames at once: they have the same time."""
    scale = fresh().says(0, 1)
    for _ in range(14):
        scale.says(820, 0.1)
        scale.watch.feed(frame(820, scale.at))
    assert scale.grams() == 820


def test_a_scale_that_speaks_once_a_second_is_not_called_away() -> None:
    scale = fresh()
    scale.rate = 1.0
    assert scale.says(0, 2).says(820, 2).grams() == 820


@pytest.mark.parametrize("stable", [True, None])
def test_the_longest_settling_time_is_reached_by_the_quickest_scale(stable: bool | None) -> None:
    scale = fresh(settle_s=30.0, max_age_s=0.1)
    scale.rate = 0.005
    scale.says(0, 1, stable=stable).says(820, 29.9, stable=stable)
    assert scale.grams() == Code.WEIGHT_MOTION
    assert scale.says(820, 0.2, stable=stable).grams() == 820


@pytest.mark.fault("F10")
def test_times_that_run_backwards_forget_what_was_seen() -> None:
    scale = fresh().says(0, 1).says(820, 2)
    scale.at -= 50
    assert scale.says(820, 0.5).grams() == Code.WEIGHT_MOTION


def test_one_flickering_zero_does_not_empty_the_pan() -> None:
    """The line drops a frame to zero now and then; the parcel on the pan is still the last one."""
    scale = fresh().says(0, 1).says(820, 2)
    assert scale.take() == 820
    for _ in range(5):
        scale.says(0, 0.1).says(820, 2)
    assert scale.grams() == Code.WEIGHT_NOT_CLEARED
    assert scale.says(0, 0.2).says(820, 2).grams() == 820


# --- Flagless protocols -------------------------------------------------------------------------


def test_without_a_flag_one_value_must_stand_for_more_than_a_second() -> None:
    scale = fresh().says(0, 1, stable=None).says(820, 1.1, stable=None)
    assert scale.grams() == Code.WEIGHT_MOTION
    assert scale.says(820, 0.2, stable=None).grams() == 820


def test_without_a_flag_no_number_of_equal_frames_is_enough() -> None:
    scale = fresh()
    scale.says(0, 1, stable=None)
    scale.rate = 0.005
    scale.says(820, 0.5, stable=None)
    assert scale.grams() == Code.WEIGHT_MOTION


def test_without_a_flag_one_division_is_a_change() -> None:
    scale = fresh().says(0, 1, stable=None).follows([820, 825] * 15, stable=None)
    assert scale.grams() == Code.WEIGHT_MOTION


def test_without_a_flag_the_smallest_change_is_a_change() -> None:
    scale = fresh().says(0, 1, stable=None).follows([820, 820.5] * 15, stable=None)
    assert scale.grams() == Code.WEIGHT_MOTION


def test_without_a_flag_three_tenths_of_a_second_at_zero_are_an_empty_pan() -> None:
    for held, code in ((0.25, Code.WEIGHT_MOTION), (0.3, Code.WEIGHT_EMPTY)):
        scale = Scale(PanWatch(PanRules(), last_g=820), at=-0.05, rate=0.05)
        scale.says(0, held + 0.05, stable=None)
        assert scale.at == held
        assert scale.watch.current(held) == (code, 0)


def test_a_short_settling_time_does_not_weaken_a_flagless_scale() -> None:
    scale = fresh(settle_s=0.0).says(0, 1, stable=None).says(820, 0.9, stable=None)
    assert scale.grams() == Code.WEIGHT_MOTION


def test_a_settling_time_of_none_takes_the_first_flagged_frame() -> None:
    assert fresh(settle_s=0.0).says(0, 1).says(820, 0.1).grams() == 820


def test_a_flagless_scale_is_empty_only_after_standing_at_zero() -> None:
    scale = fresh(last_g=820).says(820, 2, stable=None).follows([400, 0, 400], stable=None)
    assert scale.says(820, 2, stable=None).grams() == Code.WEIGHT_NOT_CLEARED
    assert scale.says(0, 0.5, stable=None).says(820, 2, stable=None).grams() == 820


# --- What is refused, each by its name ----------------------------------------------------------


@pytest.mark.rule("D6")
@pytest.mark.parametrize(
    ("grams", "facts", "code"),
    [
        (820, {"stable": False}, Code.WEIGHT_MOTION),
        (None, {"status": "motion", "stable": False}, Code.WEIGHT_MOTION),
        (None, {"status": "overload"}, Code.WEIGHT_OVERLOAD),
        (999999.9, {"status": "overload"}, Code.WEIGHT_OVERLOAD),
        (None, {"status": "underload"}, Code.WEIGHT_NEGATIVE),
        (-1640, {}, Code.WEIGHT_NEGATIVE),
        (-1640, {"mode": "net"}, Code.WEIGHT_NEGATIVE),
        (820, {"mode": "net"}, Code.WEIGHT_NET),
        (820, {"mode": "tare"}, Code.WEIGHT_TARE),
        (None, {}, Code.WEIGHT_UNIT),
        (None, {"status": "unsupported"}, Code.WEIGHT_UNIT),
        (None, {"status": "error"}, Code.WEIGHT_ERROR),
        (0, {}, Code.WEIGHT_EMPTY),
        (None, {"status": "zero"}, Code.WEIGHT_EMPTY),
        (8, {}, Code.WEIGHT_EMPTY),
        (-8, {}, Code.WEIGHT_EMPTY),
        (10, {}, Code.WEIGHT_EMPTY),  # two divisions, and not a gram more
        (-10, {}, Code.WEIGHT_EMPTY),
        (-11, {}, Code.WEIGHT_NEGATIVE),
    ],
)
def test_what_is_no_weight_has_a_name(
    grams: float | None, facts: dict[str, object], code: Code
) -> None:
    assert fresh().says(0, 1).says(grams, 2, **facts).grams() == code


@pytest.mark.parametrize("number", ["NaN", "Infinity", "9E+19"])
def test_a_number_that_is_none_is_never_a_weight(number: str) -> None:
    scale = fresh().says(0, 1).says(number, 2, status="overload")
    assert scale.grams() == Code.WEIGHT_OVERLOAD
    if number != "9E+19":
        assert fresh().says(0, 1).says(number, 2).grams() == Code.WEIGHT_UNIT


@pytest.mark.pain("23")
def test_a_net_weight_counts_where_the_shop_allows_it() -> None:
    assert fresh(allow_net=True).says(0, 1).says(820, 2, mode="net").grams() == 820


def test_a_scale_that_was_never_heard_is_silent() -> None:
    assert fresh().grams() == Code.WEIGHT_SILENT


@pytest.mark.fault("F4")
@pytest.mark.pain("18")
def test_an_old_value_is_no_value() -> None:
    scale = fresh().says(0, 1).says(820, 2)
    assert scale.grams(later=0.9) == 820
    assert scale.grams(later=1.0) == 820
    assert scale.grams(later=1.1) == Code.WEIGHT_STALE
    assert scale.grams(later=3.0) == Code.WEIGHT_STALE
    assert scale.grams(later=4.0) == Code.WEIGHT_SILENT


def test_where_values_age_sooner_the_scale_is_called_silent_sooner() -> None:
    scale = fresh(max_age_s=0.5).says(0, 1).says(820, 2)
    assert [scale.grams(later=age) for age in (0.5, 0.6, 1.4, 1.6)] == [
        820, Code.WEIGHT_STALE, Code.WEIGHT_STALE, Code.WEIGHT_SILENT]


def test_trouble_is_forgotten_once_the_scale_settles() -> None:
    scale = fresh().says(0, 1).says(None, 1, status="overload").says(820, 1.5)
    assert scale.grams() == 820


@pytest.mark.pain("24")
def test_overload_and_settling_never_read_as_zero() -> None:
    scale = fresh().says(0, 1).says(None, 0.5, status="overload")
    assert scale.watch.current(scale.at) == (Code.WEIGHT_OVERLOAD, None)
    scale.says(None, 0.5, status="motion", stable=False)
    assert scale.watch.current(scale.at) == (Code.WEIGHT_MOTION, None)


# --- Whose weight it is -------------------------------------------------------------------------


@pytest.mark.rule("D6")
@pytest.mark.fault("F4")
def test_the_parcel_that_stays_on_the_pan_is_not_weighed_twice() -> None:
    scale = fresh().says(0, 1).says(820, 1.5)
    scale.take()
    assert scale.says(820, 5).grams() == Code.WEIGHT_NOT_CLEARED


@pytest.mark.parametrize("stable", [True, None])
def test_a_parcel_lifted_while_it_is_booked_leaves_an_empty_pan(stable: bool | None) -> None:
    scale = fresh().says(0, 1, stable=stable).says(820, 1.5, stable=stable)
    verdict = scale.verdict()
    assert isinstance(verdict, TakenWeight)
    scale.says(0, 1, stable=stable)
    scale.watch.taken(verdict)
    assert scale.says(0, 0.2, stable=stable).says(820, 1.5, stable=stable).grams() == 820


def test_the_packer_is_told_which_weight_still_lies_there() -> None:
    scale = fresh().says(0, 1).says(820, 1.5)
    scale.take()
    assert scale.says(825, 1.5).verdict() == Refusal(Code.WEIGHT_NOT_CLEARED, {"last_g": 820})


def test_another_load_is_one_that_differs_by_more_than_twenty_grams() -> None:
    for grams in (840, 800):
        assert fresh(last_g=820).says(grams, 3).grams() == Code.WEIGHT_NOT_CLEARED
    assert fresh(last_g=820).says(841, 3).grams() == 841
    assert fresh(last_g=820).says(799, 3).grams() == 799


@pytest.mark.parametrize("stable", [True, None])
@pytest.mark.parametrize("rest", [10, -10])
def test_a_pan_at_rest_two_divisions_off_zero_is_empty(rest: int, stable: bool | None) -> None:
    off = {10: Code.WEIGHT_NOT_CLEARED, -10: Code.WEIGHT_NEGATIVE}[rest]
    for shown, told in ((rest, 820), (rest + rest // 10, off)):
        scale = fresh(last_g=820).says(shown, 0.5, stable=stable).says(820, 1.5, stable=stable)
        assert scale.grams() == told


def test_a_bump_does_not_make_it_another_parcel() -> None:
    scale = fresh().says(0, 1).says(820, 1.5)
    scale.take()
    scale.follows([900, 1400, 2, -300, 600], stable=False).says(820, 3)
    assert scale.grams() == Code.WEIGHT_NOT_CLEARED


def test_drift_does_not_make_it_another_parcel() -> None:
    scale = fresh().says(0, 1).says(820, 1.5)
    scale.take()
    assert scale.says(825, 3).says(830, 3).says(835, 3).grams() == Code.WEIGHT_NOT_CLEARED


@pytest.mark.pain("16")
def test_after_an_empty_pan_an_equal_weight_is_a_new_parcel() -> None:
    scale = fresh().says(0, 1).says(820, 1.5)
    scale.take()
    assert scale.says(0, 0.5).says(820, 1.5).grams() == 820


def test_a_quick_change_to_another_load_is_seen_without_an_empty_pan() -> None:
    scale = fresh().says(0, 1).says(820, 1.5)
    scale.take()
    assert scale.follows([700, 600], stable=False).says(560, 1.5).grams() == 560


def test_a_quick_change_to_an_equal_load_asks_for_a_cleared_pan() -> None:
    scale = fresh().says(0, 1).says(820, 1.5)
    scale.take()
    scale.follows([300, 500], stable=False).says(825, 1.5)
    assert scale.grams() == Code.WEIGHT_NOT_CLEARED


def test_a_weight_that_was_not_booked_may_be_taken_again() -> None:
    scale = fresh().says(0, 1).says(820, 1.5)
    assert scale.grams() == 820
    assert scale.says(820, 1).grams() == 820


def test_after_a_restart_the_last_parcel_still_on_the_pan_is_known() -> None:
    assert fresh(last_g=820).says(820, 3).grams() == Code.WEIGHT_NOT_CLEARED
    assert fresh(last_g=820).says(560, 3).grams() == 560
    assert fresh(last_g=820).says(0, 1).says(820, 3).grams() == 820


def test_a_cable_that_was_pulled_clears_everything() -> None:
    scale = fresh(last_g=820).says(0, 1).says(820, 0.9)
    scale.watch.clear()
    assert scale.grams() == Code.WEIGHT_SILENT
    assert scale.says(820, 3).grams() == Code.WEIGHT_NOT_CLEARED


@pytest.mark.pain("17")
def test_no_frame_from_before_the_cable_was_pulled_proves_anything() -> None:
    scale = fresh().says(0, 1).says(820, 0.9)
    scale.watch.clear()
    assert scale.says(820, 0.3).grams() == Code.WEIGHT_MOTION


def test_without_settings_a_scale_has_divisions_of_five_grams_and_settles_a_second() -> None:
    rules = PanRules()
    assert (rules.settle_s, rules.max_age_s, rules.allow_net) == (1.0, 1.0, False)
    assert (rules.division_g, rules.empty_g, rules.change_g) == (5, 10, 20)
    assert PanRules(division_g=Decimal(1)).change_g == 20
    assert PanRules(division_g=Decimal(10)).change_g == 40


# --- On the screen ------------------------------------------------------------------------------


@pytest.mark.pain("24")
def test_the_screen_shows_a_number_only_where_there_is_one() -> None:
    scale = fresh().says(0, 1)
    assert scale.watch.current(scale.at) == (Code.WEIGHT_EMPTY, 0)
    scale.says(412, 0.3, stable=False)
    assert scale.watch.current(scale.at) == (Code.WEIGHT_MOTION, 412)
    scale.says(820, 0.3)
    assert scale.watch.current(scale.at) == (Code.WEIGHT_MOTION, 820)
    scale.says(820, 1)
    assert scale.watch.current(scale.at) == (None, 820)
    assert scale.watch.current(scale.at + 1.5) == (Code.WEIGHT_STALE, None)


@pytest.mark.fault("F5")
def test_the_screen_says_empty_only_when_the_next_load_will_count() -> None:
    """Who sees "empty" lays the next parcel on at once: a flicker must not invite it."""
    scale = fresh().says(0, 1).says(820)
    scale.take()
    scale.says(0, 0.1)
    assert scale.watch.current(scale.at) == (Code.WEIGHT_MOTION, 0)
    assert scale.says(820).grams() == Code.WEIGHT_NOT_CLEARED
    scale.says(0, 0.2)
    assert scale.watch.current(scale.at) == (Code.WEIGHT_EMPTY, 0)
    assert scale.says(820).grams() == 820


def test_a_fine_scale_that_only_says_zero_is_empty_and_no_number_is_made_up_for_it() -> None:
    scale = fresh(last_g=820, division_g=Decimal("0.1")).says(None, 0.2, status="zero")
    assert scale.watch.current(scale.at) == (Code.WEIGHT_EMPTY, None)
    assert scale.says(820, 1.5).grams() == 820


# --- Recordings, as a person would write them down ----------------------------------------------


def written_down(scale: Scale, story: list[tuple[float, float, bool | None]]) -> list[int]:
    """Play (grams, seconds, stable) and note every weight as the bench would, once each."""
    weights: list[int] = []
    for grams, seconds, stable in story:
        for _ in range(round(seconds / scale.rate)):
            scale.says(grams, scale.rate, stable=stable)
            verdict = scale.verdict()
            if isinstance(verdict, TakenWeight):
                weights.append(verdict.grams)
                scale.watch.taken(verdict)
    return weights


def test_a_morning_of_parcels_reads_as_written_down() -> None:
    story: list[tuple[float, float, bool | None]] = [(0, 2, True)]
    for grams in (820, 455, 455, 1240):
        story += [(grams * 0.6, 0.3, False), (grams * 1.1, 0.2, False), (grams, 4, True),
                  (grams * 0.3, 0.2, False), (0, 1, True)]
    assert written_down(fresh(), story) == [820, 455, 455, 1240]


def test_moving_frames_that_repeat_are_never_written_down() -> None:
    story: list[tuple[float, float, bool | None]] = [(0, 2, True)]
    story += [(100 + 5 * n, 0.4, False) for n in range(40)]
    story += [(300, 2, True)]
    assert written_down(fresh(), story) == [300]


def test_a_flagless_morning_reads_as_written_down() -> None:
    story: list[tuple[float, float, bool | None]] = [(0, 2, None)]
    for grams in (820, 455, 455):
        story += [(grams * part / 10, 0.4, None) for part in (3, 7, 11, 9)]
        story += [(grams, 3, None), (0, 1, None)]
    assert written_down(fresh(), story) == [820, 455, 455]


def test_a_load_that_settles_slowly_gives_its_last_value() -> None:
    values = [612 - 40 / (n + 1) for n in range(40)]
    story: list[tuple[float, float, bool | None]] = [(0, 1, True)]
    story += [(round(value / 5) * 5, 0.1, True) for value in values]
    story += [(610, 2, True)]
    assert written_down(fresh(), story) == [610]
