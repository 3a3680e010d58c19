"""The list of messages is whole: nothing is said that is not on it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import station.bench
from station.domain.messages import ANSWERS, EXPLANATIONS, MESSAGE_CODES, PROMPTS
from station.domain.refusals import Code
from station.domain.screen import Step

SOURCES = [*Path(station.bench.__file__).parent.glob("*.py"),
           Path(station.bench.__file__).parents[1] / "domain" / "weights.py"]
SAID = re.compile(
    r"(waybill|note|item|measure|parcel|material|checklist|weight|sign|reprint|reason|quantity"
    r"|entry|defect|slip|bench|explain|prompt|check|scale|question)\.[a-z_]+"
)


def spoken() -> set[str]:
    """Every text in the bench's source that looks like a message code."""
    found = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and SAID.fullmatch(text):
                found.add(text)
    return found


def test_everything_the_bench_says_is_on_the_list() -> None:
    assert spoken() - MESSAGE_CODES - {str(code) for code in Code} == set()


def test_everything_on_the_list_is_said_somewhere() -> None:
    assert (ANSWERS | EXPLANATIONS) - spoken() == set()


def test_every_step_has_a_prompt() -> None:
    assert {f"prompt.{step}" for step in Step} <= PROMPTS


def test_no_message_shares_its_code_with_a_refusal() -> None:
    assert {str(code) for code in Code} & MESSAGE_CODES == set()
