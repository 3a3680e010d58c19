"""Every alarm that is raised anywhere has words in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from web import words

STATION = Path(__file__).parents[2] / "station"
CALLS = {"raise_alarm": 1, "_shout": 1}


def raised() -> set[str]:
    """The codes that stand in the sources as plain text in a call that raises an alarm."""
    found: set[str] = set()
    for path in STATION.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = CALLS.get(node.func.id, 99)
                code = node.args[place] if len(node.args) > place else None
                if isinstance(code, ast.Constant):
                    found.add(str(code.value))
    return found | {"late", "nearly_late"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_alarm_has_words(language: str) -> None:
    known = words.sentences(language)
    codes = raised()
    assert len(codes) > 12
    assert [code for code in sorted(codes) if not known.get(f"alarm.{code}", "").strip()] == []
