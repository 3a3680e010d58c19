"""A few simulated days of `campaigns/warehouse_day.py`, and what its oracles would see."""

from __future__ import annotations

import copy
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import text

from station.db.models import Weighing

Campaign = Callable[[str], ModuleType]
RARE = ("clock jumps", "disk full", "doubts settled")


@pytest.fixture(scope="module")
def day(campaign: Campaign) -> ModuleType:
    return campaign("warehouse_day")


@pytest.mark.fault("F5", "F8", "F9", "F10", "F11", "F15")
@pytest.mark.pain("1", "5", "17")
def test_a_long_day_full_of_faults_ends_with_every_label_piece_and_number_accounted_for(
    day: ModuleType,
) -> None:
    happened = day.run(1, 1, 400)
    for wanted in ("opened", "pieces packed", "weight.taken", "sign.signed", "webhooks",
                   "restarts", "hand-overs closed", *RARE):
        assert happened[wanted] > 0, f"{wanted} never happened: {happened}"


@pytest.mark.fault("F10", "F11")
@pytest.mark.parametrize("seed", [5, 11, 400])
def test_no_day_goes_by_without_what_is_rare(
    day: ModuleType, tmp_path: Path, seed: int
) -> None:
    lived = day.one_day(seed, 50, str(tmp_path))
    assert {"clock", "doubt", "full"} <= set(lived.trace)
    assert all(lived.happened[each] > 0 for each in RARE), lived.happened


def test_a_seed_is_the_same_day_again(day: ModuleType, tmp_path: Path) -> None:
    first, second = (day.one_day(7, 120, str(tmp_path)) for _ in range(2))
    assert first.trace == second.trace
    assert first.happened == second.happened
    assert first.happened != day.one_day(8, 120, str(tmp_path)).happened


@pytest.fixture(scope="module")
def lived(day: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A day in the evening, whose records and things agree."""
    folder = tmp_path_factory.mktemp("day")
    path = folder / "day.db"
    shutil.copy(day._template(str(folder)), path)
    running = day.Day(3, path)
    running.start()
    for _ in range(150):
        running.step()
    yield running
    running.close()


def _seen(day: ModuleType, lived: Any, lie: Callable[[Any, Any], None]) -> str:
    """What the oracles say of a lie, which is undone afterwards."""
    watch, pans = copy.deepcopy(lived.watch), dict(lived.pans)
    watch.history_id = 0
    papers = [paper for one in lived.printers.values() for paper in one.papers]

    def look(session: Any) -> None:
        lie(session, papers)
        session.flush()
        watch.look(session, papers, pans, day.WEIGHTS)

    with pytest.raises(day.Violation) as seen:
        lived.db.write(look)
    return str(seen.value)


@pytest.mark.parametrize(("statement", "said"), [
    ("UPDATE sku SET on_hand = on_hand + 1 WHERE id = 1", "stock of JN-B-32"),
    ("UPDATE waybill_number SET state = 'voided' WHERE state = 'printed'", "without their number"),
    ("DELETE FROM waybill_number WHERE id = (SELECT max(id) FROM waybill_number)", "received"),
    ("UPDATE print_job SET state = 'waiting' WHERE state IN ('sent', 'confirmed')", "waits and is"),
    ("UPDATE history SET who = 'x' WHERE id = (SELECT max(id) FROM history)", "history"),
    ("UPDATE parcel SET content_hash = 'x' WHERE state IN ('signed', 'handed_over')", "seal"),
])
def test_a_planted_lie_in_the_records_is_seen(
    day: ModuleType, lived: Any, statement: str, said: str
) -> None:
    assert said in _seen(day, lived, lambda session, _: session.execute(text(statement)))


def test_a_second_paper_of_one_page_is_seen(day: ModuleType, lived: Any) -> None:
    def double(_session: Any, papers: list[Any]) -> None:
        papers.append(next(paper for paper in papers if paper.whole))

    assert "came out twice" in _seen(day, lived, double)


def test_a_weight_of_another_parcel_is_seen(day: ModuleType, lived: Any) -> None:
    def weigh(session: Any, _papers: list[Any]) -> None:
        session.add(Weighing(parcel_id=1, grams=5000, agrees=True, frames=[], scale="9-scale",
                             at=lived.wall))

    assert "on the pan lay None" in _seen(day, lived, weigh)


def test_a_customer_in_the_log_is_heard(day: ModuleType) -> None:
    with day.listening() as ears:
        ears.planted = {"13900000001"}
        day.logging.getLogger("station.any").info("order of %s", "13900000001")
        day.logging.getLogger("drivers.any").info("nothing")
    assert len(ears.told) == 1
    assert ears.lines == 2


def test_violations_name_their_seed_and_step(
    day: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(days: int, seed: int, steps: int) -> Counter[str]:
        raise day.Violation(f"seed {seed}, step 1")

    monkeypatch.setattr(day, "run", broken)
    monkeypatch.setattr("sys.argv", ["warehouse_day.py", "--days", "2", "--seed", "5"])
    assert day.main() == 1
    assert "seed 5, step 1" in capsys.readouterr().out
