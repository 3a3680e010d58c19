"""Write the pages of docs/ that are made from the code: `make docs`.

Each page is a function without arguments that gives the page's text, so that a test can compare it
with the file that is there.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from trusted import trust

from station.config import settings_table
from station.domain import cases as case_table
from station.domain.parcel import MOVES, STATES, diagram
from station.domain.refusals import Code
from web import words
from web.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("station", "web")
MADE = "<!-- Made by `make docs`; change the code instead of this page. -->"

RULES: dict[str, str] = {
    "D1": "面单内容 · what the waybill carries",
    "D2": "付款即出单备货 · paid, so printed and set aside",
    "D3": "平台点发货 · the platform is told",
    "D4": "按单取货核对 · exact content, measured waists",
    "D5": "包装标准与打包员签名 · packing standard, packer's signature",
    "D6": "称重、交接、底单 · weight, hand-over, stubs",
    "D7": "底单满 15 天归档 · archive after 15 days",
    "D8": "丢失破损索赔 · claims against the carrier",
    "D9": "无法送达扣费 · unreachable parcels",
    "D10": "耗材补货 · consumables run low",
    "D11": "快递公司与快递员 · carriers and couriers",
    "D12": "月账单核对 · the monthly bill",
    "I1": "入库清点 · goods received",
    "I2": "次品与换货 · defects and exchanges",
    "I3": "货位 · every item has its place",
    "I4": "防潮保存 · kept dry",
    "I5": "尺码重贴 · unclear sizes marked again",
    "I6": "退回牛仔裤重量腰围 · returned jeans measured again",
    "I7": "凭单出库 · stock leaves with its waybill",
    "I8": "退货验收入库 · returns inspected",
    "I9": "月末盘点 · stock-take",
    "P4": "批次差异 · a batch that differs",
    "P5": "进货验收 · goods bought are counted in",
    "P6": "供应商账 · the supplier's ledger",
    "P7": "退供应商 · goods sent back",
    "S8": "款式尺码有货、量腰围 · in stock, real waist",
    "S9": "选快递与发货时限 · carrier and promise",
    "S10": "红旗备注与合并发货 · red flag, orders together",
    "S11": "付款后核对地址 · address confirmed after payment",
    "S12": "付款即通知仓库 · the warehouse is told at once",
    "S18": "平台外付款（绿旗） · paid outside (green flag)",
    "S20": "缺货（黄旗） · not in stock (yellow flag)",
    "S21": "换货、退货（蓝旗、紫旗） · exchange and return",
    "S22": "破损归责 · who pays for damage",
    "M2": "主图 710 像素、水印、三种文件（M2–M14 的总则） · main picture, watermark, three files",
    "M6": "尺码表，误差 1 厘米 · size table, within 1 cm",
    "M11": "货号加序号命名、第二份 · named by item and number, kept twice",
    "M14": "售完标记 · marked when sold out",
}
"""The handbook's rules by id, each in a few words."""

_MARK = re.compile(r"mark\.rule\(([^)]*)\)")
_CITED = re.compile(
    r"\(((?:[DISPM]\d{1,2}(?:, ?|–| and )?)+)\)|rules? ([DISPM]\d{1,2}(?:–[DISPM]\d{1,2})?)"
)
"""How a docstring cites rules: "(D4)", "(D2, S9)" or "rule S9". A bare S10 may be a post's code."""
_ID = re.compile(r"[DISPM]\d{1,2}")


def configuration() -> str:
    """docs/configuration.md: every setting."""
    return f"""{MADE}
# Settings · 设置

Everything is in one file, `station.toml`. `station init` writes it with these words as comments;
a line that is missing has its default. Paths start at the file's own folder. A misspelt name is
answered with the nearest known one, and `station doctor` tries what was set. Each packing bench has
one `[[bench]]` block with its devices; their `port` takes any pyserial URL, and what is left out is
what the protocol or printer language usually has (see [protocols](protocols/)).

{settings_table()}"""


def commands() -> str:
    """docs/commands.md: every word of the `station` command."""
    lines = [MADE, "# Commands · 命令", "",
             "Exit codes: 0 all right · 1 a problem was found and said · 2 the command was written"
             " wrongly.", "Trouble is one line; an unexpected error names a file with its details.",
             ""]
    for command in COMMANDS:
        lines += [f"## `station {command.name}`", "", command.words, ""]
        parser = argparse.ArgumentParser(add_help=False)
        command.arguments(parser)
        lines += list(_arguments(parser, ""))
        if command.example:
            lines += ["", "```", *command.example.splitlines(), "```"]
        lines.append("")
    return "\n".join(lines)


def _arguments(parser: argparse.ArgumentParser, step: str) -> Iterator[str]:
    for action in parser._actions:  # noqa: SLF001 - argparse shows its arguments nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - the same
            for name, inner in action.choices.items():
                yield f"- `{name}`: {inner.description or _help_of(action, name)}"
                yield from _arguments(inner, "  ")
        elif action.dest != "help":
            name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
            choices = ", ".join(map(str, action.choices or ()))
            shown = f" [{choices}]" if choices else ""
            yield f"{step}- `{name}`: {action.help}{shown}"


