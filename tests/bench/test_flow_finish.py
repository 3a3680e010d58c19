"""Packaging, weight, signature and reprint: the bench's answers, step by step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from drivers.interfaces import DeviceState, Health
from station.db.models import Alarm, History, PrintJob, Staff, Weighing
from station.domain.refusals import Code
from station.domain.screen import Mood, Step

PIN = "246810"
BAR = {"JN-B-31": "6900000000001", "TS-W-M": "6900000000003", "TS-W-L": "6900000000004",
       "TS-R-M": "6900000000005", "HD-G-XL": "6900000000006"}


def item(sku: str, quantity: int = 1, waist: int | None = None) -> tuple[str, int, int | None]:
    return sku, quantity, waist


# --- Packaging and weight -----------------------------------------------------------------------


@pytest.mark.rule("D5")
def test_the_carriers_bag_is_proposed_and_another_may_be_scanned(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    view = desk.scan(parcel.waybill_no, BAR["TS-W-M"])
    assert view.prompt.facts == {"proposed": "BAG-STO", "name": "申通中号袋"}
    view = desk.scan("PBMAT-BOX")
    assert (view.step, view.parcel.packaging) == (Step.CHECKLIST, "BOX")
    assert len(view.parcel.checklist) == 3
    assert desk.scan("PBMAT-BAG-STO").parcel.packaging == "BAG-STO"


def test_one_piece_too_many_is_caught_after_the_parcel_is_full(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    desk.scan(parcel.waybill_no, BAR["TS-W-M"], BAR["TS-W-M"])
    assert desk.code() == Code.ITEM_TOO_MANY
    assert desk.ok().step is Step.MATERIAL


@pytest.mark.rule("D6")
def test_the_weight_is_taken_by_itself_when_it_is_good(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    view = desk.pack(parcel, "HD-G-XL")
    assert (view.step, view.parcel.expected_g, view.parcel.tolerance_g) == (Step.WEIGH, 640, 15)
    view = desk.put(645)
    assert (view.step, desk.code()) == (Step.SIGN, "weight.taken")
    assert view.parcel.weight_g == 645


@pytest.mark.fault("F5")
def test_the_parcel_before_that_is_still_on_the_pan_is_not_weighed_again(desk: Any) -> None:
    first, second = (desk.house.print_parcel(item("HD-G-XL")) for _ in range(2))
    desk.pack(first, "HD-G-XL")
    desk.put(640)
    desk.scan("PBID-0007")
    desk.digits(PIN)
    desk.done()
    desk.pack(second, "HD-G-XL")
    view = desk.put(640, 5)
    assert (view.step, view.weight.state) == (Step.WEIGH, Code.WEIGHT_NOT_CLEARED)
    desk.scan("PBCMD-WEIGH")
    assert desk.code() == Code.WEIGHT_NOT_CLEARED
    desk.clear_pan()
    assert desk.put(640).step is Step.SIGN


@pytest.mark.parametrize(
    ("grams", "facts", "state"),
    [(0, {}, Code.WEIGHT_EMPTY), (640, {"stable": False}, "settling"),
     (-640, {}, Code.WEIGHT_NEGATIVE)])
def test_the_screen_says_why_no_weight_is_taken(
    desk: Any, grams: int, facts: dict[str, Any], state: str
) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    view = desk.put(grams, 3, **facts)
    assert (view.step, view.weight.state) == (Step.WEIGH, state)
    desk.scan("PBCMD-WEIGH")
    assert desk.code().startswith("weight.")
    assert not desk.view().locked


def test_a_silent_scale_gives_no_weight(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    view = desk.view()
    assert (view.weight.state, view.weight.grams) == (Code.WEIGHT_SILENT, None)


def test_a_scale_that_was_unplugged_starts_afresh(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    desk.put(640, 0.9)
    for state in (DeviceState.GONE, DeviceState.READY):
        desk.flow.health(Health("1-scale", "scale", state, "COM3", "gone"))
    view = desk.put(640, 0.5)
    assert view.step is Step.WEIGH
    assert view.devices[0].state == "ready"
    assert desk.put(640, 1).step is Step.SIGN


def test_another_devices_trouble_does_not_touch_the_scale(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    desk.put(640, 0.9)
    desk.flow.health(Health("1-printer", "printer", DeviceState.ATTENTION, "usb", "paper_out"))
    assert desk.put(640, 0.5).step is Step.SIGN


def test_a_bench_without_a_scale_says_so(house: Any) -> None:
    desk = house.flow(scale="")
    assert desk.view().weight.state == "none"
    parcel = house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    desk.scan("PBCMD-WEIGH")
    assert desk.code() == Code.WEIGHT_SILENT


@pytest.mark.rule("D6")
def test_a_weight_that_is_off_says_what_would_explain_it(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"), item("TS-W-M"))
    desk.pack(parcel, "HD-G-XL", "TS-W-M")
    view = desk.put(640)
    assert (view.step, desk.code(), view.locked) == (Step.WEIGHT_OFF, Code.WEIGHT_OFF, False)
    assert view.verdict.mood is Mood.BAD
    assert view.verdict.message.facts["diff_g"] == -160
    assert (view.parcel.weight_g, view.parcel.expected_g) == (640, 800)
    assert view.parcel.explanation[0].code == "explain.missing"
    assert view.parcel.explanation[0].facts["item_no"] == "TS1103"


def test_a_parcel_that_is_off_is_weighed_again_once_the_pan_was_cleared(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    desk.put(500)
    assert desk.put(500, 5).step is Step.WEIGHT_OFF
    weighings = desk.house.read(lambda s: s.scalars(select(Weighing)).all())
    assert len(weighings) == 1
    desk.clear_pan()
    view = desk.put(641)
    assert (view.step, view.parcel.explanation) == (Step.SIGN, ())


def test_a_parcel_that_is_off_is_repacked_piece_by_piece(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    desk.put(500)
    view = desk.scan("PBCMD-REPACK")
    assert (view.step, view.parcel.items[0].packed) == (Step.ITEMS, 0)
    assert view.parcel.explanation == ()
    assert desk.scan(BAR["HD-G-XL"]).step is Step.CHECKLIST


@pytest.mark.rule("D6")
def test_a_manager_accepts_a_weight_by_scanning_alone(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    desk.put(500)
    view = desk.scan("PBCMD-ACCEPT")
    assert (view.step, view.prompt.facts) == (Step.REASON, {"why": "accept"})
    assert desk.scan("PBWHY-SCALE").step is Step.MANAGER
    desk.scan("PBID-0007")
    assert desk.code() == Code.SIGN_MANAGER_NEEDED
    view = desk.scan("PBID-0001")
    assert view.prompt.code == "prompt.manager_pin"
    assert desk.digits(PIN).entry == "••••••"
    view = desk.done()
    assert (view.step, desk.code(), view.parcel.weight_g) == (Step.SIGN, "weight.accepted", 500)


@pytest.mark.parametrize("way_out", ["PBCMD-UNDO", "PBCMD-CANCEL"])
def test_a_question_is_left_by_scanning(desk: Any, way_out: str) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    desk.put(500)
    assert desk.scan("PBCMD-ACCEPT", way_out).step is Step.WEIGHT_OFF
    assert desk.scan("PBCMD-ACCEPT", "PBWHY-SCALE", way_out).step is Step.WEIGHT_OFF
    desk.scan("PBCMD-ACCEPT", "PBWHY-SCALE", "PBID-0001", "PBCMD-2")
    assert desk.scan("PBCMD-CANCEL").step is Step.WEIGHT_OFF


def test_goods_and_readings_wait_while_a_question_is_open(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    desk.put(500)
    desk.scan("PBCMD-ACCEPT", BAR["HD-G-XL"])
    assert desk.code() == Code.BENCH_NOT_NOW
    desk.clear_pan()
    assert desk.put(640).step is Step.REASON
    assert desk.scan("PBMAT-BOX").verdict.message.code == Code.BENCH_NOT_NOW


def test_only_a_weight_that_is_off_is_accepted(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    desk.scan("PBCMD-ACCEPT")
    assert desk.code() == Code.BENCH_NOT_NOW


def test_a_weighed_parcel_may_be_weighed_once_more(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    desk.put(640)
    desk.clear_pan()
    desk.put(643)
    assert desk.view().parcel.weight_g == 640
    view = desk.scan("PBCMD-WEIGH")
    desk.put(643)
    assert view.step is Step.SIGN
    assert desk.scan("PBCMD-WEIGH").verdict is not None


# --- Signing ------------------------------------------------------------------------------------


def weighed(desk: Any) -> Any:
    parcel = desk.house.print_parcel(item("HD-G-XL"))
    desk.pack(parcel, "HD-G-XL")
    desk.put(640)
    return parcel


@pytest.mark.rule("D5")
def test_a_drawn_signature_is_the_packers_who_is_signed_in(desk: Any) -> None:
    desk.scan("PBID-0007")
    parcel = weighed(desk)
    desk.flow.touch("sign", {"strokes": [[[0, 0], [500, 500]]]})
    assert (desk.view().step, desk.code()) == (Step.IDLE, "sign.signed")
    assert desk.house.parcel(parcel).packer == "阿明"


def test_a_drawn_signature_needs_a_name(desk: Any) -> None:
    weighed(desk)
    desk.flow.touch("sign", {"strokes": [[[0, 0], [500, 500]]]})
    assert desk.code() == Code.SIGN_NOBODY
    desk.scan("PBID-0007")
    desk.flow.touch("sign", {"strokes": [[[0, 0], [500, 500]]]})
    assert desk.code() == "sign.signed"


def test_a_signature_before_its_time_is_refused(desk: Any) -> None:
    desk.flow.touch("sign", {"strokes": [[[0, 0], [500, 500]]]})
    assert desk.code() == Code.BENCH_NOT_NOW


def test_an_empty_signature_is_refused_and_may_be_drawn_again(desk: Any) -> None:
    desk.scan("PBID-0007")
    weighed(desk)
    desk.flow.touch("sign", {"strokes": []})
    assert desk.code() == Code.SIGN_EMPTY
    assert desk.view().step is Step.SIGN


def test_a_locked_screen_takes_no_signature(desk: Any) -> None:
    desk.scan("PBID-0007")
    weighed(desk)
    desk.scan("unknown thing")
    desk.flow.touch("sign", {"strokes": [[[0, 0], [500, 500]]]})
    assert desk.code() == Code.BENCH_ACKNOWLEDGE_FIRST


@pytest.mark.rule("D5")
def test_a_wrong_pin_signs_nothing_and_locks_the_badge_in_the_end(desk: Any) -> None:
    parcel = weighed(desk)
    desk.scan("PBID-0007")
    for left in (4, 3, 2, 1, 0):
        desk.digits("111111")
        view = desk.done()
        assert (desk.code(), view.verdict.message.facts["left"]) == (Code.SIGN_WRONG_PIN, left)
    desk.digits(PIN)
    assert desk.done().verdict.message.facts["minutes"] == 5
    assert desk.code() == Code.SIGN_LOCKED
    assert desk.house.parcel(parcel).state == "weighed"
    alarms = desk.house.read(lambda s: s.scalars(select(Alarm)).all())
    assert [alarm.code for alarm in alarms] == ["pin_locked"]
    desk.house.now += timedelta(minutes=20)
    desk.digits(PIN)
    assert desk.done().step is Step.IDLE


def test_a_pin_is_nowhere_to_be_read(desk: Any) -> None:
    weighed(desk)
    desk.scan("PBID-0007")
    view = desk.digits(PIN)
    assert PIN not in repr(view)
    assert view.prompt.code == "prompt.sign_pin"
    desk.done()
    texts = desk.house.read(lambda s: s.scalars(select(History.data)).all())
    assert not any(PIN in text for text in texts)


def test_somebody_else_may_sign_instead(desk: Any) -> None:
    desk.scan("PBID-0007")
    parcel = weighed(desk)
    desk.scan("PBID-0007", "PBID-0001")
    desk.digits(PIN)
    desk.done()
    assert desk.house.parcel(parcel).packer == "老王"
    assert desk.view().packer == "阿明"


def test_the_pin_entry_is_left_by_scanning(desk: Any) -> None:
    weighed(desk)
    desk.scan("PBID-0007", "PBCMD-1")
    view = desk.scan("PBCMD-CANCEL")
    assert (view.step, view.entry, view.prompt.code) == (Step.SIGN, "", "prompt.sign")


@pytest.mark.fault("F25")
def test_the_person_who_leaves_while_the_pin_is_typed_cannot_sign(desk: Any) -> None:
    parcel = weighed(desk)
    desk.scan("PBID-0007")
    desk.house.write(lambda s: setattr(
        s.scalar(select(Staff).where(Staff.name == "阿明")), "active", False))
    desk.digits(PIN)
    desk.done()
    assert desk.code() == Code.SIGN_UNKNOWN_BADGE
    assert desk.house.parcel(parcel).state == "weighed"


# --- Reprints -----------------------------------------------------------------------------------


@pytest.mark.pain("14")
def test_a_torn_label_is_printed_again_with_its_reason(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    desk.scan(parcel.waybill_no)
    view = desk.scan("PBCMD-REPRINT")
    assert (view.step, view.prompt.facts) == (Step.REASON, {"why": "reprint"})
    view = desk.scan("PBWHY-TORN")
    assert (view.step, desk.code()) == (Step.ITEMS, "reprint.asked")
    jobs = desk.house.read(lambda s: s.scalars(select(PrintJob).order_by(PrintJob.id)).all())
    assert [(job.copy, job.reason, job.bench) for job in jobs] == [(0, "", ""), (1, "TORN", "1")]
    assert desk.scan(BAR["TS-W-M"]).step is Step.MATERIAL


@pytest.mark.pain("14")
def test_a_sealed_parcel_is_printed_again_from_its_refusal(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"), state="signed")
    desk.scan(parcel.waybill_no)
    desk.ok()
    desk.scan("PBCMD-REPRINT", "PBWHY-TORN")
    assert desk.code() == "reprint.asked"


def test_a_sealed_parcel_is_repacked_from_its_refusal(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"), state="signed")
    desk.scan(parcel.waybill_no)
    assert desk.code() == Code.WAYBILL_SEALED
    desk.ok()
    view = desk.scan("PBCMD-REPACK")
    assert (view.step, view.parcel.items[0].packed) == (Step.ITEMS, 0)


def test_nothing_is_printed_again_for_an_unknown_reason(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    desk.scan(parcel.waybill_no, "PBCMD-REPRINT", "PBWHY-FUN")
    assert desk.code() == Code.BENCH_UNKNOWN_CODE
    jobs = desk.house.read(lambda s: s.scalars(select(PrintJob)).all())
    assert len(jobs) == 1


def test_the_packer_scans_for_the_slip_of_the_shift(desk: Any) -> None:
    assert desk.scan("PBCMD-SLIP").verdict.message.code == Code.SIGN_NOBODY
    assert desk.scan("PBID-0007", "PBCMD-SLIP").verdict.message.code == "slip.asked"
    assert desk.scan("PBCMD-SLIP").verdict.message.code == Code.SLIP_UNDER_WAY
    (job,) = desk.house.read(
        lambda s: s.scalars(select(PrintJob).where(PrintJob.kind == "slip")).all())
    assert (job.bench, job.who, job.about.rsplit(":", 1)[0]) == ("1", "阿明", "shift:2026-11-23")


def test_no_slip_is_asked_for_over_an_open_parcel(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    view = desk.scan("PBID-0007", parcel.waybill_no, "PBCMD-SLIP")
    assert view.verdict.message.code == Code.BENCH_NOT_NOW
    jobs = select(PrintJob).where(PrintJob.kind == "slip")
    assert not desk.house.read(lambda s: s.scalars(jobs).all())


# --- The shop's own papers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "kind", "key"),
    [("PBS-H3", "handover", "3"), ("PBS-D261123", "day", "2026-11-23"),
     ("DD:773000000000017", "stub", "773000000000017")])
def test_a_paper_s_code_says_what_it_is_of_and_leaves_the_parcel_as_it_is(
    desk: Any, code: str, kind: str, key: str
) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    before = desk.scan(parcel.waybill_no)
    view = desk.scan(code)
    assert desk.code() == "record.scanned"
    assert view.verdict.message.facts == {"slip_kind": kind, "key": key, "code": code}
    assert (view.verdict.mood, view.locked) == (Mood.INFO, False)
    assert (view.step, view.parcel) == (before.step, before.parcel)
    assert desk.scan(BAR["TS-W-M"]).step is Step.MATERIAL


def test_what_only_looks_like_a_paper_s_code_is_an_unknown_one(desk: Any) -> None:
    desk.scan("PBS-X1")
    assert desk.code() == Code.WAYBILL_UNKNOWN
