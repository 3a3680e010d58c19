"""The loop that works on bills: in a process of its own, told about, begun anew."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from station import bill_jobs
from station.bill_jobs import BillLoop
from station.carriers import example_tariffs
from station.db.models import Bill
from station.services import bill_files, billing, bills

if TYPE_CHECKING:
    from conftest import Shop

BILL = "申通 2026年11月\n业务时间,运单号,订单目的省份,订单目的城市,结算重量,运费\n" + "".join(
    f"2026-11-03,7730000000{n:05d},浙江省,台州市,1,5\n" for n in range(30))


@pytest.fixture
def loop(shop: Shop, tmp_path: Path) -> BillLoop:
    return BillLoop(
        shop.db, tmp_path, lambda: billing.Asked(example_tariffs()), now=lambda: shop.now)


def bring(shop: Shop, folder: Path, text: str = BILL) -> None:
    digest = sha256(text.encode()).hexdigest()
    (folder / digest).write_text(text, encoding="utf-8")
    shop.write(bills.take, digest, "bill.csv", carrier="", month="", who="王姐")


def row(shop: Shop) -> Bill:
    return shop.read(lambda session: session.get(Bill, 1))


def test_nothing_waits_and_nothing_is_done(loop: BillLoop):
    assert loop.step() is False


def test_a_waiting_bill_is_worked_on_by_a_child(shop: Shop, loop: BillLoop, tmp_path: Path):
    bring(shop, tmp_path)
    assert loop.step() is True
    found = row(shop)
    assert (found.state, found.carrier, found.month) == ("done", "STO", "2026-11")
    assert found.totals["lines"] == 30
    assert abs((found.done_at - shop.now).total_seconds()) < 60
    assert bill_files.in_clear(tmp_path)
    assert loop.step() is True  # nothing waits: a file of an earlier version is sealed
    assert bill_files.in_clear(tmp_path) == []
    assert loop.step() is False


def test_a_child_that_breaks_off_is_said_in_words(
    shop: Shop, loop: BillLoop, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    bring(shop, tmp_path)
    next(path for path in tmp_path.iterdir() if len(path.name) == 64).unlink()
    assert loop.step() is True
    assert (row(shop).state, row(shop).code) == ("failed", "no_file")


def test_a_child_that_dies_fails_its_bill(
    shop: Shop, loop: BillLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bring(shop, tmp_path)
    monkeypatch.setattr(bill_jobs.BillLoop, "_in_child", lambda _self, _task: 9)
    assert loop.step() is True
    assert (row(shop).state, row(shop).code, row(shop).facts) == ("failed", "broke_off",
                                                                  {"ended": 9})


def test_a_bill_in_hand_waits_when_the_station_stops(
    shop: Shop, loop: BillLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bring(shop, tmp_path)

    def stopped(_task: Any) -> int:
        loop.stop()
        return -15

    monkeypatch.setattr(loop, "_in_child", stopped)
    loop.step()
    assert row(shop).state == "waiting"
