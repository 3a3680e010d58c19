"""What others do meanwhile, and what a restart finds."""

from __future__ import annotations

from typing import Any

import pytest

from station.db.models import Parcel
from station.domain.refusals import Code
from station.domain.screen import Mood, Step
from station.services import holds

BAR = {"JN-B-31": "6900000000001", "TS-W-M": "6900000000003", "TS-W-L": "6900000000004",
       "TS-R-M": "6900000000005", "HD-G-XL": "6900000000006"}


def item(sku: str, quantity: int = 1, waist: int | None = None) -> tuple[str, int, int | None]:
    return sku, quantity, waist


# --- What others do meanwhile -------------------------------------------------------------------


def test_a_refund_told_meanwhile_is_an_alarm_at_the_next_look(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    desk.scan(parcel.waybill_no, BAR["TS-W-M"])
    desk.house.stop(parcel)
    desk.flow.look_again()
    view = desk.view()
    assert (view.verdict.mood, desk.code(), view.locked) == (
        Mood.ALARM, Code.WAYBILL_STOPPED, True)
    view = desk.ok()
    assert (view.step, view.prompt.code) == (Step.APART, "prompt.apart")
    view = desk.ok()
    assert (view.step, desk.code()) == (Step.IDLE, "parcel.apart")
    assert desk.house.parcel(parcel).state == "void"


def test_a_refund_told_meanwhile_is_an_alarm_at_the_next_scan(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    desk.scan(parcel.waybill_no)
    desk.house.stop(parcel)
    view = desk.scan(BAR["TS-W-M"])
    assert (view.verdict.mood, view.step) == (Mood.ALARM, Step.APART)
    assert desk.house.packed(parcel) == {"TS-W-M": 0}


def test_a_stopped_parcel_brought_back_to_the_bench_is_taken_apart(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"), state="signed")
    desk.house.stop(parcel)
    view = desk.scan(parcel.waybill_no)
    assert (view.verdict.mood, view.locked, view.step) == (Mood.ALARM, True, Step.APART)
    desk.ok()
    desk.ok()
    assert desk.house.parcel(parcel).state == "void"


def test_a_stopped_parcel_may_wait_for_another_hour(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"), state="signed")
    desk.house.stop(parcel)
    desk.scan(parcel.waybill_no)
    desk.ok()
    assert desk.scan("PBCMD-NEXT").step is Step.IDLE
    assert desk.house.parcel(parcel).state == "stopped"


def test_a_hold_told_meanwhile_sets_the_parcel_aside_once_it_was_seen(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    desk.scan(parcel.waybill_no, BAR["TS-W-M"])
    desk.house.hold(parcel)
    view = desk.scan(BAR["TS-W-M"])
    assert (desk.code(), view.verdict.mood) == (Code.WAYBILL_HELD, Mood.ALARM)
    view = desk.ok()
    assert (view.step, desk.code()) == (Step.IDLE, "parcel.left")
    assert desk.house.parcel(parcel).bench == ""


def test_a_hold_that_is_gone_before_it_was_acknowledged_changes_nothing(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    desk.scan(parcel.waybill_no)
    desk.house.hold(parcel)
    desk.flow.look_again()
    assert desk.code() == Code.WAYBILL_HELD
    desk.house.write(lambda s: holds.release(s, s.get(Parcel, parcel.id), now=desk.house.now))
    assert desk.ok().step is Step.ITEMS


def test_a_parcel_taken_away_by_hand_is_noticed(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    desk.scan(parcel.waybill_no)
    desk.house.write(lambda s: setattr(s.get(Parcel, parcel.id), "bench", "9"))
    desk.flow.look_again()
    view = desk.view()
    assert (view.step, desk.code(), view.locked) == (
        Step.IDLE, "parcel.changed_elsewhere", True)


def test_looking_again_says_nothing_when_nothing_changed(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    before = desk.scan(parcel.waybill_no)
    desk.flow.look_again()
    assert desk.view() == before


# --- After a restart ----------------------------------------------------------------------------


@pytest.mark.parametrize("step", list(Step))
def test_a_restart_goes_on_at_the_same_step(desk: Any, step: Step) -> None:
    house = desk.house
    reach(desk, step)
    if step in (Step.REASON, Step.MANAGER):
        step = Step.WEIGHT_OFF  # what a person was asked for is asked for again
    if step is Step.CHECK:
        step = Step.WEIGH
    before = desk.view()
    after = house.flow().view()
    assert after.step is step
    assert after.parcel == before.parcel


def reach(desk: Any, step: Step) -> None:
    """Bring the desk to this step by scanning."""
    house = desk.house
    parcel = house.print_parcel(
        item("JN-B-31", 1, 740), item("HD-G-XL"), note="易碎" if step is Step.NOTE else "")
    if step is Step.IDLE:
        return
    if step is Step.APART:
        desk.scan(parcel.waybill_no)
        house.stop(parcel)
        desk.flow.look_again()
        return
    walk = {
        Step.NOTE: (), Step.ITEMS: (), Step.MEASURE: (BAR["JN-B-31"],),
    }
    desk.scan(parcel.waybill_no, *walk.get(step, ()))
    if step in walk:
        return
    desk.scan(BAR["HD-G-XL"], BAR["JN-B-31"])
    desk.digits("741")
    desk.done()
    finish(desk, step)
    assert desk.view().step is step


def finish(desk: Any, step: Step) -> None:
    """From the full parcel on."""
    if step is Step.MATERIAL:
        return
    desk.scan("PBMAT-BAG-STO")
    if step is Step.CHECKLIST:
        return
    desk.done()
    if step in (Step.WEIGHT_OFF, Step.REASON, Step.MANAGER):
        desk.put(400)
    if step in (Step.REASON, Step.MANAGER):
        desk.scan("PBCMD-ACCEPT")
    if step is Step.MANAGER:
        desk.scan("PBWHY-SCALE")
    if step is Step.SIGN:
        desk.put(1200)
    if step is Step.CHECK:
        desk.scan("PBCMD-CHECK")


@pytest.mark.pain("26")
@pytest.mark.parametrize("step", list(Step))
def test_every_step_is_reached_and_left_by_scanning_alone(desk: Any, step: Step) -> None:
    reach(desk, step)
    desk.scan("PBCMD-OK")
    desk.scan("PBCMD-CANCEL", "PBCMD-CANCEL", "PBCMD-OK", "PBCMD-NEXT", "PBCMD-OK")
    assert desk.view().step is Step.IDLE


def test_a_restart_knows_the_parcel_that_is_still_on_the_pan(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    desk.put(500)
    assert desk.view().step is Step.WEIGHT_OFF
    again = desk.house.flow()
    assert again.put(500, 5).step is Step.WEIGHT_OFF
    assert again.view().weight.state == Code.WEIGHT_NOT_CLEARED


def test_a_restart_while_stopped_or_held_rings_again(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    desk.scan(parcel.waybill_no)
    desk.house.hold(parcel)
    assert desk.house.flow().view().verdict.mood is Mood.ALARM
