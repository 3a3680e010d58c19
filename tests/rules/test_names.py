"""Files are where a newcomer looks for them, and no file is a drawer for everything."""

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("station", "drivers", "web", "simulators")
SOURCES = [path for package in OURS for path in sorted((ROOT / package).rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("package", OURS)
def test_our_packages_come_from_this_folder(package: str):
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert [Path(place).resolve() for place in spec.submodule_search_locations or ()] == [
        ROOT / package]


def test_the_tests_are_no_package():
    # Another project installs a package named "tests"; ours must never be mistaken for it.
    assert [shown(path) for path in (ROOT / "tests").rglob("__init__.py")] == []


def test_every_folder_with_code_is_a_package():
    folders = sorted({path.parent for path in SOURCES if path.parent.name != "versions"})
    assert [shown(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("word", ["util", "helper", "common", "manager", "misc"])
def test_no_file_is_named_after_nothing(word: str):
    assert [shown(path) for path in SOURCES + TESTS if word in path.stem] == []


def test_no_file_has_more_than_500_lines():
    long = {shown(path): count for path in SOURCES + TESTS
            if (count := path.read_text(encoding="utf-8").count("\n")) > 500}
    assert long == {}


def test_no_test_sleeps():
    pattern = re.compile(r"\b(time\.)?sleep\(")
    itself = Path(__file__)
    assert [shown(path) for path in TESTS
            if path != itself and pattern.search(path.read_text(encoding="utf-8"))] == []


def test_nothing_in_the_code_is_left_for_later():
    pattern = re.compile(r"\b(TODO|FIXME|XXX|raise NotImplementedError)\b")
    left = [path for path in SOURCES if pattern.search(path.read_text(encoding="utf-8"))]
    assert [shown(path) for path in left] == []


def test_no_file_knows_the_machine_it_was_written_on():
    command = ["git", "-C", ROOT, "ls-files", "-z"]
    tracked = subprocess.run(command, capture_output=True, check=False)
    if tracked.returncode != 0:
        pytest.skip("not a git checkout: which files are the project's is not known")
    pattern = re.compile(rb"/(root|home/\w+|Users/\w+)/")
    names = [name for name in tracked.stdout.decode().split("\0") if name]
    assert [name for name in names if (ROOT / name).is_file() and name != shown(Path(__file__))
            and pattern.search((ROOT / name).read_bytes())] == []


def test_the_map_of_the_services_names_every_file_once():
    folder = ROOT / "station/services"
    rows = re.findall(
        r"^ {4}(?:\S.*: | {4})(.+)$", (folder / "__init__.py").read_text(encoding="utf-8"), re.M)
    named = " ".join(rows).split()
    assert sorted(named) == sorted(
        path.stem for path in folder.glob("*.py") if path.stem != "__init__")
