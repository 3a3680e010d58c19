"""校秤 at the bench: by scanning alone, with words, and heeded by the next weighing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from station.domain.parcel import ParcelState
from station.domain.refusals import Code
from station.domain.scale_checks import CheckRules
from station.domain.screen import Mood, Step

CHECK, ZERO, CANCEL = "PBCMD-CHECK", "PBCMD-ZERO", "PBCMD-CANCEL"


def strict(house: Any, *weights: int, required: bool = True) -> Any:
    """A bench in a shop that insists on the check; its pan is empty."""
    house.rules = replace(house.rules, scale_checks=CheckRules(weights or (500,), 5, required))
    desk = house.flow()
    desk.clear_pan()
    return desk


@pytest.mark.rule("D6")
def test_the_check_is_scanned_weighed_and_done_without_a_key(house: Any) -> None:
    desk = strict(house)
    view = desk.scan(CHECK)
    assert (view.step, view.prompt.facts) == (Step.CHECK, {"known_g": 500})
    view = desk.put(501)
    assert (desk.code(), view.verdict.mood, view.step) == ("check.passed", Mood.DONE, Step.IDLE)


def test_several_known_weights_are_asked_for_one_after_the_other(house: Any) -> None:
    desk = strict(house, 500, 2000)
    desk.scan(CHECK)
    view = desk.put(500)
    assert (desk.code(), view.prompt.facts) == ("check.next", {"known_g": 2000})
    desk.clear_pan()
    desk.put(1999)
    assert desk.code() == "check.passed"


def test_the_first_weight_left_on_is_not_taken_for_the_second(house: Any) -> None:
    desk = strict(house, 500, 505)
    desk.scan(CHECK)
    desk.put(500, seconds=10)
    assert desk.code() == "check.next"


def test_a_scale_that_is_off_is_told_loudly_and_can_be_checked_again(house: Any) -> None:
    desk = strict(house)
    desk.scan(CHECK)
    view = desk.put(560)
    assert (desk.code(), view.verdict.mood, view.locked) == ("check.failed", Mood.BAD, True)
    desk.ok()
    desk.clear_pan()
    desk.scan(CHECK)
    desk.put(500)
    assert desk.code() == "check.passed"


@pytest.mark.rule("D6")
def test_an_unchecked_scale_refuses_the_parcel_once_and_says_what_to_scan(house: Any) -> None:
    desk = strict(house)
    parcel = house.print_parcel(("TS-W-M", 1, None))
    desk.pack(parcel, "TS-W-M")
    view = desk.put(180, seconds=5)
    assert desk.code() == Code.SCALE_UNCHECKED
    assert view.verdict.mood is Mood.WARN
    said = [one.message.code for one in view.recent].count(Code.SCALE_UNCHECKED)
    assert said == 1
    assert house.parcel(parcel).state == ParcelState.PACKED

    desk.clear_pan()
    desk.scan(CHECK)
    desk.put(500)
    assert desk.view().step is Step.WEIGH
    desk.clear_pan()
    desk.put(180)
    assert house.parcel(parcel).state == ParcelState.WEIGHED


def test_a_failed_scale_weighs_no_parcel_even_where_the_check_is_free(house: Any) -> None:
    desk = strict(house, required=False)
    desk.scan(CHECK)
    desk.put(400)
    desk.ok()
    desk.clear_pan()
    parcel = house.print_parcel(("TS-W-M", 1, None))
    desk.pack(parcel, "TS-W-M")
    view = desk.put(180)
    assert (desk.code(), view.verdict.mood) == (Code.SCALE_FAILED, Mood.BAD)
    assert house.parcel(parcel).state == ParcelState.PACKED


def test_a_check_can_be_given_up(house: Any) -> None:
    desk = strict(house)
    desk.scan(CHECK)
    assert desk.scan(CANCEL).step is Step.IDLE
    desk.put(500)
    assert desk.code() != "check.passed"


@pytest.mark.parametrize("weights", [(), (500,)])
def test_a_check_in_the_middle_of_packing_is_out_of_turn(
    house: Any, weights: tuple[int, ...]
) -> None:
    house.rules = replace(house.rules, scale_checks=CheckRules(weights))
    desk = house.flow()
    if weights:
        desk.scan(house.print_parcel(("TS-W-M", 2, None)).waybill_no)
    desk.scan(CHECK)
    assert desk.code() == Code.BENCH_NOT_NOW


def test_a_bench_without_a_scale_checks_and_zeroes_nothing(house: Any) -> None:
    desk = house.flow(scale="")
    for command in (CHECK, ZERO):
        desk.scan(command)
        assert desk.code() == Code.BENCH_NOT_NOW


def test_zero_is_sent_to_an_empty_scale(desk: Any) -> None:
    sent: list[str] = []
    desk.flow.tell_scale = lambda word: sent.append(word) or True
    desk.put(15)
    desk.scan(ZERO)
    assert (desk.code(), sent) == ("scale.zero_sent", ["zero"])


def test_a_scale_with_a_parcel_on_it_is_not_zeroed(desk: Any) -> None:
    sent: list[str] = []
    desk.flow.tell_scale = lambda word: sent.append(word) or True
    desk.put(300)
    desk.scan(ZERO)
    assert (desk.code(), sent) == (Code.WEIGHT_NOT_CLEARED, [])


def test_a_scale_without_such_a_command_names_its_own_key(desk: Any) -> None:
    desk.scan(ZERO)
    assert desk.code() == Code.SCALE_NO_COMMAND
