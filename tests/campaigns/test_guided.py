"""`campaigns/guided.py` says what it needs and which doors there are."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(ROOT / "campaigns/guided.py"), *arguments],
                          cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.skipif(importlib.util.find_spec("atheris") is not None, reason="atheris is here")
def test_without_atheris_it_says_how_to_get_it() -> None:
    done = run("--door", "webhook", "--seconds", "1")
    assert done.returncode == 2
    assert "packbench[fuzz]" in done.stdout
    assert not done.stderr


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not here")
def test_a_door_is_fuzzed_for_as_long_as_was_asked() -> None:
    done = run("--door", "webhook", "--seconds", "1")
    assert done.returncode == 0, done.stderr
    assert "number_of_executed_units" in done.stderr
