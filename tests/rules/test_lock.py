"""requirements.lock: everything that pyproject.toml asks for, with hashes and without addresses."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WANTED = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
PINS = [Requirement(line.removesuffix(" \\")) for line in LOCK.splitlines()
        if re.match(r"[a-z0-9]", line)]


@pytest.mark.parametrize("wanted", WANTED)
def test_every_dependency_is_pinned_to_versions_that_it_allows(wanted: str):
    requirement = Requirement(wanted)
    name = canonicalize_name(requirement.name)
    pins = [pin for pin in PINS if canonicalize_name(pin.name) == name]
    assert pins
    for pin in pins:
        (only,) = pin.specifier
        assert only.operator == "=="
        assert requirement.specifier.contains(only.version)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_each_python_gets_exactly_one_version_of_a_package(python: str):
    place = {"python_version": python, "python_full_version": f"{python}.0",
             "sys_platform": "linux", "implementation_name": "cpython",
             "platform_python_implementation": "CPython"}
    names = [pin.name for pin in PINS if pin.marker is None or pin.marker.evaluate(place)]
    assert len(names) == len(set(names))
    assert {canonicalize_name(Requirement(wanted).name) for wanted in WANTED} <= set(names)


@pytest.mark.fault("F35")
def test_every_pin_has_its_hashes():
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK.strip())
    assert len(blocks) == len(PINS)
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", block) for block in blocks)


@pytest.mark.parametrize("name", [
    "requirements.lock", "pyproject.toml", "Makefile", "make/setup", ".ci/run",
])
def test_no_file_of_the_setup_names_where_packages_come_from(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")
    address = r"https?://|--(extra-)?index-url|--find-links|--trusted-host|@ file:"
    assert not re.search(address, text)
