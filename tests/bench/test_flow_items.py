"""Waybills, notes, items and measures: the bench's answers to scans, step by step."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from drivers.interfaces import SEVERAL, NoRead
from station.bench.core import mood_of
from station.db.models import History, Sku, SkuBarcode
from station.domain.refusals import Code
from station.domain.screen import Mood, Step

BAR = {"JN-B-31": "6900000000001", "TS-W-M": "6900000000003", "TS-W-L": "6900000000004",
       "TS-R-M": "6900000000005", "HD-G-XL": "6900000000006"}


def item(sku: str, quantity: int = 1, waist: int | None = None) -> tuple[str, int, int | None]:
    return sku, quantity, waist


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
    assert view.held.message.code == Code.ITEM_WRONG_SIZE  # why it is locked stays to be seen
    assert view.parcel.items[0].packed == 0
    view = desk.ok()
    assert not view.locked
    assert view.held is None
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


@pytest.mark.pain("35")
def test_goods_scanned_first_say_which_waybills_want_them(desk: Any) -> None:
    print_parcel = desk.house.print_parcel
    parcels = [print_parcel(item("TS-W-M")) for _ in range(4)]
    held, others = parcels[0], print_parcel(item("HD-G-XL"))
    print_parcel(item("TS-W-M"), state="signed")
    desk.house.hold(held)
    facts = desk.scan(BAR["TS-W-M"]).verdict.message.facts
    assert facts["wanted"] == "、".join(f"…{one.waybill_no[-4:]}" for one in parcels[1:])
    assert others.waybill_no[-4:] not in facts["wanted"]
    desk.ok()
    assert desk.scan(BAR["JN-B-31"]).verdict.message.facts["wanted"] == "", "nobody wants it"


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


def test_labels_of_which_nobody_can_tell_the_right_one_open_nothing_and_lock_nothing(
    desk: Any,
) -> None:
    desk.flow.no_read(NoRead(SEVERAL))
    assert (desk.code(), desk.view().locked) == (Code.BENCH_SEVERAL_LABELS, False)
    assert desk.view().parcel is None


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


@pytest.mark.pain("34")
def test_another_parcels_waybill_is_told_from_an_unknown_code(desk: Any) -> None:
    first, second = desk.house.print_parcel(item("TS-W-M")), desk.house.print_parcel(
        item("TS-W-L"))
    desk.scan(first.waybill_no, second.waybill_no)
    assert desk.code() == Code.WAYBILL_OTHER_OPEN
    assert desk.ok().parcel.waybill_no == first.waybill_no


@pytest.mark.pain("27")
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
    assert desk.code() == Code.MEASURE_NEEDED


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


# --- Scanners with a role, and codes that hold more than a number ---------------------------------


ROLES = {"1-hand": "items", "1-table": "waybills", "1-any": "bench"}


def at_role(house: Any) -> Any:
    worktop = house.flow(roles=ROLES)
    worktop.by = lambda device, code: (
        setattr(house, "seconds", house.seconds + 1), worktop.flow.scan(code, device),
        worktop.view())[-1]
    return worktop


@pytest.mark.rule("D4")
def test_a_scanner_for_items_opens_no_parcel_and_says_which_one_does(house: Any) -> None:
    desk = at_role(house)
    parcel = house.print_parcel(item("TS-W-M"))
    view = desk.by("1-hand", parcel.waybill_no)
    assert (desk.code(), view.locked, view.parcel) == (Code.BENCH_ITEMS_ONLY, False, None)
    desk.by("1-table", parcel.waybill_no)
    view = desk.by("1-hand", BAR["TS-W-M"])
    assert view.parcel.items[0].packed == 1


@pytest.mark.rule("D4")
def test_a_scanner_for_waybills_counts_no_item(house: Any) -> None:
    desk = at_role(house)
    parcel, other = house.print_parcel(item("TS-W-M")), house.print_parcel(item("TS-W-L"))
    desk.by("1-table", parcel.waybill_no)
    view = desk.by("1-table", BAR["TS-W-M"])
    assert (desk.code(), view.locked) == (Code.BENCH_WAYBILLS_ONLY, False)
    assert view.parcel.items[0].packed == 0
    desk.by("1-table", parcel.waybill_no)
    assert desk.code() == "waybill.again"
    view = desk.by("1-table", other.waybill_no)  # another parcel's label is still a mistake
    assert (desk.code(), view.locked) == (Code.WAYBILL_OTHER_OPEN, True)


@pytest.mark.parametrize("device", [*ROLES, "unknown"])
def test_commands_and_badges_count_from_every_scanner(house: Any, device: str) -> None:
    desk = at_role(house)
    desk.by(device, "PBID-0007")
    assert desk.view().packer == "阿明"
    desk.by(device, "PBCMD-HELP")
    assert desk.code() == "prompt.idle"


def test_a_gs1_code_on_the_garment_is_the_garment(desk: Any) -> None:
    ean = "6901234567892"
    house = desk.house
    house.write(lambda session: session.add(SkuBarcode(barcode=ean, sku_id=house.skus["TS-W-M"])))
    parcel = house.print_parcel(item("TS-W-M", 2))
    desk.scan(parcel.waybill_no, f"010{ean}10LOT7\x1d21SERIAL-1")
    assert desk.code() == "item.right"
    view = desk.scan(f"\x1d010{ean}10LOT7\x1d21SERIAL-2")
    assert view.parcel.items[0].packed == 2


def test_a_carton_or_a_damaged_gs1_code_is_no_garment(desk: Any) -> None:
    ean = "6901234567892"
    house = desk.house
    house.write(lambda session: session.add(SkuBarcode(barcode=ean, sku_id=house.skus["TS-W-M"])))
    desk.scan(house.print_parcel(item("TS-W-M")).waybill_no)
    for code in ("0116901234567899", "0106901234567893", "010690123456789"):
        assert desk.scan(code).verdict.message.code == Code.ITEM_UNKNOWN
        desk.ok()