def _help_of(steps: argparse._SubParsersAction, name: str) -> str:
    shown = steps._choices_actions  # noqa: SLF001 - the same
    return next((str(choice.help) for choice in shown if choice.dest == name), "")


def parcel() -> str:
    """docs/parcel.md: the states of a parcel and the moves between them."""
    states = [f"| `{state}` | {said.zh} | {said.en} |" for state, said in STATES.items()]
    moves = [f"| `{move}` | {', '.join(f'`{source}`' for source in sources)} | `{target}` |"
             f" {said.zh} · {said.en} |" for move, (sources, target, said) in MOVES.items()]
    return "\n".join([
        MADE, "# A parcel's way · 包裹的状态", "",
        "One table in `station/domain/parcel.py`; a move that is not in it raises. An open hold"
        " (扣留) keeps a parcel", "from every move that brings it nearer to the courier.", "",
        "```mermaid", diagram().rstrip(), "```", "",
        "| state | 中文 | English |", "| --- | --- | --- |",
        *states, "",
        "| move | from | to | what happened |", "| --- | --- | --- | --- |", *moves, "",
    ])


def cases() -> str:
    """docs/cases.md: the states of a case after the hand-over, and what is due in each."""
    kinds = [f"| `{kind}` | {said.zh} | {said.en} | {'✓' if kind in case_table.CLAIMABLE else ''} |"
             for kind, said in case_table.KINDS.items()]
    states = [f"| `{state}` | {said.zh} | {said.en} | {_owes(state)} |"
              for state, said in case_table.STATES.items()]
    moves = [f"| `{move}` | {', '.join(f'`{source}`' for source in sources)} | `{target}` |"
             f" {said.zh} · {said.en} |"
             for move, (sources, target, said) in case_table.MOVES.items()]
    return "\n".join([
        MADE, "# After the hand-over · 售后", "",
        "One table in `station/domain/cases.py` for every kind; a move that is not in it raises,"
        " and only the kinds", "with a tick can be claimed from a carrier.", "",
        "| kind | 中文 | English | claim |", "| --- | --- | --- | --- |", *kinds, "",
        "```mermaid", case_table.diagram().rstrip(), "```", "",
        "| state | 中文 | English | who owes the next step |", "| --- | --- | --- | --- |",
        *states, "",
        "| move | from | to | what happened |", "| --- | --- | --- | --- |", *moves, "",
    ])


def _owes(state: case_table.CaseState) -> str:
    parties = {case_table.owes(kind, state): None for kind in case_table.CaseKind}
    return ", ".join(f"{words.say(f'owes.{party}').zh} {party}" for party in parties)


def refusals() -> str:
    """docs/refusals.md: every "no" that the station says, in its words."""
    rows = []
    for code in Code:
        said = words.say(str(code))
        rows.append(f"| `{code}` | {said.zh} | {said.en} |")
    return "\n".join([
        MADE, "# Every no · 拒绝", "",
        "Each has a code, the facts and one place in the tree of `station/domain/refusals.py`;"
        " the words are in `web/translations/`.", "An `…` is a fact, filled when it is said.", "",
        "| code | 中文 | English |", "| --- | --- | --- |", *rows, "",
    ])


def handbook() -> str:
    """docs/handbook.md: each rule, the code that speaks of it and the tests that show it."""
    code, tests = _mentions(), _marks()
    rows = []
    for rule, said in RULES.items():
        rows.append(f"| {rule} | {said} | {_links(code[rule])} | {_links(tests[rule])} |")
    return "\n".join([
        MADE, "# The handbook's rules · 规则、代码、测试", "",
        "Which file speaks of a rule, and which tests show that it holds. A dash is a rule that is"
        " not there yet.", "",
        "| rule | 内容 | code | tests |", "| --- | --- | --- | --- |", *rows, "",
    ])


def _links(paths: set[str]) -> str:
    return "<br>".join(f"[{path}](../{path})" for path in sorted(paths)) or "—"


def _mentions() -> dict[str, set[str]]:
    """Rule to the source files whose docstrings name it."""
    found: dict[str, set[str]] = {rule: set() for rule in RULES}
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            cited = _CITED.findall("\n".join(_docstrings(path)))
            for rule in set(_ID.findall(" ".join(map(" ".join, cited)))) & RULES.keys():
                found[rule].add(path.relative_to(ROOT).as_posix())
    return found


def _docstrings(path: Path) -> Iterator[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, kinds):
            yield ast.get_docstring(node) or ""


def _marks() -> dict[str, set[str]]:
    """Rule to the test files that are marked with it. KeyError for a rule that is not there."""
    found: dict[str, set[str]] = {rule: set() for rule in RULES}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for marked in _MARK.findall(path.read_text(encoding="utf-8")):
            for rule in re.findall(r"\w+", marked):
                found[rule].add(path.relative_to(ROOT).as_posix())
    return found


PAGES: dict[str, Callable[[], str]] = {
    "configuration.md": configuration,
    "commands.md": commands,
    "parcel.md": parcel,
    "cases.md": cases,
    "refusals.md": refusals,
    "handbook.md": handbook,
    "trust.md": lambda: trust(MADE),
}
"""The made pages by their names in docs/."""


if __name__ == "__main__":
    for name, page in PAGES.items():
        (ROOT / "docs" / name).write_text(page(), encoding="utf-8", newline="\n")
