"""`make/covered.py`: what is too little is named, and what must be whole is whole."""

from __future__ import annotations

import importlib.util
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def covered() -> ModuleType:
    spec = importlib.util.spec_from_file_location("covered", ROOT / "make/covered.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(
    lines: int = 100, branches: int = 100, **files: tuple[list[int], list[list[int]]]
) -> dict[str, Any]:
    return {
        "totals": {"covered_lines": lines, "num_statements": 100, "covered_branches": branches,
                   "num_branches": 100},
        "files": {name.replace("__", "/"): {"missing_lines": missing, "missing_branches": open_}
                  for name, (missing, open_) in files.items()},
    }


@pytest.mark.parametrize(("lines", "branches", "said"), [
    (95, 90, []),
    (94, 90, ["94.0 % of all lines, and it should be 95 %"]),
    (95, 89, ["89.0 % of all branches, and it should be 90 %"]),
])
def test_too_few_lines_or_branches_are_named(
    covered: ModuleType, lines: int, branches: int, said: list[str]
) -> None:
    assert covered.thin(report(lines, branches)) == said


def test_one_open_line_or_branch_is_named_only_where_none_may_be_open(covered: ModuleType) -> None:
    found = covered.open_places(report(
        drivers__scale__x=([7], [[8, 9], [8, -1]]), web__app=([1], [[2, 3]])))
    assert found == ["drivers/scale/x:7 was never run", "drivers/scale/x:8 never went on to 9",
                     "drivers/scale/x:8 never went on to its end"]


@pytest.mark.parametrize(("lines", "open_", "code"), [
    (95, 3, 0), (95, 4, 1), (94, 0, 1),
])
def test_only_a_few_places_may_be_left_to_chance(
    covered: ModuleType, lines: int, open_: int, code: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = report(lines, drivers__x=(list(range(1, open_ + 1)), []))
    monkeypatch.setattr(covered, "measured", lambda: found)
    assert covered.main() == code
    assert capsys.readouterr().out.count("was never run") == open_


def test_every_pattern_means_a_file_that_is_there(covered: ModuleType) -> None:
    sources = [path.relative_to(ROOT).as_posix()
               for room in ("drivers", "station") for path in (ROOT / room).rglob("*.py")]
    for pattern in covered.WHOLE:
        assert any(fnmatch(name, pattern) for name in sources), pattern
