"""Slips: what each tells, asked for by a person, printed once, and honest about what came out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from station.archive_jobs import archive_due
from station.carriers import example_tariffs, reach_table
from station.db.models import (
    Alarm,
    Archive,
    Case,
    CountSheet,
    Handover,
    History,
    Parcel,
    PrintJob,
    Signature,
    Staff,
)
from station.domain.cases import CaseKind, PieceVerdict
from station.domain.refusals import Code, Refusal
from station.paper.slip import Slip
from station.services import (
    case_scans,
    cases,
    corrections,
    history,
    printing,
    receiving,
    receiving_scans,
    returns,
    slip_content,
    slips,
    stock,
    stock_takes,
    suppliers,
)
from station.services.rules import Rules

if TYPE_CHECKING:
    from conftest import Shop

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
STROKES = [[[100, 100], [500, 400]], [[200, 500], [700, 500]]]


@pytest.fixture
def both(open_shop: Shop) -> Shop:
    """The shop on each database, for what counts and groups, or must happen once."""
    return open_shop


@pytest.fixture
def lone(sqlite_database: Any, new_shop: type[Shop]) -> Shop:
    """The same shop on SQLite alone."""
    rules = Rules(reach=reach_table(), tariffs=example_tariffs(), low_pool=0)
    shop = new_shop(sqlite_database, rules)
    shop.receive_numbers()
    shop.stock_goods(JEANS)
    shop.stock_goods(SHIRT, weight_g=180)
    return shop


def taken(shop: Shop) -> Parcel:
    """A parcel of jeans and a shirt that the courier took."""
    parcel = shop.seal("2450000000000000901", JEANS, SHIRT)
    shop.hand_over(parcel)
    return shop.parcel(parcel.id)


@pytest.fixture
def gone(lone: Shop) -> Parcel:
    """A parcel that the courier took from the lone shop."""
    return taken(lone)


def slip(shop: Shop, about: str) -> Slip:
    found = shop.read(slip_content.slip_of, about, now=shop.now)
    assert isinstance(found, Slip), about
    return found


def told(found: Slip) -> str:
    """Everything that stands on a slip."""
    facts = [f"{name} {value}" for name, value in (*found.facts, *found.totals)]
    return "\n".join([found.title, found.number, *facts, *map(" ".join, found.rows),
                      *found.signers])


def ask(shop: Shop, about: str, **facts: Any) -> Any:
    return shop.write(slips.request, about, who="老周", **facts)


def states(shop: Shop) -> list[tuple[str, int]]:
    return [(job.state, job.copy) for job in shop.jobs("slip")]


def send(shop: Shop, *, pages: int = 1) -> int:
    """Begin to send the slip that is due; its job."""
    due = shop.read(printing.next_due, bench="1", slips=True)
    assert due is not None
    assert shop.write(printing.start_sending, due, printer="1-slips", sha256="0" * 64,
                      pages=[b"png"] * pages)
    return due.job_id


# --- What they tell -------------------------------------------------------------------------------


@pytest.mark.rule("D6")
def test_the_courier_s_slip_says_what_he_took_and_signed(both: Shop):
    gone = taken(both)
    found = slip(both, "handover:1")
    pile = both.read(lambda s: s.get(Handover, 1))
    assert found.number == pile.number
    assert found.rows == (
        ("1", gone.waybill_no, f"{gone.province} {gone.city}", "600", "600", "5.00", ""),)
    text = told(found)
    assert "已签名 Signed 小吴" in text
    assert "快递 Courier 600 g 5.00 元" in text
    head = both.read(lambda s: s.scalar(
        select(History.hash).where(History.chain == "handover:1", History.kind == "closed")))
    assert f"链 Chain {head}" in text


@pytest.mark.rule("D6")
def test_a_parcel_that_nobody_found_is_named_as_not_handed_over(lone: Shop):
    from station.services import handover  # noqa: PLC0415 - only here

    here, lost = lone.seal("A1", JEANS), lone.seal("A2", SHIRT, buyer="tb_b")

    def whole(session: Any, *, now: Any) -> None:
        pile = handover.open_session(session, here.carrier, who="老周", now=now).id
        handover.scan(session, pile, here.waybill_no, who="老周", now=now)
        handover.enter_figures(session, pile, here.id, weight_g=here.weight_g, price_fen=500,
                               rules=lone.rules, who="老周", now=now)
        handover.accept(session, pile, here.id, manager="陈姐", reason="价", now=now)
        closed = handover.close(
            session, pile, courier="小吴", strokes=STROKES, who="老周", rules=lone.rules,
            missing=[handover.Missing(lost.id, "没找到")], now=now)
        assert not isinstance(closed, Refusal), closed

    lone.write(whole)
    found = slip(lone, "handover:1")
    assert [row[0] for row in found.rows] == ["1", "-"]
    assert found.rows[1][-1] == "未交 没找到"
    assert "未交 Missing 1 件" in told(found)


def test_a_pile_that_is_still_open_has_no_slip(lone: Shop):
    parcel = lone.seal("A1", JEANS)
    from station.services import handover  # noqa: PLC0415 - only here

    lone.write(handover.open_session, parcel.carrier, who="老周")
    assert lone.read(slip_content.slip_of, "handover:1", now=lone.now) is None
    assert ask(lone, "handover:1") == Refusal(Code.SLIP_NOTHING, {"about": "handover:1"})


def test_an_addendum_tells_before_and_after(lone: Shop, gone: Parcel):
    assert lone.read(slip_content.slip_of, "addendum:1", now=lone.now) is None
    done = lone.write(
        corrections.correct, 1, gone.waybill_no, weight_g=700, price_fen=800, reason="看错秤",
        courier="小吴", strokes=STROKES, who="老周")
    assert not isinstance(done, Refusal), done
    (row,) = slip(lone, "addendum:1").rows
    assert row[1:5] == (gone.waybill_no, "600 g 5.00", "700 g 8.00", "看错秤")
    assert row[5].startswith("小吴")


@pytest.mark.rule("I2", "P7")
def test_goods_for_a_supplier_are_listed_in_two_copies(lone: Shop):
    def spoil(session: Any, *, now: Any) -> None:
        stock.to_defect(session, lone.skus[SHIRT], parcel_id=None, who="仓管", note="",
                        now=now)

    lone.write(spoil)
    made = lone.write(suppliers.make, "温岭针织厂", {SHIRT: 1}, lone.rules,
                           reason="开线", who="仓管")
    found = slip(lone, f"supplier:{made.id}")
    assert found.holders == ("进货留存", "仓库留存")
    assert found.rows == (("TS1103", "白色 M", "1", "开线"),)
    assert "供应商 Supplier 温岭针织厂" in told(found)
    assert len(found.signers) == 2


@pytest.mark.rule("I8")
def test_a_return_s_slip_lists_every_piece_and_its_verdict(lone: Shop, gone: Parcel):
    case = lone.write(cases.begin, gone.id, CaseKind.RETURN, lone.rules, who="客服")
    lone.write(returns.scan_piece, case.id, SHIRT, lone.rules, who="仓管")
    lone.write(returns.judge, case.id, PieceVerdict.DEFECTIVE, who="仓管")
    lone.write(returns.scan_piece, case.id, JEANS, lone.rules, who="仓管")
    found = slip(lone, f"case:{case.id}")
    assert found.rows == (("TS1103", "白色 M", "次品 defect", ""),
                          ("JN8801", "黑色 32", "未验 open", ""))
    text = told(found)
    assert "退货 Return" in text
    assert "发出 Left 2 件" in text
    assert "未验 open 1 次品 defect 1" in text
    assert "快递员 Courier" not in "\n".join(found.signers), "the buyer sent it, nobody signs"


@pytest.mark.rule("S22")
def test_the_courier_signs_a_damage_on_its_slip_unless_he_did_on_the_screen(
    lone: Shop, gone: Parcel
):
    case = lone.write(
        cases.begin, gone.id, CaseKind.CARRIER_DAMAGE, lone.rules, who="客服")
    assert slip(lone, f"case:{case.id}").signers[0] == "快递员 Courier 小吴"

    def sign(session: Any, *, now: Any) -> None:
        session.add(Signature(case_id=case.id, role="courier", who="小钱", how="drawn",
                              strokes=STROKES, signed_hash="", at=now))

    lone.write(sign)
    assert "小钱，已在屏幕签" in slip(lone, f"case:{case.id}").signers[0]


@pytest.mark.rule("I1")
def test_goods_received_are_on_a_slip_that_both_sign_once_they_are_counted(lone: Shop):
    receipt = lone.write(receiving.begin, "温岭针织厂", who="仓管")
    about = f"receipt:{receipt.id}"
    lone.db.write(lambda s: receiving.count(s, receipt.id, SHIRT))
    assert lone.read(slip_content.slip_of, about, now=lone.now) is None, "still being counted"
    lone.write(receiving.check, receipt.id, who="仓管")
    found = slip(lone, about)
    assert found.rows == (("TS1103", "白色 M", "1", "", "", ""),)
    assert "供应商 Supplier 温岭针织厂" in told(found)
    assert [signer.split()[0] for signer in found.signers] == ["送货", "收货"]
    said = lone.write(receiving_scans.scan, "PBCMD-SLIP", receipt_id=receipt.id, who="仓管")
    assert (said.code, [job.about for job in lone.jobs("slip")]) == ("case_said.slip", [about])


@pytest.mark.rule("I9")
def test_a_place_s_count_sheet_lists_its_goods_and_not_how_many_should_be_there(lone: Shop):
    take = lone.write(stock_takes.begin, who="仓管")
    assert not isinstance(take, Refusal), take
    sheet = lone.read(lambda s: s.scalar(select(CountSheet).order_by(CountSheet.id)))
    found = slip(lone, f"count:{sheet.id}")
    assert found.rows
    assert {row[2] for row in found.rows} == {"________"}
    assert not any("10" in cell.split() for row in found.rows for cell in row)


def test_no_slip_names_the_buyer(lone: Shop, gone: Parcel):
    case = lone.write(cases.begin, gone.id, CaseKind.RETURN, lone.rules, who="客服",
                           note=f"{gone.name} {gone.phone}说小了")
    day = slips.today(lone.now)
    for about in ("handover:1", f"case:{case.id}", day):
        text = told(slip(lone, about))
        assert gone.name not in text
        assert gone.phone not in text
        assert gone.street not in text


@pytest.mark.rule("D7")
def test_an_archive_s_slip_is_the_manager_s_receipt(lone: Shop, gone: Parcel, tmp_path: Any):
    lone.later(days=15)
    (made,) = archive_due(lone.db, tmp_path, shop="甲店", after_days=15, now=lone.now)
    text = told(slip(lone, f"archive:{made}"))
    assert "底单 Stubs 1 张" in text
    assert "管理人员 Manager" in text
    sha = lone.read(lambda s: s.get(Archive, made).sha256)
    assert f"SHA-256 {sha}" in text


def test_the_day_s_report_counts_what_left_who_packed_it_and_what_waits(
    both: Shop
):
    gone = taken(both)
    both.seal("A2", SHIRT, buyer="tb_b")
    both.write(cases.begin, gone.id, CaseKind.LOST, both.rules, who="客服")
    found = slip(both, slips.today(both.now))
    ((carrier, *figures),) = found.rows
    assert carrier.startswith("申通")
    assert figures == ["1", "600", "600", "5.00"]
    text = told(found)
    for line in ("打包 阿明 1 件", "等交接 Waiting STO 1", "售后未结 Open cases 1"):
        assert line in text
    assert "交出 Left 1 件" in text
    tomorrow = slips.today(both.now + timedelta(days=1))
    assert slip(both, tomorrow).rows == ()


def test_a_shift_counts_one_packer_s_parcels_of_today_alone(both: Shop):
    taken(both)
    def hire(session: Any, *, now: Any) -> int:
        row = Staff(name="阿明", role="packer", badge="PBID-7", pin_hash="x")
        session.add(row)
        session.flush()
        return row.id

    packer = both.write(hire)
    both.seal("A2", SHIRT, buyer="tb_b")

    other = both.seal("A3", SHIRT, buyer="tb_c")

    def give(session: Any, *, now: Any) -> None:
        session.get(Parcel, other.id).packer = "阿芳"

    both.write(give)
    found = slip(both, slips.shift(packer, both.now))
    ((_, left, waits),) = found.rows
    assert (left, waits) == ("1", "1")
    assert "合计 Total 2 件" in told(found)
    assert slip(both, slips.shift(packer, both.now + timedelta(days=1))).rows == ()


NO_SLIPS = (
    "", "handover", "handover:", "handover:x", "handover:99", "handover:-1", "handover:１",
    "handover:99999999999999", "waybill:1", "day:", "day:2026-13-01", "day:20261123",
    "day:2026-11-23T00:00", "shift:2026-11-23", "shift:2026-11-23:9", "shift:x:1", "case:0",
    "supplier:' OR 1=1 --", "archive:1",
)


def test_what_there_is_no_slip_of_is_refused_in_words(lone: Shop):
    for about in NO_SLIPS:
        assert ask(lone, about) == Refusal(Code.SLIP_NOTHING, {"about": about[:48]})
    assert lone.jobs("slip") == []


# --- Printing -------------------------------------------------------------------------------------


def test_a_slip_that_waits_or_is_being_sent_is_not_asked_for_again(both: Shop):
    day = slips.today(both.now)
    assert isinstance(ask(both, day), PrintJob)
    assert ask(both, day) == Refusal(Code.SLIP_UNDER_WAY, {"about": day})
    job_id = send(both)
    assert ask(both, day) == Refusal(Code.SLIP_UNDER_WAY, {"about": day})
    both.write(printing.sent, job_id, proof="none", rules=both.rules)
    assert ask(both, day).copy == 1, "printing it again is a person's decision, and told"
    assert states(both) == [("sent", 0), ("waiting", 1)]


@pytest.mark.rule("D6")
def test_every_step_of_a_slip_is_in_its_subject_s_history(both: Shop):
    taken(both)
    ask(both, "handover:1", bench="1")
    both.write(printing.sent, send(both), proof="printed", rules=both.rules)
    kinds = both.read(lambda s: s.scalars(
        select(History.kind).where(History.chain == "handover:1").order_by(History.seq)).all())
    assert kinds[-4:] == ["slip_asked", "print_sending", "print_sent", "print_confirmed"]
    assert not list(both.read(lambda s: list(history.verify(s))))


@pytest.mark.parametrize(("about", "chain"), [
    ("day:2026-11-23", "station"), ("shift:2026-11-23:7", "station"), ("addendum:3", "handover:3"),
    ("handover:3", "handover:3"), ("supplier:7", "supplier:7"), ("case:9", "case:9"),
    ("archive:2", "archive:2"),
])
def test_each_slip_has_a_history_that_it_belongs_to(about: str, chain: str):
    assert slips.chain_of(about) == chain


def test_waybills_go_before_slips_and_each_printer_gets_what_is_its(both: Shop):
    ask(both, slips.today(both.now))
    both.pay("A1", JEANS)

    def kinds() -> list[str]:
        found = [both.read(printing.next_due, bench="1", slips=slips_alone)
                 for slips_alone in (None, False, True)]
        return [due.kind if due is not None else "" for due in found]

    assert kinds() == ["waybill", "waybill", "slip"]
    both.print_next()
    assert kinds() == ["slip", "", "slip"]


def test_a_slip_torn_between_its_copies_waits_for_a_person_s_eyes(lone: Shop):
    day = slips.today(lone.now)
    ask(lone, day)
    job_id = send(lone, pages=2)
    lone.db.write(lambda s: printing.page_sent(s, job_id, 1))
    lone.write(printing.not_sent, job_id, trouble="gone")
    assert states(lone) == [("in_doubt", 0)], "one copy is on paper: it is not begun again"
    (alarm,) = lone.read(lambda s: s.scalars(select(Alarm)).all())
    assert (alarm.code, alarm.facts["about"], alarm.facts["slip_kind"]) == (
        "slip_in_doubt", day, "day")


@pytest.mark.parametrize("came_out", [True, False])
def test_a_person_says_whether_a_slip_came_out(lone: Shop, came_out: bool):
    ask(lone, slips.today(lone.now))
    job_id = send(lone)
    lone.write(printing.maybe_sent, job_id, trouble="paper_out")
    assert lone.write(printing.settle_doubt, job_id, came_out=came_out,
                           rules=lone.rules, who="老周") is None
    expected = [("confirmed", 0)] if came_out else [("void", 0), ("waiting", 1)]
    assert states(lone) == expected


def test_a_doubt_settled_while_another_printing_waits_asks_for_no_third(lone: Shop):
    day = slips.today(lone.now)
    ask(lone, day)
    job_id = send(lone)
    lone.write(printing.maybe_sent, job_id, trouble="paper_out")
    assert isinstance(ask(lone, day), PrintJob)
    lone.write(printing.settle_doubt, job_id, came_out=False, rules=lone.rules,
                    who="老周")
    assert states(lone) == [("void", 0), ("waiting", 1)]


def test_a_crash_while_a_slip_is_sent_leaves_it_in_doubt(lone: Shop):
    ask(lone, slips.today(lone.now))
    send(lone)
    assert lone.write(printing.recover, printer="1-printer") == 0
    assert lone.write(printing.recover, printer="1-slips", labels=False) == 1
    assert states(lone) == [("in_doubt", 0)]


def test_a_slip_off_a_roll_costs_no_label_and_one_on_labels_does(lone: Shop):
    from station.db.models import Packaging  # noqa: PLC0415 - only here

    def roll(session: Any, *, now: Any) -> None:
        session.add(Packaging(code="L", name="面单纸", kind="label", carrier="", weight_g=0,
                              stock=100, low_at=0))

    lone.write(roll)
    left = []
    for labels in (False, True):
        ask(lone, slips.today(lone.now))
        lone.write(printing.sent, send(lone, pages=2), proof="none", labels=labels,
                        rules=lone.rules)
        left.append(lone.read(lambda s: s.scalar(select(Packaging.stock))))
    assert left == [100, 98]


@pytest.mark.rule("I8")
def test_the_returns_desk_prints_its_case_by_a_scan(lone: Shop, gone: Parcel):
    case = lone.write(cases.begin, gone.id, CaseKind.RETURN, lone.rules, who="客服")
    place = case_scans.Place(case_id=case.id, who="仓管")

    def scan(at: case_scans.Place) -> Any:
        return lone.write(case_scans.scan, "PBCMD-SLIP", at, lone.rules).words

    assert scan(place).code == "case_said.slip"
    assert scan(place) == Refusal(Code.SLIP_UNDER_WAY, {"about": f"case:{case.id}"})
    assert scan(case_scans.Place(who="仓管")).code is Code.BENCH_NOT_NOW
    (job,) = lone.jobs("slip")
    assert (job.about, job.who) == (f"case:{case.id}", "仓管")
    assert lone.read(lambda s: s.get(Case, case.id)).state == "open", "nothing else moved"
