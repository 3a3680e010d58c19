"""`campaigns/mutation.py`: which mistakes it makes, and that it tells the noticed from the rest."""

from __future__ import annotations

import ast
import re
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


def test_the_options_of_a_dataclass_and_an_answer_that_is_none_are_left_alone(
    mutation: ModuleType,
) -> None:
    assert not list(mutation.mistakes("@dataclass(frozen=True)\nclass A:\n    x: int"))
    assert not list(mutation.mistakes("def f():\n    return None"))


def test_a_mistake_is_known_again_where_its_definition_has_moved(mutation: ModuleType) -> None:
    definition = "class A:\n    def f(self, a):\n        return a < 1 or a < 1\n"
    here, there = (list(mutation.mistakes(text)) for text in (definition, "x = y\n\n" + definition))
    assert [one.key for one in here] == [one.key for one in there]
    assert [one.line for one in there] == [one.line + 2 for one in here]
    assert {one.place for one in here} == {"A.f"}
    assert len({one.key for one in here}) == len(here)  # the second `a < 1` is not the first
    changed = mutation.mistakes(definition.replace("or", "and"))
    assert {one.key for one in changed}.isdisjoint(one.key for one in here)


# --- Mistakes that are none ---------------------------------------------------------------------


def equal(place: str = "f", right: str = "a < 1", why: str = "a is never 1") -> str:
    return (f'[[equal]]\nmodule = "m.py"\nplace = "{place}"\nright = "{right}"\n'
            f'wrong = "a <= 1"\nwhy = "{why}"\n')


def test_what_is_listed_as_no_mistake_does_not_count(
    mutation: ModuleType, tmp_path: Path
) -> None:
    listed = tmp_path / "equal.toml"
    listed.write_text(equal())
    made = list(mutation.mistakes("def f(a):\n    return a < 1"))
    real, none = mutation.split(made, mutation.equal_ones(listed))
    assert [str(one) for one in none] == ["line 2 (f): a < 1  ->  a <= 1"]
    assert [one.wrong for one in real] == ["return None", "2"]


def test_the_same_words_in_two_statements_are_told_apart(
    mutation: ModuleType, tmp_path: Path
) -> None:
    listed = tmp_path / "equal.toml"
    listed.write_text(equal() + 'within = "return"\n')
    made = mutation.mistakes("def f(a):\n    b = a < 1\n    return a < 1")
    _, none = mutation.split(made, mutation.equal_ones(listed))
    assert [str(one) for one in none] == ["line 3 (f): a < 1  ->  a <= 1"]


@pytest.mark.parametrize(("entry", "said"), [
    (equal(place="g"), "nobody can make the mistake"),
    (equal(right="a < 2"), "nobody can make the mistake"),
    (equal(why=" "), "no reason is given"),
])
def test_an_entry_that_fits_nothing_or_gives_no_reason_is_an_error(
    mutation: ModuleType, tmp_path: Path, entry: str, said: str
) -> None:
    listed = tmp_path / "equal.toml"
    listed.write_text(entry)
    with pytest.raises(ValueError, match=said):
        mutation.split(mutation.mistakes("def f(a):\n    return a < 1"),
                       mutation.equal_ones(listed))


def test_every_entry_of_the_list_still_fits_a_mistake(mutation: ModuleType) -> None:
    for module in {one.module for one in mutation.equal_ones()}:
        assert mutation.Work.of(ROOT / module, 0, 1).equal


# --- What is kept -------------------------------------------------------------------------------


def test_what_was_tried_is_kept_and_a_line_that_was_cut_off_counts_for_nothing(
    mutation: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = ROOT / "station/domain/scale_checks.py"
    work = mutation.Work.of(module, 4, 1)
    state = mutation.State.read(tmp_path / "state.jsonl")
    for mistake, end in zip(work.real, ("failed", "survived", "unseen"), strict=False):
        state.told(module, mistake, end, "")
    with state.path.open("a") as kept:
        kept.write('{"module": "station/dom')
    state = mutation.State.read(state.path)
    assert work.open(state, again=False) == work.real[3:]
    assert work.open(state, again=True) == work.real[1:]
    assert capsys.readouterr().out.count("survived: station/domain/scale_checks.py line") == 2
    assert [line.split() for line in mutation.table([work], state)] == [
        ["mistakes", "noticed", "share"],
        ["station/domain/scale_checks.py", "3", "1", "33", "%", "1", "not", "tried"],
        ["all", "3", "1", "33", "%", "1", "not", "tried"],
    ]


def test_every_critical_module_has_its_tests(mutation: ModuleType) -> None:
    for key in mutation.FOCUSED:
        found = list(mutation.modules([ROOT / key]))
        assert found, key
        for module in found:
            named = mutation.focused(module)
            assert named
            assert all((ROOT / test).exists() for test in named if not test.startswith("-"))
    assert mutation.focused(ROOT / "station/cli/shop.py") == ()


# --- The whole ----------------------------------------------------------------------------------


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "campaigns/mutation.py"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


_ONE_SIDED = """
from station.domain.scale_checks import CheckRules, judge


def test_what_is_near_enough():
    assert judge(500, 505, CheckRules()).passed
    assert not judge(500, 506, CheckRules()).passed
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_mistakes_in_functions_and_in_what_is_imported_are_both_put_in(tmp_path: Path) -> None:
    sharp = tmp_path / "test_sharp.py"
    sharp.write_text(_ONE_SIDED)
    done = run("--module", "station/domain/scale_checks.py", "--tests", str(sharp),
               "--most", "4", "--seed", "332")
    assert done.returncode == 0, done.stderr
    survived = {re.split(r": |   \(", line)[2] for line in done.stdout.splitlines()
                if line.startswith("survived")}
    assert survived == {
        "500  ->  501", "self.shown_g - self.known_g  ->  self.shown_g + self.known_g",
    }
    # and neither what was put into a function nor a default, which is made at import
    assert done.stdout.splitlines()[-1].split() == ["all", "4", "2", "50", "%"]


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_what_the_tests_do_not_look_at_survives_and_a_run_goes_on_from_its_state(
    tmp_path: Path,
) -> None:
    blind = tmp_path / "test_blind.py"
    blind.write_text("import station.domain.scale_checks\n\n\ndef test_nothing():\n    pass\n")
    facts = ("--module", "station/domain/scale_checks.py", "--tests", str(blind),
             "--state", str(tmp_path / "state.jsonl"), "--least", "85", "--most")
    done = run(*facts, "2")
    assert done.stdout.count("survived: station/domain/scale_checks.py line") == 2, done.stderr
    assert done.stdout.splitlines()[-1].split() == ["all", "2", "0", "0", "%"]
    assert done.returncode == 1
    assert "station/domain/scale_checks.py: 0 %, not 85 %" in done.stderr
    assert "survived" not in run(*facts, "2").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_tests_that_fail_anyway_prove_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "test_broken.py"
    broken.write_text("def test_never():\n    assert False\n")
    done = run("--module", "station/domain/weights.py", "--tests", str(broken))
    assert done.returncode == 1
    assert "do not pass without a mistake" in done.stderr
