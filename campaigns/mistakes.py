"""The small mistakes that can be put into a module, and those that are known to be none.

Comparisons are turned, ``and`` and ``or`` exchanged, ``not`` dropped, sums and products turned,
numbers moved by one, truths flipped, answers forgotten. The options of ``@dataclass`` are left
alone: they guard against those who write code, not against what a bench may meet.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

EQUAL = Path(__file__).with_name("equal_mistakes.toml")

_TURNED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.And: ast.Or, ast.Or: ast.And,
}


@dataclass(frozen=True)
class Mistake:
    """A module with one mistake in it: where, what, and by which words it is known again."""

    line: int
    last_line: int
    """The end of the statement (or of its head) that the mistake is in; ``line`` is its start."""
    place: str
    statement: str
    """The first line of that statement, as ``ast.unparse`` writes it."""
    right: str
    wrong: str
    key: str
    """Stays the same as long as the definition around it does, wherever that is moved."""
    source: ast.Module
    node: int
    turn: int

    @cached_property
    def tree(self) -> ast.Module:
        """The module with the mistake in it."""
        wrong = copy.deepcopy(self.source)
        _spoil(_nth(wrong, self.node), self.turn)
        return ast.fix_missing_locations(wrong)

    def __str__(self) -> str:
        where = f" ({self.place})" if self.place else ""
        return f"line {self.line}{where}: {self.right}  ->  {self.wrong}"


@dataclass(frozen=True)
class _Around:
    """What stands around a node: its statement, its function's name, its definition."""

    first: int
    last: int
    place: str
    digest: str
    statement: str = ""


def mistakes(source: str) -> Iterator[Mistake]:
    """Every mistake that can be put into this source, one at a time."""
    tree = ast.parse(source)
    around = dict(_surroundings(tree))
    seen = Counter[str]()
    for number, node in enumerate(ast.walk(tree)):
        for turn in range(_ways(node) if node in around else 0):
            place: Any = copy.deepcopy(node)
            _spoil(place, turn)
            right, wrong = ast.unparse(node), ast.unparse(place)
            if right == wrong:
                continue
            here = around[node]
            known = f"{here.place}|{here.digest}|{right}|{wrong}"
            seen[known] += 1
            yield Mistake(here.first, here.last, here.place, here.statement, right, wrong,
                          f"{known}|{seen[known]}", tree, number, turn)


def _nth(tree: ast.Module, number: int) -> Any:
    return next(one for n, one in enumerate(ast.walk(tree)) if n == number)


# --- Where a node stands ------------------------------------------------------------------------


def _surroundings(tree: ast.Module) -> Iterator[tuple[ast.AST, _Around]]:
    for statement in tree.body:
        digest = hashlib.sha256(ast.unparse(statement).encode()).hexdigest()[:12]
        yield from _within(statement, _Around(0, 0, "", digest))


def _within(node: ast.AST, outer: _Around) -> Iterator[tuple[ast.AST, _Around]]:
    """This node and all below it, each with what stands around it."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "dataclass":
        return
    here = outer
    if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
        first, last = _lines(node)
        text = "" if isinstance(node, ast.ClassDef) else ast.unparse(node).partition("\n")[0]
        here = _Around(first, last, outer.place, outer.digest, text)
    yield node, here
    for name, value in ast.iter_fields(node):
        inside = here
        if name == "body" and isinstance(node, ast.FunctionDef | ast.ClassDef):
            place = f"{outer.place}.{node.name}" if outer.place else node.name
            inside = _Around(here.first, here.last, place, here.digest)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.AST):
                yield from _within(one, inside)


def _lines(node: Any) -> tuple[int, int]:
    """The lines of a simple statement, or of the head of one that has a body."""
    first = getattr(node, "lineno", 0) or node.pattern.lineno
    if getattr(node, "decorator_list", None):
        first = node.decorator_list[0].lineno
    body = getattr(node, "body", None)
    if isinstance(body, list):
        return first, max(first, body[0].lineno - 1)
    return first, node.end_lineno


# --- The mistakes -------------------------------------------------------------------------------


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


# --- Mistakes that are none ---------------------------------------------------------------------


@dataclass(frozen=True)
class Equal:
    """A mistake that changes nothing that can be seen, and why that is so.

    ``within`` is a part of its statement, where the same words stand in several.
    """

    module: str
    place: str
    right: str
    wrong: str
    why: str
    within: str = ""

    def means(self, mistake: Mistake) -> bool:
        """True if it is this mistake."""
        is_same = (self.place, self.right, self.wrong) == (
            mistake.place, mistake.right, mistake.wrong)
        return is_same and self.within in mistake.statement


def equal_ones(path: Path = EQUAL) -> list[Equal]:
    """The list of equal mistakes. ValueError if one has no reason."""
    listed = tomllib.loads(path.read_text(encoding="utf-8")).get("equal", [])
    ones = [Equal(**facts) for facts in listed]
    for one in ones:
        if not one.why.strip():
            raise ValueError(f"{one.module}: no reason is given for {one.right} -> {one.wrong}")
    return ones


def split(made: Iterable[Mistake], equal: Iterable[Equal]) -> tuple[list[Mistake], list[Mistake]]:
    """The mistakes, and those that are none. ValueError if an equal one is no longer made."""
    made, equal = list(made), list(equal)
    for one in equal:
        if not any(one.means(mistake) for mistake in made):
            raise ValueError(f"{one.module}, {one.place}: nobody can make the mistake "
                             f"{one.right} -> {one.wrong} any more; take it out of the list")
    none = [one for one in made if any(same.means(one) for same in equal)]
    return [one for one in made if one not in none], none
