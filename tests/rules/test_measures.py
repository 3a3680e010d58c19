"""The measures that keep the code readable: short functions, more test than code, words for all."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("station", "drivers", "web", "simulators")
SOURCES = [path for package in OURS for path in sorted((ROOT / package).rglob("*.py"))
           if "versions" not in path.parts]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def lines(paths: list[Path]) -> int:
    """Lines that are neither empty nor only a comment."""
    return sum(bool(line.strip()) and not line.strip().startswith("#")
               for path in paths for line in path.read_text(encoding="utf-8").splitlines())


def functions() -> Iterator[tuple[str, int]]:
    """Every function with its length: the lines of its body without the docstring."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body:
                    length = (body[-1].end_lineno or 0) - body[0].lineno + 1
                    yield f"{path.relative_to(ROOT)}:{node.name}", length


def test_the_median_function_has_eight_lines_or_fewer():
    assert statistics.median(length for _, length in functions()) <= 8


def test_nineteen_of_twenty_functions_have_thirty_lines_or_fewer():
    lengths = sorted(length for _, length in functions())
    assert lengths[int(len(lengths) * 0.95)] <= 30


def test_the_tests_keep_up_with_the_code():
    """The aim is half as much again of test as of code; below this floor nothing lands."""
    assert lines(TESTS) >= 0.8 * lines(SOURCES)
