"""A module with one small mistake after another put in: which of them do its tests not notice?

Comparisons are turned, ``and`` and ``or`` exchanged, ``not`` dropped, sums and products turned,
numbers moved by one, truths flipped, answers forgotten. Each mistake is loaded in a process of its
own in place of the module and its focused tests run; a mistake under which all of them pass has
survived and is named. Some are no mistakes at all (they change nothing that can be seen).

    python campaigns/mutation.py --module station/domain/weights.py
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

_SQLITE = "-k not postgresql"  # the same tests once, on the quicker of the two databases

FOCUSED = {
    "station/domain/weights.py": (
        "tests/domain/test_pan_watch.py", "tests/domain/test_pan_watch_properties.py",
        "tests/domain/test_expected_weight.py",
    ),
    "station/services/history.py": ("tests/services/test_history.py", _SQLITE),
    "station/services/printing.py": (
        "tests/services/test_printing.py", "tests/services/test_print_loop.py", _SQLITE,
    ),
    "station/services/weighing.py": (
        "tests/bench/test_flow_finish.py", "tests/bench/test_finishing.py",
        "tests/bench/test_checking_the_scale.py",
    ),
    "drivers/scale/st_gs.py": (
        "tests/drivers/scale/test_golden_frames.py", "tests/drivers/scale/test_every_stream.py",
    ),
}
"""The tests of a module, where --tests does not name them."""

_TURNED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.And: ast.Or, ast.Or: ast.And,
}


@dataclass(frozen=True)
class Mistake:
    """The module with one mistake in it."""

    line: int
    right: str
    wrong: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"line {self.line}: {self.right}  ->  {self.wrong}"


def mistakes(source: str) -> Iterator[Mistake]:
    """Every mistake that can be put into this source, one at a time."""
    tree = ast.parse(source)
    for number, node in enumerate(ast.walk(tree)):
        for turn in range(_ways(node)):
            wrong = copy.deepcopy(tree)
            place: Any = next(one for n, one in enumerate(ast.walk(wrong)) if n == number)
            _spoil(place, turn)
            yield Mistake(node.lineno, ast.unparse(node), ast.unparse(place),  # type: ignore[attr-defined]
                          ast.fix_missing_locations(wrong))


def _ways(node: ast.AST) -> int:
    """How many mistakes can be made at this node."""
    if isinstance(node, ast.Compare):
        return len(node.ops)
    if isinstance(node, ast.BoolOp | ast.BinOp):
        return int(type(node.op) in _TURNED)
    if isinstance(node, ast.Constant):
        return int(isinstance(node.value, int | float))
    if isinstance(node, ast.Return):
        return int(node.value is not None)
    return int(isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))


def _spoil(node: Any, turn: int) -> None:
    if isinstance(node, ast.Compare):
        node.ops[turn] = _TURNED[type(node.ops[turn])]()  # type: ignore[call-overload]
    elif isinstance(node, ast.BoolOp | ast.BinOp):
        node.op = _TURNED[type(node.op)]()  # type: ignore[assignment]
    elif isinstance(node, ast.Constant):
        node.value = not node.value if isinstance(node.value, bool) else node.value + 1  # type: ignore[operator]
    elif isinstance(node, ast.Return):
        node.value = ast.Constant(None)
    else:
        node.op = ast.UAdd()
        node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads this tree where the module of this name is asked for."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:  # noqa: ARG002
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)  # noqa: S102


def outcome(module: Path, tree: ast.Module, tests: Sequence[str], limit_s: int) -> str:
    """What the tests make of this tree: passed, failed, hung or broke."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            signal.alarm(limit_s)
            code = _tested(module, tree, tests)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "hung" if os.WTERMSIG(status) == signal.SIGALRM else "broke"
    # 1: tests failed; 2, 3, 4: the module cannot even be imported by them
    return {0: "passed", 1: "failed", 2: "broke", 3: "broke", 4: "broke"}.get(
        os.WEXITSTATUS(status), "unknown")


def _tested(module: Path, tree: ast.Module, tests: Sequence[str]) -> int:
    import pytest  # noqa: PLC0415 - in the child alone

    name = ".".join(module.relative_to(ROOT).with_suffix("").parts)
    assert name not in sys.modules, f"{name} was imported before its mistake"
    sys.meta_path.insert(0, _Instead(name, module, tree))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os.chdir(ROOT)
    return int(pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]))


def run(
    module: Path, tests: Sequence[str], *, most: int = 0, seed: int = 1, limit_s: int = 60
) -> tuple[Counter[str], list[Mistake]]:
    """How each mistake ended, and those that survived. RuntimeError if nothing can be said."""
    source = module.read_text(encoding="utf-8")
    if outcome(module, ast.parse(source), tests, limit_s) != "passed":
        raise RuntimeError(f"the tests of {module.name} do not pass without a mistake")
    made = list(mistakes(source))
    if most and most < len(made):
        made = sorted(random.Random(seed).sample(made, most), key=lambda one: one.line)
    ends, survivors = Counter[str](), list[Mistake]()
    for mistake in made:
        end = outcome(module, mistake.tree, tests, limit_s)
        if end == "unknown":
            raise RuntimeError(f"the tests did not run at {mistake}")
        ends[end] += 1
        if end == "passed":
            survivors.append(mistake)
            print(f"survived: {mistake}", flush=True)  # at once: a long run may be stopped
    return ends, survivors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--module", type=Path, default=ROOT / "station/domain/weights.py")
    parser.add_argument("--tests", nargs="*", default=[])
    parser.add_argument("--most", type=int, default=0, help="so many, by the seed; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    module = asked.module.resolve()
    tests = asked.tests or FOCUSED.get(module.relative_to(ROOT).as_posix(), ())
    if not tests:
        parser.error(f"name the tests of {module.name} with --tests")
    for heavy in ("pytest", "sqlalchemy"):  # once, and not in each child
        with suppress(ImportError):
            importlib.import_module(heavy)
    begin = time.monotonic()
    ends, _ = run(module, tests, most=asked.most, seed=asked.seed)
    total = ends.total()
    killed = total - ends["passed"]
    print(f"{total} mistakes, {killed} noticed ({ends['hung']} by hanging), "
          f"{ends['passed']} survived: {100 * killed / max(total, 1):.0f} %"
          f" in {time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
