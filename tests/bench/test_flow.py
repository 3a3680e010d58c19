"""The bench's answers to scans, step by step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from drivers.interfaces import DeviceState, Health, NoRead
from station.bench.core import mood_of
from station.db.models import Alarm, History, Parcel, PrintJob, Sku, Staff, Weighing
from station.domain.orders import RefundKind, RefundNotice
from station.domain.refusals import Code
from station.domain.screen import Mood, Step
from station.services import holds, refunds

PIN = "246810"
BAR = {"JN-B-31": "6900000000001", "TS-W-M": "6900000000003", "TS-W-L": "6900000000004",
       "TS-R-M": "6900000000005", "HD-G-XL": "6900000000006"}


def item(sku: str, quantity: int = 1, waist: int | None = None) -> tuple[str, int, int | None]:
    return sku, quantity, waist


def stop(house: Any, parcel: Any) -> None:
    """The platform tells that the money of the whole parcel went back."""
    def tell(session: Any) -> None:
        for order in session.get(Parcel, parcel.id).orders:
            refunds.tell_refund(
                session, RefundNotice("taobao", order.order_no, RefundKind.REFUNDED, house.now),
                house.rules, now=house.now)

    house.write(tell)


def hold(house: Any, parcel: Any) -> None:
    house.write(lambda session: holds.hold(
        session, session.get(Parcel, parcel.id), Code.ORDER_BY_HAND, now=house.now))


# --- A mistake holds the screen -----------------------------------------------------------------


@pytest.mark.rule("D4")
def test_a_mistake_locks_the_screen_until_it_is_acknowledged(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    desk.scan(parcel.waybill_no)
    view = desk.scan(BAR["TS-W-L"])
    assert view.locked
    assert (view.verdict.mood, desk.code()) == (Mood.BAD, Code.ITEM_WRONG_SIZE)
    assert view.prompt.code == "prompt.locked"
    view = desk.scan(BAR["TS-W-M"])
    assert desk.code() == Code.BENCH_ACKNOWLEDGE_FIRST
    assert view.parcel.items[0].packed == 0
    view = desk.ok()
    assert not view.locked
    assert desk.scan(BAR["TS-W-M"]).verdict.mood is Mood.DONE


def test_scans_while_locked_are_kept_in_the_history(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    desk.scan(parcel.waybill_no, BAR["TS-W-L"], BAR["TS-W-M"], "PBCMD-7", "PBCMD-DONE")
    rows = desk.house.read(lambda session: session.scalars(
        select(History.data).where(History.kind == "scan_refused").order_by(History.seq)).all())
    assert len(rows) == 3
    assert "6900000000003" in rows[0]
    assert "PBCMD-#" in rows[1]
    assert "PBCMD-DONE" in rows[2]


def test_each_answer_counts_up_so_that_its_sound_plays_once(desk: Any) -> None:
    first = desk.scan("nothing").verdict.seq
    assert desk.ok().verdict.seq == first + 1
    assert desk.view().verdict.seq == first + 1


def test_the_last_answers_stay_in_a_short_list_newest_first(desk: Any) -> None:
    for n in range(12):
        desk.scan(f"unknown{n}")
        desk.ok()
    view = desk.view()
    assert len(view.recent) == 8
    assert view.recent[0] == view.verdict


@pytest.mark.parametrize(
    ("code", "mood"),
    [(Code.ITEM_WRONG, Mood.BAD), (Code.WAYBILL_STOPPED, Mood.ALARM), (Code.WEIGHT_OFF, Mood.BAD),
     (Code.WEIGHT_MOTION, Mood.WARN), (Code.SIGN_WRONG_PIN, Mood.WARN),
     (Code.BENCH_NOT_NOW, Mood.WARN), (Code.MEASURE_OFF, Mood.BAD),
     (Code.MEASURE_IMPLAUSIBLE, Mood.WARN), (Code.PARCEL_WRONG_MATERIAL, Mood.BAD)],
)
def test_how_grave_a_no_is(code: Code, mood: Mood) -> None:
    assert mood_of(code) is mood


# --- Idle ---------------------------------------------------------------------------------------


def test_the_bench_begins_idle_and_asks_for_a_waybill(desk: Any) -> None:
    view = desk.view()
    assert (view.bench, view.step, view.prompt.code) == ("1", Step.IDLE, "prompt.idle")
    assert view.parcel is None
    assert view.packer == ""
    assert not view.locked


@pytest.mark.parametrize(
    ("scanned", "code"),
    [("no such number", Code.WAYBILL_UNKNOWN), (BAR["TS-W-M"], Code.PARCEL_NONE_OPEN),
     ("TS-W-M", Code.PARCEL_NONE_OPEN), ("PBCMD-FLY", Code.BENCH_UNKNOWN_COMMAND),
     ("PBCMD-", Code.BENCH_UNKNOWN_COMMAND), ("PBID-9999", Code.SIGN_UNKNOWN_BADGE),
     ("PBMAT-BAG-STO", Code.PARCEL_NONE_OPEN), ("PBWHY-TORN", Code.BENCH_NOT_NOW),
     ("PBWHY-FUN", Code.BENCH_UNKNOWN_CODE), ("PBCMD-DONE", Code.BENCH_NOT_NOW),
     ("PBCMD-UNDO", Code.PARCEL_NONE_OPEN), ("PBCMD-CANCEL", Code.PARCEL_NONE_OPEN),
     ("PBCMD-NEXT", Code.PARCEL_NONE_OPEN), ("PBCMD-REPACK", Code.PARCEL_NONE_OPEN),
     ("PBCMD-REPRINT", Code.PARCEL_NONE_OPEN), ("PBCMD-WEIGH", Code.PARCEL_NONE_OPEN),
     ("PBCMD-QTY", Code.BENCH_NOT_NOW), ("PBCMD-DEFECT", Code.BENCH_NOT_NOW),
     ("PBCMD-ACCEPT", Code.BENCH_NOT_NOW), ("PBCMD-3", Code.BENCH_NOT_NOW)],
)
def test_what_means_nothing_at_an_idle_bench_says_so(desk: Any, scanned: str, code: Code) -> None:
    desk.scan(scanned)
    assert desk.code() == code
    assert desk.ok().step is Step.IDLE


def test_a_note_that_contains_a_command_is_none(desk: Any) -> None:
    desk.scan("note PBCMD-DONE")
    assert desk.code() == Code.WAYBILL_UNKNOWN


def test_blanks_around_a_code_do_not_matter_and_nothing_is_nothing(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    assert desk.scan("", "   ").verdict is None
    assert desk.scan(f"  {parcel.waybill_no}\r").step is Step.ITEMS


def test_a_badge_signs_in_and_another_takes_over(desk: Any) -> None:
    assert desk.scan("PBID-0007").packer == "阿明"
    assert desk.scan("PBID-0001").packer == "老王"
    assert desk.scan("PBCMD-OUT").packer == ""
    assert desk.code() == "sign.out"


def test_nobody_takes_over_in_the_middle_of_a_parcel(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    desk.scan(parcel.waybill_no)
    assert desk.scan("PBID-0007").packer == "阿明"
    assert desk.scan("PBID-0001").packer == "阿明"
    assert desk.code() == Code.BENCH_NOT_NOW
    assert desk.scan("PBCMD-OUT").packer == "阿明"


def test_who_packs_is_in_the_history(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    desk.scan("PBID-0007", parcel.waybill_no, BAR["TS-W-M"])
    who = desk.house.read(lambda session: session.scalars(
        select(History.who).where(History.kind == "item")).all())
    assert list(who) == ["阿明"]


def test_help_says_again_what_to_do(desk: Any) -> None:
    desk.scan("PBCMD-HELP")
    assert desk.code() == "prompt.idle"
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    desk.scan(parcel.waybill_no)
    view = desk.scan("PBCMD-HELP")
    assert view.verdict.message.code == "prompt.items"
    assert view.verdict.message.facts["location"] == "B-01"


def test_a_scanner_that_read_nothing_is_heard(desk: Any) -> None:
    desk.flow.no_read(NoRead("no_read"))
    assert desk.code() == Code.BENCH_NO_READ
    assert not desk.view().locked
    desk.scan("unknown")
    desk.flow.no_read(NoRead("no_read"))
    assert desk.code() == Code.WAYBILL_UNKNOWN


# --- Note and items -----------------------------------------------------------------------------


@pytest.mark.rule("S10")
def test_the_note_is_read_before_the_first_piece(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"), note="要礼盒\n共2笔", flag=1, orders=2)
    view = desk.scan(parcel.waybill_no)
    assert view.step is Step.NOTE
    assert (view.parcel.note, view.parcel.flag, view.parcel.orders) == ("要礼盒\n共2笔", 1, 2)
    desk.scan(BAR["TS-W-M"])
    assert desk.code() == Code.PARCEL_NOTE_UNREAD
    assert desk.ok().step is Step.ITEMS
    assert desk.code() == "note.read"


def test_the_next_item_is_the_first_in_the_order_of_places(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("HD-G-XL"), item("TS-W-M"))
    view = desk.scan(parcel.waybill_no)
    assert view.prompt.facts["item_no"] == "TS1103"
    assert view.prompt.facts["missing"] == 2
    view = desk.scan(BAR["TS-W-M"])
    assert view.prompt.facts["location"] == "C-01"


@pytest.mark.rule("P4")
def test_a_batch_that_differs_is_shown_with_its_item(desk: Any) -> None:
    desk.house.write(lambda s: setattr(
        s.get(Sku, desk.house.skus["TS-W-M"]), "batch_note", "这批偏大"))
    parcel = desk.house.print_parcel(item("TS-W-M"))
    assert desk.scan(parcel.waybill_no).parcel.items[0].batch_note == "这批偏大"


def test_the_same_waybill_again_is_no_mistake(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    view = desk.scan(parcel.waybill_no, parcel.waybill_no)
    assert (desk.code(), view.locked) == ("waybill.again", False)


def test_another_parcels_waybill_is_told_from_an_unknown_code(desk: Any) -> None:
    first, second = desk.house.print_parcel(item("TS-W-M")), desk.house.print_parcel(
        item("TS-W-L"))
    desk.scan(first.waybill_no, second.waybill_no)
    assert desk.code() == Code.WAYBILL_OTHER_OPEN
    assert desk.ok().parcel.waybill_no == first.waybill_no


def test_ten_scans_in_a_fifth_of_a_second_count_ten_pieces(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 6), item("HD-G-XL", 5))
    desk.scan(parcel.waybill_no)
    for code in ["TS-W-M", "HD-G-XL"] * 5:
        desk.flow.scan(BAR[code])
    view = desk.view()
    assert [item_.packed for item_ in view.parcel.items] == [5, 5]


def test_digits_then_an_item_put_in_that_many(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 12), item("HD-G-XL"))
    desk.scan(parcel.waybill_no, "PBCMD-QTY")
    assert desk.view().prompt.code == "prompt.items_quantity"
    assert desk.digits("12").entry == "12"
    view = desk.scan(BAR["TS-W-M"])
    assert view.parcel.items[0].packed == 12
    assert (view.entry, view.prompt.code) == ("", "prompt.items")


@pytest.mark.parametrize(("digits", "packed"), [("", 1), ("2", 2), ("0", 0)])
def test_a_count_may_be_left_out_but_not_be_nothing(desk: Any, digits: str, packed: int) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 3))
    desk.scan(parcel.waybill_no, "PBCMD-QTY")
    desk.digits(digits)
    assert desk.scan(BAR["TS-W-M"]).parcel.items[0].packed == packed


def test_a_count_is_corrected_digit_by_digit_and_given_up(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 3))
    desk.scan(parcel.waybill_no, "PBCMD-QTY")
    desk.digits("21")
    assert desk.scan("PBCMD-UNDO").entry == "2"
    assert desk.scan("PBCMD-UNDO").entry == ""
    assert desk.scan("PBCMD-UNDO").prompt.code == "prompt.items"
    assert desk.scan("PBCMD-UNDO").verdict.message.code == Code.BENCH_NOT_NOW


def test_a_count_of_too_many_digits_starts_again(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 3))
    desk.scan(parcel.waybill_no, "PBCMD-QTY")
    desk.digits("1234")
    assert desk.code() == "entry.too_long"
    assert desk.view().entry == ""


def test_digits_without_a_question_mean_nothing(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 3))
    desk.scan(parcel.waybill_no, "PBCMD-3")
    assert desk.code() == Code.BENCH_NOT_NOW
    assert desk.scan(BAR["TS-W-M"]).parcel.items[0].packed == 1


def test_an_incomplete_parcel_cannot_be_declared_done(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 3))
    view = desk.scan(parcel.waybill_no, BAR["TS-W-M"], "PBCMD-DONE")
    assert desk.code() == Code.PARCEL_INCOMPLETE
    assert view.verdict.message.facts == {"missing": 2}
    assert view.step is Step.ITEMS


def test_undo_goes_back_from_the_packaging_to_the_items(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    desk.scan(parcel.waybill_no, BAR["TS-W-M"], BAR["TS-W-M"])
    assert desk.view().step is Step.MATERIAL
    view = desk.scan("PBCMD-UNDO")
    assert (view.step, view.parcel.items[0].packed) == (Step.ITEMS, 1)


def test_undo_after_the_checklist_makes_it_due_again(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"))
    assert desk.pack(parcel, "TS-W-M").step is Step.WEIGH
    desk.scan("PBCMD-UNDO")
    view = desk.scan(BAR["TS-W-M"])
    assert (view.step, view.parcel.packaging) == (Step.CHECKLIST, "BAG-STO")


def test_giving_up_frees_the_bench(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    view = desk.scan(parcel.waybill_no, BAR["TS-W-M"], "PBCMD-CANCEL")
    assert (view.step, view.parcel, desk.code()) == (Step.IDLE, None, "parcel.put_back")
    assert desk.house.packed(parcel) == {"TS-W-M": 0}


def test_giving_up_first_gives_up_what_was_begun(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    view = desk.scan(parcel.waybill_no, "PBCMD-QTY", "PBCMD-CANCEL")
    assert view.parcel is not None
    assert desk.scan("PBCMD-CANCEL").parcel is None


def test_next_leaves_the_parcel_where_it_stands(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    assert desk.scan(parcel.waybill_no, BAR["TS-W-M"], "PBCMD-NEXT").step is Step.IDLE
    view = desk.scan(parcel.waybill_no)
    assert (desk.code(), view.parcel.items[0].packed) == ("waybill.resumed", 1)


@pytest.mark.rule("D4")
def test_a_defective_piece_sets_the_parcel_aside(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    desk.scan(parcel.waybill_no, "PBCMD-DEFECT")
    assert desk.view().prompt.code == "prompt.items_defect"
    view = desk.scan(BAR["TS-W-M"])
    assert (view.step, view.parcel, desk.code()) == (Step.IDLE, None, Code.ITEM_DEFECT)
    desk.scan(parcel.waybill_no)
    assert desk.code() == Code.WAYBILL_HELD


def test_a_wrong_piece_is_no_defect_of_this_parcel(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    desk.scan(parcel.waybill_no, "PBCMD-DEFECT", BAR["HD-G-XL"])
    assert desk.code() == Code.ITEM_WRONG
    assert desk.ok().prompt.code == "prompt.items"


# --- Measuring ----------------------------------------------------------------------------------


@pytest.mark.rule("D4")
@pytest.mark.parametrize("typed", ["742", "74"])
def test_a_waist_is_entered_in_millimetres_or_centimetres(desk: Any, typed: str) -> None:
    parcel = desk.house.print_parcel(item("JN-B-31", 1, 740))
    desk.scan(parcel.waybill_no, BAR["JN-B-31"])
    assert desk.view().prompt.facts["waist_mm"] == 740
    desk.digits(typed)
    assert desk.done().step is Step.MATERIAL


def test_the_size_on_the_label_is_no_measurement(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("JN-B-31", 1, 740))
    desk.scan(parcel.waybill_no, BAR["JN-B-31"])
    desk.digits("31")
    view = desk.done()
    assert desk.code() == Code.MEASURE_IMPLAUSIBLE
    assert (view.step, view.entry, view.locked) == (Step.MEASURE, "", False)


def test_a_waist_that_is_off_is_taken_out_or_measured_again(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("JN-B-31", 1, 740))
    desk.scan(parcel.waybill_no, BAR["JN-B-31"])
    desk.digits("790")
    assert desk.done().locked
    assert desk.code() == Code.MEASURE_OFF
    assert desk.ok().step is Step.MEASURE
    assert desk.scan("PBCMD-UNDO").step is Step.ITEMS


def test_a_waist_that_nobody_confirmed_is_a_warning(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("JN-B-31"))
    desk.scan(parcel.waybill_no, BAR["JN-B-31"])
    desk.digits("833")
    view = desk.done()
    assert (desk.code(), view.verdict.mood) == ("measure.unconfirmed", Mood.WARN)
    assert view.parcel.items[0].measured_mm == (833,)


def test_nothing_is_measured_without_digits(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("JN-B-31"))
    desk.scan(parcel.waybill_no, BAR["JN-B-31"], "PBCMD-DONE")
    assert desk.code() == Code.BENCH_NOT_NOW


def test_the_next_item_waits_for_the_measure(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("JN-B-31"), item("TS-W-M"))
    desk.scan(parcel.waybill_no, BAR["JN-B-31"], BAR["TS-W-M"])
    assert desk.code() == Code.MEASURE_NEEDED
    assert not desk.view().locked


def test_a_pair_may_turn_out_defective_while_it_is_measured(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("JN-B-31"))
    desk.scan(parcel.waybill_no, BAR["JN-B-31"], "PBCMD-DEFECT", BAR["JN-B-31"])
    assert desk.code() == Code.ITEM_DEFECT
    assert desk.house.packed(parcel) == {"JN-B-31": 0}


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
    for left in (4, 3, 2, 1, 0, 0):
        desk.digits("111111")
        view = desk.done()
        assert (desk.code(), view.verdict.message.facts["left"]) == (Code.SIGN_WRONG_PIN, left)
    desk.digits(PIN)
    desk.done()
    assert desk.code() == Code.SIGN_WRONG_PIN
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


# --- What others do meanwhile -------------------------------------------------------------------


def test_a_refund_told_meanwhile_is_an_alarm_at_the_next_look(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    desk.scan(parcel.waybill_no, BAR["TS-W-M"])
    stop(desk.house, parcel)
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
    stop(desk.house, parcel)
    view = desk.scan(BAR["TS-W-M"])
    assert (view.verdict.mood, view.step) == (Mood.ALARM, Step.APART)
    assert desk.house.packed(parcel) == {"TS-W-M": 0}


def test_a_stopped_parcel_brought_back_to_the_bench_is_taken_apart(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"), state="signed")
    stop(desk.house, parcel)
    view = desk.scan(parcel.waybill_no)
    assert (view.verdict.mood, view.locked, view.step) == (Mood.ALARM, True, Step.APART)
    desk.ok()
    desk.ok()
    assert desk.house.parcel(parcel).state == "void"


def test_a_stopped_parcel_may_wait_for_another_hour(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M"), state="signed")
    stop(desk.house, parcel)
    desk.scan(parcel.waybill_no)
    desk.ok()
    assert desk.scan("PBCMD-NEXT").step is Step.IDLE
    assert desk.house.parcel(parcel).state == "stopped"


def test_a_hold_told_meanwhile_sets_the_parcel_aside_once_it_was_seen(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    desk.scan(parcel.waybill_no, BAR["TS-W-M"])
    hold(desk.house, parcel)
    view = desk.scan(BAR["TS-W-M"])
    assert (desk.code(), view.verdict.mood) == (Code.WAYBILL_HELD, Mood.ALARM)
    view = desk.ok()
    assert (view.step, desk.code()) == (Step.IDLE, "parcel.left")
    assert desk.house.parcel(parcel).bench == ""


def test_a_hold_that_is_gone_before_it_was_acknowledged_changes_nothing(desk: Any) -> None:
    parcel = desk.house.print_parcel(item("TS-W-M", 2))
    desk.scan(parcel.waybill_no)
    hold(desk.house, parcel)
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
        stop(house, parcel)
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
    hold(desk.house, parcel)
    assert desk.house.flow().view().verdict.mood is Mood.ALARM
