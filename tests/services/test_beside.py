"""Work in a second process: the same findings, whatever goes wrong is heard, nothing is left."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from simulators import statement_files, statements
from station.bills.spool import PARTS, Spool
from station.bills.statement import StatementFile
from station.bills.trouble import StatementError
from station.carriers import example_tariffs
from station.domain.bill_findings import Finding, Totals
from station.services import billing
from station.services.beside import Beside

forks = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork")


@forks
@pytest.mark.parametrize("apart", [True, False])
def test_work_hands_back_its_result(apart: bool):
    assert Beside(lambda: 6 * 7, apart=apart).result() == 42


def wrong() -> None:
    raise StatementError("no_file", name="a.csv")


@forks
@pytest.mark.parametrize("apart", [True, False])
def test_what_goes_wrong_over_there_is_raised_here(apart: bool):
    with pytest.raises(StatementError) as refused:
        Beside(wrong, apart=apart).result()
    assert (refused.value.code, refused.value.facts) == ("no_file", {"name": "a.csv"})
    assert "没有这个文件 a.csv" in str(refused.value)


@forks
def test_work_that_is_no_longer_wanted_is_stopped():
    import threading  # noqa: PLC0415 - the only test that needs it

    beside = Beside(lambda: threading.Event().wait(60), apart=True)
    beside.leave()
    assert not multiprocessing.active_children()


@forks
def test_rows_that_another_process_settled_are_taken_over():
    with Spool() as mine, Spool() as theirs:
        theirs.prepare()

        def put() -> None:
            for number in range(3000):
                theirs.extend(number % PARTS, [(number, "行")])
            theirs.settle()

        Beside(put, apart=True).result()
        theirs.take_over()
        mine.extend(0, [(-1, "我")])
        mine.absorb(theirs)
        rows = [row for part in range(PARTS) for row in mine.rows(part)]
    assert sorted(rows)[:2] == [(-1, "我"), (0, "行")]
    assert len(rows) == 3001


def reconciled(folder: Path) -> tuple[list[Finding], Totals]:
    book = billing.ListedBook(folder / "ours.json")
    with StatementFile(folder / "STO-2026-11.csv") as file, billing.reconcile(
        [file], book, billing.Asked(example_tariffs())
    ) as found:
        return list(found.findings()), found.totals


@forks
@pytest.mark.parametrize("seed", range(3))
def test_two_processes_find_what_one_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
):
    month = statements.make_month("STO", "2026-11", 700, seed=seed, mistakes=dict.fromkeys(
        (*statements.MISTAKES, *statements.HARMLESS), 5))
    written = statement_files.write(month, "STO", seed=seed)
    (tmp_path / written.name).write_bytes(written.data)
    ours = list(statements.shipments(month))
    (tmp_path / "ours.json").write_text("\n".join(map(json.dumps, ours)), encoding="utf-8")
    alone = reconciled(tmp_path)
    monkeypatch.setattr(billing, "may_fork", lambda: True)
    monkeypatch.setattr(billing, "_WORTH_IT", 0)
    assert reconciled(tmp_path) == alone
    assert not multiprocessing.active_children()


@forks
def test_a_bad_list_is_said_in_the_same_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "STO-2026-11.csv").write_text(
        "申通\n运单号,业务时间,运费\n773000000000001,2026-11-03,5\n", encoding="utf-8")
    (tmp_path / "ours.json").write_text('{"waybill": "773000000000001"}\n', encoding="utf-8")
    monkeypatch.setattr(billing, "may_fork", lambda: True)
    monkeypatch.setattr(billing, "_WORTH_IT", 0)
    with pytest.raises(StatementError) as refused:
        reconciled(tmp_path)
    assert (refused.value.code, refused.value.facts["row"]) == ("bad_shipments", 1)
