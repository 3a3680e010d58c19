"""`make bench`: its tables fit a terminal, and each aim is said to be met or not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("run")
    for name in ("run", "table"):
        sys.modules.pop(name, None)


def drawn(run: ModuleType, found: dict[str, Any]) -> list[str]:
    return list(run.table.lines(found))


def test_figures_that_stand_alone_come_first_with_their_words(run: ModuleType) -> None:
    assert drawn(run, {"worst_p99_ms": 1234.5, "parcels": 1000}) == [
        "  worst p99 ms  1,234.50",
        "  parcels       1000",
    ]


def test_groups_of_the_same_figures_are_rows_of_one_table(run: ModuleType) -> None:
    found = {"camera": {"640x480": {"alone": {"p95_ms": 31.72, "recall": 0.4},
                                    "ladder": {"p95_ms": 4.0, "recall": 0.9}}}}
    assert drawn(run, found) == [
        "",
        "            p95",
        "             ms  recall",
        "  alone   31.72    0.40",
        "  ladder   4.00    0.90",
    ]


def test_a_group_without_some_figures_stands_with_the_others_and_shows_a_dash(
    run: ModuleType,
) -> None:
    head, *rows = drawn(run, {"rest": {"ms": 1.0}, "moving": {"ms": 2.0, "looks": 3}})[1:]
    assert head.split() == ["ms", "looks"]
    assert [row.split() for row in rows] == [["rest", "1.00", "–"], ["moving", "2.00", "3"]]


def test_a_table_too_wide_for_a_terminal_stands_on_its_side(run: ModuleType) -> None:
    wide = {f"figure_{n}": float(n) for n in range(12)}
    head, first, *_ = drawn(run, {"few": wide, "many": wide})[1:]
    assert head.split() == ["few", "many"]
    assert first.split() == ["figure", "0", "0.00", "0.00"]


@pytest.mark.parametrize(("ratio", "said"), [(2.5, "met"), (2.51, "SHORT")])
def test_an_aim_is_met_or_short_wherever_its_figure_stands(
    run: ModuleType, ratio: float, said: str
) -> None:
    figures = {script: {} for script in run.SCRIPTS}
    figures["verdict"] = {"sizes": {"1000000": {"verdict_to_floor": ratio}}}
    ((met, line),) = run.aims(figures)
    assert met == (said == "met")
    assert line.split()[0] == said
    assert line.endswith("verdict: sizes 1000000 verdict to floor")


def test_a_floor_has_no_aim(run: ModuleType) -> None:
    figures = {script: {} for script in run.SCRIPTS}
    figures["verdict"] = {"floor_sixteen_p99_ms": 99.0}
    assert list(run.aims(figures)) == []


def test_every_aim_is_of_a_script_that_runs_and_every_script_is_there(run: ModuleType) -> None:
    assert {script for script, _, _ in run.AIMS} <= run.SCRIPTS.keys()
    for script in run.SCRIPTS:
        assert (BENCHMARKS / f"{run.FILES.get(script, script.replace(' ', '_'))}.py").is_file()


def test_a_script_that_gives_no_figures_is_named_and_the_others_run(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run.py", "--quick"])
    asked = []

    def figures(name: str, *arguments: str) -> dict[str, Any]:
        asked.append((name, *arguments))
        return {run._FAILED: True} if name == "paid" else {"ms": 1.0}

    monkeypatch.setattr(run, "_run", figures)
    with pytest.raises(SystemExit) as end:
        run.main()
    assert end.value.code == 1
    assert "gave no figures: paid" in capsys.readouterr().out
    assert ("verdict", "--parcels", "10000", "100000") in asked
    assert len(asked) == len(run.SCRIPTS)
