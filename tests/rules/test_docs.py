"""The documents say what the code does: pages made from it are current, and every link leads."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from station.config import setting_paths
from station.domain.cases import CaseState
from station.domain.parcel import ParcelState
from station.domain.refusals import Code
from web import words
from web.cli import COMMANDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = ("configuration.md", "commands.md", "parcel.md", "cases.md", "refusals.md", "handbook.md",
         "trust.md")
WRITTEN = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """docs/generate.py, which is a script and no module of a package."""
    spec = importlib.util.spec_from_file_location("generate_docs", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_made_from_the_code_is_current(generate: ModuleType, name: str):
    assert text(name) == generate.PAGES[name](), "run: make docs"


def test_every_made_page_is_looked_at(generate: ModuleType):
    assert set(PAGES) == generate.PAGES.keys()


@pytest.mark.parametrize("path", setting_paths())
def test_every_setting_is_documented(path: str):
    section, _, name = path.rpartition(".")
    block = re.split(r"\n### ", text("configuration.md"))
    (found,) = [part for part in block if re.match(rf"`\[\[?{re.escape(section)}\]\]?`", part)]
    assert f"| `{name}` |" in found


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_is_documented(name: str):
    assert f"## `station {name}`\n" in text("commands.md")


@pytest.mark.parametrize("state", ParcelState)
def test_every_state_of_a_parcel_is_documented(state: ParcelState):
    assert f"| `{state}` |" in text("parcel.md")


@pytest.mark.parametrize("state", CaseState)
def test_every_state_of_a_case_is_documented(state: CaseState):
    assert f"| `{state}` |" in text("cases.md")


@pytest.mark.parametrize("code", Code)
def test_every_refusal_has_words_and_is_documented(code: Code):
    assert words.known(str(code))
    assert f"| `{code}` |" in text("refusals.md")


def test_the_handbook_page_names_every_rule_once(generate: ModuleType):
    rows = re.findall(r"^\| ([DISPM]\d+) \|", text("handbook.md"), re.MULTILINE)
    assert rows == list(generate.RULES)


def test_the_trust_page_names_every_fault_and_every_pain_once():
    rows = re.findall(r"^\| (F?\d+) \|", text("trust.md"), re.MULTILINE)
    assert rows == [f"F{n}" for n in range(1, 36)] + [str(n) for n in range(1, 47)]


def test_every_fault_and_pain_is_shown_or_its_gap_is_told():
    assert [line for line in text("trust.md").splitlines() if line.endswith("| — |")] == []


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_that_is_there(path: Path):
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    missing = [target for target in targets
               if "://" not in target and not (path.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("path", sorted((DOCS / "decisions").glob("[0-9]*.md")),
                         ids=lambda path: path.name)
def test_a_decision_says_its_context_and_its_consequences(path: Path):
    headings = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences"]


def test_decisions_are_numbered_without_gaps():
    numbers = [int(path.name[:4]) for path in sorted((DOCS / "decisions").glob("[0-9]*.md"))]
    assert numbers == list(range(len(numbers)))


def test_the_readme_names_the_two_commands_and_the_handbook():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for wanted in ("make demo", "make test", "docs/handbook.md", "docs/configuration.md"):
        assert wanted in readme
