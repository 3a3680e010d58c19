"""Carriers' statements that name a buyer who is forgotten are written anew without him."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from sqlalchemy import select
from xlsxwriter import Workbook

from station.bill_jobs import BillLoop
from station.carriers import example_tariffs
from station.db.models import Bill, BillDispute, BillFinding, Chore, History, WaybillNumber
from station.services import bill_files, bill_stars, billing, erasure, history

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop

HEAD = ["运单号", "收件人", "电话", "目的省份", "地址", "结算重量", "运费", "备注"]
HIS = ["张测试甲", "13912345678", "浙江省", "新华路88号", "1.2", "5.00", "放张测试甲家门口"]
OTHER = ["7731000000000012", "李四", "13800000001", "浙江省", "新街9号", "1", "5", "加急"]
PERSONAL = ["张测试甲", "13912345678", "新华路"]
pytestmark = pytest.mark.fault("F27")


class Told:
    """A statement with one line of his and one of somebody else, in a shop that knows both."""

    def __init__(self, shop: Shop, folder: Path, content: bytes, number: str) -> None:
        self.shop, self.folder, self.number = shop, folder, number
        self.digest = bill_files.take_in(folder, shop.db.keys, io.BytesIO(content))
        columns = [["", [["运单号", "waybill"], ["目的省份", "province"], ["结算重量", "charged"],
                         ["运费", "fee"], ["备注", "remark"]]]]

        def write(session: Any, *, now: Any) -> None:
            bill = Bill(sha256=self.digest, name="11月.csv", carrier="STO", state="done",
                        columns=columns, brought_at=now)
            session.add(bill)
            session.flush()
            for row, line in enumerate((number, OTHER[0]), 2):
                session.add(BillFinding(bill_id=bill.id, row=row, waybill_no=line,
                                        finding="right", fen=0))
            self.id = bill.id

        shop.write(write)
        self.loop = BillLoop(shop.db, folder, lambda: billing.Asked(example_tariffs()),
                             now=lambda: shop.now)

    def forget(self, parcel_id: int) -> None:
        self.shop.later(days=erasure.RETENTION.days + 1)
        done = self.shop.write(erasure.erase, [parcel_id], who="王经理", reason="本人要求")
        assert done.counts["parcels"] == 1, done

    def work(self) -> int:
        """Let the loop do what is due; how many steps did something."""
        steps = 0
        while self.loop.step():
            steps += 1
        return steps

    def content(self) -> bytes:
        with bill_files.opened(
            self.folder / self.digest, self.shop.db.keys, name="11月.csv"
        ) as clear:
            return clear.read_bytes()

    def waiting(self) -> list[str]:
        return self.shop.read(lambda session: [
            name for name in session.scalars(select(Chore.name)) if name.startswith("bill:")])


def as_csv(number: str, encoding: str = "gb18030") -> bytes:
    rows = [["申通 2026年11月 对账单"], HEAD, [number, *HIS], OTHER]
    return "\r\n".join(",".join(row) for row in rows).encode(encoding)


def as_xlsx(number: str) -> bytes:
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        for name, rows in (("明细", [HEAD, [number, *HIS], OTHER]), ("说明", [["谢谢合作"]])):
            page = book.add_worksheet(name)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
    return file.getvalue()


@pytest.fixture
def gone(open_shop: Shop) -> Any:
    """His parcel, handed over."""
    parcel = open_shop.seal("C1", "TS1103-白色-M", buyer="tb_canary")
    open_shop.hand_over(parcel)
    return open_shop.parcel(parcel.id)


@pytest.mark.parametrize("kind", [as_csv, as_xlsx])
def test_his_line_keeps_its_figures_and_loses_its_words(
    open_shop: Shop, gone: Any, tmp_path: Path, kind: Any
) -> None:
    told = Told(open_shop, tmp_path / "bills", kind(gone.waybill_no), gone.waybill_no)
    told.forget(gone.id)
    assert told.waiting() == [f"bill:{told.id}"]
    assert told.work() == 1
    assert told.waiting() == []
    data = told.content()
    if kind is as_xlsx:
        book = openpyxl.load_workbook(io.BytesIO(data))
        assert book.sheetnames == ["明细", "说明"]
        rows = [[str(cell.value) for cell in row] for row in book["明细"]]
    else:
        rows = [line.split(",") for line in data.decode().splitlines()[1:]]
    assert rows == [
        HEAD, [gone.waybill_no, "***", "***", "浙江省", "***", "1.2", "5.00", "***"], OTHER]
    assert [path.name[:64] for path in told.folder.iterdir() if path.is_file()] == [told.digest]
    kinds = open_shop.read(lambda session: list(session.scalars(
        select(History.kind).where(History.chain == f"bill:{told.id}"))))
    assert kinds == ["bill_starred"]
    assert open_shop.read(lambda session: list(history.verify(session))) == []


def test_a_claim_keeps_the_statement_as_it_came_until_it_is_settled(
    open_shop: Shop, gone: Any, tmp_path: Path
) -> None:
    came = as_csv(gone.waybill_no)
    told = Told(open_shop, tmp_path / "bills", came, gone.waybill_no)

    def claim(session: Any, *, now: Any, state: str) -> None:
        dispute = session.scalar(select(BillDispute))
        if dispute is None:
            finding = session.scalar(
                select(BillFinding.id).where(BillFinding.waybill_no == gone.waybill_no))
            dispute = BillDispute(
                finding_id=finding, bill_id=told.id, carrier="STO", month="2026-11", fen=1,
                waybill_no=gone.waybill_no, finding="weight", opened_at=now)
            session.add(dispute)
        dispute.state = state

    open_shop.write(claim, state="told")
    told.forget(gone.id)
    assert told.work() == 0
    assert told.content() == came
    assert told.waiting() == [f"bill:{told.id}"]
    open_shop.write(claim, state="credited")
    assert told.work() == 1
    assert "张测试甲" not in told.content().decode()


@pytest.mark.fault("F31")
def test_a_kill_at_any_moment_leaves_a_statement_that_is_written_anew_later(
    open_shop: Shop, gone: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(open_shop, tmp_path / "bills", as_csv(gone.waybill_no), gone.waybill_no)
    told.forget(gone.id)
    real = bill_stars.record

    def killed(*_args: Any, **_facts: Any) -> None:
        raise SystemExit

    for place in ("record", "_write"):
        with monkeypatch.context() as patch:
            patch.setattr(bill_stars, place, killed)
            with pytest.raises(SystemExit):
                told.work()
        assert told.waiting() == [f"bill:{told.id}"]
        assert told.content()
    assert bill_stars.record is real
    bill_files.take_in(told.folder, open_shop.db.keys, io.BytesIO(as_csv(gone.waybill_no)))
    assert told.work() == 1  # the former file was still there, beside the new one
    assert not [word for word in PERSONAL if word in told.content().decode()]
    assert len([path for path in told.folder.iterdir() if path.is_file()]) == 1


def test_a_statement_that_somebody_removed_by_hand_holds_nothing_up(
    open_shop: Shop, gone: Any, tmp_path: Path
) -> None:
    told = Told(open_shop, tmp_path / "bills", as_csv(gone.waybill_no), gone.waybill_no)
    told.forget(gone.id)
    (told.folder / told.digest).unlink()
    assert told.work() == 1
    assert told.waiting() == []


def test_a_new_key_seals_a_statement_that_was_written_anew_too(
    open_shop: Shop, gone: Any, tmp_path: Path
) -> None:
    told = Told(open_shop, tmp_path / "bills", as_csv(gone.waybill_no), gone.waybill_no)
    told.forget(gone.id)
    told.work()
    before, keys = told.content(), open_shop.db.keys
    assert keys is not None
    keys.add_key()
    assert bill_files.seal_anew(told.folder, keys) == 1
    assert told.content() == before


def test_a_statement_of_others_alone_is_left_as_it_came(
    open_shop: Shop, gone: Any, tmp_path: Path
) -> None:
    told = Told(open_shop, tmp_path / "bills", as_csv("7731000000000099"), "7731000000000099")
    told.forget(gone.id)
    assert told.waiting() == []
    assert open_shop.read(lambda session: session.scalar(
        select(WaybillNumber.state).where(WaybillNumber.number == gone.waybill_no)))
