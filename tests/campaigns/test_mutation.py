"""`campaigns/mutation.py`: which mistakes it makes, and that it tells the noticed from the rest."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def mutation(campaign: Callable[[str], ModuleType]) -> ModuleType:
    return campaign("mutation")


@pytest.mark.parametrize(("right", "wrong"), [
    ("a < b", ["a <= b"]),
    ("a is b", ["a is not b"]),
    ("a < b == c", ["a <= b == c", "a < b != c"]),
    ("a and b", ["a or b"]),
    ("a + b", ["a - b"]),
    ("not a", ["+bool(a)"]),
    ("7", ["8"]),
    ("True", ["False"]),
    ("'words'", []),
    ("a", []),
])
def test_each_kind_of_mistake_is_made_once(
    mutation: ModuleType, right: str, wrong: list[str]
) -> None:
    assert [ast.unparse(one.tree) for one in mutation.mistakes(right)] == wrong


def test_an_answer_is_forgotten_and_each_mistake_stands_alone(mutation: ModuleType) -> None:
    made = list(mutation.mistakes("def f(a):\n    return a + 1"))
    assert [ast.unparse(one.tree).splitlines()[1].strip() for one in made] == [
        "return None", "return a - 1", "return a + 2",
    ]
    assert {one.line for one in made} == {2}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "campaigns/mutation.py"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_what_the_tests_do_not_look_at_survives_and_is_named(tmp_path: Path) -> None:
    blind = tmp_path / "test_blind.py"
    blind.write_text("import station.domain.weights\n\n\ndef test_nothing():\n    pass\n")
    done = run("--module", "station/domain/weights.py", "--most", "1", "--tests", str(blind))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("survived: line") == 1
    assert "1 mistakes, 0 noticed" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_tests_that_fail_anyway_prove_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "test_broken.py"
    broken.write_text("def test_never():\n    assert False\n")
    done = run("--module", "station/domain/weights.py", "--tests", str(broken))
    assert done.returncode == 1
    assert "do not pass without a mistake" in done.stderr
