"""`campaigns/full_disk.py`: a small file system that is really full, where the system lets us."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "campaigns/full_disk.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True,
                          check=False)


@pytest.mark.fault("F11", "F12")
@pytest.mark.skipif(sys.platform != "linux", reason="nothing is mounted there")
def test_a_disk_that_is_really_full_is_told_as_full_and_loses_nothing() -> None:
    done = run(str(SCRIPT), "--rounds", "2")
    if done.returncode == 2:
        assert "lets nobody mount" in done.stdout
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("2 times full")
